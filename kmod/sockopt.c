// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options. Each is read from the user once, checked as a whole, and
 * carried out under the socket lock; a request that is refused changes
 * nothing.
 */
#include <linux/err.h>
#include <linux/string.h>

#include "answer.h"
#include "core/frame.h"
#include "ctx.h"
#include "held.h"
#include "install.h"
#include "keys.h"
#include "managed/managed.h"
#include "rx/rx.h"
#include "seen/mib.h"
#include "seen/trace.h"
#include "sockopt.h"
#include "tables.h"
#include "tx/tx.h"
#include "uapi/hold.h"
#include "uapi/sealsock.h"

/* Newer than the oldest <linux/tls.h>. */
#define OPT_TX_MAX_PAYLOAD_LEN	5

/* RFC 8449 section 4; TLS 1.3 counts the content type in. */
#define MIN_RECORD_SIZE_LIMIT	64

/* Any struct tls12_crypto_info_*, or ours. */
union crypto_request {
	struct tls_crypto_info head;
	u8 bytes[sizeof(struct tls_crypto_info) + SEAL_NONCE + SEAL_MAX_KEY + SEAL_SEQ];
	struct sealsock_crypto_info_cbc_hmac cbc;
};

/* The receive key and its half, or the transmit key and its half. */
static struct seal_key *current_key(const struct seal_ctx *ctx, bool tx)
{
	if (tx)
		return ctx->tx ? ctx->tx->key : NULL;
	return ctx->rx ? ctx->rx->key : NULL;
}

/* The row for what the user asks, or why there is none. @own: with an option of ours. */
static const struct seal_suite *check_request(const struct seal_ctx *ctx, bool own,
					      const struct tls_crypto_info *head,
					      unsigned int optlen)
{
	const struct seal_suite *suite;

	suite = seal_suite_find(head->version, head->cipher_type);
	if (!suite || own != !!suite->mac_key_len || optlen != seal_suite_info_len(suite))
		return ERR_PTR(-EINVAL);
	/* Both directions, and each key after the first, are of one kind. */
	if (ctx->version &&
	    (ctx->version != head->version || ctx->cipher_type != head->cipher_type))
		return ERR_PTR(-EINVAL);
	return suite;
}

static int install(struct sock *sk, struct seal_ctx *ctx, const struct seal_suite *suite,
		   union crypto_request *req, bool tx)
{
	bool rekey = current_key(ctx, tx);
	struct seal_key *key;

	key = seal_key_new(suite, req->head.version, req->bytes);
	if (IS_ERR(key))
		return PTR_ERR(key);

	/* An open record has what a request of the old key's implementation needs. */
	if (rekey && tx && ctx->tx->scratch &&
	    crypto_aead_alg(key->spare.aead) != crypto_aead_alg(ctx->tx->key->spare.aead)) {
		seal_key_free(key);
		return -EBUSY;
	}
	if (rekey) {
		seal_install_key(sk, key, tx);
		seal_install_trace(sk, tx);
	} else {
		seal_install_first(sk, key, tx);
		seal_proto_update(sk);
	}
	/* What the peer sent meanwhile, perhaps under this key, is in the queue. */
	if (!tx)
		seal_rx_start(sk);
	return 0;
}

static int set_key(struct sock *sk, sockptr_t optval, unsigned int optlen, bool tx, bool own)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	const struct seal_key *old = current_key(ctx, tx);
	const struct seal_suite *suite;
	union crypto_request req __uninitialized;
	int err;

	if (sockptr_is_null(optval) || optlen < sizeof(req.head))
		return -EINVAL;
	if (!old && sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_CLOSE_WAIT)
		return -ENOTCONN;
	if (ctx->managed)
		return -EBUSY;
	/* TLS 1.2 has no key update. */
	if (old && old->shape.version != SEAL_TLS13) {
		seal_install_count(sk, tx, true, false);
		return -EBUSY;
	}

	/* A direction that has failed stays so: another key would go on behind a gap. */
	if (old && (tx ? ctx->tx->state : ctx->rx->state) == SEAL_DIR_FAILED) {
		seal_install_count(sk, tx, true, false);
		return -EBADMSG;
	}

	if (copy_from_sockptr(&req, optval, min_t(size_t, optlen, sizeof(req)))) {
		err = -EFAULT;
	} else {
		suite = check_request(ctx, own, &req.head, optlen);
		err = IS_ERR(suite) ? PTR_ERR(suite) : install(sk, ctx, suite, &req, tx);
	}
	memzero_explicit(&req, sizeof(req));
	if (old || err)
		seal_install_count(sk, tx, old, !err);
	return err;
}

static int set_zerocopy_ro(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	unsigned int value;

	if (sockptr_is_null(optval) || optlen != sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value > 1)
		return -EINVAL;
	seal_ctx(sk)->zerocopy_ro = value;
	return 0;
}

static int set_expect_no_pad(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	u32 value;
	int err;

	if (ctx->version != SEAL_TLS13 || sockptr_is_null(optval) || optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value > 1)
		return -EINVAL;
	err = check_zeroed_sockptr(optval, sizeof(value), optlen - sizeof(value));
	if (err < 1)
		return err ? err : -EINVAL;
	if (!ctx->rx)
		return -EINVAL;
	WRITE_ONCE(ctx->expect_no_pad, value);
	return 0;
}

static int set_max_payload(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct seal_ctx *ctx = seal_ctx(sk);
	u16 least = MIN_RECORD_SIZE_LIMIT - (ctx->version == SEAL_TLS13);
	u16 value;

	if (ctx->tx && seal_rec_open(ctx->tx))
		return -EBUSY;
	if (sockptr_is_null(optval) || optlen != sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value < least || value > SEAL_MAX_PLAINTEXT)
		return -EINVAL;
	WRITE_ONCE(ctx->max_payload, value);
	return 0;
}

static int set_padding(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;
	u16 value;

	if (!tx || tx->key->shape.version != SEAL_TLS13)
		return -EINVAL;
	if (seal_rec_open(tx))
		return -EBUSY;
	if (sockptr_is_null(optval) || optlen != sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value > SEALSOCK_PADDING_FULL)
		return -EINVAL;
	tx->padding = value;
	return 0;
}

static int set_cpus(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;
	u16 value;

	if (!tx || sockptr_is_null(optval) || optlen != sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value > SEALSOCK_CPUS_MAX)
		return -EINVAL;
	tx->cpus = value;
	tx->cores_missed = 0;
	tx->cores_skip = 0;
	return 0;
}

static noinline int set_option(struct sock *sk, int optname, sockptr_t optval, unsigned int optlen)
{
	switch (optname) {
	case SEALSOCK_TX:
	case SEALSOCK_RX:
		return set_key(sk, optval, optlen, optname == SEALSOCK_TX, true);
	case SEALSOCK_TX_PADDING:
		return set_padding(sk, optval, optlen);
	case SEALSOCK_TX_CPUS:
		return set_cpus(sk, optval, optlen);
	case TLS_TX_ZEROCOPY_RO:
		return set_zerocopy_ro(sk, optval, optlen);
	case TLS_RX_EXPECT_NO_PAD:
		return set_expect_no_pad(sk, optval, optlen);
	case OPT_TX_MAX_PAYLOAD_LEN:
		return set_max_payload(sk, optval, optlen);
	case SEALSOCK_ROLE:
	case SEALSOCK_DEADLINE:
		return seal_hold_setsockopt(sk, optname, optval, optlen);
	case SEALSOCK_MANAGED:
	case SEALSOCK_KEY_UPDATE:
	case SEALSOCK_MESSAGE:
	case SEALSOCK_EVENTS:
		return seal_managed_setsockopt(sk, optname, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

int seal_setsockopt(struct sock *sk, int level, int optname, sockptr_t optval,
		    unsigned int optlen)
{
	struct seal_ctx *ctx = seal_ctx_seen(sk);
	int err;

	if (level != SOL_TLS) {
		err = ctx->base->setsockopt(sk, level, optname, optval, optlen);
		if (!err && level == SOL_TCP && READ_ONCE(ctx->tx))
			seal_tx_tcp_option(sk, optname);
		return err;
	}

	lock_sock(sk);
	/* What every connection sets, twice. */
	if (optname == TLS_TX || optname == TLS_RX)
		err = set_key(sk, optval, optlen, optname == TLS_TX, false);
	else
		err = set_option(sk, optname, optval, optlen);
	release_sock(sk);
	return err;
}

/* The key in use as it was installed, with the numbers of its next record. */
static int get_key(struct seal_ctx *ctx, char __user *optval, int len, bool tx, bool own)
{
	const struct seal_key *key = current_key(ctx, tx);
	union crypto_request req;
	size_t size;
	int err = 0;

	if (ctx->managed)
		return -EPERM;
	if (!optval || len < (int)sizeof(req.head))
		return -EINVAL;
	if (!key)
		return -EBUSY;
	size = len == sizeof(req.head) ? sizeof(req.head) : seal_suite_info_len(key->suite);
	if (len != size || (size > sizeof(req.head) && own != !!key->suite->mac_key_len))
		return -EINVAL;

	seal_key_export(key, req.bytes);
	if (copy_to_user(optval, &req, size))
		err = -EFAULT;
	memzero_explicit(&req, sizeof(req));
	return err;
}

static void dir_info(const struct seal_key *key, enum seal_dir_state state, u16 generation,
		     u64 records, u64 bytes, struct sealsock_dir_info *info)
{
	info->version = key->shape.version;
	info->cipher_type = key->suite->cipher_type;
	info->state = state;
	info->generation = generation;
	info->sequence = key->seq.next;
	info->records = records;
	info->bytes = bytes;
}

static int get_info(const struct sock *sk, struct seal_ctx *ctx, char __user *optval,
		    int __user *optlen, int len)
{
	struct sealsock_sock_info info = {};

	info.mode = ctx->managed ? SEALSOCK_MODE_MANAGED :
		    ctx->version ? SEALSOCK_MODE_COMPATIBLE : seal_hold_mode(sk, ctx);
	if (ctx->managed) {
		info.messages = ctx->managed->count;
		info.messages_dropped = ctx->managed->dropped;
	}
	info.tx_left = seal_tx_left(ctx->tx);
	if (ctx->tx)
		dir_info(ctx->tx->key, ctx->tx->state, ctx->tx->generation,
			 ctx->tx->records, ctx->tx->bytes, &info.tx);
	if (ctx->rx)
		dir_info(ctx->rx->key, ctx->rx->state, ctx->rx->generation,
			 ctx->rx->records, ctx->rx->bytes, &info.rx);
	return seal_put_answer(optval, optlen, len, &info, sizeof(info), true);
}

static int answer_option(struct sock *sk, struct seal_ctx *ctx, int optname, char __user *optval,
			 int __user *optlen, int len)
{
	unsigned int value;
	u16 cpus;

	switch (optname) {
	case TLS_TX:
	case TLS_RX:
		return get_key(ctx, optval, len, optname == TLS_TX, false);
	case SEALSOCK_TX:
	case SEALSOCK_RX:
		return get_key(ctx, optval, len, optname == SEALSOCK_TX, true);
	case SEALSOCK_TX_PADDING:
		if (!ctx->tx || ctx->version != SEAL_TLS13)
			return -EINVAL;
		return seal_put_answer(optval, optlen, len, &ctx->tx->padding,
				  sizeof(ctx->tx->padding), false);
	case SEALSOCK_TX_CPUS:
		if (!ctx->tx)
			return -EINVAL;
		cpus = ctx->tx->cpus;
		return seal_put_answer(optval, optlen, len, &cpus, sizeof(cpus), false);
	case TLS_TX_ZEROCOPY_RO:
		value = ctx->zerocopy_ro;
		if (len != sizeof(value))
			return -EINVAL;
		return seal_put_answer(optval, optlen, len, &value, sizeof(value), false);
	case TLS_RX_EXPECT_NO_PAD:
		value = ctx->expect_no_pad;
		if (ctx->version != SEAL_TLS13 || !ctx->rx)
			return -EINVAL;
		return seal_put_answer(optval, optlen, len, &value, sizeof(value), false);
	case OPT_TX_MAX_PAYLOAD_LEN:
		return seal_put_answer(optval, optlen, len, &ctx->max_payload,
				  sizeof(ctx->max_payload), false);
	case SEALSOCK_INFO:
		return get_info(sk, ctx, optval, optlen, len);
	case SEALSOCK_MANAGED:
	case SEALSOCK_KEY_UPDATE:
	case SEALSOCK_MESSAGE:
	case SEALSOCK_END:
	case SEALSOCK_EVENTS:
		return seal_managed_getsockopt(sk, optname, optval, optlen, len);
	case SEALSOCK_ROLE:
	case SEALSOCK_DEADLINE:
	case SEALSOCK_FACTS:
	case SEALSOCK_CAUSE:
		return seal_hold_getsockopt(sk, optname, optval, optlen, len);
	default:
		return -ENOPROTOOPT;
	}
}

int seal_getsockopt(struct sock *sk, int level, int optname, char __user *optval,
		    int __user *optlen)
{
	struct seal_ctx *ctx = seal_ctx_seen(sk);
	int len, err;

	/* It would map ciphertext past the record layer. */
	if (level == SOL_TCP && optname == TCP_ZEROCOPY_RECEIVE && READ_ONCE(ctx->rx))
		return -EOPNOTSUPP;
	if (level != SOL_TLS)
		return ctx->base->getsockopt(sk, level, optname, optval, optlen);
	if (get_user(len, optlen))
		return -EFAULT;

	lock_sock(sk);
	err = answer_option(sk, ctx, optname, optval, optlen, len);
	release_sock(sk);
	return err;
}
