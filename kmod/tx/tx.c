// SPDX-License-Identifier: GPL-2.0-only
/*
 * send(): plaintext into records. User memory is copied into the record and
 * sealed there, in place; pages of files come in through tx_splice.c.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "cmsg.h"
#include "compat/compat.h"
#include "crypt.h"
#include "hooks.h"
#include "seen/mib.h"
#include "seen/netns.h"
#include "seen/trace.h"
#include "tx/tx.h"

/* How long a call that does not wait may wait for memory: see push_all(). */
#define SEAL_PATIENCE	HZ

/* MSG_WAITALL is io_uring's way to ask for what a blocking call does anyway. */
#define SEND_FLAGS	(MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_BATCH | \
			 MSG_WAITALL | MSG_CMSG_COMPAT | COMPAT_SEND_FLAGS)

/* @tx is to have its first key. */
void seal_tx_begin(struct sock *sk, struct seal_tx *tx)
{
	tx->cpus = READ_ONCE(seal_ctx(sk)->net->tx_cpus);
}

/* Called with the socket locked, after its operations stopped being ours. */
void seal_tx_end(struct sock *sk, struct seal_tx *tx)
{
	unsigned int i;

	seal_rec_drop(sk, tx);
	for (i = 0; i < tx->out_count; i++)
		put_page(tx->scratch->out[i].bv_page);
	if (tx->out_count)
		tx->scratch->stamp = 0;
	tx->out_count = 0;
	seal_tx_rest(tx);
	if (tx->small.page)
		put_page(tx->small.page);
	if (tx->charged)
		sk_mem_uncharge(sk, tx->charged);
	seal_key_free(tx->key);
}

/* As seal_tx_ready(). */
static __always_inline int tx_ready(struct sock *sk, struct seal_tx *tx)
{
	int err;

	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		return -EPIPE;
	if (unlikely(seal_ctx(sk)->managed)) {
		err = seal_managed_ready(sk, tx);
		if (err)
			return err;
	}
	err = seal_direction(&tx->state, SEAL_DIR_RECORD);
	return err ? err : seal_seq_check(&tx->key->seq);
}

/* 0 if records may be sealed now; the socket's error or -EPIPE, or the direction's. */
int seal_tx_ready(struct sock *sk, struct seal_tx *tx)
{
	return tx_ready(sk, tx);
}

/* Where the ciphertext goes, and where the plaintext is unless seal_rec_source() says otherwise. */
void seal_rec_target(struct scatterlist dst[3], const struct seal_tx *tx,
		     const struct seal_ends *ends)
{
	unsigned int cut = tx->rec.cut, len = tx->rec.len - cut;

	*dst = (struct scatterlist){};
	if (likely(len)) {
		*++dst = (struct scatterlist){};
		sg_set_page(dst, tx->rec.body.page, len, tx->rec.body.off);
	}
	*++dst = (struct scatterlist){};
	sg_set_buf(dst, ends->trailer - cut, cut + ends->tail + tx->key->shape.tag_len);
	sg_mark_end(dst);
}

/* Plaintext in @pages, all of the record's, read from there and nowhere else. */
void seal_rec_source(struct scatterlist *src, const struct bio_vec *pages, unsigned int count,
		     const struct seal_ends *ends)
{
	unsigned int i;

	*src = (struct scatterlist){};
	for (i = 0; i < count; i++) {
		*++src = (struct scatterlist){};
		sg_set_page(src, pages[i].bv_page, pages[i].bv_len, pages[i].bv_offset);
	}
	if (ends->tail) {
		*++src = (struct scatterlist){};
		sg_set_buf(src, ends->trailer, ends->tail);
	}
	sg_mark_end(src);
}

/* Plaintext that lies in the record itself, prefix and trailer elsewhere. */
static noinline int seal_in_place(struct seal_tx *tx, u8 type, const struct seal_ends *ends)
{
	struct scatterlist sg[3] __uninitialized;

	seal_rec_target(sg, tx, ends);
	return seal_crypt_seal(tx->key, &tx->scratch->rq, type, ends->prefix, sg, sg,
			       tx->rec.len + ends->tail);
}

static noinline int seal_from_pages(struct seal_tx *tx, u8 type, const struct seal_ends *ends,
				    const struct bio_vec *pages, unsigned int count)
{
	struct scatterlist src[SEAL_SG] __uninitialized, dst[3] __uninitialized;

	seal_rec_source(src, pages, count, ends);
	seal_rec_target(dst, tx, ends);
	return seal_crypt_seal(tx->key, &tx->scratch->rq, type, ends->prefix, src, dst,
			       tx->rec.len + ends->tail);
}

/*
 * TLS 1.3's padding is zeros behind the content type, which then comes to lie
 * in the body, and the last zero where the type would be. Returns that byte.
 */
static u8 pad(struct sock *sk, struct seal_tx *tx, u8 type)
{
	struct seal_rec *rec = &tx->rec;
	unsigned int most = min_t(u32, rec->body.len, seal_ctx(sk)->max_payload);
	unsigned int padded = seal_content_padded(rec->len, tx->padding, most);
	u8 *end = seal_room_at(&rec->body) + rec->len;

	if (padded == rec->len)
		return type;
	memset(end, 0, padded - rec->len);
	*end = type;
	rec->len = padded;
	return 0;
}

/* What is sealed behind the plaintext: see seal_tail(). */
static void write_tail(struct seal_tx *tx, u8 type, u8 *trailer, unsigned int tail)
{
	if (tx->key->shape.block)
		memset(trailer, tail - 1, tail);
	else if (tail)
		*trailer = type;
}

/*
 * What does not fill a chunk of the cipher goes where the trailer is. A chunk that
 * lies in two pieces is put together by the crypto API in memory of its own, and
 * without that the record, whose data was taken long ago perhaps, would be lost.
 */
static u32 cut_chunk(struct seal_tx *tx, u8 *to)
{
	u32 n = tx->rec.len & (tx->key->chunk - 1);
	u8 *from = seal_room_at(&tx->rec.body) + tx->rec.len - n;

	if (n) {
		memcpy(to, from, n);
		memzero_explicit(from, n);
	}
	return n;
}

/*
 * All but the sealing. @in_place: the plaintext lies in the record; if the socket
 * pads its records, this one too.
 */
void seal_rec_close(struct sock *sk, struct seal_tx *tx, u8 type, bool in_place,
		    struct seal_ends *ends)
{
	const struct seal_shape *shape = &tx->key->shape;
	struct seal_rec *rec = &tx->rec;

	if (tx->padding && in_place)
		type = pad(sk, tx, type);
	if (rec->frame.page) {
		ends->prefix = seal_room_at(&rec->frame);
		ends->trailer = ends->prefix + seal_prefix(shape);
		rec->cut = in_place ? cut_chunk(tx, ends->trailer) : 0;
		ends->trailer += rec->cut;
	} else {
		ends->trailer = seal_room_at(&rec->body) + rec->len;
		ends->prefix = seal_room_at(&rec->body) - seal_prefix(shape);
	}
	ends->tail = seal_tail(shape, rec->len);
	write_tail(tx, type, ends->trailer, ends->tail);
}

/* The open record could not be sealed: nothing of it is sent, and nothing behind it. */
int seal_tx_fail(struct sock *sk, struct seal_tx *tx)
{
	seal_rec_drop(sk, tx);
	seal_direction(&tx->state, SEAL_DIR_FAIL);
	SEAL_INC(sk, TXERROR);
	trace_sealsock_fail(sk, true, -EBADMSG);
	return -EBADMSG;
}

/* The open record is sealed: it is counted, and pushed with others. */
void seal_tx_sealed(struct sock *sk, struct seal_tx *tx, u8 type, unsigned int content,
		    u64 seq, bool direct)
{
	trace_sealsock_seal(sk, type, content, seq, direct);
	tx->records++;
	tx->bytes += content;
	SEAL_INC(sk, TXRECORDS);
	SEAL_ADD(sk, TXBYTES, content);
	if (unlikely(seq >= tx->limit))
		seal_tx_limit_passed(sk, tx, type, seq);
	seal_rec_emit(sk, tx);
}

/*
 * seal_tx_seal - close the open record
 * @pages: where its plaintext is, if not in the record itself
 * @count: their number, at most COMPAT_SPLICE_PAGES
 *
 * The caller pushes the record. May sleep. An error is final for the
 * direction: the record is dropped and nothing of it is sent.
 */
int __flatten seal_tx_seal(struct sock *sk, struct seal_tx *tx, u8 type,
			   const struct bio_vec *pages, unsigned int count)
{
	unsigned int content = tx->rec.len;
	struct seal_ends ends __uninitialized;
	int err;

	seal_rec_close(sk, tx, type, !pages, &ends);
	if (likely(!tx->rec.frame.page))
		err = seal_crypt_seal_packed(tx->key, &tx->scratch->rq, type, ends.prefix,
					     tx->rec.len + ends.tail);
	else
		err = pages ? seal_from_pages(tx, type, &ends, pages, count) :
			      seal_in_place(tx, type, &ends);
	if (err)
		return seal_tx_fail(sk, tx);
	seal_tx_sealed(sk, tx, type, content, tx->key->seq.next - 1, pages);
	return 0;
}

/*
 * seal_tx_wait_room - wait for room in the send buffer, between two records
 *
 * 0: a record may be begun, a remainder is gone. -EAGAIN, -EPIPE, the
 * socket's error, or what a signal makes of it.
 */
int seal_tx_wait_room(struct sock *sk, struct seal_tx *tx, long *timeo)
{
	int err;

	while (!seal_tx_has_room(sk, tx)) {
		err = seal_tx_push(sk, tx, MSG_MORE);
		if (!err && sk_stream_memory_free(sk))
			break;
		if (err && err != -EAGAIN)
			return err;
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		seal_tx_rest(tx);
		err = sk_stream_wait_memory(sk, timeo);
		if (err)
			return err;
		err = seal_tx_ready(sk, tx);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Copies from the caller until the record is full or the data ends. The body
 * is page memory in one piece, of which usercopy's checks of slab objects and
 * stacks have nothing to say.
 */
int seal_tx_copy(struct seal_tx *tx, struct msghdr *msg)
{
	struct seal_rec *rec = &tx->rec;
	size_t n = min_t(size_t, msg_data_left(msg), rec->body.len - rec->len);
	u8 *to = seal_room_at(&rec->body) + rec->len;

	if (_copy_from_iter(to, n, &msg->msg_iter) != n) {
		/* What was copied is no part of the record, and does not stay behind it. */
		memzero_explicit(to, n);
		return -EFAULT;
	}
	rec->len += n;
	return n;
}

/*
 * One step: as much of @msg as one record takes. Returns the number of bytes
 * taken; the record is sealed if it is full, or if the call @ends it.
 */
static __always_inline int send_step(struct sock *sk, struct seal_tx *tx, struct msghdr *msg,
				     u8 type, bool ends, long *timeo)
{
	size_t left = msg_data_left(msg);
	int n, err;

	if (!seal_rec_open(tx)) {
		size_t want = min_t(size_t, left, seal_ctx(sk)->max_payload);

		err = seal_tx_has_room(sk, tx) ? 0 : seal_tx_wait_room(sk, tx, timeo);
		if (!err)
			err = seal_tx_limit(sk, tx, type);
		if (unlikely(err == -EKEYEXPIRED) && seal_ctx(sk)->managed)
			err = seal_managed_limit(sk, tx);
		if (err)
			return err;
		/* The lock was dropped: another writer may have opened one. */
		if (seal_rec_open(tx) && type != SEAL_TYPE_DATA)
			return seal_tx_seal(sk, tx, SEAL_TYPE_DATA, NULL, 0);
		if (!seal_rec_open(tx)) {
			err = seal_rec_begin(sk, tx, want, !ends && want == left);
			if (err)
				return err;
		}
	}

	n = compat_is_splice(msg) ? seal_tx_splice(sk, tx, msg, type) :
				  seal_tx_copy(tx, msg);
	if (n < 0) {
		if (!tx->rec.len)
			seal_rec_drop(sk, tx);
		return n;
	}

	if (seal_rec_open(tx) &&
	    (tx->rec.len == tx->rec.body.len || (ends && !msg_data_left(msg)))) {
		err = seal_tx_seal(sk, tx, type, NULL, 0);
		if (err)
			return err;
	}
	return n;
}

/* Before a record of another type: the open one, of application data, goes first. */
static int close_open_record(struct sock *sk, struct seal_tx *tx)
{
	return seal_rec_open(tx) ? seal_tx_seal(sk, tx, SEAL_TYPE_DATA, NULL, 0) : 0;
}

/* What push_all() could not push, for @err. */
static noinline int push_later(struct sock *sk, struct seal_tx *tx, int err, long *timeo)
{
	long patience = SEAL_PATIENCE;

	if (err == -EAGAIN && *timeo)
		err = seal_tx_drain(sk, tx, timeo);
	else if (err == -EAGAIN && tcp_rtx_and_write_queues_empty(sk))
		err = seal_tx_drain(sk, tx, &patience);
	return err == -EAGAIN ? 0 : err;
}

/*
 * The end of a call: what is sealed goes out even where a later byte could not
 * be taken. With something in flight a remainder finds its way when there is
 * room; with nothing in flight nobody would come back for it, so that a call
 * which does not wait waits for memory all the same, as an allocation would.
 */
static __always_inline int push_all(struct sock *sk, struct seal_tx *tx, int flags, long *timeo)
{
	int err = seal_tx_push(sk, tx, flags);

	return unlikely(err) ? push_later(sk, tx, err, timeo) : 0;
}

/*
 * @type, @stamp: what control messages said. @last: the record that is open takes
 * no more. Once for calls with control messages, and once for all others.
 */
static __always_inline int send_all(struct sock *sk, struct seal_tx *tx, struct msghdr *msg,
				    u8 type, u32 stamp, bool last, long *timeo)
{
	bool more = msg->msg_flags & MSG_MORE;
	/* The byte that timestamps are for is the last of a record. */
	bool ends = !more || stamp, shared;
	size_t copied = 0;
	int err, pushed;

	err = tx_ready(sk, tx);
	/* Nothing follows: the way to say that there is no more. */
	if (!err && (last || (!more && !msg_data_left(msg))))
		err = close_open_record(sk, tx);

	shared = unlikely(tx->cpus > 1) && !err && !stamp && seal_cores_worth(sk, tx, msg);
	while (!err && msg_data_left(msg)) {
		int n = 0;

		if (unlikely(shared)) {
			int failed = 0;

			n = seal_cores_send(sk, tx, msg, type, &failed);
			err = failed;
		}
		if (!n && !err)
			n = send_step(sk, tx, msg, type, ends, timeo);
		if (n < 0)
			err = n;
		else
			copied += n;
		if (err || !msg_data_left(msg))
			break;
		cond_resched();
		/* A buffer may have room for very many small records. */
		if (fatal_signal_pending(current))
			err = -EINTR;
	}

	if (unlikely(stamp) && copied && tx->out_count)
		tx->scratch->stamp = stamp;
	pushed = push_all(sk, tx, more ? MSG_MORE : 0, timeo);
	return copied ? copied : err ? err : pushed;
}

/* A call with control messages. */
static noinline int send_controlled(struct sock *sk, struct seal_tx *tx, struct msghdr *msg,
				    long *timeo)
{
	u8 type = SEAL_TYPE_DATA;
	u32 stamp = 0;
	int err;

	err = seal_cmsg_get(sk, msg, &type, &stamp);
	/* Alerts and messages are not the program's to send. */
	if (!err && type != SEAL_TYPE_DATA && seal_ctx(sk)->managed)
		err = -EINVAL;
	if (!err)
		return send_all(sk, tx, msg, type, stamp, true, timeo);
	push_all(sk, tx, msg->msg_flags & MSG_MORE, timeo);
	return err;
}

/* proto_ops.sendmsg_locked: for kernel users who hold the lock. */
int seal_tx_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	int ret;

	if (msg->msg_flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	if ((msg->msg_flags & (MSG_MORE | MSG_EOR)) == (MSG_MORE | MSG_EOR))
		return -EINVAL;

	ret = msg->msg_controllen ? send_controlled(sk, tx, msg, &timeo) :
				    send_all(sk, tx, msg, SEAL_TYPE_DATA, 0, false, &timeo);
	seal_tx_account(sk, tx);
	return ret < 0 ? sk_stream_error(sk, msg->msg_flags, ret) : ret;
}

/* proto.sendmsg */
int seal_tx_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	int ret;

	lock_sock(sk);
	ret = seal_tx_sendmsg_locked(sk, msg, size);
	release_sock(sk);
	return ret;
}

/*
 * seal_tx_flush - seal the open record and push, waiting for memory up to @timeo
 *
 * Called with the socket locked.
 */
int seal_tx_flush(struct sock *sk, int flags, long *timeo)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;
	int err = 0;

	if (seal_rec_open(tx)) {
		err = seal_tx_ready(sk, tx);
		if (!err)
			err = seal_tx_seal(sk, tx, SEAL_TYPE_DATA, NULL, 0);
	}
	if (!err)
		err = seal_tx_drain(sk, tx, timeo);
	seal_tx_account(sk, tx);
	return err;
}

/*
 * seal_tx_tcp_option - after an option of TCP was set
 *
 * What pushes TCP's own unfinished segment, TCP_NODELAY set or TCP_CORK taken
 * away, ends an open record too. Does not wait.
 */
void seal_tx_tcp_option(struct sock *sk, int optname)
{
	struct seal_tx *tx = seal_ctx(sk)->tx;
	long timeo = 0;

	if (optname != TCP_NODELAY && optname != TCP_CORK)
		return;
	lock_sock(sk);
	if (seal_rec_open(tx) && !seal_tx_ready(sk, tx) &&
	    (optname == TCP_NODELAY ? tcp_sk(sk)->nonagle & TCP_NAGLE_OFF :
				      !(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK)) &&
	    !seal_tx_seal(sk, tx, SEAL_TYPE_DATA, NULL, 0))
		push_all(sk, tx, 0, &timeo);
	seal_tx_account(sk, tx);
	release_sock(sk);
}
