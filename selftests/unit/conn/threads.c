// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Threads that share configurations: what the library keeps between handshakes is lent to one of
 * them at a time: tools of X25519 and X448, public keys of ECDSA, signing contexts. There are more
 * threads than things to lend. Also keys that are used in another order than they were made in.
 */
#include <pthread.h>

#include "crypto/openssl.h"
#include "mutual.h"
#include "pair.h"
#include "tap.h"

enum { THREADS = 2 * SPARES, ROUNDS = 8, KEYS = 2 * SPARES };

static struct sealsock_config *cc, *sc;

static void *work(void *arg)
{
	unsigned int *good = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct sealsock_conn *c = sealsock_conn_new(cc), *s = sealsock_conn_new(sc);

		if (!sealsock_conn_set_host(c, "localhost") && shake_hands(c, s, 0))
			++*good;
		sealsock_conn_free(c);
		sealsock_conn_free(s);
	}
	return NULL;
}

static struct sealsock_config *own_config(enum sealsock_side role)
{
	struct sealsock_config *cfg = sealsock_config_new(role);

	/* The clock of the tests, but not their random source: it counts, for one thread. */
	sealsock_config_env(cfg, &(struct sealsock_env){ .now = test_env.now });
	if (role == SEALSOCK_CLIENT)
		trust_test_ca(cfg);
	else
		add_identity(cfg, test_server(CERT_P256));
	return cfg;
}

static void together(const char *versions, const char *group)
{
	pthread_t thread[THREADS];
	unsigned int good[THREADS] = { 0 }, all = 0;

	cc = own_config(SEALSOCK_CLIENT);
	sc = own_config(SEALSOCK_SERVER);
	ok(!sealsock_config_versions(sc, versions) && !sealsock_config_groups(cc, group) &&
	   !sealsock_config_groups(sc, group), "%s, %s", versions, group);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, &good[i]))
			ok(false, "a thread");
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		all += good[i];
	}
	ok_int(all, THREADS * ROUNDS, "every handshake of %d threads", THREADS);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* Many keys at once, each used twice, and not in the order they were made in. */
static void interleaved(uint16_t group)
{
	static uint8_t a[KEX_SECRET_MAX], b[KEX_SECRET_MAX];
	struct crypto *crypto = crypto_get();
	struct kex *k[KEYS];
	size_t an, bn;
	int made = 0, same = 0, apart = 0;

	for (int i = 0; i < KEYS; i++)
		made += kex_new(crypto, &env_default, group, &k[i]) == 0;
	ok_int(made, KEYS, "keys of group %u", group);
	for (int i = 0; i < KEYS; i++) {
		const struct kex *peer = k[KEYS - 1 - i], *other = k[(i + 1) % KEYS];

		same += !kex_derive(k[i], kex_share(peer), a, &an) &&
			!kex_derive(peer, kex_share(k[i]), b, &bn) && an == bn &&
			!memcmp(a, b, an);
		apart += !kex_derive(k[i], kex_share(other), b, &bn) &&
			 (other == peer || memcmp(a, b, an));
	}
	ok_int(same, KEYS, "both sides of each pair agree");
	ok_int(apart, KEYS, "and other pairs differ");
	for (int i = 0; i < KEYS; i++)
		kex_free(k[i]);
	crypto_put(crypto);
}

int main(void)
{
	static const char *const versions[] = { "TLSv1.3", "TLSv1.2" };
	/* P-256 is also the certificate's curve. */
	static const char *const groups[] = {
		"x25519,secp256r1", "x448,secp256r1", "secp256r1",
	};

	test_ca();
	for (int v = 0; v < 2; v++)
		for (int g = 0; g < 3; g++)
			together(versions[v], groups[g]);
	interleaved(GROUP_X25519);
	interleaved(GROUP_X448);
	interleaved(GROUP_SECP256R1);
	free_test_identities();
	return done();
}
