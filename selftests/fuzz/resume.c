// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Sessions, tickets and pre-shared keys. First byte:
 *  0: the text of a session, set on a client, and written again
 *  1, 2: a ClientHello with a ticket, or with an external PSK, with bytes changed (16-bit place,
 *        value to be xored); 3, 4: the same, with its binders computed anew
 *  5: a ticket, as it comes from the network
 *  6: what is sealed inside a ticket, which a client then offers
 */
#include "engine.h"
#include "hs/hs.h"
#include "hs/psk13.h"
#include "resume/session.h"
#include "resume/ticket.h"

enum { TICKET, EXTERNAL, KINDS };

static struct sealsock_config *cc[KINDS], *sc;
static struct hash *scratch;
static const uint8_t salt[TICKET_SALT];
static uint8_t session[SEALSOCK_SESSION_MAX];
static size_t session_len;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";
	struct sealsock_conn *c, *s;
	ssize_t n;
	int i;

	(void)argc;
	(void)argv;
	test_random_reset();
	scratch = hash_new();
	MUST(scratch);
	sc = server_config(CERT_P256);
	sealsock_config_psk(sc, "shared", key, 32, "SHA256", "localhost");
	for (i = 0; i < KINDS; i++)
		cc[i] = client_config();
	sealsock_config_psk(cc[EXTERNAL], "shared", key, 32, "SHA256", "localhost");
	sealsock_config_psk(cc[EXTERNAL], "other", key, 32, "SHA384", NULL);
	c = client_conn(cc[TICKET]);
	s = sealsock_conn_new(sc);
	MUST(shake_hands(c, s, 0));
	n = sealsock_conn_session(c, session, sizeof(session));
	MUST(n > 0);
	session_len = (size_t)n;
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	return 0;
}

static void text(struct bytes in)
{
	struct sealsock_conn *c = client_conn(cc[TICKET]);
	struct session s;
	struct builder w;
	struct buf again;
	const void *out;
	size_t n;

	buf_init(&again, &test_env_full);
	w = (struct builder){ .buf = &again };
	if (session_read(in, &s)) {
		session_write(&s, &w);
		MUST(!w.bad && bytes_equal(bytes_of(again.p, again.n), in));
	}
	session_wipe(&s);
	buf_free(&again);
	if (sealsock_conn_set_session(c, in.p, in.n) == 0)
		MUST(sealsock_conn_output(c, &out, &n) == 0 && n > 0);
	fuzz_check(c);
	sealsock_conn_free(c);
}

/* A server takes what a client says; was it resumed? */
static bool offer(const uint8_t *p, size_t n)
{
	struct sealsock_conn *s = sealsock_conn_new(sc);
	struct sealsock_info info;

	feed_all(s, p, n, 0);
	sealsock_conn_info(s, &info);
	MUST(!s->done);
	fuzz_check(s);
	sealsock_conn_free(s);
	return info.resumed;
}

static void changed_hello(struct bytes in, int kind, bool rebind)
{
	struct sealsock_conn *c = client_conn(cc[kind]);
	size_t binders = kind == TICKET ? 33 : 33 + 49;
	uint16_t at;
	uint8_t v;
	struct buf *hello = &c->hs->hello;
	const void *p;
	size_t n;
	bool same = true;
	uint8_t rec[2048];

	if (kind == TICKET)
		MUST(!sealsock_conn_set_session(c, session, session_len));
	MUST(!sealsock_conn_output(c, &p, &n) && hello->n + 5 == n && n < sizeof(rec));
	while (rd_u16(&in, &at) && rd_u8(&in, &v)) {
		/* The type and length of the message belong to others to be tried. */
		at = (uint16_t)(MSG_HEADER + at % (hello->n - MSG_HEADER));
		hello->p[at] ^= v;
		same &= !v;
	}
	if (rebind)
		MUST(psk13_bind(c->hs, hello, binders) == 0);
	n = plain_record(22, hello->p, hello->n, rec);
	MUST(offer(rec, n) || !same);
	sealsock_conn_free(c);
}

static void ticket(struct bytes in)
{
	struct buf state;

	buf_init(&state, &test_env_full);
	/* Nobody makes one without the keys. */
	MUST(ticket_open(sc->tickets, scratch, in, &state));
	buf_free(&state);
}

/* The client's session for a ticket with this state: whatever helps to get it used. */
static bool client_session(const struct session *state, struct bytes sealed, struct buf *out)
{
	struct builder w = { .buf = out };
	struct session s = *state;

	s.role = SEALSOCK_CLIENT;
	s.made = TEST_NOW;
	s.issued = TEST_NOW;
	s.expires = TEST_NOW + 1000;
	s.trust = bytes_of(cc[TICKET]->trust_id, TRUST_ID);
	s.host = bytes_of("localhost", 9);
	s.peer = bytes_of(NULL, 0);
	s.id = bytes_of(NULL, 0);
	s.ems = true;
	s.verified = true;
	s.ticket = sealed;
	session_write(&s, &w);
	session_wipe(&s);
	return !w.bad && sealed.n <= SESSION_TICKET_MAX;
}

static void sealed_state(struct bytes in)
{
	struct sealsock_conn *c = client_conn(cc[TICKET]);
	struct buf sealed, state, ours;
	struct builder w = { .buf = &sealed };
	struct session s;
	const void *p;
	size_t n;

	buf_init(&sealed, &test_env_full);
	buf_init(&state, &test_env_full);
	buf_init(&ours, &test_env_full);
	MUST(!ticket_seal(sc->tickets, scratch, salt, in, &w));
	MUST(!ticket_open(sc->tickets, scratch, bytes_of(sealed.p, sealed.n), &state));
	MUST(bytes_equal(bytes_of(state.p, state.n), in));
	if (session_read(in, &s) && client_session(&s, bytes_of(sealed.p, sealed.n), &ours) &&
	    !sealsock_conn_set_session(c, ours.p, ours.n) && !sealsock_conn_output(c, &p, &n) &&
	    offer(p, n))
		MUST(config_resumes(sc, &s, s.version, bytes_of("localhost", 9)));
	session_wipe(&s);
	buf_free(&sealed);
	buf_free(&state);
	buf_free(&ours);
	sealsock_conn_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data + 1, size - 1);

	if (!size)
		return 0;
	test_random_reset();
	switch (data[0]) {
	case 0:
		text(in);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		changed_hello(in, (data[0] - 1) % 2, data[0] > 2);
		break;
	case 5:
		ticket(in);
		break;
	case 6:
		sealed_state(in);
		break;
	default:
		break;
	}
	return 0;
}
