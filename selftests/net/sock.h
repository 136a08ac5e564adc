/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sockets, ULP, keys and counters for the record path's tests. */
#ifndef SELFTESTS_NET_SOCK_H
#define SELFTESTS_NET_SOCK_H

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifndef SOL_TLS
#define SOL_TLS			282
#endif
#ifndef TCP_ULP
#define TCP_ULP			31
#endif
/* Of newer editions of <linux/tls.h>. */
#ifndef TLS_CIPHER_ARIA_GCM_128
#define TLS_CIPHER_ARIA_GCM_128	57
#define TLS_CIPHER_ARIA_GCM_256	58
#endif
#ifndef TLS_TX_ZEROCOPY_RO
#define TLS_TX_ZEROCOPY_RO	3
#endif
#ifndef TLS_RX_EXPECT_NO_PAD
#define TLS_RX_EXPECT_NO_PAD	4
#endif
#ifndef TLS_TX_MAX_PAYLOAD_LEN
#define TLS_TX_MAX_PAYLOAD_LEN	5
#endif

#define TYPE_CCS		20
#define TYPE_ALERT		21
#define TYPE_HANDSHAKE		22
#define TYPE_DATA		23

#define RECORD_MAX		16384	/* plaintext bytes of the largest record */
#define MIB			(1u << 20)
#define PATIENCE		30000	/* milliseconds that a busy machine may need for anything */

struct suite {
	uint16_t version;	/* TLS_1_2_VERSION or TLS_1_3_VERSION */
	uint16_t cipher;	/* TLS_CIPHER_* */
};

/* What TLS_TX and TLS_RX take: the largest of the structures of <linux/tls.h>. */
struct keys {
	union {
		struct tls_crypto_info info;
		struct tls12_crypto_info_aes_gcm_256 largest;
	};
	socklen_t len;
};

/* Its parts: pointers into a struct keys. salt_len is 0 for ChaCha20. */
struct key_parts {
	uint8_t *key, *salt, *iv, *seq;
	size_t key_len, salt_len, iv_len, seq_len;
};

/* The ULP under test: SEALSOCK_TEST_ULP, or "sealsock". */
const char *ulp_name(void);

/* False only when the kernel's own module is under test, for comparison. */
bool ulp_is_ours(void);

/* setsockopt(TCP_ULP): 0, or -1 with errno. */
int ulp_attach(int fd);

/*
 * A connected pair over the loopback of an address family: fd[0] connected, fd[1] accepted. Both
 * get a receive time-out of PATIENCE, so that a lost record fails a test instead of hanging it.
 * 0, or -1 with errno and no descriptor open.
 */
int tcp_pair(int family, int fd[2]);

/* A listening socket of that family, with its address; -1 with errno on failure. */
int tcp_listen(int family, struct sockaddr_storage *addr, socklen_t *len);

/*
 * Until that child, or thread, sleeps in the call that it was started for, however long it takes a
 * busy machine to get it there. False: it has ended, or never did.
 */
bool falls_asleep(pid_t id);

/* The same of all other threads of this process. */
bool threads_fall_asleep(void);

/* Sets SO_RCVTIMEO; 0 milliseconds mean for ever. */
int set_timeout(int fd, unsigned int ms);

/* setsockopt of an int: 0, or -1 with errno. */
int set_int(int fd, int level, int name, int value);

/*
 * Keys of a suite. The generation (0, 1, …) selects different key material. Sequence number and,
 * in TLS 1.2, the explicit nonce start two and one short of a carry into the next
 * byte, so that every test which sends a few records crosses one.
 */
void keys_init(struct keys *keys, const struct suite *suite, unsigned int generation);
struct key_parts keys_parts(struct keys *keys);

/* TLS_TX or TLS_RX: 0, or -1 with errno. */
int keys_set(int fd, int direction, const struct keys *keys);

/* send() of one record of a given type, with its control message. */
ssize_t send_type(int fd, uint8_t type, const void *data, size_t len, int flags);

/* recvmsg() with room for one control message. *type is 0 when none came. */
ssize_t recv_type(int fd, uint8_t *type, void *data, size_t len, int flags);

/* Receives until len bytes, end of file (short count) or error (-1). */
ssize_t recv_full(int fd, void *data, size_t len);

/* Sends all of it: 0, or -1 with errno. */
int send_full(int fd, const void *data, size_t len, int flags);

/* Test data: byte i of a stream depends on i alone; pattern_check tells the first wrong offset. */
void pattern(void *buf, size_t offset, size_t len);
ssize_t pattern_check(const void *buf, size_t offset, size_t len);

/* A buffer with the pattern from offset 0; a file (tmpfs if it can be had) of the same. */
uint8_t *pattern_alloc(size_t len);
int pattern_file(size_t len);

/*
 * Waits for events; what came, 0 at the time-out, -1 with errno. Below a second it waits for ms;
 * more means that they are sure to come, and a busy machine gets PATIENCE.
 */
int poll_for(int fd, int events, int ms);

/* A counter of the module under test; -1 if there is no such counter. */
long counter(const char *name);

/* References on the module under test; -1: it is not there. */
long module_users(void);

/* Whether there are as many again within some seconds: connections are at their end only then. */
bool module_users_back(long before);

/* Writes a sysctl of net.ipv4: 0, or -1 where the kernel has none. */
int sysctl_set(const char *name, const char *value);

/* Sets the module's parameter of that name: how many transforms of a cipher wait for keys. */
bool spare_ciphers(const char *most);

#endif
