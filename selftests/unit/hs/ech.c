// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Encrypted Client Hello, both ends: taken, rejected, without meaning; with HelloRetryRequest,
 * sessions, client certificates and TLS 1.2. And that the name it hides is nowhere to be read.
 */
#include "ech.h"
#include "expect.h"
#include "hello.h"
#include "hs/ech.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

static struct ech_pair one, two, p256;

/* All that went over the wire, either way. */
static struct buf wire;

static void look(struct sealsock_conn *conn)
{
	const void *p;
	size_t n;

	if (!sealsock_conn_output(conn, &p, &n))
		buf_append(&wire, p, n);
}

static bool run(struct sealsock_conn *c, struct sealsock_conn *s)
{
	size_t a, b;

	do {
		look(c);
		carry(c, s, 0, &a);
		look(s);
		carry(s, c, 0, &b);
	} while (a || b);
	return sealsock_conn_state(c) == SEALSOCK_STATE_DONE &&
	       sealsock_conn_state(s) == SEALSOCK_STATE_DONE;
}

static bool on_wire(const char *name)
{
	return wire.n && memmem(wire.p, wire.n, name, strlen(name));
}

struct scene {
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *c, *s;
};

static void set(struct scene *x, const struct ech_pair *client, const struct ech_pair *server)
{
	x->cc = ech_client(client);
	x->sc = ech_server(server);
	wire.n = 0;
}

static bool meet(struct scene *x)
{
	bool good;

	x->c = ech_conn(x->cc);
	x->s = sealsock_conn_new(x->sc);
	good = run(x->c, x->s);
	if (!good)
		printf("# client: %s; server: %s\n", sealsock_conn_error(x->c)->text,
		       sealsock_conn_error(x->s)->text);
	return good;
}

static void part(struct scene *x)
{
	sealsock_conn_free(x->c);
	sealsock_conn_free(x->s);
}

static void close_scene(struct scene *x)
{
	part(x);
	sealsock_config_unref(x->cc);
	sealsock_config_unref(x->sc);
}

static const char *sni(const struct sealsock_conn *conn)
{
	struct sealsock_info info;

	sealsock_conn_info(conn, &info);
	return info.sni ? info.sni : "";
}

static void taken(const char *name, const struct ech_pair *pair, bool retry, const char *versions)
{
	struct scene x;

	set(&x, pair, pair);
	sealsock_config_versions(x.cc, versions);
	sealsock_config_alpn(x.cc, "h2,http/1.1");
	sealsock_config_alpn(x.sc, "http/1.1");
	if (retry)
		sealsock_config_groups(x.sc, "secp384r1");
	ok(meet(&x), "%s: they meet", name);
	ok(ech_of(x.c) == SEALSOCK_ECH_ACCEPTED && ech_of(x.s) == SEALSOCK_ECH_ACCEPTED,
	   "%s: both say so", name);
	ok(!strcmp(sni(x.s), ECH_SECRET) && !strcmp(sni(x.c), ECH_SECRET),
	   "%s: the inner name is the one asked for", name);
	ok(!on_wire("secret"), "%s: the inner name is not on the wire", name);
	ok(on_wire(ECH_PUBLIC), "%s: the public name is", name);
	close_scene(&x);
}

static void rejected(const char *name, const struct ech_pair *server, bool retry,
		     const char *versions)
{
	struct scene x;
	const void *list;
	size_t n;

	set(&x, &one, server);
	sealsock_config_versions(x.sc, versions);
	if (retry)
		sealsock_config_groups(x.sc, "secp384r1");
	ok(!meet(&x), "%s: no connection", name);
	ok_int(sealsock_conn_error(x.c)->code, SEALSOCK_ERR_ECH_REJECTED, "%s: %s", name,
	       sealsock_conn_error(x.c)->text);
	ok(sealsock_conn_error(x.c)->alert == ALERT_ECH_REQUIRED &&
	   sealsock_conn_error(x.s)->alert == ALERT_ECH_REQUIRED,
	   "%s: ech_required, and the server opens it", name);
	ok_int(ech_of(x.c), SEALSOCK_ECH_REJECTED, "%s: the client says so", name);
	ok(!strcmp(sni(x.s), ECH_PUBLIC), "%s: the server has seen the public name", name);
	ok(!on_wire("secret"), "%s: the inner name is not on the wire", name);
	list = sealsock_conn_ech_retry(x.c, &n);
	ok_mem(list, n, server ? server->list : one.list, server ? server->list_len : 0,
	       "%s: what to try again with", name);
	ok(list, "%s: it has been proved who says so", name);
	close_scene(&x);
}

/* Once more, with what the server has said. */
static void again(void)
{
	struct sealsock_conn *c, *s;
	const void *list;
	struct scene x;
	size_t n;

	set(&x, &one, &two);
	meet(&x);
	list = sealsock_conn_ech_retry(x.c, &n);
	c = ech_conn(x.cc);
	s = sealsock_conn_new(x.sc);
	ok_int(sealsock_conn_set_ech(c, list, n), 1, "the server's list can be used");
	ok(run(c, s) && ech_of(c) == SEALSOCK_ECH_ACCEPTED, "and is taken");
	ok_int(sealsock_conn_set_ech(c, list, n), SEALSOCK_ERR_STATE, "not after the beginning");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	close_scene(&x);

	set(&x, &one, NULL);
	meet(&x);
	list = sealsock_conn_ech_retry(x.c, &n);
	c = ech_conn(x.cc);
	s = sealsock_conn_new(x.sc);
	ok_int(sealsock_conn_set_ech(c, list, n), 0, "the server has none");
	ok(run(c, s) && ech_of(c) == SEALSOCK_ECH_GREASE, "and it connects without");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	close_scene(&x);
}

/* Who is not the public name may say nothing about keys. */
static void wrong_public_name(void)
{
	struct ech_pair other;
	struct scene x;
	size_t n;

	ech_pair_make(&other, NULL, "other.example.com");
	set(&x, &other, &two);
	meet(&x);
	ok_int(sealsock_conn_error(x.c)->code, SEALSOCK_ERR_CERT_NAME,
	       "a server that is not the public name");
	ok(!sealsock_conn_ech_retry(x.c, &n) && n == 0, "says nothing");
	ok(!strstr(sealsock_conn_error(x.c)->text, "secret"), "the text does not have the name");
	close_scene(&x);
}

static void greased(bool retry)
{
	struct scene x;

	set(&x, NULL, &one);
	if (retry)
		sealsock_config_groups(x.sc, "secp384r1");
	ok(meet(&x), "without meaning%s", retry ? ", retried" : "");
	ok_int(ech_of(x.c), SEALSOCK_ECH_GREASE, "the client says so");
	ok_int(ech_of(x.s), SEALSOCK_ECH_REJECTED, "no key of the server opens it");
	close_scene(&x);
	set(&x, NULL, NULL);
	sealsock_config_ech_grease(x.cc, false);
	ok(meet(&x) && ech_of(x.c) == SEALSOCK_ECH_NONE, "it can be left out");
	close_scene(&x);
	set(&x, NULL, NULL);
	sealsock_config_grease(x.cc, false);
	ok(meet(&x) && ech_of(x.c) == SEALSOCK_ECH_NONE, "with all other GREASE, too");
	close_scene(&x);
}

/* A session of one connection is resumed by the next, in the inner hello. */
static void resumed(bool retry)
{
	struct sealsock_info info;
	struct scene x;

	set(&x, &one, &one);
	sealsock_config_session_store(x.cc, NULL);
	if (retry)
		sealsock_config_groups(x.sc, "secp384r1");
	ok(meet(&x), "a first connection");
	part(&x);
	ok(meet(&x), "a second one");
	sealsock_conn_info(x.c, &info);
	ok(info.resumed && info.ech == SEALSOCK_ECH_ACCEPTED && info.hello_retry == retry,
	   "is resumed and hidden");
	ok(!on_wire("secret"), "nothing is on the wire");
	close_scene(&x);
}

/* The session is for who is hidden: not even who has the keys to open it gets it elsewhere. */
static void not_resumed_outside(void)
{
	struct sealsock_config *other;
	struct scene x;

	set(&x, &one, &one);
	sealsock_config_session_store(x.cc, NULL);
	ok(meet(&x), "a connection that leaves sessions");
	part(&x);
	other = ech_server(&two);
	sealsock_config_unref(x.sc);
	x.sc = other;
	ok(!meet(&x), "another server without the key");
	ok_int(sealsock_conn_error(x.c)->code, SEALSOCK_ERR_ECH_REJECTED, "says who it is");
	close_scene(&x);
}

static void client_certificate(bool rejects, const char *versions)
{
	struct sealsock_info info;
	struct scene x;

	set(&x, &one, rejects ? NULL : &one);
	sealsock_config_versions(x.sc, versions);
	add_identity(x.cc, test_client());
	sealsock_config_ca_mem(x.sc, test_ca()->cert_pem, strlen(test_ca()->cert_pem));
	sealsock_config_verify(x.sc, rejects ? SEALSOCK_VERIFY_OPTIONAL :
					       SEALSOCK_VERIFY_REQUIRED);
	ok(meet(&x) == !rejects, "client certificates, %s%s", versions,
	   rejects ? ", rejected" : "");
	sealsock_conn_info(x.c, &info);
	ok_int(info.client_cert_sent, !rejects, "the certificate is for the inner name only");
	if (rejects)
		ok_int(sealsock_conn_error(x.c)->code, SEALSOCK_ERR_ECH_REJECTED, "%s",
		       sealsock_conn_error(x.c)->text);
	close_scene(&x);
}

static int told(void *arg, struct sealsock_conn *conn, const struct sealsock_hello *hello,
		struct sealsock_config **use)
{
	(void)conn;
	(void)use;
	snprintf(arg, 64, "%s", hello->sni ? hello->sni : "");
	return 0;
}

static void virtual_host(void)
{
	char seen[64] = "";
	struct scene x;

	set(&x, &one, &one);
	sealsock_config_on_hello(x.sc, told, seen);
	ok(meet(&x) && !strcmp(seen, ECH_SECRET), "virtual hosts go by the inner name: %s", seen);
	part(&x);
	sealsock_config_unref(x.cc);
	x.cc = ech_client(&two);
	ok(!meet(&x), "with other keys");
	ok(!strcmp(seen, ECH_PUBLIC), "and by the public one of who is rejected: %s", seen);
	close_scene(&x);
}

static int later(void *arg, struct sealsock_conn *conn, const struct sealsock_hello *hello,
		 struct sealsock_config **use)
{
	told(arg, conn, hello, use);
	return SEALSOCK_WANT_ANSWER;
}

/* The inner hello waits for the application's answer. */
static void virtual_host_later(bool retry)
{
	struct sealsock_config *host;
	char seen[64] = "";
	struct scene x;

	set(&x, &one, &one);
	host = ech_server(NULL);
	if (retry)
		sealsock_config_groups(host, "secp384r1");
	sealsock_config_on_hello(x.sc, later, seen);
	ok(!meet(&x) && sealsock_conn_state(x.s) == SEALSOCK_STATE_WANT_ANSWER, "asked later");
	ok(!strcmp(seen, ECH_SECRET), "about the inner name: %s", seen);
	ok_int(sealsock_conn_answer_config(x.s, host), 0, "another configuration, without keys");
	ok(run(x.c, x.s) && ech_of(x.c) == SEALSOCK_ECH_ACCEPTED, "goes on with it%s",
	   retry ? ", retried" : "");
	close_scene(&x);
	sealsock_config_unref(host);
}

/* What @front has unfolded goes to @back in its place. */
static void forward(struct sealsock_conn *c, struct sealsock_conn *front,
		    struct sealsock_conn *back)
{
	static uint8_t rec[8192];
	const struct buf *inner;
	size_t n;

	carry(c, front, 0, &n);
	NEED(front->hs && front->hs->ech && front->hs->ech->inner.n < 8000);
	inner = &front->hs->ech->inner;
	feed_all(back, rec, plain_record(22, inner->p, inner->n, rec), 0);
}

/* Split mode (RFC 9849 §3.1): a server without keys proves what another one has unfolded. */
static void behind(bool retry)
{
	struct sealsock_config *bare;
	struct sealsock_conn *back;
	struct scene x;
	size_t n;

	set(&x, &one, &one);
	bare = ech_server(NULL);
	if (retry) {
		sealsock_config_groups(x.sc, "secp384r1");
		sealsock_config_groups(bare, "secp384r1");
	}
	x.c = ech_conn(x.cc);
	x.s = sealsock_conn_new(x.sc);
	back = sealsock_conn_new(bare);
	forward(x.c, x.s, back);
	if (retry) {
		carry(back, x.c, 0, &n);
		forward(x.c, x.s, back);
	}
	ok(run(x.c, back), "a server behind another%s", retry ? ", retried" : "");
	ok(ech_of(x.c) == SEALSOCK_ECH_ACCEPTED && ech_of(back) == SEALSOCK_ECH_ACCEPTED,
	   "proves it for the other");
	sealsock_conn_free(back);
	sealsock_config_unref(bare);
	close_scene(&x);
}

/* Each with other random bytes; ECH_HANDSHAKES in the environment: so many. */
static void nothing_leaks(void)
{
	unsigned int count = (unsigned int)tap_number("ECH_HANDSHAKES", 1000);
	unsigned int i, bad = 0, done = 0;
	struct scene x;

	set(&x, &one, &one);
	sealsock_config_session_store(x.cc, NULL);
	for (i = 0; i < count; i++) {
		if (i)
			part(&x);
		wire.n = 0;
		done += meet(&x);
		bad += on_wire("secret");
	}
	ok_int(done, count, "%u handshakes", count);
	ok_int(bad, 0, "in none of them the name is to be read");
	close_scene(&x);
}

int main(void)
{
	buf_init(&wire, &test_env_full);
	ech_pair_make(&one, NULL, ECH_PUBLIC);
	ech_pair_make(&two, "x25519", ECH_PUBLIC);
	ech_pair_make(&p256, "secp256r1", ECH_PUBLIC);
	taken("X25519", &one, false, "TLSv1.2,TLSv1.3");
	taken("P-256", &p256, false, "TLSv1.2,TLSv1.3");
	taken("TLS 1.3 only", &one, false, "TLSv1.3");
	taken("with HelloRetryRequest", &one, true, "TLSv1.2,TLSv1.3");
	taken("P-256 with HelloRetryRequest", &p256, true, "TLSv1.3");
	rejected("other keys", &two, false, "TLSv1.2,TLSv1.3");
	rejected("other keys and HelloRetryRequest", &two, true, "TLSv1.3");
	rejected("no keys", NULL, false, "TLSv1.3");
	rejected("no keys and HelloRetryRequest", NULL, true, "TLSv1.3");
	rejected("TLS 1.2", NULL, false, "TLSv1.2");
	again();
	wrong_public_name();
	greased(false);
	greased(true);
	resumed(false);
	resumed(true);
	not_resumed_outside();
	client_certificate(false, "TLSv1.3");
	client_certificate(true, "TLSv1.3");
	client_certificate(true, "TLSv1.2");
	virtual_host();
	virtual_host_later(false);
	virtual_host_later(true);
	behind(false);
	behind(true);
	nothing_leaks();
	buf_free(&wire);
	free_test_identities();
	return done();
}
