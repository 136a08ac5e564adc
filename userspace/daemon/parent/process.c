// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeper/keeper.h"
#include "parent/process.h"
#include "parent/sandbox.h"
#include "worker/callers.h"
#include "worker/worker.h"

enum { KEEPER_FDS = 1024, SPARE_FDS = 64 };

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void close_range_of(unsigned int from, unsigned int to)
{
	if (from > to)
		return;
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, from, to, 0))
		return;
#endif
	for (; from <= to && from < 65536; from++)
		close((int)from);
}

/* A new process has nothing of ours but these; its standard descriptors lead nowhere. */
static void keep_only(int *fds, int n)
{
	unsigned int from = 3;
	int null = open("/dev/null", O_RDWR), i;

	for (i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			_exit(1);
	qsort(fds, (size_t)n, sizeof(*fds), by_number);
	for (i = 0; i < n; i++) {
		close_range_of(from, (unsigned int)fds[i] - 1);
		from = (unsigned int)fds[i] + 1;
	}
	close_range_of(from, ~0u);
}

struct keeper_threads {
	struct keeper *keeper;
	unsigned int n;
};

static bool start_keeper(void *arg)
{
	const struct keeper_threads *t = arg;

	return keeper_start(t->keeper, t->n);
}

/* What both kinds begin with. @keeper: whose threads are made on the way; NULL: a worker. */
static void begin(const char *name, enum sandbox kind, uid_t uid, gid_t gid, unsigned int fds,
		  int control, struct keeper_threads *keeper)
{
	struct ipc_head head = { .op = IPC_LOG, .code = IPC_ERROR };
	char line[200];
	const char *what;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	if (!sandbox_lock_memory()) {
		snprintf(line, sizeof(line), "%s: its memory can be swapped out: %s", name,
			 strerror(errno));
		ipc_say_with(control, head, line, strlen(line));
	}
	if (sandbox_enter(kind, uid, gid, fds, keeper ? start_keeper : NULL, keeper, &what))
		return;
	snprintf(line, sizeof(line), "%s: %s: %s", name, what, strerror(errno));
	ipc_say_with(control, head, line, strlen(line));
	_exit(1);
}

static struct process *new_process(void)
{
	struct process *p = calloc(1, sizeof(*p));

	if (p)
		p->control = -1;
	return p;
}

void process_free(struct process *p)
{
	if (!p)
		return;
	if (p->control >= 0)
		close(p->control);
	if (p->stats)
		munmap(p->stats, sizeof(*p->stats));
	free(p);
}

struct process *process_keeper(const struct conf *conf, unsigned int threads)
{
	struct process *p = new_process();
	struct keeper_threads k = { NULL, threads };
	int pair[2];

	if (!p || !ipc_pair(pair)) {
		process_free(p);
		return NULL;
	}
	p->pid = fork();
	if (!p->pid) {
		keep_only(&pair[1], 1);
		k.keeper = keeper_new(pair[1], conf);
		begin("sealsockd-keep", SANDBOX_KEEPER, conf->keeper_uid,
		      conf->keeper_gid, KEEPER_FDS, pair[1], k.keeper ? &k : NULL);
		_exit(k.keeper ? keeper_run(k.keeper) : 1);
	}
	close(pair[1]);
	p->control = pair[0];
	if (p->pid < 0) {
		process_free(p);
		return NULL;
	}
	return p;
}

static void run_worker(struct worker_parts *parts, int more)
{
	const struct conf *conf = &parts->material->conf;
	const bool callers = parts->ops == &device_callers;
	int keep[] = { parts->device, parts->parent, parts->keeper_later, parts->keeper_now, more };
	struct worker *w;

	keep_only(keep, callers ? 5 : 4);
	w = worker_new(parts);
	begin(callers ? "sealsockd-kern" : "sealsockd-work",
	      callers ? SANDBOX_CALLERS : SANDBOX_WORKER, conf->worker_uid, conf->worker_gid,
	      conf->handshakes + SPARE_FDS, parts->parent, NULL);
	_exit(w ? worker_run(w) : 1);
}

static void close_all(const int *fds, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

struct process *process_worker(const struct material *m, int device, int keeper_ends[2])
{
	/* Our ends, theirs, and what one for the kernel's sockets has instead of the device. */
	int ours[3] = { -1, -1, -1 }, theirs[5] = { -1, -1, -1, -1, -1 }, pair[2], i;
	struct worker_parts parts = { .ops = &device_kernel, .device = device, .material = m };
	struct process *p = new_process();
	void *stats = mmap(NULL, sizeof(struct stats), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool good = p && stats != MAP_FAILED;

	if (p && good)
		p->stats = stats;
	for (i = 0; good && i < 3; i++) {
		good = ipc_pair(pair);
		ours[i] = good ? pair[0] : -1;
		theirs[i] = good ? pair[1] : -1;
	}
	if (good && device < 0) {
		good = callers_open(theirs + 3);
		parts.ops = &device_callers;
		parts.device = theirs[3];
		p->callers = true;
	}
	if (good) {
		parts.stats = stats;
		parts.parent = theirs[0];
		parts.keeper_later = theirs[1];
		parts.keeper_now = theirs[2];
		p->pid = fork();
		if (!p->pid)
			run_worker(&parts, theirs[4]);
		good = p->pid > 0;
	}
	i = errno;
	close_all(theirs, 5);
	if (!good) {
		close_all(ours, 3);
		process_free(p);
		errno = i;
		return NULL;
	}
	p->control = ours[0];
	keeper_ends[0] = ours[1];
	keeper_ends[1] = ours[2];
	return p;
}
