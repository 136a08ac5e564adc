// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"
#include "keeper/keeper.h"
#include "keeper/sessions.h"
#include "keeper/signers.h"
#include "sealsock.h"

enum { KEY_FILE_MAX = 64 << 10, EVENTS = 64 };

/*
 * A way to a worker that does nothing else until it is answered: for all that no signer does, who
 * has another way to it, with a rate of its own.
 */
struct asker {
	int fd;
	struct asker *next;
	struct rate rate;
};

struct keeper {
	int control, epoll;
	unsigned int signatures;	/* a second */
	struct signers *signers;
	struct asker *askers;
	struct sealsock_tickets *tickets;
	struct sealsock_ech_keys *ech;
	struct sessions *sessions;
	struct ipc_message in;
	uint8_t out[SEALSOCK_TICKET_MAX];
};

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
	k->signers = signers_new(control, conf->signatures);
	if (!k->signers || sealsock_tickets_new(&k->tickets) || k->epoll < 0 ||
	    !watch(k, control, NULL) || (conf->sessions && !k->sessions)) {
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

void keeper_free(struct keeper *k)
{
	while (k->askers)
		drop_asker(k, k->askers);
	signers_free(k->signers);
	sessions_free(k->sessions);
	sealsock_tickets_free(k->tickets);
	sealsock_ech_keys_free(k->ech);
	if (k->epoll >= 0)
		close(k->epoll);
	explicit_bzero(k, sizeof(*k));
	free(k);
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
	ssize_t n = pem ? read_secret(fd, pem, KEY_FILE_MAX) : -1;
	struct sealsock_key *key = NULL;
	int err = !pem ? SEALSOCK_ERR_NOMEM : n < 0 ? SEALSOCK_ERR_FILE :
		  sealsock_key_mem(pem, (size_t)n, k->in.body, k->in.head.len, &key);

	if (!err && !signers_add_key(k->signers, k->in.head.key, key)) {
		sealsock_key_free(key);
		err = SEALSOCK_ERR_NOMEM;
	}
	if (pem)
		explicit_bzero(pem, KEY_FILE_MAX);
	free(pem);
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
	struct asker *a = calloc(1, sizeof(*a));

	if (!a || !watch(k, fd[1], a)) {
		free(a);
		return SEALSOCK_ERR_NOMEM;
	}
	a->fd = fd[1];
	a->next = k->askers;
	rate_init(&a->rate, k->signatures);
	k->askers = a;
	fd[1] = -1;
	if (!signers_add(k->signers, fd[0])) {
		drop_asker(k, a);
		return SEALSOCK_ERR_NOMEM;
	}
	fd[0] = -1;
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
		signers_drop_keys(k->signers, k->in.head.key);
		break;
	default:
		break;
	}
	for (i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	ipc_say(k->control, answer);
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
	switch (k->in.head.op) {
	case IPC_SEAL:
		return sealsock_tickets_seal(k->tickets, k->in.body, k->in.head.len, k->out,
					     sizeof(k->out));
	case IPC_OPEN:
		return sealsock_tickets_open(k->tickets, k->in.body, k->in.head.len, k->out,
					     sizeof(k->out));
	case IPC_ECH_OPEN:
		return rate_spend(&a->rate, k->control) ? open_hello(k) : SEALSOCK_ERR_LIMIT;
	case IPC_SESSION_PUT:
	case IPC_SESSION_TAKE:
		return session(k);
	default:
		return SEALSOCK_ERR_INVALID;
	}
}

/* False: it is gone, or does not take its answers. */
static bool from_worker(struct keeper *k, struct asker *a)
{
	int r = ipc_recv(a->fd, &k->in, NULL, 0);
	ssize_t n;
	bool sent;

	if (r <= 0)
		return !r;
	n = serve(k, a);
	sent = ipc_answer(a->fd, k->in.head.id, k->out, n);
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

bool keeper_start(struct keeper *k, unsigned int threads)
{
	return signers_start(k->signers, threads);
}

int keeper_run(struct keeper *k)
{
	struct epoll_event events[EVENTS];
	int n, i;

	for (;;) {
		n = epoll_wait(k->epoll, events, EVENTS, -1);
		if (n < 0 && errno != EINTR)
			return 1;
		for (i = 0; i < n; i++) {
			struct asker *a = events[i].data.ptr;

			if (!a && !on_control(k))
				return 0;
			if (a && !from_worker(k, a))
				drop_asker(k, a);
		}
	}
}
