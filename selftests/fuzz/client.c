// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A client and whatever a server might send. */
#include "engine.h"
#include "mutual.h"

static struct sealsock_config *cc, *sc;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	cc = mutual_client();
	sealsock_config_post_handshake_auth(cc, true);
	sealsock_config_alpn(cc, "h2,http/1.1");
	sc = server_config(CERT_P256);
	sealsock_config_alpn(sc, "http/1.1");
	return 0;
}

static void from_start(const uint8_t *p, size_t n)
{
	struct sealsock_conn *c;
	const void *out;
	size_t out_n;

	test_random_reset();
	c = client_conn(cc);
	MUST(sealsock_conn_output(c, &out, &out_n) == 0 && out_n > 0);
	fuzz_raw(c, p, n);
	/* Nobody without the server's key gets this far. */
	MUST(!c->done);
	fuzz_check(c);
	sealsock_conn_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flight f;

	if (!size)
		return 0;
	if (data[0] == 0) {
		from_start(data + 1, size - 1);
		return 0;
	}
	flight_to_client(&f, sealsock_config_ref(cc), sealsock_config_ref(sc));
	if (data[0] == 2) {
		MUST(flight_give(&f, f.client, f.msg, f.count) == 0);
		fuzz_check(f.client);
		fuzz_sealed(f.client, &f.client->ch.rx_secret, data + 1, size - 1);
	} else {
		fuzz_sealed(f.client, &f.secret, data + 1, size - 1);
		MUST(!f.client->done);
	}
	fuzz_check(f.client);
	flight_close(&f);
	return 0;
}
