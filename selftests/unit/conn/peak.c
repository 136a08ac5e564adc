// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Handshakes of the greatest size, and how much memory each end has at its peak: what comes from
 * the configuration's allocator, and what libcrypto allocates beside that.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdlib.h>

#include "legacy.h"
#include "mint.h"
#include "tap.h"

enum { CLIENT, SERVER, ENDS };
enum {
	LIMIT = 102400,			/* of a message, by default */
	PROMISED = 7,			/* a hostile peer makes us hold less, in limits */
	ORDINARY = 16 << 10,		/* bytes of ours in a handshake as the world has them … */
	ORDINARY_CRYPTO = 32 << 10,	/* … and of libcrypto's */
	DAY = 86400,
};

struct meter {
	size_t held, most;
};

static struct meter ours[ENDS], cryptos[ENDS];
static struct meter *working;	/* whose turn it is to allocate in libcrypto; NULL: nobody's */

static void take(struct meter *m, size_t n)
{
	m->held += n;
	if (m->held > m->most)
		m->most = m->held;
}

static void *metered_alloc(void *arg, size_t n)
{
	void *p = malloc(n);

	if (p)
		take(arg, n);
	return p;
}

static void metered_free(void *arg, void *p, size_t n)
{
	((struct meter *)arg)->held -= n;
	free(p);
}

/* In front of each allocation of libcrypto. */
struct note {
	size_t n;
	struct meter *of;
	max_align_t room[];
};

static void *note_alloc(size_t n, const char *file, int line)
{
	struct note *note = malloc(sizeof(*note) + n);

	(void)file;
	(void)line;
	if (!note)
		return NULL;
	*note = (struct note){ .n = n, .of = working };
	if (working)
		take(working, n);
	return note->room;
}

static void note_free(void *p, const char *file, int line)
{
	struct note *note = p ? (struct note *)((char *)p - sizeof(*note)) : NULL;

	(void)file;
	(void)line;
	if (note && note->of)
		note->of->held -= note->n;
	free(note);
}

static void *note_realloc(void *p, size_t n, const char *file, int line)
{
	struct note *note = p ? (struct note *)((char *)p - sizeof(*note)) : NULL;
	void *moved;

	if (!n) {
		note_free(p, file, line);
		return NULL;
	}
	moved = note_alloc(n, file, line);
	if (moved && note)
		memcpy(moved, p, note->n < n ? note->n : n);
	if (moved)
		note_free(p, file, line);
	return moved;
}

static struct sealsock_config *cfg[ENDS];
static struct sealsock_conn *end[ENDS];

static struct sealsock_config *metered(int which)
{
	struct sealsock_env env = test_env;
	struct sealsock_config *c;

	env.alloc = metered_alloc;
	env.free = metered_free;
	env.arg = &ours[which];
	c = sealsock_config_new(which == CLIENT ? SEALSOCK_CLIENT : SEALSOCK_SERVER);
	NEED(c && !sealsock_config_env(c, &env));
	return c;
}

/* Both trust test_ca(); what they have is up to the caller. */
static void open_configs(const char *versions)
{
	int i;

	for (i = 0; i < ENDS; i++) {
		cfg[i] = metered(i);
		trust_test_ca(cfg[i]);
		NEED(!sealsock_config_versions(cfg[i], versions));
	}
}

static void start(void)
{
	int i;

	for (i = 0; i < ENDS; i++) {
		ours[i].most = ours[i].held;
		cryptos[i] = (struct meter){ 0 };
		working = &cryptos[i];
		end[i] = sealsock_conn_new(cfg[i]);
		NEED(end[i]);
	}
	working = &cryptos[CLIENT];
	NEED(!sealsock_conn_set_host(end[CLIENT], "localhost"));
	working = NULL;
}

/* Afterwards what is held is the configurations'. */
static void stop(void)
{
	int i;

	for (i = 0; i < ENDS; i++) {
		working = &cryptos[i];
		sealsock_conn_free(end[i]);
		working = NULL;
	}
}

static void close_configs(void)
{
	sealsock_config_unref(cfg[CLIENT]);
	sealsock_config_unref(cfg[SERVER]);
	ok(!ours[CLIENT].held && !ours[SERVER].held, "nothing is held in the end");
}

static size_t move(int from, int to, size_t chunk)
{
	size_t n;

	working = &cryptos[to];
	carry(end[from], end[to], chunk, &n);
	working = NULL;
	return n;
}

/* The key of one end is elsewhere: it signs there. */
static void sign(struct sealsock_conn *conn)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sealsock_request r;
	uint8_t sig[200];
	size_t n = sizeof(sig);

	NEED(!sealsock_conn_request(conn, &r) && r.kind == SEALSOCK_REQUEST_SIGN);
	NEED(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, r.key) == 1);
	NEED(EVP_DigestSign(ctx, sig, &n, r.message, r.message_len) == 1);
	EVP_MD_CTX_free(ctx);
	NEED(!sealsock_conn_answer(conn, 0, sig, n));
}

static bool shake(size_t chunk)
{
	size_t moved;
	int i;

	do {
		moved = move(CLIENT, SERVER, chunk);
		moved += move(SERVER, CLIENT, chunk);
		for (i = 0; i < ENDS; i++) {
			if (sealsock_conn_state(end[i]) != SEALSOCK_STATE_WANT_ANSWER)
				continue;
			sign(end[i]);
			moved++;
		}
	} while (moved);
	for (i = 0; i < ENDS; i++)
		if (sealsock_conn_state(end[i]) != SEALSOCK_STATE_DONE)
			printf("# %s\n", sealsock_conn_error(end[i])->text);
	return sealsock_conn_state(end[CLIENT]) == SEALSOCK_STATE_DONE &&
	       sealsock_conn_state(end[SERVER]) == SEALSOCK_STATE_DONE;
}

/* What an end took at its peak beyond its configuration, which has @kept. */
static void bounded(int which, size_t kept, size_t most, const char *name)
{
	size_t peak = ours[which].most - kept;

	ok(peak <= most, "%s: the %s's peak is %zu bytes, %zu at most", name,
	   which == CLIENT ? "client" : "server", peak, most);
}

/* A text of @n letters in an extension that nobody looks at. */
static char *padding(size_t n)
{
	static const char name[] = "nsComment=";
	char *text = malloc(sizeof(name) + n);

	NEED(text);
	memcpy(text, name, sizeof(name));
	memset(text + sizeof(name) - 1, 'x', n);
	text[sizeof(name) - 1 + n] = '\0';
	return text;
}

/* A CA below test_ca() and a certificate for both roles below that; some @ca and @leaf bytes. */
struct chain {
	struct identity leaf, ca;
	char *pem;
};

static void open_chain(struct chain *c, size_t leaf, size_t ca)
{
	char *pad[] = { padding(leaf), padding(ca) };
	struct mint m = {
		.cn = "Padded CA", .from = -DAY, .until = DAY,
		.exts = { "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign",
			  "subjectKeyIdentifier=hash", pad[1] },
	};

	c->ca = mint(&m, test_ca());
	m = (struct mint){
		.cn = "localhost", .from = -DAY, .until = DAY,
		.exts = { "subjectAltName=DNS:localhost", "keyUsage=critical,digitalSignature",
			  "extendedKeyUsage=serverAuth,clientAuth", pad[0] },
	};
	c->leaf = mint(&m, &c->ca);
	c->pem = malloc(strlen(c->leaf.cert_pem) + strlen(c->ca.cert_pem) + 1);
	NEED(c->pem);
	strcpy(stpcpy(c->pem, c->leaf.cert_pem), c->ca.cert_pem);
	free(pad[0]);
	free(pad[1]);
}

static void close_chain(struct chain *c)
{
	free_identity(&c->leaf);
	free_identity(&c->ca);
	free(c->pem);
}

static void use_chain(int which, const struct chain *c, bool elsewhere)
{
	const char *key = c->leaf.key_pem;
	int err;

	if (elsewhere)
		err = sealsock_config_cert_signer(cfg[which], c->pem, strlen(c->pem), c->leaf.pkey);
	else
		err = sealsock_config_cert_mem(cfg[which], c->pem, strlen(c->pem), key,
					       strlen(key));
	if (err)
		printf("# %s\n", sealsock_config_error(cfg[which]));
	NEED(!err);
}

/* Names of authorities in a CertificateRequest, @n bytes of them. */
static void use_names(size_t n)
{
	static const uint8_t name[131] = { 0, 129 };

	for (; n >= sizeof(name); n -= sizeof(name))
		NEED(buf_append(&cfg[SERVER]->ca_names, name, sizeof(name)));
}

/* A ClientHello with protocols of @n bytes. */
static void use_protocols(size_t n)
{
	char *list = malloc(n + 1);
	size_t i;

	NEED(list);
	for (i = 0; i < n; i++)
		list[i] = i % 251 == 250 ? ',' : 'a';
	list[n - 1] = 'a';
	list[n] = '\0';
	NEED(!sealsock_config_alpn(cfg[CLIENT], list));
	free(list);
}

static void ordinary(const char *versions)
{
	char name[64];
	int i;

	open_configs(versions);
	add_identity(cfg[SERVER], test_server(CERT_P256));
	for (i = 0; i < 2; i++) {	/* with what is made once, and without */
		start();
		snprintf(name, sizeof(name), "%s, %s", versions, i ? "again" : "first");
		ok(shake(0), "%s: a handshake", name);
		stop();
		bounded(CLIENT, ours[CLIENT].held, ORDINARY, name);
		bounded(SERVER, ours[SERVER].held, ORDINARY, name);
		ok(cryptos[CLIENT].most <= ORDINARY_CRYPTO &&
		   cryptos[SERVER].most <= ORDINARY_CRYPTO,
		   "%s: libcrypto's are %zu and %zu bytes, %d at most", name, cryptos[CLIENT].most,
		   cryptos[SERVER].most, ORDINARY_CRYPTO);
	}
	close_configs();
}

/*
 * What one end sends: a chain of some @leaf and @ca bytes, a server names of authorities and an
 * OCSP response, a client protocols. The other has short ones.
 */
struct large {
	const char *name;
	const char *versions;
	int sender;
	size_t leaf, ca, names, staple, protocols;
	bool retry;
	bool after;		/* the client's chain is asked for after the handshake, twice */
};

#define TLS13 .versions = "TLSv1.3"
#define TLS12 .versions = "TLSv1.2"
#define MOST_NAMES .names = 65000
#define MOST_PROTOCOLS .protocols = 64000
#define BOTH .leaf = 50300, .ca = 51000
/* With these the messages of a handshake of TLS 1.2 are as long as may be signed. */
#define MOST_STAPLE .staple = 34000

static const struct large larges[] = {
	{ .name = "chain of 53 KB", TLS13, .sender = SERVER, .leaf = 26000, .ca = 26000 },
	{ .name = "chain of 53 KB", TLS12, .sender = SERVER, .leaf = 26000, .ca = 26000 },
	{ .name = "chain of 53 KB", TLS13, .sender = CLIENT, .leaf = 26000, .ca = 26000 },
	{ .name = "chain of 53 KB", TLS12, .sender = CLIENT, .leaf = 26000, .ca = 26000 },
	{ .name = "chain and request of 25 KB", TLS13, .sender = SERVER, .leaf = 12000,
	  .ca = 12000, .names = 25000 },
	{ .name = "chain and request of 25 KB", TLS12, .sender = SERVER, .leaf = 12000,
	  .ca = 12000, .names = 25000 },
	{ .name = "all at the limit", TLS13, .sender = SERVER, BOTH, MOST_NAMES },
	{ .name = "all at the limit", TLS12, .sender = SERVER, BOTH, MOST_NAMES, MOST_STAPLE },
	{ .name = "a certificate at the limit", TLS12, .sender = SERVER, .leaf = 101000, MOST_NAMES,
	  MOST_STAPLE },
	{ .name = "a CA at the limit", TLS12, .sender = SERVER, .ca = 101000, MOST_NAMES,
	  MOST_STAPLE },
	{ .name = "all at the limit", TLS13, .sender = CLIENT, BOTH, MOST_PROTOCOLS },
	{ .name = "all at the limit, and a retry", TLS13, .sender = CLIENT, BOTH, MOST_PROTOCOLS,
	  .retry = true },
	{ .name = "all at the limit", TLS12, .sender = CLIENT, BOTH, MOST_PROTOCOLS },
	{ .name = "a certificate at the limit", TLS12, .sender = CLIENT, .leaf = 101000,
	  MOST_PROTOCOLS },
	{ .name = "a certificate at the limit afterwards, twice", TLS13, .sender = CLIENT,
	  .leaf = 101000, .after = true },
};

static void use_staple(size_t n, const struct chain *c)
{
	char *pad = padding(n);
	struct mint m = {
		.cn = "Responder", .from = -DAY, .until = DAY,
		.exts = { "keyUsage=critical,digitalSignature", "extendedKeyUsage=OCSPSigning",
			  pad },
	};
	struct identity signer = mint(&m, &c->ca);
	struct staple_spec spec = { .from = -60, .until = 3600, .signer = &signer };
	struct bytes response = make_staple(&spec, &c->leaf, &c->ca);

	/* Longer than a server of ours takes from a file. */
	NEED(buf_append(&cfg[SERVER]->creds->staple, response.p, response.n));
	free((void *)response.p);
	free_identity(&signer);
	free(pad);
}

static bool ask_again(void)
{
	bool good = true;
	int i;

	for (i = 0; good && i < 2; i++)
		good = !sealsock_conn_ask_cert(end[SERVER], true) && shake(1000);
	return good;
}

static void configure(const struct large *l, const struct chain *chains)
{
	open_configs(l->versions);
	/* What is to be signed is kept where the key is elsewhere: with the receiver. */
	use_chain(l->sender, &chains[l->sender], false);
	use_chain(!l->sender, &chains[!l->sender], true);
	if (l->after) {
		NEED(!sealsock_config_post_handshake_auth(cfg[CLIENT], true));
		NEED(!sealsock_config_post_handshake_auth(cfg[SERVER], true));
	} else {
		NEED(!sealsock_config_verify(cfg[SERVER], SEALSOCK_VERIFY_REQUIRED));
	}
	use_names(l->names);
	if (l->protocols)
		use_protocols(l->protocols);
	if (l->staple)
		use_staple(l->staple, &chains[SERVER]);
	if (l->retry)
		NEED(!sealsock_config_groups(cfg[SERVER], "secp256r1"));
}

static void large(const struct large *l)
{
	struct chain chains[ENDS];
	struct sealsock_info info;
	char name[100];

	snprintf(name, sizeof(name), "%s, %s by the %s", l->versions, l->name,
		 l->sender == CLIENT ? "client" : "server");
	open_chain(&chains[l->sender], l->leaf, l->ca);
	open_chain(&chains[!l->sender], 0, 0);
	configure(l, chains);
	start();
	/* In pieces, so that buffers grow as they do on a network. */
	ok(shake(1000) && (!l->after || ask_again()), "%s", name);
	sealsock_conn_info(end[SERVER], &info);
	ok(info.client_authenticated, "%s: both are authenticated", name);
	stop();
	bounded(!l->sender, ours[!l->sender].held, PROMISED * LIMIT, name);
	close_configs();
	close_chain(&chains[CLIENT]);
	close_chain(&chains[SERVER]);
}

int main(void)
{
	size_t i;

	/* Before libcrypto allocates anything. */
	CRYPTO_set_mem_functions(note_alloc, note_realloc, note_free);
	ordinary("TLSv1.3");
	ordinary("TLSv1.2");
	for (i = 0; i < sizeof(larges) / sizeof(larges[0]); i++)
		large(&larges[i]);
	free_test_identities();
	return done();
}
