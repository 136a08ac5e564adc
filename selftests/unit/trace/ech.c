// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A trace has both ClientHellos of Encrypted Client Hello, and says of neither what it is not. */
#include "ech.h"
#include "tap.h"

struct seen {
	char names[1024];		/* of all messages, in order */
	bool leaks;			/* one in the clear has the hidden name */
	bool malformed;
	char fields[8192];		/* of the ClientHellos: name=value */
};

static void field(void *arg, const struct sealsock_trace_field *f)
{
	struct seen *s = arg;
	size_t n = strlen(s->fields);

	snprintf(s->fields + n, sizeof(s->fields) - n, "%s=%s;", f->name, f->value);
}

static void event(void *arg, const struct sealsock_trace_event *e)
{
	struct seen *s = arg;
	size_t n = strlen(s->names);

	if (e->kind != SEALSOCK_TRACE_MESSAGE && e->kind != SEALSOCK_TRACE_INNER)
		return;
	snprintf(s->names + n, sizeof(s->names) - n, "%s%s;", e->encrypted ? "*" : "", e->name);
	s->leaks |= !e->encrypted && memmem(e->bytes, e->len, "secret", 6);
	if (strstr(e->name, "ClientHello"))
		s->malformed |= sealsock_trace_decode(e, field, s) != 0;
}

static void traced(bool retry, const char *client, const char *server)
{
	struct seen c = { .leaks = false }, s = { .leaks = false };
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *a, *b;
	struct ech_pair pair;

	ech_pair_make(&pair, NULL, ECH_PUBLIC);
	cc = ech_client(&pair);
	sc = ech_server(&pair);
	sealsock_config_trace(cc, event, &c);
	sealsock_config_trace(sc, event, &s);
	if (retry)
		sealsock_config_groups(sc, "secp384r1");
	a = ech_conn(cc);
	b = sealsock_conn_new(sc);
	ok(shake_hands(a, b, 0), "a handshake%s", retry ? ", retried" : "");
	ok(!strncmp(c.names, client, strlen(client)), "the client's: %s", c.names);
	ok(!strncmp(s.names, server, strlen(server)), "the server's: %s", s.names);
	ok(!c.leaks && !s.leaks, "what is in the clear does not have the name");
	ok(!c.malformed && !s.malformed, "all of it can be read");
	ok(strstr(c.fields, "host_name=" ECH_SECRET) && strstr(c.fields, "host_name=" ECH_PUBLIC) &&
	   strstr(c.fields, "type=inner") && strstr(c.fields, "type=outer"),
	   "both names and both extensions");
	ok(strstr(s.fields, "host_name=" ECH_SECRET), "the server has unfolded the inner one");
	sealsock_conn_free(a);
	sealsock_conn_free(b);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	traced(false, "*inner ClientHello;ClientHello;ServerHello;*EncryptedExtensions;",
	       "ClientHello;*inner ClientHello;ServerHello;*EncryptedExtensions;");
	traced(true, "*inner ClientHello;ClientHello;HelloRetryRequest;*inner ClientHello;",
	       "ClientHello;*inner ClientHello;HelloRetryRequest;ClientHello;*inner ClientHello;");
	free_test_identities();
	return done();
}
