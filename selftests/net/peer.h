/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The other end of the connection, in a thread: reads and opens, or writes. */
#ifndef SELFTESTS_NET_PEER_H
#define SELFTESTS_NET_PEER_H

#include "wire.h"

#include <pthread.h>

/*
 * Reads records until the end of the stream, or until want bytes of data have come, opens them
 * and compares them with the pattern from offset 0.
 */
struct drain {
	pthread_t thread;
	int fd;
	struct wire wire;
	size_t want;		/* 0: until the end of the stream */
	unsigned int delay_us;	/* before each record: a slow reader */
	size_t bytes, records, largest, controls;
	char why[80];		/* empty when all was well */
};

/* wire is copied: the caller's is brought up to date by drain_end. */
void drain_start(struct drain *drain, int fd, const struct wire *wire, size_t want);

/* Waits for it. True if every record was good and its data the pattern. */
bool drain_end(struct drain *drain, struct wire *wire);

/* Writes bytes to a plain socket, in pieces of chunk bytes (0: all at once), from a thread. */
struct feed {
	pthread_t thread;
	int fd;
	const uint8_t *data;
	size_t len, chunk;
	int error;
};

void feed_start(struct feed *feed, int fd, const uint8_t *data, size_t len, size_t chunk);
bool feed_end(struct feed *feed);

/*
 * Seals the pattern of len bytes into records of at most size bytes: *out is to be freed.
 * Returns the length of all records together.
 */
size_t seal_pattern(struct wire *wire, size_t len, size_t size, size_t pad, uint8_t **out);

#endif
