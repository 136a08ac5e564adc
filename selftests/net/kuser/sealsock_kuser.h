/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the test module does for a test: one call on a socket of the caller's, from the kernel.
 * ioctl(KUSER_CALL) on /dev/sealsock_kuser returns what the call returned, -1 with errno.
 */
#ifndef SEALSOCK_KUSER_H
#define SEALSOCK_KUSER_H

#include <linux/ioctl.h>
#include <linux/types.h>

enum kuser_op {
	KUSER_RECV = 1,		/* kernel_recvmsg() into three pieces of memory (kvec) */
	KUSER_RECV_PAGES,	/* sock_recvmsg() into pages (bvec) */
	KUSER_SEND,		/* kernel_sendmsg() of three pieces of memory (kvec) */
	KUSER_SEND_PAGES,	/* sock_sendmsg() of pages (bvec), which are copied */
	KUSER_SEND_SPLICE,	/* the same, handing the pages over */
	KUSER_LISTEN,		/* replaces sk_data_ready and reads by read_sock() since */
	KUSER_READ,		/* what was read so; waits for @len bytes, the end or an error */
	KUSER_PARSE,		/* as KUSER_LISTEN, by strparser: length, then message */
	KUSER_UNLISTEN,		/* puts sk_data_ready back; with @flags it stays replaced */
	KUSER_SEARCH,		/* 1: the bytes are in the page from which buffers are cut */
	KUSER_HANDSHAKE,	/* asks for TLS as NFS and NVMe do, and waits until it is there */
	KUSER_ACCEPT,		/* kernel_accept(); the descriptor of what it gave */
};

/* KUSER_HANDSHAKE: @buf; 0: none. In @flags, with whom. */
struct kuser_keys {
	__s32 keyring;
	__s32 cert, key;
	__s32 psk[2];
	__s32 peer;		/* answer: who the peer is */
	char name[64];		/* a client's, of the server */
};

#define KUSER_SERVER	1u
#define KUSER_PSK	2u
#define KUSER_X509	4u

#define KUSER_MAX	(1 << 20)	/* bytes of one call */

/*
 * @len: of KUSER_HANDSHAKE: milliseconds that may pass
 * @type: content type to send, if not 0; after KUSER_RECV*, what was received
 * @flags: MSG_*; of KUSER_ACCEPT: O_NONBLOCK or 0; of KUSER_LISTEN: whoever had the callback
 *	before is called first, as SUNRPC does
 * @chunk: KUSER_LISTEN: bytes the reader takes at once, 0 for all it is offered
 */
struct kuser_call {
	__s32 fd;
	__u32 op;
	__u64 buf;
	__u32 len;
	__u32 flags;
	__u32 chunk;
	__u8 type;
	__u8 no_control;	/* KUSER_RECV*: no room for the content type */
	__u8 pad[2];
};

#define KUSER_CALL	_IOWR('k', 1, struct kuser_call)

#endif
