// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"
#include "keeper/sign.h"
#include "keeper/signers.h"

enum { KEYS_MAX = 4096, THREADS_MAX = 64 };

/* @users: threads that sign with it. @dropped: it is on no list any more. */
struct kept {
	struct kept *next;
	uint32_t id;
	unsigned int users;
	bool dropped;
	struct sealsock_key *key;
};

/* A way to a worker; what is asked there is answered by one thread at a time. */
struct asker {
	int fd;
	struct rate rate;
	struct asker *next;
};

/* A thread's own. */
struct signer {
	struct signers *all;
	pthread_t thread;
	struct ipc_message in;
	uint8_t out[SEALSOCK_SIGNATURE_MAX];
};

struct signers {
	int control, epoll, end;
	unsigned int a_second;
	pthread_mutex_t lock;		/* of both lists */
	struct kept *keys;
	unsigned int n_keys;
	struct asker *askers;
	pthread_barrier_t begun;
	struct signer *threads[THREADS_MAX];
	unsigned int n_threads;
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void rate_init(struct rate *r, unsigned int a_second)
{
	*r = (struct rate){ .a_second = a_second, .tokens = a_second, .filled = monotonic_ms() };
}

bool rate_spend(struct rate *r, int control)
{
	static const char text[] = "a worker asks for more signatures than \"signatures\" allows";
	int64_t now;

	if (!r->a_second)
		return true;
	now = monotonic_ms();
	r->tokens += (double)(now - r->filled) * r->a_second / 1000;
	if (r->tokens > r->a_second)
		r->tokens = r->a_second;
	r->filled = now;
	if (r->tokens >= 1) {
		r->tokens -= 1;
		return true;
	}
	if (r->complained != now / 1000)
		ipc_say_with(control, (struct ipc_head){ .op = IPC_LOG, .code = IPC_ERROR }, text,
			     sizeof(text) - 1);
	r->complained = now / 1000;
	return false;
}

struct signers *signers_new(int control, unsigned int a_second)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct signers *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->control = control;
	s->a_second = a_second;
	pthread_mutex_init(&s->lock, NULL);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->end = eventfd(0, EFD_CLOEXEC);
	if (s->epoll < 0 || s->end < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->end, &e)) {
		signers_free(s);
		return NULL;
	}
	return s;
}

static void free_kept(struct kept *k)
{
	sealsock_key_free(k->key);
	free(k);
}

static void drop_asker(struct signers *s, struct asker *a)
{
	struct asker **at = &s->askers;

	pthread_mutex_lock(&s->lock);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	pthread_mutex_unlock(&s->lock);
	close(a->fd);
	free(a);
}

void signers_free(struct signers *s)
{
	const uint64_t one = 1;

	if (!s)
		return;
	if (s->n_threads && write(s->end, &one, sizeof(one)) != sizeof(one))
		abort();
	while (s->n_threads) {
		struct signer *t = s->threads[--s->n_threads];

		pthread_join(t->thread, NULL);
		explicit_bzero(t, sizeof(*t));
		free(t);
	}
	while (s->askers)
		drop_asker(s, s->askers);
	signers_drop_keys(s, 0);
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->end >= 0)
		close(s->end);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool signers_add_key(struct signers *s, uint32_t id, struct sealsock_key *key)
{
	struct kept *k = s->n_keys < KEYS_MAX ? calloc(1, sizeof(*k)) : NULL;

	if (!k)
		return false;
	k->id = id;
	k->key = key;
	pthread_mutex_lock(&s->lock);
	k->next = s->keys;
	s->keys = k;
	s->n_keys++;
	pthread_mutex_unlock(&s->lock);
	return true;
}

void signers_drop_keys(struct signers *s, uint32_t last)
{
	struct kept **at = &s->keys, *k;

	pthread_mutex_lock(&s->lock);
	while ((k = *at)) {
		if (last && k->id > last) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		s->n_keys--;
		k->dropped = true;
		/* Else who uses it frees it. */
		if (!k->users)
			free_kept(k);
	}
	pthread_mutex_unlock(&s->lock);
}

bool signers_add(struct signers *s, int fd)
{
	struct asker *a = calloc(1, sizeof(*a));
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = a };

	if (!a)
		return false;
	a->fd = fd;
	rate_init(&a->rate, s->a_second);
	pthread_mutex_lock(&s->lock);
	a->next = s->askers;
	s->askers = a;
	pthread_mutex_unlock(&s->lock);
	if (!epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e))
		return true;
	pthread_mutex_lock(&s->lock);
	s->askers = a->next;
	pthread_mutex_unlock(&s->lock);
	free(a);
	return false;
}

static struct kept *take_key(struct signers *s, uint32_t id)
{
	struct kept *k;

	pthread_mutex_lock(&s->lock);
	for (k = s->keys; k && k->id != id; k = k->next)
		;
	if (k)
		k->users++;
	pthread_mutex_unlock(&s->lock);
	return k;
}

static void put_key(struct signers *s, struct kept *k)
{
	bool last;

	pthread_mutex_lock(&s->lock);
	last = !--k->users && k->dropped;
	pthread_mutex_unlock(&s->lock);
	if (last)
		free_kept(k);
}

static ssize_t serve(struct signer *t, struct asker *a)
{
	const enum ipc_op op = t->in.head.op;
	struct kept *k;
	ssize_t n;

	if (op != IPC_SIGN13 && op != IPC_SIGN12 && op != IPC_SIGN12_CLIENT && op != IPC_MASTER)
		return SEALSOCK_ERR_INVALID;
	k = take_key(t->all, t->in.head.key);
	if (!k)
		return SEALSOCK_ERR_KEY;
	n = !rate_spend(&a->rate, t->all->control) ? SEALSOCK_ERR_LIMIT :
	    (op == IPC_MASTER ? keep_master : keep_sign)(k->key, &t->in, t->out, sizeof(t->out));
	put_key(t->all, k);
	return n;
}

/* False: the worker is gone, or does not take its answers. */
static bool answer(struct signer *t, struct asker *a)
{
	int r = ipc_recv(a->fd, &t->in, NULL, 0);
	ssize_t n;
	bool sent;

	if (r <= 0)
		return !r;
	n = serve(t, a);
	sent = ipc_answer(a->fd, t->in.head.id, t->out, n);
	explicit_bzero(t->in.body, t->in.head.len);
	explicit_bzero(t->out, n > 0 ? (size_t)n : 0);
	return sent;
}

static void *run(void *arg)
{
	struct signer *t = arg;
	struct signers *s = t->all;
	struct epoll_event e;
	int n;

	pthread_barrier_wait(&s->begun);
	for (;;) {
		n = epoll_wait(s->epoll, &e, 1, -1);
		if (n < 0 && errno != EINTR)
			abort();
		if (n <= 0)
			continue;
		if (!e.data.ptr)
			return NULL;
		if (!answer(t, e.data.ptr)) {
			drop_asker(s, e.data.ptr);
			continue;
		}
		e.events = EPOLLIN | EPOLLONESHOT;
		if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, ((struct asker *)e.data.ptr)->fd, &e))
			abort();
	}
}

bool signers_start(struct signers *s, unsigned int n)
{
	unsigned int i;

	if (!n || n > THREADS_MAX)
		n = n ? THREADS_MAX : 1;
	if (pthread_barrier_init(&s->begun, NULL, n + 1))
		return false;
	for (i = 0; i < n; i++) {
		struct signer *t = calloc(1, sizeof(*t));

		/* Those that wait for the rest end with the process. */
		if (!t)
			return false;
		t->all = s;
		if (pthread_create(&t->thread, NULL, run, t)) {
			free(t);
			return false;
		}
		s->threads[s->n_threads++] = t;
	}
	pthread_barrier_wait(&s->begun);
	return true;
}
