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

/* State of one direction of a socket, as sealsock_info reports it. */
enum sealsock_dir_state {
	SEALSOCK_DIR_CLEAR = 0,		/* no key: bytes pass through */
	SEALSOCK_DIR_KEYED = 1,		/* records are sealed or opened */
	SEALSOCK_DIR_EXPIRED = 2,	/* KeyUpdate seen: the next key is awaited */
	SEALSOCK_DIR_FAILED = 3,	/* finished: only close() is left */
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
};

#endif /* _UAPI_SEALSOCK_H */
