// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Every state of a held socket, ended by everybody who may end it. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum state { ARMED, DUE, TAKEN, OPEN_, REFUSED, CHILD_TAKEN, CHILD_READY, STATES };
enum event { PROGRAM_CLOSES, PEER_RESETS, HELPER_DIES, DEADLINE, UNLOAD, EVENTS };

/* A deadline that is waited for, with time enough to be in a state before, and one that is not. */
enum { DEADLINE_MS = 2500, LONG_MS = 120000 };

/* A socket in some state: the program's end (a listener for children), the peer's, the helper's. */
struct subject {
	int device, listener, fd, peer, channel;
};

/* @deadline: milliseconds */
static int enter(struct subject *s, int state, const struct sockaddr_storage *addr,
		 socklen_t len, uint32_t deadline)
{
	bool child = state == CHILD_TAKEN || state == CHILD_READY;

	s->fd = -1;
	s->peer = -1;
	s->channel = -1;
	if (child) {
		s->fd = s->listener;
		if (hold_ask(s->fd, SEALSOCK_ROLE_SERVE) || hold_deadline(s->fd, deadline))
			return -1;
		s->peer = peer_connect(addr, len);
	} else {
		s->fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (hold_ask(s->fd, SEALSOCK_ROLE_CONNECT) || hold_deadline(s->fd, deadline))
			return -1;
		if (state == ARMED)
			return 0;
		if (connect(s->fd, (const struct sockaddr *)addr, len) != -1 ||
		    errno != EINPROGRESS)
			return -1;
		s->peer = accept(s->listener, NULL, NULL);
		set_timeout(s->peer, PATIENCE);
		/* The helper knows when TCP is connected. */
		if (poll_for(s->device, POLLIN, PATIENCE) <= 0)
			return -1;
	}
	if (state == DUE)
		return 0;
	s->channel = hold_next(s->device, NULL);
	if (s->channel < 0)
		return -1;
	if (state == REFUSED)
		return hold_refuse(s->channel, EPROTO, "");
	if (state == OPEN_ || state == CHILD_READY)
		return hold_release(s->channel, child, NULL, 0);
	return 0;
}

static void reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static void happen(struct subject *s, enum event event)
{
	switch (event) {
	case PROGRAM_CLOSES:
		if (s->fd == s->listener)
			s->listener = -1;
		close(s->fd);
		s->fd = -1;
		break;
	case PEER_RESETS:
		if (s->peer >= 0)
			reset(s->peer);
		s->peer = -1;
		usleep(200000);
		break;
	case HELPER_DIES:
		close(s->device);
		if (s->channel >= 0)
			close(s->channel);
		s->device = -1;
		s->channel = -1;
		usleep(100000);
		break;
	case DEADLINE:
		sleep(4);
		break;
	default:
		break;
	}
}

/* What the program finds; 0: nothing is wrong with the socket, -1: not asked. */
static const int found[STATES][EVENTS] = {
	[ARMED] = { -1, 0, 0, 0, 0 },
	[DUE] = { -1, ECONNRESET, ECONNABORTED, ETIMEDOUT, 0 },
	[TAKEN] = { -1, ECONNRESET, ECONNABORTED, ETIMEDOUT, 0 },
	[OPEN_] = { -1, ECONNRESET, 0, 0, 0 },
	[REFUSED] = { -1, EPROTO, EPROTO, EPROTO, EPROTO },
	[CHILD_TAKEN] = { -1, 0, 0, 0, 0 },
	[CHILD_READY] = { -1, 0, 0, 0, 0 },
};

FIXTURE(ends)
{
	struct subject s;
	struct sockaddr_storage addr;
	socklen_t len;
};

FIXTURE_SETUP(ends)
{
	self->s.device = hold_device();
	ASSERT_GE(self->s.device, 0);
	self->s.listener = tcp_listen(AF_INET, &self->addr, &self->len);
	ASSERT_GE(self->s.listener, 0);
}

FIXTURE_TEARDOWN(ends)
{
	close(self->s.device);
	close(self->s.listener);
}

TEST_F(ends, each_by_each)
{
	long attached = counter("TlsCurrAttached");
	struct sealsock_counts counts;
	struct subject *s = &self->s;
	int state, event, error, module;
	bool taken;

	for (state = 0; state < STATES; state++) {
		for (event = 0; event < EVENTS; event++) {
			if (s->device < 0)
				s->device = hold_device();
			close(s->listener);
			s->listener = tcp_listen(AF_INET, &self->addr, &self->len);
			ASSERT_EQ(enter(s, state, &self->addr, self->len,
					event == DEADLINE ? DEADLINE_MS : LONG_MS), 0) {
				TH_LOG("state %d: %s", state, strerror(errno));
			}
			happen(s, event);
			if (event == UNLOAD) {
				module = syscall(SYS_delete_module, "sealsock", O_NONBLOCK);
				EXPECT_EQ(module, -1);
				EXPECT_EQ(errno, EAGAIN);
			}
			if (s->fd >= 0 && s->fd != s->listener) {
				error = sock_error(s->fd);
				EXPECT_EQ(error, found[state][event]) {
					TH_LOG("state %d, event %d: %s", state, event,
					       strerror(error));
				}
			}
			taken = state == TAKEN || state == CHILD_TAKEN;
			if (s->channel >= 0 &&
			    (event == PROGRAM_CLOSES || (event == DEADLINE && taken))) {
				EXPECT_EQ(poll_for(s->channel, POLLIN, PATIENCE) & POLLHUP,
					  POLLHUP) {
					TH_LOG("state %d, event %d: no hangup", state, event);
				}
			}
			if (s->fd >= 0 && s->fd != s->listener)
				close(s->fd);
			if (s->peer >= 0)
				close(s->peer);
			if (s->channel >= 0)
				close(s->channel);
			close(s->listener);
			s->listener = -1;
			if (s->device >= 0) {
				counts = hold_counts(s->device);
				EXPECT_EQ(counts.waiting + counts.taken + counts.ready, 0) {
					TH_LOG("state %d, event %d: %u %u %u", state, event,
					       counts.waiting, counts.taken, counts.ready);
				}
			}
		}
	}
	for (event = 0; event < 50 && counter("TlsCurrAttached") != attached; event++)
		usleep(100000);
	EXPECT_EQ(counter("TlsCurrAttached"), attached);
}

/* A child that is reset or too late makes room for others, whether or not its helper looks. */
TEST_F(ends, dead_children)
{
	struct subject *s = &self->s;
	int i;

	ASSERT_EQ(hold_ask(s->listener, SEALSOCK_ROLE_SERVE), 0);
	ASSERT_EQ(hold_deadline(s->listener, 500), 0);
	ASSERT_EQ(listen(s->listener, 1), 0);
	for (i = 0; i < 6; i++) {
		s->peer = peer_connect(&self->addr, self->len);
		ASSERT_GE(s->peer, 0);
		s->channel = hold_next(s->device, NULL);
		ASSERT_GE(s->channel, 0);
		if (i % 2)
			reset(s->peer);
		else
			sleep(2);
		EXPECT_EQ(poll_for(s->channel, POLLIN, PATIENCE) & POLLHUP, POLLHUP);
		EXPECT_EQ(hold_counts(s->device).taken, 0);
		if (!(i % 2))
			close(s->peer);
		close(s->channel);
	}
}

/* The namespace goes when its sockets have: the helper, which does not keep it, is told. */
TEST(namespace_goes)
{
	struct sockaddr_storage addr;
	int device, fd, to_child[2], to_parent[2];
	socklen_t len;
	char c;
	pid_t pid;

	ASSERT_EQ(pipe(to_child) | pipe(to_parent), 0);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET))
			_exit(1);
		if (write(to_parent[1], "x", 1) != 1 || read(to_child[0], &c, 1) != 1)
			_exit(2);
		_exit(0);
	}
	ASSERT_EQ(read(to_parent[0], &c, 1), 1);
	{
		char path[64];
		int ns, own = open("/proc/self/ns/net", O_RDONLY);

		snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
		ns = open(path, O_RDONLY);
		ASSERT_EQ(setns(ns, CLONE_NEWNET), 0);
		device = hold_device();
		ASSERT_GE(device, 0);
		/* Its loopback is down, but asking is possible. */
		fd = socket(AF_INET, SOCK_STREAM, 0);
		ASSERT_EQ(hold_ask(fd, SEALSOCK_ROLE_CONNECT), 0);
		ASSERT_EQ(setns(own, CLONE_NEWNET), 0);
		close(ns);
		close(own);
	}
	/* Each namespace has its helpers: here there are none. */
	EXPECT_EQ(hold_counts(device).helpers, 1);
	len = sizeof(addr);
	close(fd);
	fd = tcp_listen(AF_INET, &addr, &len);
	close(fd);
	EXPECT_EQ(poll_for(device, POLLIN, 100), 0);
	ASSERT_EQ(write(to_child[1], "x", 1), 1);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_EQ(poll_for(device, POLLIN, PATIENCE), POLLHUP);
	EXPECT_EQ(ioctl(device, SEALSOCK_NEXT, &(struct sealsock_due){}), -1);
	EXPECT_EQ(errno, ENODEV);
	close(device);
}

/* So does it in every state: channels do not keep it once its programs have gone. */
TEST(namespace_goes_with_sockets)
{
	struct sockaddr_storage addr;
	int own, state;
	socklen_t len;

	own = open("/proc/self/ns/net", O_RDONLY);
	for (state = 0; state < STATES; state++) {
		struct subject s;

		ASSERT_EQ(unshare(CLONE_NEWNET) | loopback_up(), 0);
		s.device = hold_device();
		ASSERT_GE(s.device, 0);
		s.listener = tcp_listen(AF_INET, &addr, &len);
		ASSERT_EQ(enter(&s, state, &addr, len, LONG_MS), 0) {
			TH_LOG("state %d: %s", state, strerror(errno));
		}
		ASSERT_EQ(setns(own, CLONE_NEWNET), 0);
		if (s.fd >= 0 && s.fd != s.listener)
			reset(s.fd);
		close(s.listener);
		if (s.peer >= 0)
			reset(s.peer);
		if (s.channel >= 0) {
			EXPECT_EQ(poll_for(s.channel, POLLIN, PATIENCE) & POLLHUP, POLLHUP) {
				TH_LOG("state %d: no hangup", state);
			}
			close(s.channel);
		}
		EXPECT_EQ(poll_for(s.device, POLLIN, PATIENCE), POLLHUP) {
			TH_LOG("state %d: the namespace stays", state);
		}
		EXPECT_EQ(hold_counts(s.device).taken + hold_counts(s.device).waiting +
			  hold_counts(s.device).ready, 0);
		close(s.device);
	}
	close(own);
}

/* Only who may administer the network gets the device. */
TEST(device_needs_admin)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int fd;

		chmod(SEALSOCK_DEVICE, 0666);
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		fd = hold_device();
		_exit(fd < 0 && errno == EPERM ? 0 : 1);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	chmod(SEALSOCK_DEVICE, 0600);
	EXPECT_EQ(status, 0);
}

TEST_HARNESS_MAIN
