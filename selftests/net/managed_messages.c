// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Messages after the handshake: the queue, who may send what, and how much of it. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <poll.h>

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

static uint8_t msg[140000], got[140000];

/* A NewSessionTicket with a body of that length. */
static size_t ticket(uint32_t len, uint8_t fill)
{
	msg[0] = 4;
	msg[1] = len >> 16;
	msg[2] = len >> 8;
	msg[3] = len;
	memset(msg + 4, fill, len);
	return 4 + len;
}

/* Takes one: its length, or -1. */
static ssize_t take(int fd, socklen_t room)
{
	socklen_t len = room;

	return getsockopt(fd, SOL_TLS, SEALSOCK_MESSAGE, got, &len) ? -1 : (ssize_t)len;
}

static struct sealsock_sock_info info_of(int fd)
{
	struct sealsock_sock_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_TLS, SEALSOCK_INFO, &info, &len);
	return info;
}

/* In records of at most that many bytes. */
#define PEER_SENDS(length, size) do {						\
	size_t ps_at, ps_n;							\
										\
	for (ps_at = 0; ps_at < (length); ps_at += ps_n) {			\
		ps_n = (length) - ps_at < (size) ? (length) - ps_at : (size);	\
		PEER(TYPE_HANDSHAKE, msg + ps_at, ps_n);			\
	}									\
} while (0)

TEST_F(managed, taken)
{
	static const size_t sizes[] = { 5, 100, RECORD_MAX };
	socklen_t len;
	size_t n, i;

	EXPECT_EQ(take(self->c.fd, sizeof(got)), -1);
	EXPECT_EQ(errno, EAGAIN);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = ticket(100 + i, i);
		PEER_SENDS(n, sizes[i]);
		EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLPRI, 100), 0);
		EXPECT_EQ(info_of(self->c.fd).messages, 1);
		EXPECT_EQ(take(self->c.fd, n - 1), -1);
		EXPECT_EQ(errno, EMSGSIZE);
		len = 0;
		EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, got, &len), -1);
		EXPECT_EQ(errno, EMSGSIZE);
		EXPECT_EQ(len, n);
		EXPECT_EQ(take(self->c.fd, sizeof(got)), n);
		EXPECT_EQ(memcmp(got, msg, n), 0);
		EXPECT_EQ(take(self->c.fd, sizeof(got)), -1);
		EXPECT_EQ(errno, EAGAIN);
	}
	EXPECT_EQ(info_of(self->c.fd).messages_dropped, 0);
	EXPECT_EQ(info_of(self->c.fd).mode, SEALSOCK_MODE_MANAGED);
}

/* poll() says so, only to those who asked; data is read past it. */
TEST_F(managed, event)
{
	uint32_t events = SEALSOCK_EVENT_MESSAGE, wrong = 2;
	size_t n = ticket(50, 7);

	EXPECT_EQ(setsockopt(self->c.fd, SOL_TLS, SEALSOCK_EVENTS, &wrong, sizeof(wrong)), -1);
	EXPECT_EQ(errno, EINVAL);
	ASSERT_EQ(setsockopt(self->c.fd, SOL_TLS, SEALSOCK_EVENTS, &events, sizeof(events)), 0);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLPRI, 100), 0);
	PEER_SENDS(n, RECORD_MAX);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLPRI, PATIENCE), POLLPRI);
	PEER(TYPE_DATA, "data", 4);
	EXPECT_READ("data");
	EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLPRI, PATIENCE), POLLPRI);
	EXPECT_EQ(take(self->c.fd, sizeof(got)), n);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLPRI, 100), 0);
}

/* The oldest go where there is no room; one that is longer than the queue is not kept. */
TEST_F(managed, bounded)
{
	unsigned int i;
	size_t n;

	for (i = 0; i < 10; i++) {
		n = ticket(15000, i);
		PEER_SENDS(n, RECORD_MAX);
		PEER(TYPE_DATA, "x", 1);
		EXPECT_READ("x");
	}
	EXPECT_EQ(info_of(self->c.fd).messages, 4);
	EXPECT_EQ(info_of(self->c.fd).messages_dropped, 6);
	for (i = 6; i < 10; i++) {
		EXPECT_EQ(take(self->c.fd, sizeof(got)), n);
		EXPECT_EQ(got[n - 1], i);
	}
	n = ticket(131337, 9);
	PEER_SENDS(n, RECORD_MAX);
	PEER(TYPE_DATA, "x", 1);
	EXPECT_READ("x");
	EXPECT_EQ(take(self->c.fd, sizeof(got)), -1);
	EXPECT_EQ(info_of(self->c.fd).messages_dropped, 7);
	n = ticket(SEALSOCK_MESSAGES_MAX - 4, 9);
	PEER_SENDS(n, RECORD_MAX);
	PEER(TYPE_DATA, "x", 1);
	EXPECT_READ("x");
	EXPECT_EQ(take(self->c.fd, sizeof(got)), n);
}

/* Two tickets and a KeyUpdate in one record. */
TEST_F(managed, several_in_a_record)
{
	size_t n = ticket(20, 1);

	memcpy(msg + n, msg, n);
	memcpy(msg + 2 * n, "\30\0\0\1\0", 5);
	PEER(TYPE_HANDSHAKE, msg, 2 * n + 5);
	secret_update(&self->c.rx_secret, &self->c.rx);
	PEER(TYPE_DATA, "data", 4);
	EXPECT_READ("data");
	EXPECT_EQ(take(self->c.fd, sizeof(got)), n);
	EXPECT_EQ(take(self->c.fd, sizeof(got)), n);
}

/* A ticket as a server may send it: its length. */
static size_t own_ticket(uint16_t len)
{
	memset(msg, 0, sizeof(msg));
	ticket(4 + 4 + 1 + 2 + len + 2, 'k');
	memcpy(msg + 4, "\0\0\16\20\1\2\3\4\0", 9);
	msg[13] = len >> 8;
	msg[14] = len;
	memset(msg + 15 + len, 0, 2);
	return 17 + len;
}

static int give(int fd, size_t len)
{
	return setsockopt(fd, SOL_TLS, SEALSOCK_MESSAGE, msg, len);
}

#define SERVER() do {								\
	close(self->c.fd);							\
	close(self->c.peer);							\
	ASSERT_EQ(managed_open(&self->c, &variant->suite, SEALSOCK_MANAGED_SERVER), 0); \
} while (0)

/* A server's tickets: each in a record of its own, before what MSG_MORE left open. */
TEST_F(managed, sent)
{
	static const size_t sizes[] = { 1, 100, 3000, RECORD_MAX - 17 };
	long before = counter("TlsMessagesSent");
	size_t i, n;

	SERVER();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(write(self->c.fd, "data", 4), 4);
		EXPECT_EQ(send(self->c.fd, "open ", 5, MSG_MORE), 5);
		n = own_ticket(sizes[i]);
		EXPECT_EQ(give(self->c.fd, n), 0) {
			TH_LOG("%zu: %s", n, strerror(errno));
		}
		EXPECT_EQ(send(self->c.fd, "record", 6, 0), 6);
		EXPECT_WIRE(TYPE_DATA, "data", 4);
		EXPECT_WIRE(TYPE_HANDSHAKE, msg, n);
		EXPECT_WIRE(TYPE_DATA, "open record", 11);
	}
	EXPECT_EQ(counter("TlsMessagesSent") - before, ARRAY_SIZE(sizes));
}

/* The KeyUpdate that is due goes first, and so does the one that the key's limit calls for. */
TEST_F(managed, sent_under_the_next_key)
{
	size_t n = own_ticket(100);
	int i;

	SERVER();
	PEER(TYPE_HANDSHAKE, "\30\0\0\1\1", 5);
	secret_update(&self->c.rx_secret, &self->c.rx);
	EXPECT_EQ(give(self->c.fd, n), 0);
	EXPECT_WIRE(TYPE_HANDSHAKE, "\30\0\0\1\0", 5);
	secret_update(&self->c.tx_secret, &self->c.tx);
	EXPECT_WIRE(TYPE_HANDSHAKE, msg, n);
	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_LIMITS, 2, 0), 0);
	for (i = 0; i < 200; i++) {
		uint8_t type, buf[1000];
		ssize_t len;

		ASSERT_EQ(give(self->c.fd, n), 0);
		len = wire_recv(&self->c.tx, self->c.peer, &type, buf);
		if (len == 5) {
			secret_update(&self->c.tx_secret, &self->c.tx);
			len = wire_recv(&self->c.tx, self->c.peer, &type, buf);
		}
		ASSERT_EQ(len, n);
		ASSERT_EQ(type, TYPE_HANDSHAKE);
	}
}

TEST_F(managed, sent_refused)
{
	size_t n = own_ticket(100), i;
	uint16_t most = 100;

	EXPECT_EQ(give(self->c.fd, n), -1);	/* a client */
	EXPECT_EQ(errno, EINVAL);
	SERVER();
	for (i = 0; i < n; i++) {
		ASSERT_EQ(give(self->c.fd, i), -1);
		ASSERT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(setsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, NULL, n), -1);
	EXPECT_TRUE(errno == EINVAL || errno == EFAULT);
	EXPECT_EQ(setsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, (void *)8, n), -1);
	EXPECT_EQ(errno, EFAULT);
	msg[0] = 24;	/* KeyUpdate is not for the program to send */
	EXPECT_EQ(give(self->c.fd, n), -1);
	EXPECT_EQ(errno, EINVAL);
	own_ticket(RECORD_MAX - 16);
	EXPECT_EQ(give(self->c.fd, RECORD_MAX + 1), -1);
	EXPECT_EQ(errno, EMSGSIZE);
	ASSERT_EQ(setsockopt(self->c.fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &most, sizeof(most)), 0);
	n = own_ticket(100);
	EXPECT_EQ(give(self->c.fd, n), -1);
	EXPECT_EQ(errno, EMSGSIZE);
	n = own_ticket(83);
	EXPECT_EQ(give(self->c.fd, n), 0);
	EXPECT_WIRE(TYPE_HANDSHAKE, msg, n);
	shutdown(self->c.fd, SHUT_WR);
	EXPECT_EQ(give(self->c.fd, n), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
}

/* A full send buffer: not now. When there is room it goes, and all is whole. */
TEST_F(managed, sent_when_full)
{
	static uint8_t big[100000], buf[RECORD_MAX + 256];
	size_t n = own_ticket(100), sent = 0, got_data = 0;
	int tickets = 0;
	uint8_t type;
	ssize_t r;

	SERVER();
	while ((r = send(self->c.fd, big, sizeof(big), MSG_DONTWAIT)) > 0)
		sent += r;
	EXPECT_EQ(give(self->c.fd, n), -1);
	EXPECT_EQ(errno, EAGAIN);
	while (got_data < sent / 2) {
		r = wire_recv(&self->c.tx, self->c.peer, &type, buf);
		ASSERT_GT(r, 0);
		got_data += r;
	}
	EXPECT_EQ(poll_for(self->c.fd, POLLOUT, PATIENCE), POLLOUT);
	EXPECT_EQ(give(self->c.fd, n), 0);
	shutdown(self->c.fd, SHUT_WR);
	while ((r = wire_recv(&self->c.tx, self->c.peer, &type, buf)) > 0 && type != TYPE_ALERT) {
		tickets += type == TYPE_HANDSHAKE;
		got_data += type == TYPE_DATA ? r : 0;
	}
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(tickets, 1);
	EXPECT_EQ(got_data, sent);
}

#define EXPECT_FATAL(why) do {							\
	struct sealsock_end end;						\
										\
	EXPECT_ERROR(EPROTO);							\
	end = managed_end(self->c.fd);						\
	EXPECT_EQ(end.reason, SEALSOCK_REASON_##why);				\
	EXPECT_EQ(end.alert_sent, SEALSOCK_ALERT | 10);				\
	EXPECT_WIRE(TYPE_ALERT, "\2\12", 2);					\
} while (0)

TEST_F(managed, data_inside)
{
	ticket(20, 1);
	PEER(TYPE_HANDSHAKE, msg, 10);
	PEER(TYPE_DATA, "x", 1);
	EXPECT_FATAL(INTERLEAVED);
}

TEST_F(managed, behind_key_update)
{
	memcpy(msg, "\30\0\0\1\0", 5);
	ticket(20, 1);
	memmove(msg + 5, msg, 24);
	memcpy(msg, "\30\0\0\1\0", 5);
	PEER(TYPE_HANDSHAKE, msg, 29);
	EXPECT_FATAL(KEY_UPDATE_END);
}

/* A server gets no tickets. */
TEST_F(managed, ticket_to_server)
{
	size_t n = ticket(20, 1);

	close(self->c.fd);
	close(self->c.peer);
	ASSERT_EQ(managed_open(&self->c, &variant->suite, SEALSOCK_MANAGED_SERVER), 0);
	PEER(TYPE_HANDSHAKE, msg, n);
	EXPECT_FATAL(MESSAGE_TYPE);
}

/* A number of them is fine, data between them begins the count anew, and one more is not. */
#define FLOOD(most, type, content, length, after) do {				\
	int f_round, f_i;							\
										\
	for (f_round = 0; f_round < 2; f_round++) {				\
		for (f_i = 0; f_i < (most); f_i++) {				\
			PEER(type, content, length);				\
			after;							\
		}								\
		PEER(TYPE_DATA, "data", 4);					\
		EXPECT_READ("data");						\
	}									\
	for (f_i = 0; f_i <= (most); f_i++) {					\
		PEER(type, content, length);					\
		after;								\
	}									\
	EXPECT_FATAL(FLOOD);							\
} while (0)

TEST_F(managed, flood_key_updates)
{
	FLOOD(SEALSOCK_FLOOD_KEY_UPDATES, TYPE_HANDSHAKE, "\30\0\0\1\0", 5,
	      secret_update(&self->c.rx_secret, &self->c.rx));
}

TEST_F(managed, flood_empty)
{
	FLOOD(SEALSOCK_FLOOD_EMPTY, TYPE_DATA, "", 0, {});
}

TEST_F(managed, flood_warnings)
{
	FLOOD(SEALSOCK_FLOOD_WARNINGS, TYPE_ALERT, "\1\132", 2, {});
}

TEST_F(managed, flood_tickets)
{
	size_t n = ticket(20, 1);

	FLOOD(SEALSOCK_FLOOD_MESSAGES, TYPE_HANDSHAKE, msg, n, {});
}

TEST_F(managed, flood_fragments)
{
	int i;

	ticket(20000, 1);
	for (i = 0; i <= SEALSOCK_FLOOD_FRAGMENTS; i++)
		PEER(TYPE_HANDSHAKE, msg + i, 1);
	EXPECT_FATAL(FLOOD);
}

TEST_HARNESS_MAIN
