/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What sealsockd's processes say to each other: whole messages over socket pairs. */
#ifndef SEALSOCKD_IPC_H
#define SEALSOCKD_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf.h"

enum {
	IPC_MAX = 64 << 10,		/* bytes of one message */
	IPC_HASH_MAX = 64,
	IPC_PARAMS_MAX = 4096,
	IPC_ID_MAX = 512,		/* of a session */
	IPC_TEXT = 1024,
};

enum ipc_op {
	/* parent to keeper, and its answers */
	IPC_KEY = 1,		/* with the file of the key; the chain follows */
	IPC_DROP,		/* keys of this generation and before */
	IPC_TICKET_KEYS,	/* with the file */
	IPC_ECH_KEYS,		/* likewise */
	IPC_WORKER,		/* with its two ways to the keeper */
	IPC_DONE,		/* @id, @code */
	/* worker to keeper */
	IPC_SIGN13,		/* TLS 1.3: CertificateVerify over a hash */
	IPC_SIGN12,		/* TLS 1.2: ServerKeyExchange */
	IPC_SIGN12_CLIENT,	/* TLS 1.2: CertificateVerify over the messages */
	IPC_MASTER,		/* TLS 1.2: the master secret of an RSA key transport */
	IPC_SEAL,
	IPC_OPEN,
	IPC_ECH_OPEN,		/* a byte of length and the key's share; what came with the hello */
	IPC_SESSION_PUT,
	IPC_SESSION_TAKE,
	IPC_ANSWER,		/* to all of these: @id, @code, what was asked for */
	/* worker to parent */
	IPC_LOG,
	IPC_CGROUP,		/* which path has this number? The answer: IPC_ANSWER */
	IPC_ALIVE,		/* to the parent's IPC_PING */
	/* parent to worker */
	IPC_PING,
	IPC_RETIRE,		/* take no more, end when the last is done */
};

/*
 * Every message begins with this. @id: of the request, chosen by who asks. @code: 0, or an enum
 * sealsock_error. @key: of the keeper's; @len: bytes that follow.
 */
struct ipc_head {
	uint32_t op;
	uint32_t id;
	int32_t code;
	uint32_t key;
	uint32_t len;
};

/* Follows the head of IPC_SIGN13; of IPC_SIGN12 and …CLIENT, where @scheme alone counts. */
struct ipc_sign13 {
	uint16_t scheme;
	uint16_t server;		/* whose: 1 the server's, 0 the client's */
	uint32_t hash_len;
	uint8_t hash[IPC_HASH_MAX];
};

/* The parameters follow: type of curve, curve, public value; or p, g, public value. */
struct ipc_sign12 {
	uint16_t scheme;
	uint16_t reserved;
	uint8_t client_random[32];
	uint8_t server_random[32];
};

/* IPC_MASTER: as in struct sealsock_request; the ciphertext follows. */
struct ipc_master {
	uint16_t version;
	uint16_t hash;
	uint16_t extended;
	uint16_t seed_len;
	uint8_t seed[64];
};

/* IPC_SESSION_PUT: id and session follow; …TAKE: the id. */
struct ipc_session {
	uint32_t uid;
	uint32_t id_len;
	int64_t when;			/* put: when it expires; take: now */
};

/* IPC_LOG: a line for people. */
enum ipc_level { IPC_ERROR, IPC_FAILURE, IPC_HANDSHAKE };

struct ipc_message {
	struct ipc_head head;
	uint8_t body[IPC_MAX - sizeof(struct ipc_head)];
};

/* Two ends, close-on-exec; with room for the largest message. */
bool ipc_pair(int fd[2]);

/*
 * Sends head and body, in up to two parts, and up to two descriptors; waits at most @wait
 * milliseconds (-1: for ever). False with errno: EAGAIN, EPIPE …
 */
struct ipc_part {
	const void *p;
	size_t n;
};

bool ipc_send(int fd, struct ipc_head head, const struct ipc_part parts[2], const int *fds,
	      unsigned int n_fds, int wait);

/* The same with nothing but the head, and with one part. */
bool ipc_say(int fd, struct ipc_head head);
bool ipc_say_with(int fd, struct ipc_head head, const void *p, size_t n);

/* IPC_ANSWER to the message @id: @n bytes at @p, or nothing (0), or an error below 0. */
bool ipc_answer(int fd, uint32_t id, const void *p, ssize_t n);

/*
 * Receives a message without waiting: 1; 0: there is none; -1: the other end is gone, or what came
 * is none. Descriptors beyond @room are closed; @fds are -1 where none came.
 */
int ipc_recv(int fd, struct ipc_message *m, int *fds, unsigned int room);

/* Waits up to @wait milliseconds for one. */
bool ipc_wait(int fd, int wait);

/* As ipc_recv(), without descriptors; waits as long as ipc_patience() has said, milliseconds. */
bool ipc_patience(int fd, int wait);
int ipc_await(int fd, struct ipc_message *m);

#endif
