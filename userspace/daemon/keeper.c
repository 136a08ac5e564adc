// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"
#include "keep_sign.h"
#include "keeper.h"
#include "sealsock.h"
#include "sessions.h"

enum { KEYS_MAX = 4096, KEY_FILE_MAX = 64 << 10, EVENTS = 64 };

struct kept {
	struct kept *next;
	uint32_t id;
	struct sealsock_key *key;
};

/* One way to a worker. Both ways of a worker have their own rate, so it has twice what is said. */
struct asker {
	int fd;
	bool waits;			/* the worker does nothing else until it is answered */
	struct asker *next;
	double tokens;
	int64_t filled;			/* milliseconds */
	int64_t complained;		/* seconds */
};

struct keeper {
	int control, epoll;
	unsigned int signatures;	/* a second */
	struct kept *keys;
	unsigned int n_keys;
	struct asker *askers;
	struct sealsock_tickets *tickets;
	struct sealsock_ech_keys *ech;
	struct sessions *sessions;
	struct ipc_message in;
	uint8_t out[SEALSOCK_TICKET_MAX];
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool watch(struct keeper *k, int fd, void *who)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = who };

	return !epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &e);
}

struct keeper *keeper_new(int control, const struct conf *conf)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->control = control;
	k->signatures = conf->signatures;
	k->epoll = epoll_create1(EPOLL_CLOEXEC);
	k->sessions = sessions_new(conf->sessions);
	if (sealsock_tickets_new(&k->tickets) || k->epoll < 0 || !watch(k, control, NULL) ||
	    (conf->sessions && !k->sessions)) {
		keeper_free(k);
		return NULL;
	}
	return k;
}

static void drop_asker(struct keeper *k, struct asker *a)
{
	struct asker **at = &k->askers;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	close(a->fd);
	free(a);
}

/* Keys up to an id, 0: all. */
static void drop_keys(struct keeper *k, uint32_t last)
{
	struct kept **at = &k->keys, *gone;

	while (*at) {
		gone = *at;
		if (last && gone->id > last) {
			at = &gone->next;
			continue;
		}
		*at = gone->next;
		sealsock_key_free(gone->key);
		free(gone);
		k->n_keys--;
	}
}

void keeper_free(struct keeper *k)
{
	while (k->askers)
		drop_asker(k, k->askers);
	drop_keys(k, 0);
	sessions_free(k->sessions);
	sealsock_tickets_free(k->tickets);
	sealsock_ech_keys_free(k->ech);
	if (k->epoll >= 0)
		close(k->epoll);
	explicit_bzero(k, sizeof(*k));
	free(k);
}

static const struct sealsock_key *find_key(const struct keeper *k, uint32_t id)
{
	const struct kept *p;

	for (p = k->keys; p; p = p->next)
		if (p->id == id)
			return p->key;
	return NULL;
}

/* The file's bytes in @room, to be wiped: how many, or -1. */
static ssize_t read_secret(int fd, uint8_t *room, size_t size)
{
	size_t n = 0;
	ssize_t got;

	do {
		got = pread(fd, room + n, size - n, (off_t)n);
		if (got > 0)
			n += (size_t)got;
	} while (got > 0 && n < size);
	return got ? -1 : (ssize_t)n;
}

static int take_key(struct keeper *k, int fd)
{
	uint8_t *pem = malloc(KEY_FILE_MAX);
	struct kept *kept = calloc(1, sizeof(*kept));
	ssize_t n = pem ? read_secret(fd, pem, KEY_FILE_MAX) : -1;
	int err = SEALSOCK_ERR_NOMEM;

	if (pem && kept && n < 0)
		err = SEALSOCK_ERR_FILE;
	else if (pem && kept && k->n_keys < KEYS_MAX)
		err = sealsock_key_mem(pem, (size_t)n, k->in.body, k->in.head.len, &kept->key);
	if (!err) {
		kept->id = k->in.head.key;
		kept->next = k->keys;
		k->keys = kept;
		k->n_keys++;
		kept = NULL;
	}
	if (pem)
		explicit_bzero(pem, KEY_FILE_MAX);
	free(pem);
	free(kept);
	return err;
}

static int take_ticket_keys(struct keeper *k, int fd)
{
	uint8_t keys[48 * 16 + 1];
	ssize_t n = read_secret(fd, keys, sizeof(keys));
	int err = n < 0 ? SEALSOCK_ERR_INVALID : sealsock_tickets_set(k->tickets, keys, (size_t)n);

	explicit_bzero(keys, sizeof(keys));
	return err;
}

static int take_ech_keys(struct keeper *k, int fd)
{
	uint8_t *pem = malloc(KEY_FILE_MAX);
	ssize_t n = pem ? read_secret(fd, pem, KEY_FILE_MAX) : -1;
	struct sealsock_ech_keys *keys;
	int err = n < 0 ? SEALSOCK_ERR_FILE : sealsock_ech_keys_mem(pem, (size_t)n, &keys);

	if (!err) {
		sealsock_ech_keys_free(k->ech);
		k->ech = keys;
	}
	if (pem)
		explicit_bzero(pem, KEY_FILE_MAX);
	free(pem);
	return err;
}

static int take_worker(struct keeper *k, int fd[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		struct asker *a = calloc(1, sizeof(*a));

		if (!a || !watch(k, fd[i], a)) {
			free(a);
			return SEALSOCK_ERR_NOMEM;
		}
		*a = (struct asker){
			.fd = fd[i], .next = k->askers, .tokens = k->signatures,
			.filled = monotonic_ms(), .waits = i == 1,
		};
		k->askers = a;
		fd[i] = -1;
	}
	return 0;
}

static void from_parent(struct keeper *k, int fd[2])
{
	struct ipc_head answer = { .op = IPC_DONE, .id = k->in.head.id };
	int i;

	switch (k->in.head.op) {
	case IPC_KEY:
		answer.code = take_key(k, fd[0]);
		break;
	case IPC_TICKET_KEYS:
		answer.code = take_ticket_keys(k, fd[0]);
		break;
	case IPC_ECH_KEYS:
		answer.code = take_ech_keys(k, fd[0]);
		break;
	case IPC_WORKER:
		answer.code = take_worker(k, fd);
		break;
	case IPC_DROP:
		drop_keys(k, k->in.head.key);
		break;
	default:
		break;
	}
	for (i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	ipc_say(k->control, answer);
}

/* May it have another signature now? Complains once a second where it may not. */
static bool spend(struct keeper *k, struct asker *a)
{
	static const char text[] = "a worker asks for more signatures than \"signatures\" allows";
	int64_t now = monotonic_ms();

	if (!k->signatures)
		return true;
	a->tokens += (double)(now - a->filled) * k->signatures / 1000;
	if (a->tokens > k->signatures)
		a->tokens = k->signatures;
	a->filled = now;
	if (a->tokens >= 1) {
		a->tokens -= 1;
		return true;
	}
	if (a->complained != now / 1000)
		ipc_say_with(k->control, (struct ipc_head){ .op = IPC_LOG, .code = IPC_ERROR },
			     text, sizeof(text) - 1);
	a->complained = now / 1000;
	return false;
}

static ssize_t session(struct keeper *k)
{
	struct ipc_session s;
	const uint8_t *id = k->in.body + sizeof(s);
	struct session_of of;
	size_t n = k->in.head.len;

	if (n < sizeof(s))
		return SEALSOCK_ERR_INVALID;
	memcpy(&s, k->in.body, sizeof(s));
	n -= sizeof(s);
	if (s.id_len > n || s.id_len > IPC_ID_MAX)
		return SEALSOCK_ERR_INVALID;
	of = (struct session_of){ s.uid, id, s.id_len };
	if (k->in.head.op == IPC_SESSION_TAKE)
		return (ssize_t)sessions_take(k->sessions, of, s.when, k->out, sizeof(k->out));
	sessions_put(k->sessions, of, id + s.id_len, n - s.id_len, s.when, time(NULL));
	return 0;
}

static ssize_t open_hello(struct keeper *k)
{
	const uint8_t *p = k->in.body;
	size_t n = k->in.head.len;
	int err = SEALSOCK_ERR_KEY;

	if (!n || p[0] > n - 1)
		return SEALSOCK_ERR_INVALID;
	if (k->ech)
		err = sealsock_ech_keys_open(k->ech, p + 1, p[0], p + 1 + p[0], n - 1 - p[0],
					     k->out);
	return err ? err : SEALSOCK_ECH_SECRET;
}

static ssize_t serve(struct keeper *k, struct asker *a)
{
	const struct sealsock_key *key;

	switch (k->in.head.op) {
	case IPC_SEAL:
		return sealsock_tickets_seal(k->tickets, k->in.body, k->in.head.len, k->out,
					     sizeof(k->out));
	case IPC_OPEN:
		return sealsock_tickets_open(k->tickets, k->in.body, k->in.head.len, k->out,
					     sizeof(k->out));
	case IPC_ECH_OPEN:
		return spend(k, a) ? open_hello(k) : SEALSOCK_ERR_LIMIT;
	case IPC_SESSION_PUT:
	case IPC_SESSION_TAKE:
		return session(k);
	case IPC_SIGN13:
	case IPC_SIGN12:
	case IPC_SIGN12_CLIENT:
	case IPC_MASTER:
		key = find_key(k, k->in.head.key);
		if (!key)
			return SEALSOCK_ERR_KEY;
		if (!spend(k, a))
			return SEALSOCK_ERR_LIMIT;
		return (k->in.head.op == IPC_MASTER ? keep_master : keep_sign)
			(key, &k->in, k->out, sizeof(k->out));
	default:
		return SEALSOCK_ERR_INVALID;
	}
}

/* False: it is gone, or does not take its answers. */
static bool from_worker(struct keeper *k, struct asker *a)
{
	struct ipc_head answer = { .op = IPC_ANSWER };
	int r = ipc_recv(a->fd, &k->in, NULL, 0);
	ssize_t n;
	bool sent;

	if (r <= 0)
		return !r;
	n = serve(k, a);
	answer.id = k->in.head.id;
	answer.code = n < 0 ? (int32_t)n : 0;
	sent = n > 0 ? ipc_say_with(a->fd, answer, k->out, (size_t)n) : ipc_say(a->fd, answer);
	explicit_bzero(k->in.body, k->in.head.len);
	explicit_bzero(k->out, n > 0 ? (size_t)n : 0);
	return sent;
}

static bool on_control(struct keeper *k)
{
	int fd[2], r = ipc_recv(k->control, &k->in, fd, 2);

	if (r > 0)
		from_parent(k, fd);
	return r >= 0;
}

int keeper_run(struct keeper *k)
{
	struct epoll_event events[EVENTS];
	int n, i, pass;

	for (;;) {
		n = epoll_wait(k->epoll, events, EVENTS, -1);
		if (n < 0 && errno != EINTR)
			return 1;
		/* Who waits comes first: signatures of all workers may take long. */
		for (pass = 0; pass < 2; pass++)
			for (i = 0; i < n; i++) {
				struct asker *a = events[i].data.ptr;

				if (!a && !pass && !on_control(k))
					return 0;
				if (!a || a->waits == pass || from_worker(k, a))
					continue;
				drop_asker(k, a);
				events[i].data.ptr = NULL;
			}
	}
}
