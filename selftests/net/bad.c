// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Records that are not as they should be: the errno, and that the socket is finished. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

static uint8_t got[2 * RECORD_MAX];

/* Opens another connection with the fixture's keys, for tests that break many of them. */
static int another(const struct suite *suite, int fd[2], struct wire *tx, struct wire *rx)
{
	struct keys keys;

	if (tcp_pair(AF_INET, fd))
		return -1;
	keys_init(&keys, suite, 0);
	wire_init(tx, &keys);
	if (ulp_attach(fd[0]) || keys_set(fd[0], TLS_TX, &keys))
		return -1;
	keys_init(&keys, suite, 1);
	wire_init(rx, &keys);
	return keys_set(fd[0], TLS_RX, &keys);
}

/* No read gives data any more, ever; and nothing that is sent is in the clear. */
#define EXPECT_FINISHED(sock) do {						\
	uint8_t finished_type;							\
	int finished_i;								\
										\
	for (finished_i = 0; finished_i < 3; finished_i++) {			\
		EXPECT_LE(recv(sock, got, sizeof(got), MSG_DONTWAIT), 0);	\
		EXPECT_LE(recv_type(sock, &finished_type, got, sizeof(got),	\
				    MSG_DONTWAIT), 0);				\
		EXPECT_LE(recv(sock, got, 1, MSG_PEEK | MSG_DONTWAIT), 0);	\
	}									\
} while (0)

#define EXPECT_ERROR(sock, error) do {						\
	errno = 0;								\
	EXPECT_EQ(recv(sock, got, sizeof(got), 0), -1);				\
	EXPECT_EQ(errno, error);						\
} while (0)

static size_t seal(struct wire *wire, const char *text, uint8_t *rec)
{
	return wire_seal(wire, TYPE_DATA, text, strlen(text), 0, rec);
}

/*
 * One bit of every byte of a record, one connection each. The header's type and length and version
 * have their own errno (the length: the record is too short, or never complete).
 */
TEST_F(wired, every_byte_tampered)
{
	struct wire tx, rx;
	uint8_t rec[WIRE_MAX];
	size_t n = 1, i;
	int fd[2];

	for (i = 0; i < n; i++) {
		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		n = seal(&rx, "hello, world", rec);
		rec[i] ^= 1 << (i % 8);
		ASSERT_EQ(send_full(fd[1], rec, n, 0), 0);
		ASSERT_EQ(shutdown(fd[1], SHUT_WR), 0);
		errno = 0;
		if ((i == 3 || i == 4) && (rec[4] | rec[3] << 8) > n - WIRE_HEADER) {
			/* Not whole when the stream ends. */
			EXPECT_LE(recv(fd[0], got, sizeof(got), 0), 0);
		} else if (!i && self->v13 && !ulp_is_ours()) {
			/* In-tree does not look at the outer type. */
			EXPECT_EQ(recv(fd[0], got, sizeof(got), 0), 12);
		} else {
			EXPECT_EQ(recv(fd[0], got, sizeof(got), 0), -1);
			EXPECT_EQ(errno, i == 1 || i == 2 ? EINVAL :
					 i || !self->v13 ? EBADMSG : EPROTO) {
				TH_LOG("byte %zu of %zu", i, n);
			}
		}
		EXPECT_FINISHED(fd[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_F(wired, sequence)
{
	static const char *names[] = { "repeated", "dropped", "exchanged" };
	uint8_t rec[3][WIRE_MAX];
	struct wire tx, rx;
	size_t n[3];
	int fd[2], i, j;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		for (j = 0; j < 3; j++)
			n[j] = seal(&rx, "record", rec[j]);
		ASSERT_EQ(send_full(fd[1], rec[0], n[0], 0), 0);
		ASSERT_EQ(recv(fd[0], got, sizeof(got), 0), 6);
		j = i == 0 ? 0 : 2;
		ASSERT_EQ(send_full(fd[1], rec[j], n[j], 0), 0);
		TH_LOG("%s", names[i]);
		EXPECT_ERROR(fd[0], EBADMSG);
		if (i == 2)
			ASSERT_EQ(send_full(fd[1], rec[1], n[1], 0), 0);
		EXPECT_FINISHED(fd[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_F(wired, wrong_key)
{
	struct keys keys;
	struct wire other;
	uint8_t rec[WIRE_MAX];
	size_t n;

	keys_init(&keys, &variant->suite, 7);
	wire_init(&other, &keys);
	n = seal(&other, "hello", rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_ERROR(self->fd, EBADMSG);
	EXPECT_FINISHED(self->fd);
}

/* Good records after a bad one are never delivered. */
TEST_F(wired, nothing_after_a_bad_record)
{
	uint8_t rec[WIRE_MAX], after[WIRE_MAX];
	size_t n = seal(&self->rx, "bad", rec);
	size_t m;

	rec[n - 1] ^= 1;
	m = seal(&self->rx, "good", after);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	ASSERT_EQ(send_full(self->peer, after, m, 0), 0);
	usleep(50000);
	EXPECT_ERROR(self->fd, EBADMSG);
	EXPECT_FINISHED(self->fd);
	ASSERT_EQ(send_full(self->peer, after, m, 0), 0);
	usleep(50000);
	EXPECT_FINISHED(self->fd);
}

/* What came before a bad record is delivered, then the error. */
TEST_F(wired, data_before_a_bad_record)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, "good", rec);

	n += seal(&self->rx, "bad", rec + n);
	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	usleep(50000);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 4);
	EXPECT_EQ(memcmp(got, "good", 4), 0);
	EXPECT_ERROR(self->fd, EBADMSG);
	EXPECT_FINISHED(self->fd);
}

/* SIOCINQ looks ahead over a header that is out of bounds: what comes before it is read. */
TEST_F(wired, inq_before_a_bad_header)
{
	static const char *const headers[] = { "\27\3\3\377\377", "\27\3\0\0\100", "\27\3\3\0\1" };
	uint8_t rec[WIRE_MAX];
	struct wire tx, rx;
	int fd[2], i, n;
	size_t len;

	if (!ulp_is_ours())
		return;
	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		len = seal(&rx, "good", rec);
		len += seal(&rx, "more", rec + len);
		memcpy(rec + len, headers[i], 5);
		ASSERT_EQ(send_full(fd[1], rec, len + 5, 0), 0);
		ASSERT_EQ(shutdown(fd[1], SHUT_WR), 0);
		ASSERT_EQ(poll_for(fd[0], POLLRDHUP, PATIENCE), POLLRDHUP);
		ASSERT_EQ(ioctl(fd[0], FIONREAD, &n), 0);
		EXPECT_EQ(n, 8);
		EXPECT_EQ(recv(fd[0], got, 4, 0), 4);
		EXPECT_EQ(memcmp(got, "good", 4), 0);
		ASSERT_EQ(ioctl(fd[0], FIONREAD, &n), 0);
		EXPECT_EQ(n, 4);
		EXPECT_EQ(poll_for(fd[0], POLLIN, 0), POLLIN);
		EXPECT_EQ(recv(fd[0], got, 100, 0), 4);
		EXPECT_EQ(memcmp(got, "more", 4), 0);
		EXPECT_EQ(recv(fd[0], got, 100, 0), -1);
		EXPECT_NE(errno, EAGAIN);
		close(fd[0]);
		close(fd[1]);
	}
}

/* Plaintext of a record whose tag is wrong must not be left in the caller's memory. */
TEST_F(wired, nothing_unauthenticated_stays)
{
	uint8_t rec[WIRE_MAX];
	uint8_t *data = pattern_alloc(8000);
	size_t n = wire_seal(&self->rx, TYPE_DATA, data, 8000, 0, rec), i, same = 0;

	if (!ulp_is_ours())
		SKIP(return, "in-tree leaves it there");
	rec[n - 1] ^= 1;
	memset(got, 0, sizeof(got));
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_ERROR(self->fd, EBADMSG);
	for (i = 0; i + 8 <= 8000; i += 8)
		same += !memcmp(got + i, data + i, 8) && memcmp(got + i, "\0\0\0\0\0\0\0\0", 8);
	EXPECT_EQ(same, 0);
	free(data);
}

TEST_F(wired, peek_and_splice_see_it)
{
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, "bad", rec);
	struct wire tx, rx;
	int fd[2], p[2];

	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, 10, MSG_PEEK), -1);
	EXPECT_EQ(errno, EBADMSG);
	EXPECT_FINISHED(self->fd);

	ASSERT_EQ(pipe(p), 0);
	ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
	n = seal(&rx, "bad", rec);
	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(fd[1], rec, n, 0), 0);
	EXPECT_EQ(splice(fd[0], NULL, p[1], NULL, 100, 0), -1);
	EXPECT_EQ(errno, EBADMSG);
	EXPECT_FINISHED(fd[0]);
}

/* The header alone decides: an impossible length is not waited for. */
TEST_F(wired, header)
{
	size_t over = wire_overhead(&self->rx) - WIRE_HEADER;
	const struct {
		const char *name;
		uint8_t type, major, minor;
		size_t len;
		int error;
	} cases[] = {
		{ "too long by one", TYPE_DATA, 3, 3, RECORD_MAX + over + 1, EMSGSIZE },
		{ "longest number", TYPE_DATA, 3, 3, 65535, EMSGSIZE },
		{ "empty", TYPE_DATA, 3, 3, 0, EBADMSG },
		{ "one byte", TYPE_DATA, 3, 3, 1, EBADMSG },
		{ "too short by one", TYPE_DATA, 3, 3, over - self->v13 - 1, EBADMSG },
		{ "SSL 3.0", TYPE_DATA, 3, 0, 100, EINVAL },
		{ "TLS 1.0", TYPE_DATA, 3, 1, 100, EINVAL },
		{ "TLS 1.3 on the wire", TYPE_DATA, 3, 4, 100, EINVAL },
		{ "DTLS", TYPE_DATA, 254, 253, 100, EINVAL },
		{ "HTTP", 'G', 'E', 'T', 0x202f, -1 },
	};
	struct wire tx, rx;
	int fd[2], i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* In TLS 1.2 the explicit nonce is part of what in-tree reads first. */
		uint8_t rec[13] = {
			cases[i].type, cases[i].major, cases[i].minor,
			cases[i].len >> 8, cases[i].len,
		};

		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		ASSERT_EQ(send_full(fd[1], rec, sizeof(rec), 0), 0);
		errno = 0;
		EXPECT_EQ(recv(fd[0], got, sizeof(got), 0), -1);
		if (cases[i].error > 0) {
			EXPECT_EQ(errno, cases[i].error) {
				TH_LOG("%s", cases[i].name);
			}
		} else {
			EXPECT_TRUE(errno == EINVAL || errno == EMSGSIZE);
		}
		EXPECT_FINISHED(fd[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

/* As large as it may be, by its length and by its content. */
TEST_F(wired, largest)
{
	static uint8_t inner[RECORD_MAX + 300];
	uint8_t rec[WIRE_MAX];
	size_t n, len = RECORD_MAX;

	pattern(inner, 0, sizeof(inner));
	n = wire_seal(&self->rx, TYPE_DATA, inner, len, 0, rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), RECORD_MAX);
	EXPECT_EQ(pattern_check(got, 0, RECORD_MAX), -1);
	if (self->v13) {
		/* One more would fit with its type only where RFC 8446 §5.2 has 256. */
		inner[RECORD_MAX + 1] = TYPE_DATA;
		n = wire_seal_inner(&self->rx, TYPE_DATA, inner, RECORD_MAX + 2, rec);
	} else {
		n = wire_seal_inner(&self->rx, TYPE_DATA, inner, RECORD_MAX + 1, rec);
	}
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_ERROR(self->fd, EMSGSIZE);
	EXPECT_FINISHED(self->fd);
}

/* TLS 1.3: an inner plaintext without a type. */
TEST_F(wired, no_content_type)
{
	static const size_t sizes[] = { 1, 2, 100, RECORD_MAX + 1 };
	static uint8_t zeros[RECORD_MAX + 1];
	uint8_t rec[WIRE_MAX];
	struct wire tx, rx;
	int fd[2], i;

	if (!self->v13)
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n;

		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		n = wire_seal_inner(&rx, TYPE_DATA, zeros, sizes[i], rec);
		ASSERT_EQ(send_full(fd[1], rec, n, 0), 0);
		EXPECT_ERROR(fd[0], ulp_is_ours() ? EPROTO : EBADMSG);
		EXPECT_FINISHED(fd[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

/* TLS 1.3: the outer type is always application_data (RFC 8446 §5.2). */
TEST_F(wired, outer_type)
{
	uint8_t rec[WIRE_MAX], inner[] = { 'x', TYPE_DATA };
	size_t n;

	if (!self->v13)
		return;
	n = wire_seal_inner(&self->rx, TYPE_HANDSHAKE, inner, 2, rec);
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	if (ulp_is_ours()) {
		EXPECT_ERROR(self->fd, EPROTO);
		EXPECT_FINISHED(self->fd);
	}
}

/* TLS 1.3: change_cipher_spec of the middlebox mode has no place after the handshake. */
TEST_F(wired, plain_change_cipher_spec)
{
	static const uint8_t ccs[] = { TYPE_CCS, 3, 3, 0, 1, 1 };
	uint8_t pad[20] = {};

	if (!self->v13)
		return;
	ASSERT_EQ(send_full(self->peer, ccs, sizeof(ccs), 0), 0);
	ASSERT_EQ(send_full(self->peer, pad, sizeof(pad), 0), 0);
	EXPECT_ERROR(self->fd, ulp_is_ours() ? EPROTO : EBADMSG);
	EXPECT_FINISHED(self->fd);
}

/* An alert in the clear, as sent by a peer that never got the keys. */
TEST_F(wired, plain_alert)
{
	static const uint8_t alert[] = { TYPE_ALERT, 3, 3, 0, 2, 2, 40, 0, 0, 0, 0, 0, 0 };

	ASSERT_EQ(send_full(self->peer, alert, sizeof(alert), 0), 0);
	EXPECT_ERROR(self->fd, self->v13 && ulp_is_ours() ? EPROTO : EBADMSG);
	EXPECT_FINISHED(self->fd);
}

/* FIN anywhere inside a record: never data; in-tree reads end of file. */
TEST_F(wired, truncated)
{
	struct wire tx, rx;
	uint8_t rec[WIRE_MAX];
	size_t n = 2, cut;
	int fd[2];

	for (cut = 1; cut < n; cut += cut < 16 ? 1 : 5) {
		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		n = seal(&rx, "whole", rec);
		ASSERT_EQ(send_full(fd[1], rec, n, 0), 0);
		n = seal(&rx, "hello, world", rec);
		ASSERT_EQ(send_full(fd[1], rec, cut, 0), 0);
		ASSERT_EQ(shutdown(fd[1], SHUT_WR), 0);
		EXPECT_EQ(recv(fd[0], got, sizeof(got), 0), 5);
		EXPECT_LE(recv(fd[0], got, sizeof(got), 0), 0);
		EXPECT_NE(poll_for(fd[0], POLLIN | POLLRDHUP, PATIENCE), 0);
		EXPECT_FINISHED(fd[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_F(wired, reset_inside_a_record)
{
	struct linger linger = { .l_onoff = 1 };
	uint8_t rec[WIRE_MAX];
	size_t n = seal(&self->rx, "hello, world", rec);

	ASSERT_EQ(send_full(self->peer, rec, n / 2, 0), 0);
	usleep(50000);
	ASSERT_EQ(setsockopt(self->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(self->peer);
	self->peer = -1;
	EXPECT_ERROR(self->fd, ECONNRESET);
	EXPECT_FINISHED(self->fd);
	/* In-tree takes what it cannot send any more. */
	if (ulp_is_ours()) {
		EXPECT_EQ(send(self->fd, "x", 1, 0), -1);
		EXPECT_EQ(errno, EPIPE);
	}
}

/* After a bad record in one direction, the other: what is sent is sealed, or fails. */
TEST_F(wired, sending_after_a_bad_record)
{
	static uint8_t out[RECORD_MAX + 256];
	uint8_t rec[WIRE_MAX], type;
	size_t n = seal(&self->rx, "bad", rec);
	ssize_t sent;

	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_ERROR(self->fd, EBADMSG);
	sent = send(self->fd, "answer", 6, 0);
	EXPECT_TRUE(sent > 0 ? wire_recv(&self->tx, self->peer, &type, out) == 6 :
		    errno == EBADMSG || errno == EPIPE);
}

/* Nobody reads: poll tells, all the same. */
TEST_F(wired, poll_reports)
{
	uint8_t rec[WIRE_MAX] = { TYPE_DATA, 3, 3, 0xff, 0xff };

	ASSERT_EQ(send_full(self->peer, rec, 20, 0), 0);
	EXPECT_NE(poll_for(self->fd, POLLIN, PATIENCE), 0);
	EXPECT_ERROR(self->fd, EMSGSIZE);
}

/* The last sequence number is not used: the next would repeat a nonce. */
TEST_F(wired, sequence_wrap)
{
	struct key_parts part;
	struct keys keys;
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	ASSERT_EQ(ulp_attach(fd[1]), 0);
	keys_init(&keys, &variant->suite, 0);
	part = keys_parts(&keys);
	memset(part.seq, 0xff, part.seq_len);
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	ASSERT_EQ(keys_set(fd[1], TLS_RX, &keys), 0);
	EXPECT_EQ(send(fd[0], "x", 1, 0), -1);
	EXPECT_EQ(errno, EBADMSG);
	EXPECT_EQ(send(fd[0], "x", 1, MSG_NOSIGNAL), -1);
	EXPECT_LE(recv(fd[1], got, 1, MSG_DONTWAIT), 0);
	close(fd[0]);
	close(fd[1]);
}

/* The one before it still works, in both directions, and then no more. */
TEST_F(wired, sequence_last)
{
	struct key_parts part;
	struct keys keys;
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	ASSERT_EQ(ulp_attach(fd[1]), 0);
	keys_init(&keys, &variant->suite, 0);
	part = keys_parts(&keys);
	memset(part.seq, 0xff, part.seq_len);
	part.seq[7] = 0xfe;
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	ASSERT_EQ(keys_set(fd[1], TLS_RX, &keys), 0);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	EXPECT_EQ(recv(fd[1], got, 1, 0), 1);
	EXPECT_EQ(send(fd[0], "y", 1, 0), -1);
	EXPECT_EQ(errno, EBADMSG);
	EXPECT_LE(recv(fd[1], got, 1, MSG_DONTWAIT), 0);
	close(fd[0]);
	close(fd[1]);
}

TEST_F(wired, random_garbage)
{
	unsigned int seed = variant->suite.cipher;
	struct wire tx, rx;
	uint8_t rec[3000];
	int fd[2], i;
	size_t j;

	for (i = 0; i < 40; i++) {
		ASSERT_EQ(another(&variant->suite, fd, &tx, &rx), 0);
		for (j = 0; j < sizeof(rec); j++)
			rec[j] = rand_r(&seed) >> 8;
		if (i % 2) {
			rec[0] = TYPE_DATA;
			rec[1] = 3;
			rec[2] = 3;
			rec[3] &= 0x0f;
		}
		ASSERT_EQ(send_full(fd[1], rec, sizeof(rec), 0), 0);
		ASSERT_EQ(shutdown(fd[1], SHUT_WR), 0);
		EXPECT_LE(recv(fd[0], got, sizeof(got), 0), 0);
		EXPECT_FINISHED(fd[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

TEST_HARNESS_MAIN
