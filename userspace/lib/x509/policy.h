/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Certificate policies, RFC 5280 §6.1 with the graph of RFC 9618 in the place of the tree. */
#ifndef SEALSOCK_X509_POLICY_H
#define SEALSOCK_X509_POLICY_H

#include "x509/x509.h"

/* What the user asks for (RFC 5280 §6.1.1 (c), (e), (f), (g)). No @wanted: any policy will do. */
struct policy_input {
	const struct bytes *wanted;	/* OIDs */
	size_t wanted_count;
	bool require_explicit;
	bool inhibit_mapping;
	bool inhibit_any;
};

/* A certificatePolicies value: in DER, each policy once; @critical: known qualifiers only. */
bool policies_are_valid(struct bytes value, bool critical);

/* policyMappings: in DER, none from or to anyPolicy (§6.1.4 (a)). */
bool mappings_are_valid(struct bytes value);

/*
 * @path: from the certificate that the anchor issued to the leaf, without the anchor. What @anchor
 * says about policies binds as if it were the first of the path, but that it may say nothing
 * (RFC 5937 §3.2); NULL: it is not asked. False with the policy at fault in @f.
 */
bool policies_allow(const struct x509 *anchor, const struct x509 *const *path, size_t n,
		    const struct policy_input *in, struct finding *f);

#endif
