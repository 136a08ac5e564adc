// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Many processes do anything to the same few sockets at once. Results are not looked at, but what
 * comes out of a good socket is; the kernel's log, and the module's counters, are what is tested.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "suites.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <time.h>

#define SOCKETS		6	/* pairs */
#define PROCESSES	6
#define SECONDS		4

static uint8_t data[100000];

struct state {
	int fd[SOCKETS][2];
	int file, p[2];
	unsigned int seed;
	const struct suite *suite;
};

static void option(struct state *s, int fd, unsigned int r)
{
	static const int sizes[] = { 2048, 8192, 65536, 1 << 20 };
	struct keys keys;
	socklen_t len = sizeof(data);
	uint16_t limit = 64 + r % 16384;

	switch (r % 9) {
	case 0:
	case 1:
		keys_init(&keys, s->suite, r % 2);
		keys_set(fd, r % 9 ? TLS_RX : TLS_TX, &keys);
		break;
	case 2:
		getsockopt(fd, SOL_TLS, r & 64 ? TLS_TX : TLS_RX, data, &len);
		break;
	case 3:
		set_int(fd, SOL_SOCKET, r & 64 ? SO_SNDBUF : SO_RCVBUF, sizes[r / 256 % 4]);
		break;
	case 4:
		set_int(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, r / 64 % 2);
		break;
	case 5:
		setsockopt(fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit, sizeof(limit));
		break;
	case 6:
		set_int(fd, IPPROTO_TCP, r & 64 ? TCP_CORK : TCP_NODELAY, r / 128 % 2);
		break;
	case 7:
		set_int(fd, SOL_SOCKET, SO_RCVLOWAT, r % 30000 + 1);
		break;
	case 8:
		ulp_attach(fd);
		break;
	}
}

/* One call of any kind, none of which may wait. */
static void any_call(struct state *s)
{
	int fd = s->fd[rand_r(&s->seed) % SOCKETS][rand_r(&s->seed) % 2], n;
	unsigned int r = rand_r(&s->seed) >> 4;
	size_t len = r % (r & 1 ? sizeof(data) : 500);
	uint8_t buf[5000], type;
	off_t at = r % 4096;

	switch (rand_r(&s->seed) % 16) {
	case 0:
	case 1:
		send(fd, data, len, MSG_DONTWAIT);
		break;
	case 2:
		send(fd, data, len, MSG_DONTWAIT | MSG_MORE);
		break;
	case 3:
		send_type(fd, r % 256, data, len, MSG_DONTWAIT);
		break;
	case 4:
		sendfile(fd, s->file, &at, len);
		break;
	case 5:
		if (write(s->p[1], data, len % 4000) > 0)
			splice(s->p[0], NULL, fd, NULL, 4000, SPLICE_F_NONBLOCK | (r & 4));
		break;
	case 6:
	case 7:
	case 8:
		recv(fd, buf, len % sizeof(buf), MSG_DONTWAIT);
		break;
	case 9:
		recv_type(fd, &type, buf, len % sizeof(buf), MSG_DONTWAIT);
		break;
	case 10:
		recv(fd, buf, len % sizeof(buf), MSG_DONTWAIT | MSG_PEEK);
		break;
	case 11:
		if (splice(fd, NULL, s->p[1], NULL, 4000, SPLICE_F_NONBLOCK) > 0)
			read(s->p[0], buf, sizeof(buf));
		break;
	case 12:
		poll_for(fd, POLLIN | POLLOUT | POLLRDHUP, 0);
		break;
	case 13:
		ioctl(fd, r & 4 ? SIOCINQ : SIOCOUTQ, &n);
		break;
	case 14:
		option(s, fd, r);
		break;
	case 15:
		if (r % 1000 == 0)
			shutdown(fd, r / 1000 % 3);
		break;
	}
}

FIXTURE(stress)
{
	struct state s;
};

FIXTURE_VARIANT(stress)
{
	struct suite suite;
};

ADD_SUITES(stress);

FIXTURE_SETUP(stress)
{
	struct keys keys;
	int i, j;

	self->s.suite = &variant->suite;
	self->s.file = pattern_file(200000);
	for (i = 0; i < SOCKETS; i++) {
		ASSERT_EQ(tcp_pair(i % 2 ? AF_INET : AF_INET6, self->s.fd[i]), 0);
		keys_init(&keys, &variant->suite, 0);
		for (j = 0; j < 2; j++) {
			ASSERT_EQ(fcntl(self->s.fd[i][j], F_SETFL, O_NONBLOCK), 0);
			ASSERT_EQ(ulp_attach(self->s.fd[i][j]), 0);
			ASSERT_EQ(keys_set(self->s.fd[i][j], TLS_TX, &keys), 0);
			ASSERT_EQ(keys_set(self->s.fd[i][j], TLS_RX, &keys), 0);
		}
	}
}

FIXTURE_TEARDOWN(stress)
{
	int i;

	for (i = 0; i < SOCKETS; i++) {
		close(self->s.fd[i][0]);
		close(self->s.fd[i][1]);
	}
	close(self->s.file);
}

TEST_F(stress, any_calls)
{
	long before = counter("TlsCurrTxSw");
	pid_t pid[PROCESSES];
	int status, i, j;
	time_t end;

	for (i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		ASSERT_GE(pid[i], 0);
		if (pid[i])
			continue;
		self->s.seed = variant->suite.cipher * 100 + i;
		if (pipe2(self->s.p, O_NONBLOCK))
			_exit(1);
		end = time(NULL) + SECONDS;
		while (time(NULL) < end)
			for (j = 0; j < 100; j++)
				any_call(&self->s);
		_exit(0);
	}
	for (i = 0; i < PROCESSES; i++) {
		EXPECT_EQ(waitpid(pid[i], &status, 0), pid[i]);
		EXPECT_EQ(status, 0);
	}
	EXPECT_EQ(counter("TlsCurrTxSw"), before);
	for (i = 0; i < SOCKETS; i++) {
		for (j = 0; j < 2; j++) {
			close(self->s.fd[i][j]);
			self->s.fd[i][j] = -1;
		}
	}
	/* What is left of them goes when TCP has done with them. */
	for (i = 0; i < 100 && counter("TlsCurrTxSw") != before - 2 * SOCKETS; i++)
		usleep(100000);
	EXPECT_EQ(counter("TlsCurrTxSw"), before - 2 * SOCKETS);
}

TEST_HARNESS_MAIN
