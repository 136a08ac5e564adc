// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Sessions and the application's own trust: what on_verify said of a peer under one configuration
 * counts for no other. It is asked again, with the chain at hand, or its tag decides.
 */
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "mutual.h"
#include "resume_hows.h"
#include "resume/session_store.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct memory_store *memory;
static struct sealsock_session_store shared;	/* by all configurations of a case */
static char key_path[] = "/tmp/sealsock-test-XXXXXX";

/* What the callback found, and says. */
static int asked, says;
static unsigned int certs;

static int judge(void *arg, struct sealsock_conn *conn)
{
	size_t n;

	(void)arg;
	asked++;
	for (certs = 0; sealsock_conn_peer_cert(conn, certs, &n); certs++)
		;
	return says;
}

/* Both sides; the one at stake has a callback if @ask, and @tag. */
static void configure(const struct how *h, bool ask, const char *tag)
{
	struct sealsock_config *cfg;

	cc = h->server ? mutual_client() : client_config();
	sc = h->server ? mutual_server() : server_config(CERT_P256);
	sealsock_config_versions(sc, h->versions);
	sealsock_config_session_store(cc, &shared);
	if (h->ids)
		sealsock_config_ticket_count(sc, 0);
	else
		sealsock_config_ticket_count(sc, 1);
	if (h->ids)
		sealsock_config_session_store(sc, &shared);
	else if (sealsock_config_ticket_keys_file(sc, key_path))
		exit(1);
	cfg = h->server ? sc : cc;
	if (ask)
		sealsock_config_on_verify(cfg, judge, NULL);
	if (tag)
		sealsock_config_trust_tag(cfg, tag, strlen(tag));
}

static void open_both(void)
{
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	asked = 0;
	certs = 0;
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static bool resumed(void)
{
	struct sealsock_info a, b;

	sealsock_conn_info(c, &a);
	sealsock_conn_info(s, &b);
	return a.resumed && b.resumed;
}

/* A full handshake that leaves a session, under a lenient application. */
static bool first(const struct how *h, bool ask, const char *tag)
{
	bool good;

	memory_store_free(memory);
	memory = memory_store_new(&test_env_full, 100);
	memory_store_describe(memory, &shared);
	says = 0;
	configure(h, ask, tag);
	open_both();
	good = shake_hands(c, s, 0) && !resumed() && asked == ask;
	close_both();
	return good;
}

static void refuses(const struct how *h)
{
	struct sealsock_conn *who;
	const struct sealsock_failure *f;

	ok(first(h, true, NULL), "%s: the application accepts the peer", h->name);
	configure(h, true, NULL);
	open_both();
	says = SEALSOCK_ERR_REJECTED;
	shake_hands(c, s, 0);
	who = h->server ? s : c;
	f = sealsock_conn_error(who);
	ok(asked == 1 && certs == 1 && f->code == SEALSOCK_ERR_REJECTED &&
	   f->direction == SEALSOCK_DIR_SENT &&
	   sealsock_conn_state(who) == SEALSOCK_STATE_FAILED,
	   "attack: %s: one that refuses it is asked on resumption too", h->name);
	close_both();
}

static void thinks(const struct how *h, int answer)
{
	struct sealsock_request r;
	struct sealsock_conn *who;
	bool waits;

	ok(first(h, true, NULL), "%s: the application accepts the peer", h->name);
	configure(h, true, NULL);
	open_both();
	says = SEALSOCK_WANT_ANSWER;
	shake_hands(c, s, 0);
	who = h->server ? s : c;
	waits = asked == 1 && sealsock_conn_request(who, &r) == 0 &&
		r.kind == SEALSOCK_REQUEST_VERIFY;
	sealsock_conn_answer(who, answer, NULL, 0);
	ok(waits && shake_hands(c, s, 0) == !answer &&
	   (answer ? sealsock_conn_error(who)->code == answer : resumed()),
	   "%s: or thinks about it, and %s", h->name, answer ? "refuses" : "accepts");
	close_both();
}

/* @want: is the session resumed, and is the application asked? */
static void across(const struct how *h, bool ask, const char *tag, bool then_ask,
		   const char *then_tag, bool want, int want_asked, const char *name)
{
	bool good = first(h, ask, tag);

	configure(h, then_ask, then_tag);
	open_both();
	good &= shake_hands(c, s, 0);
	ok(good && resumed() == want && asked == want_asked, "%s: %s", h->name, name);
	close_both();
}

static void all(const struct how *h)
{
	refuses(h);
	thinks(h, 0);
	thinks(h, SEALSOCK_ERR_REJECTED);
	across(h, true, NULL, true, NULL, true, 1, "asked again, it resumes");
	across(h, false, NULL, false, NULL, true, 0, "without a callback it resumes");
	across(h, false, NULL, true, NULL, false, 1, "attack: not where one is asked now");
	across(h, true, "list 1", true, "list 1", true, 0, "the same tag: nobody is asked");
	across(h, true, "list 1", true, "list 2", false, 1, "attack: another tag: in full");
	across(h, true, NULL, true, "list 1", false, 1, "attack: a new tag: in full");
	across(h, true, "list 1", true, NULL, false, 1, "attack: no tag any more: in full");
	across(h, false, "list 1", false, "list 2", false, 0, "a tag works without a callback");
}

int main(void)
{
	uint8_t keys[48] = { 1, 2, 3 };
	int fd = mkstemp(key_path);
	size_t i;

	if (fd < 0 || write(fd, keys, sizeof(keys)) != sizeof(keys))
		exit(1);
	close(fd);
	for (i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
		all(&hows[i]);
	memory_store_free(memory);
	unlink(key_path);
	free_test_identities();
	return done();
}
