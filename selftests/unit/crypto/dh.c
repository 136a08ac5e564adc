// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Diffie-Hellman over finite fields: the primes are those of RFC 7919 and RFC 3526, they are safe,
 * others are not known, and public values that give a secret away are refused.
 */
#include <openssl/bn.h>

#include "pair.h"
#include "tap.h"

static struct crypto *crypto;

static const uint16_t fields[] = {
	GROUP_FFDHE2048, GROUP_FFDHE3072, GROUP_FFDHE4096, GROUP_FFDHE6144, GROUP_FFDHE8192,
	GROUP_MODP2048, GROUP_MODP3072, GROUP_MODP4096, GROUP_MODP6144, GROUP_MODP8192,
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static const char *name_of(uint16_t group)
{
	return group_find(group)->name;
}

/*
 * RFC 7919 §A: the fraction begins with that of e; RFC 3526 §3: with that of pi; all end in 64
 * bits of one.
 */
static void primes(void)
{
	static const uint8_t ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t e[8] = { 0xad, 0xf8, 0x54, 0x58, 0xa2, 0xbb, 0x4a, 0x9a };
	static const uint8_t pi[8] = { 0xc9, 0x0f, 0xda, 0xa2, 0x21, 0x68, 0xc2, 0x34 };
	uint8_t p[DH_MAX];
	uint16_t group;
	size_t i, n;

	for (i = 0; i < FIELDS; i++) {
		const struct group *g = group_find(fields[i]);

		ok(g && g->finite && !dh_prime(g->id, p, &n) && n == g->share_len &&
		   n == g->answer_len, "%s: %zu bytes", g->name, n);
		ok(!memcmp(p, ones, 8) && !memcmp(p + n - 8, ones, 8) &&
		   !memcmp(p + 8, g->id < GROUP_UNLISTED ? e : pi, 8), "and its digits");
		ok(!dh_group_of(bytes_of(p, n), bytes_of("\2", 1), &group) && group == g->id,
		   "found by its prime");
		ok(!dh_group_of(bytes_of(p, n), bytes_of("\5", 1), &group) && !group,
		   "not with another generator");
		p[n / 2] ^= 1;
		ok(!dh_group_of(bytes_of(p, n), bytes_of("\2", 1), &group) && !group,
		   "nor with another digit: it may be composite");
	}
	ok_int(dh_prime(GROUP_X25519, p, &n), SEALSOCK_ERR_NO_GROUP, "a curve has no prime");
}

/* p and (p - 1) / 2; the largest would take too long. */
static void safe(uint16_t group)
{
	uint8_t b[DH_MAX];
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p;
	size_t n;

	dh_prime(group, b, &n);
	p = BN_bin2bn(b, (int)n, NULL);
	ok(BN_check_prime(p, ctx, NULL) == 1, "%s is prime", name_of(group));
	BN_rshift1(p, p);
	ok(BN_check_prime(p, ctx, NULL) == 1, "so is half of it");
	BN_free(p);
	BN_CTX_free(ctx);
}

static void exchange(uint16_t group)
{
	uint8_t one[KEX_SECRET_MAX], other[KEX_SECRET_MAX];
	struct kex *a = NULL, *b = NULL;
	size_t n = 0, m = 0;

	ok(!kex_new(crypto, &test_env_full, group, &a), "%s: a key", name_of(group));
	ok(!kex_answer(crypto, &test_env_full, group, NULL, kex_share(a), &b, one, &n),
	   "the answer");
	ok(!kex_derive(a, kex_share(b), other, &m), "the secret");
	ok_mem(one, n, other, m, "%s: both have the same", name_of(group));
	ok(n == group_find(group)->share_len && kex_share(b).n == n, "in full length");
	ok(!bytes_equal(kex_share(a), kex_share(b)), "a fresh key each time");
	kex_free(a);
	kex_free(b);
}

static void public_values(uint16_t group)
{
	enum { ZERO, ONE, LAST, PRIME, BEYOND, TWO };
	static const char *const names[] = { "0", "1", "p - 1", "p", "p + 1", "2" };
	uint8_t secret[KEX_SECRET_MAX], p[DH_MAX], y[DH_MAX + 1];
	struct kex *k = NULL;
	size_t n, m;
	int i, err;

	kex_new(crypto, &test_env_full, group, &k);
	dh_prime(group, p, &n);
	for (i = ZERO; i <= TWO; i++) {
		memset(y, 0, sizeof(y));
		if (i == LAST || i == PRIME || i == BEYOND)
			memcpy(y, p, n);
		if (i == LAST)
			y[n - 1]--;
		if (i == BEYOND)
			memset(y, 0xff, n);
		if (i == ONE || i == TWO)
			y[n - 1] = (uint8_t)(i == ONE ? 1 : 2);
		err = kex_derive(k, bytes_of(y, n), secret, &m);
		ok_int(err, i == TWO ? 0 : SEALSOCK_ERR_ILLEGAL, "%s: y = %s", name_of(group),
		       names[i]);
	}
	ok_int(kex_derive(k, bytes_of(y, n - 1), secret, &m), SEALSOCK_ERR_ILLEGAL, "too short");
	ok_int(kex_derive(k, bytes_of(y, n + 1), secret, &m), SEALSOCK_ERR_ILLEGAL, "too long");
	kex_free(k);
}

/* TLS 1.3 hashes the secret in full: one that begins with zeros keeps them (Raccoon). */
static void padded(void)
{
	uint8_t secret[KEX_SECRET_MAX], again[KEX_SECRET_MAX];
	struct kex *a = NULL, *b = NULL;
	size_t n = 0, m = 0;
	unsigned int tries;

	kex_new(crypto, &test_env_full, GROUP_FFDHE2048, &a);
	for (tries = 0; tries < 5000; tries++) {
		kex_free(b);
		b = NULL;
		if (kex_answer(crypto, &test_env_full, GROUP_FFDHE2048, NULL, kex_share(a), &b,
			       secret, &n) || !secret[0])
			break;
	}
	ok(n == 256 && !secret[0], "after %u keys, a secret that begins with zeros", tries);
	ok(!kex_derive(a, kex_share(b), again, &m) && m == n && !memcmp(secret, again, n),
	   "the zeros stay");
	kex_free(a);
	kex_free(b);
}

/* TLS 1.3 with itself: a share, or a HelloRetryRequest for one. */
static void tls13(const char *client_groups, bool retry)
{
	struct sealsock_config *cc = client_config(), *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	struct sealsock_info info;

	ok(!sealsock_config_groups(cc, client_groups) && !sealsock_config_groups(sc, "ffdhe2048"),
	   "groups %s", client_groups);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "TLS 1.3 with a finite field");
	sealsock_conn_info(c, &info);
	ok(info.group == GROUP_FFDHE2048 && !strcmp(info.group_name, "ffdhe2048") &&
	   info.hello_retry == retry, "%s", retry ? "asked for" : "at once");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	struct sealsock_config *cfg = client_config();
	size_t i;

	crypto = crypto_get();
	primes();
	safe(GROUP_FFDHE2048);
	safe(GROUP_MODP2048);
	for (i = 0; i < FIELDS; i++)
		exchange(fields[i]);
	public_values(GROUP_FFDHE2048);
	public_values(GROUP_MODP3072);
	padded();
	tls13("ffdhe2048,x25519", false);
	tls13("x25519,ffdhe2048", true);
	ok_int(sealsock_config_groups(cfg, "modp2048"), SEALSOCK_ERR_NAME,
	       "what the registry has not cannot be offered");
	sealsock_config_unref(cfg);
	crypto_put(crypto);
	free_test_identities();
	return done();
}
