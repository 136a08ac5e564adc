/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Certification paths (RFC 5280 §6, RFC 4158): from a leaf over the peer's certificates to an
 * anchor, depth first, with a way back out of every dead end. Pure: signatures are checked by the
 * backend, everything else is decided here.
 */
#ifndef SEALSOCK_X509_PATH_H
#define SEALSOCK_X509_PATH_H

#include "crypto/backend.h"
#include "x509/policy.h"
#include "x509/rules.h"
#include "x509/store.h"

struct crl_set;

enum {
	PATH_MAX_CERTS = 21,	/* twenty, and the leaf */
	POOL_MAX = 256,		/* certificates to build it from */
	PATH_VISITS = 1024,	/* candidates looked at in all */
	PIN_LEN = 32,		/* SHA-256 of a SubjectPublicKeyInfo (RFC 7469 §2.4) */
};

/* Leaf first, anchor last. */
struct path {
	const struct x509 *certs[PATH_MAX_CERTS];
	unsigned int n;
	int64_t until;		/* the end of what tells that none of them is revoked */
};

/* What to check against. @crls may be NULL: no revocation is looked up. */
struct path_input {
	const struct crypto *crypto;
	const struct sealsock_env *env;
	const struct trust *trust;
	const struct crl_set *crls;
	bool soft;		/* a status that cannot be had is no failure */
	int64_t now;
	bool server;
	enum key_use use;	/* what the leaf's key is to do in a handshake */
	bool any_purpose;	/* then neither @server nor extendedKeyUsage counts */
	bool bare_anchors;	/* they are names and keys, nothing else */
	bool has_cas_max;
	unsigned int cas_max;	/* CAs between leaf and anchor that are not self-issued */
	unsigned int profile;
	struct policy_input policy;
	const uint8_t (*pins)[PIN_LEN];	/* hashes of keys, one of which must be in the path */
	size_t pin_count;
	/* told of each candidate: @f NULL, it was taken; else why not; may be NULL */
	void (*explain)(void *arg, const struct path *below, const struct x509 *candidate,
			bool anchor, const struct finding *f);
	void *explain_arg;
};

/*
 * @peers: the certificates that came with the leaf, in any order, up to POOL_MAX. True with *out;
 * else @f is what was wrong with the path that came furthest, and *at the certificate (NULL: none
 * fits).
 */
bool path_find(const struct path_input *in, const struct x509 *leaf, const struct x509 *peers,
	       unsigned int peer_count, struct path *out, struct finding *f,
	       const struct x509 **at, unsigned int *depth);

#endif
