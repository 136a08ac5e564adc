// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Trust anchors, and the path from a certificate to one of them (RFC 5280 §6). */
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/openssl_cert.h"

struct trust {
	const struct sealsock_env *env;
	X509_STORE *store;
	unsigned int count;
};

enum {
	AUTH_LEVEL = 2,		/* libcrypto's: 112 bits; RSA from 2048, no SHA-1 */
	PATH_DEPTH = CHAIN_MAX,
};

struct trust *trust_new(const struct sealsock_env *env)
{
	struct trust *t = mem_zalloc(env, sizeof(*t));

	if (!t)
		return NULL;
	t->env = env;
	t->store = X509_STORE_new();
	if (!t->store) {
		mem_free(env, t, sizeof(*t));
		return NULL;
	}
	return t;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	mem_free(t->env, t, sizeof(*t));
}

unsigned int trust_count(const struct trust *t)
{
	return t ? t->count : 0;
}

int trust_add(struct trust *t, struct bytes der)
{
	struct cert *c;
	int err = cert_parse(t->env, der, &c);

	if (err)
		return err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_PEM : err;
	ERR_set_mark();
	if (X509_STORE_add_cert(t->store, c->x509) == 1)
		t->count++;
	else
		err = SEALSOCK_ERR_NOMEM;
	ERR_pop_to_mark();
	cert_free(c);
	return err;
}

const char *trust_default_file(void)
{
	return X509_get_default_cert_file();
}

const char *trust_default_dir(void)
{
	return X509_get_default_cert_dir();
}

/* Which of our codes says what libcrypto found. */
static int code_of(int v)
{
	switch (v) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return SEALSOCK_ERR_CERT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return SEALSOCK_ERR_CERT_NOT_YET;
	case X509_V_ERR_CERT_REVOKED:
		return SEALSOCK_ERR_CERT_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return SEALSOCK_ERR_CERT_UNTRUSTED;
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_CERT_REJECTED:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return SEALSOCK_ERR_CERT_USAGE;
	case X509_V_ERR_OUT_OF_MEM:
		return SEALSOCK_ERR_NOMEM;
	default:
		return SEALSOCK_ERR_CERT_BAD;
	}
}

static void set_rules(X509_STORE_CTX *ctx, int64_t now, bool server)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, PATH_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_purpose(param, server ? X509_PURPOSE_SSL_SERVER :
						      X509_PURPOSE_SSL_CLIENT);
	/* Whoever names an anchor means that very certificate, root or not. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
}

/* RFC 8446 §4.4.2.2: where key usage is stated, digitalSignature must be among it. */
static bool may_sign(X509 *leaf)
{
	return X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE;
}

static int run(X509_STORE_CTX *ctx, X509 *leaf, const char **why, unsigned int *depth)
{
	int v;

	*depth = 0;
	if (X509_verify_cert(ctx) != 1) {
		v = X509_STORE_CTX_get_error(ctx);
		*depth = (unsigned int)X509_STORE_CTX_get_error_depth(ctx);
		*why = X509_verify_cert_error_string(v);
		return code_of(v);
	}
	if (!may_sign(leaf)) {
		*why = "key usage does not allow digital signatures";
		return SEALSOCK_ERR_CERT_USAGE;
	}
	return 0;
}

static int keep_issuer(STACK_OF(X509) *path, struct buf *issuer)
{
	unsigned char *der = NULL;
	int n = i2d_X509(sk_X509_value(path, sk_X509_num(path) > 1 ? 1 : 0), &der);
	int err = n < 0 || !buf_append(issuer, der, (size_t)n) ? SEALSOCK_ERR_NOMEM : 0;

	OPENSSL_free(der);
	return err;
}

int trust_verify(const struct trust *t, struct cert *const *certs, size_t n, int64_t now,
		 bool server, const char **why, unsigned int *depth, struct buf *issuer)
{
	X509_STORE_CTX *ctx = NULL;
	STACK_OF(X509) *rest;
	int err = SEALSOCK_ERR_NOMEM;
	size_t i;

	*why = "there are no trust anchors";
	*depth = 0;
	if (!t)
		return SEALSOCK_ERR_CERT_UNTRUSTED;
	*why = "out of memory";
	ERR_set_mark();
	rest = sk_X509_new_reserve(NULL, (int)n);
	if (!rest)
		goto out;
	for (i = 1; i < n; i++)
		sk_X509_push(rest, certs[i]->x509);
	ctx = X509_STORE_CTX_new();
	if (!ctx || X509_STORE_CTX_init(ctx, t->store, certs[0]->x509, rest) != 1)
		goto out;
	set_rules(ctx, now, server);
	err = run(ctx, certs[0]->x509, why, depth);
	if (!err)
		err = keep_issuer(X509_STORE_CTX_get0_chain(ctx), issuer);
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_free(rest);
	ERR_pop_to_mark();
	return err;
}
