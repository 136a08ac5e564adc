// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a worker that was taken over would try, tried in one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc.h"
#include "parent/sandbox.h"
#include "sealsock.h"
#include "tap.h"

enum { DENIED = 40, NOT_ENTERED = 41, WORKED = 42, OTHER_UID = 65534, OTHER_GID = 65534 };

static char secret[] = "/tmp/sealsockd-sandbox-XXXXXX";
static pid_t victim;

/* Each returns what a plain call does: -1 where it was refused. */
static long try_open(void)
{
	return open(secret, O_RDONLY);
}

static long try_create(void)
{
	return open("/tmp/sealsockd-sandbox-new", O_CREAT | O_WRONLY, 0600);
}

static long try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_pair(void)
{
	int fd[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
}

static long try_connect(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(1) };

	return connect(0, (struct sockaddr *)&sin, sizeof(sin));
}

static long try_exec(void)
{
	char *argv[] = { "/bin/true", NULL };

	return execv(argv[0], argv);
}

static long try_fork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, victim, NULL, NULL);
}

static long try_memory(void)
{
	char b[8];
	struct iovec local = { b, 8 }, remote = { (void *)secret, 8 };

	return process_vm_readv(victim, &local, 1, &remote, 1, 0);
}

static long try_steal(void)
{
	return syscall(SYS_pidfd_open, victim, 0);
}

static long try_kill(void)
{
	return kill(victim, SIGKILL);
}

static long try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED ? -1 : 0;
}

static long try_protect(void)
{
	return mprotect((void *)((uintptr_t)&victim & ~4095ul), 4096,
			PROT_READ | PROT_WRITE | PROT_EXEC);
}

static long try_ioctl(void)
{
	return ioctl(0, FIONREAD, &victim);
}

static long try_setuid(void)
{
	return setuid(0);
}

static long try_uring(void)
{
	char params[256] = { 0 };

	return syscall(SYS_io_uring_setup, 4, params);
}

static long try_seccomp(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long try_unshare(void)
{
	return syscall(SYS_unshare, 0x10000000);
}

static long try_option(void)
{
	int on = 1;

	return setsockopt(0, SOL_SOCKET, SO_DEBUG, &on, sizeof(on));
}

static long try_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "name", 0);
}

/* It can do its work all the same. */
static long try_work(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	struct sealsock_conn *conn;
	const void *out;
	size_t n = 0;

	sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE);
	conn = sealsock_conn_new(cfg);
	sealsock_conn_output(conn, &out, &n);
	sealsock_conn_free(conn);
	sealsock_config_unref(cfg);
	return n > 100 ? 1 : -1;
}

/* The attempt in a sandbox: its exit status, or minus the signal that ended it. */
static int attempt(enum sandbox kind, long (*fn)(void), bool filter_only)
{
	const char *what = "";
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (filter_only ? !sandbox_filter(kind) :
				  !sandbox_enter(kind, OTHER_UID, OTHER_GID, 64, NULL, NULL,
						 &what)) {
			fprintf(stderr, "# %s: %s\n", what, strerror(errno));
			_exit(NOT_ENTERED);
		}
		_exit(fn() < 0 ? DENIED : WORKED);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A thread that there was before the filter, as the keeper has some. */
static struct {
	pthread_t thread;
	pthread_barrier_t begun, closed;
	long (*fn)(void);
} before;

static void *attempt_there(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&before.begun);
	pthread_barrier_wait(&before.closed);
	_exit(before.fn() < 0 ? DENIED : WORKED);
}

static bool make_thread(void *arg)
{
	(void)arg;
	pthread_barrier_init(&before.begun, NULL, 2);
	pthread_barrier_init(&before.closed, NULL, 2);
	if (pthread_create(&before.thread, NULL, attempt_there, NULL))
		return false;
	pthread_barrier_wait(&before.begun);
	return true;
}

static int attempt_in_thread(enum sandbox kind, long (*fn)(void))
{
	const char *what = "";
	pid_t pid = fork();
	int status;

	if (!pid) {
		before.fn = fn;
		if (!sandbox_enter(kind, OTHER_UID, OTHER_GID, 64, make_thread, NULL, &what)) {
			fprintf(stderr, "# %s: %s\n", what, strerror(errno));
			_exit(NOT_ENTERED);
		}
		pthread_barrier_wait(&before.closed);
		pthread_join(before.thread, NULL);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static const struct {
	const char *name;
	long (*fn)(void);
	bool killed;		/* else it gets an error and goes on */
} attempts[] = {
	{ "reading a key's file", try_open, false },
	{ "making a file", try_create, false },
	{ "a socket", try_socket, true },
	{ "a pair of sockets", try_pair, true },
	{ "connect()", try_connect, true },
	{ "another program", try_exec, true },
	{ "another process", try_fork, true },
	{ "ptrace()", try_ptrace, true },
	{ "another process' memory", try_memory, true },
	{ "another process' descriptors", try_steal, true },
	{ "a signal to another process", try_kill, true },
	{ "memory that can be run", try_code, true },
	{ "making memory so", try_protect, true },
	{ "another ioctl", try_ioctl, true },
	{ "another user", try_setuid, true },
	{ "io_uring", try_uring, true },
	{ "being looked into again", try_seccomp, true },
	{ "a user namespace", try_unshare, true },
	{ "another level's socket option", try_option, true },
	{ "looking for a key", try_keyring, true },
};

/* Its user, its capabilities and its limits, as the kernel has them. */
static void seen_from_outside(void)
{
	char path[64], text[8192];
	const char *what = "";
	int ready[2], status;
	pid_t pid;
	FILE *f;
	size_t n;

	if (pipe(ready))
		return;
	pid = fork();
	if (!pid) {
		if (sandbox_enter(SANDBOX_KEEPER, OTHER_UID, OTHER_GID, 64, NULL, NULL, &what) &&
		    write(ready[1], "x", 1) == 1)
			for (;;)
				ipc_wait(ready[0], -1);
		_exit(1);
	}
	if (read(ready[0], text, 1) != 1)
		printf("# not ready\n");
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	ok(strstr(text, "Uid:\t65534\t65534\t65534\t65534"), "it is another user");
	ok(strcspn(strstr(text, "Groups:\t") + 8, "0123456789") >= strcspn(strstr(text, "Groups:"),
									   "\n") - 8,
	   "with no further group");
	ok(strstr(text, "CapEff:\t0000000000000000") && strstr(text, "CapBnd:\t0000000000000000"),
	   "without capabilities, now and for ever");
	ok(strstr(text, "NoNewPrivs:\t1") && strstr(text, "Seccomp:\t2"), "under a filter");
	snprintf(path, sizeof(path), "/proc/%d/limits", pid);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	ok(strstr(text, "Max core file size        0                    0"), "and leaves no core");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void try_all(enum sandbox kind, const char *who)
{
	size_t i;
	int got;

	ok_int(attempt(kind, try_work, false), WORKED, "%s can work", who);
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		got = attempt(kind, attempts[i].fn, false);
		ok(got == (attempts[i].killed ? -SIGSYS : DENIED), "%s: %s (%d)",
		   attempts[i].name, attempts[i].killed ? "the end" : "refused", got);
	}
}

static long try_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, attempt_there, NULL) ? -1 : 0;
}

static void try_threads(void)
{
	size_t i;
	int got;

	ok_int(attempt_in_thread(SANDBOX_KEEPER, try_work), WORKED,
	       "the keeper's threads can work");
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		got = attempt_in_thread(SANDBOX_KEEPER, attempts[i].fn);
		ok(got == (attempts[i].killed ? -SIGSYS : DENIED), "there, %s: %s (%d)",
		   attempts[i].name, attempts[i].killed ? "the end" : "refused", got);
	}
	ok_int(attempt_in_thread(SANDBOX_KEEPER, try_thread), -SIGSYS, "there, another thread");
}

int main(void)
{
	int fd = mkstemp(secret);

	if (fd < 0 || fchmod(fd, 0644) || write(fd, "key", 3) != 3)
		return 1;
	close(fd);
	victim = fork();
	if (!victim)
		for (;;)
			pause();
	if (geteuid()) {
		skip("the whole sandbox needs root");
	} else {
		try_all(SANDBOX_WORKER, "a worker");
		try_all(SANDBOX_CALLERS, "one for the kernel's own sockets");
		try_threads();
		seen_from_outside();
	}
	ok_int(attempt(SANDBOX_WORKER, try_open, true), DENIED,
	       "the filter alone: reading a key's file");
	ok_int(attempt(SANDBOX_WORKER, try_socket, true), -SIGSYS, "the filter alone: a socket");
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	unlink(secret);
	return done();
}
