// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters that load certificates, keys and trust anchors. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "msg/msg.h"

enum { FILE_MAX = 16 << 20 };

/* The whole of a file; FILE (with errno), NOMEM. */
static int read_file(struct sealsock_config *cfg, const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	size_t got;
	int err = 0;

	buf_init(out, &cfg->env);
	if (!f)
		return config_fail(cfg, SEALSOCK_ERR_FILE, "cannot open %s: %s", path,
				   strerror(errno));
	/* No buffer of stdio's own: it would keep the end of a private key. */
	setvbuf(f, NULL, _IONBF, 0);
	do {
		if (out->n > FILE_MAX || !buf_reserve(out, 16384)) {
			err = SEALSOCK_ERR_NOMEM;
			break;
		}
		got = fread(out->p + out->n, 1, out->cap - out->n, f);
		out->n += got;
	} while (got);
	if (!err && ferror(f))
		err = config_fail(cfg, SEALSOCK_ERR_FILE, "cannot read %s: %s", path,
				  strerror(errno));
	else if (err)
		config_fail(cfg, err, "%s is too big", path);
	fclose(f);
	if (err)
		buf_free(out);
	return err;
}

/* A chain on its way from PEM into a Certificate message. */
struct chain_load {
	struct sealsock_config *cfg;
	struct buf der[CHAIN_MAX];
	size_t count;
};

static int chain_take(void *arg, struct bytes der)
{
	struct chain_load *load = arg;

	if (load->count == CHAIN_MAX)
		return SEALSOCK_ERR_PEM;
	buf_init(&load->der[load->count], &load->cfg->env);
	if (!buf_append(&load->der[load->count], der.p, der.n))
		return SEALSOCK_ERR_NOMEM;
	load->count++;
	return 0;
}

static int chain_message(const struct chain_load *load, struct buf *out)
{
	struct certificate msg = { .count = load->count };
	struct builder w = { .buf = out };
	size_t i;

	for (i = 0; i < load->count; i++)
		msg.certs[i] = bytes_of(load->der[i].p, load->der[i].n);
	certificate_build(&msg, &w);
	if (w.bad)
		return SEALSOCK_ERR_NOMEM;
	return 0;
}

static void credential_free(struct sealsock_config *cfg, struct credential *c)
{
	privkey_free(c->key);
	cert_free(c->leaf);
	buf_free(&c->message);
	mem_free(&cfg->env, c, sizeof(*c));
}

static int credential_fill(struct sealsock_config *cfg, struct credential *c,
			   struct chain_load *load, struct bytes chain, struct bytes key)
{
	int err = pem_each_cert(chain, chain_take, load);

	if (err)
		return config_fail(cfg, err, "no usable certificate chain in the PEM text");
	err = privkey_from_pem(&cfg->env, key, &c->key);
	if (err)
		return config_fail(cfg, err, err == SEALSOCK_ERR_KEY ?
				   "the private key is of a kind that is not supported" :
				   "no usable private key in the PEM text (is it encrypted?)");
	err = cert_parse(&cfg->env, bytes_of(load->der[0].p, load->der[0].n), &c->leaf);
	if (err)
		return config_fail(cfg, err, "the first certificate cannot be read");
	if (!cert_fits_key(c->leaf, c->key))
		return config_fail(cfg, SEALSOCK_ERR_KEY,
				   "the private key is not that of the first certificate");
	err = chain_message(load, &c->message);
	if (err)
		config_fail(cfg, err, "out of memory");
	return err;
}

int sealsock_config_cert_mem(struct sealsock_config *cfg, const void *chain, size_t chain_len,
			     const void *key, size_t key_len)
{
	struct chain_load load = { .cfg = cfg };
	struct credential *c, **end;
	int err = config_open(cfg);

	if (err)
		return err;
	if (cfg->role != SEALSOCK_SERVER)
		return config_fail(cfg, SEALSOCK_ERR_INVALID,
				   "certificates of one's own are for servers");
	c = mem_zalloc(&cfg->env, sizeof(*c));
	if (!c)
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	buf_init(&c->message, &cfg->env);
	err = credential_fill(cfg, c, &load, bytes_of(chain, chain_len), bytes_of(key, key_len));
	while (load.count)
		buf_free(&load.der[--load.count]);
	if (err) {
		credential_free(cfg, c);
		return err;
	}
	for (end = &cfg->creds; *end; end = &(*end)->next)
		;
	*end = c;
	return 0;
}

int sealsock_config_cert_file(struct sealsock_config *cfg, const char *chain_path,
			      const char *key_path)
{
	struct buf chain, key;
	int err = config_open(cfg);

	if (err)
		return err;
	err = read_file(cfg, chain_path, &chain);
	if (err)
		return err;
	err = read_file(cfg, key_path, &key);
	if (!err) {
		err = sealsock_config_cert_mem(cfg, chain.p, chain.n, key.p, key.n);
		buf_free(&key);
	}
	buf_free(&chain);
	return err;
}

static int anchor_take(void *arg, struct bytes der)
{
	return trust_add(arg, der);
}

/* Anchors that libcrypto cannot read are left out of big stores, where single files may not be. */
static int add_anchors(struct sealsock_config *cfg, struct bytes pem, const char *from)
{
	int err;

	if (!cfg->trust)
		cfg->trust = trust_new(&cfg->env);
	if (!cfg->trust)
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	err = pem_each_cert(pem, anchor_take, cfg->trust);
	return err ? config_fail(cfg, err, "no usable trust anchor in %s", from) : 0;
}

int sealsock_config_ca_mem(struct sealsock_config *cfg, const void *pem, size_t len)
{
	int err = config_open(cfg);

	return err ? err : add_anchors(cfg, bytes_of(pem, len), "the PEM text");
}

int sealsock_config_ca_file(struct sealsock_config *cfg, const char *path)
{
	struct buf pem;
	int err = config_open(cfg);

	if (!err)
		err = read_file(cfg, path, &pem);
	if (err)
		return err;
	err = add_anchors(cfg, bytes_of(pem.p, pem.n), path);
	buf_free(&pem);
	return err;
}

/* The single files of a store's directory are named by hash: 8 hexadecimal digits, dot, number. */
static bool is_hash_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] &&
	       name[9 + strspn(name + 9, "0123456789")] == '\0';
}

static int add_dir(struct sealsock_config *cfg, const char *dir)
{
	char path[4096];
	struct dirent *e;
	int err = 0;
	DIR *d = opendir(dir);

	if (!d)
		return 0;
	while (!err && (e = readdir(d))) {
		if (!is_hash_name(e->d_name) ||
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
			continue;
		err = sealsock_config_ca_file(cfg, path);
		if (err == SEALSOCK_ERR_PEM || err == SEALSOCK_ERR_FILE)
			err = 0;	/* one broken file does not make the store unusable */
	}
	closedir(d);
	return err;
}

int sealsock_config_ca_system(struct sealsock_config *cfg)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");
	unsigned int before = trust_count(cfg->trust);
	char bundle[4096];
	int err = config_open(cfg);

	if (err)
		return err;
	if (file)
		return sealsock_config_ca_file(cfg, file);
	if (!dir) {
		dir = trust_default_dir();
		/* One file with all of them is much faster to load than the single ones. */
		snprintf(bundle, sizeof(bundle), "%s/ca-certificates.crt", dir);
		if (sealsock_config_ca_file(cfg, trust_default_file()) == 0 ||
		    sealsock_config_ca_file(cfg, bundle) == 0)
			return 0;
	}
	err = add_dir(cfg, dir);
	if (!err && trust_count(cfg->trust) == before)
		return config_fail(cfg, SEALSOCK_ERR_FILE,
				   "no trust anchors in %s: install ca-certificates or name a file",
				   dir);
	return err;
}
