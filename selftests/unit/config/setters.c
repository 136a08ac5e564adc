// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A setter that fails leaves the configuration as it was: bad input, and each allocation. */
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "mint.h"
#include "pair.h"
#include "tap.h"

#define BROKEN "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"

static long countdown;		/* allocations until one fails; 0: none will */
static bool counts;		/* libcrypto's too, but only while a setter runs */
static struct sealsock_env env;
static char chain_path[] = "/tmp/sealsock-setters-XXXXXX", bad_path[] = "/tmp/sealsock-bad-XXXXXX";
static char keys_path[] = "/tmp/sealsock-keys-XXXXXX";
static char *crl;
static char both[20000];	/* a good certificate, and one that is none */

static bool fails(void)
{
	return countdown > 0 && --countdown == 0;
}

static void *env_alloc(void *arg, size_t n)
{
	(void)arg;
	return counts && fails() ? NULL : malloc(n);
}

static void env_free(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	free(p);
}

static void *crypto_alloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return counts && fails() ? NULL : malloc(n);
}

static void *crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return counts && fails() ? NULL : realloc(p, n);
}

static void crypto_release(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* All that a connection could see of it. */
struct print {
	uint8_t b[16384];
	size_t n;
};

static void add(struct print *p, const void *from, size_t n)
{
	NEED(p->n + n <= sizeof(p->b));
	if (n)
		memcpy(p->b + p->n, from, n);
	p->n += n;
}

#define ADD(p, field) add(p, &(field), sizeof(field))

static void add_buf(struct print *p, const struct buf *b)
{
	ADD(p, b->n);
	add(p, b->p, b->n);
}

static void add_trust(struct print *p, const struct sealsock_config *cfg)
{
	unsigned int counts_of[] = { trust_count(cfg->trust), crl_set_count(cfg->crls),
				     !cfg->trust, !cfg->crls };

	ADD(p, counts_of);
	ADD(p, cfg->verify);
	ADD(p, cfg->crl_soft);
	ADD(p, cfg->rules);
	ADD(p, cfg->paths);
	ADD(p, cfg->cas_max);
	ADD(p, cfg->on_verify);
	ADD(p, cfg->on_verify_arg);
	ADD(p, cfg->has_tag);
	ADD(p, cfg->anchors_id);
	ADD(p, cfg->rules_id);
	ADD(p, cfg->tag_id);
	ADD(p, cfg->trust_id);
	add_buf(p, &cfg->pins);
	add_buf(p, &cfg->policy_text);
	ADD(p, cfg->policy.wanted_count);
	ADD(p, cfg->policy.require_explicit);
	ADD(p, cfg->policy.inhibit_mapping);
	ADD(p, cfg->policy.inhibit_any);
	add_buf(p, &cfg->ca_names);
}

static void take_print(const struct sealsock_config *cfg, struct print *p)
{
	const struct credential *c;
	const struct psk *k;

	p->n = 0;
	add_trust(p, cfg);
	for (c = cfg->creds; c; c = c->next) {
		ADD(p, c);
		add_buf(p, &c->staple);
		add_buf(p, &c->stapled);
	}
	for (k = cfg->psks; k; k = k->next)
		ADD(p, k);
	ADD(p, cfg->profile);
	ADD(p, cfg->versions);
	add(p, cfg->suites.b, cfg->suites.n);
	add(p, cfg->groups.b, cfg->groups.n);
	add(p, cfg->sigalgs.b, cfg->sigalgs.n);
	add_buf(p, &cfg->alpn);
	ADD(p, cfg->message_limit);
	ADD(p, cfg->record_size_limit);
	ADD(p, cfg->padding);
	ADD(p, cfg->store.arg);
	ADD(p, cfg->memory);
	ADD(p, cfg->tickets);
	ADD(p, cfg->ticket_count);
	ADD(p, cfg->keylog);
	ADD(p, cfg->keylog_fd);
	ADD(p, cfg->touched);
}

static int judge(void *arg, struct sealsock_conn *conn)
{
	(void)arg;
	(void)conn;
	return 0;
}

static int add_ca(struct sealsock_config *cfg)
{
	return sealsock_config_ca_mem(cfg, test_ca()->cert_pem, strlen(test_ca()->cert_pem));
}

static int add_cert(struct sealsock_config *cfg)
{
	const struct identity *id = test_server(CERT_P256);

	return sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
					strlen(id->key_pem));
}

/* Setters by name; @file and @number where they take one. */
enum { CA_MEM, CA_FILE, CA_TWO, CERT, CERT_TWO, SIGNER, CRL, CRL_TWO, POLICIES, PATHS, PIN, RULES,
	SOFT, VERIFY, AUTH, TAG, JUDGE, ALPN, STORE, STORE_BAD, TICKETS, PSK, STAPLE, KEYLOG };

static int call(struct sealsock_config *cfg, int what, const char *text, unsigned int number)
{
	const struct identity *id = test_server(CERT_P256);
	static const struct sealsock_session_store none;
	static const uint8_t pin[32] = { 1, 2, 3 };

	switch (what) {
	case CA_MEM: return add_ca(cfg);
	case CA_FILE: return sealsock_config_ca_file(cfg, text);
	case CA_TWO: return sealsock_config_ca_mem(cfg, both, strlen(both));
	case CERT: return add_cert(cfg);
	case CERT_TWO:
		return sealsock_config_cert_mem(cfg, both, strlen(both), id->key_pem,
						strlen(id->key_pem));
	case SIGNER:
		return sealsock_config_cert_signer(cfg, id->cert_pem, strlen(id->cert_pem), both);
	case CRL: return sealsock_config_crl_mem(cfg, crl, strlen(crl));
	case CRL_TWO: return sealsock_config_crl_mem(cfg, text, strlen(text));
	case POLICIES: return sealsock_config_policies(cfg, text, number);
	case PATHS: return sealsock_config_paths(cfg, number, 3);
	case PIN: return sealsock_config_pin(cfg, pin);
	case RULES: return sealsock_config_profile(cfg, text);
	case SOFT: return sealsock_config_revocation(cfg, (enum sealsock_revocation)number);
	case VERIFY: return sealsock_config_verify(cfg, (enum sealsock_verify)number);
	case AUTH: return sealsock_config_client_auth(cfg, (enum sealsock_verify)number, text);
	case TAG: return sealsock_config_trust_tag(cfg, "tag", number);
	case JUDGE: return sealsock_config_on_verify(cfg, judge, both);
	case ALPN: return sealsock_config_alpn(cfg, text);
	case STORE: return sealsock_config_session_store(cfg, NULL);
	case STORE_BAD: return sealsock_config_session_store(cfg, &none);
	case TICKETS: return sealsock_config_ticket_keys_file(cfg, text);
	case PSK: return sealsock_config_psk(cfg, text, both, number, "SHA256", "example.org");
	case STAPLE: return sealsock_config_ocsp_file(cfg, text);
	default: return sealsock_config_keylog_file(cfg, text);
	}
}

/* A server that has something of everything. */
static struct sealsock_config *rich(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);

	NEED(cfg && !sealsock_config_env(cfg, &env) && !add_ca(cfg) && !add_cert(cfg) &&
	     !call(cfg, CRL, NULL, 0) && !call(cfg, POLICIES, "1.2.3", 1) &&
	     !call(cfg, AUTH, chain_path, SEALSOCK_VERIFY_OPTIONAL) && !call(cfg, TAG, NULL, 2) &&
	     !call(cfg, ALPN, "h2", 0) && !call(cfg, STORE, NULL, 0) &&
	     !call(cfg, TICKETS, keys_path, 0) && !call(cfg, STAPLE, chain_path, 0));
	return cfg;
}

static struct sealsock_config *poor(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);

	NEED(cfg && !sealsock_config_env(cfg, &env));
	return cfg;
}

static const struct {
	int what;
	const char *text;
	unsigned int number;
	int err;
} bad[] = {
	{ CA_TWO, NULL, 0, SEALSOCK_ERR_PEM },
	{ CA_FILE, bad_path, 0, SEALSOCK_ERR_PEM },
	{ CA_FILE, "/nonexistent", 0, SEALSOCK_ERR_FILE },
	{ CERT_TWO, NULL, 0, SEALSOCK_ERR_PEM },
	{ CRL_TWO, "x", 0, SEALSOCK_ERR_PEM },
	{ POLICIES, "1.2.3.4,x", 0, SEALSOCK_ERR_NAME },
	{ POLICIES, "1.2.3.4", 8, SEALSOCK_ERR_INVALID },
	{ PATHS, NULL, 4, SEALSOCK_ERR_INVALID },
	{ RULES, "best", 0, SEALSOCK_ERR_NAME },
	{ SOFT, NULL, 7, SEALSOCK_ERR_INVALID },
	{ VERIFY, NULL, SEALSOCK_VERIFY_INSECURE, SEALSOCK_ERR_INVALID },
	{ AUTH, bad_path, SEALSOCK_VERIFY_REQUIRED, SEALSOCK_ERR_PEM },
	{ AUTH, chain_path, SEALSOCK_VERIFY_INSECURE, SEALSOCK_ERR_INVALID },
	{ ALPN, "x,,y", 0, SEALSOCK_ERR_INVALID },
	{ STORE_BAD, NULL, 0, SEALSOCK_ERR_INVALID },
	{ TICKETS, bad_path, 0, SEALSOCK_ERR_INVALID },
	{ PSK, "me", 3, SEALSOCK_ERR_INVALID },
	{ STAPLE, "/nonexistent", 0, SEALSOCK_ERR_FILE },
	{ KEYLOG, "/nonexistent/log", 0, SEALSOCK_ERR_FILE },
};

static void bad_input(void)
{
	static struct print before, after;
	size_t i;
	int of;

	for (of = 0; of < 2; of++) {
		struct sealsock_config *cfg = of ? poor() : rich();

		take_print(cfg, &before);
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			int want = of && bad[i].what == STAPLE ? SEALSOCK_ERR_STATE : bad[i].err;
			int err = call(cfg, bad[i].what, bad[i].text, bad[i].number);

			take_print(cfg, &after);
			ok(err == want && before.n == after.n &&
			   !memcmp(before.b, after.b, after.n) && *sealsock_config_error(cfg),
			   "bad input %zu changes nothing: %d, %s", i, err,
			   sealsock_config_error(cfg));
		}
		if (of)
			ok_int(sealsock_config_env(cfg, &env), 0, "nor forbids config_env");
		sealsock_config_unref(cfg);
	}
}

static const struct {
	int what;
	const char *text;
	unsigned int number;
} good[] = {
	{ CA_MEM, NULL, 0 }, { CA_FILE, chain_path, 0 }, { CERT, NULL, 0 }, { SIGNER, NULL, 0 },
	{ CRL, NULL, 0 }, { POLICIES, "1.2.3.4,2.5.29.32.0", 3 }, { PIN, NULL, 0 },
	{ PATHS, NULL, 3 }, { RULES, "web", 0 }, { SOFT, NULL, SEALSOCK_REVOCATION_SOFT },
	{ VERIFY, NULL, SEALSOCK_VERIFY_REQUIRED },
	{ AUTH, chain_path, SEALSOCK_VERIFY_REQUIRED }, { TAG, NULL, 3 }, { JUDGE, NULL, 0 },
	{ ALPN, "http/1.1,x", 0 }, { STORE, NULL, 0 }, { TICKETS, keys_path, 0 },
	{ PSK, "me", 32 }, { STAPLE, bad_path, 0 },
};

/* libcrypto's decoders of private keys do not tell one failure from another. */
static bool is_why(int err, int what)
{
	return err == SEALSOCK_ERR_NOMEM ||
	       (what == CERT && (err == SEALSOCK_ERR_PEM || err == SEALSOCK_ERR_KEY));
}

/* Until the setter needs fewer than the next one; what libcrypto can do without is let pass. */
static bool each_allocation(size_t i, struct sealsock_config *(*make)(void), long *tried)
{
	static struct print before, after;
	struct sealsock_config *cfg = make();
	bool same = true;
	long n;
	int err;

	for (n = 1; same; n += n < 300 ? 1 : 17) {
		take_print(cfg, &before);
		countdown = n;
		counts = true;
		err = call(cfg, good[i].what, good[i].text, good[i].number);
		counts = false;
		take_print(cfg, &after);
		if (!err && countdown)
			break;
		if (!err) {
			sealsock_config_unref(cfg);
			cfg = make();
			continue;
		}
		same = is_why(err, good[i].what) && before.n == after.n &&
		       !memcmp(before.b, after.b, after.n) && *sealsock_config_error(cfg);
		if (!same)
			printf("# allocation %ld: %d, %s\n", n, err, sealsock_config_error(cfg));
	}
	countdown = 0;
	*tried = n - 1;
	sealsock_config_unref(cfg);
	return same;
}

static void no_memory(void)
{
	size_t i;
	long n;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool held = each_allocation(i, rich, &n);

		ok(held, "setter %d: any of %ld allocations can fail", good[i].what, n);
		if (good[i].what == STAPLE)
			continue;
		held = each_allocation(i, poor, &n);
		ok(held, "and of %ld where nothing was set", n);
	}
}

static void env_comes_first(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);

	ok_int(sealsock_config_env(cfg, &env), 0, "config_env first");
	ok_int(sealsock_config_env(cfg, &env), 0, "and again");
	sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE);
	ok_int(sealsock_config_env(cfg, &env), SEALSOCK_ERR_STATE, "not after another setter");
	sealsock_config_unref(cfg);
}

static void *set_frozen(void *arg)
{
	struct sealsock_config *cfg = arg;
	int i, refused = 0;

	for (i = 0; i < 1000; i++)
		refused += sealsock_config_alpn(cfg, "h2") == SEALSOCK_ERR_FROZEN &&
			   strstr(sealsock_config_error(cfg), "already has connections");
	return refused == 1000 ? arg : NULL;
}

static void frozen(void)
{
	struct sealsock_config *cfg = client_config();
	struct sealsock_conn *c = client_conn(cfg);
	pthread_t threads[4];
	bool good_all = true;
	void *result;
	int i;

	ok(!*sealsock_config_error(cfg), "a frozen configuration has no complaint");
	for (i = 0; i < 4; i++)
		NEED(!pthread_create(&threads[i], NULL, set_frozen, cfg));
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &result);
		good_all &= result == cfg;
	}
	ok(good_all, "threads that try to set one are all refused, by the same words");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

static void write_file(char *path, const void *p, size_t n)
{
	int fd = mkstemp(path);

	NEED(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	close(fd);
}

int main(void)
{
	struct mint_crl list = { .from = -3600, .until = 3600 };
	const char *pem;

	CRYPTO_set_mem_functions(crypto_alloc, crypto_realloc, crypto_release);
	env = test_env;
	env.alloc = env_alloc;
	env.free = env_free;
	pem = test_server(CERT_P256)->cert_pem;
	crl = mint_crl(&list, test_ca());
	snprintf(both, sizeof(both), "%s%s", pem, BROKEN);
	write_file(chain_path, pem, strlen(pem));
	write_file(bad_path, both, strlen(both));
	write_file(keys_path, both, 48);
	bad_input();
	no_memory();
	env_comes_first();
	frozen();
	unlink(chain_path);
	unlink(bad_path);
	unlink(keys_path);
	free(crl);
	free_test_identities();
	return done();
}
