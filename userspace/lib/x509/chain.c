// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>

#include "x509/cert.h"
#include "x509/chain.h"
#include "x509/dn.h"

static const struct rule_name name_rule = { "name", "RFC 9525 §6.3", SEALSOCK_ERR_CERT_NAME };

static void tell(struct chain_verdict *v, const struct x509 *at)
{
	const struct finding *f = &v->finding;
	char subject[80] = "", serial[48] = "";

	if (at) {
		dn_text(at->subject, subject, sizeof(subject));
		text_hex(at->serial, serial, sizeof(serial));
	}
	v->code = f->code;
	snprintf(v->why, sizeof(v->why),
		 "%s: wanted %s%s%s (%s; certificate %u, %s, serial number %s)", f->rule, f->wanted,
		 f->found[0] ? ", found " : "", f->found, f->section, v->depth, subject, serial);
}

static bool is_repeated(struct bytes der, const struct bytes *ders, size_t n)
{
	while (n--)
		if (bytes_equal(ders[n], der))
			return true;
	return false;
}

/* The certificates that can be read, each once, without the leaf. */
static unsigned int read_peers(const struct bytes *ders, size_t n, struct x509 *peers,
			       struct finding *unread, unsigned int *unread_at)
{
	struct finding f;
	unsigned int count = 0;
	size_t i;

	unread->code = 0;
	for (i = 1; i < n; i++) {
		if (is_repeated(ders[i], ders, i))
			continue;
		if (x509_parse(ders[i], &peers[count], &f)) {
			count++;
		} else if (!unread->code) {
			*unread = f;
			*unread_at = (unsigned int)i;
		}
	}
	return count;
}

static bool keep_path(const struct path *path, struct buf *issuer, struct buf *out)
{
	struct builder w = { .buf = out };
	const struct x509 *x = path->certs[path->n > 1 ? 1 : 0];
	unsigned int i;

	if (issuer && !buf_append(issuer, x->der.p, x->der.n))
		return false;
	for (i = 0; out && i < path->n; i++) {
		wr_u24(&w, (uint32_t)path->certs[i]->der.n);
		wr_bytes(&w, path->certs[i]->der.p, path->certs[i]->der.n);
	}
	return !w.bad;
}

static void check(const struct path_input *in, struct x509 *certs, const struct bytes *ders,
		  size_t n, const struct host *host, struct buf *issuer, struct buf *kept,
		  struct chain_verdict *v)
{
	const struct x509 *leaf = &certs[0], *at = NULL;
	struct finding unread;
	struct path path;
	unsigned int count, unread_at = 0, i;

	v->depth = 0;
	if (!x509_parse(ders[0], &certs[0], &v->finding)) {
		tell(v, NULL);
		return;
	}
	count = read_peers(ders, n, certs + 1, &unread, &unread_at);
	if (!path_find(in, leaf, certs + 1, count, &path, &v->finding, &at, &v->depth)) {
		/* One that could not be read may be the one that is missing. */
		if (v->finding.code == SEALSOCK_ERR_CERT_UNTRUSTED && unread.code) {
			v->finding = unread;
			v->depth = unread_at;
			at = NULL;
		}
		tell(v, at);
		return;
	}
	if (host && !x509_is_for(leaf, host)) {
		finding_set(&v->finding, &name_rule, "a subjectAltName of the host asked for",
			    "none of %.70s", host->name);
		tell(v, leaf);
		return;
	}
	v->code = keep_path(&path, issuer, kept) ? 0 : SEALSOCK_ERR_NOMEM;
	v->from = INT64_MIN;
	v->until = path.until;
	for (i = 0; i < path.n; i++) {
		if (path.certs[i]->not_before > v->from)
			v->from = path.certs[i]->not_before;
		if (path.certs[i]->not_after < v->until)
			v->until = path.certs[i]->not_after;
	}
}

void chain_check(const struct path_input *in, const struct bytes *ders, size_t n,
		 const struct host *host, struct buf *issuer, struct buf *path,
		 struct chain_verdict *out)
{
	struct x509 *certs;

	out->why[0] = '\0';
	if (!in->trust || !n) {
		out->code = SEALSOCK_ERR_CERT_UNTRUSTED;
		snprintf(out->why, sizeof(out->why), "there are no trust anchors");
		return;
	}
	/* One piece of memory for all of them; they point into the peer's own bytes. */
	certs = mem_zalloc(in->env, n * sizeof(*certs));
	if (!certs) {
		out->code = SEALSOCK_ERR_NOMEM;
		snprintf(out->why, sizeof(out->why), "out of memory");
		return;
	}
	check(in, certs, ders, n, host, issuer, path, out);
	mem_free(in->env, certs, n * sizeof(*certs));
}
