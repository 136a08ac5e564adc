// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Two managed sockets talk to each other, both ways at once, by every call that sends or receives,
 * with new keys every few records, small windows, signals, and a bad network. Every byte is
 * compared. SEALSOCK_SOAK_BYTES says how much (10^7 as in "make check", "make soak": 10^9),
 * SEALSOCK_SEED which calls.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"
#include "ring.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#define NETEM		"delay 200us 200us loss 0.2% duplicate 0.5% reorder 5%"
#define PERIOD		(251 * 241)	/* of the pattern */
#define MOST		40000		/* bytes of one call */
#define EVERY		5		/* records that a key seals */
#define ASK_EVERY	20		/* calls between two requests for the peer's next key */

static uint8_t data[PERIOD + MOST];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

/* One direction of one socket, which has a thread of its own. */
struct half {
	pthread_t thread;
	int fd, file, pipe[2];
	size_t total, at;
	unsigned int seed;
	unsigned int calls;
	unsigned int requests;		/* sender: KeyUpdates that the peer was asked for */
	struct ring ring;
	const char *what;		/* the call under way */
	char why[120];			/* empty while all is well */
	uint8_t buf[MOST];
};

static unsigned int draw(struct half *h, unsigned int below)
{
	return rand_r(&h->seed) / 16 % below;
}

static ssize_t bad(struct half *h, const char *why)
{
	snprintf(h->why, sizeof(h->why), "%s at %zu: %s: %s", h->what, h->at, why, strerror(errno));
	return -1;
}

/*
 * Nothing went wrong: a signal came, or there was no room or nothing to read. A request to
 * io_uring is cancelled where signals keep it from making a worker.
 */
static bool is_nothing(ssize_t n)
{
	return n < 0 && (errno == EINTR || errno == EAGAIN || errno == ECANCELED);
}

/* What is in the pipe, to the socket. */
static ssize_t send_spliced(struct half *h, const uint8_t *from, size_t n)
{
	size_t at = 0;
	ssize_t r;

	h->what = "splice to the socket";
	do {
		r = write(h->pipe[1], from, n);
	} while (is_nothing(r));
	if (r <= 0)
		return bad(h, "pipe");
	for (n = r; at < n;) {
		r = splice(h->pipe[0], NULL, h->fd, NULL, n - at,
			   draw(h, 2) ? SPLICE_F_MORE : 0);
		if (r > 0)
			at += r;
		else if (!is_nothing(r))
			return bad(h, "splice");
	}
	return n;
}

static ssize_t ring_wait(struct half *h)
{
	int r, tries = 10;

	do {
		r = ring_next(&h->ring, NULL, PATIENCE);
	} while (r == NOTHING && --tries);
	if (r == NOTHING) {
		errno = ETIME;
		return -1;
	}
	if (r < 0) {
		errno = -r;
		return -1;
	}
	return r;
}

/* One call of any kind, of @n bytes at most. */
static ssize_t send_some(struct half *h, size_t n)
{
	const uint8_t *from = data + h->at % PERIOD;
	off_t off = h->at % PERIOD;
	struct iovec iov[2] = { { (void *)from, n / 3 }, { (void *)(from + n / 3), n - n / 3 } };

	switch (draw(h, 6)) {
	case 0:
		h->what = "send";
		return send(h->fd, from, n, draw(h, 2) ? MSG_MORE : 0);
	case 1:
		h->what = "poll and send";
		poll_for(h->fd, POLLOUT, 999);
		return send(h->fd, from, n, MSG_DONTWAIT);
	case 2:
		h->what = "writev";
		return writev(h->fd, iov, 2);
	case 3:
		h->what = "sendfile";
		return sendfile(h->fd, h->file, &off, n);
	case 4:
		return send_spliced(h, from, n);
	default:
		h->what = "io_uring send";
		RING_SQE(&h->ring, SEND, h->fd, from, n, .msg_flags = draw(h, 2) ? MSG_WAITALL : 0,
			 .flags = draw(h, 4) ? 0 : IOSQE_ASYNC);
		ring_submit(&h->ring);
		return ring_wait(h);
	}
}

/* Short and long calls, most of them short. */
static size_t some_length(struct half *h, size_t left)
{
	size_t n = 1 + draw(h, draw(h, 3) ? 2000 : MOST);

	return n < left ? n : left;
}

static void *sender(void *arg)
{
	struct half *h = arg;
	ssize_t n;

	while (h->at < h->total) {
		n = send_some(h, some_length(h, h->total - h->at));
		if (h->why[0])
			break;
		if (n < 0 && !is_nothing(n)) {
			bad(h, "failed");
			break;
		}
		h->at += n > 0 ? n : 0;
		if (h->calls++ % ASK_EVERY)
			continue;
		if (!managed_update(h->fd, SEALSOCK_UPDATE_REQUEST, 0, 0))
			h->requests++;
		else if (errno != EALREADY)
			bad(h, "SEALSOCK_UPDATE_REQUEST");
	}
	shutdown(h->fd, SHUT_WR);
	return NULL;
}

/* From the socket to the pipe, and from there to buf. */
static ssize_t recv_spliced(struct half *h, size_t n)
{
	ssize_t r, got = 0, moved;

	h->what = "splice from the socket";
	moved = splice(h->fd, NULL, h->pipe[1], NULL, n, 0);
	while (moved > 0 && got < moved) {
		r = read(h->pipe[0], h->buf + got, moved - got);
		if (r <= 0 && !is_nothing(r))
			return bad(h, "pipe");
		got += r > 0 ? r : 0;
	}
	return moved;
}

static ssize_t recv_some(struct half *h, size_t n)
{
	struct iovec iov[2] = { { h->buf, n / 3 }, { h->buf + n / 3, n - n / 3 } };

	switch (draw(h, 6)) {
	case 0:
		h->what = "recv";
		return recv(h->fd, h->buf, n, 0);
	case 1:
		h->what = "poll and recv";
		poll_for(h->fd, POLLIN, 999);
		return recv(h->fd, h->buf, n, MSG_DONTWAIT);
	case 2:
		h->what = "readv";
		return readv(h->fd, iov, 2);
	case 3:
		h->what = "recv of all";
		return recv(h->fd, h->buf, n, MSG_WAITALL);
	case 4:
		return recv_spliced(h, n);
	default:
		h->what = "io_uring recv";
		RING_SQE(&h->ring, RECV, h->fd, h->buf, n, .flags = draw(h, 4) ? 0 : IOSQE_ASYNC);
		ring_submit(&h->ring);
		return ring_wait(h);
	}
}

static void *receiver(void *arg)
{
	struct half *h = arg;
	ssize_t n, wrong;

	for (;;) {
		n = recv_some(h, some_length(h, MOST));
		if (h->why[0] || !n)
			break;
		if (n < 0) {
			if (is_nothing(n))
				continue;
			bad(h, "failed");
			break;
		}
		wrong = pattern_check(h->buf, h->at, n);
		if (wrong >= 0) {
			h->at += wrong;
			bad(h, "a wrong byte");
			break;
		}
		h->at += n;
	}
	if (!h->why[0] && h->at != h->total)
		bad(h, "the end comes too early");
	/* Let nobody wait for what is not read. */
	if (h->why[0])
		shutdown(h->fd, SHUT_RDWR);
	return NULL;
}

FIXTURE(soak)
{
	int fd[2];
	struct half half[4];	/* sender and receiver of fd[0], then of fd[1] */
};

FIXTURE_VARIANT(soak)
{
	struct suite suite;
	unsigned int share;	/* tenths of all bytes */
	int buffer;		/* SO_SNDBUF and SO_RCVBUF */
	bool netem;
};

FIXTURE_VARIANT_ADD(soak, clean)
{
	.suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 }, .share = 8,
};

FIXTURE_VARIANT_ADD(soak, small_windows)
{
	.suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256 }, .share = 1, .buffer = 6000,
};

FIXTURE_VARIANT_ADD(soak, bad_network)
{
	.suite = { TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305 }, .share = 1, .netem = true,
};

static bool spoil_network(void)
{
	return !unshare(CLONE_NEWNET) &&
	       (system("modprobe -q sch_netem"), !system("ip link set lo mtu 1500 up")) &&
	       !system("tc qdisc add dev lo root netem " NETEM);
}

static int manage(int fd, const struct suite *suite, bool server)
{
	struct sealsock_managed req;
	struct secret secret;
	struct wire wire;

	if (ulp_attach(fd))
		return -1;
	managed_init(&req, suite, server ? SEALSOCK_MANAGED_SERVER : 0);
	managed_keys(&req.tx, suite, server ? 2 : 1, &secret, &wire);
	managed_keys(&req.rx, suite, server ? 1 : 2, &secret, &wire);
	return managed_set(fd, &req);
}

FIXTURE_SETUP(soak)
{
	int i;

	if (variant->netem && !spoil_network())
		SKIP(return, "no ip, tc or sch_netem");
	ASSERT_EQ(tcp_pair(AF_INET, self->fd), 0);
	for (i = 0; i < 2; i++) {
		if (variant->buffer) {
			set_int(self->fd[i], SOL_SOCKET, SO_SNDBUF, variant->buffer);
			set_int(self->fd[i], SOL_SOCKET, SO_RCVBUF, variant->buffer);
		}
		ASSERT_EQ(manage(self->fd[i], &variant->suite, i), 0);
		ASSERT_EQ(managed_update(self->fd[i], SEALSOCK_UPDATE_LIMITS, EVERY, 0), 0);
		ASSERT_EQ(set_timeout(self->fd[i], 0), 0);
	}
}

FIXTURE_TEARDOWN(soak)
{
	close(self->fd[0]);
	close(self->fd[1]);
}

static void on_alarm(int signal)
{
}

static void keep_signalling(unsigned int us)
{
	struct itimerval often = { { 0, us }, { 0, us } };
	struct sigaction act = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static unsigned long long from_env(const char *name, unsigned long long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void half_init(struct half *h, int fd, size_t total, unsigned int seed)
{
	memset(h, 0, sizeof(*h));
	h->fd = fd;
	h->total = total;
	h->seed = seed;
	h->file = pattern_file(sizeof(data));
	if (pipe(h->pipe) || ring_init(&h->ring))
		bad(h, "pipe or ring");
	fcntl(h->pipe[1], F_SETPIPE_SZ, 2 * MOST);
}

/* Far more than the harness' half a minute where all of it is wanted. */
TEST_F_TIMEOUT(soak, both_ways, 360000)
{
	size_t total = from_env("SEALSOCK_SOAK_BYTES", 10000000) / 20 * variant->share;
	unsigned int seed = from_env("SEALSOCK_SEED", time(NULL)), i;
	long renewed = counter("TlsTxRekeyOk"), refused = counter("TlsTxRekeyError");
	struct sealsock_sock_info info[2] = {};
	socklen_t len = sizeof(info[0]);

	TH_LOG("SEALSOCK_SEED=%u, %zu bytes either way", seed, total);
	for (i = 0; i < 4; i++) {
		struct half *h = &self->half[i];

		half_init(h, self->fd[i / 2], total, seed + i);
		ASSERT_STREQ(h->why, "");
	}
	for (i = 0; i < 4; i++)
		ASSERT_EQ(pthread_create(&self->half[i].thread, NULL, i % 2 ? receiver : sender,
					 &self->half[i]), 0);
	keep_signalling(3000);
	for (i = 0; i < 4; i++)
		pthread_join(self->half[i].thread, NULL);
	keep_signalling(0);
	for (i = 0; i < 4; i++) {
		EXPECT_STREQ(self->half[i].why, "");
		EXPECT_EQ(self->half[i].at, total);
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(getsockopt(self->fd[i], SOL_TLS, SEALSOCK_INFO, &info[i], &len), 0);
		EXPECT_EQ(managed_end(self->fd[i]).reason, SEALSOCK_REASON_CLOSE_NOTIFY);
		/* The first call asked already. */
		EXPECT_GT(self->half[2 * i].requests, 0);
	}
	/* Each record arrived, and each key sealed a few. */
	for (i = 0; i < 2; i++)
		EXPECT_EQ(info[i].tx.records, info[1 - i].rx.records);
	renewed = counter("TlsTxRekeyOk") - renewed;
	TH_LOG("%llu and %llu records, %ld keys", info[0].tx.records, info[1].tx.records, renewed);
	EXPECT_GE(renewed, (info[0].tx.records + info[1].tx.records) / (EVERY + 2));
	EXPECT_EQ(counter("TlsTxRekeyError"), refused);
}

TEST_HARNESS_MAIN
