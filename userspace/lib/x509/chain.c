// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>

#include "x509/chain.h"
#include "x509/x509.h"

/*
 * Looks at the DER before libcrypto decodes anything: to set up a key with explicit EC parameters
 * takes longer than to check all signatures of a chain, and whoever sends it is not known yet.
 */
static int look_at(struct bytes der)
{
	struct finding f;
	struct x509 x;

	if (!x509_parse(der, &x, &f))
		return SEALSOCK_ERR_CERT_BAD;
	return x.spki.kind == KEY_OTHER ? SEALSOCK_ERR_CERT_USAGE : 0;
}

int chain_parse(const struct sealsock_env *env, const struct bytes *ders, size_t n,
		struct chain *out)
{
	int err = 0;
	size_t i;

	out->count = 0;
	for (i = 0; !err && i < n; i++)
		err = look_at(ders[i]);
	while (!err && out->count < n) {
		err = cert_parse(env, ders[out->count], &out->certs[out->count]);
		if (!err)
			out->count++;
	}
	return err;
}

void chain_free(struct chain *c)
{
	while (c->count)
		cert_free(c->certs[--c->count]);
}

static bool is_host(void *arg, enum cert_name_kind kind, struct bytes name)
{
	const struct host *h = arg;

	if (h->kind == HOST_DNS)
		return kind == CERT_NAME_DNS &&
		       name_matches(name, bytes_of(h->name, strlen(h->name)));
	return kind == CERT_NAME_IP && bytes_equal(name, host_addr(h));
}

bool cert_is_for(const struct cert *c, const struct host *host)
{
	return cert_any_name(c, is_host, (void *)host);
}

void chain_verify(const struct chain *c, const struct trust *trust, int64_t now,
		  const struct host *host, struct buf *issuer, struct chain_verdict *out)
{
	char subject[80];
	const char *why;
	unsigned int depth;

	out->code = trust_verify(trust, c->certs, c->count, now, host, &why, &depth, issuer);
	if (out->code) {
		cert_subject(c->certs[depth < c->count ? depth : c->count - 1], subject,
			     sizeof(subject));
		snprintf(out->why, sizeof(out->why), "%s (certificate %u, %s)", why, depth,
			 depth < c->count ? subject : "of the trust store");
		return;
	}
	if (host && !cert_is_for(c->certs[0], host)) {
		cert_subject(c->certs[0], subject, sizeof(subject));
		out->code = SEALSOCK_ERR_CERT_NAME;
		snprintf(out->why, sizeof(out->why),
			 "its subjectAltName does not have %.80s (%.70s)", host->name, subject);
	}
}
