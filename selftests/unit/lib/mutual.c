// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>
#include <stdlib.h>

#include "mutual.h"

static struct identity client;

static void release(void)
{
	free_identity(&client);
}

const struct identity *test_client(void)
{
	static const struct cert_spec spec = {
		.cn = "client", .eku = "clientAuth", .ku = "digitalSignature", .from = -10,
		.until = 100,
	};

	if (!client.cert_pem) {
		client = make_identity(CERT_P256, &spec, test_ca());
		atexit(release);
	}
	return &client;
}

static void must(struct sealsock_config *cfg, int err)
{
	if (err) {
		printf("Bail out! configuration: %s\n", sealsock_config_error(cfg));
		exit(1);
	}
}

void add_identity(struct sealsock_config *cfg, const struct identity *id)
{
	must(cfg, sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
					   strlen(id->key_pem)));
}

void trust_test_ca(struct sealsock_config *cfg)
{
	must(cfg, sealsock_config_ca_mem(cfg, test_ca()->cert_pem, strlen(test_ca()->cert_pem)));
}

struct sealsock_config *mutual_client(void)
{
	struct sealsock_config *cfg = client_config();

	add_identity(cfg, test_client());
	return cfg;
}

struct sealsock_config *mutual_server(void)
{
	struct sealsock_config *cfg = server_config(CERT_P256);

	trust_test_ca(cfg);
	must(cfg, sealsock_config_verify(cfg, SEALSOCK_VERIFY_REQUIRED));
	return cfg;
}
