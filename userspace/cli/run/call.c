// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * One call of the program's that the kernel asks about: connect() and listen() are made here, on
 * the same socket, with an address that was read once; what cannot be watched is refused, and said.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../uapi/hold.h"
#include "run/run.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

enum { UNDER_WAY = 1024, LINES = 20, STACK = 128 << 10, LOST = 64 };

struct call {
	struct call *next;
	struct supervisor *s;
	uint64_t id;
	pid_t pid;		/* the thread that calls */
	int fd;			/* its socket, ours by now */
	ino_t inode;
	pthread_t thread;
	socklen_t len;
	struct sockaddr_storage to;
};

/* Answers that nobody took: a signal came, and the same call comes again. */
struct lost {
	pid_t pid;
	ino_t inode;
	int error;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_less = PTHREAD_COND_INITIALIZER;
static struct call *under_way;		/* the latest first */
static unsigned int n_under_way;
static struct lost lost[LOST];
static unsigned int lost_at;

/* Whoever called, by name. */
static void say(pid_t pid, const char *what, const char *why)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	static int64_t since;
	static unsigned int lines;
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	pthread_mutex_lock(&one);
	if (cli_now_ms() - since >= 1000) {
		since = cli_now_ms();
		lines = 0;
	}
	if (lines++ < LINES)
		cli_error("%s (%d): %s: %s", name, (int)pid, what, why);
	pthread_mutex_unlock(&one);
}

/* There is too little of something: what failed may be tried again. */
static bool is_scarce(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM;
}

/* @error: 0 or errno. False: nobody waits for it any more. */
static bool answer(const struct supervisor *s, uint64_t id, int error, uint32_t flags)
{
	/* More than any kernel of today has of it. */
	union {
		struct seccomp_notif_resp resp;
		char room[256];
	} u;

	memset(&u, 0, sizeof(u));
	u.resp.id = id;
	u.resp.error = -error;
	u.resp.flags = flags;
	return !ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &u.resp);
}

static void refuse(const struct supervisor *s, const struct seccomp_notif *req, int error,
		   const char *what, const char *why)
{
	say((pid_t)req->pid, what, why);
	answer(s, req->id, error, 0);
}

static bool is_there(const struct supervisor *s, uint64_t id)
{
	return !ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

/* The process of a thread. */
static pid_t process_of(pid_t thread)
{
	char path[64], line[128];
	int pid = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &pid) == 1)
			break;
	if (f)
		fclose(f);
	return pid;
}

/*
 * The caller's descriptor @fd, ours: -1 with errno. Kernels before 6.9 find it by the process: a
 * thread with a table of its own is told by the file being another.
 */
static int take_socket(const struct supervisor *s, const struct seccomp_notif *req, int fd,
		       ino_t *inode)
{
	pid_t thread = (pid_t)req->pid;
	struct stat theirs, ours;
	int pidfd, got, err;
	char path[64];

	pidfd = (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD);
	if (pidfd < 0)
		pidfd = (int)syscall(SYS_pidfd_open, process_of(thread), 0);
	if (pidfd < 0)
		return -1;
	got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	err = errno;
	close(pidfd);
	if (got < 0) {
		errno = err;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)thread, fd);
	if (stat(path, &theirs)) {
		err = errno == ENOENT ? EBADF : errno;
		close(got);
		errno = err;
		return -1;
	}
	if (fstat(got, &ours) || theirs.st_ino != ours.st_ino ||
	    theirs.st_dev != ours.st_dev || !is_there(s, req->id)) {
		close(got);
		errno = EBADF;
		return -1;
	}
	*inode = ours.st_ino;
	return got;
}

/*
 * The caller's memory: 0, or errno, and why is said where it is not the caller's fault. By /proc,
 * as every kernel has it: process_vm_readv() is an option (CONFIG_CROSS_MEMORY_ATTACH).
 */
static int read_memory(pid_t thread, uint64_t from, void *to, size_t n)
{
	char path[64], why[128];
	int fd, err;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		snprintf(why, sizeof(why), "its address cannot be read: %s: %s", path,
			 strerror(err));
		say(thread, "connect", why);
		return is_scarce(err) ? EAGAIN : EACCES;
	}
	got = pread(fd, to, n, (off_t)from);
	close(fd);
	return got == (ssize_t)n ? 0 : EFAULT;
}

/* 0, or errno. */
static int read_address(const struct supervisor *s, const struct seccomp_notif *req,
			struct sockaddr_storage *to, socklen_t *len)
{
	int err;

	if ((int)req->data.args[2] < 0 || req->data.args[2] > sizeof(*to))
		return EINVAL;
	*len = (socklen_t)req->data.args[2];
	memset(to, 0, sizeof(*to));
	err = *len ? read_memory((pid_t)req->pid, req->data.args[1], to, *len) : 0;
	return err ? err : is_there(s, req->id) ? 0 : ESRCH;
}

struct kind {
	int domain, type, protocol;
};

static bool kind_of(int fd, struct kind *k)
{
	socklen_t len = sizeof(int);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &k->domain, &len) &&
	       !getsockopt(fd, SOL_SOCKET, SO_TYPE, &k->type, &len) &&
	       !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &k->protocol, &len);
}

static bool is_inet(const struct kind *k)
{
	return k->domain == AF_INET || k->domain == AF_INET6;
}

static bool is_tcp(const struct kind *k)
{
	return is_inet(k) && k->type == SOCK_STREAM && k->protocol == IPPROTO_TCP;
}

/* Its role was set when it began, and it is under way or has arrived. */
static bool has_role(int fd)
{
	struct sealsock_role role;
	socklen_t len = sizeof(role);

	return !getsockopt(fd, SOL_TLS, SEALSOCK_ROLE, &role, &len) &&
	       role.role == SEALSOCK_ROLE_CONNECT;
}

/* What TLS needs, and whether it may be at all: 0, or errno. */
static int prepare(struct call *c)
{
	const struct rule *tls;
	char what[128], text[NET_ADDR_MAX];
	struct place at;
	const char *why;
	int err;

	if (!place_of(&c->to, &at))
		return 0;		/* AF_UNSPEC, or what connect() itself refuses */
	place_format(&at, text);
	snprintf(what, sizeof(what), "connect to %s", text);
	if (!rules_decide(c->s->rules, RULE_CONNECT, &at, &tls, &why)) {
		say(c->pid, what, why);
		return EACCES;
	}
	if (!tls || !rule_ask(c->s->rules, tls, c->fd) || (errno == EISCONN && has_role(c->fd)))
		return 0;
	err = errno;
	say(c->pid, what, err == ENOENT ? "no TLS: the module is not there" : strerror(err));
	return err;
}

/* For calls that failed while they waited: those that did not are told by nobody but the helper. */
static void say_cause(const struct call *c, int err)
{
	char what[128], text[NET_ADDR_MAX], cause[300], words[256];
	struct place at;

	if (!err || sealsock_cause(c->fd, words, sizeof(words)) || !place_of(&c->to, &at))
		return;
	if (err == ESRCH)
		snprintf(words, sizeof(words), "no helper: is sealsockd running?");
	if (!*words)
		return;
	place_format(&at, text);
	snprintf(what, sizeof(what), "connect to %s", text);
	snprintf(cause, sizeof(cause), "%s: %s", strerror(err), words);
	say(c->pid, what, cause);
}

/* The answer to the same call, if a signal took its caller away before it got it; -1: none. */
static int find_lost(pid_t pid, ino_t inode)
{
	int error = -1;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < LOST; i++)
		if (lost[i].pid == pid && lost[i].inode == inode) {
			error = lost[i].error;
			lost[i].pid = 0;
		}
	pthread_mutex_unlock(&lock);
	return error;
}

static void keep_lost(pid_t pid, ino_t inode, int error)
{
	pthread_mutex_lock(&lock);
	lost[lost_at] = (struct lost){ .pid = pid, .inode = inode, .error = error };
	lost_at = (lost_at + 1) % LOST;
	pthread_mutex_unlock(&lock);
}

static void remove_call(struct call *c)
{
	struct call **at;

	pthread_mutex_lock(&lock);
	for (at = &under_way; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	n_under_way--;
	pthread_cond_broadcast(&one_less);
	pthread_mutex_unlock(&lock);
}

static bool has_predecessor(const struct call *c)
{
	for (const struct call *o = c->next; o; o = o->next)
		if (o->pid == c->pid && o->inode == c->inode)
			return true;
	return false;
}

/*
 * A signal took the caller away and the same call comes again, while the one before it may have its
 * result already and not kept it yet. That one ends soon: call_tick() sees to it.
 */
static void let_predecessors_end(const struct call *c)
{
	pthread_mutex_lock(&lock);
	while (has_predecessor(c))
		pthread_cond_wait(&one_less, &lock);
	pthread_mutex_unlock(&lock);
}

static void *make_call(void *arg)
{
	struct call *c = arg;
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	let_predecessors_end(c);
	err = find_lost(c->pid, c->inode);
	if (err < 0) {
		err = prepare(c);
		if (!err && connect(c->fd, (struct sockaddr *)&c->to, c->len))
			err = errno;
		if (err != EINPROGRESS && err != EALREADY)
			say_cause(c, err);
	}
	/* EINTR: we were told that nobody waits any more. */
	if (!answer(c->s, c->id, err, 0) && err != EINTR)
		keep_lost(c->pid, c->inode, err);
	remove_call(c);
	close(c->fd);
	free(c);
	return NULL;
}

static void wake_up(int sig)
{
	(void)sig;
}

/* Connecting may take its time. */
static bool begin_call(const struct call *wanted)
{
	const struct sigaction act = { .sa_handler = wake_up };
	struct call *c = malloc(sizeof(*c));
	pthread_attr_t attr;
	bool ok = false;

	if (!c)
		return false;
	*c = *wanted;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	sigaction(SIGUSR1, &act, NULL);
	pthread_mutex_lock(&lock);
	if (n_under_way < UNDER_WAY) {
		c->next = under_way;
		under_way = c;
		n_under_way++;
		/* Our own copy of it is set before the other can look for it. */
		ok = !pthread_create(&c->thread, &attr, make_call, c);
		if (!ok) {
			under_way = c->next;
			n_under_way--;
		}
	}
	pthread_mutex_unlock(&lock);
	pthread_attr_destroy(&attr);
	if (!ok)
		free(c);
	return ok;
}

bool call_tick(struct supervisor *s)
{
	bool any;

	pthread_mutex_lock(&lock);
	for (struct call *c = under_way; c; c = c->next)
		if (!is_there(s, c->id))
			pthread_kill(c->thread, SIGUSR1);
	any = under_way;
	pthread_mutex_unlock(&lock);
	return any;
}

static void handle_connect(struct supervisor *s, const struct seccomp_notif *req, int fd,
			   ino_t inode, const struct kind *k)
{
	struct call c = { .s = s, .id = req->id, .pid = (pid_t)req->pid, .fd = fd, .inode = inode };
	int err = read_address(s, req, &c.to, &c.len);

	if (!err && is_tcp(k)) {
		if (begin_call(&c))
			return;
		say(c.pid, "connect", "too many calls wait already");
		err = EAGAIN;
	} else if (!err) {
		err = connect(fd, (struct sockaddr *)&c.to, c.len) ? errno : 0;
	}
	answer(s, req->id, err, 0);
	close(fd);
}

static int do_listen(struct supervisor *s, const struct seccomp_notif *req, int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char what[128], text[NET_ADDR_MAX];
	const struct rule *tls;
	struct place at;
	const char *why;
	int err;

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return errno;
	if (!place_of(&ss, &at))
		return EINVAL;
	place_format(&at, text);
	snprintf(what, sizeof(what), "listen at %s", text);
	if (!rules_decide(s->rules, RULE_SERVE, &at, &tls, &why)) {
		say((pid_t)req->pid, what, why);
		return EACCES;
	}
	if ((!tls || !rule_ask(s->rules, tls, fd)) && !listen(fd, (int)req->data.args[1]))
		return 0;
	err = errno;
	if (tls)
		say((pid_t)req->pid, what,
		    err == ENOENT ? "no TLS: the module is not there" :
		    err == ESRCH ? "no helper: is sealsockd running?" : strerror(err));
	return err;
}

static void cannot_take(const struct supervisor *s, const struct seccomp_notif *req,
			const char *what, int err)
{
	char why[128];

	snprintf(why, sizeof(why), "its socket cannot be taken: %s%s", strerror(err),
		 err == EPERM ? ": may it be traced?" : "");
	refuse(s, req, is_scarce(err) ? EAGAIN : EACCES, what, why);
}

static void handle_socket(struct supervisor *s, const struct seccomp_notif *req)
{
	bool connects = req->data.nr == __NR_connect;
	const char *what = connects ? "connect" : "listen";
	struct kind k;
	ino_t inode;
	int fd = take_socket(s, req, (int)req->data.args[0], &inode);

	if (fd < 0 && errno == EBADF) {
		answer(s, req->id, EBADF, 0);
	} else if (fd < 0) {
		cannot_take(s, req, what, errno);
	} else if (!kind_of(fd, &k)) {
		answer(s, req->id, ENOTSOCK, 0);
		close(fd);
	} else if (!is_inet(&k)) {
		/*
		 * Credentials and paths are the caller's own. A socket of TCP in its place by now
		 * would refuse an address of another family.
		 */
		answer(s, req->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		close(fd);
	} else if (connects) {
		handle_connect(s, req, fd, inode, &k);
	} else {
		answer(s, req->id, is_tcp(&k) ? do_listen(s, req, fd) :
				   listen(fd, (int)req->data.args[1]) ? errno : 0, 0);
		close(fd);
	}
}

void call_handle(struct supervisor *s, const struct seccomp_notif *req)
{
	if (!filter_is_native(&req->data)) {
		refuse(s, req, ENOSYS, "a socket by a call of 32 bits",
		       "it cannot be watched: the program must be one of 64 bits");
		return;
	}
	switch (req->data.nr) {
	case __NR_connect:
	case __NR_listen:
		handle_socket(s, req);
		break;
#ifdef __NR_socketcall
	case __NR_socketcall:
		refuse(s, req, ENOSYS, "a socket by socketcall(2)",
		       "it cannot be watched: its C library must have calls of their own for it");
		break;
#endif
	case __NR_io_uring_setup:
		refuse(s, req, ENOSYS, "io_uring", "it cannot be watched");
		break;
	default:
		refuse(s, req, EOPNOTSUPP, "MSG_FASTOPEN", "data would go before the handshake");
		break;
	}
}
