// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Attacks on resumption, made by who has the keys: a session with one thing wrong, at the server
 * (in a ticket sealed with its own keys) or at the client, leads to a full handshake. Then key
 * exchange: secrets keep their length, no key is used twice, a fork shares no random state.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hs/hs.h"
#include "mutual.h"
#include "resume/session.h"
#include "resume/ticket.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct hash *scratch;
static const uint8_t salt[TICKET_SALT];

/* What is wrong. */
enum what {
	NOTHING, ROLE, VERSION, BOTH_VERSIONS, NO_EMS, HOST, NO_HOST, TRUST, EXPIRED, TOO_OLD,
	FUTURE, LONG_LIVED, SUITE, OTHER_SUITE, CUT,
};

static void spoil(struct session *s, enum what what)
{
	static const uint8_t other_trust[TRUST_ID];
	bool is12 = s->version == VERSION_TLS12;

	switch (what) {
	case ROLE:
		s->role = s->role == SEALSOCK_CLIENT ? SEALSOCK_SERVER : SEALSOCK_CLIENT;
		break;
	case VERSION:
	case BOTH_VERSIONS:
		s->version = is12 ? VERSION_TLS13 : VERSION_TLS12;
		s->suite = is12 ? 0x1301 : 0xc02b;
		s->secret.n = is12 ? 32 : 48;
		s->ems = true;
		break;
	case NO_EMS:
		s->ems = false;
		break;
	case HOST:
		s->host = bytes_of("other.example", 13);
		break;
	case NO_HOST:
		s->host = bytes_of(NULL, 0);
		break;
	case TRUST:
		s->trust = bytes_of(other_trust, TRUST_ID);
		break;
	case EXPIRED:
		s->expires = TEST_NOW;
		break;
	case TOO_OLD:
		s->made = TEST_NOW - SESSION_LIFETIME - 1;
		break;
	case FUTURE:
		s->made = TEST_NOW + 3600;
		s->issued = s->made;
		s->expires = TEST_NOW + 7200;
		break;
	case LONG_LIVED:
		s->expires = TEST_NOW + 30 * 86400;
		break;
	case SUITE:
		s->suite = 0x9999;
		break;
	case OTHER_SUITE:
		s->suite = is12 ? 0x1301 : 0xc02b;
		break;
	default:
		break;
	}
}

static size_t write_session(const struct session *s, uint8_t *out)
{
	struct buf text;
	struct builder w = { .buf = &text };
	size_t n;

	buf_init(&text, &test_env_full);
	session_write(s, &w);
	n = text.n;
	memcpy(out, text.p, n);
	buf_free(&text);
	return n;
}

static char key_path[] = "/tmp/sealsock-test-XXXXXX";

/* All servers have the same keys. */
static struct sealsock_config *server(const char *versions)
{
	struct sealsock_config *cfg = server_config(CERT_P256);

	sealsock_config_versions(cfg, versions);
	if (sealsock_config_ticket_keys_file(cfg, key_path)) {
		printf("Bail out! ticket keys: %s\n", sealsock_config_error(cfg));
		exit(1);
	}
	return cfg;
}

static void make_keys(void)
{
	uint8_t keys[48] = { 1, 2, 3 };
	int fd = mkstemp(key_path);

	if (fd < 0 || write(fd, keys, sizeof(keys)) != sizeof(keys))
		exit(1);
	close(fd);
}

/* A session of a full handshake, and what its ticket has in it. */
static bool begin(struct session *s, uint8_t *text, struct session *state, struct buf *state_text)
{
	struct sealsock_conn *c = client_conn(cc), *v = sealsock_conn_new(sc);
	bool good = shake_hands(c, v, 0);
	ssize_t n = good ? sealsock_conn_session(c, text, SEALSOCK_SESSION_MAX) : 0;

	sealsock_conn_free(c);
	sealsock_conn_free(v);
	return n > 0 && session_read(bytes_of(text, (size_t)n), s) &&
	       !ticket_open(sc->tickets, scratch, s->ticket, state_text) &&
	       session_read(bytes_of(state_text->p, state_text->n), state);
}

/* Resumes with them; sets *good to whether the handshake completed. */
static bool resumes(struct session *s, const struct session *state, bool cut, bool *good)
{
	struct sealsock_conn *c = client_conn(cc), *v = sealsock_conn_new(sc);
	uint8_t text[SEALSOCK_SESSION_MAX];
	struct sealsock_info info;
	struct buf sealed;
	struct builder w = { .buf = &sealed };
	size_t n;

	buf_init(&sealed, &test_env_full);
	n = write_session(state, text);
	ticket_seal(sc->tickets, scratch, salt, bytes_of(text, cut ? n - 1 : n), &w);
	s->ticket = bytes_of(sealed.p, sealed.n);
	n = write_session(s, text);
	sealsock_conn_set_session(c, text, n);
	*good = shake_hands(c, v, 0);
	sealsock_conn_info(v, &info);
	buf_free(&sealed);
	sealsock_conn_free(c);
	sealsock_conn_free(v);
	return info.resumed;
}

static void row(enum what what, bool at_client, const char *name)
{
	static const char *const versions[] = { "TLSv1.3", "TLSv1.2" };
	uint8_t text[SEALSOCK_SESSION_MAX];
	struct session s, state;
	struct buf state_text;
	bool good, resumed;
	int i;

	for (i = 0; i < 2; i++) {
		if (i == 0 && what == NO_EMS)
			continue;	/* TLS 1.3 has no such thing */
		cc = client_config();
		sc = server(versions[i]);
		buf_init(&state_text, &test_env_full);
		if (!ok(begin(&s, text, &state, &state_text), "%s: a session", versions[i]))
			exit(1);
		/* So that a session moved to the other version could be used there. */
		if (what == BOTH_VERSIONS) {
			sealsock_config_unref(sc);
			sc = server(versions[1 - i]);
			spoil(&s, what);
		} else {
			spoil(at_client ? &s : &state, what);
		}
		resumed = resumes(&s, &state, what == CUT, &good);
		ok(good && resumed == (what == NOTHING), "%s%s: %s (%s)",
		   what == NOTHING ? "" : "attack: ", name,
		   what == NOTHING ? "resumed" : "a full handshake", versions[i]);
		session_wipe(&s);
		session_wipe(&state);
		buf_free(&state_text);
		sealsock_config_unref(cc);
		sealsock_config_unref(sc);
	}
}

/* RFC 8446 §7.4.2: a secret that begins with zeros keeps them. Raccoon is about those cut off. */
static void leading_zeros(uint16_t group, const char *name)
{
	struct crypto *crypto = crypto_get();
	uint8_t one[KEX_SECRET_MAX], two[KEX_SECRET_MAX];
	struct kex *a, *b;
	size_t n = 0, m = 0;
	unsigned int i;
	bool same = true;

	one[0] = 1;
	for (i = 0; i < 20000 && one[0] && same; i++) {
		kex_new(crypto, &env_default, group, &a);
		kex_answer(crypto, &env_default, group, NULL, kex_share(a), &b, one, &n);
		kex_derive(a, kex_share(b), two, &m);
		same = n == 32 && m == 32 && !memcmp(one, two, 32);
		kex_free(a);
		kex_free(b);
	}
	ok(same && !one[0],
	   "attack: Raccoon: %s: a secret with a leading zero has 32 bytes (%u tried)", name, i);
	crypto_put(crypto);
}

static void fresh_shares(void)
{
	static uint8_t seen[64][32];
	unsigned int i, j, twice = 0;
	size_t moved;

	cc = client_config();
	sc = server_config(CERT_P256);
	for (i = 0; i < 64; i += 2) {
		struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
		const void *p;
		size_t n;

		sealsock_conn_output(c, &p, &n);
		memcpy(seen[i], kex_share(c->hs->kex).p, 32);
		carry(c, s, 0, &moved);
		sealsock_conn_output(s, &p, &n);
		/* key_share is the ServerHello's first extension, and the key its last 32 bytes. */
		memcpy(seen[i + 1], (const uint8_t *)p + 5 + 4 + 2 + 32 + 33 + 3 + 2 + 8, 32);
		sealsock_conn_free(c);
		sealsock_conn_free(s);
	}
	for (i = 0; i < 64; i++)
		for (j = 0; j < i; j++)
			twice += !memcmp(seen[i], seen[j], 32);
	ok_int(twice, 0, "attack: no key share is used twice");
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* With the library's own random source. */
static void after_fork(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	uint8_t ours[64] = { 0 }, theirs[64] = { 0 };
	struct sealsock_conn *c;
	const void *p;
	int fd[2], status = -1;
	size_t n;
	pid_t pid;

	sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE);
	c = client_conn(cfg);
	if (pipe(fd))
		exit(1);
	fflush(stdout);
	pid = fork();
	sealsock_conn_output(c, &p, &n);
	memcpy(ours, c->hs->random, 32);
	memcpy(ours + 32, kex_share(c->hs->kex).p, 32);
	if (pid == 0)
		_exit(write(fd[1], ours, 64) != 64);
	ok(pid > 0 && read(fd[0], theirs, 64) == 64 && waitpid(pid, &status, 0) == pid && !status,
	   "a child with a copy of a connection");
	ok(memcmp(ours, theirs, 32) && memcmp(ours + 32, theirs + 32, 32),
	   "attack: fork: shares neither random nor key");
	close(fd[0]);
	close(fd[1]);
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

int main(void)
{
	scratch = hash_new();
	make_keys();
	row(NOTHING, false, "nothing wrong");
	row(ROLE, false, "a client's session in a ticket");
	row(VERSION, false, "a ticket of another version");
	row(BOTH_VERSIONS, false, "a session moved to another version");
	row(NO_EMS, false, "triple handshake: a ticket without extended master secret");
	row(HOST, false, "a ticket of another virtual host");
	row(NO_HOST, false, "a ticket of no host");
	row(TRUST, false, "a ticket from before the trust changed");
	row(EXPIRED, false, "an expired ticket");
	row(TOO_OLD, false, "a ticket past the first handshake's lifetime");
	row(FUTURE, false, "a ticket of the future");
	row(LONG_LIVED, false, "a ticket that would live too long");
	row(SUITE, false, "a ticket of an unknown suite");
	row(OTHER_SUITE, false, "a ticket of the other version's suite");
	row(CUT, false, "a ticket that is cut off");
	row(VERSION, true, "a session said to be of another version");
	row(NO_EMS, true, "triple handshake: a session without extended master secret");
	row(HOST, true, "a session of another server");
	row(NO_HOST, true, "a session of no server");
	row(TRUST, true, "a session from before the trust changed");
	row(EXPIRED, true, "an expired session");
	row(TOO_OLD, true, "a session past the first handshake's lifetime");
	row(FUTURE, true, "a session of the future");
	row(SUITE, true, "a session of an unknown suite");
	row(OTHER_SUITE, true, "a session of the other version's suite");
	leading_zeros(GROUP_SECP256R1, "secp256r1");
	leading_zeros(GROUP_X25519, "x25519");
	fresh_shares();
	after_fork();
	unlink(key_path);
	hash_free(scratch);
	free_test_identities();
	return done();
}
