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
#include "config/chain_cache.h"
#include "config/config.h"
#include "tap.h"
#include "x509/chain.h"
#include "x509/signature.h"

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
	const double bound = ((double)h->n + CHECKS_MORE) * check;
	struct trust *t = trust_ca();
	struct chain_verdict v;
	double best = 1e9, took;
	int i;

	in.trust = t;
	/* On a machine that does other things besides, more of them until one is left alone. */
	for (i = 0; i < 3 || (i < 15 && best >= bound); i++) {
		took = cpu();
		chain_check(&in, h->ders, h->n, NULL, NULL, NULL, &v);
		took = cpu() - took;
		best = took < best ? took : best;
	}
	ok_int(v.code, code, name);
	printf("# %s\n", v.why);
	ok(best < bound, "%s: %zu certificates cost %.1f signature checks", name, h->n,
	   best / check);
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

/*
 * All of one name, each signed by the next, in a ring: every one is a candidate for every other.
 * @extra: an extension of all of them, which takes long to look at.
 */
static void mesh(const char *extra, double check, const char *name)
{
	const struct cert_spec same = { .cn = "Same", .ca = true, .ku = "keyCertSign",
					.from = -1, .until = 30, .extra = extra };
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
	measure(&h, extra && strstr(extra, "codeSigning") ? SEALSOCK_ERR_CERT_USAGE :
		SEALSOCK_ERR_CERT_BAD, check, name);
	free_identity(&leaf);
	for (i = 0; i < CHAIN_MAX - 1; i++)
		free_identity(&ids[i]);
}

/* Four hundred, and the one that counts, or another, at their end. */
static const char *purposes(const char *last)
{
	static char text[8192];
	size_t at = (size_t)sprintf(text, "extendedKeyUsage=");
	int i;

	for (i = 0; i < 400; i++)
		at += (size_t)sprintf(text + at, "1.2.3.%d,", i);
	sprintf(text + at, "%s", *last ? last + 1 : "serverAuth");
	return text;
}

/*
 * Ten storeys of three CAs each, of the same name, all signed by the first of the storey above, and
 * that which is on top by nobody: many ways up, and none of them ends.
 */
static void tall(double check)
{
	struct identity ids[CHAIN_MAX - 2], leaf;
	struct hostile h = { .n = 0 };
	struct cert_spec spec = ca_spec;
	char name[2][16];
	size_t i, n = sizeof(ids) / sizeof(ids[0]);

	spec.cn = "Nobody";
	ids[0] = make_identity(CERT_P256, &spec, NULL);
	for (i = 1; i < n; i++) {
		snprintf(name[0], sizeof(name[0]), "Storey %zu", (i - 1) / 3);
		spec.cn = name[0];
		ids[i] = make_identity(CERT_P256, &spec, &ids[i < 4 ? 0 : i - 1 - (i - 1) % 3]);
	}
	leaf = make_identity(CERT_P256, &leaf_spec, &ids[n - 1]);
	add(&h, &leaf);
	for (i = 1; i < n; i++)
		add(&h, &ids[i]);
	measure(&h, SEALSOCK_ERR_CERT_BAD, check, "storeys of CAs");
	for (i = 0; i < n; i++)
		free_identity(&ids[i]);
	free_identity(&leaf);
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

static bool is_signed(const struct x509 *x, const struct x509 *issuer)
{
	static const struct rule_name rule = { "signature", "", SEALSOCK_ERR_CERT_BAD };
	struct finding f;

	return signature_is_good(&env_default, x->tbs, x->sig_alg, x->signature, &issuer->spki,
				 &rule, &f);
}

/*
 * What a right chain of two costs beyond its two signatures, and where it was found right before.
 * Without the sanitizers it is 1.03 times them, and 0.9 us: the bounds here are wider, and
 * multiples of the signatures, as emulated processors are slower at everything.
 */
static void right_chain(void)
{
	static const struct cert_spec mid_spec = { .cn = "Mid", .ca = true, .ku = "keyCertSign",
						   .from = -1, .until = 30 };
	struct identity mid = make_identity(CERT_P256, &mid_spec, test_ca());
	struct identity leaf = make_identity(CERT_P256, &leaf_spec, &mid);
	double whole = 1, signatures = 1, cached = 1, t;
	struct chain_cache *cache = chain_cache_new(&env_default);
	struct path_input in = { .env = &env_default, .crypto = crypto_get(), .now = TEST_NOW,
				 .server = true, .trust = trust_ca() };
	struct hostile h = { .n = 0 };
	uint8_t key[CHAIN_KEY];
	struct chain_verdict v;
	struct x509 x[3];
	struct finding f;
	struct buf issuer;
	bool good = true;
	int64_t until;
	int i;

	add(&h, &leaf);
	add(&h, &mid);
	add(&h, test_ca());
	for (i = 0; i < 3; i++)
		NEED(x509_parse(h.ders[i], &x[i], &f));
	buf_init(&issuer, &env_default);
	NEED(!chain_cache_key(in.crypto, h.ders[0], NULL, key));
	chain_cache_put(cache, key, TEST_NOW, TEST_NOW, h.ders[1]);
	for (i = 0; i < 60; i++) {
		t = cpu();
		chain_check(&in, h.ders, 2, NULL, NULL, NULL, &v);
		t = cpu() - t;
		whole = t < whole ? t : whole;
		t = cpu();
		good = is_signed(&x[0], &x[1]) && is_signed(&x[1], &x[2]) && !v.code && good;
		t = cpu() - t;
		signatures = t < signatures ? t : signatures;
		issuer.n = 0;
		t = cpu();
		good = !chain_cache_key(in.crypto, h.ders[0], NULL, key) &&
		       chain_cache_get(cache, key, TEST_NOW, &until, &issuer) && good;
		t = cpu() - t;
		cached = t < cached ? t : cached;
	}
	ok(good && whole < 1.5 * signatures, "a chain of two: %.2f times its signature checks",
	   whole / signatures);
	ok(good && cached < signatures / 20, "one that was found right before: %.1f us, of %.1f",
	   cached * 1e6, signatures * 1e6);
	buf_free(&issuer);
	chain_cache_free(cache);
	trust_free((struct trust *)in.trust);
	crypto_put((struct crypto *)in.crypto);
	while (h.n)
		OPENSSL_free((void *)h.ders[--h.n].p);
	free_identity(&mid);
	free_identity(&leaf);
}

int main(void)
{
	double check = signature_check();

	right_chain();

	explicit_parameters(check);
	mesh(NULL, check, "a mesh of one name");
	mesh(purposes(""), check, "a mesh whose purposes are many");
	mesh(purposes(",codeSigning"), check, "a mesh of many other purposes");
	tall(check);
	impostors(check);
	constraint_bomb(check);
	repeated(check);
	free_test_identities();
	return done();
}
