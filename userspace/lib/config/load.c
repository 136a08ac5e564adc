// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Setters that load certificates, keys and trust anchors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config.h"
#include "msg/msg.h"

/* Lists of a million revoked certificates are in use. */
enum { FILE_MAX = 128 << 20, STAPLE_MAX = 16384 };

int config_read_file(struct sealsock_config *cfg, const char *path, struct buf *out)
{
	int fd = fd_apart(open(path, O_RDONLY | O_CLOEXEC));
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	size_t got;
	int err = 0;

	buf_init(out, &cfg->env);
	if (!f && fd >= 0)
		close(fd);
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

/* A chain on its way from PEM into a credential. */
struct chain_load {
	struct credential *c;
	size_t count;
};

static int chain_take(void *arg, struct bytes der)
{
	struct chain_load *load = arg;
	struct builder chain = { .buf = &load->c->chain }, names = { .buf = &load->c->issuers };
	struct cert *cert;
	int err;

	if (load->count++ == CHAIN_MAX)
		return SEALSOCK_ERR_PEM;
	wr_u24(&chain, (uint32_t)der.n);
	wr_bytes(&chain, der.p, der.n);
	err = cert_parse(load->c->chain.env, der, &cert, NULL);
	if (err)
		return err == SEALSOCK_ERR_CERT_BAD ? SEALSOCK_ERR_PEM : err;
	wr_vec16(&names, cert_issuer(cert));
	if (load->count == 1)
		load->c->leaf = cert;
	else
		cert_free(cert);
	return chain.bad || names.bad ? SEALSOCK_ERR_NOMEM : 0;
}

/* The Certificate message of TLS 1.3 with the chain, and the staple if there is one. */
static int make_message(const struct credential *c, struct bytes staple, struct buf *out)
{
	struct bytes left = bytes_of(c->chain.p, c->chain.n);
	struct certificate msg = { .count = 0 };
	struct builder w = { .buf = out };

	while (rd_vec24(&left, 1, 0xffffff, &msg.certs[msg.count]))
		msg.count++;
	if (staple.n) {
		msg.ext.present = EXT_BIT(EXT_STATUS_REQUEST);
		msg.ext.ocsp = staple;
	}
	certificate_build(&msg, &w);
	return w.bad ? SEALSOCK_ERR_NOMEM : 0;
}

void credential_free(struct credential *c, const struct sealsock_env *env)
{
	privkey_free(c->key);
	cert_free(c->leaf);
	buf_free(&c->chain);
	buf_free(&c->issuers);
	buf_free(&c->staple);
	buf_free(&c->message);
	buf_free(&c->stapled);
	mem_free(env, c, sizeof(*c));
}

/* RFC 8017 §9.1.1: PSS with a salt as long as the hash needs room for both in the key. */
static bool is_long_enough(const struct credential *c, const struct sigscheme *s)
{
	size_t hash;

	if (s->pkcs1 || (s->kind != KEY_RSA && s->kind != KEY_RSA_PSS))
		return true;
	hash = strcmp(s->digest, "SHA2-512") == 0 ? 64 : strcmp(s->digest, "SHA2-384") == 0 ? 48 :
										       32;
	return (cert_key_bits(c->leaf) + 6) / 8 >= 2 * hash + 2;
}

bool credential_can(const struct credential *c, const struct sigscheme *s, uint16_t version)
{
	if (!cert_can_sign(c->leaf) || !is_long_enough(c, s))
		return false;
	return c->key ? privkey_can(c->key, s, version) :
			sigscheme_fits(s, cert_key_kind(c->leaf), version);
}

bool credential_decrypts(const struct credential *c)
{
	return cert_can_encrypt(c->leaf) && (!c->key || privkey_can_decrypt(c->key));
}

bool credential_issued_by(const struct credential *c, struct bytes names)
{
	struct bytes name, issuers, issuer;

	while (rd_vec16(&names, 1, 0xffff, &name)) {
		issuers = bytes_of(c->issuers.p, c->issuers.n);
		while (rd_vec16(&issuers, 1, 0xffff, &issuer))
			if (bytes_equal(issuer, name))
				return true;
	}
	return false;
}

static int fill_key(struct sealsock_config *cfg, struct credential *c, struct bytes key)
{
	int err = privkey_from_pem(&cfg->env, key, &c->key);

	if (err)
		return config_fail(cfg, err, err == SEALSOCK_ERR_KEY ?
				   "the private key is of a kind that is not supported" :
				   "no usable private key in the PEM text (is it encrypted?)");
	if (!cert_fits_key(c->leaf, c->key))
		return config_fail(cfg, SEALSOCK_ERR_KEY,
				   "the private key is not that of the first certificate");
	return 0;
}

/* @key: PEM text, or NULL: signatures will be asked for. */
static int credential_fill(struct sealsock_config *cfg, struct credential *c, struct bytes chain,
			   const struct bytes *key)
{
	struct chain_load load = { .c = c };
	int err = pem_each_cert(chain, chain_take, &load);

	if (err)
		return config_fail(cfg, err, "no usable certificate chain in the PEM text");
	if (key)
		err = fill_key(cfg, c, *key);
	else if (cert_key_kind(c->leaf) == KEY_OTHER)
		err = config_fail(cfg, SEALSOCK_ERR_KEY,
				  "the certificate's key is of a kind that is not supported");
	if (err)
		return err;
	err = make_message(c, bytes_of(NULL, 0), &c->message);
	return err ? config_fail(cfg, err, "out of memory") : 0;
}

static int add_credential(struct sealsock_config *cfg, struct bytes chain,
			  const struct bytes *key, void *signer)
{
	struct credential *c, **end;
	int err;

	c = mem_zalloc(&cfg->env, sizeof(*c));
	if (!c)
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	c->signer = signer;
	buf_init(&c->chain, &cfg->env);
	buf_init(&c->issuers, &cfg->env);
	buf_init(&c->staple, &cfg->env);
	buf_init(&c->message, &cfg->env);
	buf_init(&c->stapled, &cfg->env);
	err = credential_fill(cfg, c, chain, key);
	if (err) {
		credential_free(c, &cfg->env);
		return err;
	}
	for (end = &cfg->creds; *end; end = &(*end)->next)
		;
	*end = c;
	return 0;
}

int sealsock_config_cert_mem(struct sealsock_config *cfg, const void *chain, size_t chain_len,
			     const void *key, size_t key_len)
{
	struct bytes pem = bytes_of(key, key_len);
	int err = config_open(cfg);

	return err ? err : add_credential(cfg, bytes_of(chain, chain_len), &pem, NULL);
}

int sealsock_config_cert_signer(struct sealsock_config *cfg, const void *chain, size_t chain_len,
				void *key)
{
	int err = config_open(cfg);

	return err ? err : add_credential(cfg, bytes_of(chain, chain_len), NULL, key);
}

/* Takes @staple over, whatever comes out. @bad: what it is where it is none. */
static int set_staple(struct sealsock_config *cfg, struct credential *c, struct buf *staple,
		      int bad, const char *from)
{
	struct buf stapled;
	int err = 0;

	buf_init(&stapled, &cfg->env);
	if (staple->n == 0 || staple->n > STAPLE_MAX)
		err = config_fail(cfg, bad, "%s is no OCSP response", from);
	else if (make_message(c, bytes_of(staple->p, staple->n), &stapled))
		err = config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	if (err) {
		buf_free(staple);
		buf_free(&stapled);
		return err;
	}
	buf_free(&c->staple);
	buf_free(&c->stapled);
	c->staple = *staple;
	c->stapled = stapled;
	return 0;
}

/* The chain that was added last, to be stapled to; or NULL, with the error set. */
static struct credential *last_chain(struct sealsock_config *cfg, const char *from)
{
	struct credential *c = cfg->creds;

	if (!c)
		config_fail(cfg, SEALSOCK_ERR_STATE, "no certificate to staple %s to", from);
	while (c && c->next)
		c = c->next;
	return c;
}

int sealsock_config_ocsp_file(struct sealsock_config *cfg, const char *path)
{
	struct credential *c;
	struct buf staple;
	int err = config_open(cfg);

	if (err)
		return err;
	c = last_chain(cfg, path);
	if (!c)
		return SEALSOCK_ERR_STATE;
	err = config_read_file(cfg, path, &staple);
	return err ? err : set_staple(cfg, c, &staple, SEALSOCK_ERR_FILE, path);
}

int sealsock_config_ocsp_mem(struct sealsock_config *cfg, const void *der, size_t n)
{
	struct credential *c;
	struct buf staple;
	int err = config_open(cfg);

	if (err)
		return err;
	c = last_chain(cfg, "an OCSP response");
	if (!c)
		return SEALSOCK_ERR_STATE;
	buf_init(&staple, &cfg->env);
	if (n > STAPLE_MAX || !buf_append(&staple, der, n))
		n = 0;
	return set_staple(cfg, c, &staple, SEALSOCK_ERR_INVALID, "what was given");
}

int sealsock_config_cert_file(struct sealsock_config *cfg, const char *chain_path,
			      const char *key_path)
{
	struct buf chain, key;
	struct bytes pem;
	int err = config_open(cfg);

	if (err)
		return err;
	err = config_read_file(cfg, chain_path, &chain);
	if (err)
		return err;
	err = config_read_file(cfg, key_path, &key);
	if (!err) {
		pem = bytes_of(key.p, key.n);
		err = add_credential(cfg, bytes_of(chain.p, chain.n), &pem, NULL);
		buf_free(&key);
	}
	buf_free(&chain);
	return err;
}

/* Anchors on their way into the configuration; @lenient: what cannot be read is left out. */
struct anchor_load {
	struct sealsock_config *cfg;
	bool lenient;
};

static int anchor_take(void *arg, struct bytes der)
{
	const struct anchor_load *load = arg;
	struct sealsock_config *cfg = load->cfg;
	struct hash *h;
	int err = trust_add(cfg->trust, der);

	if (err == SEALSOCK_ERR_CERT_BAD)
		return load->lenient ? 0 : SEALSOCK_ERR_PEM;
	if (err)
		return err;
	h = hash_new();
	if (!h)
		return SEALSOCK_ERR_NOMEM;
	err = hash_start(cfg->crypto, h, HASH_SHA256);
	if (!err)
		err = hash_add(h, cfg->anchors_id, sizeof(cfg->anchors_id));
	if (!err)
		err = hash_add(h, der.p, der.n);
	if (!err)
		err = hash_end(h, cfg->anchors_id);
	hash_free(h);
	return err ? err : config_note_trust(cfg);
}

static int add_anchors(struct sealsock_config *cfg, struct bytes pem, const char *from,
		       bool lenient)
{
	struct anchor_load load = { .cfg = cfg, .lenient = lenient };
	int err;

	if (!cfg->trust)
		cfg->trust = trust_new(&cfg->env);
	if (!cfg->trust)
		return config_fail(cfg, SEALSOCK_ERR_NOMEM, "out of memory");
	if (bytes_are_der(pem))
		err = anchor_take(&load, pem);
	else
		err = pem_each_cert(pem, anchor_take, &load);
	return err ? config_fail(cfg, err, "no usable trust anchor in %s", from) : 0;
}

static int add_anchor_file(struct sealsock_config *cfg, const char *path, bool lenient)
{
	struct buf pem;
	int err = config_read_file(cfg, path, &pem);

	if (err)
		return err;
	err = add_anchors(cfg, bytes_of(pem.p, pem.n), path, lenient);
	buf_free(&pem);
	return err;
}

int sealsock_config_ca_mem(struct sealsock_config *cfg, const void *pem, size_t len)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	return err ? err : config_end(cfg, &mark, add_anchors(cfg, bytes_of(pem, len),
							      "the PEM text", false));
}

int sealsock_config_ca_file(struct sealsock_config *cfg, const char *path)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	return err ? err : config_end(cfg, &mark, add_anchor_file(cfg, path, false));
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
	int fd = fd_apart(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	if (!d)
		return 0;
	while (!err && (e = readdir(d))) {
		if (!is_hash_name(e->d_name) ||
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= (int)sizeof(path))
			continue;
		err = add_anchor_file(cfg, path, true);
		if (err == SEALSOCK_ERR_PEM || err == SEALSOCK_ERR_FILE)
			err = 0;	/* one broken file does not make the store unusable */
	}
	closedir(d);
	return err;
}

static int add_system(struct sealsock_config *cfg)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");
	unsigned int before = trust_count(cfg->trust);
	char bundle[4096];
	int err;

	if (file) {
		err = add_anchor_file(cfg, file, true);
		if (err || trust_count(cfg->trust))
			return err;
		dir = file;
	} else {
		if (!dir) {
			dir = trust_default_dir();
			/* One file with all of them is much faster to load than the single ones. */
			snprintf(bundle, sizeof(bundle), "%s/ca-certificates.crt", dir);
			err = add_anchor_file(cfg, trust_default_file(), true);
			if (err && err != SEALSOCK_ERR_NOMEM)
				err = add_anchor_file(cfg, bundle, true);
			if (err == SEALSOCK_ERR_NOMEM || (!err && trust_count(cfg->trust)))
				return err;
		}
		err = add_dir(cfg, dir);
	}
	if (!err && trust_count(cfg->trust) == before)
		return config_fail(cfg, SEALSOCK_ERR_FILE, "no trust anchors in %s", dir);
	return err;
}

int sealsock_config_ca_system(struct sealsock_config *cfg)
{
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	return err ? err : config_end(cfg, &mark, add_system(cfg));
}
