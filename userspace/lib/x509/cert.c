// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/cert.h"
#include "x509/der.h"
#include "x509/gn.h"

struct cert {
	const struct sealsock_env *env;
	struct x509 x;
	uint8_t der[];
};

int cert_parse(const struct sealsock_env *env, struct bytes der, struct cert **out,
	       struct finding *f)
{
	struct cert *c = mem_zalloc(env, sizeof(*c) + der.n);
	struct finding ignored;

	if (!c)
		return SEALSOCK_ERR_NOMEM;
	c->env = env;
	memcpy(c->der, der.p, der.n);
	if (!x509_parse(bytes_of(c->der, der.n), &c->x, f ? f : &ignored)) {
		mem_free(env, c, sizeof(*c) + der.n);
		return SEALSOCK_ERR_CERT_BAD;
	}
	*out = c;
	return 0;
}

void cert_free(struct cert *c)
{
	if (c)
		mem_free(c->env, c, sizeof(*c) + c->x.der.n);
}

const struct x509 *cert_x509(const struct cert *c)
{
	return &c->x;
}

enum key_kind cert_key_kind(const struct cert *c)
{
	return c->x.spki.parts.kind;
}

unsigned int cert_key_bits(const struct cert *c)
{
	return c->x.spki.bits;
}

bool cert_fits_key(const struct cert *c, const struct privkey *k)
{
	struct pubkey *key;
	bool fits;

	if (pubkey_new(c->env, &c->x.spki.parts, &key))
		return false;
	fits = pubkey_fits(key, k);
	pubkey_free(key);
	return fits;
}

int cert_verify(const struct cert *c, const struct sigscheme *s, uint16_t version,
		struct bytes msg, struct bytes sig)
{
	struct pubkey *key;
	int err;

	/* RFC 8446 §4.2.3: curve, hash and key type of a scheme belong together, from 1.3 on. */
	if (!sigscheme_fits(s, c->x.spki.parts.kind, version))
		return SEALSOCK_ERR_ILLEGAL;
	err = pubkey_new(c->env, &c->x.spki.parts, &key);
	if (err)	/* a point that is not on its curve, say */
		return err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_BAD_SIGNATURE : err;
	err = pubkey_verify(key, s, msg, sig);
	pubkey_free(key);
	return err;
}

bool cert_can_sign(const struct cert *c)
{
	return !x509_has(&c->x, X509_KEY_USAGE) || c->x.key_usage & KU_DIGITAL_SIGNATURE;
}

bool cert_can_encrypt(const struct cert *c)
{
	return c->x.spki.parts.kind == KEY_RSA &&
	       (!x509_has(&c->x, X509_KEY_USAGE) || c->x.key_usage & KU_KEY_ENCIPHERMENT);
}

int cert_encrypt(const struct cert *c, struct bytes msg, uint8_t out[RSA_BLOCK_MAX], size_t *n)
{
	struct pubkey *key;
	int err = pubkey_new(c->env, &c->x.spki.parts, &key);

	if (err)
		return err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_CRYPTO : err;
	err = pubkey_encrypt(key, msg, out, n);
	pubkey_free(key);
	return err;
}

struct bytes cert_name(const struct cert *c)
{
	return c->x.subject;
}

struct bytes cert_issuer(const struct cert *c)
{
	return c->x.issuer;
}

int64_t cert_expires(const struct cert *c)
{
	return c->x.not_after;
}

bool x509_spiffe(const struct x509 *x, struct bytes *id)
{
	struct bytes san = x->ext[X509_SAN];
	unsigned int uris = 0;
	struct gn name;

	if (!x509_has(x, X509_SAN) || !der_take(&san, DER_SEQUENCE, &san))
		return false;
	while (gn_next(&san, false, &name)) {
		if (name.kind != GN_URI)
			continue;
		uris++;
		*id = name.value;
	}
	return uris == 1 && spiffe_is_id(*id);
}

bool x509_is_for(const struct x509 *x, const struct host *host)
{
	struct bytes san = x->ext[X509_SAN], id;
	struct gn name;

	if (host->kind == HOST_SPIFFE)
		return x509_spiffe(x, &id) &&
		       bytes_equal(id, bytes_of(host->name, strlen(host->name)));
	if (!x509_has(x, X509_SAN) || !der_take(&san, DER_SEQUENCE, &san))
		return false;
	while (gn_next(&san, false, &name)) {
		if (host->kind == HOST_DNS && name.kind == GN_DNS &&
		    name_matches(name.value, bytes_of(host->name, strlen(host->name))))
			return true;
		if (host->kind == HOST_EMAIL && name.kind == GN_EMAIL &&
		    email_equal(name.value, bytes_of(host->name, strlen(host->name))))
			return true;
		if ((host->kind == HOST_IPV4 || host->kind == HOST_IPV6) && name.kind == GN_IP &&
		    bytes_equal(name.value, host_addr(host)))
			return true;
	}
	return false;
}

bool cert_is_for(const struct cert *c, const struct host *host)
{
	return x509_is_for(&c->x, host);
}
