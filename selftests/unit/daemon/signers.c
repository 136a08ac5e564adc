// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The keeper's threads: many workers at once, keys that go while they are used, limits, the end. */
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "certs.h"
#include "ipc.h"
#include "keeper/signers.h"
#include "tap.h"

enum { WORKERS = 6, REQUESTS = 60, DEPTH = 4, KEYS = 3 };

struct asking {
	pthread_t thread;
	int fd;
	unsigned int signed_, without_key, limited, other;
};

static int control[2];

static struct sealsock_key *make_key(enum cert_type type)
{
	const struct identity *id = test_server(type);
	struct sealsock_key *key;

	NEED(!sealsock_key_mem(id->key_pem, strlen(id->key_pem), id->cert_pem,
			       strlen(id->cert_pem), &key));
	return key;
}

static bool request(int fd, enum ipc_op op, uint32_t id, uint32_t key, uint16_t scheme)
{
	struct ipc_sign13 f = { .scheme = scheme, .server = 1, .hash_len = 32 };
	const struct ipc_part parts[2] = { { &f, sizeof(f) } };

	return ipc_send(fd, (struct ipc_head){ .op = op, .id = id, .key = key }, parts, NULL, 0,
			20000);
}

static void count(struct asking *a, const struct ipc_message *m)
{
	if (m->head.op != IPC_ANSWER)
		a->other++;
	else if (!m->head.code && m->head.len >= 64)
		a->signed_++;
	else if (m->head.code == SEALSOCK_ERR_KEY)
		a->without_key++;
	else if (m->head.code == SEALSOCK_ERR_LIMIT)
		a->limited++;
	else
		a->other++;
}

/* Several on their way; they are answered in their order, since a worker's are one thread's. */
static void *ask(void *arg)
{
	struct asking *a = arg;
	struct ipc_message *m = malloc(sizeof(*m));
	unsigned int sent = 0, got;

	NEED(m);
	for (got = 0; got < REQUESTS; got++) {
		while (sent < REQUESTS && sent < got + DEPTH) {
			NEED(request(a->fd, IPC_SIGN13, sent, 1 + sent % KEYS,
				     sent % KEYS == 2 ? 0x0804 : 0x0403));
			sent++;
		}
		if (!ipc_wait(a->fd, 20000) || ipc_recv(a->fd, m, NULL, 0) != 1 ||
		    m->head.id != got)
			break;
		count(a, m);
	}
	free(m);
	return NULL;
}

static struct signers *start(unsigned int threads, unsigned int a_second)
{
	struct signers *s = signers_new(control[1], a_second);

	NEED(s && signers_start(s, threads));
	NEED(signers_add_key(s, 1, make_key(CERT_P256)));
	NEED(signers_add_key(s, 2, make_key(CERT_P256)));
	NEED(signers_add_key(s, 3, make_key(CERT_RSA)));
	return s;
}

static int way_to(struct signers *s)
{
	int pair[2];

	NEED(ipc_pair(pair) && signers_add(s, pair[0]));
	return pair[1];
}

static struct asking everybody_asks(struct signers *s, bool drop)
{
	struct asking a[WORKERS] = { 0 }, all = { 0 };
	int i;

	for (i = 0; i < WORKERS; i++) {
		a[i].fd = way_to(s);
		NEED(!pthread_create(&a[i].thread, NULL, ask, &a[i]));
	}
	if (drop) {
		poll(NULL, 0, 5);
		signers_drop_keys(s, 2);
	}
	for (i = 0; i < WORKERS; i++) {
		pthread_join(a[i].thread, NULL);
		close(a[i].fd);
		all.signed_ += a[i].signed_;
		all.without_key += a[i].without_key;
		all.limited += a[i].limited;
		all.other += a[i].other;
	}
	return all;
}

static void threads(void)
{
	struct signers *s = start(4, 0);
	struct asking all = everybody_asks(s, false);

	ok(all.signed_ == WORKERS * REQUESTS && !all.other,
	   "six workers ask four threads: %u signatures", all.signed_);
	all = everybody_asks(s, true);
	ok(all.signed_ + all.without_key == WORKERS * REQUESTS &&
	   all.signed_ >= WORKERS * REQUESTS / 3,
	   "keys go meanwhile: %u signatures, %u without a key", all.signed_, all.without_key);
	all = everybody_asks(s, false);
	ok(all.signed_ == WORKERS * REQUESTS / 3 && all.without_key == WORKERS * REQUESTS / 3 * 2,
	   "those that stayed sign, the others do not");
	signers_free(s);
}

/* What a worker gets for something else than a signature; and when it has gone. */
static void others(void)
{
	static const enum ipc_op ops[] = {
		IPC_SEAL, IPC_OPEN, IPC_ECH_OPEN, IPC_SESSION_TAKE, IPC_KEY,
	};
	struct signers *s = start(1, 0);
	static struct ipc_message m;
	int fd = way_to(s), gone = way_to(s);
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		ok(request(fd, ops[i], 9, 1, 0x0403) && ipc_wait(fd, 20000) &&
		   ipc_recv(fd, &m, NULL, 0) == 1 && m.head.code == SEALSOCK_ERR_INVALID &&
		   m.head.id == 9, "no signer's: %u", ops[i]);
	NEED(request(gone, IPC_SIGN13, 1, 1, 0x0403));
	close(gone);
	NEED(write(fd, "x", 1) == 1);
	ok(ipc_wait(fd, 20000) && ipc_recv(fd, &m, NULL, 0) < 0, "nonsense ends a worker's way");
	close(fd);
	fd = way_to(s);
	ok(request(fd, IPC_SIGN13, 1, 1, 0x0403) && ipc_wait(fd, 20000) &&
	   ipc_recv(fd, &m, NULL, 0) == 1 && !m.head.code, "another one is served");
	signers_free(s);
	ok(ipc_wait(fd, 20000) && ipc_recv(fd, &m, NULL, 0) < 0, "until the end");
	close(fd);
}

/* More than a worker may have in a second: it has some, and somebody is told. */
static void limits(void)
{
	struct signers *s = start(2, 5);
	static struct ipc_message m;
	struct asking a = { .fd = way_to(s) };

	ask(&a);
	ok(a.signed_ >= 5 && a.limited >= REQUESTS / 2 && a.signed_ + a.limited == REQUESTS,
	   "five a second: %u signatures, %u refused", a.signed_, a.limited);
	ok(ipc_wait(control[0], 0) && ipc_recv(control[0], &m, NULL, 0) == 1 &&
	   m.head.op == IPC_LOG,
	   "which is said");
	close(a.fd);
	signers_free(s);
}

int main(void)
{
	NEED(ipc_pair(control));
	threads();
	others();
	limits();
	free_test_identities();
	return done();
}
