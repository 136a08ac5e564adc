// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The key exchanges of TLS 1.2, both sides: what makes the pre-master secret. */
#include "hs/common12.h"
#include "hs/common13.h"
#include "hs/hs.h"
#include "hs/kex12.h"

enum { FIELD_MIN = 2048 / 8 };

static struct bytes without_zeros(struct bytes b)
{
	while (b.n && !b.p[0])
		b = bytes_of(b.p + 1, b.n - 1);
	return b;
}

/* A public value as the group has it: numbers of finite fields come with or without zeros. */
static bool in_full(const struct group *g, struct bytes value, struct buf *out)
{
	size_t zeros;

	out->n = 0;
	if (g->finite)
		value = without_zeros(value);
	zeros = g->finite && value.n < g->share_len ? g->share_len - value.n : 0;
	if (!buf_reserve(out, zeros + value.n))
		return false;
	memset(out->p, 0, zeros);
	out->n = zeros;
	return buf_append(out, value.p, value.n);
}

/* RFC 5246 §8.1.2: with finite fields zeros before the secret do not count, unlike with curves. */
static struct bytes pre_master(const struct group *g, const uint8_t *secret, size_t n)
{
	return g->finite ? without_zeros(bytes_of(secret, n)) : bytes_of(secret, n);
}

static int bad_params(struct hs *hs, int code, const char *why)
{
	return hs_fail_msg(hs, code, MSG_SERVER_KEY_EXCHANGE, why, 0);
}

static int check_curve(struct hs *hs, const struct server_key_exchange *ske)
{
	const struct group *g = group_find(ske->group);

	if (!g || !u16_contains(wire_list_of(&hs->ch->cfg->groups), g->id) || g->only13 ||
	    g->finite)
		return bad_params(hs, SEALSOCK_ERR_ILLEGAL, "uses a group that was not offered");
	hs->v12.group = g->id;
	return 0;
}

/* Only primes known to be safe: what a signed but unknown one is good for cannot be checked. */
static int check_field(struct hs *hs, const struct server_key_exchange *ske)
{
	struct bytes p = without_zeros(ske->prime), g = without_zeros(ske->generator);
	int err;

	if (p.n < FIELD_MIN || (p.n == FIELD_MIN && !(p.p[0] & 0x80)))
		return bad_params(hs, SEALSOCK_ERR_WEAK, "has a prime of less than 2048 bits");
	err = dh_group_of(p, g, &hs->v12.group);
	if (err)
		return hs_internal(hs, err, "looking at the group");
	if (!hs->v12.group)
		return bad_params(hs, SEALSOCK_ERR_WEAK, "has a prime not known to be safe");
	return 0;
}

int kex12_take_params(struct hs *hs, const struct server_key_exchange *ske)
{
	const struct group *g;
	int err = hs->ch->suite->kx == KX_DHE ? check_field(hs, ske) : check_curve(hs, ske);

	if (err)
		return err;
	g = group_find(hs->v12.group);
	if (ske->params.n > PARAMS_MAX || without_zeros(ske->share).n > g->answer_len)
		return bad_params(hs, SEALSOCK_ERR_ILLEGAL, "has a public value that is too long");
	if (!in_full(g, ske->share, &hs->v12.peer))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the server's public value");
	hs->result->group = g->id;
	return 0;
}

/* Our public value, and the secret that it makes with the server's. */
static int agree(struct hs *hs, struct builder *w, uint8_t secret[KEX_SECRET_MAX], size_t *n)
{
	const struct group *g = group_find(hs->v12.group);
	struct bytes stripped;
	int err = kex_new(hs->ch->cfg->crypto, hs->ch->env, g->id, &hs->kex);

	if (err)
		return hs_internal(hs, err, "making a key share");
	err = kex_derive(hs->kex, bytes_of(hs->v12.peer.p, hs->v12.peer.n), secret, n);
	if (!err)
		client_key_exchange_build(hs->ch->suite->kx, kex_share(hs->kex), w);
	kex_free(hs->kex);
	hs->kex = NULL;
	if (err == SEALSOCK_ERR_ILLEGAL)
		return bad_params(hs, err, "has an invalid public value");
	if (err)
		return hs_internal(hs, err, "computing the shared secret");
	stripped = pre_master(g, secret, *n);
	memmove(secret, stripped.p, stripped.n);
	*n = stripped.n;
	return 0;
}

/* RFC 5246 §7.4.7.1: the version that was offered, so that nobody can turn it down unseen. */
static int transport(struct hs *hs, struct builder *w, uint8_t secret[KEX_SECRET_MAX], size_t *n)
{
	const struct sealsock_env *env = hs->ch->env;
	uint8_t block[RSA_BLOCK_MAX];
	size_t len;
	int err;

	secret[0] = VERSION_TLS12 >> 8;
	secret[1] = VERSION_TLS12 & 0xff;
	if (env->random(env->arg, secret + 2, PRE_MASTER_RSA - 2))
		return hs_internal(hs, SEALSOCK_ERR_RANDOM, "drawing random bytes");
	err = cert_encrypt(hs->leaf, bytes_of(secret, PRE_MASTER_RSA), block, &len);
	if (err)
		return hs_internal(hs, err, "encrypting the pre-master secret");
	client_key_exchange_build(KX_RSA, bytes_of(block, len), w);
	*n = PRE_MASTER_RSA;
	return 0;
}

int kex12_client(struct hs *hs, struct builder *w, uint8_t secret[KEX_SECRET_MAX], size_t *n)
{
	return hs->ch->suite->kx == KX_RSA ? transport(hs, w, secret, n) : agree(hs, w, secret, n);
}

int kex12_make_params(struct hs *hs, struct buf *params)
{
	struct builder w = { .buf = params };
	uint8_t prime[DH_MAX];
	size_t n;
	int err = 0;

	buf_init(params, hs->ch->env);
	if (hs->ch->suite->kx == KX_DHE) {
		err = dh_prime(hs->result->group, prime, &n);
		if (!err)
			server_dh_params_build(bytes_of(prime, n), kex_share(hs->kex), &w);
	} else {
		server_key_params_build(hs->result->group, kex_share(hs->kex), &w);
	}
	if (!err && !w.bad)
		return 0;
	buf_free(params);
	return hs_internal(hs, err ? err : SEALSOCK_ERR_NOMEM, "making ServerKeyExchange");
}

static int take_public(struct hs *hs, struct bytes value)
{
	const struct group *g = group_find(hs->result->group);
	uint8_t secret[KEX_SECRET_MAX];
	struct buf *full = &hs->v12.peer;
	size_t n = 0;
	int err = SEALSOCK_ERR_ILLEGAL;

	if (without_zeros(value).n <= g->share_len) {
		err = SEALSOCK_ERR_NOMEM;
		if (in_full(g, value, full))
			err = kex_derive(hs->kex, bytes_of(full->p, full->n), secret, &n);
	}
	kex_free(hs->kex);
	hs->kex = NULL;
	if (err == SEALSOCK_ERR_ILLEGAL)
		err = hs_fail_msg(hs, err, MSG_CLIENT_KEY_EXCHANGE, "has an invalid public value",
				  0);
	else if (err)
		err = hs_internal(hs, err, "computing the shared secret");
	else
		err = hs12_keys(hs, pre_master(g, secret, n));
	wipe(secret, sizeof(secret));
	return err;
}

/* The keys are made in any case: that the secret was wrong shows when Finished does not open. */
static int secret_known(struct hs *hs, const uint8_t secret[PRE_MASTER_RSA])
{
	int err = hs12_keys(hs, bytes_of(secret, PRE_MASTER_RSA));

	wipe(hs->v12.fallback, sizeof(hs->v12.fallback));
	return err;
}

static int decrypt(struct hs *hs, struct bytes encrypted)
{
	uint8_t block[RSA_BLOCK_MAX], secret[PRE_MASTER_RSA];
	size_t n;
	int err = privkey_decrypt(hs->cred->key, encrypted, block, &n);

	if (err)
		return hs_internal(hs, err, "decrypting the pre-master secret");
	pkcs1_pre_master(block, n, hs->v12.client_version, hs->v12.fallback, secret);
	wipe(block, sizeof(block));
	err = secret_known(hs, secret);
	wipe(secret, sizeof(secret));
	return err;
}

/*
 * The caller's answer: the master secret, the secret, or all that RSA gives with its padding, which
 * is then looked at here. Any other length stands for a padding that was wrong.
 */
static int decrypted(struct hs *hs, struct bytes data)
{
	struct hs12 *v = &hs->v12;
	uint8_t secret[PRE_MASTER_RSA];
	int err;

	v->decrypt_due = false;
	if (v->master.n) {
		wipe(v->fallback, sizeof(v->fallback));
		return hs12_master_known(hs);
	}
	memcpy(secret, v->fallback, sizeof(secret));
	if (data.n == PRE_MASTER_RSA)
		pkcs1_check_version(data.p, v->client_version, v->fallback, secret);
	else if (data.n && data.n == hs->request_message.n)
		pkcs1_pre_master(data.p, data.n, v->client_version, v->fallback, secret);
	err = secret_known(hs, secret);
	wipe(secret, sizeof(secret));
	return err;
}

int kex12_ask(struct hs *hs)
{
	const struct secret *bound = &hs->v12.session_hash;
	uint8_t *randoms = hs->result->randoms;
	int err = hs_ask_decrypt(hs, bytes_of(hs->v12.peer.p, hs->v12.peer.n), decrypted);

	memcpy(randoms, hs->random, HELLO_RANDOM);
	memcpy(randoms + HELLO_RANDOM, hs->v12.server_random, HELLO_RANDOM);
	hs->request.version = hs->v12.client_version;
	hs->request.hash = (uint16_t)(8 * hs->ch->suite->hash_len);
	hs->request.extended = bound->n;
	hs->request.seed = bound->n ? bound->b : randoms;
	hs->request.seed_len = bound->n ? bound->n : 2 * HELLO_RANDOM;
	return err;
}

static int take_encrypted(struct hs *hs, struct bytes encrypted)
{
	const struct sealsock_env *env = hs->ch->env;

	/* Drawn before anything is known of the secret, in every handshake. */
	if (env->random(env->arg, hs->v12.fallback, sizeof(hs->v12.fallback)))
		return hs_internal(hs, SEALSOCK_ERR_RANDOM, "drawing random bytes");
	if (hs->cred->key)
		return decrypt(hs, encrypted);
	/* What is longer than any key's is no ciphertext, and not worth keeping. */
	if (encrypted.n > RSA_BLOCK_MAX)
		encrypted.n = 0;
	if (!buf_append(&hs->v12.peer, encrypted.p, encrypted.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the encrypted secret");
	hs->v12.decrypt_due = true;
	/* CertificateVerify may stand in the same record: it comes first. */
	return hs->state == HS12_WAIT_CKE_SIGNED ? 0 : kex12_ask(hs);
}

int kex12_server(struct hs *hs, struct bytes exchange)
{
	return hs->ch->suite->kx == KX_RSA ? take_encrypted(hs, exchange) :
					     take_public(hs, exchange);
}
