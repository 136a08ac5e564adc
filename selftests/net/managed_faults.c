// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Managed mode with each allocation, and each copy from or to the user, failed in turn
 * (/proc/thread-self/fail-nth of a debug kernel): install, KeyUpdate, close and alerts.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "fault.h"
#include "managed.h"

#include <fcntl.h>
#include <poll.h>

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(managed, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

static const uint8_t update[] = { 24, 0, 0, 1, 0 };
static const uint8_t request[] = { 24, 0, 0, 1, 1 };
static const uint8_t ticket[] = { 4, 0, 0, 14, 0, 1, 1, 1, 2, 2, 2, 2, 0, 0, 1, 9, 0, 0 };

/* A fresh connection, prepare, the call with its nth fault, check; until none is left to fail. */
#define EACH_FAULT(prepare, result, call, check) EACH({				\
	close(self->c.fd);								\
	close(self->c.peer);								\
	ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);			\
	prepare;									\
}, result, call, check)

static struct sealsock_dir_info tx_info(int fd)
{
	struct sealsock_sock_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_TLS, SEALSOCK_INFO, &info, &len);
	return info.tx;
}

/* The cipher had no memory for a record: nothing is sent any more. */
static bool finished(int fd)
{
	return tx_info(fd).state == SEALSOCK_DIR_FAILED;
}

TEST_F(managed, install)
{
	struct sealsock_managed req;
	struct secret secret[2];
	struct wire wire[2];
	uint8_t prefix[WIRE_MAX];
	char buf[16];
	int fd[2], r;

	fd[0] = -1;
	fd[1] = -1;
	EACH_FAULT({
		close(fd[0]);
		close(fd[1]);
		ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		ASSERT_EQ(ulp_attach(fd[0]), 0);
		managed_init(&req, &variant->suite, 0);
		managed_keys(&req.tx, &variant->suite, 1, &secret[0], &wire[0]);
		managed_keys(&req.rx, &variant->suite, 2, &secret[1], &wire[1]);
		req.prefix = (uintptr_t)prefix;
		req.prefix_len = wire_seal(&wire[1], TYPE_DATA, "read", 4, 0, prefix);
	}, r, managed_set(fd[0], &req), {
		if (r) {
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
			/* Nothing has changed, and it can be had. */
			ASSERT_EQ(send(fd[0], "x", 1, 0), 1);
			ASSERT_EQ(recv(fd[1], buf, 2, 0), 1);
			ASSERT_EQ(managed_set(fd[0], &req), 0);
		}
		EXPECT_EQ(recv(fd[0], buf, 16, 0), 4);
		EXPECT_EQ(memcmp(buf, "read", 4), 0);
	});
	close(fd[0]);
	close(fd[1]);
}

/* A KeyUpdate that asks for one, between data: nothing is lost, the answer comes. */
TEST_F(managed, key_update)
{
	char buf[16];
	ssize_t r;

	EACH_FAULT({
		PEER(TYPE_DATA, "one", 3);
		PEER(TYPE_HANDSHAKE, request, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
		PEER(TYPE_DATA, "two", 3);
	}, r, recv(self->c.fd, buf, 6, MSG_DONTWAIT), {
		if (r < 0)
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
		r = r > 0 ? r : 0;
		EXPECT_EQ(recv_full(self->c.fd, buf + r, 6 - r), 6 - r);
		EXPECT_EQ(memcmp(buf, "onetwo", 6), 0);
		EXPECT_EQ(write(self->c.fd, "back", 4), 4);
		EXPECT_WIRE(TYPE_HANDSHAKE, update, 5);
		secret_update(&self->c.tx_secret, &self->c.tx);
		EXPECT_WIRE(TYPE_DATA, "back", 4);
	});
}

/* The same met by a writer, and by poll(). */
TEST_F(managed, key_update_by_writer)
{
	ssize_t r;

	EACH_FAULT({
		PEER(TYPE_HANDSHAKE, request, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
	}, r, write(self->c.fd, "back", 4), {
		/* What there was no memory to open is answered by the next call. */
		if (r == 4 && tx_info(self->c.fd).generation == 1)
			EXPECT_WIRE(TYPE_DATA, "back", 4);
		if (r < 0 || tx_info(self->c.fd).generation == 1)
			EXPECT_EQ(write(self->c.fd, "back", 4), 4);
		EXPECT_WIRE(TYPE_HANDSHAKE, update, 5);
		secret_update(&self->c.tx_secret, &self->c.tx);
		EXPECT_WIRE(TYPE_DATA, "back", 4);
	});
}

TEST_F(managed, poll)
{
	struct pollfd p = { .events = POLLIN };
	int r;

	EACH_FAULT({
		PEER(TYPE_HANDSHAKE, request, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
		PEER(TYPE_DATA, "data", 4);
		p.fd = self->c.fd;
	}, r, poll(&p, 1, 0), {
		if (r >= 0)
			EXPECT_EQ(p.revents & POLLIN, POLLIN);
		EXPECT_READ("data");
	});
}

/* Of the open record: in pieces, none, or all of it filling chunks of the cipher. */
static const size_t lengths[] = { 4, 64, 4099, 16383 };

/* What MSG_MORE left open arrives, whatever there was no memory for. */
#define EXPECT_OPEN(n) do {								\
	static uint8_t open_buf[RECORD_MAX + 256];					\
	uint8_t open_type = 0;								\
											\
	EXPECT_EQ(wire_recv(&self->c.tx, self->c.peer, &open_type, open_buf), (ssize_t)(n)); \
	EXPECT_EQ(open_type, TYPE_DATA);						\
	EXPECT_EQ(pattern_check(open_buf, 0, n), -1);					\
} while (0)

/* What was written arrives, whatever becomes of close_notify. */
TEST_F(managed, shutdown)
{
	uint8_t data[16384];
	size_t i;
	int r;

	pattern(data, 0, sizeof(data));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		EACH_FAULT({
			ASSERT_EQ(send(self->c.fd, data, lengths[i], MSG_MORE), lengths[i]);
		}, r, shutdown(self->c.fd, SHUT_WR), {
			EXPECT_EQ(r, 0);
			EXPECT_FALSE(finished(self->c.fd));
			EXPECT_OPEN(lengths[i]);
		});
	}
}

TEST_F(managed, close)
{
	uint8_t data[16384];
	size_t i;
	int r;

	pattern(data, 0, sizeof(data));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		EACH_FAULT({
			ASSERT_EQ(send(self->c.fd, data, lengths[i], MSG_MORE), lengths[i]);
		}, r, close(self->c.fd), {
			EXPECT_EQ(r, 0);
			self->c.fd = -1;
			EXPECT_OPEN(lengths[i]);
		});
	}
}

/* The KeyUpdate that goes before it, or the call has failed; and then itself. */
TEST_F(managed, key_update_before_open_record)
{
	uint8_t data[4099];
	int r;

	pattern(data, 0, sizeof(data));
	EACH_FAULT({
		ASSERT_EQ(send(self->c.fd, data, sizeof(data), MSG_MORE), sizeof(data));
	}, r, managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), {
		if (r)
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
		EXPECT_EQ(shutdown(self->c.fd, SHUT_WR), 0);
		if (!r) {
			EXPECT_WIRE(TYPE_HANDSHAKE, update, 5);
			secret_update(&self->c.tx_secret, &self->c.tx);
		}
		EXPECT_OPEN(sizeof(data));
	});
}

/* A fatal alert, met by poll(): it comes, once there is memory, and is told. */
TEST_F(managed, alert)
{
	struct pollfd p = { .events = POLLIN };
	char buf[8];
	int r;

	EACH_FAULT({
		PEER(TYPE_ALERT, "\2\50", 2);
		p.fd = self->c.fd;
	}, r, poll(&p, 1, 0), {
		EXPECT_EQ(recv(self->c.fd, buf, 8, 0), -1);
		EXPECT_EQ(errno, EPROTO);
		EXPECT_EQ(managed_end(self->c.fd).alert_received, SEALSOCK_ALERT | 40);
	});
}

/* A ticket is kept, or counted as dropped; what comes behind it is not touched by that. */
TEST_F(managed, ticket)
{
	struct sealsock_sock_info info;
	socklen_t len;
	char buf[8];
	ssize_t r;

	EACH_FAULT({
		PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
		PEER(TYPE_DATA, "data", 4);
	}, r, recv(self->c.fd, buf, 4, MSG_DONTWAIT), {
		if (r < 0) {
			EXPECT_TRUE(errno == ENOMEM || errno == EFAULT);
			EXPECT_EQ(recv(self->c.fd, buf, 4, 0), 4);
		}
		EXPECT_EQ(memcmp(buf, "data", 4), 0);
		len = sizeof(info);
		EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_INFO, &info, &len), 0);
		EXPECT_EQ(info.messages + info.messages_dropped, 1);
	});
}

/* Taking it: it stays where the call fails. */
TEST_F(managed, message)
{
	struct pollfd p = { .events = POLLIN };
	uint8_t buf[64];
	socklen_t len;
	int r;

	EACH_FAULT({
		PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
		p.fd = self->c.fd;
		poll(&p, 1, 50);
		len = sizeof(buf);
	}, r, getsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, buf, &len), {
		if (r) {
			EXPECT_EQ(errno, EFAULT);
			len = sizeof(buf);
			EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, buf, &len), 0);
		}
		EXPECT_EQ(len, sizeof(ticket));
		EXPECT_EQ(memcmp(buf, ticket, sizeof(ticket)), 0);
	});
}

/* A server's ticket: it goes, or nothing has been sent, or the cipher failed. */
TEST_F(managed, message_of_ours)
{
	int r;

	EACH_FAULT({
		close(self->c.fd);
		close(self->c.peer);
		ASSERT_EQ(managed_open(&self->c, &variant->suite, SEALSOCK_MANAGED_SERVER), 0);
	}, r, setsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, ticket, sizeof(ticket)), {
		if (finished(self->c.fd)) {
			EXPECT_EQ(errno, EBADMSG);
			continue;
		}
		/* What TCP had no memory for goes with the next call. */
		EXPECT_EQ(write(self->c.fd, "data", 4), 4);
		if (!r)
			EXPECT_WIRE(TYPE_HANDSHAKE, ticket, sizeof(ticket));
		EXPECT_WIRE(TYPE_DATA, "data", 4);
	});
}

/* Our own KeyUpdate: the option holds whatever fails behind it. */
TEST_F(managed, key_update_of_ours)
{
	int r;

	EACH_FAULT({}, r, managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), {
		if (r)
			EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), 0);
		EXPECT_EQ(write(self->c.fd, "data", 4), 4);
		EXPECT_WIRE(TYPE_HANDSHAKE, update, 5);
		secret_update(&self->c.tx_secret, &self->c.tx);
		EXPECT_WIRE(TYPE_DATA, "data", 4);
	});
}

/* Not authentic: the error comes, once there is memory, and stays. */
TEST_F(managed, refusal)
{
	uint8_t rec[WIRE_MAX];
	char buf[16];
	int r;
	size_t n;

	EACH_FAULT({
		n = wire_seal(&self->c.rx, TYPE_DATA, "bad", 3, 0, rec);
		rec[n - 1] ^= 1;
		ASSERT_EQ(send(self->c.peer, rec, n, 0), n);
	}, r, recv(self->c.fd, buf, 6, MSG_DONTWAIT) == -1, {
		EXPECT_EQ(r, 1);
		EXPECT_EQ(recv(self->c.fd, buf, 6, MSG_DONTWAIT), -1);
		EXPECT_EQ(errno, EBADMSG);
	});
}

TEST_HARNESS_MAIN
