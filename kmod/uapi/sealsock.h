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
