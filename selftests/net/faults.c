// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Fails each allocation, and each copy from or to the user, of a call in turn
 * (/proc/self/fail-nth of a debug kernel): the call gives a clean errno or succeeds, and the same
 * call without faults then works, with every byte in place. Where the cipher itself had no memory
 * the number of a record is used up, and the direction is finished: nothing after what was sent.
 *
 * SEALSOCK_FAULTS_VERBOSE=1 puts each fault's stack into the kernel's log.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "fault.h"
#include "guard.h"
#include "peer.h"
#include "suites.h"

#include <uapi/sealsock.h>
#include <poll.h>
#include <sched.h>
#include <sys/sendfile.h>

#define LEN		40000	/* three records, the last one short */

static uint8_t data[LEN], got[LEN];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

/* Its open records, both ways, take what the processor keeps for the next: see spare_take(). */
static int spare[2] = { -1, -1 };
static struct wire spare_rx;

static void spare_drop(void)
{
	close(spare[0]);
	close(spare[1]);
	spare[0] = -1;
	spare[1] = -1;
}

/* From here on this processor, to which the test is tied, keeps nothing: it has to be allocated. */
static bool spare_take(void)
{
	static const struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };
	struct keys keys, rx;
	uint8_t waste[4096];
	cpu_set_t cpu;

	if (spare[0] < 0) {
		CPU_ZERO(&cpu);
		CPU_SET(sched_getcpu(), &cpu);
		keys_init(&keys, &suite, 0);
		keys_init(&rx, &suite, 1);
		wire_init(&spare_rx, &rx);
		if (sched_setaffinity(0, sizeof(cpu), &cpu) || tcp_pair(AF_INET, spare) ||
		    ulp_attach(spare[0]) || keys_set(spare[0], TLS_TX, &keys) ||
		    keys_set(spare[0], TLS_RX, &rx))
			return false;
	}
	while (recv(spare[1], waste, sizeof(waste), MSG_DONTWAIT) > 0)
		continue;
	/* Gives back what it has, and takes what there is then; last what every record needs. */
	recv(spare[0], waste, 1, MSG_DONTWAIT);
	return !wire_send(&spare_rx, spare[1], TYPE_DATA, "", 1, 0) &&
	       recv(spare[0], waste, 1, MSG_PEEK) == 1 &&
	       send(spare[0], "", 1, 0) == 1 && send(spare[0], "", 1, MSG_MORE) == 1;
}

FIXTURE(faults)
{
	int fd, peer, nth;
	struct wire tx, rx;
	long counts[2];
	bool hit;
};

FIXTURE_VARIANT(faults)
{
	struct suite suite;
};

ADD_SUITES(faults);

static const char *const live[] = { "TlsCurrTxSw", "TlsCurrRxSw" };

FIXTURE_SETUP(faults)
{
	int i;

	if (!faults_ready())
		SKIP(return, "this kernel has no fault injection");
	self->fd = -1;
	self->peer = -1;
	for (i = 0; i < 2; i++)
		self->counts[i] = counter(live[i]);
}

/* No socket is left over. */
FIXTURE_TEARDOWN(faults)
{
	int i, tries;

	if (self->fd >= 0)
		close(self->fd);
	if (self->peer >= 0)
		close(self->peer);
	spare_drop();
	for (i = 0; i < 2; i++) {
		for (tries = 0; tries < 100 && counter(live[i]) != self->counts[i]; tries++)
			usleep(50000);
		EXPECT_EQ(counter(live[i]), self->counts[i]);
	}
}

/* A new connection, with the ULP and that many of the two keys. */
static int renew(struct _test_data_faults *self, const struct suite *suite, bool ulp, int keyed)
{
	static const int both[] = { TLS_TX, TLS_RX };
	struct wire *wires[] = { &self->tx, &self->rx };
	struct keys keys;
	int fd[2], i;

	if (self->fd >= 0)
		close(self->fd);
	if (self->peer >= 0)
		close(self->peer);
	self->fd = -1;
	self->peer = -1;
	if (tcp_pair(AF_INET, fd))
		return -1;
	self->fd = fd[0];
	self->peer = fd[1];
	if (ulp && ulp_attach(self->fd))
		return -1;
	for (i = 0; i < keyed; i++) {
		keys_init(&keys, suite, i);
		wire_init(wires[i], &keys);
		if (keys_set(self->fd, both[i], &keys))
			return -1;
	}
	return 0;
}

/*
 * For n = 1, 2, … until the call gets through without a fault, each time on a new connection:
 * prepare, fail the nth allocation or copy in the call, check.
 */
#define EACH_FAULT(ulp, keyed, prepare, result, call, check)				\
	EACH_FAULT_OF(renew(self, &variant->suite, ulp, keyed), prepare, result, call, check)

#define EACH_FAULT_OF(connect, prepare, result, call, check) do {			\
	self->hit = true;								\
	for (self->nth = 1; self->hit && self->nth < NTH_MAX && _metadata->exit_code == 0;	\
	     self->nth++) {								\
		int fault_fd;								\
											\
		ASSERT_EQ(connect, 0);							\
		prepare;								\
		ASSERT_TRUE(spare_take());						\
		mark(self->nth, #call);							\
		fault_fd = arm(self->nth);						\
		errno = 0;								\
		result = call;								\
		self->hit = disarm(fault_fd);						\
		EXPECT_CLEAN(result);							\
		check;									\
	}										\
	EXPECT_GT(self->nth, 2) {							\
		TH_LOG("nothing to fail was reached: %s", #call);			\
	}										\
	EXPECT_FALSE(self->hit);							\
} while (0)

/* So that the stacks in the kernel's log can be told apart. */
static void mark(int nth, const char *call)
{
	char text[200];

	if (!getenv("SEALSOCK_FAULTS_VERBOSE"))
		return;
	snprintf(text, sizeof(text), "faults: %d in %s\n", nth, call);
	write_file("/dev/kmsg", text);
}

static bool clean(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == EAGAIN || err == EFAULT || err == EBADMSG;
}

#define EXPECT_CLEAN(result) do {							\
	if ((result) < 0) {								\
		EXPECT_TRUE(clean(errno) && self->hit) {				\
			TH_LOG("at %d: %s", self->nth, strerror(errno));		\
		}									\
	}										\
} while (0)

TEST_F(faults, attach)
{
	int r;

	EACH_FAULT(false, 0, {}, r, ulp_attach(self->fd), {
		if (r)
			ASSERT_EQ(ulp_attach(self->fd), 0);
	});
	EXPECT_EQ(r, 0);
}

/* A failed installation is not half of one: the next attempt on the same socket succeeds. */
static void install(struct __test_metadata *_metadata, struct _test_data_faults *self,
		    const struct _fixture_variant_faults *variant, int direction)
{
	struct keys keys;
	struct wire wire;
	uint8_t type;
	int r;

	keys_init(&keys, &variant->suite, 0);
	EACH_FAULT(true, 0, {
		wire_init(&wire, &keys);
		/* None waits: a transform and its memory are allocated. */
		ASSERT_TRUE(spare_ciphers("0"));
	}, r, keys_set(self->fd, direction, &keys), {
		if (r)
			ASSERT_EQ(keys_set(self->fd, direction, &keys), 0);
		if (direction == TLS_TX) {
			ASSERT_EQ(send(self->fd, data, 100, 0), 100);
			ASSERT_EQ(wire_recv(&wire, self->peer, &type, got), 100);
		} else {
			ASSERT_EQ(wire_send(&wire, self->peer, TYPE_DATA, data, 100, 0), 0);
			ASSERT_EQ(recv(self->fd, got, 100, 0), 100);
		}
	});
	EXPECT_TRUE(spare_ciphers("16"));
	EXPECT_EQ(r, 0);
}

TEST_F(faults, install_transmit)
{
	install(_metadata, self, variant, TLS_TX);
}

TEST_F(faults, install_receive)
{
	install(_metadata, self, variant, TLS_RX);
}

/* The same for the second key; the first stays in use until then. */
TEST_F(faults, key_update)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct keys keys;
	uint8_t type;
	int r;

	if (variant->suite.version != TLS_1_3_VERSION)
		return;
	keys_init(&keys, &variant->suite, 2);
	EACH_FAULT(true, 2, {
		ASSERT_EQ(send_type(self->fd, TYPE_HANDSHAKE, update, 5, 0), 5);
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), 5);
	}, r, keys_set(self->fd, TLS_TX, &keys), {
		if (r) {
			ASSERT_EQ(send(self->fd, data, 100, 0), 100);
			ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), 100);
			ASSERT_EQ(keys_set(self->fd, TLS_TX, &keys), 0);
		}
		wire_init(&self->tx, &keys);
		ASSERT_EQ(send(self->fd, data, 100, 0), 100);
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), 100);
	});
	EXPECT_EQ(r, 0);
}

/* The direction is finished, and says so; only the cipher's failure does that. */
static bool finished(int fd, bool tx)
{
	struct sealsock_sock_info info = {};
	socklen_t len = sizeof(info);

	return !getsockopt(fd, SOL_TLS, SEALSOCK_INFO, &info, &len) &&
	       (tx ? info.tx.state : info.rx.state) == SEALSOCK_DIR_FAILED;
}

/*
 * Sends what is left of the pattern until all is gone. The peer then opens all of it (where a call
 * has taken all there is, without another call that might finish it); or, if the
 * direction was finished, what the calls said was sent.
 */
#define FINISH(sent) do {								\
	struct drain finish = {};							\
	size_t finish_at = (sent) > 0 ? (sent) : 0;					\
	bool finish_all = finish_at == LEN && !finished(self->fd, true);			\
	int finish_err;									\
											\
	drain_start(&finish, self->peer, &self->tx, finish_all ? LEN : 0);		\
	errno = 0;									\
	finish_err = send_full(self->fd, data + finish_at, LEN - finish_at, 0);		\
	if (finish_err) {								\
		EXPECT_TRUE(errno == EBADMSG && self->hit && finished(self->fd, true)) {	\
			TH_LOG("at %d: %s", self->nth, strerror(errno));		\
		}									\
	}										\
	if (!finish_all)								\
		shutdown(self->fd, SHUT_WR);						\
	EXPECT_TRUE(drain_end(&finish, &self->tx));					\
	if (!finish_err) {								\
		EXPECT_EQ(finish.bytes, LEN);						\
	} else {									\
		EXPECT_EQ(finish.bytes, finish_at) {					\
			TH_LOG("at %d: %zu bytes said to be sent", self->nth, finish_at);	\
		}									\
	}										\
} while (0)

TEST_F(faults, send)
{
	ssize_t r;

	EACH_FAULT(true, 2, {}, r, send(self->fd, data, LEN, MSG_DONTWAIT), {
		FINISH(r);
	});
}

/* The second call of two fails; what the first left open is sealed with it. */
TEST_F(faults, send_more)
{
	ssize_t r;

	EACH_FAULT(true, 2, {
		ASSERT_EQ(send(self->fd, data, 5000, MSG_MORE), 5000);
	}, r, send(self->fd, data + 5000, 25000, MSG_DONTWAIT | MSG_MORE), {
		FINISH(r > 0 ? 5000 + r : 5000);
	});
}

/* Records small enough for a large call to have several, and several processors for them. */
static int share(int fd)
{
	uint16_t most = 8192, cpus = 2;

	return setsockopt(fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &most, sizeof(most)) ||
	       setsockopt(fd, SOL_TLS, SEALSOCK_TX_CPUS, &cpus, sizeof(cpus));
}

TEST_F(faults, send_cores)
{
	ssize_t r;

	EACH_FAULT(true, 2, ASSERT_EQ(share(self->fd), 0),
		   r, send(self->fd, data, LEN, MSG_DONTWAIT), {
		FINISH(r);
	});
}

TEST_F(faults, sendfile_cores)
{
	int file = pattern_file(LEN);
	off_t at;
	ssize_t r;

	EACH_FAULT(true, 2, {
		ASSERT_EQ(share(self->fd), 0);
		at = 0;
	}, r, sendfile(self->fd, file, &at, LEN), {
		if (r >= 0) {
			EXPECT_EQ(at, r);
			FINISH(r);
		}
	});
	close(file);
}

TEST_F(faults, send_control)
{
	uint8_t out[RECORD_MAX + 256], type;
	ssize_t r;

	EACH_FAULT(true, 2, {}, r, send_type(self->fd, TYPE_ALERT, "al", 2, MSG_DONTWAIT), {
		if (r != 2)
			r = send_type(self->fd, TYPE_ALERT, "al", 2, 0);
		if (r != 2) {
			EXPECT_TRUE(errno == EBADMSG && finished(self->fd, true));
			shutdown(self->fd, SHUT_WR);
			EXPECT_EQ(wire_recv(&self->tx, self->peer, &type, out), WIRE_EOF);
			continue;
		}
		/* Without another call, in which what TCP had no memory for might go. */
		ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, out), 2);
		EXPECT_EQ(type, TYPE_ALERT);
	});
}

TEST_F(faults, sendfile)
{
	int file = pattern_file(LEN);
	off_t at;
	ssize_t r;

	EACH_FAULT(true, 2, at = 0, r, sendfile(self->fd, file, &at, LEN), {
		/* An offset that cannot be told does not make what was sent unsent. */
		if (r >= 0) {
			EXPECT_EQ(at, r);
			FINISH(r);
		} else if (errno != EFAULT) {
			EXPECT_EQ(at, 0);
			FINISH(0);
		}
	});
	close(file);
}

/* What shutdown has to seal and send. TCP itself sends no FIN that it has no memory for. */
TEST_F(faults, shutdown)
{
	struct drain drain = {};
	int r;

	EACH_FAULT(true, 2, {
		ASSERT_EQ(send(self->fd, data, 20000, MSG_MORE), 20000);
	}, r, shutdown(self->fd, SHUT_WR), {
		EXPECT_EQ(r, 0);
		EXPECT_FALSE(finished(self->fd, true));
		drain_start(&drain, self->peer, &self->tx, 20000);
		EXPECT_TRUE(drain_end(&drain, &self->tx));
		EXPECT_EQ(drain.bytes, 20000);
	});
}

/* Puts the pattern of len bytes, sealed, into the socket's queue. */
#define QUEUE(len, size) do {								\
	uint8_t *queue_rec;								\
	size_t queue_len = seal_pattern(&self->rx, len, size, 0, &queue_rec);		\
											\
	ASSERT_EQ(send_full(self->peer, queue_rec, queue_len, 0), 0);			\
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);					\
	ASSERT_EQ(poll_for(self->fd, POLLRDHUP, PATIENCE), POLLRDHUP);			\
	free(queue_rec);								\
} while (0)

/* The rest of the pattern follows, and then the end. */
#define EXPECT_REST(received, len) do {							\
	size_t rest_at = (received) > 0 ? (received) : 0;				\
	ssize_t rest = recv_full(self->fd, got + rest_at, (len) - rest_at);		\
											\
	EXPECT_EQ(rest, (ssize_t)((len) - rest_at)) {					\
		TH_LOG("at %d, after %zu: %s", self->nth, rest_at, strerror(errno));	\
	}										\
	EXPECT_EQ(pattern_check(got, 0, len), -1);					\
	EXPECT_EQ(recv(self->fd, got, 1, 0), 0);					\
} while (0)

/* What could not be received for want of memory is received afterwards. */
static void receive(struct __test_metadata *_metadata, struct _test_data_faults *self,
		    const struct _fixture_variant_faults *variant, size_t len, size_t record,
		    int flags)
{
	ssize_t r;

	EACH_FAULT(true, 2, {
		memset(got, 0, sizeof(got));
		QUEUE(LEN, record);
	}, r, recv(self->fd, got, len, MSG_DONTWAIT | flags), {
		if (r > 0)
			EXPECT_EQ(pattern_check(got, 0, r), -1);
		EXPECT_REST(flags & MSG_PEEK ? 0 : r, LEN);
	});
}

TEST_F(faults, recv_straight)
{
	receive(_metadata, self, variant, LEN, RECORD_MAX, 0);
}

TEST_F(faults, recv_small)
{
	receive(_metadata, self, variant, 1000, RECORD_MAX, 0);
}

TEST_F(faults, recv_many)
{
	receive(_metadata, self, variant, 2000, 300, 0);
}

TEST_F(faults, recv_peek)
{
	receive(_metadata, self, variant, 9000, 4000, MSG_PEEK);
}

TEST_F(faults, splice_out)
{
	ssize_t r;
	int p[2];

	ASSERT_EQ(pipe(p), 0);
	EACH_FAULT(true, 2, QUEUE(8000, 8000),
		   r, splice(self->fd, NULL, p[1], NULL, 8000, SPLICE_F_NONBLOCK), {
		if (r > 0)
			ASSERT_EQ(read(p[0], got, r), r);
		EXPECT_REST(r, 8000);
	});
	close(p[0]);
	close(p[1]);
}

TEST_F(faults, poll)
{
	struct pollfd p = { .events = POLLIN };
	int r;

	EACH_FAULT(true, 2, {
		QUEUE(LEN, RECORD_MAX);
		p.fd = self->fd;
	}, r, poll(&p, 1, 0), {
		if (r >= 0)
			EXPECT_EQ(p.revents & POLLIN, POLLIN);
		EXPECT_REST(0, LEN);
	});
}

/* Nothing more has come to the socket for a while: its window is full. */
static bool window_full(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);
	int i;

	for (i = 0; i < 100 && info.tcpi_last_data_recv < 200; i++) {
		usleep(100000);
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
			return false;
	}
	return info.tcpi_last_data_recv >= 200;
}

/* A record that exceeds the window: where there is no memory for it the caller is told to read. */
TEST_F(faults, poll_small_window)
{
	struct pollfd p = { .events = POLLIN };
	long copied = counter("TlsRxCopied");
	struct feed feed;
	uint8_t *sealed;
	size_t n;
	int r;

	EACH_FAULT(true, 2, {
		ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_RCVBUF, 2304), 0);
		ASSERT_EQ(set_int(self->peer, IPPROTO_TCP, TCP_NODELAY, 1), 0);
		n = seal_pattern(&self->rx, LEN, RECORD_MAX, 0, &sealed);
		feed_start(&feed, self->peer, sealed, n, 500);
		ASSERT_TRUE(window_full(self->fd));
		p.fd = self->fd;
	}, r, poll(&p, 1, 5000), {
		if (r >= 0)
			EXPECT_EQ(p.revents & POLLIN, POLLIN);
		EXPECT_EQ(recv_full(self->fd, got, LEN), LEN);
		EXPECT_EQ(pattern_check(got, 0, LEN), -1);
		EXPECT_TRUE(feed_end(&feed));
		free(sealed);
	});
	EXPECT_GT(counter("TlsRxCopied"), copied);
}

/*
 * CBC with encrypt-then-MAC takes other paths. Both ends have the ULP here: what one sends, with
 * faults, the other opens without.
 */
FIXTURE(cbc)
{
	int fd, peer, nth;
	bool hit;
};

FIXTURE_VARIANT(cbc)
{
	uint16_t cipher;
};

FIXTURE_VARIANT_ADD(cbc, aes_128_sha1) { .cipher = SEALSOCK_CIPHER_AES_128_CBC_SHA1 };
FIXTURE_VARIANT_ADD(cbc, aes_256_sha384) { .cipher = SEALSOCK_CIPHER_AES_256_CBC_SHA384 };

FIXTURE_SETUP(cbc)
{
	if (!faults_ready())
		SKIP(return, "this kernel has no fault injection");
	self->fd = -1;
	self->peer = -1;
}

FIXTURE_TEARDOWN(cbc)
{
	close(self->fd);
	close(self->peer);
}

static int cbc_key(int fd, int option, uint16_t cipher, uint8_t byte)
{
	struct sealsock_crypto_info_cbc_hmac info = {
		.version = TLS_1_2_VERSION, .cipher_type = cipher, .rec_seq[7] = byte,
	};

	memset(info.enc_key, byte, cipher == SEALSOCK_CIPHER_AES_128_CBC_SHA1 ? 16 : 32);
	memset(info.mac_key, byte, cipher == SEALSOCK_CIPHER_AES_128_CBC_SHA1 ? 20 : 48);
	return setsockopt(fd, SOL_TLS, option, &info, sizeof(info));
}

static int cbc_renew(struct _test_data_cbc *self, uint16_t cipher, bool keyed)
{
	int fd[2];

	close(self->fd);
	close(self->peer);
	if (tcp_pair(AF_INET, fd))
		return -1;
	self->fd = fd[0];
	self->peer = fd[1];
	if (ulp_attach(fd[0]) || ulp_attach(fd[1]) ||
	    cbc_key(fd[1], SEALSOCK_RX, cipher, 1) || cbc_key(fd[1], SEALSOCK_TX, cipher, 2))
		return -1;
	return !keyed ? 0 : cbc_key(fd[0], SEALSOCK_TX, cipher, 1) ? :
			    cbc_key(fd[0], SEALSOCK_RX, cipher, 2);
}

TEST_F(cbc, install)
{
	static const int options[] = { SEALSOCK_TX, SEALSOCK_RX };
	int i, r;

	for (i = 0; i < 2; i++) {
		EACH_FAULT_OF(cbc_renew(self, variant->cipher, false), {},
			      r, cbc_key(self->fd, options[i], variant->cipher, 1 + i), {
			if (r)
				ASSERT_EQ(cbc_key(self->fd, options[i], variant->cipher, 1 + i), 0);
			ASSERT_EQ(send(i ? self->peer : self->fd, data, 100, 0), 100);
			ASSERT_EQ(recv(i ? self->fd : self->peer, got, 100, 0), 100);
			EXPECT_EQ(pattern_check(got, 0, 100), -1);
		});
	}
}

TEST_F(cbc, send)
{
	ssize_t r;

	EACH_FAULT_OF(cbc_renew(self, variant->cipher, true), {},
		      r, send(self->fd, data, LEN, MSG_DONTWAIT), {
		size_t at = r > 0 ? r : 0;
		size_t want = LEN;

		if (send_full(self->fd, data + at, LEN - at, 0)) {
			EXPECT_TRUE(errno == EBADMSG && self->hit && finished(self->fd, true));
			want = at;
		}
		shutdown(self->fd, SHUT_WR);
		EXPECT_EQ(recv_full(self->peer, got, LEN), want);
		EXPECT_EQ(pattern_check(got, 0, want), -1);
	});
}

TEST_F(cbc, recv)
{
	static const size_t sizes[] = { LEN, 1000 };
	ssize_t r;
	int i;

	for (i = 0; i < 2; i++) {
		EACH_FAULT_OF(cbc_renew(self, variant->cipher, true), {
			ASSERT_EQ(send(self->peer, data, LEN, 0), LEN);
			ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
			ASSERT_EQ(poll_for(self->fd, POLLRDHUP, PATIENCE), POLLRDHUP);
		}, r, recv(self->fd, got, sizes[i], MSG_DONTWAIT), {
			EXPECT_REST(r, LEN);
		});
	}
}

TEST_HARNESS_MAIN
