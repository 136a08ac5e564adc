// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What hostile chains cost, in checks of a signature: no more than a few. */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "certs.h"
#include "tap.h"
#include "x509/chain.h"

enum { CHECKS_MAX = 20 };

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One check of a P-256 signature: the least of some. */
static double signature_check(void)
{
	const struct identity *ca = test_ca();
	double best = 1, t;
	int i;

	for (i = 0; i < 20; i++) {
		t = cpu();
		NEED(X509_verify(ca->x509, ca->pkey) == 1);
		t = cpu() - t;
		best = t < best ? t : best;
	}
	return best;
}

static struct bytes der_of(const struct identity *id, unsigned char **to_free)
{
	int n = i2d_X509(id->x509, to_free);

	NEED(n > 0);
	return bytes_of(*to_free, (size_t)n);
}

static void explicit_parameters(double check)
{
	static const struct cert_spec spec = { .cn = "x", .from = -1, .until = 30 };
	struct identity leaf = make_identity(CERT_P256, &spec, test_ca());
	struct identity dear = make_identity(CERT_EXPLICIT, &spec, test_ca());
	unsigned char *a = NULL, *b = NULL;
	struct bytes ders[CHAIN_MAX] = { der_of(&leaf, &a), der_of(&dear, &b) };
	struct chain chain;
	double best = 1e9, t;
	size_t i;
	int err = 0;

	for (i = 2; i < CHAIN_MAX; i++)
		ders[i] = ders[1];
	for (i = 0; i < 5; i++) {
		t = cpu();
		err = chain_parse(&env_default, ders, CHAIN_MAX, &chain);
		t = cpu() - t;
		best = t < best ? t : best;
		chain_free(&chain);
	}
	ok(err == SEALSOCK_ERR_CERT_USAGE, "explicit EC parameters are refused");
	ok(best < CHECKS_MAX * check, "a chain full of them costs less than %d signature checks",
	   CHECKS_MAX);
	printf("# %.1f\n", best / check);
	OPENSSL_free(a);
	OPENSSL_free(b);
	free_identity(&leaf);
	free_identity(&dear);
}

int main(void)
{
	explicit_parameters(signature_check());
	free_test_identities();
	return done();
}
