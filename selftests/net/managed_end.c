// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* How a managed connection ends: close_notify, TCP's end without it, alerts of either side. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>

ADD_SUITE(managed, 12_aes_gcm_128, 2, AES_GCM_128);
ADD_SUITE(managed, 12_chacha20_poly1305, 2, CHACHA20_POLY1305);
ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_aes_gcm_256, 3, AES_GCM_256);

#define EXPECT_END(why, err, received, sent) do {				\
	struct sealsock_end end = managed_end(self->c.fd);			\
										\
	EXPECT_EQ(end.reason, SEALSOCK_REASON_##why);				\
	EXPECT_EQ(end.error, err);						\
	EXPECT_EQ(end.alert_received, received);				\
	EXPECT_EQ(end.alert_sent, sent);					\
} while (0)

#define EXPECT_EOF() do {							\
	char eof_buf[8];							\
										\
	EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLRDHUP, PATIENCE) & ~POLLOUT,	\
		  POLLIN | POLLRDHUP);						\
	EXPECT_EQ(read(self->c.fd, eof_buf, 8), 0);				\
	EXPECT_EQ(recv(self->c.fd, eof_buf, 8, MSG_DONTWAIT), 0);		\
} while (0)

/* A write fails, with the signal or without it. */
#define EXPECT_EPIPE() do {							\
	signal(SIGPIPE, SIG_IGN);						\
	EXPECT_EQ(write(self->c.fd, "x", 1), -1);				\
	EXPECT_EQ(errno, EPIPE);						\
} while (0)

/* What is counted, a connection each. */
TEST_F(managed, counters)
{
	static const char *const names[] = { "TlsManaged", "TlsCloseSent", "TlsCloseReceived",
					     "TlsCut", "TlsAlertSent", "TlsAlertReceived" };
	long before[ARRAY_SIZE(names)];
	size_t i;
	int way;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		before[i] = counter(names[i]);
	for (way = 0; way < 4; way++) {
		close(self->c.fd);
		close(self->c.peer);
		ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);
		if (way == 3) {
			shutdown(self->c.peer, SHUT_WR);
		} else {
			static const struct { uint8_t type, content[2]; } ends[] = {
				{ TYPE_ALERT, { 1, 0 } }, { TYPE_ALERT, { 2, 40 } },
				{ TYPE_CCS, { 1, 1 } },
			};

			PEER(ends[way].type, ends[way].content, 2);
		}
		EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE) & POLLIN, POLLIN);
		shutdown(self->c.fd, SHUT_WR);
	}
	/* The fixture's own socket was closed as well. */
	EXPECT_EQ(counter(names[0]) - before[0], 4);
	EXPECT_EQ(counter(names[1]) - before[1], 3);
	for (i = 2; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(counter(names[i]) - before[i], 1) {
			TH_LOG("%s", names[i]);
		}
	}
}

TEST_F(managed, shutdown_sends)
{
	EXPECT_EQ(write(self->c.fd, "last ", 5), 5);
	EXPECT_EQ(send(self->c.fd, "words", 5, MSG_MORE), 5);
	EXPECT_EQ(shutdown(self->c.fd, SHUT_WR), 0);
	EXPECT_WIRE(TYPE_DATA, "last ", 5);
	EXPECT_WIRE(TYPE_DATA, "words", 5);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(wire_recv(&self->c.tx, self->c.peer, &(uint8_t){ 0 }, (uint8_t[512]){}),
		  WIRE_EOF);
	EXPECT_EPIPE();
	EXPECT_END(NONE, 0, 0, SEALSOCK_ALERT);
	/* The other half is open. */
	PEER(TYPE_DATA, "answer", 6);
	EXPECT_READ("answer");
	PEER(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
	EXPECT_READ("");
	/* Once is enough. */
	EXPECT_EQ(shutdown(self->c.fd, SHUT_WR), 0);
	EXPECT_EQ(close(self->c.fd), 0);
	self->c.fd = -1;
	EXPECT_EQ(recv(self->c.peer, &(char){ 0 }, 1, 0), 0);
}

TEST_F(managed, close_sends)
{
	EXPECT_EQ(write(self->c.fd, "last", 4), 4);
	EXPECT_EQ(send(self->c.fd, "words", 5, MSG_MORE), 5);
	close(self->c.fd);
	self->c.fd = -1;
	EXPECT_WIRE(TYPE_DATA, "last", 4);
	EXPECT_WIRE(TYPE_DATA, "words", 5);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(recv(self->c.peer, &(char){ 0 }, 1, 0), 0);
}

/* SO_LINGER with no time is a reset, and nothing else. */
TEST_F(managed, linger_zero)
{
	struct linger linger = { 1, 0 };

	ASSERT_EQ(setsockopt(self->c.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(self->c.fd);
	self->c.fd = -1;
	EXPECT_EQ(recv(self->c.peer, &(char){ 0 }, 1, 0), -1);
	EXPECT_EQ(errno, ECONNRESET);
}

/* A full send buffer: the call does not wait for the peer, and nothing is lost. */
TEST_F(managed, close_full)
{
	size_t len = 4 * MIB, n = 0;
	uint8_t *data = pattern_alloc(len);
	static uint8_t buf[RECORD_MAX + 256];
	size_t bytes = 0;
	uint8_t type;
	ssize_t r;

	while ((r = send(self->c.fd, data + n, 50000, MSG_DONTWAIT)) > 0)
		n += r;
	ASSERT_GT(n, 0);
	close(self->c.fd);
	self->c.fd = -1;
	while ((r = wire_recv(&self->c.tx, self->c.peer, &type, buf)) >= 0 && type == TYPE_DATA) {
		EXPECT_EQ(pattern_check(buf, bytes, r), -1);
		bytes += r;
	}
	EXPECT_EQ(bytes, n);
	EXPECT_EQ(type, TYPE_ALERT);
	EXPECT_EQ(r, 2);
	free(data);
}

/* An unread ticket, KeyUpdate or close_notify resets nothing: the last data arrives. */
TEST_F(managed, close_with_unread_control)
{
	static const uint8_t ticket[] = { 4, 0, 0, 14, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 1, 9, 0, 0 };
	char buf[8];

	if (self->v13) {
		PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
		PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
	}
	EXPECT_EQ(write(self->c.fd, "last", 4), 4);
	PEER(TYPE_ALERT, CLOSE_NOTIFY, 2);
	/* And bytes behind it, which are nobody's. */
	ASSERT_EQ(send(self->c.peer, "behind the end", 14, 0), 14);
	usleep(50000);
	close(self->c.fd);
	self->c.fd = -1;
	usleep(50000);
	EXPECT_WIRE(TYPE_DATA, "last", 4);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(recv(self->c.peer, buf, 8, 0), 0);
}

TEST_F(managed, close_notify)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	int ep = epoll_create1(0);

	ASSERT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, self->c.fd, &event), 0);
	EXPECT_EQ(epoll_wait(ep, &event, 1, 100), 0);
	PEER(TYPE_DATA, "data", 4);
	PEER(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(epoll_wait(ep, &event, 1, PATIENCE), 1);
	EXPECT_EQ(event.events & EPOLLIN, EPOLLIN);
	EXPECT_READ("data");
	EXPECT_EOF();
	EXPECT_END(CLOSE_NOTIFY, 0, SEALSOCK_ALERT, 0);
	/* TCP's end behind it changes nothing, nor does what follows it. */
	ASSERT_EQ(send(self->c.peer, "rubbish", 7, 0), 7);
	shutdown(self->c.peer, SHUT_WR);
	usleep(50000);
	EXPECT_EOF();
	EXPECT_END(CLOSE_NOTIFY, 0, SEALSOCK_ALERT, 0);
	EXPECT_EQ(write(self->c.fd, "open", 4), 4);
	EXPECT_WIRE(TYPE_DATA, "open", 4);
	close(ep);
}

TEST_F(managed, cut)
{
	char buf[8];

	PEER(TYPE_DATA, "data", 4);
	shutdown(self->c.peer, SHUT_WR);
	EXPECT_READ("data");
	EXPECT_ERROR(ENOLINK);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN | POLLRDHUP, 100) & ~POLLOUT,
		  POLLIN | POLLRDHUP | POLLERR);
	EXPECT_END(CUT, ENOLINK, 0, 0);
	EXPECT_EQ(recv(self->c.fd, buf, 8, MSG_PEEK), -1);
	EXPECT_EQ(errno, ENOLINK);
	/* Nothing is wrong with the other half. */
	EXPECT_EQ(write(self->c.fd, "open", 4), 4);
	EXPECT_WIRE(TYPE_DATA, "open", 4);
}

/* In the middle of a record. */
TEST_F(managed, cut_inside)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(&self->c.rx, TYPE_DATA, "data", 4, 0, rec);

	ASSERT_EQ(send(self->c.peer, rec, n - 1, 0), n - 1);
	shutdown(self->c.peer, SHUT_WR);
	EXPECT_ERROR(ENOLINK);
	EXPECT_END(CUT, ENOLINK, 0, 0);
}

/* TCP says first that it was reset; after that it is no end of file either. */
TEST_F(managed, reset)
{
	struct linger linger = { 1, 0 };
	char buf[8];

	setsockopt(self->c.peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(self->c.peer);
	self->c.peer = -1;
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE) & (POLLIN | POLLERR), POLLIN | POLLERR);
	EXPECT_EQ(read(self->c.fd, buf, 8), -1);
	EXPECT_EQ(errno, ECONNRESET);
	EXPECT_EQ(read(self->c.fd, buf, 8), -1);
	EXPECT_EQ(errno, ENOLINK);
}

TEST_F(managed, end_unsigned)
{
	close(self->c.fd);
	close(self->c.peer);
	ASSERT_EQ(managed_open(&self->c, &variant->suite, SEALSOCK_MANAGED_END_UNSIGNED), 0);
	PEER(TYPE_DATA, "data", 4);
	shutdown(self->c.peer, SHUT_WR);
	EXPECT_READ("data");
	EXPECT_EOF();
	EXPECT_END(CUT, 0, 0, 0);
}

/* We have shut down reading: no cut. */
TEST_F(managed, shut_read)
{
	EXPECT_EQ(shutdown(self->c.fd, SHUT_RD), 0);
	EXPECT_READ("");
	EXPECT_EQ(write(self->c.fd, "open", 4), 4);
	EXPECT_WIRE(TYPE_DATA, "open", 4);
	EXPECT_EQ(shutdown(self->c.fd, SHUT_RDWR), 0);
	EXPECT_WIRE(TYPE_ALERT, CLOSE_NOTIFY, 2);
}

TEST_F(managed, alert_received)
{
	PEER(TYPE_DATA, "data", 4);
	PEER(TYPE_ALERT, "\2\50", 2);	/* handshake_failure */
	EXPECT_READ("data");
	EXPECT_ERROR(EPROTO);
	EXPECT_END(ALERT, EPROTO, SEALSOCK_ALERT | 40, 0);
	EXPECT_EPIPE();
	close(self->c.fd);
	self->c.fd = -1;
	/* Nothing answers an alert. */
	EXPECT_EQ(recv(self->c.peer, &(char){ 0 }, 1, 0), 0);
}

/* A writer hears of it too. */
TEST_F(managed, alert_while_writing)
{
	PEER(TYPE_ALERT, "\2\50", 2);
	EXPECT_EPIPE();
	EXPECT_END(ALERT, EPROTO, SEALSOCK_ALERT | 40, 0);
}

/* What the peer does wrong, and what it is told; then nothing but TCP's end. */
#define EXPECT_REFUSAL(why, err, alert) do {					\
	EXPECT_READ("data");							\
	EXPECT_ERROR(err);							\
	EXPECT_END(why, err, 0, SEALSOCK_ALERT | (alert));			\
	EXPECT_WIRE(TYPE_ALERT, ((uint8_t[]){ 2, alert }), 2);			\
	EXPECT_EPIPE();								\
	close(self->c.fd);							\
	self->c.fd = -1;							\
	EXPECT_EQ(recv(self->c.peer, &(char){ 0 }, 1, 0), 0);			\
} while (0)

TEST_F(managed, not_authentic)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(&self->c.rx, TYPE_DATA, "data", 4, 0, rec);

	n += wire_seal(&self->c.rx, TYPE_DATA, "bad", 3, 0, rec + n);
	n += wire_seal(&self->c.rx, TYPE_DATA, "behind", 6, 0, rec + n);
	rec[n - 40] ^= 1;
	ASSERT_EQ(send(self->c.peer, rec, n, 0), n);
	EXPECT_REFUSAL(NOT_AUTHENTIC, EBADMSG, 20);
}

TEST_F(managed, too_long)
{
	PEER(TYPE_DATA, "data", 4);
	ASSERT_EQ(send(self->c.peer, "\27\3\3\110\0", 5, 0), 5);
	EXPECT_REFUSAL(RECORD_HEADER, EPROTO, 22);
}

TEST_F(managed, wrong_version)
{
	PEER(TYPE_DATA, "data", 4);
	ASSERT_EQ(send(self->c.peer, "\27\3\1\1\0", 5, 0), 5);
	EXPECT_REFUSAL(RECORD_HEADER, EPROTO, 70);
}

TEST_F(managed, too_short)
{
	PEER(TYPE_DATA, "data", 4);
	ASSERT_EQ(send(self->c.peer, "\27\3\3\0\1", 5, 0), 5);
	EXPECT_REFUSAL(RECORD_HEADER, EPROTO, 20);
}

/* In the clear it is out of turn before it is too short. */
TEST_F(managed, plain_change_cipher_spec)
{
	PEER(TYPE_DATA, "data", 4);
	ASSERT_EQ(send(self->c.peer, "\24\3\3\0\1\1", 6, 0), 6);
	EXPECT_REFUSAL(RECORD_HEADER, EPROTO, self->v13 ? 10 : 20);
}

TEST_F(managed, wrong_type)
{
	PEER(TYPE_DATA, "data", 4);
	PEER(TYPE_CCS, "\1", 1);
	EXPECT_REFUSAL(RECORD_TYPE, EPROTO, 10);
}

TEST_F(managed, wrong_message)
{
	PEER(TYPE_DATA, "data", 4);
	PEER(TYPE_HANDSHAKE, "\24\0\0\0", 4);
	EXPECT_REFUSAL(MESSAGE_TYPE, EPROTO, 10);
}

TEST_F(managed, not_an_alert)
{
	PEER(TYPE_DATA, "data", 4);
	PEER(TYPE_ALERT, "\1", 1);
	EXPECT_REFUSAL(ALERT_FORM, EPROTO, 50);
}

TEST_F(managed, only_padding)
{
	uint8_t rec[WIRE_MAX];
	size_t n;

	if (!self->v13)
		return;
	PEER(TYPE_DATA, "data", 4);
	n = wire_seal_inner(&self->c.rx, TYPE_DATA, "\0\0\0", 3, rec);
	ASSERT_EQ(send(self->c.peer, rec, n, 0), n);
	EXPECT_REFUSAL(PADDING, EPROTO, 10);
}

/* Whoever only polls, or only writes, sends the alert as well. */
TEST_F(managed, refused_by_poller)
{
	ASSERT_EQ(send(self->c.peer, "\27\3\3\110\0", 5, 0), 5);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE) & (POLLIN | POLLERR), POLLIN | POLLERR);
	EXPECT_WIRE(TYPE_ALERT, "\2\26", 2);
}

/* Alerts and KeyUpdates are not the program's to send. */
TEST_F(managed, control_refused)
{
	EXPECT_EQ(send_type(self->c.fd, TYPE_ALERT, CLOSE_NOTIFY, 2, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(send_type(self->c.fd, TYPE_HANDSHAKE, "\30\0\0\1\0", 5, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(write(self->c.fd, "data", 4), 4);
	EXPECT_WIRE(TYPE_DATA, "data", 4);
}

/* An alert that ends nothing. */
TEST_F(managed, warning)
{
	/* user_canceled; no_renegotiation */
	PEER(TYPE_ALERT, self->v13 ? "\1\132" : "\1\144", 2);
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 200), 0);
	PEER(TYPE_DATA, "data", 4);
	EXPECT_READ("data");
	EXPECT_END(NONE, 0, 0, 0);
}

/* HelloRequest at a client of TLS 1.2, ClientHello at a server: refused three times. */
TEST_F(managed, renegotiation)
{
	int i, server;

	if (self->v13)
		return;
	for (server = 0; server < 2; server++) {
		const char *hello = server ? "\1\0\0\3abc" : "\0\0\0\0";
		size_t len = server ? 7 : 4;

		close(self->c.fd);
		close(self->c.peer);
		ASSERT_EQ(managed_open(&self->c, &variant->suite,
				       server ? SEALSOCK_MANAGED_SERVER : 0), 0);
		for (i = 0; i < 3; i++) {
			PEER(TYPE_HANDSHAKE, hello, len);
			PEER(TYPE_DATA, "data", 4);
			EXPECT_READ("data");
			EXPECT_WIRE(TYPE_ALERT, "\1\144", 2);
		}
		PEER(TYPE_HANDSHAKE, hello, len);
		EXPECT_ERROR(EPROTO);
		EXPECT_END(FLOOD, EPROTO, 0, SEALSOCK_ALERT | 10);
		EXPECT_WIRE(TYPE_ALERT, "\2\12", 2);
	}
}

TEST_HARNESS_MAIN
