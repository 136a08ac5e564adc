// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Codes that applications answer with. Only 0 is a yes: whatever else comes, at once or later, from
 * any callback, ends the connection with an alert.
 */
#include <limits.h>

#include "expect.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static int result;		/* of the callback */

static int on_verify(void *arg, struct sealsock_conn *conn)
{
	(void)arg;
	(void)conn;
	return result;
}

static int on_hello(void *arg, struct sealsock_conn *conn, const struct sealsock_hello *hello,
		    struct sealsock_config **use)
{
	(void)arg;
	(void)conn;
	(void)hello;
	(void)use;
	return result;
}

static void no_peer_auth(void)
{
	cc = client_config();
	sc = server_config(CERT_P256);
}

static void mutual(void)
{
	cc = mutual_client();
	sc = mutual_server();
}

static void verify_server(void)
{
	no_peer_auth();
	sealsock_config_on_verify(cc, on_verify, NULL);
}

static void verify_server12(void)
{
	verify_server();
	sealsock_config_versions(cc, "TLSv1.2");
}

static void verify_client(void)
{
	mutual();
	sealsock_config_on_verify(sc, on_verify, NULL);
}

static void verify_client12(void)
{
	verify_client();
	sealsock_config_versions(cc, "TLSv1.2");
}

static void verify_late(void)
{
	cc = mutual_client();
	sc = server_config(CERT_P256);
	trust_test_ca(sc);
	sealsock_config_post_handshake_auth(cc, true);
	sealsock_config_post_handshake_auth(sc, true);
	sealsock_config_on_verify(sc, on_verify, NULL);
}

static void hello(void)
{
	no_peer_auth();
	sealsock_config_on_hello(sc, on_hello, NULL);
}

static void hello12(void)
{
	hello();
	sealsock_config_versions(cc, "TLSv1.2");
}

static void ask_to_sign(void)
{
	const struct identity *id = test_server(CERT_P256);

	cc = client_config();
	sc = sealsock_config_new(SEALSOCK_SERVER);
	sealsock_config_env(sc, &test_env);
	sealsock_config_cert_signer(sc, id->cert_pem, strlen(id->cert_pem), NULL);
}

static void ask_to_sign12(void)
{
	ask_to_sign();
	sealsock_config_versions(cc, "TLSv1.2");
}

static const struct row {
	const char *name;
	void (*configure)(void);
	bool client;		/* who is asked */
	bool late;		/* after the handshake */
	bool request;		/* there is no callback, only the request */
	int otherwise;		/* what codes without meaning come to */
} rows[] = {
	{ "on_verify of a client", verify_server, .client = true,
	  .otherwise = SEALSOCK_ERR_REJECTED },
	{ "on_verify of a client of TLS 1.2", verify_server12, .client = true,
	  .otherwise = SEALSOCK_ERR_REJECTED },
	{ "on_verify of a server", verify_client, .otherwise = SEALSOCK_ERR_REJECTED },
	{ "on_verify of a server of TLS 1.2", verify_client12,
	  .otherwise = SEALSOCK_ERR_REJECTED },
	{ "on_verify after the handshake", verify_late, .late = true,
	  .otherwise = SEALSOCK_ERR_REJECTED },
	{ "on_hello", hello, .otherwise = SEALSOCK_ERR_REJECTED },
	{ "on_hello in TLS 1.2", hello12, .otherwise = SEALSOCK_ERR_REJECTED },
	{ "a signer", ask_to_sign, .request = true, .otherwise = SEALSOCK_ERR_CRYPTO },
	{ "a signer in TLS 1.2", ask_to_sign12, .request = true,
	  .otherwise = SEALSOCK_ERR_CRYPTO },
};

/* @meant: a failure of ours, which is reported as it is. */
static const struct code {
	int code;
	bool meant;
} codes[] = {
	{ 1, false }, { 2, false }, { 48, false }, { INT_MAX, false }, { -SEALSOCK_ERRORS, false },
	{ -1000, false }, { INT_MIN, false }, { SEALSOCK_WANT_READ, false },
	{ SEALSOCK_WANT_WRITE, false }, { SEALSOCK_ERR_INVALID, true },
	{ SEALSOCK_ERR_TIMEOUT, true }, { SEALSOCK_ERR_CLOSED, true },
	{ SEALSOCK_ERR_CERT_REVOKED, true },
};

/* Until the one who is asked waits, or has failed, or nothing moves. */
static void go_on(const struct row *r)
{
	shake_hands(c, s, 0);
	if (r->late && sealsock_conn_ask_cert(s, false) == 0)
		shake_hands(c, s, 0);
}

static int alert_for(int code, int otherwise)
{
	int alert = sealsock_error_alert(code);

	return alert >= 0 ? alert : sealsock_error_alert(otherwise);
}

static bool refused(const struct row *r, int code, bool meant)
{
	struct sealsock_conn *who = r->client ? c : s, *peer = r->client ? s : c;
	const struct sealsock_failure *f = sealsock_conn_error(who);
	int want = meant ? code : r->otherwise;
	size_t moved;

	carry(who, peer, 0, &moved);
	if (sealsock_conn_state(who) == SEALSOCK_STATE_FAILED && f->code == want &&
	    f->direction == SEALSOCK_DIR_SENT && f->alert == alert_for(want, r->otherwise) &&
	    f->text[0] && !record_keyed(&who->ch.rx) &&
	    sealsock_conn_error(peer)->code == SEALSOCK_ERR_ALERT &&
	    sealsock_conn_error(peer)->alert == f->alert)
		return true;
	printf("# %s: %d: state %d, failure %d (%s), alert %d; the peer's failure %d\n", r->name,
	       code, sealsock_conn_state(who), f->code, f->text, f->alert,
	       sealsock_conn_error(peer)->code);
	return false;
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static bool one(const struct row *r, const struct code *code, bool later)
{
	bool good;
	int err;

	result = later ? SEALSOCK_WANT_ANSWER : code->code;
	r->configure();
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	go_on(r);
	if (later) {
		err = sealsock_conn_answer(r->client ? c : s, code->code, "", 0);
		if (err != (code->meant ? code->code : r->otherwise))
			printf("# sealsock_conn_answer: %d\n", err);
	}
	good = refused(r, code->code, code->meant);
	close_both();
	return good;
}

static void all_codes(const struct row *r)
{
	static const struct code again = { SEALSOCK_WANT_ANSWER, false };
	bool now = true, later = true;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (!r->request)
			now &= one(r, &codes[i], false);
		later &= one(r, &codes[i], true);
	}
	later &= one(r, &again, true);
	if (!r->request)
		ok(now, "%s: no code but 0 is a yes", r->name);
	ok(later, "%s: nor as an answer", r->name);
}

/* A session store that lies about what it gave. */
static size_t too_much(void *arg, const void *id, size_t id_len, int64_t now, void *session,
		       size_t room)
{
	(void)arg;
	(void)id;
	(void)id_len;
	(void)now;
	memset(session, 1, room);
	return (size_t)-1;
}

static void put_nothing(void *arg, const void *id, size_t id_len, const void *session, size_t n,
			int64_t expires)
{
	(void)arg;
	(void)id;
	(void)id_len;
	(void)session;
	(void)n;
	(void)expires;
}

static void stores(const char *versions)
{
	static const struct sealsock_session_store liar = {
		.put = put_nothing, .get = too_much, .take = too_much,
	};

	no_peer_auth();
	sealsock_config_versions(cc, versions);
	sealsock_config_session_store(cc, &liar);
	sealsock_config_session_store(sc, &liar);
	sealsock_config_ticket_count(sc, 0);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "%s: a store that gave more than there is room for gave nothing",
	   versions);
	close_both();
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		all_codes(&rows[i]);
	stores("TLSv1.3");
	stores("TLSv1.2");
	free_test_identities();
	return done();
}
