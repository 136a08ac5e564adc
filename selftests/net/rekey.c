// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* TLS 1.3 key update by userspace: TLS_TX and TLS_RX a second time. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

/* key_update, one byte, update_not_requested (RFC 8446 §4.6.3) */
static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };
static const uint8_t ticket[] = { 4, 0, 0, 2, 1, 2 };

static uint8_t got[RECORD_MAX + 256];

FIXTURE(rekey)
{
	int fd, peer;
	struct wire tx, rx;
	unsigned int generation;
};

FIXTURE_VARIANT(rekey)
{
	struct suite suite;
};

ADD_SUITE(rekey, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(rekey, 13_aes_gcm_256, 3, AES_GCM_256);
ADD_SUITE(rekey, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

FIXTURE_SETUP(rekey)
{
	struct keys keys;
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	self->fd = fd[0];
	self->peer = fd[1];
	ASSERT_EQ(ulp_attach(self->fd), 0);
	keys_init(&keys, &variant->suite, 0);
	wire_init(&self->tx, &keys);
	wire_init(&self->rx, &keys);
	ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
	ASSERT_EQ(keys_set(self->fd, TLS_RX, &keys), 0);
}

FIXTURE_TEARDOWN(rekey)
{
	close(self->fd);
	close(self->peer);
}

static int rekey_socket(int fd, const struct suite *suite, int direction, unsigned int generation)
{
	struct keys keys;

	keys_init(&keys, suite, generation);
	return keys_set(fd, direction, &keys);
}

static void rekey_wire(struct wire *wire, const struct suite *suite, unsigned int generation)
{
	struct keys keys;

	keys_init(&keys, suite, generation);
	wire_init(wire, &keys);
}

#define NEXT_KEY(direction, gen) \
	ASSERT_EQ(rekey_socket(self->fd, &variant->suite, direction, gen), 0)
#define NEXT_WIRE(wire, gen) rekey_wire(&self->wire, &variant->suite, gen)
#define PEER_SENDS(type, data, len) \
	ASSERT_EQ(wire_send(&self->rx, self->peer, type, data, len, 0), 0)
#define EXPECT_DATA(text) do {							\
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), (ssize_t)strlen(text));	\
	EXPECT_EQ(memcmp(got, text, strlen(text)), 0);				\
} while (0)
#define EXPECT_KEY_UPDATE(flags) do {						\
	uint8_t ku_type;							\
										\
	EXPECT_EQ(recv_type(self->fd, &ku_type, got, sizeof(got), flags), 5);	\
	EXPECT_EQ(ku_type, TYPE_HANDSHAKE);					\
	EXPECT_EQ(memcmp(got, key_update, 5), 0);				\
} while (0)
#define EXPECT_EXPIRED() do {							\
	uint8_t ke_type;							\
										\
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), -1);			\
	EXPECT_EQ(errno, EKEYEXPIRED);						\
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), -1);		\
	EXPECT_EQ(errno, EKEYEXPIRED);						\
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_PEEK), -1);		\
	EXPECT_EQ(errno, EKEYEXPIRED);						\
	EXPECT_EQ(recv_type(self->fd, &ke_type, got, sizeof(got), 0), -1);	\
	EXPECT_EQ(errno, EKEYEXPIRED);						\
} while (0)

TEST_F(rekey, tx)
{
	uint8_t type;
	unsigned int i;

	for (i = 1; i < 5; i++) {
		EXPECT_EQ(send(self->fd, "before", 6, 0), 6);
		EXPECT_EQ(send_type(self->fd, TYPE_HANDSHAKE, key_update, 5, 0), 5);
		NEXT_KEY(TLS_TX, i);
		EXPECT_EQ(send(self->fd, "after", 5, 0), 5);
		EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 6);
		EXPECT_EQ(type, TYPE_DATA);
		EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 5);
		EXPECT_EQ(type, TYPE_HANDSHAKE);
		NEXT_WIRE(tx, i);
		EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 5);
		EXPECT_EQ(memcmp(got, "after", 5), 0);
	}
}

/* A record left open belongs to the key it was opened under... or is sealed whole by the next. */
TEST_F(rekey, tx_open_record)
{
	uint8_t type;

	EXPECT_EQ(send(self->fd, "open", 4, MSG_MORE), 4);
	NEXT_KEY(TLS_TX, 1);
	EXPECT_EQ(send(self->fd, "shut", 4, 0), 4);
	NEXT_WIRE(tx, 1);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 8) {
		TH_LOG("%s", self->tx.why);
	}
	EXPECT_EQ(memcmp(got, "openshut", 8), 0);
}

/* Sealed under the old key and still queued when the new one comes. */
TEST_F(rekey, tx_full_socket)
{
	uint8_t *data = pattern_alloc(4 * MIB);
	struct drain drain = {};
	size_t len = 0;
	uint8_t type;
	ssize_t n;

	while ((n = send(self->fd, data + len, 50000, MSG_DONTWAIT)) > 0)
		len += n;
	ASSERT_GT(len, 0);
	NEXT_KEY(TLS_TX, 1);
	drain_start(&drain, self->peer, &self->tx, len);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, len);
	EXPECT_EQ(send(self->fd, "after", 5, 0), 5);
	NEXT_WIRE(tx, 1);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 5);
	free(data);
}

TEST_F(rekey, rx)
{
	unsigned int i;

	for (i = 1; i < 5; i++) {
		PEER_SENDS(TYPE_DATA, "before", 6);
		PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
		NEXT_WIRE(rx, i);
		PEER_SENDS(TYPE_DATA, "after", 5);
		EXPECT_DATA("before");
		EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), -1);
		EXPECT_EQ(errno, EIO);
		EXPECT_KEY_UPDATE(MSG_PEEK);
		EXPECT_KEY_UPDATE(0);
		EXPECT_EXPIRED();
		NEXT_KEY(TLS_RX, i);
		EXPECT_DATA("after");
	}
}

/* Only KeyUpdate pauses: other handshake messages and alerts do not. */
TEST_F(rekey, other_messages_do_not_pause)
{
	uint8_t type;

	PEER_SENDS(TYPE_HANDSHAKE, ticket, sizeof(ticket));
	PEER_SENDS(TYPE_ALERT, key_update, 2);
	PEER_SENDS(TYPE_DATA, "data", 4);
	EXPECT_EQ(recv_type(self->fd, &type, got, sizeof(got), 0), sizeof(ticket));
	EXPECT_EQ(recv_type(self->fd, &type, got, sizeof(got), 0), 2);
	EXPECT_DATA("data");
}

TEST_F(rekey, before_reading_the_update)
{
	/* Whoever knows already may set the key before reading the message. */
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "after", 5);
	EXPECT_KEY_UPDATE(MSG_PEEK);
	NEXT_KEY(TLS_RX, 1);
	EXPECT_KEY_UPDATE(0);
	EXPECT_DATA("after");
}

TEST_F(rekey, splice_is_expired_too)
{
	int p[2];

	ASSERT_EQ(pipe(p), 0);
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "after", 5);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_KEY_UPDATE(0);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), -1);
	EXPECT_EQ(errno, EKEYEXPIRED);
	NEXT_KEY(TLS_RX, 1);
	EXPECT_EQ(splice(self->fd, NULL, p[1], NULL, 100, 0), 5);
	close(p[0]);
	close(p[1]);
}

TEST_F(rekey, poll_waits_for_the_key)
{
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_KEY_UPDATE(0);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "after", 5);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 100), 0);
	NEXT_KEY(TLS_RX, 1);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_DATA("after");
}

/* A poller that slept through the installation is woken by it, edge-triggered ones too. */
TEST_F(rekey, install_wakes)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0), status;
	pid_t pid;

	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	EXPECT_KEY_UPDATE(0);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "after", 5);
	ASSERT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev), 0);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, 100), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(poll_for(self->fd, POLLIN, PATIENCE) != POLLIN);
	ASSERT_TRUE(falls_asleep(pid));
	NEXT_KEY(TLS_RX, 1);
	EXPECT_EQ(epoll_wait(ep, &ev, 1, PATIENCE), 1);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_DATA("after");
	close(ep);
}

/* The data comes after the key: an ordinary wake-up. */
TEST_F(rekey, data_after_the_key_wakes)
{
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	EXPECT_KEY_UPDATE(0);
	NEXT_KEY(TLS_RX, 1);
	EXPECT_EQ(poll_for(self->fd, POLLIN, 50), 0);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "after", 5);
	EXPECT_EQ(poll_for(self->fd, POLLIN, PATIENCE), POLLIN);
	EXPECT_DATA("after");
}

/* Version and cipher cannot be changed, and what is refused changes nothing. */
TEST_F(rekey, refused)
{
	struct suite other = variant->suite;
	struct keys keys;
	uint8_t type;
	int i;
	static const int both[] = { TLS_TX, TLS_RX };

	for (i = 0; i < 2; i++) {
		other = variant->suite;
		other.version = TLS_1_2_VERSION;
		EXPECT_EQ(rekey_socket(self->fd, &other, both[i], 1), -1);
		EXPECT_EQ(errno, EINVAL);
		other = variant->suite;
		other.cipher = other.cipher == TLS_CIPHER_AES_GCM_128 ?
			       TLS_CIPHER_AES_GCM_256 : TLS_CIPHER_AES_GCM_128;
		EXPECT_EQ(rekey_socket(self->fd, &other, both[i], 1), -1);
		EXPECT_EQ(errno, EINVAL);
		keys_init(&keys, &variant->suite, 1);
		keys.len--;
		EXPECT_EQ(keys_set(self->fd, both[i], &keys), -1);
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(setsockopt(self->fd, SOL_TLS, both[i], NULL, keys.len + 1), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(send(self->fd, "still", 5, 0), 5);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, got), 5);
	PEER_SENDS(TYPE_DATA, "still", 5);
	EXPECT_DATA("still");
}

/* The old key after the update, or the new one before it, opens nothing. */
TEST_F(rekey, wrong_generation)
{
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	PEER_SENDS(TYPE_DATA, "under the old key", 17);
	EXPECT_KEY_UPDATE(0);
	NEXT_KEY(TLS_RX, 1);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), -1);
	EXPECT_EQ(errno, EBADMSG);
}

TEST_F(rekey, getsockopt)
{
	struct keys want, back;
	socklen_t len;

	NEXT_KEY(TLS_TX, 3);
	NEXT_KEY(TLS_RX, 4);
	keys_init(&want, &variant->suite, 3);
	len = want.len;
	EXPECT_EQ(getsockopt(self->fd, SOL_TLS, TLS_TX, &back, &len), 0);
	EXPECT_EQ(memcmp(&back, &want, want.len), 0);
	keys_init(&want, &variant->suite, 4);
	len = want.len;
	EXPECT_EQ(getsockopt(self->fd, SOL_TLS, TLS_RX, &back, &len), 0);
	EXPECT_EQ(memcmp(&back, &want, want.len), 0);
}

TEST_F(rekey, counters)
{
	static const char *names[] = { "TlsTxRekeyOk", "TlsRxRekeyOk", "TlsTxRekeyError",
				       "TlsRxRekeyError", "TlsRxRekeyReceived" };
	struct suite other = variant->suite;
	long before[5];
	int i;

	for (i = 0; i < 5; i++) {
		before[i] = counter(names[i]);
		ASSERT_GE(before[i], 0);
	}
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	EXPECT_KEY_UPDATE(0);
	NEXT_KEY(TLS_TX, 1);
	NEXT_KEY(TLS_RX, 1);
	other.version = TLS_1_2_VERSION;
	EXPECT_EQ(rekey_socket(self->fd, &other, TLS_TX, 1), -1);
	EXPECT_EQ(rekey_socket(self->fd, &other, TLS_RX, 1), -1);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(counter(names[i]), before[i] + 1) {
			TH_LOG("%s", names[i]);
		}
	}
}

/* Data that was opened before the KeyUpdate is still to be had after it. */
TEST_F(rekey, data_before_is_kept)
{
	PEER_SENDS(TYPE_DATA, "0123456789", 10);
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	usleep(50000);
	EXPECT_EQ(recv(self->fd, got, 3, 0), 3);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_PEEK), 7);
	EXPECT_EQ(recv(self->fd, got, 7, MSG_WAITALL), 7);
	EXPECT_EQ(memcmp(got, "3456789", 7), 0);
	EXPECT_KEY_UPDATE(0);
	EXPECT_EXPIRED();
}

/* A KeyUpdate of which userspace took only a part still pauses. */
TEST_F(rekey, update_read_in_parts)
{
	uint8_t type;

	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "after", 5);
	EXPECT_EQ(recv_type(self->fd, &type, got, 2, 0), 2);
	EXPECT_EQ(recv_type(self->fd, &type, got + 2, 10, 0), 3);
	EXPECT_EQ(memcmp(got, key_update, 5), 0);
	EXPECT_EXPIRED();
	NEXT_KEY(TLS_RX, 1);
	EXPECT_DATA("after");
}

TEST_F(rekey, end_of_file_while_expired)
{
	PEER_SENDS(TYPE_HANDSHAKE, key_update, 5);
	EXPECT_KEY_UPDATE(0);
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_GT(poll_for(self->fd, POLLRDHUP, PATIENCE), 0);
	EXPECT_EXPIRED();
	NEXT_KEY(TLS_RX, 1);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), 0);
}

/* After a record that was not authentic no key makes up for what is missing. */
TEST_F(rekey, failed_direction)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(&self->rx, TYPE_DATA, "bad", 3, 0, rec);

	if (!ulp_is_ours())
		SKIP(return, "the kernel's own module takes it");
	rec[n - 1] ^= 1;
	ASSERT_EQ(send_full(self->peer, rec, n, 0), 0);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), 0), -1);
	EXPECT_EQ(errno, EBADMSG);
	EXPECT_EQ(rekey_socket(self->fd, &variant->suite, TLS_RX, 1), -1);
	EXPECT_EQ(errno, EBADMSG);
	NEXT_WIRE(rx, 1);
	PEER_SENDS(TYPE_DATA, "good", 4);
	EXPECT_EQ(recv(self->fd, got, sizeof(got), MSG_DONTWAIT), -1);
	EXPECT_EQ(errno, EBADMSG);
	/* The other direction is none the worse. */
	NEXT_KEY(TLS_TX, 1);
	NEXT_WIRE(tx, 1);
	EXPECT_EQ(send(self->fd, "fine", 4, 0), 4);
	EXPECT_EQ(wire_recv(&self->tx, self->peer, &(uint8_t){ 0 }, got), 4);
}

TEST_HARNESS_MAIN
