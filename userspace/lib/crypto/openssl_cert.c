// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Certificates: parsing, names, the key's signatures. */
#include <openssl/pem.h>

#include "crypto/openssl_cert.h"

int cert_parse(const struct sealsock_env *env, struct bytes der, struct cert **out)
{
	const unsigned char *at = der.p;
	struct cert *c;
	int err = 0;

	c = mem_zalloc(env, sizeof(*c));
	if (!c)
		return SEALSOCK_ERR_NOMEM;
	c->env = env;
	ERR_set_mark();
	c->x509 = d2i_X509(NULL, &at, (long)der.n);
	if (!c->x509 || at != der.p + der.n)
		err = SEALSOCK_ERR_CERT_BAD;
	else
		c->kind = X509_get0_pubkey(c->x509) ? pkey_kind(X509_get0_pubkey(c->x509)) :
						      KEY_OTHER;
	ERR_pop_to_mark();
	if (err) {
		cert_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	X509_free(c->x509);
	GENERAL_NAMES_free(c->names);
	mem_free(c->env, c, sizeof(*c));
}

enum key_kind cert_key_kind(const struct cert *c)
{
	return c->kind;
}

bool cert_fits_key(const struct cert *c, const struct privkey *k)
{
	bool fits;

	ERR_set_mark();
	fits = X509_check_private_key(c->x509, privkey_pkey(k)) == 1;
	ERR_pop_to_mark();
	return fits;
}

int cert_verify(const struct cert *c, const struct sigscheme *s, uint16_t version,
		struct bytes msg, struct bytes sig)
{
	EVP_PKEY *pkey = X509_get0_pubkey(c->x509);
	EVP_MD_CTX *ctx;
	int err;

	/* RFC 8446 §4.2.3: curve, hash and key type of a scheme belong together, from 1.3 on. */
	if (!pkey || !sigscheme_fits(s, c->kind, version))
		return SEALSOCK_ERR_ILLEGAL;
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return SEALSOCK_ERR_NOMEM;
	ERR_set_mark();
	err = pkey_setup(ctx, pkey, s, false);
	if (err)	/* an RSA-PSS key bound to another hash, say */
		err = SEALSOCK_ERR_ILLEGAL;
	else if (EVP_DigestVerify(ctx, sig.p, sig.n, msg.p, msg.n) != 1)
		err = SEALSOCK_ERR_BAD_SIGNATURE;
	ERR_pop_to_mark();
	EVP_MD_CTX_free(ctx);
	return err;
}

static GENERAL_NAMES *parse_names(const struct cert *c)
{
	GENERAL_NAMES *names;

	ERR_set_mark();
	names = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
	ERR_pop_to_mark();
	return names;
}

void cert_keep_names(struct cert *c)
{
	if (!c->names)
		c->names = parse_names(c);
}

static bool is_wanted(const GENERAL_NAME *name, cert_name_fn fn, void *arg)
{
	const ASN1_STRING *s;
	enum cert_name_kind kind;

	if (name->type == GEN_DNS)
		kind = CERT_NAME_DNS;
	else if (name->type == GEN_IPADD)
		kind = CERT_NAME_IP;
	else
		return false;
	s = kind == CERT_NAME_DNS ? name->d.dNSName : name->d.iPAddress;
	return fn(arg, kind, bytes_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
}

bool cert_any_name(const struct cert *c, cert_name_fn fn, void *arg)
{
	GENERAL_NAMES *names = c->names ? c->names : parse_names(c);
	bool found = false;
	int i;

	for (i = 0; !found && i < sk_GENERAL_NAME_num(names); i++)
		found = is_wanted(sk_GENERAL_NAME_value(names, i), fn, arg);
	if (names != c->names)
		GENERAL_NAMES_free(names);
	return found;
}

static struct bytes name_der(const X509_NAME *name)
{
	const unsigned char *p = NULL;
	size_t n = 0;

	if (X509_NAME_get0_der(name, &p, &n) != 1)
		return bytes_of(NULL, 0);
	return bytes_of(p, n);
}

struct bytes cert_name(const struct cert *c)
{
	return name_der(X509_get_subject_name(c->x509));
}

struct bytes cert_issuer(const struct cert *c)
{
	return name_der(X509_get_issuer_name(c->x509));
}

int64_t cert_expires(const struct cert *c)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(c->x509), &tm) != 1)
		return INT64_MIN;
	return (int64_t)timegm(&tm);
}

void cert_subject(const struct cert *c, char *out, size_t n)
{
	BIO *bio;
	int got = 0;

	if (n == 0)
		return;
	ERR_set_mark();
	bio = BIO_new(BIO_s_mem());
	/* RFC 2253 form escapes control characters: the line is safe to print. */
	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(c->x509), 0,
				      XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		got = BIO_read(bio, out, (int)n - 1);
	out[got > 0 ? got : 0] = '\0';
	BIO_free(bio);
	ERR_pop_to_mark();
}

static int take(X509 *x, pem_cert_fn fn, void *arg)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	int err;

	if (n < 0)
		return SEALSOCK_ERR_NOMEM;
	err = fn(arg, bytes_of(der, (size_t)n));
	OPENSSL_free(der);
	return err;
}

int pem_each_cert(struct bytes pem, pem_cert_fn fn, void *arg)
{
	unsigned int found = 0;
	int err = 0;
	BIO *bio;
	X509 *x;

	if (pem.n > INT32_MAX)
		return SEALSOCK_ERR_PEM;
	ERR_set_mark();
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio)
		err = SEALSOCK_ERR_NOMEM;
	while (!err) {
		/* PEM_read skips text around the blocks, and blocks of other kinds. */
		x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (!x)
			break;
		found++;
		err = take(x, fn, arg);
		X509_free(x);
	}
	/* The end of the text is NO_START_LINE; anything else is a broken block. */
	if (!err && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		err = SEALSOCK_ERR_PEM;
	if (!err && !found)
		err = SEALSOCK_ERR_PEM;
	BIO_free(bio);
	ERR_pop_to_mark();
	return err;
}
