/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room tx/: from a program to TCP. It sees the files beside it in kmod/, seen/ and below.
 *
 * The sending half: plaintext is gathered into a record, the record is
 * sealed where it lies, and what was sealed goes to TCP whole.
 */
#ifndef SEAL_TX_H
#define SEAL_TX_H

#include <linux/bvec.h>
#include <linux/scatterlist.h>
#include <linux/socket.h>

#include "compat/compat.h"
#include "ctx.h"
#include "keys.h"
#include "scratch.h"

/* A record of source pages: additional data, the pages, the content type. */
#define SEAL_SG		(COMPAT_SPLICE_PAGES + 2)

/* Room in a page, with a reference on it. @page NULL: none. */
struct seal_room {
	struct page *page;
	u32 off;
	u32 len;
};

/**
 * struct seal_rec - the record that is being filled
 * @body: where the plaintext goes; @body.len is what it can hold
 * @frame: prefix and trailer, where they do not lie around the body
 * @len: bytes of plaintext so far
 * @cut: of these, once it is closed, so many lie in @frame, before the trailer
 */
struct seal_rec {
	struct seal_room body;
	struct seal_room frame;
	u32 len;
	u32 cut;
};

/**
 * struct seal_tx - the sending half of a socket
 * @key: seals; replaced by a key update
 * @state: what may come next
 * @padding: SEALSOCK_TX_PADDING
 * @generation: keys installed so far
 * @rec: the open record; of type application data whenever the lock is free
 * @scratch: while a record is open or sealed fragments are left; see seal_tx_rest()
 * @out_count: sealed fragments that TCP has not taken yet, in scratch->out with references
 * @out_bytes: their bytes
 * @small: page that prefixes and trailers of large records are cut from
 * @pusher: who is inside seal_tx_push(): for him its memory checks are lifted
 * @charged: bytes charged to the socket for what is kept between calls
 * @cpus: SEALSOCK_TX_CPUS
 * @cores_missed: calls in a row that other processors did not speed up
 * @cores_skip: large calls that are not shared for that
 * @limit_told: @limit was reached, and that was traced
 * @limit: first number that is not for application data
 * @records: sealed so far
 * @bytes: of plaintext in them
 */
struct seal_tx {
	struct seal_key *key;
	enum seal_dir_state state;
	u16 padding;
	u16 generation;
	struct seal_rec rec;
	struct seal_scratch *scratch;
	unsigned int out_count;
	unsigned int out_bytes;
	struct page_frag small;
	struct task_struct *pusher;
	int charged;
	u8 cpus;
	u8 cores_missed;
	u8 cores_skip;
	bool limit_told;
	u64 limit;
	u64 records;
	u64 bytes;
};

/* Each idle socket has one. */
static_assert(sizeof(struct seal_tx) <= 128);

/* tx.c */
void seal_tx_begin(struct sock *sk, struct seal_tx *tx);
void seal_tx_end(struct sock *sk, struct seal_tx *tx);
int seal_tx_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int seal_tx_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t size);
int seal_tx_flush(struct sock *sk, int flags, long *timeo);
void seal_tx_finish(struct sock *sk);
void seal_tx_tcp_option(struct sock *sk, int optname);
int seal_tx_ready(struct sock *sk, struct seal_tx *tx);
int seal_tx_wait_room(struct sock *sk, struct seal_tx *tx, long *timeo);
int seal_tx_copy(struct seal_tx *tx, struct msghdr *msg);
int seal_tx_seal(struct sock *sk, struct seal_tx *tx, u8 type,
		 const struct bio_vec *pages, unsigned int count);
int seal_tx_fail(struct sock *sk, struct seal_tx *tx);
void seal_tx_sealed(struct sock *sk, struct seal_tx *tx, u8 type, unsigned int content,
		    u64 seq, bool direct);

/*
 * Where a record is closed: its prefix, its trailer, and how many bytes of
 * this are sealed.
 */
struct seal_ends {
	u8 *prefix;
	u8 *trailer;
	unsigned int tail;
};

void seal_rec_close(struct sock *sk, struct seal_tx *tx, u8 type, bool in_place,
		    struct seal_ends *ends);
void seal_rec_source(struct scatterlist *src, const struct bio_vec *pages, unsigned int count,
		     const struct seal_ends *ends);
void seal_rec_target(struct scatterlist dst[3], const struct seal_tx *tx,
		     const struct seal_ends *ends);

/* tx_cores.c */

/* Is the call in @msg one that other processors should help with? */
bool seal_cores_worth(struct sock *sk, struct seal_tx *tx, struct msghdr *msg);

/*
 * Seals full records of @msg, no record being open, as long as there is room
 * for them. Returns the number of bytes in records that are on their way; 0
 * with *@err 0: the next one is for the caller to seal alone. *@err, beside
 * what was sent: as seal_rec_begin(), seal_tx_copy(), seal_tx_seal(),
 * seal_tx_push() have it, but for -EAGAIN.
 */
int seal_cores_send(struct sock *sk, struct seal_tx *tx, struct msghdr *msg, u8 type, int *err);
int seal_cores_init(void);
void seal_cores_exit(void);

/* tx_limit.c */

/* Records of application data that a key may seal here, U64_MAX: any number. */
u64 seal_tx_limit_most(struct sock *sk, const struct seal_tx *tx);

/* A key was installed. */
void seal_tx_limit_start(struct sock *sk, struct seal_tx *tx);

/* Where the next number is tx->limit or above: see seal_tx_limit(). */
int seal_tx_limit_reached(struct sock *sk, struct seal_tx *tx, u8 type);

/* Counts a record sealed with a number of tx->limit or above. */
void seal_tx_limit_passed(struct sock *sk, const struct seal_tx *tx, u8 type, u64 seq);

/*
 * 0 if a record of this type may be begun. -EKEYEXPIRED: the key has sealed
 * as many as it may; the direction goes on with the next key.
 */
static inline int seal_tx_limit(struct sock *sk, struct seal_tx *tx, u8 type)
{
	return likely(tx->key->seq.next < tx->limit) ? 0 : seal_tx_limit_reached(sk, tx, type);
}

/* Records of application data that may be begun, U64_MAX: any number. */
static inline u64 seal_tx_left(const struct seal_tx *tx)
{
	u64 next = tx ? tx->key->seq.next : 0;

	if (!tx || tx->limit == U64_MAX)
		return U64_MAX;
	return next < tx->limit ? tx->limit - next : 0;
}

/* tx_splice.c */
int seal_tx_splice(struct sock *sk, struct seal_tx *tx, struct msghdr *msg, u8 type);
void seal_tx_splice_eof(struct socket *sock);

/* tx_buf.c */
int seal_rec_begin(struct sock *sk, struct seal_tx *tx, unsigned int want, bool grows);
void seal_rec_drop(struct sock *sk, struct seal_tx *tx);
void seal_rec_emit(struct sock *sk, struct seal_tx *tx);

static inline u8 *seal_room_at(const struct seal_room *room)
{
	return page_address(room->page) + room->off;
}

static inline bool seal_rec_open(const struct seal_tx *tx)
{
	return tx->rec.body.page;
}

/* A batch waits to be pushed only while there is room for more. */
static inline bool seal_tx_out_room(const struct seal_tx *tx)
{
	return tx->out_count <= SEAL_OUT - 3;
}

/* TCP_NOTSENT_LOWAT is set, here or for the namespace. */
static inline bool seal_tx_lowat(const struct sock *sk)
{
	return tcp_notsent_lowat(tcp_sk(sk)) != UINT_MAX;
}

static inline bool seal_tx_has_room(struct sock *sk, const struct seal_tx *tx)
{
	return seal_tx_out_room(tx) &&
	       READ_ONCE(sk->sk_wmem_queued) + (int)tx->out_bytes < READ_ONCE(sk->sk_sndbuf) &&
	       (!seal_tx_lowat(sk) || seal_ctx(sk)->base->stream_memory_free(sk, 0));
}

/* Before the lock is dropped: an open record and what is sealed need the scratch, nothing else. */
static inline void seal_tx_rest(struct seal_tx *tx)
{
	if (!tx->scratch || tx->out_count || seal_rec_open(tx))
		return;
	seal_scratch_put(tx->key, tx->scratch);
	tx->scratch = NULL;
}

/* tx_queue.c */
int seal_tx_push(struct sock *sk, struct seal_tx *tx, int flags);
int seal_tx_drain(struct sock *sk, struct seal_tx *tx, long *timeo);
void seal_tx_charge(struct sock *sk, struct seal_tx *tx);
void seal_tx_write_space(struct sock *sk);
bool seal_tx_memory_free(const struct sock *sk, int wake);

/*
 * Charges what stays between two calls to the socket. To be called before the lock is dropped at
 * the end of a call.
 */
static inline void seal_tx_account(struct sock *sk, struct seal_tx *tx)
{
	if (unlikely(tx->out_count || seal_rec_open(tx) || tx->charged))
		seal_tx_charge(sk, tx);
	else
		seal_tx_rest(tx);
}

#endif /* SEAL_TX_H */
