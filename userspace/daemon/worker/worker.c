// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "worker/handshake.h"

enum {
	EVENTS = 128,
	TAKEN_AT_ONCE = 32,		/* before those that are there get on */
	SWEEP = 500,			/* milliseconds between looks at deadlines */
	SLOT_BITS = 17,
};

/* Who an event is for, where it is no handshake. */
static char for_device, for_parent, for_keeper;

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool add(struct worker *w, int fd, uint32_t events, void *who)
{
	struct epoll_event e = { .events = events, .data.ptr = who };

	return !epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
}

struct worker *worker_new(const struct worker_parts *parts)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->parts = *parts;
	w->max = parts->material->conf.handshakes;
	w->slots = calloc(w->max, sizeof(struct handshake *));
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->terms = terms_new(parts->material, &w->link);
	/* Each handshake wakes one of the workers. */
	if (!w->slots || w->epoll < 0 || !w->terms ||
	    !link_begin(&w->link, parts->keeper_later, parts->keeper_now) ||
	    !add(w, parts->device, EPOLLIN | EPOLLEXCLUSIVE, &for_device) ||
	    !add(w, parts->parent, EPOLLIN, &for_parent) ||
	    !add(w, parts->keeper_later, EPOLLIN, &for_keeper)) {
		worker_free(w);
		return NULL;
	}
	return w;
}

bool worker_tells(const struct worker *w, enum ipc_level level)
{
	return level != IPC_HANDSHAKE || w->parts.material->conf.log == CONF_LOG_HANDSHAKES;
}

void worker_log(struct worker *w, enum ipc_level level, const char *fmt, ...)
{
	struct ipc_head head = { .op = IPC_LOG, .code = level };
	char line[IPC_TEXT];
	va_list ap;

	if (!worker_tells(w, level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* A parent that does not listen costs lines, nothing else. */
	ipc_say_with(w->parts.parent, head, line, strlen(line));
}

bool worker_watch(struct worker *w, struct handshake *h, int fd, uint32_t events, bool first)
{
	struct epoll_event e = { .events = events, .data.ptr = h };

	return !epoll_ctl(w->epoll, first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e);
}

/* A place in the table; there is one. */
static struct handshake *add_handshake(struct worker *w)
{
	struct handshake *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	while (w->slots[w->next_slot])
		w->next_slot = (w->next_slot + 1) % w->max;
	h->worker = w;
	h->channel = -1;
	h->id = ++w->turn << SLOT_BITS | w->next_slot;
	w->slots[w->next_slot] = h;
	h->older = w->newest;
	*(w->newest ? &w->newest->newer : &w->oldest) = h;
	w->newest = h;
	w->count++;
	w->parts.stats->now = w->count;
	return h;
}

static void drop(struct worker *w, struct handshake *h)
{
	w->slots[h->id & ((1u << SLOT_BITS) - 1)] = NULL;
	*(h->older ? &h->older->newer : &w->oldest) = h->newer;
	*(h->newer ? &h->newer->older : &w->newest) = h->older;
	w->count--;
	w->parts.stats->now = w->count;
	handshake_free(h);
}

static void settle(struct worker *w, struct handshake *h)
{
	if (h->state == HANDSHAKE_OVER)
		drop(w, h);
}

void worker_free(struct worker *w)
{
	while (w->oldest)
		drop(w, w->oldest);
	terms_free(w->terms);
	free(w->slots);
	if (w->epoll >= 0)
		close(w->epoll);
	free(w);
}

static void take_due(struct worker *w)
{
	struct sealsock_due due;
	struct handshake *h;
	int i, channel;

	for (i = 0; i < TAKEN_AT_ONCE; i++) {
		channel = w->parts.ops->next(w->parts.device, &due);
		if (channel < 0)
			return;
		w->parts.stats->v[STAT_TAKEN]++;
		h = w->count < w->max ? add_handshake(w) : NULL;
		if (!h) {
			handshake_refuse(w, &due, channel, EBUSY,
					 "too much to do (\"handshakes\" of [helper])");
			continue;
		}
		handshake_begin(w, &due, channel);
		settle(w, h);
	}
}

/* The handshake that asked, if it is still there. */
static void answer(struct worker *w, const struct ipc_message *m)
{
	uint32_t slot = m->head.id & ((1u << SLOT_BITS) - 1);
	struct handshake *h = slot < w->max ? w->slots[slot] : NULL;

	if (!h || h->id != m->head.id)
		return;
	handshake_answered(h, m);
	settle(w, h);
}

static void from_keeper(struct worker *w)
{
	int i, r;

	for (i = 0; i < EVENTS && (!i || w->link.owed); i++) {
		r = ipc_recv(w->link.later, &w->in, NULL, 0);
		if (r < 0)
			w->failed = true;
		if (r <= 0)
			return;
		if (w->in.head.op == IPC_ANSWER) {
			w->link.owed -= !!w->link.owed;
			answer(w, &w->in);
		}
		explicit_bzero(w->in.body, w->in.head.len);
	}
}

static void from_parent(struct worker *w)
{
	int r = ipc_recv(w->parts.parent, &w->in, NULL, 0);

	if (r < 0)
		w->failed = true;
	if (r <= 0)
		return;
	switch (w->in.head.op) {
	case IPC_PING:
		ipc_say(w->parts.parent, (struct ipc_head){ .op = IPC_ALIVE, .id = w->in.head.id });
		break;
	case IPC_RETIRE:
		if (!w->retiring)
			epoll_ctl(w->epoll, EPOLL_CTL_DEL, w->parts.device, NULL);
		w->retiring = true;
		break;
	case IPC_ANSWER:
		answer(w, &w->in);
		break;
	default:
		break;
	}
}

static void sweep(struct worker *w)
{
	struct handshake *h, *next;

	for (h = w->oldest; h; h = next) {
		next = h->newer;
		if (h->until > w->now)
			continue;
		handshake_expired(h);
		settle(w, h);
	}
}

static void on_event(struct worker *w, const struct epoll_event *e)
{
	struct handshake *h = e->data.ptr;

	if (e->data.ptr == &for_device) {
		take_due(w);
		if (e->events & (EPOLLHUP | EPOLLERR))	/* the namespace is gone */
			w->failed = true;
	} else if (e->data.ptr == &for_parent) {
		from_parent(w);
	} else if (e->data.ptr == &for_keeper) {
		from_keeper(w);
	} else {
		handshake_ready(h, e->events);
		settle(w, h);
	}
}

int worker_run(struct worker *w)
{
	struct epoll_event events[EVENTS];
	int64_t swept = monotonic_ms();
	int n, i, pass;

	while (!w->failed && !(w->retiring && !w->count)) {
		n = epoll_wait(w->epoll, events, EVENTS, w->count ? SWEEP : -1);
		if (n < 0 && errno != EINTR)
			return 1;
		w->now = monotonic_ms();
		/* Channels first: what else there is may free a handshake that has an event. */
		for (pass = 0; pass < 2; pass++)
			for (i = 0; i < n; i++) {
				const void *who = events[i].data.ptr;
				const bool other = who == &for_device || who == &for_parent ||
						   who == &for_keeper;

				if (other == pass)
					on_event(w, &events[i]);
			}
		if (w->now - swept >= SWEEP) {
			sweep(w);
			swept = w->now;
		}
	}
	return w->failed;
}
