// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Records that are not application data, in both directions, by control message. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>

static uint8_t got[3 * RECORD_MAX];

#define PEER_SENDS(type, text)								\
	ASSERT_EQ(wire_send(&self->rx, self->peer, type, text, strlen(text), 0), 0)

/* One record of the type comes out of fd at the peer, with that text. */
#define EXPECT_WIRE(want_type, text) do {						\
	uint8_t wire_type = 0;								\
	ssize_t wire_len = wire_recv(&self->tx, self->peer, &wire_type, got);		\
											\
	EXPECT_EQ(wire_len, (ssize_t)strlen(text)) {					\
		TH_LOG("record: %s", self->tx.why);					\
	}										\
	EXPECT_EQ(wire_type, want_type);						\
	EXPECT_EQ(memcmp(got, text, strlen(text)), 0);					\
} while (0)

/* recvmsg with a control buffer gives that type and text. */
#define EXPECT_TYPED(want_type, text, flags) do {					\
	uint8_t got_type;								\
	ssize_t got_len = recv_type(self->fd, &got_type, got, sizeof(got), flags);	\
											\
	EXPECT_EQ(got_len, (ssize_t)strlen(text));					\
	EXPECT_EQ(got_type, want_type);							\
	EXPECT_EQ(memcmp(got, text, strlen(text)), 0);					\
} while (0)

static const uint8_t types[] = { TYPE_CCS, TYPE_ALERT, TYPE_HANDSHAKE, TYPE_DATA, 24, 100, 255 };

TEST_F(wired, send_types)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(send_type(self->fd, types[i], "message", 7, 0), 7);
		EXPECT_WIRE(types[i], "message");
	}
}

TEST_F(wired, recv_types)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		PEER_SENDS(types[i], "message");
		EXPECT_TYPED(types[i], "message", 0);
	}
	PEER_SENDS(TYPE_DATA, "plain");
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 5);
}

/* One after the other, none lost, none merged, data in between as it was. */
TEST_F(wired, order)
{
	PEER_SENDS(TYPE_DATA, "one");
	PEER_SENDS(TYPE_HANDSHAKE, "ticket");
	PEER_SENDS(TYPE_HANDSHAKE, "ticket2");
	PEER_SENDS(TYPE_ALERT, "al");
	PEER_SENDS(TYPE_DATA, "two");
	PEER_SENDS(TYPE_DATA, "three");
	usleep(100000);
	EXPECT_TYPED(TYPE_DATA, "one", 0);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", 0);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket2", 0);
	EXPECT_TYPED(TYPE_ALERT, "al", 0);
	EXPECT_TYPED(TYPE_DATA, "twothree", 0);
}

TEST_F(wired, waitall_ends_at_another_type)
{
	PEER_SENDS(TYPE_DATA, "data");
	PEER_SENDS(TYPE_ALERT, "al");
	PEER_SENDS(TYPE_DATA, "more");
	usleep(100000);
	EXPECT_EQ(recv(self->fd, got, 100, MSG_WAITALL), 4);
	EXPECT_TYPED(TYPE_ALERT, "al", MSG_WAITALL);
	EXPECT_EQ(recv(self->fd, got, 4, MSG_WAITALL), 4);
	EXPECT_EQ(memcmp(got, "more", 4), 0);
}

/* Without room for the type the record stays, and is had by asking properly. */
TEST_F(wired, no_cmsg_buffer)
{
	PEER_SENDS(TYPE_HANDSHAKE, "ticket");
	PEER_SENDS(TYPE_DATA, "data");
	usleep(100000);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(read(self->fd, got, sizeof(got)), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", 0);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 4);
	EXPECT_EQ(memcmp(got, "data", 4), 0);
}

TEST_F(wired, cmsg_buffer_too_small)
{
	char control[CMSG_LEN(1) - 1];
	struct iovec iov = { got, sizeof(got) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	size_t len;

	PEER_SENDS(TYPE_ALERT, "al");
	for (len = 0; len <= sizeof(control); len += len ? 1 : 4) {
		msg.msg_controllen = len;
		EXPECT_EQ(recvmsg(self->fd, &msg, 0), -1);
		EXPECT_EQ(errno, EIO);
	}
	EXPECT_TYPED(TYPE_ALERT, "al", 0);
}

TEST_F(wired, data_comes_with_its_type)
{
	uint8_t type;

	PEER_SENDS(TYPE_DATA, "data");
	EXPECT_EQ(recv_type(self->fd, &type, got, 2, 0), 2);
	EXPECT_EQ(type, TYPE_DATA);
	EXPECT_EQ(recv_type(self->fd, &type, got, 2, 0), 2);
	EXPECT_EQ(type, TYPE_DATA);
}

/* A control record larger than the buffer comes in parts, each with its type. */
TEST_F(wired, in_parts)
{
	uint8_t type;

	PEER_SENDS(TYPE_HANDSHAKE, "certificate");
	PEER_SENDS(TYPE_HANDSHAKE, "next");
	usleep(100000);
	EXPECT_EQ(recv_type(self->fd, &type, got, 5, 0), 5);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
	EXPECT_EQ(recv_type(self->fd, &type, got + 5, 100, 0), 6);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
	EXPECT_EQ(memcmp(got, "certificate", 11), 0);
	EXPECT_TYPED(TYPE_HANDSHAKE, "next", 0);
}

TEST_F(wired, peek)
{
	PEER_SENDS(TYPE_HANDSHAKE, "ticket");
	PEER_SENDS(TYPE_DATA, "data");
	usleep(100000);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", MSG_PEEK);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", MSG_PEEK);
	EXPECT_EQ(recv(self->fd, got, 10, MSG_PEEK), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", 0);
	EXPECT_TYPED(TYPE_DATA, "data", MSG_PEEK);
	EXPECT_TYPED(TYPE_DATA, "data", 0);
}

TEST_F(wired, eor_marks_whole_records)
{
	struct iovec iov = { got, 100 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	PEER_SENDS(TYPE_DATA, "0123456789");
	iov.iov_len = 4;
	EXPECT_EQ(recvmsg(self->fd, &msg, 0), 4);
	EXPECT_EQ(msg.msg_flags & MSG_EOR, 0);
	iov.iov_len = 100;
	EXPECT_EQ(recvmsg(self->fd, &msg, 0), 6);
	EXPECT_EQ(msg.msg_flags & MSG_EOR, MSG_EOR);
}

TEST_F(wired, empty_control)
{
	uint8_t type;

	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_ALERT, "", 0, 0), 0);
	PEER_SENDS(TYPE_DATA, "data");
	usleep(100000);
	EXPECT_EQ(recv(self->fd, got, 10, 0), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, 0), 0);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(recv_type(self->fd, &type, got, 10, 0), 4);
	EXPECT_EQ(type, TYPE_DATA);
	/* Sending nothing sends nothing, whatever its type. */
	EXPECT_EQ(send_type(self->fd, TYPE_ALERT, "", 0, 0), 0);
	EXPECT_EQ(send(self->fd, "after", 5, 0), 5);
	EXPECT_WIRE(TYPE_DATA, "after");
}

TEST_F(wired, with_padding)
{
	if (!self->v13)
		return;
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_ALERT, "al", 2, 500), 0);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_HANDSHAKE, "ticket", 6, 10000), 0);
	EXPECT_TYPED(TYPE_ALERT, "al", 0);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", 0);
}

/* A buffer into which the record would have been opened directly keeps what was behind it. */
TEST_F(wired, nothing_past_the_end)
{
	uint8_t type;
	int i;

	for (i = 0; i < 5; i++) {
		memset(got, 0xee, 4096);
		PEER_SENDS(TYPE_HANDSHAKE, "ticket");
		EXPECT_EQ(recv_type(self->fd, &type, got, 4096, 0), 6);
		EXPECT_EQ(memcmp(got, "ticket\xee\xee\xee\xee\xee\xee\xee\xee", 14), 0);
		PEER_SENDS(TYPE_DATA, "data");
		EXPECT_EQ(recv(self->fd, got, 4096, 0), 4);
	}
}

TEST_F(wired, splice_refuses)
{
	int p[2];

	ASSERT_EQ(pipe(p), 0);
	PEER_SENDS(TYPE_HANDSHAKE, "ticket");
	PEER_SENDS(TYPE_DATA, "data");
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TYPED(TYPE_HANDSHAKE, "ticket", 0);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), 4);
	close(p[0]);
	close(p[1]);
}

TEST_F(wired, poll_tells_of_control)
{
	PEER_SENDS(TYPE_ALERT, "al");
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_EQ(recv(self->fd, got, 10, 0), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 0), POLLIN);
	EXPECT_TYPED(TYPE_ALERT, "al", 0);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 50), 0);
}

TEST_F(wired, open_record_goes_first)
{
	EXPECT_EQ(send(self->fd, "open", 4, MSG_MORE), 4);
	EXPECT_EQ(send_type(self->fd, TYPE_ALERT, "al", 2, 0), 2);
	EXPECT_WIRE(TYPE_DATA, "open");
	EXPECT_WIRE(TYPE_ALERT, "al");
	EXPECT_EQ(send(self->fd, "data", 4, 0), 4);
	EXPECT_WIRE(TYPE_DATA, "data");
}

TEST_F(wired, not_with_more)
{
	EXPECT_EQ(send_type(self->fd, TYPE_ALERT, "al", 2, MSG_MORE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(send(self->fd, "open", 4, MSG_MORE), 4);
	EXPECT_EQ(send_type(self->fd, TYPE_ALERT, "al", 2, MSG_MORE), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(send(self->fd, "data", 4, 0), 4);
	EXPECT_WIRE(TYPE_DATA, "opendata");
}

TEST_F(wired, large_control)
{
	static uint8_t out[RECORD_MAX + 256];
	uint8_t *data = pattern_alloc(2 * RECORD_MAX), type;

	EXPECT_EQ(send_type(self->fd, TYPE_HANDSHAKE, data, RECORD_MAX, 0), RECORD_MAX);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, out), RECORD_MAX);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
	/* More than a record holds becomes several of that type. */
	EXPECT_EQ(send_type(self->fd, TYPE_HANDSHAKE, data, RECORD_MAX + 10, 0), RECORD_MAX + 10);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, out), RECORD_MAX);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, out), 10);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_HANDSHAKE, data, RECORD_MAX, 0), 0);
	EXPECT_EQ(recv_type(self->fd, &type, got, sizeof(got), 0), RECORD_MAX);
	EXPECT_EQ(type, TYPE_HANDSHAKE);
	EXPECT_EQ(pattern_check(got, 0, RECORD_MAX), -1);
	free(data);
}

static ssize_t send_cmsg(int fd, int level, int name, size_t len)
{
	char control[CMSG_SPACE(64)] = {};
	struct iovec iov = { "data", 4 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = name;
	cmsg->cmsg_len = len;
	*CMSG_DATA(cmsg) = TYPE_ALERT;
	msg.msg_controllen = CMSG_SPACE(1);
	return sendmsg(fd, &msg, 0);
}

TEST_F(wired, bad_cmsg)
{
	static const struct {
		int level, name;
		size_t len;
	} bad[] = {
		{ SOL_TLS, TLS_GET_RECORD_TYPE, CMSG_LEN(1) },
		{ SOL_TLS, 99, CMSG_LEN(1) },
		{ SOL_TLS, TLS_SET_RECORD_TYPE, CMSG_LEN(0) },
		{ SOL_TLS, TLS_SET_RECORD_TYPE, CMSG_SPACE(64) },
		{ SOL_TLS, TLS_SET_RECORD_TYPE, 0 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		errno = 0;
		EXPECT_EQ(send_cmsg(self->fd, bad[i].level, bad[i].name, bad[i].len), -1);
		EXPECT_EQ(errno, EINVAL) {
			TH_LOG("case %d", i);
		}
	}
	EXPECT_EQ(send(self->fd, "data", 4, 0), 4);
	EXPECT_WIRE(TYPE_DATA, "data");
}

static const uint8_t update[] = { 24, 0, 0, 1, 0 };

/* A handshake record of those bytes, which is read as it is. */
#define EXPECT_PIECE(bytes, len) do {							\
	uint8_t piece_type;								\
											\
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_HANDSHAKE, bytes, len, 0), 0);	\
	ASSERT_EQ(recv_type(self->fd, &piece_type, got, sizeof(got), 0), (ssize_t)(len)) { \
		TH_LOG("%s", strerror(errno));						\
	}										\
	EXPECT_EQ(piece_type, TYPE_HANDSHAKE);						\
	EXPECT_EQ(memcmp(got, bytes, len), 0);						\
} while (0)

/* The key is still in use. */
#define EXPECT_DATA() do {								\
	PEER_SENDS(TYPE_DATA, "data");							\
	ASSERT_EQ(recv(self->fd, got, sizeof(got), 0), 4) {				\
		TH_LOG("%s", strerror(errno));						\
	}										\
} while (0)

/* It is not: the next one comes. */
#define EXPECT_KEY_UPDATE(generation) do {						\
	struct keys update_keys;							\
											\
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), -1);			\
	EXPECT_EQ(errno, EKEYEXPIRED);							\
	keys_init(&update_keys, &variant->suite, generation);				\
	wire_init(&self->rx, &update_keys);						\
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &update_keys), 0);				\
	EXPECT_DATA();									\
} while (0)

/* A piece of another message that begins as a KeyUpdate does is none, wherever it was cut. */
TEST_F(wired, pieces_that_look_like_a_key_update)
{
	static const uint8_t ticket[] = { 4, 0, 0, 12, 24, 0, 0, 1, 0, 24, 0, 0, 1, 0, 24, 24 };
	static const uint8_t cert[] = { 11, 0, 0, 24, 24, 24 };
	static const uint8_t rest[22] = { 24, 0, 0, 1, 0 };
	size_t i;

	if (!self->v13 || !ulp_is_ours())
		return;
	for (i = 1; i < sizeof(ticket); i++) {
		EXPECT_PIECE(ticket, i);
		PEER_SENDS(TYPE_ALERT, "al");
		EXPECT_TYPED(TYPE_ALERT, "al", 0);
		EXPECT_PIECE(ticket + i, sizeof(ticket) - i);
		EXPECT_DATA();
	}
	/* Its length is that of the message, not of the record. */
	EXPECT_PIECE(cert, 4);
	EXPECT_PIECE(cert + 4, 2);
	EXPECT_PIECE(rest, 22);
	EXPECT_DATA();
}

/* A KeyUpdate in two records, or behind another message, is one as soon as it is whole. */
TEST_F(wired, key_update_in_pieces)
{
	static const uint8_t behind[] = { 4, 0, 0, 2, 24, 24, 24, 0, 0, 1, 0 };
	int generation = 2;
	size_t i;

	if (!self->v13 || !ulp_is_ours())
		return;
	for (i = 1; i < sizeof(update); i++) {
		EXPECT_PIECE(update, i);
		EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EAGAIN);
		EXPECT_PIECE(update + i, sizeof(update) - i);
		EXPECT_KEY_UPDATE(generation++);
	}
	EXPECT_PIECE(behind, sizeof(behind));
	EXPECT_KEY_UPDATE(generation++);
	EXPECT_PIECE(behind, 5);
	EXPECT_PIECE(behind + 5, 3);
	EXPECT_PIECE(behind + 8, 3);
	EXPECT_KEY_UPDATE(generation++);
}

/* Data between two pieces is the program's to refuse; a message begins with the next record. */
TEST_F(wired, data_between_pieces)
{
	if (!self->v13 || !ulp_is_ours())
		return;
	EXPECT_PIECE("\4\0\0\144", 4);
	EXPECT_DATA();
	EXPECT_PIECE(update, sizeof(update));
	EXPECT_KEY_UPDATE(2);
}

/* The whole way, both ends under the ULP, types mixed and pseudo-random sizes. */
TEST_F(wired, stream_of_types)
{
	uint8_t *data = pattern_alloc(RECORD_MAX), type;
	unsigned int seed = 1;
	int i;

	for (i = 0; i < 200; i++) {
		size_t len = rand_r(&seed) % 2000 + 1;
		uint8_t want = types[rand_r(&seed) % ARRAY_SIZE(types)];

		ASSERT_EQ(wire_send(&self->rx, self->peer, want, data, len,
				    self->v13 ? rand_r(&seed) % 100 : 0), 0);
		ASSERT_EQ(recv_type(self->fd, &type, got, sizeof(got), 0), len);
		ASSERT_EQ(type, want);
		ASSERT_EQ(pattern_check(got, 0, len), -1);
		ASSERT_EQ(send_type(self->fd, want, data, len, 0), len);
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), len);
		ASSERT_EQ(type, want);
	}
	free(data);
}

TEST_HARNESS_MAIN
