// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The parsers of messages and extensions; what is read can be written again, and reads the same. */
#include "fuzz.h"
#include "msg/msg.h"
#include "pair.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* Everything an extension block yields lies inside the input. */
static void inside(struct bytes part, struct bytes all)
{
	if (part.n)
		MUST(part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void look(const struct ext_set *e, struct bytes all)
{
	struct bytes list = e->shares, key, name;
	uint16_t group;

	inside(e->host_name, all);
	inside(e->groups, all);
	inside(e->sigalgs, all);
	inside(e->sigalgs_cert, all);
	inside(e->alpn, all);
	inside(e->versions, all);
	inside(e->shares, all);
	inside(e->share, all);
	inside(e->cookie, all);
	inside(e->psk_modes, all);
	while (key_share_next(&list, &group, &key))
		inside(key, all);
	MUST(list.n == 0);
	list = e->alpn;
	while (alpn_next(&list, &name))
		inside(name, all);
	MUST(list.n == 0);
}

/* Only the rows that have a builder come back. */
static void client_hello(struct bytes body)
{
	struct client_hello ch, again;
	struct builder w;
	struct buf out;

	if (client_hello_parse(body, &ch) || client_hello_parse_ext(&ch))
		return;
	look(&ch.ext, body);
	client_hello_check13(&ch);
	buf_init(&out, &test_env_full);
	w = (struct builder){ .buf = &out };
	client_hello_build(&ch, &w);
	/* psk_modes has no builder, and groups of an EncryptedExtensions may be absent. */
	if (!w.bad) {
		MUST(client_hello_parse(bytes_of(out.p + 4, out.n - 4), &again) == 0);
		MUST(client_hello_parse_ext(&again) == 0);
		MUST(bytes_equal(again.ext.shares, ch.ext.shares));
		MUST(bytes_equal(again.ext.alpn, ch.ext.alpn));
		MUST(bytes_equal(again.ext.host_name, ch.ext.host_name));
		MUST(bytes_equal(again.suites, ch.suites));
	}
	buf_free(&out);
}

static void server_hello(struct bytes body)
{
	struct server_hello sh, again;
	struct builder w;
	struct buf out;

	if (server_hello_parse(body, &sh) || server_hello_parse_ext(&sh, ~0u))
		return;
	look(&sh.ext, body);
	server_hello_downgraded(&sh);
	buf_init(&out, &test_env_full);
	w = (struct builder){ .buf = &out };
	server_hello_build(&sh, &w);
	MUST(!w.bad);
	MUST(server_hello_parse(bytes_of(out.p + 4, out.n - 4), &again) == 0);
	MUST(server_hello_parse_ext(&again, ~0u) == 0);
	MUST(bytes_equal(again.ext.share, sh.ext.share) && again.suite == sh.suite &&
	     again.retry == sh.retry && again.ext.version == sh.ext.version);
	buf_free(&out);
}

static void certificate(struct bytes body)
{
	struct certificate c;
	size_t i;

	if (certificate_parse(body, &c, 0))
		return;
	inside(c.context, body);
	MUST(c.count <= CHAIN_MAX);
	for (i = 0; i < c.count; i++) {
		MUST(c.certs[i].n > 0);
		inside(c.certs[i], body);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct encrypted_extensions ee;
	struct certificate_request cr;
	struct certificate_verify cv;
	struct new_session_ticket t;
	const char *why;
	struct bytes body, verify;
	bool request;

	if (!size)
		return 0;
	body = bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case MSG_CLIENT_HELLO:
		client_hello(body);
		break;
	case MSG_SERVER_HELLO:
		server_hello(body);
		break;
	case MSG_ENCRYPTED_EXTENSIONS:
		if (encrypted_extensions_parse(body, &ee, ~0u) == 0)
			look(&ee.ext, body);
		break;
	case MSG_CERTIFICATE:
		certificate(body);
		break;
	case MSG_CERTIFICATE_REQUEST:
		if (certificate_request_parse(body, &cr) == 0)
			look(&cr.ext, body);
		break;
	case MSG_CERTIFICATE_VERIFY:
		if (certificate_verify_parse(body, &cv) == 0)
			inside(cv.signature, body);
		break;
	case MSG_NEW_SESSION_TICKET:
		if (new_session_ticket_parse(body, &t) == 0)
			inside(t.ticket, body);
		break;
	case MSG_FINISHED:
		finished_parse(body, 32, &verify, &why);
		break;
	case MSG_KEY_UPDATE:
		key_update_parse(body, &request, &why);
		break;
	default:
		break;
	}
	return 0;
}
