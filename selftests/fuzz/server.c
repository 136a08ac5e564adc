// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A server and whatever a client might send. */
#include "engine.h"
#include "hs/hs.h"
#include "mutual.h"

static struct sealsock_config *cc, *sc;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	cc = client_config();
	sealsock_config_post_handshake_auth(cc, true);
	sc = server_config(CERT_P256);
	trust_test_ca(sc);
	sealsock_config_post_handshake_auth(sc, true);
	sealsock_config_alpn(sc, "http/1.1");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sealsock_conn *s;
	struct flight f;

	if (!size)
		return 0;
	if (data[0] == 0) {
		test_random_reset();
		s = sealsock_conn_new(sc);
		fuzz_raw(s, data + 1, size - 1);
		fuzz_check(s);
		sealsock_conn_free(s);
		return 0;
	}
	flight_to_server(&f, sealsock_config_ref(cc), sealsock_config_ref(sc));
	if (data[0] == 2 || data[0] == 3) {
		MUST(flight_give(&f, f.server, f.msg, f.count) == 0);
		fuzz_check(f.server);
		if (data[0] == 3) {
			MUST(sealsock_conn_ask_cert(f.server, false) == 0);
			/* One that inputs can know. */
			memset(f.server->result->auth->context, 0,
			       f.server->result->auth->context_len);
		}
		fuzz_check(f.server);
		fuzz_sealed(f.server, &f.server->ch.rx_secret, data + 1, size - 1);
	} else {
		fuzz_sealed(f.server, &f.secret, data + 1, size - 1);
		MUST(!f.server->done);
	}
	fuzz_check(f.server);
	flight_close(&f);
	return 0;
}
