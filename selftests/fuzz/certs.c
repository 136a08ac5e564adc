// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A server's certificate: parsing, names, chain, signature. */
#include "fuzz.h"
#include "pair.h"
#include "x509/cert.h"
#include "x509/chain.h"

static struct crypto *crypto;
static struct trust *trust;
static struct host host;

static int take(void *arg, struct bytes der)
{
	return trust_add(arg, der);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	crypto = crypto_get();
	MUST(crypto);
	trust = trust_new(&test_env_full);
	MUST(trust);
	MUST(pem_each_cert(bytes_of(test_ca()->cert_pem, strlen(test_ca()->cert_pem)), take,
			   trust) == 0);
	MUST(host_parse("localhost", &host));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct path_input in = { .crypto = crypto, .env = &test_env_full, .trust = trust,
				 .now = TEST_NOW, .server = true };
	struct bytes der = bytes_of(data, size);
	struct chain_verdict v;
	struct cert *c;
	size_t i;

	chain_check(&in, &der, 1, &host, NULL, NULL, &v);
	/* Nothing that the fuzzer makes is signed by the test's CA. */
	MUST(v.code < 0 && v.why[0]);
	if (cert_parse(&test_env_full, der, &c, NULL) == 0) {
		cert_is_for(c, &host);
		for (i = 0; i < SIGSCHEME_COUNT; i++)
			MUST(cert_verify(c, &sigschemes[i], VERSION_TLS12, der, der) < 0);
		cert_free(c);
	}
	/* The same bytes as a pattern and as a name. */
	name_matches(der, bytes_of("www.example.org", 15));
	return 0;
}
