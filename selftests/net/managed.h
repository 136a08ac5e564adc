/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Fixture "managed": fd is in managed mode; peer is the plain TCP socket at the other end, where
 * the test itself opens (tx) what fd sends and seals (rx) what fd is to receive.
 */
#ifndef SELFTESTS_NET_MANAGED_H
#define SELFTESTS_NET_MANAGED_H

#include "guard.h"
#include "peer.h"
#include "secret.h"
#include "suites.h"

#include <uapi/sealsock.h>

#define CLOSE_NOTIFY	"\1\0"

/* What SEALSOCK_MANAGED takes, for keys as keys_init() makes them, or for secrets. */
static inline void managed_init(struct sealsock_managed *req, const struct suite *suite,
				uint32_t flags)
{
	memset(req, 0, sizeof(*req));
	req->flags = flags;
	req->version = suite->version;
	req->cipher_type = suite->cipher;
}

/* Secrets (TLS 1.3) or keys (1.2) of one direction, and the wire at the other end of it. */
static inline void managed_keys(struct sealsock_managed_keys *keys, const struct suite *suite,
				uint8_t which, struct secret *secret, struct wire *wire)
{
	if (suite->version == TLS_1_3_VERSION) {
		secret_init(secret, suite->cipher, which);
		memcpy(keys->secret, secret->bytes, secret->len);
		secret_wire(secret, suite->cipher, wire);
	} else {
		struct keys plain;
		struct key_parts part;

		keys_init(&plain, suite, which);
		part = keys_parts(&plain);
		/* The handshake's Finished was 0, and GCM's nonce is the number. */
		memset(part.seq, 0, 8);
		part.seq[7] = 1;
		if (part.salt_len)
			memcpy(part.iv, part.seq, 8);
		memcpy(keys->key, part.key, part.key_len);
		memcpy(keys->iv, part.salt_len ? part.salt : part.iv,
		       part.salt_len ? part.salt_len : part.iv_len);
		keys->sequence = 1;
		wire_init(wire, &plain);
	}
}

static inline int managed_set(int fd, const struct sealsock_managed *req)
{
	return setsockopt(fd, SOL_TLS, SEALSOCK_MANAGED, req, sizeof(*req));
}

static inline struct sealsock_end managed_end(int fd)
{
	struct sealsock_end end = { .reason = ~0u };
	socklen_t len = sizeof(end);

	if (getsockopt(fd, SOL_TLS, SEALSOCK_END, &end, &len))
		end.error = errno;
	return end;
}

static inline int managed_update(int fd, uint32_t flags, uint64_t records, uint64_t bytes)
{
	struct sealsock_key_update req = {
		.flags = flags, .after_records = records, .after_bytes = bytes,
	};

	return setsockopt(fd, SOL_TLS, SEALSOCK_KEY_UPDATE, &req, sizeof(req));
}

struct managed {
	int fd, peer;
	struct wire tx, rx;
	struct secret tx_secret, rx_secret;
};

/* A connection whose fd is managed. 0, or -1 with errno and what there is of it open. */
static inline int managed_open(struct managed *c, const struct suite *suite, uint32_t flags)
{
	struct sealsock_managed req;
	int fd[2];

	if (tcp_pair(AF_INET, fd))
		return -1;
	c->fd = fd[0];
	c->peer = fd[1];
	/* What the test has sent is there, whatever was acknowledged. */
	if (set_int(c->peer, IPPROTO_TCP, TCP_NODELAY, 1) || ulp_attach(c->fd))
		return -1;
	managed_init(&req, suite, flags);
	managed_keys(&req.tx, suite, 1, &c->tx_secret, &c->tx);
	managed_keys(&req.rx, suite, 2, &c->rx_secret, &c->rx);
	return managed_set(c->fd, &req);
}

FIXTURE(managed)
{
	struct managed c;
	bool v13;
};

FIXTURE_VARIANT(managed)
{
	struct suite suite;
};

FIXTURE_SETUP(managed)
{
	self->v13 = variant->suite.version == TLS_1_3_VERSION;
	self->c.fd = -1;
	self->c.peer = -1;
	ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0) {
		TH_LOG("managed: %s", strerror(errno));
	}
}

FIXTURE_TEARDOWN(managed)
{
	close(self->c.fd);
	close(self->c.peer);
}

/* The peer sends a record. */
#define PEER(type, data, len) \
	ASSERT_EQ(wire_send(&self->c.rx, self->c.peer, type, data, len, 0), 0)

/* The program reads that and no more. */
#define EXPECT_READ(text) do {								\
	char read_buf[256] = "";							\
											\
	EXPECT_EQ(read(self->c.fd, read_buf, sizeof(read_buf)), (ssize_t)strlen(text)) {	\
		TH_LOG("read: %s", strerror(errno));					\
	}										\
	EXPECT_STREQ(read_buf, text);							\
} while (0)

/* A read fails, now and again, and poll says so before. */
#define EXPECT_ERROR(error) do {							\
	char err_buf[16];								\
											\
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE) & (POLLIN | POLLERR), POLLIN | POLLERR); \
	EXPECT_EQ(read(self->c.fd, err_buf, 16), -1);					\
	EXPECT_EQ(errno, error);							\
	EXPECT_EQ(recv(self->c.fd, err_buf, 16, MSG_DONTWAIT), -1);			\
	EXPECT_EQ(errno, error);							\
} while (0)

/* The peer opens a record of that type and content. */
#define EXPECT_WIRE(want_type, data, length) do {					\
	static uint8_t wire_buf[RECORD_MAX + 256];					\
	uint8_t wire_type = 0;								\
	ssize_t wire_len = wire_recv(&self->c.tx, self->c.peer, &wire_type, wire_buf);	\
											\
	EXPECT_EQ(wire_len, (ssize_t)(length)) {					\
		TH_LOG("record: %s", self->c.tx.why);					\
	}										\
	EXPECT_EQ(wire_type, want_type);						\
	EXPECT_EQ(memcmp(wire_buf, data, length), 0);					\
} while (0)

#endif
