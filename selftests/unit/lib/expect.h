/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Failures as they have to be, and sealed records made by hand. */
#ifndef UNIT_EXPECT_H
#define UNIT_EXPECT_H

#include "pair.h"

/*
 * One point: the connection has failed with @code, sent the alert that belongs to it as the last
 * thing in its output, in the protection that it must have, and stays failed.
 */
void expect_failure(struct sealsock_conn *conn, int got, int code, const char *name);

/* The same where no alert is sent. */
void expect_quiet(struct sealsock_conn *conn, int got, int code, const char *name);

/* Records sealed under a traffic secret, beginning with sequence number 0. */
struct sealer {
	struct record_dir dir;
	struct buf out;
};

void sealer_open(struct sealer *s, const struct sealsock_conn *like, const struct secret *secret);
void sealer_add(struct sealer *s, uint8_t type, const void *p, size_t n);
void sealer_close(struct sealer *s);

/* Opens all sealed records in @p under a secret; appends their handshake content. */
void open_flight(const struct sealsock_conn *like, const struct secret *secret, const uint8_t *p,
		 size_t n, struct buf *out);

/* A plaintext record. */
size_t plain_record(uint8_t type, const void *p, size_t n, uint8_t *out);

#endif
