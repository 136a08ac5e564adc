/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room managed/: a connection's life below the socket. It sees tx/, rx/,
 * the install and below.
 *
 * What a TLS connection does beside carrying data happens below
 * the socket. All of it in process context with the socket locked; softirq
 * knows nothing of it.
 */
#ifndef SEAL_MANAGED_H
#define SEAL_MANAGED_H

#include <linux/list.h>
#include <linux/sockptr.h>

#include "core/control.h"
#include "hooks.h"
#include "rx/rx.h"
#include "tx/tx.h"

struct crypto_shash;

/* What is to be sent when there is room for it: seal_managed.due. */
enum {
	SEAL_DUE_UPDATE = 1,	/* KeyUpdate, and the next key of ours */
	SEAL_DUE_REQUEST = 2,	/* with update_requested */
};

/**
 * struct seal_message - a message for seal_managed_take()
 * @node: in seal_managed.messages
 * @len: bytes of all of it
 * @have: of these, bytes that have come
 */
struct seal_message {
	struct list_head node;
	u32 len;
	u32 have;
	u8 bytes[];
};

/**
 * struct seal_managed - what a managed socket has beside both halves
 * @control: where the control records stand
 * @messages: whole ones, the oldest first
 * @partial: one whose end has not come; NULL: none, or none that is kept
 * @queued: bytes of all of them
 * @count: of @messages
 * @dropped: messages there was no room or memory for
 * @flags: SEALSOCK_MANAGED_*
 * @events: SEALSOCK_EVENT_*
 * @due: SEAL_DUE_*
 * @asked: the peer owes us an update
 * @read_shut: we have shut down reading, so that its end is no cut
 * @reason: enum sealsock_reason
 * @refusals: warnings no_renegotiation that are to be sent
 * @alert_received, @alert_sent: as in struct sealsock_end
 * @after_records, @after_bytes: SEALSOCK_KEY_UPDATE, 0: no such limit
 * @bytes_at_key: tx->bytes when the transmit key was new
 * @prefix: what of the prefix has not been framed
 * @hash: of the cipher, in TLS 1.3
 * @secrets: the traffic secrets after those whose keys are in use: of tx, then of rx
 */
struct seal_managed {
	struct seal_control control;
	struct list_head messages;
	struct seal_message *partial;
	u32 queued;
	u16 count;
	u16 dropped;
	u8 flags;
	u8 events;
	u8 due;
	u8 reason;
	u8 refusals;
	bool asked;
	bool read_shut;
	u16 alert_received;
	u16 alert_sent;
	u64 after_records;
	u64 after_bytes;
	u64 bytes_at_key;
	struct seal_prefix *prefix;
	struct crypto_shash *hash;
	u8 secrets[];
};

/* install.c: see kmod/uapi for options. */
int seal_managed_install(struct sock *sk, sockptr_t optval, unsigned int optlen);
void seal_managed_free(struct seal_managed *m);

/* key_update.c */

/* The peer's KeyUpdate was opened: its next key. -ENOMEM and others: to be tried again. */
int seal_managed_update_rx(struct sock *sk, struct seal_rx *rx);

/* The limit that @tx seals up to before seal_managed_limit(), for a new key or limits. */
void seal_managed_set_limit(struct sock *sk, struct seal_tx *tx);

/* end.c */

/*
 * Seals a record of a few bytes beside the open one, for seal_tx_push().
 * -ENOMEM, -EAGAIN: nothing has changed; others: as seal_tx_seal().
 */
int seal_managed_record(struct sock *sk, struct seal_tx *tx, u8 type, const u8 *content,
			unsigned int len);
/* Likewise an alert, pushed as far as that takes no waiting. */
int seal_managed_alert(struct sock *sk, u8 level, u8 description);

/* The peer broke a rule: our alert is sent, both halves are finished. What reads answer. */
int seal_managed_refuse(struct sock *sk, u8 alert, u8 reason);

/* The peer's close_notify, or its fatal alert. */
void seal_managed_closed(struct sock *sk, struct seal_rx *rx);
int seal_managed_alerted(struct sock *sk, struct seal_rx *rx, u8 alert);

/* shutdown() and close(): close_notify behind all data. */
void seal_managed_finish(struct sock *sk);

/* shutdown() of reading: an end that comes after it is no cut. */
void seal_managed_shut_read(struct sock *sk);

/* close(): nothing but data may be left for TCP to find unread. */
void seal_managed_discard(struct sock *sk);

/* queue.c */
void seal_queue_begin(struct sock *sk, struct seal_managed *m, const u8 *header, u32 len);
void seal_queue_bytes(struct seal_managed *m, const u8 *bytes, u32 len);
void seal_queue_end(struct sock *sk, struct seal_managed *m);
void seal_queue_take(struct seal_managed *m);
void seal_queue_free(struct seal_managed *m);

/* options.c */

/* Something changed of what sock_diag(7) shows. */
void seal_managed_show(const struct sock *sk);
int seal_managed_setsockopt(struct sock *sk, int optname, sockptr_t optval, unsigned int optlen);
int seal_managed_getsockopt(struct sock *sk, int optname, char __user *optval,
			    int __user *optlen, int len);

/* What of a managed socket's stream was read before: comes ahead of TCP's queue. */
struct seal_prefix {
	u32 len;
	u32 off;
	u8 bytes[];
};

static inline u8 *seal_managed_secret(struct seal_managed *m, bool tx, unsigned int len)
{
	return m->secrets + (tx ? 0 : len);
}

#endif /* SEAL_MANAGED_H */
