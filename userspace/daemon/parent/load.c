// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parent/load.h"
#include "sealsock.h"

enum { FILE_MAX = 16 << 20, KEY_MAX = 64 << 10, STAPLE_MAX = 16384, TICKET_KEY = 48 };

/* In one piece from the start: what grows leaves copies behind, and a bundle has a key in it. */
static bool read_fd(int fd, size_t max, struct blob *out)
{
	struct stat st;
	ssize_t got = 1;
	size_t room;

	*out = (struct blob){ 0 };
	if (fstat(fd, &st))
		return false;
	room = st.st_size > 0 && (size_t)st.st_size < max ? (size_t)st.st_size + 1 : max + 1;
	out->p = malloc(room);
	while (out->p && got > 0 && out->n < room) {
		got = read(fd, out->p + out->n, room - out->n);
		if (got > 0)
			out->n += (size_t)got;
	}
	if (out->p && !got)
		return true;
	if (out->p && got > 0)
		errno = EFBIG;
	if (out->p)
		explicit_bzero(out->p, out->n);
	free(out->p);
	*out = (struct blob){ 0 };
	return false;
}

static bool read_file(const char *path, size_t max, struct blob *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read_fd(fd, max, out);
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return good;
}

static void load_chain(const struct conf_chain *from, struct chain *to, struct complaints *c)
{
	int err;

	to->key_fd = open(from->key, O_RDONLY | O_CLOEXEC);
	if (to->key_fd < 0)
		complain(c, from->line, "cannot open the key %s: %s", from->key, strerror(errno));
	if (!read_file(from->chain, KEY_MAX, &to->pem)) {
		complain(c, from->line, "cannot read the chain %s: %s", from->chain,
			 strerror(errno));
		return;
	}
	err = sealsock_chain_dates(to->pem.p, to->pem.n, &to->from, &to->until);
	if (err)
		complain(c, from->line, "%s: %s", from->chain, sealsock_strerror(err));
	if (from->staple && (!read_file(from->staple, STAPLE_MAX, &to->staple) || !to->staple.n))
		complain(c, from->line, "cannot read the staple %s: %s", from->staple,
			 to->staple.p ? "it is empty" : strerror(errno));
}

/* A file may have keys in it, which workers must not get: only parts of this label stay. */
static void keep_only(struct blob *pem, const char *label)
{
	char begin[64], end[64];
	char *from = pem->p, *limit = pem->p + pem->n, *start, *stop;
	size_t n = 0;

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	while (pem->p && (start = memmem(from, (size_t)(limit - from), begin, strlen(begin)))) {
		stop = memmem(start, (size_t)(limit - start), end, strlen(end));
		if (!stop)
			break;
		stop += strlen(end);
		memmove(pem->p + n, start, (size_t)(stop - start));
		n += (size_t)(stop - start);
		from = stop;
		if (from < limit)	/* where the next one cannot begin any more */
			pem->p[n++] = '\n';
	}
	if (pem->p)
		explicit_bzero(pem->p + n, pem->n - n);
	pem->n = n;
}

static void load_list(const struct conf_list *paths, struct blob **out, unsigned int line,
		      struct complaints *c)
{
	unsigned int i;

	*out = calloc(paths->n + 1, sizeof(**out));
	for (i = 0; *out && i < paths->n; i++)
		if (!read_file(paths->s[i], FILE_MAX, &(*out)[i]))
			complain(c, line, "cannot read %s: %s", paths->s[i], strerror(errno));
}

/* The machine's own store as one file. */
static void load_system(struct blob *out, unsigned int line, struct complaints *c)
{
	static const char *const paths[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
	};
	unsigned int i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (read_file(paths[i], FILE_MAX, out))
			return;
	if (line)
		complain(c, line, "the machine has no trust store in %s", paths[0]);
}

/* What the library says to anchors and lists. */
static void try_trust(const struct trust *t, struct complaints *c)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	unsigned int i;

	for (i = 0; cfg && i < t->conf->files.n; i++)
		if (t->files[i].p && sealsock_config_ca_mem(cfg, t->files[i].p, t->files[i].n))
			complain(c, t->conf->line, "%s: %s", t->conf->files.s[i],
				 sealsock_config_error(cfg));
	for (i = 0; cfg && i < t->conf->crls.n; i++)
		if (t->crls[i].p && sealsock_config_crl_mem(cfg, t->crls[i].p, t->crls[i].n))
			complain(c, t->conf->line, "%s: %s", t->conf->crls.s[i],
				 sealsock_config_error(cfg));
	sealsock_config_unref(cfg);
}

static void load_credentials(struct material *m, uint32_t key, struct complaints *c)
{
	const struct conf *conf = &m->conf;
	unsigned int i, j;

	m->credentials = calloc(conf->n_credentials + 1, sizeof(*m->credentials));
	for (i = 0; m->credentials && i < conf->n_credentials; i++) {
		struct credential *cred = &m->credentials[i];

		cred->conf = &conf->credentials[i];
		cred->chains = calloc(cred->conf->n_chains + 1, sizeof(*cred->chains));
		for (j = 0; cred->chains && j < cred->conf->n_chains; j++) {
			load_chain(&cred->conf->chains[j], &cred->chains[j], c);
			keep_only(&cred->chains[j].pem, "CERTIFICATE");
			cred->chains[j].key_id = key++;
		}
	}
}

static void load_trusts(struct material *m, struct complaints *c)
{
	const struct conf *conf = &m->conf;
	unsigned int i;

	m->trusts = calloc(conf->n_trusts + 1, sizeof(*m->trusts));
	for (i = 0; m->trusts && i < conf->n_trusts; i++) {
		struct trust *t = &m->trusts[i];

		t->conf = &conf->trusts[i];
		load_list(&t->conf->files, &t->files, t->conf->line, c);
		load_list(&t->conf->crls, &t->crls, t->conf->line, c);
		if (t->conf->system)
			load_system(&t->system, t->conf->line, c);
		if (t->files && t->crls)
			try_trust(t, c);
	}
}

static void load_ticket_keys(struct material *m, struct complaints *c)
{
	struct stat st;

	m->ticket_keys_fd = -1;
	if (!m->conf.ticket_keys)
		return;
	m->ticket_keys_fd = open(m->conf.ticket_keys, O_RDONLY | O_CLOEXEC);
	if (m->ticket_keys_fd < 0)
		complain(c, 0, "cannot open %s: %s", m->conf.ticket_keys, strerror(errno));
	else if (fstat(m->ticket_keys_fd, &st) || !st.st_size || st.st_size % TICKET_KEY ||
		 st.st_size > 16 * TICKET_KEY)
		complain(c, 0, "%s does not have 1 to 16 times %d bytes", m->conf.ticket_keys,
			 TICKET_KEY);
}

static void load_ech_keys(struct material *m, struct complaints *c)
{
	const char *path = m->conf.ech_keys;

	if (!path)
		return;
	m->ech_keys_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (m->ech_keys_fd < 0 || !read_file(path, KEY_MAX, &m->ech_lists))
		complain(c, 0, "cannot read %s: %s", path, strerror(errno));
	keep_only(&m->ech_lists, "ECHCONFIG");
}

bool material_load(const char *path, uint32_t first_key, struct material *m,
		   struct complaints *c)
{
	*m = (struct material){ .ticket_keys_fd = -1, .ech_keys_fd = -1 };
	if (!conf_read(path, &m->conf, c))
		return false;
	m->print = material_print(&m->conf, path);
	load_credentials(m, first_key, c);
	load_trusts(m, c);
	load_ticket_keys(m, c);
	load_ech_keys(m, c);
	return !c->count;
}

static void check_ech_keys(const struct material *m, struct complaints *c)
{
	struct sealsock_ech_keys *keys = NULL;
	struct blob pem;
	int err;

	if (!read_fd(m->ech_keys_fd, KEY_MAX, &pem)) {
		complain(c, 0, "cannot read %s: %s", m->conf.ech_keys, strerror(errno));
		return;
	}
	err = sealsock_ech_keys_mem(pem.p, pem.n, &keys);
	if (err)
		complain(c, 0, "%s: %s", m->conf.ech_keys, sealsock_strerror(err));
	sealsock_ech_keys_free(keys);
	explicit_bzero(pem.p, pem.n);
	free(pem.p);
}

bool material_check_keys(const struct material *m, struct complaints *c)
{
	unsigned int i, j;

	if (m->conf.ech_keys)
		check_ech_keys(m, c);

	for (i = 0; i < m->conf.n_credentials; i++) {
		const struct credential *cred = &m->credentials[i];

		for (j = 0; j < cred->conf->n_chains; j++) {
			const struct chain *chain = &cred->chains[j];
			struct sealsock_key *key = NULL;
			struct blob pem;
			int err;

			if (!read_fd(chain->key_fd, KEY_MAX, &pem)) {
				complain(c, cred->conf->chains[j].line, "cannot read %s: %s",
					 cred->conf->chains[j].key, strerror(errno));
				continue;
			}
			err = sealsock_key_mem(pem.p, pem.n, chain->pem.p, chain->pem.n, &key);
			if (err)
				complain(c, cred->conf->chains[j].line, "%s: %s",
					 cred->conf->chains[j].key, sealsock_strerror(err));
			sealsock_key_free(key);
			explicit_bzero(pem.p, pem.n);
			free(pem.p);
		}
	}
	return !c->count;
}

static uint64_t add_file(uint64_t h, const char *path)
{
	struct stat st = { 0 };
	uint64_t v[5];
	unsigned int i;

	if (!path)
		return h;
	if (stat(path, &st))
		st = (struct stat){ 0 };
	v[0] = st.st_dev;
	v[1] = st.st_ino;
	v[2] = (uint64_t)st.st_size;
	v[3] = (uint64_t)st.st_mtim.tv_sec;
	v[4] = (uint64_t)st.st_mtim.tv_nsec;
	for (i = 0; i < 5; i++)
		h = (h ^ v[i]) * 1099511628211u + 1;
	return h;
}

uint64_t material_print(const struct conf *conf, const char *path)
{
	uint64_t h = add_file(14695981039346656037u, path);
	unsigned int i, j;

	for (i = 0; i < conf->n_credentials; i++)
		for (j = 0; j < conf->credentials[i].n_chains; j++) {
			h = add_file(h, conf->credentials[i].chains[j].chain);
			h = add_file(h, conf->credentials[i].chains[j].key);
			h = add_file(h, conf->credentials[i].chains[j].staple);
		}
	for (i = 0; i < conf->n_trusts; i++) {
		for (j = 0; j < conf->trusts[i].files.n; j++)
			h = add_file(h, conf->trusts[i].files.s[j]);
		for (j = 0; j < conf->trusts[i].crls.n; j++)
			h = add_file(h, conf->trusts[i].crls.s[j]);
	}
	return add_file(add_file(h, conf->ticket_keys), conf->ech_keys);
}
