// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "ech.h"

static void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

static int take_list(void *arg, struct bytes der)
{
	struct ech_pair *p = arg;

	if (!ech_list_good(der))
		return 0;
	must(der.n <= sizeof(p->list), "an ECHConfigList is too long");
	memcpy(p->list, der.p, der.n);
	p->list_len = der.n;
	return 0;
}

void ech_pair_make(struct ech_pair *p, const char *group, const char *public_name)
{
	ssize_t n = sealsock_ech_generate(public_name, group, 64, p->pem, sizeof(p->pem));

	must(n > 0, "no ECH keys");
	p->pem_len = (size_t)n;
	p->list_len = 0;
	must(!pem_each_ech(bytes_of(p->pem, p->pem_len), take_list, p) && p->list_len,
	     "no ECHConfigList");
}

struct sealsock_config *ech_client(const struct ech_pair *c)
{
	struct sealsock_config *cfg = client_config();

	if (c)
		must(sealsock_config_ech(cfg, c->list, c->list_len) == 1, "no usable list");
	return cfg;
}

struct sealsock_config *ech_server(const struct ech_pair *s)
{
	struct sealsock_config *cfg = server_config(CERT_P256);

	if (s)
		must(!sealsock_config_ech_keys_mem(cfg, s->pem, s->pem_len), "no usable keys");
	return cfg;
}

struct sealsock_conn *ech_conn(struct sealsock_config *cfg)
{
	struct sealsock_conn *conn = sealsock_conn_new(cfg);

	must(conn && !sealsock_conn_set_host(conn, ECH_SECRET), "no client connection");
	return conn;
}

void ech_envelope_open(struct ech_envelope *e, const struct ech_pair *pair)
{
	struct secret shared;

	memset(e, 0, sizeof(*e));
	e->crypto = crypto_get();
	e->scratch = hash_new();
	must(e->crypto && e->scratch &&
	     ech_choose(bytes_of(pair->list, pair->list_len), &e->config, &e->suite) &&
	     !kex_new(e->crypto, &test_env_full, hpke_group(e->suite.kem), &e->own),
	     "no key for an envelope");
	must(!hpke_kem(e->crypto, e->scratch, e->own, e->config.key, true, &shared) &&
	     !ech_setup(e->crypto, e->scratch, &e->config, &e->suite, &shared, true, &e->hpke),
	     "no envelope");
	secret_wipe(&shared);
}

void ech_envelope_close(struct ech_envelope *e)
{
	hpke_close(&e->hpke);
	kex_free(e->own);
	hash_free(e->scratch);
	crypto_put(e->crypto);
}

size_t ech_envelope_seal(struct ech_envelope *e, struct hello *outer, struct bytes plain,
			 uint8_t *rec)
{
	static uint8_t message[40000];
	struct bytes enc = kex_share(e->own);
	size_t n = plain.n + AEAD_TAG;
	struct hello_ext *x;
	uint8_t *p;

	if (e->second)
		enc.n = 0;
	hello_drop(outer, 0xfe0d);
	hello_add(outer, 0xfe0d, "00");
	x = hello_find(outer, 0xfe0d);
	must(10 + enc.n + n <= EDIT_DATA_MAX, "too much for an envelope");
	p = x->data + 1;
	*p++ = 0;
	*p++ = (uint8_t)e->suite.kdf;
	*p++ = 0;
	*p++ = (uint8_t)e->suite.aead;
	*p++ = e->config.id;
	*p++ = 0;
	*p++ = (uint8_t)enc.n;
	memcpy(p, enc.p, enc.n);
	p += enc.n;
	*p++ = (uint8_t)(n >> 8);
	*p++ = (uint8_t)n;
	memset(p, 0, n);
	x->n = (uint16_t)(p + n - x->data);
	must(!hpke_seal(&e->hpke, bytes_of(message + 4, hello_write(outer, message) - 4), plain, p),
	     "an envelope was not sealed");
	return hello_record(outer, rec);
}

enum sealsock_ech ech_of(const struct sealsock_conn *conn)
{
	struct sealsock_info info;

	sealsock_conn_info(conn, &info);
	return info.ech;
}
