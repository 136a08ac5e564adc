// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "parent/cgroup.h"
#include "parent/load.h"
#include "parent/log.h"
#include "parent/notify.h"
#include "parent/supervisor.h"
#include "worker/device.h"

enum {
	TICK = 1000,			/* milliseconds */
	PATIENCE = 30000,		/* for a worker's sign of life, and a retired one's work */
	QUICK = 2000,			/* a worker that lived no longer died young */
	POLLED = 3 + 512,
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void tell_cgroup(struct process *p, const struct ipc_message *m)
{
	struct ipc_head head = { .op = IPC_ANSWER, .id = m->head.id };
	char path[4096] = "";
	uint64_t id;

	if (m->head.len != sizeof(id))
		return;
	memcpy(&id, m->body, sizeof(id));
	cgroup_path(id, path, sizeof(path));
	ipc_say_with(p->control, head, path, strlen(path));
}

void supervisor_message(struct supervisor *s, struct process *p)
{
	if (ipc_recv(p->control, &s->in, NULL, 0) <= 0)
		return;		/* one that is gone is seen by its signal */
	switch (s->in.head.op) {
	case IPC_LOG:
		log_text((enum ipc_level)s->in.head.code, s->in.body, s->in.head.len);
		break;
	case IPC_ALIVE:
		p->alive = monotonic_ms();
		break;
	case IPC_CGROUP:
		tell_cgroup(p, &s->in);
		break;
	default:
		break;
	}
}

static void add_stats(struct stats *to, const struct stats *from)
{
	unsigned int i;

	for (i = 0; i < STATS; i++)
		to->v[i] += from->v[i];
}

/* What was said before the end. */
static void drain(struct supervisor *s, struct process *p)
{
	while (p->control >= 0 && ipc_wait(p->control, 0)) {
		if (ipc_recv(p->control, &s->in, NULL, 0) <= 0)
			return;
		if (s->in.head.op == IPC_LOG)
			log_text((enum ipc_level)s->in.head.code, s->in.body, s->in.head.len);
	}
}

static const char *how(int status, char *out, size_t room)
{
	if (WIFSIGNALED(status))
		snprintf(out, room, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(out, room, "ended with status %d", WEXITSTATUS(status));
	return out;
}

/* Keys that only they had can go when the last of the old ones has. */
static void drop_old_keys(struct supervisor *s)
{
	const struct process *p;

	for (p = s->workers; p; p = p->next)
		if (p->generation != s->generation)
			return;
	if (s->keeper && s->keys_from > 1)
		ipc_say(s->keeper->control,
			(struct ipc_head){ .op = IPC_DROP, .key = s->keys_from - 1 });
}

static void worker_ended(struct supervisor *s, struct process **at, int status)
{
	struct process *p = *at;
	char text[80];

	*at = p->next;
	drain(s, p);
	add_stats(&s->gone, p->stats);
	if (!p->retiring && !s->ending) {
		log_line(IPC_ERROR, "worker %d was %s", p->pid, how(status, text, sizeof(text)));
		s->quick_deaths = monotonic_ms() - p->began < QUICK ? s->quick_deaths + 1 : 0;
	}
	process_free(p);
	drop_old_keys(s);
}

static void reap(struct supervisor *s)
{
	struct process **at;
	char text[80];
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (s->keeper && s->keeper->pid == pid) {
			drain(s, s->keeper);
			if (!s->ending)
				log_line(IPC_ERROR, "the keeper was %s",
					 how(status, text, sizeof(text)));
			process_free(s->keeper);
			s->keeper = NULL;
			continue;
		}
		for (at = &s->workers; *at; at = &(*at)->next)
			if ((*at)->pid == pid) {
				worker_ended(s, at, status);
				break;
			}
	}
}

/* Takes the configuration anew, for whoever asked. */
static void reload(struct supervisor *s)
{
	notify_reloading();
	if (s->keeper && supervisor_reload(s))
		log_line(IPC_FAILURE, "the configuration was taken into use");
	else
		log_line(IPC_ERROR, "the configuration stays as it was");
	notify("READY=1");
}

/* A new keeper means new workers: they end without the old one. */
static void start_again(struct supervisor *s)
{
	struct process *p;

	for (p = s->workers; p; p = p->next) {
		p->retiring = true;
		kill(p->pid, SIGKILL);
	}
	if (!supervisor_start(s)) {
		log_line(IPC_ERROR, "not started; it is tried again");
		if (s->keeper)
			kill(s->keeper->pid, SIGKILL);
	}
}

static unsigned int living(const struct supervisor *s, bool callers)
{
	const struct process *p;
	unsigned int n = 0;

	for (p = s->workers; p; p = p->next)
		n += p->generation == s->generation && !p->retiring && p->callers == callers;
	return n;
}

static void look_after(struct supervisor *s, int64_t now)
{
	struct process *p;

	for (p = s->workers; p; p = p->next) {
		if (!p->began) {
			p->began = now;
			p->alive = now;
		}
		if (now - p->alive > PATIENCE) {
			log_line(IPC_ERROR, "worker %d does not answer: it is ended", p->pid);
			p->alive = now;
			kill(p->pid, SIGKILL);
		}
		ipc_say(p->control, (struct ipc_head){ .op = IPC_PING });
	}
}

static void tick(struct supervisor *s)
{
	int64_t now = monotonic_ms();

	if (notify_watchdog())
		notify("WATCHDOG=1");
	if (!s->keeper) {
		start_again(s);
		return;
	}
	look_after(s, now);
	/* Workers that die as soon as they live are not made more than one a second. */
	while (living(s, false) < supervisor_workers(s))
		if (!supervisor_add_worker(s) || s->quick_deaths > 3)
			break;
	if (!living(s, true))
		supervisor_add_callers(s);
	if (!s->material.conf.watch || now - s->looked < s->material.conf.watch * 1000)
		return;
	s->looked = now;
	if (material_print(&s->material.conf, s->path) != s->tried)
		reload(s);
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(s);
		else if (info.ssi_signo != SIGCHLD)
			s->ending = true;
	}
	reap(s);
}

/* One round: whoever has something to say is listened to. */
static void listen_to_all(struct supervisor *s, int wait)
{
	struct process *of[POLLED] = { NULL };
	struct pollfd fds[POLLED] = {
		{ s->signals, POLLIN, 0 }, { s->status, POLLIN, 0 },
		{ s->keeper ? s->keeper->control : -1, POLLIN, 0 },
	};
	struct process *p;
	nfds_t n = 3, i;

	for (p = s->workers; p && n < POLLED; p = p->next) {
		of[n] = p;
		fds[n++] = (struct pollfd){ p->control, POLLIN, 0 };
	}
	if (poll(fds, n, wait) <= 0)
		return;
	for (i = 3; i < n; i++)
		if (fds[i].revents & POLLIN)
			supervisor_message(s, of[i]);
	if (fds[2].revents & POLLIN)
		supervisor_message(s, s->keeper);
	if (fds[1].revents & POLLIN)
		status_answer(s);
	if (fds[0].revents & POLLIN)
		on_signal(s);
	/* Ends that hang up stay readable until their process has been waited for. */
	for (i = 2; i < n; i++)
		if (fds[i].revents & POLLHUP)
			reap(s);
}

static bool set_up(struct supervisor *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->device = device_open();
	if (s->device >= 0)
		return s->signals >= 0;
	log_line(IPC_ERROR, "%s: %s%s", SEALSOCK_DEVICE, strerror(errno),
		 errno == ENOENT ? "; is the module sealsock loaded?" : "");
	return false;
}

/* Tells all to end, and waits for them a moment. */
static void end_all(struct supervisor *s)
{
	struct process *p;
	int i;

	notify("STOPPING=1");
	for (p = s->workers; p; p = p->next)
		kill(p->pid, SIGKILL);
	if (s->keeper)
		kill(s->keeper->pid, SIGKILL);
	for (i = 0; i < 50 && (s->workers || s->keeper); i++) {
		reap(s);
		poll(NULL, 0, 20);
	}
}

int supervisor_run(struct supervisor *s, const char *path)
{
	int64_t next;

	*s = (struct supervisor){
		.path = path, .device = -1, .status = -1, .signals = -1, .next_key = 1,
		.started = time(NULL),
	};
	if (!set_up(s))
		return 1;
	if (!supervisor_start(s)) {
		end_all(s);
		return 1;
	}
	s->status = status_open(s->material.conf.status);
	s->looked = monotonic_ms();
	notify("READY=1");
	log_line(IPC_FAILURE, "%u credentials are served by %u workers",
		 s->material.conf.n_credentials, supervisor_workers(s));
	next = monotonic_ms() + TICK;
	while (!s->ending) {
		int64_t left = next - monotonic_ms();

		listen_to_all(s, left > 0 ? (int)left : 0);
		if (monotonic_ms() >= next) {
			tick(s);
			next = monotonic_ms() + TICK;
		}
	}
	end_all(s);
	if (s->status >= 0)
		unlink(s->material.conf.status);
	material_free(&s->material);
	return 0;
}
