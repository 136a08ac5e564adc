// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A chain checked without a connection. */
#include <stdio.h>

#include "config/config.h"
#include "x509/chain.h"
#include "x509/dn.h"
#include "x509/ocsp.h"

struct judge {
	const struct sealsock_config *cfg;
	sealsock_path_fn fn;
	void *arg;
	struct buf text;			/* the chain's DER, 24-bit length before each */
	size_t count;
};

static int take(void *arg, struct bytes der)
{
	struct judge *j = arg;
	struct builder w = { .buf = &j->text };

	if (j->count++ > POOL_MAX)
		return SEALSOCK_ERR_PEM;
	wr_u24(&w, (uint32_t)der.n);
	wr_bytes(&w, der.p, der.n);
	return w.bad ? SEALSOCK_ERR_NOMEM : 0;
}

static void step(void *arg, const struct path *path, const struct x509 *x, bool anchor,
		 const struct finding *f)
{
	const struct judge *j = arg;
	char subject[128], serial[48];
	struct sealsock_path_step s = {
		.depth = path->n, .anchor = anchor, .taken = !f, .subject = subject,
		.serial = serial, .der = x->der.p, .der_len = x->der.n,
	};
	unsigned int i;

	/* When it is told of, an anchor at the end of a path stands in it already. */
	for (i = 0; i < path->n; i++)
		if (path->certs[i] == x)
			s.depth = i;
	dn_text(x->subject, subject, sizeof(subject));
	text_hex(x->serial, serial, sizeof(serial));
	if (f) {
		s.rule = f->rule;
		s.section = f->section;
		s.found = f->found;
		s.wanted = f->wanted;
	}
	j->fn(j->arg, &s);
}

static void fill(struct sealsock_verdict *out, int code, const struct finding *f,
		 const char *text)
{
	out->code = code;
	if (f && code) {
		out->rule = f->rule;
		out->section = f->section;
		out->wanted = f->wanted;
		memcpy(out->found, f->found, sizeof(out->found));
	}
	snprintf(out->text, sizeof(out->text), "%s%s%s", sealsock_strerror(code), *text ? ": " : "",
		 text);
}

/* As in a handshake, but that there a promise is called in, too. */
static void check_staple(const struct judge *j, struct bytes leaf_der, struct bytes issuer_der,
			 struct bytes staple, struct sealsock_verdict *out)
{
	struct x509 leaf, issuer;
	struct finding f;
	char text[256];

	if (x509_parse(leaf_der, &leaf, &f) && x509_parse(issuer_der, &issuer, &f) &&
	    ocsp_is_good(j->cfg->crypto, &j->cfg->env, staple, &leaf, &issuer,
			 j->cfg->env.now(j->cfg->env.arg), &f))
		return;
	snprintf(text, sizeof(text), "the OCSP response: wanted %s%s%s (%s)", f.wanted,
		 f.found[0] ? ", found " : "", f.found, f.section);
	fill(out, f.code, &f, text);
}

static void judge_chain(struct judge *j, const struct host *host, struct bytes staple,
			struct sealsock_verdict *out)
{
	struct bytes ders[1 + POOL_MAX], left = bytes_of(j->text.p, j->text.n), one;
	struct buf issuer, path;
	struct chain_verdict v;
	struct path_input in;
	size_t n = 0;

	while (n < j->count && rd_vec24(&left, 1, 0xffffff, &ders[n]))
		n++;
	buf_init(&issuer, &j->cfg->env);
	buf_init(&path, &j->cfg->env);
	config_path_input(j->cfg, &in);
	if (j->fn) {
		in.explain = step;
		in.explain_arg = j;
	}
	v.finding.rule = NULL;
	chain_check(&in, ders, n, host, &issuer, &path, &v);
	out->depth = v.depth;
	fill(out, v.code, v.code && v.finding.rule ? &v.finding : NULL, v.why);
	left = bytes_of(path.p, path.n);
	while (rd_vec24(&left, 1, 0xffffff, &one))
		out->path_len++;
	if (!v.code && staple.p)
		check_staple(j, ders[0], bytes_of(issuer.p, issuer.n), staple, out);
	buf_free(&issuer);
	buf_free(&path);
}

int sealsock_verify(const struct sealsock_config *cfg, const void *chain, size_t n,
		    const char *host, const void *staple, size_t staple_len, sealsock_path_fn fn,
		    void *arg, struct sealsock_verdict *verdict)
{
	struct judge j = { .cfg = cfg, .fn = fn, .arg = arg };
	struct bytes text = bytes_of(chain, n);
	struct host h;
	int err;

	memset(verdict, 0, sizeof(*verdict));
	if (host && !host_parse(host, &h) && !host_parse_email(host, &h)) {
		fill(verdict, SEALSOCK_ERR_INVALID, NULL, *host == '[' || strchr(host, '%') ?
		     "an IPv6 address is written without brackets and zone here" :
		     "this is no host's name, address, SPIFFE ID or mailbox");
		return verdict->code;
	}
	buf_init(&j.text, &cfg->env);
	if (bytes_are_der(text))
		err = take(&j, text);
	else
		err = pem_each_cert(text, take, &j);
	if (err)
		fill(verdict, err, NULL, j.count > POOL_MAX ? "too many certificates" :
		     "no certificate chain in the text");
	else
		judge_chain(&j, host ? &h : NULL, bytes_of(staple, staple_len), verdict);
	buf_free(&j.text);
	return verdict->code;
}
