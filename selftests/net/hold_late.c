// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Calls whose memory does not come, and which keep the lock of a socket meanwhile: a program may
 * have any. No helper waits for a program, and no namespace for the helper of another.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "hold.h"

#include <linux/filter.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define NO_USERFAULTFD	"this kernel has no userfaultfd"

/* Memory that comes when it is told to. */
struct late {
	int uffd;
	char *page;
	struct uffdio_range range;
};

/* False: the kernel has none. */
static bool late_make(struct late *late)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };

	late->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (late->uffd < 0)
		return false;
	late->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	late->range = (struct uffdio_range){ .start = (uintptr_t)late->page, .len = 4096 };
	reg.range = late->range;
	return !ioctl(late->uffd, UFFDIO_API, &api) && !ioctl(late->uffd, UFFDIO_REGISTER, &reg);
}

/* Somebody waits for it. */
static bool late_is_wanted(const struct late *late)
{
	return poll_for(late->uffd, POLLIN, PATIENCE) == POLLIN;
}

static void late_comes(struct late *late)
{
	struct uffdio_zeropage zero = { .range = late->range };

	ioctl(late->uffd, UFFDIO_ZEROPAGE, &zero);
	close(late->uffd);
	munmap(late->page, 4096);
}

/* A call on @fd with that memory, in a thread of its own. */
struct call {
	pthread_t thread;
	int fd;
	struct late late;
};

static void *set_filter(void *arg)
{
	struct call *call = arg;
	struct sock_fprog filter = { .len = 4, .filter = (void *)call->late.page };

	setsockopt(call->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
	return NULL;
}

static void *read_there(void *arg)
{
	struct call *call = arg;

	return (void *)read(call->fd, call->late.page, 100);
}

static void *close_it(void *arg)
{
	close(((struct call *)arg)->fd);
	return NULL;
}

/* True: it has the lock of @fd. */
static bool call_begin(struct call *call, int fd, void *(*run)(void *arg))
{
	call->fd = fd;
	return !pthread_create(&call->thread, NULL, run, call) && late_is_wanted(&call->late);
}

static void call_end(struct call *call)
{
	late_comes(&call->late);
	pthread_join(call->thread, NULL);
}

/* Without waiting for it: does it end? */
static bool ends(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE / 1000;
	return !pthread_timedjoin_np(thread, NULL, &until);
}

/* A program's connection that is due, or taken: @channel not NULL. */
static int connect_due(const struct sockaddr_storage *addr, socklen_t len, int device,
		       int *channel)
{
	int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (hold_ask(fd, SEALSOCK_ROLE_CONNECT) ||
	    connect(fd, (const struct sockaddr *)addr, len) != -1 || errno != EINPROGRESS ||
	    poll_for(device, POLLIN, PATIENCE) <= 0)
		return -1;
	if (channel)
		*channel = ioctl(device, SEALSOCK_NEXT, &(struct sealsock_due){});
	return fd;
}

/* It is passed over for those behind it, and taken when it can be. */
TEST_F(hold, due)
{
	int bad, good, channel;
	struct call call;

	if (!late_make(&call.late))
		SKIP(return, NO_USERFAULTFD);
	bad = connect_due(&self->addr, self->len, self->device, NULL);
	ASSERT_GE(bad, 0);
	ASSERT_TRUE(call_begin(&call, bad, set_filter));
	EXPECT_EQ(ioctl(self->device, SEALSOCK_NEXT, &(struct sealsock_due){}), -1);
	EXPECT_EQ(errno, EAGAIN);
	good = connect_due(&self->addr, self->len, self->device, &channel);
	ASSERT_GE(good, 0);
	ASSERT_GE(channel, 0);
	EXPECT_EQ(hold_refuse(channel, EPROTO, ""), 0);
	EXPECT_EQ(sock_error(good), EPROTO);
	EXPECT_EQ(sock_error(bad), 0);
	close(channel);
	close(good);
	call_end(&call);
	channel = hold_next(self->device, NULL);
	EXPECT_GE(channel, 0);
	close(channel);
	EXPECT_EQ(sock_error(bad), ECONNABORTED);
	close(bad);
}

/* Nothing is done with it, but polled for until it can be. */
TEST_F(hold, taken)
{
	int bad, channel, peer;
	struct call call;
	char c;

	if (!late_make(&call.late))
		SKIP(return, NO_USERFAULTFD);
	bad = connect_due(&self->addr, self->len, self->device, &channel);
	ASSERT_GE(bad, 0);
	ASSERT_GE(channel, 0);
	peer = accept(self->listener, NULL, NULL);
	ASSERT_EQ(fcntl(channel, F_SETFL, O_NONBLOCK), 0);
	ASSERT_TRUE(call_begin(&call, bad, set_filter));
	ASSERT_EQ(send(peer, HELLO, sizeof(HELLO), 0), sizeof(HELLO));
	EXPECT_EQ(read(channel, &c, 1), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(write(channel, "x", 1), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(hold_release(channel, false, NULL, 0), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(hold_refuse(channel, EPROTO, ""), -1);
	EXPECT_EQ(errno, EAGAIN);
	call_end(&call);
	while (read(channel, &c, 1) != 1) {
		ASSERT_EQ(errno, EAGAIN);
		ASSERT_GT(poll_for(channel, POLLIN, PATIENCE), 0);
	}
	EXPECT_EQ(c, HELLO[0]);
	EXPECT_EQ(hold_refuse(channel, EPROTO, ""), 0);
	EXPECT_EQ(sock_error(bad), EPROTO);
	close(channel);
	close(bad);
	close(peer);
}

/* A helper that goes meanwhile goes at once; the program hears of it when it can. */
TEST_F(hold, helper_goes)
{
	long users = module_users();
	int bad, channel;
	struct call call, closer;

	if (!late_make(&call.late))
		SKIP(return, NO_USERFAULTFD);
	bad = connect_due(&self->addr, self->len, self->device, &channel);
	ASSERT_GE(bad, 0);
	ASSERT_GE(channel, 0);
	ASSERT_TRUE(call_begin(&call, bad, set_filter));
	closer.fd = channel;
	ASSERT_EQ(pthread_create(&closer.thread, NULL, close_it, &closer), 0);
	EXPECT_TRUE(ends(closer.thread));
	call_end(&call);
	EXPECT_EQ(poll_for(bad, POLLIN, PATIENCE) & POLLERR, POLLERR);
	EXPECT_EQ(sock_error(bad), ECONNABORTED);
	close(bad);
	EXPECT_USERS(users);
}

/* Of a listener: its connections wait, others do not. */
TEST_F(hold, listener)
{
	struct sockaddr_storage addr;
	int peer, good, channel, fd;
	struct call call;
	socklen_t len;

	if (!late_make(&call.late))
		SKIP(return, NO_USERFAULTFD);
	fd = tcp_listen(variant->family, &addr, &len);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	peer = peer_connect(&self->addr, self->len);
	ASSERT_GE(peer, 0);
	ASSERT_EQ(poll_for(self->device, POLLIN, PATIENCE), POLLIN);
	ASSERT_TRUE(call_begin(&call, self->listener, set_filter));
	EXPECT_EQ(ioctl(self->device, SEALSOCK_NEXT, &(struct sealsock_due){}), -1);
	EXPECT_EQ(errno, EAGAIN);
	good = connect_due(&addr, len, self->device, &channel);
	ASSERT_GE(good, 0);
	EXPECT_GE(channel, 0);
	close(channel);
	EXPECT_EQ(sock_error(good), ECONNABORTED);
	call_end(&call);
	channel = hold_next(self->device, NULL);
	EXPECT_GE(channel, 0);
	close(channel);
	close(peer);
	close(good);
	close(fd);
}

/* A helper of a namespace of its own, in which a listener stops, while another's is closed. */
TEST_F(hold, other_namespace)
{
	int own, device, listener, peer, channel;
	struct sockaddr_storage addr;
	struct call call, closer;
	socklen_t len;

	if (!late_make(&call.late))
		SKIP(return, NO_USERFAULTFD);
	own = open("/proc/self/ns/net", O_RDONLY);
	ASSERT_EQ(unshare(CLONE_NEWNET) | loopback_up(), 0);
	device = hold_device();
	listener = tcp_listen(AF_INET, &addr, &len);
	ASSERT_EQ(hold_ask(listener, SEALSOCK_ROLE_SERVE), 0);
	peer = peer_connect(&addr, len);
	channel = hold_next(device, NULL);
	ASSERT_GE(channel, 0);
	ASSERT_EQ(setns(own, CLONE_NEWNET), 0);
	ASSERT_EQ(send(peer, HELLO, sizeof(HELLO), 0), sizeof(HELLO));
	ASSERT_TRUE(call_begin(&call, channel, read_there));
	ASSERT_EQ(shutdown(listener, SHUT_RDWR), 0);

	ASSERT_EQ(hold_ask(self->listener, SEALSOCK_ROLE_SERVE), 0);
	closer.fd = self->listener;
	ASSERT_EQ(pthread_create(&closer.thread, NULL, close_it, &closer), 0);
	EXPECT_TRUE(ends(closer.thread));
	self->listener = -1;

	call_end(&call);
	close(listener);
	close(channel);
	close(device);
	close(peer);
	close(own);
}

TEST_HARNESS_MAIN
