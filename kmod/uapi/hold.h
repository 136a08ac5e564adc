/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * TLS as a property of a socket: the options by which a program asks for it,
 * and what the helper that does the handshakes has to do with the module.
 *
 * A socket for which TLS was asked is held: from then on no byte of its
 * program's reaches TCP until the helper has done the handshake, through a
 * channel, and released the socket with keys (managed mode, sealsock.h).
 */
#ifndef _UAPI_SEALSOCK_HOLD_H
#define _UAPI_SEALSOCK_HOLD_H

#include <linux/types.h>

/*
 * Options of level SOL_TLS, after setsockopt(fd, IPPROTO_TCP, TCP_ULP,
 * "sealsock", ...) on a closed or listening socket. That alone asks for TLS:
 * without a role the socket neither connects nor listens nor accepts (EINVAL).
 * EBUSY: a thread waits in accept() of the listening socket, and would for good.
 */
#define SEALSOCK_ROLE		0x530b	/* set, get: struct sealsock_role */
#define SEALSOCK_DEADLINE	0x530c	/* set, get: __u32, milliseconds */
#define SEALSOCK_FACTS		0x530d	/* get: struct sealsock_fact, one after the other */
#define SEALSOCK_CAUSE		0x530e	/* get: struct sealsock_cause */

/*
 * SEALSOCK_ROLE: what the socket is to be. Names are the helper's: neither key
 * nor path passes through the program. Strings end with a NUL inside their
 * array, zeros behind it; "": as the helper is configured.
 *
 * @role: SEALSOCK_ROLE_SERVE: a closed or a listening socket; what it accepts
 *	speaks TLS, accept() brings connections whose handshake is done
 *	SEALSOCK_ROLE_CONNECT: a closed socket; connect() ends when TLS is up
 * @flags: 0
 * @client_certificate: SEALSOCK_CERT_*, of SEALSOCK_ROLE_SERVE
 * @alpn_len: bytes of @alpn
 * @reserved: 0
 * @credential: chain and key to present
 * @trust: whom to trust
 * @profile: versions, suites and the like
 * @host: SEALSOCK_ROLE_CONNECT: the name to ask for and to verify
 * @alpn: list of protocols as RFC 7301 section 3.1 has it, without the length
 *	in front: a byte of length and a name each
 *
 * May grow at its end: the length given with it is its edition; what a kernel
 * does not know of it must be zero. A role that is set again replaces the one
 * before, of connections that begin later. The socket remembers who set it:
 * user, group, process and cgroup, which the helper is told.
 *
 * EINVAL: shorter than the first edition, an unknown role, flag or number, a
 *	string without end, a malformed @alpn, @host with SERVE, the other role
 *	is set
 * E2BIG: longer than the kernel knows, and not zero there
 * EISCONN: the socket is connected, or about to be
 * ENODATA: get, and there is no role
 * ENOMEM, EFAULT
 */
#define SEALSOCK_ROLE_SERVE	1u
#define SEALSOCK_ROLE_CONNECT	2u

#define SEALSOCK_CERT_NONE	0u	/* of the client: none is asked for */
#define SEALSOCK_CERT_OPTIONAL	1u
#define SEALSOCK_CERT_REQUIRED	2u

struct sealsock_role {
	__u32 role;
	__u32 flags;
	__u32 client_certificate;
	__u16 alpn_len;
	__u16 reserved;
	char credential[64];
	char trust[64];
	char profile[64];
	char host[256];
	__u8 alpn[256];
};

/*
 * SEALSOCK_DEADLINE: how long a handshake may take, from TCP's connection (of
 * an accepted one: from when the helper takes it) to release. 1 to 600000; the
 * default is the sysctl net.sealsock.deadline, 30000. Settable when the role
 * is.
 *
 * What connect() answers, or SO_ERROR, beside TCP's own errors:
 *	ESRCH		no helper in this network namespace; listen() too
 *	EKEYREJECTED	the peer's certificate is not accepted
 *	EPROTO		the handshake failed otherwise
 *	ETIMEDOUT	the deadline
 *	ECONNABORTED	the helper went away
 *	EACCES		this user may not use that credential
 *	ENOENT		no credential, trust store or profile of that name
 *	EBUSY		the helper has too much to do
 * Reads and writes of a socket that failed answer the same. connect() again, or
 * connect(AF_UNSPEC), begins afresh, under the same role; connect(AF_UNSPEC) of a
 * released socket answers EOPNOTSUPP. Connections to a
 * listener that fail never reach the program.
 */
#define SEALSOCK_DEADLINE_MAX	600000u

/*
 * SEALSOCK_FACTS: what the helper knows of the connection, as it said at
 * release. getsockopt() stores in its length what there is; ERANGE, with that
 * length, if there is no room for it. EAGAIN: not released. ENODATA: no role.
 * The kernel does not look into it. Each fact is padded with zeros to a
 * multiple of four bytes, @len is without the padding.
 */
#define SEALSOCK_FACTS_MAX	65536u

enum sealsock_fact_type {
	SEALSOCK_FACT_VERSION = 1,	/* __u16, TLS_1_2_VERSION or TLS_1_3_VERSION */
	SEALSOCK_FACT_SUITE = 2,	/* __u16, as in the IANA registry */
	SEALSOCK_FACT_ALPN = 3,		/* the protocol agreed on, no NUL */
	SEALSOCK_FACT_SERVER_NAME = 4,	/* that the client asked for, no NUL */
	SEALSOCK_FACT_RESUMED = 5,	/* __u8, 1: a session was resumed */
	SEALSOCK_FACT_PEER_CERT = 6,	/* DER; one for each of the chain, the leaf first */
	SEALSOCK_FACT_PEER_NAME = 7,	/* a name that was verified, no NUL; may come again */
	SEALSOCK_FACT_GROUP = 8,	/* __u16, of the key exchange */
	SEALSOCK_FACT_SIGNATURE = 9,	/* __u16, the scheme the peer signed with */
	SEALSOCK_FACT_CREDENTIAL = 10,	/* name of the one that was presented, no NUL */
};

struct sealsock_fact {
	__u16 type;		/* enum sealsock_fact_type */
	__u16 reserved;		/* 0 */
	__u32 len;
	/* bytes, and up to three of padding */
};

/*
 * SEALSOCK_CAUSE: why a socket failed while it was held. Given by the helper
 * (SEALSOCK_REFUSE), or by the kernel, without text. @error is 0 where it did not
 * fail. May grow at its end: the smaller of both lengths is copied.
 *
 * @error: errno, positive
 * @alert: SEALSOCK_ALERT | description (RFC 8446 section 6), 0: none
 * @whose: SEALSOCK_ALERT_OURS, SEALSOCK_ALERT_PEER, 0: no alert
 * @reserved: 0
 * @text: one line for people, with a NUL
 */
#define SEALSOCK_ALERT_OURS	1u
#define SEALSOCK_ALERT_PEER	2u

struct sealsock_cause {
	__u32 error;
	__u16 alert;
	__u16 whose;
	__u32 reserved;
	char text[240];
};

/*
 * What follows is between the kernel and the helper.
 *
 * /dev/sealsock: open() by who has CAP_NET_ADMIN over the network namespace it
 * is in (EPERM); the handshakes of that namespace are its own from then on. Any
 * number may have it open; each handshake goes to one. As long as nobody has,
 * connect() and listen() answer ESRCH; when the last goes, what waits for a
 * helper fails with ECONNABORTED, but for connections that listeners have not
 * been asked for. poll(): EPOLLIN: a handshake is due; EPOLLHUP: the namespace
 * is gone.
 *
 * The structures below may grow at their end; the number of a command has the
 * size that its caller knows in it (<sys/ioctl.h> has the macros).
 */
#define SEALSOCK_DEVICE		"/dev/sealsock"

/*
 * SEALSOCK_NEXT: takes the handshake that has been due for longest. The answer is
 * the descriptor of a channel (close-on-exec; O_NONBLOCK as the device's has it).
 *
 * EAGAIN: none is due, or the programs of those that are have the lock of their sockets, in a
 * call that does not end: poll() goes on saying that there are some
 * ENODEV: the namespace is gone
 * EMFILE, ENFILE, ENOMEM, EFAULT: it stays due
 *
 * @id: unique as long as the module is loaded
 * @cgroup: of whoever set the role, as name_to_handle_at() has it
 * @left: milliseconds to the deadline
 * @uid, @gid, @pid: of whoever set the role, in the caller's namespaces
 * @local, @remote: addresses of the connection, as TCP has them
 * @role: as it was set; for a connection of a listener, the listener's
 */
struct sealsock_address {
	__u16 family;		/* AF_INET (also where it is IPv4 over an IPv6 socket), AF_INET6 */
	__u16 port;		/* host order */
	__u32 scope;		/* AF_INET6: the interface of a link-local address */
	__u8 bytes[16];		/* network order; of AF_INET the first four */
};

struct sealsock_due {
	__u64 id;
	__u64 cgroup;
	__u32 left;
	__u32 uid;
	__u32 gid;
	__u32 pid;
	struct sealsock_address local;
	struct sealsock_address remote;
	struct sealsock_role role;
};

/* SEALSOCK_COUNTS: of the namespace, now. /proc/net/sealsock_stat has the sums. */
struct sealsock_counts {
	__u32 helpers;		/* descriptors of the device */
	__u32 waiting;		/* connect(): due, not taken */
	__u32 taken;		/* with a channel, not released */
	__u32 ready;		/* released, not accepted */
};

#define SEALSOCK_NEXT		_IOR(0xd5, 1, struct sealsock_due)
#define SEALSOCK_COUNTS		_IOR(0xd5, 2, struct sealsock_counts)

/*
 * A channel: read(), write() and poll() of the bytes of the connection as TCP
 * carries them. It is not the socket: it does not keep it open, and it can be
 * handed on. Closing it before it is released or refused fails the socket with
 * ECONNABORTED. read() answers 0 at TCP's end. Once the matter is at its end,
 * one way or the other (released, refused, closed by the program, deadline,
 * connection reset), read(), write() and both commands answer EPIPE, and
 * poll() EPOLLHUP unless it was released.
 *
 * Nothing here waits for a program that keeps its socket's lock, but read() and write() without
 * O_NONBLOCK: the answer is EAGAIN, from both commands after a tenth of a second, and poll()
 * says when to try again. Closing the channel has its effect when the lock is free.
 *
 * SEALSOCK_RELEASE: installs managed mode and releases the socket: all or
 * nothing. Errors are those of SEALSOCK_MANAGED (sealsock.h; ENOTCONN also where the
 * client's first bytes came with its SYN, until TCP is connected: try again), and
 * EPIPE: the matter is at its end
 * EINVAL: @flags or @reserved is not 0, @facts_len above SEALSOCK_FACTS_MAX
 * After an error the socket is held as before, but for EPIPE.
 *
 * @managed: address of a struct sealsock_managed, @managed_len: of that edition
 * @facts: address of what SEALSOCK_FACTS is to answer, @facts_len: bytes
 */
struct sealsock_release {
	__u64 managed;
	__u64 facts;
	__u32 managed_len;
	__u32 facts_len;
	__u32 flags;
	__u32 reserved;
};

/*
 * SEALSOCK_REFUSE: the handshake failed. What was written goes out, with FIN behind
 * it. EINVAL: @error is none (1 to 4095), @text has no end; EPIPE.
 *
 * SEALSOCK_TAKE_MESSAGE, after release: takes the oldest message that the peer sent
 * after the handshake, as SEALSOCK_MESSAGE does; they can be taken for a while
 * after the program has closed the socket, until the channel is closed. The
 * answer is its length. poll(): EPOLLIN while one waits, EPOLLHUP when the
 * program has closed the socket.
 * EAGAIN: there is none, or the program has its socket's lock
 * EMSGSIZE: @len is too small; @len is what it takes, the message stays
 * EPIPE: there will be none any more
 * ENOTCONN: not released
 */
struct sealsock_take {
	__u64 buf;		/* address */
	__u32 len;
	__u32 reserved;		/* 0 */
};

#define SEALSOCK_RELEASE	_IOW(0xd5, 3, struct sealsock_release)
#define SEALSOCK_REFUSE		_IOW(0xd5, 4, struct sealsock_cause)
#define SEALSOCK_TAKE_MESSAGE	_IOWR(0xd5, 5, struct sealsock_take)

/*
 * What sock_diag says of a socket with the ULP, in the nest INET_ULP_INFO_TLS
 * beside <linux/tls.h>'s attributes: enum sealsock_mode, as __u32.
 */
#define SEALSOCK_DIAG_MODE	0x1301

/*
 * Likewise, of a managed socket: struct sealsock_diag_managed, which may grow at
 * its end.
 *
 * @tx_keys, @rx_keys: installed so far, the first included: each other is a
 *	KeyUpdate, of ours and of the peer's
 * @messages: that wait for SEALSOCK_MESSAGE
 * @messages_dropped: that there was no room or memory for
 * @alert_received, @alert_sent, @reason: as in struct sealsock_end, as far as
 *	what has arrived was looked at
 * @reserved: 0
 */
#define SEALSOCK_DIAG_MANAGED	0x1302

struct sealsock_diag_managed {
	__u16 tx_keys;
	__u16 rx_keys;
	__u16 messages;
	__u16 messages_dropped;
	__u16 alert_received;
	__u16 alert_sent;
	__u16 reason;
	__u16 reserved;
};

#endif /* _UAPI_SEALSOCK_HOLD_H */
