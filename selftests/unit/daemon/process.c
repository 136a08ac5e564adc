// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The keeper as a process of its own, in its sandbox: it takes a key, and its threads sign. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs.h"
#include "ipc.h"
#include "parent/process.h"
#include "sealsock.h"
#include "tap.h"

enum { KEY = 5, THREADS = 3, WORKERS = 4, ROUNDS = 50, PATIENCE = 20000 };

static struct process *keeper;
static struct ipc_message m;

/* What the keeper says to its parent, where it is no line for the log. */
static bool answered(uint32_t id)
{
	while (ipc_wait(keeper->control, PATIENCE) && ipc_recv(keeper->control, &m, NULL, 0) == 1) {
		if (m.head.op == IPC_DONE)
			return m.head.id == id && !m.head.code;
		if (m.head.op == IPC_LOG)
			printf("# %.*s\n", (int)m.head.len, (char *)m.body);
	}
	return false;
}

static int key_file(const struct identity *id)
{
	char path[] = "/tmp/sealsockd-process-XXXXXX";
	int fd = mkstemp(path);

	NEED(fd >= 0 && write(fd, id->key_pem, strlen(id->key_pem)) > 0 && !unlink(path));
	return fd;
}

static void give_key(void)
{
	const struct identity *id = test_server(CERT_P256);
	const struct ipc_part chain[2] = { { id->cert_pem, strlen(id->cert_pem) } };
	int fd = key_file(id);

	ok(ipc_send(keeper->control, (struct ipc_head){ .op = IPC_KEY, .id = 1, .key = KEY }, chain,
		    &fd, 1, PATIENCE) && answered(1), "it takes a key");
	close(fd);
}

/* Our ends of a worker's ways: [0] for signatures, [1] for the rest. */
static void give_worker(int ours[2])
{
	int later[2], now[2], theirs[2];

	NEED(ipc_pair(later) && ipc_pair(now));
	theirs[0] = later[0];
	theirs[1] = now[0];
	ok(ipc_send(keeper->control, (struct ipc_head){ .op = IPC_WORKER, .id = 2 }, NULL,
		    theirs, 2, PATIENCE) && answered(2), "and a worker");
	close(later[0]);
	close(now[0]);
	ours[0] = later[1];
	ours[1] = now[1];
}

static bool ask(int fd, enum ipc_op op, uint32_t id, const void *body, size_t n)
{
	const struct ipc_part parts[2] = { { body, n } };

	return ipc_send(fd, (struct ipc_head){ .op = op, .id = id, .key = KEY }, parts, NULL, 0,
			PATIENCE);
}

static bool has_answer(int fd, uint32_t id, size_t at_least)
{
	return ipc_wait(fd, PATIENCE) && ipc_recv(fd, &m, NULL, 0) == 1 && m.head.id == id &&
	       !m.head.code && m.head.len >= at_least;
}

static void works(int ways[WORKERS][2])
{
	const struct ipc_sign13 f = { .scheme = 0x0403, .server = 1, .hash_len = 32 };
	unsigned int signed_ = 0, sealed = 0, i, w;

	for (i = 0; i < ROUNDS; i++) {
		for (w = 0; w < WORKERS; w++)
			NEED(ask(ways[w][0], IPC_SIGN13, i, &f, sizeof(f)) &&
			     ask(ways[w][1], IPC_SEAL, i, "session", 7));
		for (w = 0; w < WORKERS; w++) {
			signed_ += has_answer(ways[w][0], i, 64);
			sealed += has_answer(ways[w][1], i, 8);
		}
	}
	ok_int(signed_, WORKERS * ROUNDS, "it signs for all of them");
	ok_int(sealed, WORKERS * ROUNDS, "and seals tickets meanwhile");
	NEED(ask(ways[0][1], IPC_SIGN13, 7, &f, sizeof(f)));
	ok(ipc_wait(ways[0][1], PATIENCE) && ipc_recv(ways[0][1], &m, NULL, 0) == 1 &&
	   m.head.code == SEALSOCK_ERR_INVALID, "but not where it is asked for the rest");
}

/* All its threads, and each under the filter. */
static void seen_from_outside(void)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "test $(cat /proc/%d/task/*/status | grep -c '^Seccomp:.*2') = %d", keeper->pid,
		 THREADS + 1);
	ok(!system(command), "%d threads beside the first, all under a filter", THREADS);
}

int main(void)
{
	struct conf conf = {
		.keeper_uid = 65534, .keeper_gid = 65534, .signatures = 100000, .sessions = 10,
	};
	int ways[WORKERS][2], i, status;

	keeper = process_keeper(&conf, THREADS);
	NEED(keeper);
	give_key();
	for (i = 0; i < WORKERS; i++)
		give_worker(ways[i]);
	works(ways);
	seen_from_outside();
	close(keeper->control);
	keeper->control = -1;
	ok(waitpid(keeper->pid, &status, 0) == keeper->pid && WIFEXITED(status) &&
	   !WEXITSTATUS(status), "without its parent it ends");
	for (i = 0; i < WORKERS; i++) {
		ok(ipc_wait(ways[i][0], PATIENCE) && ipc_recv(ways[i][0], &m, NULL, 0) < 0,
		   "and its workers notice");
		close(ways[i][0]);
		close(ways[i][1]);
	}
	process_free(keeper);
	free_test_identities();
	return done();
}
