/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * sealsock: the contract between the kernel module and userspace.
 *
 * Compatible mode speaks <linux/tls.h>: setsockopt(SOL_TLS, TLS_TX / TLS_RX)
 * with struct tls12_crypto_info_*, and control messages TLS_SET_RECORD_TYPE
 * and TLS_GET_RECORD_TYPE. What is here comes on top of that.
 */
#ifndef _UAPI_SEALSOCK_H
#define _UAPI_SEALSOCK_H

#include <linux/types.h>

/* setsockopt(fd, IPPROTO_TCP, TCP_ULP, SEALSOCK_ULP_NAME, ...) */
#define SEALSOCK_ULP_NAME	"sealsock"

/*
 * Options of level SOL_TLS that <linux/tls.h> does not have. The numbers
 * start well above those of the kernel's own TLS.
 */
#define SEALSOCK_INFO		0x5301	/* get: struct sealsock_sock_info */
#define SEALSOCK_TX		0x5302	/* set, get: struct sealsock_crypto_info_cbc_hmac */
#define SEALSOCK_RX		0x5303	/* set, get: struct sealsock_crypto_info_cbc_hmac */
#define SEALSOCK_TX_PADDING	0x5304	/* set, get: __u16, see below */
#define SEALSOCK_TX_CPUS	0x5305	/* set, get: __u16, see below */
#define SEALSOCK_MANAGED	0x5306	/* set: struct sealsock_managed; get: __u32 */
#define SEALSOCK_KEY_UPDATE	0x5307	/* set, get: struct sealsock_key_update */
#define SEALSOCK_MESSAGE	0x5308	/* get: one message of the peer's; set: one of ours */
#define SEALSOCK_END		0x5309	/* get: struct sealsock_end */
#define SEALSOCK_EVENTS		0x530a	/* set, get: __u32, SEALSOCK_EVENT_* */

/*
 * Ciphers that <linux/tls.h> does not have, for SEALSOCK_TX and SEALSOCK_RX:
 * AES-CBC with HMAC in encrypt-then-MAC form (RFC 7366), TLS 1.2 only.
 */
#define SEALSOCK_CIPHER_AES_128_CBC_SHA1	0x5301
#define SEALSOCK_CIPHER_AES_256_CBC_SHA1	0x5302
#define SEALSOCK_CIPHER_AES_128_CBC_SHA256	0x5303
#define SEALSOCK_CIPHER_AES_256_CBC_SHA256	0x5304
#define SEALSOCK_CIPHER_AES_256_CBC_SHA384	0x5305

/*
 * The keys of one direction, as the key block of RFC 5246 section 6.3 gives
 * them. Bytes behind a shorter key must be zero. A record carries an IV of
 * its own, so there is none here.
 */
struct sealsock_crypto_info_cbc_hmac {
	__u16 version;			/* TLS_1_2_VERSION */
	__u16 cipher_type;		/* SEALSOCK_CIPHER_* */
	__u8 enc_key[32];
	__u8 mac_key[48];
	__u8 rec_seq[8];		/* of the next record, big endian */
};

/*
 * SEALSOCK_TX_PADDING, TLS 1.3 (RFC 8446 section 5.4): the content of each
 * record is padded with zeros to a multiple of this many bytes, or as far as
 * the largest record goes (TLS_TX_MAX_PAYLOAD_LEN). 0, the default: no
 * padding.
 */
#define SEALSOCK_PADDING_FULL	16384	/* to the largest record, always */

/*
 * SEALSOCK_TX_CPUS: processors that may seal the records of one large call at
 * the same time, the caller's own included. 0 and 1: the caller's alone. The
 * default is the sysctl net.sealsock.tx_cpus of the network namespace, when
 * the transmit key is installed.
 */
#define SEALSOCK_CPUS_MAX	8

/* State of one direction of a socket, as sealsock_info reports it. */
enum sealsock_dir_state {
	SEALSOCK_DIR_CLEAR = 0,		/* no key: bytes pass through */
	SEALSOCK_DIR_KEYED = 1,		/* records are sealed or opened */
	SEALSOCK_DIR_EXPIRED = 2,	/* KeyUpdate seen: the next key is awaited */
	SEALSOCK_DIR_FAILED = 3,	/* finished: only close() is left */
	SEALSOCK_DIR_CLOSED = 4,	/* managed: ended as TLS ends, by close_notify */
};

/*
 * One direction. Records and bytes of plaintext since the ULP was attached;
 * @generation counts installed keys, the first is 1.
 */
struct sealsock_dir_info {
	__u16 version;			/* TLS_1_2_VERSION, TLS_1_3_VERSION or 0 */
	__u16 cipher_type;		/* TLS_CIPHER_* or 0 */
	__u16 state;			/* enum sealsock_dir_state */
	__u16 generation;
	__u64 sequence;			/* of the next record */
	__u64 records;
	__u64 bytes;
};

/*
 * getsockopt(fd, SOL_TLS, SEALSOCK_INFO, &info, &len). The structure may
 * grow at its end: the kernel copies the smaller of @len and its own size
 * and stores in @len what it copied. Carries no key material.
 */
struct sealsock_sock_info {
	struct sealsock_dir_info tx;
	struct sealsock_dir_info rx;
	__u32 mode;			/* enum sealsock_mode */
	__u32 messages;			/* managed: that wait for SEALSOCK_MESSAGE */
	__u32 messages_dropped;		/* managed: that there was no room for */
	__u32 reserved;			/* 0 */
	__u64 tx_left;			/* see below */
};

/*
 * @tx_left: records of application data that the transmit key may still seal
 * (RFC 8446 section 5.5), all ones where it has no limit but that of the
 * sequence number. Records sealed before the key came to the socket count, by
 * rec_seq. At 0 sending fails with EKEYEXPIRED, after as many bytes as could
 * be sent; the direction is not finished by that. In TLS 1.3 the next key goes
 * on: send a KeyUpdate, set TLS_TX, send again. 64 more records of any other
 * type may be sent meanwhile, for that and for alerts; in TLS 1.2, whose keys
 * cannot be replaced, a close_notify is left to send. The sysctl
 * net.sealsock.tx_limit lowers the limit, net.sealsock.tx_past_limit lets
 * sending go on.
 */

/* How a socket is used: see SEALSOCK_MANAGED. */
enum sealsock_mode {
	SEALSOCK_MODE_NONE = 0,		/* no keys yet */
	SEALSOCK_MODE_COMPATIBLE = 1,	/* keys by TLS_TX, TLS_RX, SEALSOCK_TX, SEALSOCK_RX */
	SEALSOCK_MODE_MANAGED = 2,
	/* TLS was asked for (hold.h), and has not come yet. */
	SEALSOCK_MODE_ASKED = 3,	/* not connected */
	SEALSOCK_MODE_SERVING = 4,	/* a listener */
	SEALSOCK_MODE_HELD = 5,		/* the handshake is due, or under way */
	SEALSOCK_MODE_REFUSED = 6,	/* it failed: SEALSOCK_CAUSE */
};

/*
 * Managed mode: the connection's whole life is below the socket, which to its
 * program is a plain one. recv() brings application data and no control
 * message of level SOL_TLS; alerts, KeyUpdate and the messages after the
 * handshake are handled by the module. What the program sees of the end:
 *
 *   peer's close_notify	reads return 0, after all data
 *   TCP's end without it	reads fail with ENOLINK, after all data, every time
 *				(SEALSOCK_MANAGED_END_UNSIGNED: they return 0)
 *   peer's fatal alert		reads fail with EPROTO, writes with EPIPE
 *   the peer broke a rule	likewise, or EBADMSG for a record that is not
 *				authentic; our alert has been sent
 *   shutdown(SHUT_WR), close()	close_notify is sent behind all data
 *
 * SEALSOCK_END tells the details.
 *
 * setsockopt(fd, SOL_TLS, SEALSOCK_MANAGED, &managed, sizeof(managed)), on a
 * socket with the ULP and no key, installs both directions, all or nothing.
 * Bytes that lie in TCP's queue count as records from then on. The structure
 * may grow at its end: the length given with it is its edition; what a kernel
 * does not know of it must be zero.
 *
 * EINVAL: shorter than the first edition, an unknown flag, version or cipher,
 *	bytes that must be zero are not, a @max_payload out of bounds, a
 *	@prefix_len above SEALSOCK_PREFIX_MAX
 * E2BIG: longer than the kernel knows, and not zero there
 * EBUSY: the socket has keys
 * ENOTCONN: not connected (ESTABLISHED or CLOSE_WAIT)
 * ENOENT: the kernel has no such cipher or hash
 * ENOMEM, EFAULT
 * After any of them nothing has changed. The caller wipes its copy.
 *
 * Keys of a managed socket do not leave it: getsockopt() of TLS_TX, TLS_RX,
 * SEALSOCK_TX and SEALSOCK_RX answers EPERM, setsockopt() EBUSY.
 * getsockopt(SEALSOCK_MANAGED) gives the flags, as __u32, or ENODATA where the
 * socket is not managed, as the options below do.
 */

/* We are the server: which messages may come depends on it. */
#define SEALSOCK_MANAGED_SERVER		0x1u
/* For old peers: TCP's end counts as the end even where no close_notify came before it. */
#define SEALSOCK_MANAGED_END_UNSIGNED	0x2u

#define SEALSOCK_PREFIX_MAX	65536	/* bytes */

/*
 * The keys of one direction.
 * @sequence: of its next record, as a number. TLS 1.2: 1 after the handshake,
 *	and where records carry an explicit nonce, the nonce of the next as well
 * @secret: TLS 1.3: the traffic secret of this direction (RFC 8446 section
 *	7.1), as long as the hash of the cipher: 48 bytes for AES-256-GCM, else
 *	32; the module derives key and IV from it. TLS 1.2: 0
 * @key: TLS 1.2: the write key. TLS 1.3: 0
 * @mac_key: TLS 1.2 with CBC: the MAC key. Else 0
 * @iv: TLS 1.2: the write IV of the key block: 4 bytes for GCM and CCM, 12 for
 *	ChaCha20-Poly1305, none for CBC. TLS 1.3: 0
 * @reserved: 0
 * Bytes behind a shorter value must be zero.
 */
struct sealsock_managed_keys {
	__u64 sequence;
	__u8 secret[48];
	__u8 key[32];
	__u8 mac_key[48];
	__u8 iv[12];
	__u8 reserved[4];
};

/*
 * @flags: SEALSOCK_MANAGED_*
 * @version: TLS_1_2_VERSION or TLS_1_3_VERSION
 * @cipher_type: TLS_CIPHER_* or SEALSOCK_CIPHER_*
 * @max_payload: most bytes of content in a record that is sent, as the peer's
 *	record size limit has it (RFC 8449): its value, less one in TLS 1.3; at
 *	least 64, in TLS 1.3 63. 0: 16384. TLS_TX_MAX_PAYLOAD_LEN is the same
 *	number
 * @reserved: 0
 * @prefix: address of bytes that were read from the socket beyond the
 *	handshake, and come before those in TCP's queue: whole records or parts
 *	of them, sealed as they came
 * @prefix_len: their number, 0: none
 * @tx, @rx: the keys of what is sent and of what is received
 */
struct sealsock_managed {
	__u32 flags;
	__u16 version;
	__u16 cipher_type;
	__u32 max_payload;
	__u32 reserved;
	__u64 prefix;
	__u32 prefix_len;
	__u32 reserved2;
	struct sealsock_managed_keys tx;
	struct sealsock_managed_keys rx;
};

/*
 * SEALSOCK_KEY_UPDATE, TLS 1.3: when the module replaces its own key. Without
 * this option it does so before the cipher's limit (RFC 8446 section 5.5), and
 * when the peer asks for it. The peer's own updates need nothing.
 *
 * set: @flags says what is done.
 *	SEALSOCK_UPDATE_NOW: the key is replaced before the next record of data
 *	SEALSOCK_UPDATE_REQUEST: likewise, and the peer is asked to replace its own
 *	SEALSOCK_UPDATE_LIMITS: @after_records and @after_bytes hold from now on:
 *		so many records, or bytes of plaintext, under one key. 0: no
 *		limit but the cipher's. Where several processors seal
 *		(SEALSOCK_TX_CPUS), a call may finish the records under way
 * With NOW or REQUEST the update is sent at once where there is room for it,
 * and with the next record that is sent otherwise. @reserved: 0.
 * get: @flags: SEALSOCK_UPDATE_REQUEST while the peer has not answered one,
 *	SEALSOCK_UPDATE_NOW while an update waits to be sent; the limits.
 *
 * EINVAL: TLS 1.2, an unknown flag or none, @reserved is not 0
 * EALREADY: the peer has not answered the last request
 * EPIPE: nothing is sent any more
 * ENODATA: the socket is not managed
 */
#define SEALSOCK_UPDATE_NOW	0x1u
#define SEALSOCK_UPDATE_REQUEST	0x2u
#define SEALSOCK_UPDATE_LIMITS	0x4u

struct sealsock_key_update {
	__u32 flags;
	__u32 reserved;
	__u64 after_records;
	__u64 after_bytes;
};

/*
 * getsockopt(fd, SOL_TLS, SEALSOCK_MESSAGE, buf, &len) takes the oldest message
 * that the peer sent after the handshake: a whole one, with its header of four
 * bytes (RFC 8446 section 4), whatever records it came in. Today that is
 * NewSessionTicket, at a client of TLS 1.3. Messages wait in a queue of at most
 * SEALSOCK_MESSAGES_MAX bytes; where one more does not fit, the oldest go, and
 * one longer than the queue is dropped at once; both are counted. Does not wait
 * for the peer.
 *
 * EAGAIN: there is none
 * EMSGSIZE: @len is too small; @len is what it takes, the message stays
 * ENODATA: the socket is not managed
 */
#define SEALSOCK_MESSAGES_MAX	65536

/*
 * setsockopt(fd, SOL_TLS, SEALSOCK_MESSAGE, message, len) sends one message after
 * the handshake: a whole NewSessionTicket with its header, at a server of TLS
 * 1.3, in a record of its own. It goes behind the records that are sealed and
 * before the one that MSG_MORE left open. Does not wait for room.
 *
 * EINVAL: not a server of TLS 1.3, or not a well-formed NewSessionTicket, whose
 *	lifetime is 604800 seconds at most
 * EMSGSIZE: longer than a record may be (16384, or the peer's limit)
 * EAGAIN: no room in the send buffer: poll() says when (EPOLLOUT)
 * EKEYEXPIRED: the key has sealed all that it may, and no other could be had
 * EPIPE: nothing is sent any more
 * EBADMSG: the cipher failed, and nothing is sent any more
 * ENODATA: the socket is not managed
 * ENOMEM, EFAULT
 * After any of them but EBADMSG nothing has been sent.
 */

/*
 * SEALSOCK_EVENTS: what poll() says beside what it says of any socket. A mask,
 * 0 at first.
 */
#define SEALSOCK_EVENT_MESSAGE	0x1u	/* EPOLLPRI while a message waits */

/* Why a managed connection, or its receiving half, is at its end. */
enum sealsock_reason {
	SEALSOCK_REASON_NONE = 0,		/* it is not */
	SEALSOCK_REASON_CLOSE_NOTIFY = 1,	/* the peer said so: reads return 0 */
	SEALSOCK_REASON_CUT = 2,		/* TCP ended without that: ENOLINK */
	SEALSOCK_REASON_ALERT = 3,		/* the peer's fatal alert: EPROTO */
	/* What the peer did wrong; our alert tells it. */
	SEALSOCK_REASON_RECORD_HEADER = 4,	/* header out of bounds: EPROTO */
	SEALSOCK_REASON_NOT_AUTHENTIC = 5,	/* EBADMSG */
	SEALSOCK_REASON_PADDING = 6,		/* no content type, or bad CBC padding: EPROTO */
	SEALSOCK_REASON_RECORD_TYPE = 7,	/* a type that may not come: EPROTO, as below */
	SEALSOCK_REASON_ALERT_FORM = 8,		/* an alert that is none */
	SEALSOCK_REASON_MESSAGE_FORM = 9,	/* a handshake message that is malformed */
	SEALSOCK_REASON_MESSAGE_TYPE = 10,	/* one that may not come now */
	SEALSOCK_REASON_INTERLEAVED = 11,	/* another record inside a message */
	SEALSOCK_REASON_KEY_UPDATE_END = 12,	/* a KeyUpdate did not end its record */
	SEALSOCK_REASON_FLOOD = 13,		/* see SEALSOCK_FLOOD_* */
	SEALSOCK_REASON_INTERNAL = 14,		/* no fault of the peer's: the cipher failed */
};

/*
 * Most events of a kind between two records that bring data; one more ends the
 * connection with the alert unexpected_message. Sending SEALSOCK_FLOOD_BYTES of
 * data counts like receiving some.
 */
#define SEALSOCK_FLOOD_KEY_UPDATES	32
#define SEALSOCK_FLOOD_EMPTY		32	/* records without content */
#define SEALSOCK_FLOOD_WARNINGS		4	/* alerts that end nothing */
#define SEALSOCK_FLOOD_MESSAGES		32	/* handshake messages of any kind */
#define SEALSOCK_FLOOD_FRAGMENTS	32	/* short (below 64 bytes), ending no message */
#define SEALSOCK_FLOOD_BYTES		16384
/* TLS 1.2: attempts to renegotiate, on the whole connection, answered no_renegotiation. */
#define SEALSOCK_FLOOD_RENEGOTIATIONS	3

/*
 * getsockopt(fd, SOL_TLS, SEALSOCK_END, &end, &len): how a managed connection
 * ended, or where it stands. May grow at its end, as struct sealsock_sock_info.
 * ENODATA: the socket is not managed.
 *
 * @reason: enum sealsock_reason, of the receiving half, or of both where it is
 *	fatal
 * @error: what reads answer, positive: ENOLINK, EPROTO, EBADMSG, or 0
 * @alert_received: SEALSOCK_ALERT | the description (RFC 8446 section 6) of the
 *	alert that the peer ended with, close_notify included. 0: none
 * @alert_sent: likewise for ours
 */
#define SEALSOCK_ALERT		0x100u

struct sealsock_end {
	__u32 reason;
	__u32 error;
	__u16 alert_received;
	__u16 alert_sent;
	__u32 reserved;
};

#endif /* _UAPI_SEALSOCK_H */
