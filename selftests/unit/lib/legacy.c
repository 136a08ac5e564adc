// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "legacy.h"

static struct identity rsa;

static void release(void)
{
	free_identity(&rsa);
}

const struct identity *test_server_rsa(void)
{
	static const struct cert_spec spec = {
		.cn = "localhost", .san = "DNS:localhost", .eku = "serverAuth",
		.ku = "digitalSignature,keyEncipherment", .from = -1, .until = 365,
	};

	if (!rsa.cert_pem) {
		rsa = make_identity(CERT_RSA, &spec, test_ca());
		atexit(release);
	}
	return &rsa;
}

static void must(struct sealsock_config *cfg, int err)
{
	if (err) {
		printf("Bail out! configuration: %s\n", sealsock_config_error(cfg));
		exit(1);
	}
}

static void make_legacy(struct sealsock_config *cfg, const char *ciphers)
{
	must(cfg, sealsock_config_profile(cfg, "legacy"));
	must(cfg, sealsock_config_versions(cfg, "TLSv1.2"));
	if (ciphers)
		must(cfg, sealsock_config_ciphers(cfg, ciphers));
}

struct sealsock_config *legacy_client(const char *ciphers)
{
	struct sealsock_config *cfg = client_config();

	make_legacy(cfg, ciphers);
	return cfg;
}

struct sealsock_config *legacy_server(const char *ciphers)
{
	struct sealsock_config *cfg = server_config(CERT_P256);

	make_legacy(cfg, ciphers);
	add_identity(cfg, test_server_rsa());
	return cfg;
}

struct sealsock_config *legacy_server_asking(const char *ciphers)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);
	const struct identity *id = test_server_rsa();

	must(cfg, sealsock_config_env(cfg, &test_env));
	make_legacy(cfg, ciphers);
	must(cfg, sealsock_config_cert_signer(cfg, id->cert_pem, strlen(id->cert_pem), id->pkey));
	return cfg;
}

void staple(struct sealsock_config *cfg, struct bytes response)
{
	char path[] = "/tmp/sealsock-staple-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, response.p, response.n) != (ssize_t)response.n) {
		printf("Bail out! no temporary file\n");
		exit(1);
	}
	close(fd);
	must(cfg, sealsock_config_ocsp_file(cfg, path));
	unlink(path);
}
