// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Random small meshes of CAs (cross-signed, of several keys, with loops and defects), judged by
 * this library, by libcrypto and by GnuTLS. Who judges otherwise must be in a table here, with the
 * reason; and each path that this library takes must be right for the others where it is all they
 * have.
 * MESHES_SEED and MESHES_COUNT in the environment: other ones, more of them.
 */
#include <dlfcn.h>
#include <string.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "mint.h"
#include "pair.h"
#include "tap.h"

/* Last: it makes macros of names that are constants in the library. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { CAS = 4, ROOTS = 2, CERTS_MAX = 16, TEXT_MAX = 40000, DAY = 86400, COUNT = 150 };

#define HOST "host.example"

static uint64_t state;

static unsigned int draw(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state >> 11) % n;
}

/* What may be wrong with a certificate, or only rare. */
static const struct defect {
	const char *change;		/* of an extension */
	long from, until;
	enum mint_flaw flaw;
} defects[] = {
	{ .from = -2 * DAY, .until = -1 }, { .from = 1, .until = DAY },
	{ .change = "basicConstraints=CA:FALSE" }, { .change = "basicConstraints=" },
	{ .change = "basicConstraints=critical,CA:TRUE,pathlen:0" },
	{ .change = "basicConstraints=CA:TRUE" },
	{ .change = "keyUsage=critical,cRLSign" }, { .change = "keyUsage=" },
	{ .change = "extendedKeyUsage=clientAuth" }, { .change = "extendedKeyUsage=serverAuth" },
	{ .change = "nameConstraints=critical,permitted;DNS:example" },
	{ .change = "nameConstraints=critical,permitted;DNS:test" },
	{ .change = "nameConstraints=critical,excluded;DNS:host.example" },
	{ .change = "nameConstraints=critical,excluded;DNS:test" },
	{ .change = "1.3.6.1.4.1.99999.1=critical,DER:0500" },
	{ .change = "policyConstraints=critical,requireExplicitPolicy:0" },
	{ .change = "authorityKeyIdentifier=" }, { .change = "subjectKeyIdentifier=" },
	{ .flaw = SIGNATURE_CHANGED }, { .flaw = SHA1_SIGNED }, { .flaw = VERSION_1 },
	{ .flaw = SERIAL_ZERO }, { .flaw = SERIAL_22 }, { .flaw = ALGORITHMS_DIFFER },
};

enum { DEFECTS = sizeof(defects) / sizeof(defects[0]) };

static const char *const ca_names[CAS] = { "A", "B", "C", "D" };
static const char *const root_names[ROOTS] = { "Root 1", "Root 2" };

/* Keys, and who they are when they sign. */
static struct identity keys[CAS + ROOTS + 1], signers[CAS + ROOTS];

struct mesh {
	struct identity certs[CERTS_MAX];	/* the leaf first */
	size_t n;
	struct identity roots[ROOTS];
	size_t anchors;
};

static void put_ext(struct mint *m, const char *ext)
{
	size_t n = strcspn(ext, "=") + 1, i, j;

	for (i = 0; m->exts[i] && strncmp(m->exts[i], ext, n); i++)
		;
	if (ext[n]) {
		m->exts[i] = ext;
		return;
	}
	for (j = i; m->exts[j]; j++)
		m->exts[j] = m->exts[j + 1];
}

static void spoil(struct mint *m, unsigned int one_in)
{
	const struct defect *d = &defects[draw(DEFECTS)];

	if (draw(one_in))
		return;
	m->flaw = d->flaw;
	if (d->from || d->until) {
		m->from = d->from;
		m->until = d->until;
	}
	if (d->change)
		put_ext(m, d->change);
}

static struct mint ca_mint(const char *cn, const struct identity *key)
{
	return (struct mint){ .cn = cn, .key = key, .from = -DAY, .until = DAY, .exts = {
		"basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash",
		"authorityKeyIdentifier=keyid", "keyUsage=critical,keyCertSign,cRLSign" } };
}

static struct identity make_leaf(void)
{
	struct mint m = { .cn = "leaf", .key = &keys[CAS + ROOTS], .from = -DAY, .until = DAY,
		.exts = { "basicConstraints=CA:FALSE", "subjectKeyIdentifier=hash",
			  "authorityKeyIdentifier=keyid", "keyUsage=digitalSignature",
			  "subjectAltName=DNS:" HOST } };

	if (!draw(8))
		put_ext(&m, "subjectAltName=DNS:other.example");
	if (!draw(8))
		put_ext(&m, "extendedKeyUsage=serverAuth");
	if (!draw(12))
		put_ext(&m, "extendedKeyUsage=clientAuth");
	if (!draw(16))
		put_ext(&m, "basicConstraints=critical,CA:TRUE");
	return mint(&m, &signers[draw(CAS)]);
}

static void make(struct mesh *mesh)
{
	unsigned int i, of, by;
	struct identity swap;
	struct mint m;

	mesh->n = 0;
	mesh->certs[mesh->n++] = make_leaf();
	for (i = 0; i < ROOTS; i++) {
		m = ca_mint(root_names[i], &keys[CAS + i]);
		spoil(&m, 12);
		if (m.flaw == ALGORITHMS_DIFFER)	/* no configuration takes such an anchor */
			m.flaw = SOUND;
		mesh->roots[i] = mint(&m, NULL);
	}
	mesh->anchors = 1 + draw(ROOTS);
	while (mesh->n < 3 + draw(CERTS_MAX - 3)) {
		of = draw(CAS);
		by = draw(3) ? draw(CAS) : CAS + draw(ROOTS);
		m = ca_mint(ca_names[of], &keys[draw(8) ? of : draw(CAS)]);
		spoil(&m, 3);
		mesh->certs[mesh->n++] = mint(&m, &signers[by]);
		i = 1 + draw((unsigned int)mesh->n - 1);
		swap = mesh->certs[i];
		mesh->certs[i] = mesh->certs[mesh->n - 1];
		mesh->certs[mesh->n - 1] = swap;
	}
}

static void unmake(struct mesh *mesh)
{
	size_t i;

	for (i = 0; i < mesh->n; i++)
		free_identity(&mesh->certs[i]);
	for (i = 0; i < ROOTS; i++)
		free_identity(&mesh->roots[i]);
}

/* A path as this library took it, leaf first, the anchor last. */
struct taken {
	X509 *certs[CERTS_MAX];
	size_t n;
};

static void take_step(void *arg, const struct sealsock_path_step *s)
{
	struct taken *t = arg;
	const unsigned char *der = s->der;

	if (!s->taken || s->depth >= CERTS_MAX)
		return;
	X509_free(t->certs[s->depth]);
	t->certs[s->depth] = d2i_X509(NULL, &der, (long)s->der_len);
}

static size_t add_pem(char *text, size_t at, X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;

	NEED(bio && PEM_write_bio_X509(bio, x) == 1);
	n = BIO_get_mem_data(bio, &p);
	NEED(at + (size_t)n < TEXT_MAX);
	memcpy(text + at, p, (size_t)n);
	BIO_free(bio);
	return at + (size_t)n;
}

static void judge(X509 *const *certs, size_t n, X509 *const *anchors, size_t count,
		  struct sealsock_verdict *v, struct taken *t)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	static char text[TEXT_MAX];
	size_t at, i;

	memset(t, 0, sizeof(*t));
	sealsock_config_env(cfg, &test_env);
	for (i = 0; i < count; i++)
		NEED(!sealsock_config_ca_mem(cfg, text, add_pem(text, 0, anchors[i])));
	for (at = 0, i = 0; i < n; i++)
		at = add_pem(text, at, certs[i]);
	sealsock_verify(cfg, text, at, HOST, NULL, 0, take_step, t, v);
	sealsock_config_unref(cfg);
	if (v->code)
		return;
	t->n = v->path_len;
	X509_free(t->certs[0]);
	t->certs[0] = X509_dup(certs[0]);
}

static void drop(struct taken *t)
{
	size_t i;

	for (i = 0; i < CERTS_MAX; i++)
		X509_free(t->certs[i]);
}

/* Between true and false, who looks for leaks looks away. */
static void may_leak(bool on)
{
#ifdef __SANITIZE_ADDRESS__
	if (on)
		__lsan_disable();
	else
		__lsan_enable();
#else
	(void)on;
#endif
}

/* 0: right, and *chain is how; or libcrypto's code. */
static int ask_libcrypto(X509 *leaf, X509 *const *others, size_t n, X509 *const *anchors,
			 size_t count, struct stack_st_X509 **chain)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct stack_st_X509 *pool = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	int code;

	NEED(store && ctx && pool);
	while (n--)
		NEED(sk_X509_push(pool, others[n]) > 0);
	while (count--)
		NEED(X509_STORE_add_cert(store, anchors[count]) == 1);
	NEED(X509_STORE_CTX_init(ctx, store, leaf, pool) == 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, TEST_NOW);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
				    X509_V_FLAG_POLICY_CHECK);
	NEED(X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) == 1);
	NEED(X509_VERIFY_PARAM_set1_host(param, HOST, 0) == 1);
	/* libcrypto 3.0 loses the policyConstraints of a certificate without policies. */
	may_leak(true);
	code = X509_verify_cert(ctx) == 1 ? 0 : X509_STORE_CTX_get_error(ctx);
	may_leak(false);
	*chain = code ? NULL : X509_STORE_CTX_get1_chain(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(pool);
	return code;
}

/*
 * GnuTLS's functions, as far as they are needed here: its library is there wherever the tests are,
 * its headers are not.
 */
struct datum {
	const unsigned char *data;
	unsigned int size;
};

struct typed_data {
	int type;
	unsigned char *data;
	unsigned int size;
};

enum { DER = 0, DNS_HOSTNAME = 1, KEY_PURPOSE = 2, STATUS_INVALID = 1 << 1 };

static struct {
	int (*crt_init)(void **crt);
	void (*crt_deinit)(void *crt);
	int (*crt_import)(void *crt, const struct datum *data, int format);
	int (*list_init)(void **list, unsigned int size);
	void (*list_deinit)(void *list, unsigned int all);
	int (*list_add)(void *list, void *const *cas, unsigned int n, unsigned int flags);
	int (*verify)(void *list, void **certs, unsigned int n, struct typed_data *data,
		      unsigned int elements, unsigned int flags, unsigned int *status, void *fn);
	void (*set_clock)(time_t (*fn)(time_t *t));
} gnutls;

static time_t now(time_t *t)
{
	if (t)
		*t = TEST_NOW;
	return TEST_NOW;
}

static void load_gnutls(void)
{
	static const struct {
		const char *name;
		void *to;
	} functions[] = {
		{ "gnutls_x509_crt_init", &gnutls.crt_init },
		{ "gnutls_x509_crt_deinit", &gnutls.crt_deinit },
		{ "gnutls_x509_crt_import", &gnutls.crt_import },
		{ "gnutls_x509_trust_list_init", &gnutls.list_init },
		{ "gnutls_x509_trust_list_deinit", &gnutls.list_deinit },
		{ "gnutls_x509_trust_list_add_cas", &gnutls.list_add },
		{ "gnutls_x509_trust_list_verify_crt2", &gnutls.verify },
		{ "gnutls_global_set_time_function", &gnutls.set_clock },
	};
	void *library = dlopen("libgnutls.so.30", RTLD_NOW), *symbol;
	size_t i;

	NEED(library);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		symbol = dlsym(library, functions[i].name);
		NEED(symbol);
		memcpy(functions[i].to, &symbol, sizeof(symbol));
	}
	gnutls.set_clock(now);
}

static void *gnutls_cert(X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	struct datum d = { .data = der, .size = (unsigned int)n };
	void *crt;

	NEED(n > 0 && !gnutls.crt_init(&crt));
	if (gnutls.crt_import(crt, &d, DER)) {
		gnutls.crt_deinit(crt);
		crt = NULL;
	}
	OPENSSL_free(der);
	return crt;
}

/* 0: right, or its status. What it cannot read is left out, but for the leaf. */
static unsigned int ask_gnutls(X509 *leaf, X509 *const *others, size_t n, X509 *const *anchors,
			       size_t count)
{
	struct typed_data data[] = {
		{ DNS_HOSTNAME, (unsigned char *)HOST, 0 },
		{ KEY_PURPOSE, (unsigned char *)"1.3.6.1.5.5.7.3.1", 0 },
	};
	void *chain[CERTS_MAX + 1] = { gnutls_cert(leaf) }, *list, *anchor;
	unsigned int status = STATUS_INVALID, len = 1;
	size_t i;

	if (!chain[0])
		return status;
	for (i = 0; i < n; i++) {
		chain[len] = gnutls_cert(others[i]);
		len += !!chain[len];
	}
	NEED(!gnutls.list_init(&list, 0));
	for (i = 0; i < count; i++) {
		anchor = gnutls_cert(anchors[i]);
		if (anchor)
			NEED(gnutls.list_add(list, &anchor, 1, 0) == 1);
	}
	if (gnutls.verify(list, chain, len, data, 2, 0, &status, NULL))
		status = STATUS_INVALID;
	gnutls.list_deinit(list, 1);
	while (len--)
		gnutls.crt_deinit(chain[len]);
	return status;
}

enum who { LIBCRYPTO, GNUTLS };

static const char *const names[] = { "libcrypto", "GnuTLS" };

/*
 * How they differ. @rule: what is broken here, and nobody there says so; NULL: right here, and
 * @code there where our path is all they have, or 0: it is right there then. @at: what must be in
 * the text of our verdict, if anything.
 */
static struct kind {
	enum who who;
	const char *rule;
	unsigned int code;
	const char *why;
	const char *at;
	unsigned int seen;
} kinds[] = {
	{ LIBCRYPTO, NULL, 0, "it takes the first issuer of each name and never goes back", NULL,
	  0 },
	{ LIBCRYPTO, "serial", 0, "it takes serial numbers of 0 and of any length", NULL, 0 },
	{ LIBCRYPTO, "algorithm", 0, "it takes SHA-1 at its default level of security", NULL, 0 },
	{ LIBCRYPTO, "basic-constraints", 0, "of an anchor it asks for none", NULL, 0 },
	{ LIBCRYPTO, "basic-constraints-critical", 0, "of an anchor it asks for none", NULL, 0 },
	{ LIBCRYPTO, "policies", 0, "what an anchor requires does not bind (RFC 5937)", NULL, 0 },
	{ GNUTLS, NULL, 0, "it takes one issuer for each certificate and never goes back", NULL,
	  0 },
	{ GNUTLS, "basic-constraints", 0, "of an anchor it asks for none", NULL, 0 },
	{ GNUTLS, "serial", 0, "it takes serial numbers of 0 and of any length", NULL, 0 },
	{ GNUTLS, "basic-constraints-critical", 0, "of an anchor it asks for none", "CN=Root", 0 },
	{ GNUTLS, "extended-key-usage", 0, "an anchor's purposes do not bind", "CN=Root", 0 },
};

static bool explain(enum who who, const char *rule, unsigned int code, const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct kind *k = &kinds[i];

		if (k->who == who && (!k->at || strstr(text, k->at)) &&
		    (rule ? k->rule && !strcmp(k->rule, rule) : !k->rule && k->code == code)) {
			k->seen++;
			return true;
		}
	}
	printf("# %s: %s, there %u\n", names[who], rule ? rule : "right", code);
	return false;
}

/* *rule: if it is right there, what their path breaks here. */
static unsigned int ask(enum who who, X509 *const *certs, size_t n, X509 *const *anchors,
			size_t count, const char **rule)
{
	X509 *path[CERTS_MAX + ROOTS];
	struct sealsock_verdict v;
	struct stack_st_X509 *chain;
	struct taken t;
	int code, i;

	if (who == GNUTLS)
		return ask_gnutls(certs[0], certs + 1, n - 1, anchors, count);
	code = ask_libcrypto(certs[0], certs + 1, n - 1, anchors, count, &chain);
	if (!code) {
		n = (size_t)sk_X509_num(chain);
		for (i = 0; i < (int)n; i++)
			path[i] = sk_X509_value(chain, i);
		judge(path, n - 1, &path[n - 1], 1, &v, &t);
		*rule = v.rule;
		drop(&t);
		sk_X509_pop_free(chain, X509_free);
	}
	return (unsigned int)code;
}

/* True: the same verdict, or one that is explained. */
static bool compare(enum who who, X509 *const *certs, size_t n, X509 *const *anchors, size_t count,
		    const struct sealsock_verdict *v, const struct taken *t)
{
	const char *rule = v->rule, *ignored;
	unsigned int code = ask(who, certs, n, anchors, count, &rule), alone;

	if (v->code)
		return code || explain(who, rule, 0, v->text);
	alone = ask(who, t->certs, t->n - 1, &t->certs[t->n - 1], 1, &ignored);
	return (!code && !alone) || explain(who, NULL, alone, v->text);
}

static bool try_one(unsigned long seed, bool *right)
{
	X509 *certs[CERTS_MAX], *anchors[ROOTS];
	struct sealsock_verdict v;
	struct mesh mesh;
	struct taken t;
	bool good = true;
	size_t i;
	int who;

	state = 0x9e3779b97f4a7c15 * (seed + 1);
	make(&mesh);
	for (i = 0; i < mesh.n; i++)
		certs[i] = mesh.certs[i].x509;
	for (i = 0; i < mesh.anchors; i++)
		anchors[i] = mesh.roots[i].x509;
	judge(certs, mesh.n, anchors, mesh.anchors, &v, &t);
	*right = !v.code;
	for (who = LIBCRYPTO; who <= GNUTLS; who++)
		good = compare((enum who)who, certs, mesh.n, anchors, mesh.anchors, &v, &t) && good;
	if (!good)
		printf("# mesh %lu: %s\n", seed, v.text);
	drop(&t);
	unmake(&mesh);
	return good;
}

int main(void)
{
	unsigned long seed = tap_number("MESHES_SEED", 1), right = 0, i;
	unsigned long count = tap_number("MESHES_COUNT", COUNT);
	static const struct cert_spec spec = { .cn = "x", .from = -1, .until = 1 };
	bool good = true, passes;
	struct mint m;
	size_t k;

	load_gnutls();
	for (k = 0; k <= CAS + ROOTS; k++)
		keys[k] = make_identity(CERT_P256, &spec, NULL);
	for (k = 0; k < CAS + ROOTS; k++) {
		m = ca_mint(k < CAS ? ca_names[k] : root_names[k - CAS], &keys[k]);
		signers[k] = mint(&m, NULL);
	}
	for (i = 0; i < count; i++) {
		good = try_one(seed + i, &passes) && good;
		right += passes;
	}
	ok(good, "%lu meshes from %lu on: every difference is explained", count, seed);
	ok(right > count / 8 && right < count - count / 8, "%lu of them are right", right);
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		printf("# %s, %u: %s%s: %s\n", names[kinds[k].who], kinds[k].seen,
		       kinds[k].rule ? "breaks here " : "right here",
		       kinds[k].rule ? kinds[k].rule : "", kinds[k].why);
	for (k = 0; k < CAS + ROOTS; k++)
		free_identity(&signers[k]);
	for (k = 0; k <= CAS + ROOTS; k++)
		free_identity(&keys[k]);
	return done();
}
