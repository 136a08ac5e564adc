// SPDX-License-Identifier: GPL-2.0-only
/* SEALSOCK_MANAGED: both directions at once, or none. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/tls.h>

#include "install.h"
#include "managed/managed.h"
#include "managed/secret.h"
#include "seen/mib.h"
#include "tables.h"
#include "uapi/sealsock.h"

#define FLAGS	(SEALSOCK_MANAGED_SERVER | SEALSOCK_MANAGED_END_UNSIGNED)

/* All that an install makes before it changes anything. */
struct made {
	struct seal_managed *m;
	struct seal_key *tx_key, *rx_key;
};

static bool is_zero(const void *p, size_t used, size_t size)
{
	return !memchr_inv(p + used, 0, size - used);
}

/* Everything of a direction that its suite has no use for is zero. */
static bool check_keys(const struct sealsock_managed_keys *keys, const struct seal_suite *suite,
		       u16 version, unsigned int secret_len)
{
	bool v12 = version == SEAL_TLS12;
	unsigned int iv = suite->block ? 0 : suite->salt_len ? suite->salt_len : SEAL_NONCE;

	return is_zero(keys->secret, secret_len, sizeof(keys->secret)) &&
	       is_zero(keys->key, v12 ? suite->key_len : 0, sizeof(keys->key)) &&
	       is_zero(keys->mac_key, suite->mac_key_len, sizeof(keys->mac_key)) &&
	       is_zero(keys->iv, v12 ? iv : 0, sizeof(keys->iv)) &&
	       is_zero(keys->reserved, 0, sizeof(keys->reserved));
}

static int check(const struct sealsock_managed *req)
{
	unsigned int least = req->version == SEAL_TLS13 ? 63 : 64;

	if (req->flags & ~FLAGS || req->reserved || req->reserved2)
		return -EINVAL;
	if (req->max_payload && (req->max_payload < least || req->max_payload > SEAL_MAX_PLAINTEXT))
		return -EINVAL;
	return req->prefix_len > SEALSOCK_PREFIX_MAX ? -EINVAL : 0;
}

/* As struct tls12_crypto_info_* or sealsock_crypto_info_cbc_hmac have it. */
union packed {
	struct tls_crypto_info head;
	struct sealsock_crypto_info_cbc_hmac cbc;
	u8 bytes[sizeof(struct tls_crypto_info) + SEAL_NONCE + SEAL_MAX_KEY + SEAL_SEQ];
};

static void pack(const struct seal_suite *suite, u16 version, const u8 *key, const u8 *iv,
		 const struct sealsock_managed_keys *keys, union packed *out)
{
	u8 *at = out->bytes + sizeof(out->head);

	memset(out, 0, sizeof(*out));
	out->head.version = version;
	out->head.cipher_type = suite->cipher_type;
	if (suite->mac_key_len) {
		memcpy(out->cbc.enc_key, key, suite->key_len);
		memcpy(out->cbc.mac_key, keys->mac_key, suite->mac_key_len);
		seal_put_be64(out->cbc.rec_seq, keys->sequence);
		return;
	}
	memcpy(at, iv + suite->salt_len, suite->iv_len);
	if (seal_suite_nonce(suite, version) == SEAL_NONCE_EXPLICIT)
		seal_put_be64(at, keys->sequence);
	at += suite->iv_len;
	memcpy(at, key, suite->key_len);
	at += suite->key_len;
	memcpy(at, iv, suite->salt_len);
	seal_put_be64(at + suite->salt_len, keys->sequence);
}

/* The key of one direction; in TLS 1.3 also the secret after it, to @next. */
static struct seal_key *make_key(const struct seal_suite *suite, u16 version,
				 struct crypto_shash *hash,
				 const struct sealsock_managed_keys *keys, u8 *next)
{
	struct seal_derived derived;
	struct seal_key *key;
	union packed packed;
	int err;

	if (version == SEAL_TLS13) {
		err = seal_secret_derive(hash, suite, keys->secret, &derived);
		if (err)
			return ERR_PTR(err);
		pack(suite, version, derived.key, derived.iv, keys, &packed);
		memcpy(next, derived.next, seal_secret_len(hash));
		memzero_explicit(&derived, sizeof(derived));
	} else {
		pack(suite, version, keys->key, keys->iv, keys, &packed);
	}
	key = seal_key_new(suite, version, packed.bytes);
	memzero_explicit(&packed, sizeof(packed));
	if (!IS_ERR(key))
		seal_key_seclude(key);
	return key;
}

static struct seal_prefix *copy_prefix(const struct sealsock_managed *req)
{
	struct seal_prefix *prefix;

	prefix = kvmalloc(struct_size(prefix, bytes, req->prefix_len), GFP_KERNEL_ACCOUNT);
	if (!prefix)
		return ERR_PTR(-ENOMEM);
	prefix->len = req->prefix_len;
	prefix->off = 0;
	if (!copy_from_user(prefix->bytes, u64_to_user_ptr(req->prefix), req->prefix_len))
		return prefix;
	kvfree(prefix);
	return ERR_PTR(-EFAULT);
}

void seal_managed_free(struct seal_managed *m)
{
	if (!m)
		return;
	seal_queue_free(m);
	kvfree(m->prefix);
	kfree_sensitive(m);
}

static void unmake(struct made *made)
{
	seal_managed_free(made->m);
	seal_key_free(made->tx_key);
	seal_key_free(made->rx_key);
}

static int make_keys(struct made *made, const struct sealsock_managed *req,
		     const struct seal_suite *suite, unsigned int secret_len)
{
	struct seal_managed *m = made->m;
	struct seal_key *key;

	key = make_key(suite, req->version, m->hash, &req->tx,
		       seal_managed_secret(m, true, secret_len));
	if (IS_ERR(key))
		return PTR_ERR(key);
	made->tx_key = key;
	key = make_key(suite, req->version, m->hash, &req->rx,
		       seal_managed_secret(m, false, secret_len));
	if (IS_ERR(key))
		return PTR_ERR(key);
	made->rx_key = key;
	return 0;
}

static int make(struct sock *sk, const struct sealsock_managed *req,
		const struct seal_suite *suite, struct made *made)
{
	struct crypto_shash *hash = NULL;
	unsigned int secret_len = 0;
	int err;

	if (req->version == SEAL_TLS13) {
		hash = seal_secret_hash(suite);
		if (IS_ERR(hash))
			return PTR_ERR(hash);
		secret_len = seal_secret_len(hash);
	}
	if (!check_keys(&req->tx, suite, req->version, secret_len) ||
	    !check_keys(&req->rx, suite, req->version, secret_len))
		return -EINVAL;

	made->m = kzalloc(struct_size(made->m, secrets, 2 * secret_len), GFP_KERNEL_ACCOUNT);
	if (!made->m)
		return -ENOMEM;
	/* What seal_managed_free() looks at, whatever fails below. */
	INIT_LIST_HEAD(&made->m->messages);
	made->m->hash = hash;
	made->m->flags = req->flags;
	made->m->control.v13 = req->version == SEAL_TLS13;
	made->m->control.server = req->flags & SEALSOCK_MANAGED_SERVER;
	err = make_keys(made, req, suite, secret_len);
	if (err || !req->prefix_len)
		return err;

	made->m->prefix = copy_prefix(req);
	if (IS_ERR(made->m->prefix)) {
		err = PTR_ERR(made->m->prefix);
		made->m->prefix = NULL;
		return err;
	}
	return seal_part_longest(sk, &seal_whole(seal_ctx(sk))->rx.part) ? 0 : -ENOMEM;
}

/* Nothing here can fail. */
static void use(struct sock *sk, const struct sealsock_managed *req, struct made *made)
{
	struct seal_ctx *ctx = seal_ctx(sk);

	if (req->max_payload)
		WRITE_ONCE(ctx->max_payload, req->max_payload);
	WRITE_ONCE(ctx->managed, made->m);
	seal_install_first(sk, made->tx_key, true);
	seal_install_first(sk, made->rx_key, false);
	ctx->rx->skip = 1;
	/* Whoever waits for the lock, to send or receive in the clear, waits no more. */
	seal_proto_update(sk);
	seal_managed_set_limit(sk, ctx->tx);
	if (made->m->prefix)
		seal_managed_prefix(sk, ctx->rx);
	SEAL_INC(sk, MANAGED);
	seal_managed_show(sk);
	seal_rx_start(sk);
}

static int read_request(struct sealsock_managed *req, sockptr_t optval, unsigned int optlen)
{
	int err;

	if (sockptr_is_null(optval) || optlen < sizeof(*req))
		return -EINVAL;
	if (copy_from_sockptr(req, optval, sizeof(*req)))
		return -EFAULT;
	err = optlen > sizeof(*req) ?
	      check_zeroed_sockptr(optval, sizeof(*req), optlen - sizeof(*req)) : 1;
	return err < 0 ? err : err ? 0 : -E2BIG;
}

int seal_managed_install(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	const struct seal_suite *suite;
	struct sealsock_managed req;
	struct made made = {};
	int err;

	if (ctx->tx || ctx->rx)
		return -EBUSY;
	if (sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_CLOSE_WAIT)
		return -ENOTCONN;
	err = read_request(&req, optval, optlen);
	if (!err)
		err = check(&req);
	if (!err) {
		suite = seal_suite_find(req.version, req.cipher_type);
		err = suite ? make(sk, &req, suite, &made) : -EINVAL;
	}
	if (err)
		unmake(&made);
	else
		use(sk, &req, &made);
	memzero_explicit(&req, sizeof(req));
	return err;
}

/*
 * The next record of the prefix, or a part of it, to rx->part. False: the
 * prefix is used up.
 */
bool seal_managed_prefix(struct sock *sk, struct seal_rx *rx)
{
	struct seal_managed *m = seal_ctx(sk)->managed;
	struct seal_prefix *prefix = m->prefix;

	if (!prefix)
		return false;
	prefix->off += seal_rx_feed(sk, rx, prefix->bytes + prefix->off,
				    prefix->len - prefix->off);
	if (prefix->off == prefix->len) {
		kvfree(prefix);
		m->prefix = NULL;
	}
	return true;
}
