// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A server's certificate: parsing, names, chain, signature. */
#include "fuzz.h"
#include "pair.h"
#include "x509/chain.h"

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
	trust = trust_new(&test_env_full);
	MUST(trust);
	MUST(pem_each_cert(bytes_of(test_ca()->cert_pem, strlen(test_ca()->cert_pem)), take,
			   trust) == 0);
	MUST(host_parse("localhost", &host));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes der = bytes_of(data, size);
	struct chain_verdict v;
	struct chain chain;
	size_t i;

	if (chain_parse(&test_env_full, &der, 1, &chain) == 0) {
		chain_verify(&chain, trust, TEST_NOW, &host, &v);
		/* Nothing that the fuzzer makes is signed by the test's CA. */
		MUST(v.code < 0 && v.why[0]);
		cert_is_for(chain.certs[0], &host);
		for (i = 0; i < SIGSCHEME_COUNT; i++)
			MUST(cert_verify(chain.certs[0], &sigschemes[i], VERSION_TLS12, der,
					 der) < 0);
	}
	chain_free(&chain);
	/* The same bytes as a pattern and as a name. */
	name_matches(der, bytes_of("www.example.org", 15));
	return 0;
}
