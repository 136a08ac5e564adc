/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room seen/: what can be seen from outside. It changes nothing of a socket.
 *
 * Tracepoints, group `sealsock`: the life of a socket and each of its records.
 * Sockets are told apart by their ports. None of them shows a key, an IV or a
 * byte of plaintext.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM sealsock

#if !defined(SEAL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SEAL_TRACE_H

#include <linux/tracepoint.h>
#include <net/inet_sock.h>
#include <net/sock.h>

DECLARE_EVENT_CLASS(sealsock_socket,
	TP_PROTO(const struct sock *sk),
	TP_ARGS(sk),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
	),
	TP_printk("sport=%u dport=%u", __entry->sport, __entry->dport)
);

/* The ULP was attached. */
DEFINE_EVENT(sealsock_socket, sealsock_attach, TP_PROTO(const struct sock *sk), TP_ARGS(sk));

/* A KeyUpdate was opened: the next receive key is awaited. */
DEFINE_EVENT(sealsock_socket, sealsock_key_update, TP_PROTO(const struct sock *sk), TP_ARGS(sk));

/* The socket is being closed: what is sealed by now is all there will be. */
DEFINE_EVENT(sealsock_socket, sealsock_close, TP_PROTO(const struct sock *sk), TP_ARGS(sk));

/* The socket is connected and waits for its handshake. */
DEFINE_EVENT(sealsock_socket, sealsock_hold, TP_PROTO(const struct sock *sk), TP_ARGS(sk));

/* The handshake is done: its program goes on. */
DEFINE_EVENT(sealsock_socket, sealsock_release, TP_PROTO(const struct sock *sk), TP_ARGS(sk));

/* The handshake failed. @error: what the program is told, negative. */
TRACE_EVENT(sealsock_held_fail,
	TP_PROTO(const struct sock *sk, int error),
	TP_ARGS(sk, error),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
		__entry->error = error;
	),
	TP_printk("sport=%u dport=%u error=%d", __entry->sport, __entry->dport, __entry->error)
);

/* A key was installed. @generation: 1 for the first of its direction. */
TRACE_EVENT(sealsock_key_install,
	TP_PROTO(const struct sock *sk, bool tx, u16 version, u16 cipher, u16 generation),
	TP_ARGS(sk, tx, version, cipher, generation),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
		__field(bool, tx)
		__field(u16, version)
		__field(u16, cipher)
		__field(u16, generation)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
		__entry->tx = tx;
		__entry->version = version;
		__entry->cipher = cipher;
		__entry->generation = generation;
	),
	TP_printk("sport=%u dport=%u dir=%s version=0x%04x cipher=%u generation=%u",
		  __entry->sport, __entry->dport, __entry->tx ? "tx" : "rx",
		  __entry->version, __entry->cipher, __entry->generation)
);

DECLARE_EVENT_CLASS(sealsock_record,
	TP_PROTO(const struct sock *sk, u8 type, unsigned int len, u64 seq, bool direct),
	TP_ARGS(sk, type, len, seq, direct),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
		__field(u8, type)
		__field(bool, direct)
		__field(unsigned int, len)
		__field(u64, seq)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
		__entry->type = type;
		__entry->direct = direct;
		__entry->len = len;
		__entry->seq = seq;
	),
	TP_printk("sport=%u dport=%u type=%u len=%u seq=%llu direct=%d",
		  __entry->sport, __entry->dport, __entry->type, __entry->len,
		  __entry->seq, __entry->direct)
);

/* A record was sealed; @len: of its content; @direct: from pages of a file. */
DEFINE_EVENT(sealsock_record, sealsock_seal,
	TP_PROTO(const struct sock *sk, u8 type, unsigned int len, u64 seq, bool direct),
	TP_ARGS(sk, type, len, seq, direct)
);

/* A record was opened; @direct: into the reader's own memory. */
DEFINE_EVENT(sealsock_record, sealsock_open,
	TP_PROTO(const struct sock *sk, u8 type, unsigned int len, u64 seq, bool direct),
	TP_ARGS(sk, type, len, seq, direct)
);

/* A direction is finished. @error: what its users are told, negative. */
TRACE_EVENT(sealsock_fail,
	TP_PROTO(const struct sock *sk, bool tx, int error),
	TP_ARGS(sk, tx, error),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
		__field(bool, tx)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
		__entry->tx = tx;
		__entry->error = error;
	),
	TP_printk("sport=%u dport=%u dir=%s error=%d",
		  __entry->sport, __entry->dport, __entry->tx ? "tx" : "rx", __entry->error)
);

/*
 * A key has sealed as many records as it may, @seq would be the next;
 * @goes_on: net.sealsock.tx_past_limit lets it. Once for each key.
 */
TRACE_EVENT(sealsock_limit,
	TP_PROTO(const struct sock *sk, u64 seq, bool goes_on),
	TP_ARGS(sk, seq, goes_on),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
		__field(bool, goes_on)
		__field(u64, seq)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
		__entry->goes_on = goes_on;
		__entry->seq = seq;
	),
	TP_printk("sport=%u dport=%u seq=%llu goes_on=%d",
		  __entry->sport, __entry->dport, __entry->seq, __entry->goes_on)
);

/*
 * A managed connection, or its receiving half, came to its end. @reason: enum
 * sealsock_reason; @received, @sent: alerts as in struct sealsock_end.
 */
TRACE_EVENT(sealsock_end,
	TP_PROTO(const struct sock *sk, u8 reason, u16 received, u16 sent),
	TP_ARGS(sk, reason, received, sent),
	TP_STRUCT__entry(
		__field(u16, sport)
		__field(u16, dport)
		__field(u16, received)
		__field(u16, sent)
		__field(u8, reason)
	),
	TP_fast_assign(
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);
		__entry->received = received;
		__entry->sent = sent;
		__entry->reason = reason;
	),
	TP_printk("sport=%u dport=%u reason=%u received=0x%03x sent=0x%03x",
		  __entry->sport, __entry->dport, __entry->reason, __entry->received,
		  __entry->sent)
);

#endif /* SEAL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
