// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ipc.h"

enum { FDS_MAX = 2 };

bool ipc_pair(int fd[2])
{
	int room = 4 * IPC_MAX, i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return false;
	for (i = 0; i < 2; i++)
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return true;
}

static bool wait_for(int fd, short events, int wait)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do {
		r = poll(&p, 1, wait);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

bool ipc_wait(int fd, int wait)
{
	return wait_for(fd, POLLIN, wait);
}

bool ipc_patience(int fd, int wait)
{
	const struct timeval t = { .tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000 };

	return !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

bool ipc_send(int fd, struct ipc_head head, const struct ipc_part parts[2], const int *fds,
	      unsigned int n_fds, int wait)
{
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec iov[3] = { { &head, sizeof(head) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	unsigned int i;

	head.len = 0;
	for (i = 0; parts && i < 2 && parts[i].p; i++) {
		iov[i + 1] = (struct iovec){ (void *)parts[i].p, parts[i].n };
		msg.msg_iovlen++;
		head.len += (uint32_t)parts[i].n;
	}
	if (head.len > sizeof(((struct ipc_message *)0)->body)) {
		errno = EMSGSIZE;
		return false;
	}
	if (n_fds) {
		msg.msg_control = control.b;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	for (;;) {
		if (sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return true;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || !wait || !wait_for(fd, POLLOUT, wait))
			return false;
		wait = wait < 0 ? wait : 0;
	}
}

bool ipc_say(int fd, struct ipc_head head)
{
	return ipc_send(fd, head, NULL, NULL, 0, 0);
}

bool ipc_say_with(int fd, struct ipc_head head, const void *p, size_t n)
{
	const struct ipc_part parts[2] = { { p, n } };

	return ipc_send(fd, head, parts, NULL, 0, 0);
}

bool ipc_answer(int fd, uint32_t id, const void *p, ssize_t n)
{
	struct ipc_head head = { .op = IPC_ANSWER, .id = id, .code = n < 0 ? (int32_t)n : 0 };

	return n > 0 ? ipc_say_with(fd, head, p, (size_t)n) : ipc_say(fd, head);
}

/* Takes the descriptors that came; false: more than there is room for, or not all. */
static bool take_fds(struct msghdr *msg, int *fds, unsigned int room)
{
	unsigned int n = 0;
	struct cmsghdr *c;
	size_t i, count;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (n < room)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return !(msg->msg_flags & MSG_CTRUNC);
}

static int receive(int fd, struct ipc_message *m, int *fds, unsigned int room, int flags)
{
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.b,
		.msg_controllen = sizeof(control.b),
	};
	unsigned int i;
	bool whole;
	ssize_t n;

	for (i = 0; i < room; i++)
		fds[i] = -1;
	do {
		n = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	whole = take_fds(&msg, fds, room);
	if (whole && n >= (ssize_t)sizeof(m->head) && !(msg.msg_flags & MSG_TRUNC) &&
	    m->head.len == (size_t)n - sizeof(m->head))
		return 1;
	for (i = 0; i < room; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return -1;
}

int ipc_recv(int fd, struct ipc_message *m, int *fds, unsigned int room)
{
	return receive(fd, m, fds, room, MSG_DONTWAIT);
}

int ipc_await(int fd, struct ipc_message *m)
{
	return receive(fd, m, NULL, 0, 0);
}
