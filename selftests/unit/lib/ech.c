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

enum sealsock_ech ech_of(const struct sealsock_conn *conn)
{
	struct sealsock_info info;

	sealsock_conn_info(conn, &info);
	return info.ech;
}
