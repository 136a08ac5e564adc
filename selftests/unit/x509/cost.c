// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What hostile chains cost, in checks of a signature: no more than what they hold of certificates,
 * and a few. Under the sanitizers, so that the bound is a rough one: what it keeps out is a
 * thousand times as dear.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "certs.h"
#include "config/config.h"
#include "tap.h"
#include "x509/chain.h"

/* Beyond one check for each certificate. */
enum { CHECKS_MORE = 60 };

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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

struct hostile {
	struct bytes ders[CHAIN_MAX];
	size_t n;
};

static void add(struct hostile *h, const struct identity *id)
{
	unsigned char *der = NULL;
	int n = i2d_X509(id->x509, &der);

	NEED(n > 0 && h->n < CHAIN_MAX);
	h->ders[h->n++] = bytes_of(der, (size_t)n);
}

static struct trust *trust_ca(void)
{
	struct hostile h = { .n = 0 };
	struct trust *t = trust_new(&env_default);

	add(&h, test_ca());
	NEED(t && trust_add(t, h.ders[0]) == 0);
	OPENSSL_free((void *)h.ders[0].p);
	return t;
}

static void measure(struct hostile *h, int code, double check, const char *name)
{
	struct path_input in = { .env = &env_default, .crypto = crypto_get(),
				 .now = TEST_NOW, .server = true };
	struct trust *t = trust_ca();
	struct chain_verdict v;
	double best = 1e9, took;
	int i;

	in.trust = t;
	for (i = 0; i < 3; i++) {
		took = cpu();
		chain_check(&in, h->ders, h->n, NULL, NULL, NULL, &v);
		took = cpu() - took;
		best = took < best ? took : best;
	}
	ok_int(v.code, code, name);
	printf("# %s\n", v.why);
	ok(best < ((double)h->n + CHECKS_MORE) * check,
	   "%s: %zu certificates cost %.1f signature checks", name, h->n, best / check);
	while (h->n)
		OPENSSL_free((void *)h->ders[--h->n].p);
	trust_free(t);
	crypto_put((struct crypto *)in.crypto);
}

static const struct cert_spec leaf_spec = { .cn = "x", .from = -1, .until = 30 };
static const struct cert_spec ca_spec = { .cn = "Test CA", .ca = true, .ku = "keyCertSign",
					  .from = -1, .until = 30 };

/* RFC 5480 §2.1.1: what takes libcrypto 0.2 s to decode. */
static void explicit_parameters(double check)
{
	struct identity dear = make_identity(CERT_EXPLICIT, &ca_spec, test_ca());
	struct identity leaf = make_identity(CERT_P256, &leaf_spec, &dear);
	struct hostile h = { .n = 0 };

	add(&h, &leaf);
	while (h.n < CHAIN_MAX)
		add(&h, &dear);
	measure(&h, SEALSOCK_ERR_CERT_USAGE, check, "explicit parameters above the leaf");
	add(&h, &dear);
	measure(&h, SEALSOCK_ERR_CERT_USAGE, check, "explicit parameters in the leaf");
	free_identity(&leaf);
	free_identity(&dear);
}

/* All of one name, each signed by the next, in a ring: every one is a candidate for every other. */
static void mesh(double check)
{
	static const struct cert_spec same = { .cn = "Same", .ca = true, .ku = "keyCertSign",
					       .from = -1, .until = 30 };
	struct identity ids[CHAIN_MAX], leaf;
	struct hostile h = { .n = 0 };
	size_t i;

	ids[0] = make_identity(CERT_P256, &same, NULL);
	for (i = 1; i < CHAIN_MAX - 1; i++)
		ids[i] = make_identity(CERT_P256, &same, &ids[i - 1]);
	leaf = make_identity(CERT_P256, &leaf_spec, &ids[CHAIN_MAX - 2]);
	add(&h, &leaf);
	for (i = 0; i < CHAIN_MAX - 1; i++)
		add(&h, &ids[i]);
	measure(&h, SEALSOCK_ERR_CERT_BAD, check, "a mesh of one name");
	free_identity(&leaf);
	for (i = 0; i < CHAIN_MAX - 1; i++)
		free_identity(&ids[i]);
}

/* Keys of the anchor's name that did not sign anything. */
static void impostors(double check)
{
	struct identity other = make_identity(CERT_P256, &ca_spec, NULL), ids[CHAIN_MAX];
	struct identity leaf = make_identity(CERT_P256, &leaf_spec, &other);
	struct hostile h = { .n = 0 };
	size_t i;

	add(&h, &leaf);
	for (i = 0; i < CHAIN_MAX - 1; i++) {
		ids[i] = make_identity(CERT_P256, &ca_spec, test_ca());
		add(&h, &ids[i]);
	}
	measure(&h, SEALSOCK_ERR_CERT_BAD, check, "many keys of one name");
	for (i = 0; i < CHAIN_MAX - 1; i++)
		free_identity(&ids[i]);
	free_identity(&leaf);
	free_identity(&other);
}

/* As many constraints as names: their product would be a million. */
static void constraint_bomb(double check)
{
	char *constraints = malloc(64000), *names = malloc(64000);
	struct cert_spec ca = ca_spec, leaf = leaf_spec;
	struct identity bomb, victim;
	struct hostile h = { .n = 0 };
	size_t at = 0, to = 0;
	int i;

	NEED(constraints && names);
	at += (size_t)sprintf(constraints, "nameConstraints=critical,");
	for (i = 0; i < 1000; i++) {
		at += (size_t)sprintf(constraints + at, "%sexcluded;DNS:x%d.example",
				      i ? "," : "", i);
		to += (size_t)sprintf(names + to, "%sDNS:y%d.example", i ? "," : "", i);
	}
	ca.extra = constraints;
	leaf.san = names;
	bomb = make_identity(CERT_P256, &ca, test_ca());
	victim = make_identity(CERT_P256, &leaf, &bomb);
	add(&h, &victim);
	add(&h, &bomb);
	measure(&h, SEALSOCK_ERR_CERT_BAD, check, "a constraint bomb");
	free_identity(&victim);
	free_identity(&bomb);
	free(constraints);
	free(names);
}

/* One that is right, and so often that it must not be tried so often. */
static void repeated(double check)
{
	struct cert_spec ca = ca_spec;
	struct identity one, leaf;
	struct hostile h = { .n = 0 };

	ca.cn = "Again";
	one = make_identity(CERT_P256, &ca, test_ca());
	leaf = make_identity(CERT_P256, &leaf_spec, &one);
	add(&h, &leaf);
	while (h.n < CHAIN_MAX)
		add(&h, &one);
	measure(&h, 0, check, "the same certificate again and again");
	free_identity(&one);
	free_identity(&leaf);
}

int main(void)
{
	double check = signature_check();

	explicit_parameters(check);
	mesh(check);
	impostors(check);
	constraint_bomb(check);
	repeated(check);
	free_test_identities();
	return done();
}
