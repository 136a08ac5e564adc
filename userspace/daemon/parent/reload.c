// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Taking a configuration into use. Workers are made with one and keep it: a new one means new
 * workers, and the old ones take no more handshakes but finish those they have.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/load.h"
#include "parent/log.h"
#include "parent/supervisor.h"
#include "sealsock.h"

enum { KEEPER_PATIENCE = 5000 };	/* milliseconds */

/* Tells the keeper something and waits: its code, or SYSTEM where it does not answer. */
static int tell_keeper(struct supervisor *s, struct ipc_head head, const struct ipc_part parts[2],
		       const int *fds, unsigned int n)
{
	int r;

	head.id = ++s->asked;
	if (!s->keeper || !ipc_send(s->keeper->control, head, parts, fds, n, KEEPER_PATIENCE))
		return SEALSOCK_ERR_SYSTEM;
	while (ipc_wait(s->keeper->control, KEEPER_PATIENCE)) {
		r = ipc_recv(s->keeper->control, &s->in, NULL, 0);
		if (r < 0)
			break;
		if (r && s->in.head.op == IPC_DONE && s->in.head.id == s->asked)
			return s->in.head.code;
		if (r && s->in.head.op == IPC_LOG)
			log_text(IPC_ERROR, s->in.body, s->in.head.len);
	}
	return SEALSOCK_ERR_SYSTEM;
}

/* All keys of @m to the keeper, which says whether they belong to their chains. */
static bool hand_keys(struct supervisor *s, struct material *m)
{
	unsigned int i, j;
	int err = 0;

	for (i = 0; i < m->conf.n_credentials; i++)
		for (j = 0; j < m->credentials[i].conf->n_chains; j++) {
			const struct chain *c = &m->credentials[i].chains[j];
			const struct ipc_part parts[2] = { { c->pem.p, c->pem.n } };
			struct ipc_head head = { .op = IPC_KEY, .key = c->key_id };
			int bad = tell_keeper(s, head, parts, &c->key_fd, 1);

			if (bad)
				log_line(IPC_ERROR, "%s:%u: credential %s: %s", s->path,
					 m->credentials[i].conf->chains[j].line,
					 m->credentials[i].conf->name, sealsock_strerror(bad));
			err = err ? err : bad;
		}
	if (!err && m->ticket_keys_fd >= 0) {
		err = tell_keeper(s, (struct ipc_head){ .op = IPC_TICKET_KEYS }, NULL,
				  &m->ticket_keys_fd, 1);
		if (err)
			log_line(IPC_ERROR, "%s: %s", m->conf.ticket_keys, sealsock_strerror(err));
	}
	if (!err && m->ech_keys_fd >= 0) {
		err = tell_keeper(s, (struct ipc_head){ .op = IPC_ECH_KEYS }, NULL, &m->ech_keys_fd,
				  1);
		if (err)
			log_line(IPC_ERROR, "%s: %s", m->conf.ech_keys, sealsock_strerror(err));
	}
	material_close_keys(m);
	return !err;
}

static bool load(struct supervisor *s, struct material *m)
{
	char *text = NULL;
	size_t n;
	struct complaints c = { .path = s->path, .out = open_memstream(&text, &n) };
	bool good = c.out && material_load(s->path, s->next_key, m, &c);

	if (c.out)
		fclose(c.out);
	if (text)
		log_lines(IPC_ERROR, text);
	free(text);
	s->tried = m->print;
	return good;
}

static void adopt(struct supervisor *s, struct material *m)
{
	if (s->have_material)
		material_free(&s->material);
	s->material = *m;
	s->have_material = true;
	s->keys_from = s->next_key;
	s->next_key += material_keys(m);
	s->generation++;
	log_setup(m->conf.log, m->conf.log_rate);
}

static unsigned int workers_of(const struct conf *conf)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (conf->workers)
		return conf->workers;
	return cpus < 1 ? 1 : cpus > 64 ? 64 : (unsigned int)cpus;
}

unsigned int supervisor_workers(const struct supervisor *s)
{
	return workers_of(&s->material.conf);
}

static bool add_worker(struct supervisor *s, int device)
{
	int ends[2], err;
	struct process *p = process_worker(&s->material, device, ends);

	if (!p) {
		err = errno;
		log_line(IPC_ERROR, device < 0 && err == ENOENT ?
			 "the kernel asks nobody for handshakes of its own (\"kernel\")" :
			 "a worker cannot be made: %s", strerror(err));
		errno = err;
		return false;
	}
	err = tell_keeper(s, (struct ipc_head){ .op = IPC_WORKER }, NULL, ends, 2);
	close(ends[0]);
	close(ends[1]);
	p->generation = s->generation;
	p->next = s->workers;
	s->workers = p;
	if (err)	/* without the keeper it ends by itself */
		log_line(IPC_ERROR, "the keeper does not take a worker: %s",
			 sealsock_strerror(err));
	return !err;
}

bool supervisor_add_worker(struct supervisor *s)
{
	return add_worker(s, s->device);
}

bool supervisor_add_callers(struct supervisor *s)
{
	bool good = !s->material.conf.kernel || s->no_callers || add_worker(s, -1);

	s->no_callers |= !good && errno == ENOENT;
	return good;
}

static bool add_workers(struct supervisor *s)
{
	unsigned int i;

	for (i = 0; i < supervisor_workers(s); i++)
		if (!supervisor_add_worker(s))
			return false;
	supervisor_add_callers(s);
	return true;
}

/* From nothing: the keeper first. */
bool supervisor_start(struct supervisor *s)
{
	struct material m;

	if (!load(s, &m)) {
		material_free(&m);
		return false;
	}
	s->keeper = process_keeper(&m.conf, workers_of(&m.conf));
	if (!s->keeper || !hand_keys(s, &m)) {
		material_free(&m);
		return false;
	}
	adopt(s, &m);
	return add_workers(s);
}

/* False: all stays as it was. */
bool supervisor_reload(struct supervisor *s)
{
	struct process *p;
	struct material m;

	if (!load(s, &m) || !hand_keys(s, &m)) {
		/* Keys that were taken are dropped with those of the next configuration. */
		s->next_key += material_keys(&m);
		material_free(&m);
		return false;
	}
	adopt(s, &m);
	if (!add_workers(s))
		log_line(IPC_ERROR, "not all workers could be made");
	for (p = s->workers; p; p = p->next)
		if (p->generation != s->generation && !p->retiring) {
			p->retiring = true;
			ipc_say(p->control, (struct ipc_head){ .op = IPC_RETIRE });
		}
	return true;
}
