// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The ends of a connection: shutdown, close, and what is still on its way. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "wired.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>

static uint8_t data[4 * MIB];

static void __attribute__((constructor)) fill_data(void)
{
	pattern(data, 0, sizeof(data));
}

/* The peer reads to the end of the stream: len bytes in good records, then nothing. */
#define EXPECT_ALL_ARRIVES(len) do {					\
	struct drain all = {};						\
									\
	drain_start(&all, self->peer, &self->tx, 0);			\
	EXPECT_TRUE(drain_end(&all, &self->tx));			\
	EXPECT_EQ(all.bytes, len);					\
} while (0)

static void set_linger(int fd, int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Closes the fixture's socket; teardown must not close another one. */
#define CLOSE_FD() do {							\
	close(self->fd);						\
	self->fd = -1;							\
} while (0)

TEST_F(wired, unsent)
{
	size_t len = 0;
	ssize_t n;

	while ((n = send(self->fd, data + len, 50000, MSG_DONTWAIT)) > 0) {
		len += n;
		ASSERT_LE(len + 50000, sizeof(data));
	}
	ASSERT_EQ(errno, EAGAIN);
	CLOSE_FD();
	EXPECT_ALL_ARRIVES(len);
}

TEST_F(wired, small_and_closed)
{
	ASSERT_EQ(send(self->fd, data, 10, 0), 10);
	CLOSE_FD();
	EXPECT_ALL_ARRIVES(10);
}

TEST_F(wired, linger_waits)
{
	struct drain drain = { .delay_us = 1000 };
	const size_t len = 300000;
	pid_t pid;
	int status;

	ASSERT_EQ(set_int(self->peer, SOL_SOCKET, SO_RCVBUF, 16384), 0);
	set_linger(self->fd, 10);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(send_full(self->fd, data, len, 0) || close(self->fd));
	CLOSE_FD();
	drain_start(&drain, self->peer, &self->tx, 0);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, len);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

TEST_F(wired, linger_zero_resets)
{
	char c;

	ASSERT_EQ(send(self->fd, data, 100000, MSG_DONTWAIT) > 0, 1);
	set_linger(self->fd, 0);
	CLOSE_FD();
	EXPECT_GT(poll_for(self->peer, POLLHUP, PATIENCE), 0);
	while (recv(self->peer, &c, 1, 0) > 0)
		continue;
	EXPECT_EQ(errno, ECONNRESET);
}

/* Data taken with MSG_MORE was taken: close sends it. In-tree throws it away. */
TEST_F(wired, open_record)
{
	if (!ulp_is_ours())
		SKIP(return, "in-tree loses an open record");
	ASSERT_EQ(send(self->fd, data, 1000, 0), 1000);
	ASSERT_EQ(send(self->fd, data + 1000, 500, MSG_MORE), 500);
	CLOSE_FD();
	EXPECT_ALL_ARRIVES(1500);
}

TEST_F(wired, open_record_on_a_full_socket)
{
	size_t len = 0;
	ssize_t n;

	if (!ulp_is_ours())
		SKIP(return, "in-tree loses an open record");
	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 32768), 0);
	while ((n = send(self->fd, data + len, 3001, MSG_DONTWAIT | MSG_MORE)) > 0) {
		len += n;
		ASSERT_LE(len + 3001, sizeof(data));
	}
	CLOSE_FD();
	EXPECT_ALL_ARRIVES(len);
}

TEST_F(wired, open_record_at_shutdown)
{
	if (!ulp_is_ours())
		SKIP(return, "in-tree loses an open record");
	ASSERT_EQ(send(self->fd, data, 500, MSG_MORE), 500);
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	EXPECT_ALL_ARRIVES(500);
}

/* No record is made up: a close without data is only a FIN. */
TEST_F(wired, nothing_is_added)
{
	char c;

	CLOSE_FD();
	EXPECT_EQ(recv(self->peer, &c, 1, 0), 0);
}

TEST_F(wired, shutdown_write)
{
	char buf[16];

	ASSERT_EQ(send(self->fd, data, 10, 0), 10);
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	EXPECT_EQ(send(self->fd, data, 10, 0), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_EQ(send(self->fd, data, 10, MSG_MORE), -1);
	EXPECT_EQ(errno, EPIPE);
	EXPECT_ALL_ARRIVES(10);
	/* The other direction goes on. */
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "still", 5, 0), 0);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), 5);
}

TEST_F(wired, shutdown_read)
{
	char buf[16];

	ASSERT_EQ(shutdown(self->fd, SHUT_RD), 0);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), 0);
	EXPECT_EQ(send(self->fd, data, 10, 0), 10);
	EXPECT_RECORD(0, 10);
}

TEST_F(wired, shutdown_wakes_a_reader)
{
	char buf[16];
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(recv(self->fd, buf, sizeof(buf), 0) != 0);
	ASSERT_TRUE(falls_asleep(pid));
	ASSERT_EQ(shutdown(self->fd, SHUT_RDWR), 0);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* The peer has closed its half: ours still sends. */
TEST_F(wired, half_closed)
{
	struct drain drain = {};
	char c;

	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	EXPECT_EQ(recv(self->fd, &c, 1, 0), 0);
	drain_start(&drain, self->peer, &self->tx, 200000);
	EXPECT_EQ(send_full(self->fd, data, 200000, 0), 0);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, 200000);
}

/* Unread bytes at close reset the connection, as TCP has it; nothing hangs or leaks. */
TEST_F(wired, unread_data)
{
	char c;
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 10000, 0), 0);
	usleep(50000);
	EXPECT_EQ(recv(self->fd, &c, 1, 0), 1);
	CLOSE_FD();
	EXPECT_GT(poll_for(self->peer, POLLHUP | POLLERR, PATIENCE), 0);
}

TEST_F(wired, peeked_data)
{
	static uint8_t buf[60000];
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, data, 10000, 0), 0);
	EXPECT_EQ(recv(self->fd, buf, 50000, MSG_PEEK | MSG_WAITALL), 50000);
	CLOSE_FD();
	EXPECT_NE(poll_for(self->peer, POLLIN | POLLRDHUP, PATIENCE), 0);
}

TEST_F(wired, part_of_a_record_unread)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(&self->rx, TYPE_DATA, data, 10000, 0, rec);

	ASSERT_EQ(send_full(self->peer, rec, n - 1, 0), 0);
	usleep(50000);
	CLOSE_FD();
	EXPECT_NE(poll_for(self->peer, POLLIN | POLLRDHUP, PATIENCE), 0);
}

/* The peer resets while data is on its way and a writer sleeps. */
TEST_F(wired, reset_under_a_writer)
{
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		close(self->peer);
		_exit(send_full(self->fd, data, sizeof(data), 0) == -1 &&
		      (errno == ECONNRESET || errno == EPIPE) ? 0 : 1);
	}
	ASSERT_TRUE(falls_asleep(pid));
	set_linger(self->peer, 0);
	close(self->peer);
	self->peer = -1;
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* Killed in the middle of a large send: what arrived is whole records. */
TEST_F(wired, writer_is_killed)
{
	struct drain drain = {};
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		close(self->peer);
		_exit(send_full(self->fd, data, sizeof(data), 0));
	}
	CLOSE_FD();
	ASSERT_TRUE(falls_asleep(pid));
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	drain_start(&drain, self->peer, &self->tx, 0);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_GT(drain.bytes, 0);
}

static void on_alarm(int sig)
{
}

static void alarm_in(unsigned int ms)
{
	struct itimerval it = { .it_value = { .tv_usec = ms * 1000 } };
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

TEST_F(wired, signal_interrupts_recv)
{
	char buf[16];

	ASSERT_EQ(set_timeout(self->fd, 0), 0);
	alarm_in(100);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), -1);
	EXPECT_EQ(errno, EINTR);
	/* Bytes already copied are returned instead. */
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "abc", 3, 0), 0);
	alarm_in(200);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), MSG_WAITALL), 3);
	ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, "def", 3, 0), 0);
	EXPECT_EQ(recv(self->fd, buf, sizeof(buf), 0), 3);
}

TEST_F(wired, signal_interrupts_send)
{
	struct drain drain = {};
	size_t done = 0;
	ssize_t n;

	ASSERT_EQ(set_int(self->fd, SOL_SOCKET, SO_SNDBUF, 65536), 0);
	for (;;) {
		alarm_in(100);
		n = send(self->fd, data + done, MIB, 0);
		if (n < 0)
			break;
		ASSERT_LT(n, MIB);
		done += n;
	}
	EXPECT_EQ(errno, EINTR);
	drain_start(&drain, self->peer, &self->tx, MIB);
	EXPECT_EQ(send_full(self->fd, data + done, MIB - done, 0), 0);
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB);
}

#define WRITERS		3
#define MESSAGES	60
#define MESSAGE		40000	/* three records */

/* Writers on one socket: a record holds bytes of one message only, and none is lost. */
TEST_F(wired, writers)
{
	static uint8_t out[RECORD_MAX + 256], msg[MESSAGE];
	size_t bytes[WRITERS] = {}, total = 0, i;
	pid_t pid[WRITERS];
	uint8_t type;
	int w, status;

	for (w = 0; w < WRITERS; w++) {
		pid[w] = fork();
		ASSERT_GE(pid[w], 0);
		if (!pid[w]) {
			memset(msg, w, sizeof(msg));
			for (i = 0; i < MESSAGES; i++)
				if (send_full(self->fd, msg, i % 2 ? MESSAGE : 100, 0))
					_exit(1);
			_exit(0);
		}
	}
	while (total < WRITERS * (MESSAGES / 2) * (MESSAGE + 100)) {
		ssize_t n = wire_recv(&self->tx, self->peer, &type, out);

		ASSERT_GT(n, 0) {
			TH_LOG("%s", self->tx.why);
		}
		ASSERT_LT(out[0], WRITERS);
		for (i = 1; i < n; i++)
			ASSERT_EQ(out[i], out[0]);
		bytes[out[0]] += n;
		total += n;
	}
	for (w = 0; w < WRITERS; w++) {
		EXPECT_EQ(bytes[w], (MESSAGES / 2) * (MESSAGE + 100));
		EXPECT_EQ(waitpid(pid[w], &status, 0), pid[w]);
		EXPECT_EQ(status, 0);
	}
}

/* Readers on one socket: every record is read once, by one of them. */
TEST_F(wired, readers)
{
	uint8_t msg[1000], seen[250] = {};
	int p[2], r, status, i;
	pid_t pid[3];

	ASSERT_EQ(pipe(p), 0);
	for (r = 0; r < 3; r++) {
		pid[r] = fork();
		ASSERT_GE(pid[r], 0);
		if (pid[r])
			continue;
		for (;;) {
			ssize_t n = recv(self->fd, msg, sizeof(msg), 0);

			if (n <= 0)
				_exit(n != 0);
			for (i = 1; i < n; i++)
				if (msg[i] != msg[0])
					_exit(2);
			if (n != sizeof(msg) || write(p[1], msg, 1) != 1)
				_exit(3);
		}
	}
	close(p[1]);
	for (i = 0; i < sizeof(seen); i++) {
		memset(msg, i, sizeof(msg));
		ASSERT_EQ(wire_send(&self->rx, self->peer, TYPE_DATA, msg, sizeof(msg), 0), 0);
	}
	ASSERT_EQ(shutdown(self->peer, SHUT_WR), 0);
	for (r = 0; r < 3; r++) {
		EXPECT_EQ(waitpid(pid[r], &status, 0), pid[r]);
		EXPECT_EQ(status, 0);
	}
	while (read(p[0], msg, 1) == 1)
		seen[msg[0]]++;
	for (i = 0; i < sizeof(seen); i++)
		EXPECT_EQ(seen[i], 1);
	close(p[0]);
}

/* A reader and a writer of their own, and the socket closed by whoever ends last. */
TEST_F(wired, reader_and_writer)
{
	struct drain drain = {};
	uint8_t *sealed, *got = malloc(MIB);
	size_t n = seal_pattern(&self->rx, MIB, RECORD_MAX, 0, &sealed);
	struct feed feed;
	pid_t writer, reader;
	int status;

	ASSERT_NE(got, NULL);
	writer = fork();
	ASSERT_GE(writer, 0);
	if (!writer)
		_exit(send_full(self->fd, data, MIB, 0) != 0);
	reader = fork();
	ASSERT_GE(reader, 0);
	if (!reader)
		_exit(recv_full(self->fd, got, MIB) != MIB || pattern_check(got, 0, MIB) != -1);
	CLOSE_FD();
	drain_start(&drain, self->peer, &self->tx, 0);
	feed_start(&feed, self->peer, sealed, n, 0);
	EXPECT_EQ(waitpid(writer, &status, 0), writer);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(waitpid(reader, &status, 0), reader);
	EXPECT_EQ(status, 0);
	EXPECT_TRUE(feed_end(&feed));
	EXPECT_TRUE(drain_end(&drain, &self->tx));
	EXPECT_EQ(drain.bytes, MIB);
	free(sealed);
	free(got);
}

/* Thousands of short connections: nothing is left (the counters say so). */
TEST_F(wired, many_connections)
{
	const char *now[] = { "TlsCurrTxSw", "TlsCurrRxSw" };
	long before[2] = { counter(now[0]), counter(now[1]) };
	struct keys keys;
	int fd[2], i;

	keys_init(&keys, &variant->suite, 0);
	for (i = 0; i < 300; i++) {
		ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
		ASSERT_EQ(ulp_attach(fd[0]), 0);
		if (i % 3)
			ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
		if (i % 3 == 2)
			ASSERT_EQ(keys_set(fd[0], TLS_RX, &keys), 0);
		ASSERT_EQ(send(fd[0], data, 100, 0), 100);
		set_linger(fd[i % 2], 0);
		close(fd[i % 2]);
		close(fd[!(i % 2)]);
	}
	for (i = 0; i < 50; i++) {
		if (counter(now[0]) == before[0] && counter(now[1]) == before[1])
			break;
		usleep(100000);
	}
	EXPECT_EQ(counter(now[0]), before[0]);
	EXPECT_EQ(counter(now[1]), before[1]);
}

TEST_HARNESS_MAIN
