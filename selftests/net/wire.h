/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * An implementation of the record layer that is not ours: records are sealed and opened with
 * libcrypto, on a plain TCP socket, from what RFC 5246 §6.2, RFC 5288, RFC 6655, RFC 7905 and
 * RFC 8446 §5 say alone. Nothing here may come from kmod/core.
 */
#ifndef SELFTESTS_NET_WIRE_H
#define SELFTESTS_NET_WIRE_H

#include "sock.h"

#define WIRE_HEADER	5
#define WIRE_TAG	16
/* The largest record there can be, with room for what a test adds to break it. */
#define WIRE_MAX	(WIRE_HEADER + RECORD_MAX + 2048)

/* One direction of one connection. */
struct wire {
	uint16_t version, cipher;
	uint8_t key[32];
	uint8_t salt[4];
	uint8_t iv[12];		/* ChaCha20: all of it; others: the salt, then 8 bytes */
	uint64_t seq;
	uint64_t nonce;		/* TLS 1.2 but ChaCha20: the next explicit nonce */
	size_t pad;		/* TLS 1.3: bytes of padding of the last opened record */
	const char *why;	/* what wire_open found wrong */
};

void wire_init(struct wire *wire, struct keys *keys);

/* Bytes that a record adds to its plaintext (padding aside). */
size_t wire_overhead(const struct wire *wire);

/*
 * Seals one record into out (WIRE_MAX bytes) and advances the sequence number. pad bytes of zeros
 * are added in TLS 1.3. Returns the record's length.
 */
size_t wire_seal(struct wire *wire, uint8_t type, const void *data, size_t len, size_t pad,
		 uint8_t *out);

/* The same with an outer type and an inner plaintext taken as they are. */
size_t wire_seal_inner(struct wire *wire, uint8_t outer, const void *inner, size_t len,
		       uint8_t *out);

/*
 * Opens one whole record; out has RECORD_MAX + 256 bytes. Returns the length of the content, with
 * its type; -1 if anything is not exactly as the RFC has it (wire->why says what).
 */
ssize_t wire_open(struct wire *wire, const uint8_t *rec, size_t len, uint8_t *type, uint8_t *out);

/* Reads exactly one record from a plain socket: its length, 0 at end of file, -1 with errno. */
ssize_t wire_read(int fd, uint8_t *rec, size_t size);

/* Reads and opens one record; WIRE_EOF at the end of the stream, -1 if it is bad. */
#define WIRE_EOF	(-2)
ssize_t wire_recv(struct wire *wire, int fd, uint8_t *type, uint8_t *out);

/* Seals one record and writes it to a plain socket: 0, or -1 with errno. */
int wire_send(struct wire *wire, int fd, uint8_t type, const void *data, size_t len, size_t pad);

#endif
