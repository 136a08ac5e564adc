// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ServerHellos and HelloRetryRequests that a client must refuse. */
#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "tap.h"

static uint8_t record[20000];

struct scene {
	struct sealsock_config *cc, *sc;
	struct sealsock_conn *client, *server;
	struct hello answer;	/* the server's first message */
};

/* A client, and what a server answers it; with @retry a HelloRetryRequest. */
static void open_scene(struct scene *s, bool retry)
{
	uint8_t out[8192];
	size_t moved, n;

	s->cc = client_config();
	s->sc = server_config(CERT_P256);
	sealsock_config_versions(s->cc, "TLSv1.3");
	if (retry)
		sealsock_config_groups(s->sc, "secp256r1");
	s->client = client_conn(s->cc);
	s->server = sealsock_conn_new(s->sc);
	carry(s->client, s->server, 0, &moved);
	n = drain(s->server, out, sizeof(out));
	(void)n;
	hello_read(&s->answer, bytes_of(out + 5, (size_t)(out[3] << 8 | out[4])));
}

static void close_scene(struct scene *s)
{
	sealsock_conn_free(s->client);
	sealsock_conn_free(s->server);
	sealsock_config_unref(s->cc);
	sealsock_config_unref(s->sc);
}

static int give(struct scene *s)
{
	return feed_all(s->client, record, hello_record(&s->answer, record), 0);
}

enum op { SET, ADD, DROP, SUITE, VERSION, SESSION, COMPRESSION, RANDOM_END, CUT, EXTRA, NO_EXT };

struct row {
	const char *name;
	enum op op;
	uint16_t type;		/* extension, or a number */
	const char *hex;
	int code;
};

static const struct row sh_rows[] = {
	{ "another version in supported_versions", SET, 43, "0303", SEALSOCK_ERR_ILLEGAL },
	{ "supported_versions of one byte", SET, 43, "03", SEALSOCK_ERR_DECODE },
	{ "supported_versions as a list", SET, 43, "020304", SEALSOCK_ERR_DECODE },
	{ "TLS 1.2 chosen", DROP, 43, "", SEALSOCK_ERR_VERSION },
	{ "supported_versions twice", ADD, 43, "0304", SEALSOCK_ERR_ILLEGAL },
	{ "key_share missing", DROP, 51, "", SEALSOCK_ERR_MISSING_EXT },
	{ "key_share of a group only", SET, 51, "001d", SEALSOCK_ERR_DECODE },
	{ "key_share of another group", SET, 51, "00170001aa", SEALSOCK_ERR_ILLEGAL },
	{ "key_share of a group that does not exist", SET, 51, "fafa0001aa",
	  SEALSOCK_ERR_ILLEGAL },
	{ "key_share too short", SET, 51, "001d0001aa", SEALSOCK_ERR_ILLEGAL },
	{ "key_share all zeros", SET, 51,
	  "001d00200000000000000000000000000000000000000000000000000000000000000000",
	  SEALSOCK_ERR_ILLEGAL },
	{ "key_share empty", SET, 51, "001d0000", SEALSOCK_ERR_DECODE },
	{ "key_share with a tail", SET, 51,
	  "001d0020000000000000000000000000000000000000000000000000000000000000000100",
	  SEALSOCK_ERR_DECODE },
	{ "pre_shared_key that was not offered", ADD, 41, "0000", SEALSOCK_ERR_UNOFFERED_EXT },
	{ "unknown extension", ADD, 0xfafa, "", SEALSOCK_ERR_UNOFFERED_EXT },
	{ "server_name in the wrong message", ADD, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "ALPN in the wrong message", ADD, 16, "0003026832", SEALSOCK_ERR_ILLEGAL },
	{ "cookie in a ServerHello", ADD, 44, "000161", SEALSOCK_ERR_ILLEGAL },
	{ "suite that was not offered", SUITE, 0x1305, "", SEALSOCK_ERR_ILLEGAL },
	{ "suite of TLS 1.2", SUITE, 0xc02f, "", SEALSOCK_ERR_ILLEGAL },
	{ "GREASE suite", SUITE, 0x0a0a, "", SEALSOCK_ERR_ILLEGAL },
	{ "legacy_version 0x0304", VERSION, 0x0304, "", SEALSOCK_ERR_ILLEGAL },
	{ "legacy_version of SSL 3", VERSION, 0x0300, "", SEALSOCK_ERR_VERSION },
	{ "session id not echoed", SESSION, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "session id of another length", SESSION, 31, "", SEALSOCK_ERR_ILLEGAL },
	{ "session id of 33 bytes", SESSION, 33, "", SEALSOCK_ERR_DECODE },
	{ "compression", COMPRESSION, 1, "", SEALSOCK_ERR_ILLEGAL },
	{ "cut in the random", CUT, 90, "", SEALSOCK_ERR_DECODE },
	{ "cut by a byte", CUT, 1, "", SEALSOCK_ERR_DECODE },
	{ "a byte too many", EXTRA, 1, "", SEALSOCK_ERR_DECODE },
	{ "no extensions", NO_EXT, 0, "", SEALSOCK_ERR_VERSION },
};

static const struct row hrr_rows[] = {
	{ "retry: group that was not offered", SET, 51, "0016", SEALSOCK_ERR_ILLEGAL },
	{ "retry: group whose share was sent", SET, 51, "001d", SEALSOCK_ERR_ILLEGAL },
	{ "retry: a share instead of a group", SET, 51, "00170001aa", SEALSOCK_ERR_DECODE },
	{ "retry: nothing to change", DROP, 51, "", SEALSOCK_ERR_ILLEGAL },
	{ "retry: cookie empty", ADD, 44, "0000", SEALSOCK_ERR_DECODE },
	{ "retry: unknown extension", ADD, 0xfafa, "", SEALSOCK_ERR_UNOFFERED_EXT },
	{ "retry: key_share twice", ADD, 51, "0017", SEALSOCK_ERR_ILLEGAL },
	{ "retry: another version", SET, 43, "0303", SEALSOCK_ERR_ILLEGAL },
	{ "retry: no version", DROP, 43, "", SEALSOCK_ERR_VERSION },
	{ "retry: suite that was not offered", SUITE, 0x1305, "", SEALSOCK_ERR_ILLEGAL },
	{ "retry: compression", COMPRESSION, 1, "", SEALSOCK_ERR_ILLEGAL },
	{ "retry: session id not echoed", SESSION, 0, "", SEALSOCK_ERR_ILLEGAL },
	{ "retry: legacy_version 0x0301", VERSION, 0x0301, "", SEALSOCK_ERR_ILLEGAL },
	{ "retry: cut by a byte", CUT, 1, "", SEALSOCK_ERR_DECODE },
};

static void change(struct hello *h, const struct row *r)
{
	switch (r->op) {
	case SET:
		hello_set(h, r->type, r->hex);
		break;
	case ADD:
		hello_add(h, r->type, r->hex);
		break;
	case DROP:
		hello_drop(h, r->type);
		break;
	case SUITE:
		h->suites[0] = (uint8_t)(r->type >> 8);
		h->suites[1] = (uint8_t)r->type;
		break;
	case VERSION:
		h->version = r->type;
		break;
	case SESSION:
		h->session_id[0] ^= 1;
		if (r->type)
			h->session_id_len = r->type;
		break;
	case COMPRESSION:
		h->compression[0] = (uint8_t)r->type;
		break;
	case CUT:
		h->cut = r->type;
		break;
	case EXTRA:
		h->extra = r->type;
		break;
	default:
		h->no_ext_block = true;
		break;
	}
}

static void rows(const struct row *r, size_t n, bool retry)
{
	struct scene s;

	for (; n--; r++) {
		open_scene(&s, retry);
		change(&s.answer, r);
		expect_failure(s.client, give(&s), r->code, r->name);
		close_scene(&s);
	}
}

static void downgrade(uint8_t last)
{
	struct scene s;

	open_scene(&s, false);
	memcpy(s.answer.random + 24, "DOWNGRD", 7);
	s.answer.random[31] = last;
	hello_drop(&s.answer, 43);
	expect_failure(s.client, give(&s), SEALSOCK_ERR_DOWNGRADE,
		       last ? "downgrade mark of TLS 1.2" : "downgrade mark of TLS 1.1");
	close_scene(&s);
}

/* After a good HelloRetryRequest. */
static void second_answers(void)
{
	struct hello again;
	struct scene s;
	uint8_t out[8192];
	size_t moved, n;

	open_scene(&s, true);
	give(&s);
	expect_failure(s.client, give(&s), SEALSOCK_ERR_UNEXPECTED, "second HelloRetryRequest");
	close_scene(&s);

	open_scene(&s, true);
	give(&s);
	carry(s.client, s.server, 0, &moved);
	n = drain(s.server, out, sizeof(out));
	(void)n;
	hello_read(&again, bytes_of(out + 5, (size_t)(out[3] << 8 | out[4])));
	s.answer = again;
	s.answer.suites[1] = 3;
	expect_failure(s.client, give(&s), SEALSOCK_ERR_ILLEGAL,
		       "another suite than the HelloRetryRequest chose");
	close_scene(&s);

	open_scene(&s, true);
	give(&s);
	carry(s.client, s.server, 0, &moved);
	n = drain(s.server, out, sizeof(out));
	hello_read(&s.answer, bytes_of(out + 5, (size_t)(out[3] << 8 | out[4])));
	hello_set(&s.answer, 51, "001d002009" HEX_ZERO31);
	expect_failure(s.client, give(&s), SEALSOCK_ERR_ILLEGAL,
		       "another group than the HelloRetryRequest asked for");
	close_scene(&s);
}

/* A cookie alone is a reason to ask again: the share stays, the cookie comes back. */
static void cookie_only(void)
{
	struct hello again;
	struct scene s;
	struct hello_ext *e;
	const void *p;
	size_t n;

	open_scene(&s, true);
	hello_drop(&s.answer, 51);
	hello_add(&s.answer, 44, "0003616263");
	drain(s.client, record, sizeof(record));
	ok_int(give(&s), 0, "a HelloRetryRequest with a cookie only");
	sealsock_conn_output(s.client, &p, &n);
	ok(n > 6 && ((const uint8_t *)p)[0] == SEAL_TYPE_CCS, "change_cipher_spec goes first");
	hello_read(&again, bytes_of((const uint8_t *)p + 11, n - 11));
	e = hello_find(&again, 44);
	ok(e && e->n == 5 && !memcmp(e->data, "\0\3abc", 5), "the cookie comes back");
	e = hello_find(&again, 51);
	ok(e && e->n == 5 + 4 + 32 + 2 && e->data[2] == e->data[3] && e->data[8] == 0x1d,
	   "the shares stay");
	close_scene(&s);
}

/* One of as many bytes as there may be, for which a ClientHello has none left. */
static void cookie_too_long(void)
{
	enum { COOKIE = 65000, PIECE = 16384 };
	static uint8_t all[COOKIE + 1024], piece[5 + PIECE] = { 22, 3, 3 };
	struct scene s;
	size_t n, at, part, block;
	int err = 0;

	open_scene(&s, true);
	hello_add(&s.answer, 44, "");
	n = hello_write(&s.answer, all);
	block = 4 + 2 + 32 + 1 + all[4 + 2 + 32] + 2 + 1;
	all[n - 2] = (COOKIE + 2) >> 8;
	all[n - 1] = (COOKIE + 2) & 0xff;
	all[n++] = COOKIE >> 8;
	all[n++] = COOKIE & 0xff;
	n += COOKIE;
	all[1] = (uint8_t)((n - 4) >> 16);
	all[2] = (uint8_t)((n - 4) >> 8);
	all[3] = (uint8_t)(n - 4);
	all[block] = (uint8_t)((n - block - 2) >> 8);
	all[block + 1] = (uint8_t)(n - block - 2);
	drain(s.client, record, sizeof(record));
	for (at = 0; !err && at < n; at += part) {
		part = n - at < PIECE ? n - at : PIECE;
		piece[3] = (uint8_t)(part >> 8);
		piece[4] = (uint8_t)part;
		memcpy(piece + 5, all + at, part);
		err = feed_all(s.client, piece, 5 + part, 0);
	}
	expect_failure(s.client, err, SEALSOCK_ERR_ILLEGAL, "a cookie without room for it");
	close_scene(&s);
}

static void framing(void)
{
	struct scene s;
	size_t n;

	open_scene(&s, false);
	n = hello_write(&s.answer, record + 5);
	memset(record + 5 + n, 8, 6);
	plain_record(SEAL_TYPE_HANDSHAKE, record + 5, n + 6, record + 10000);
	expect_failure(s.client, feed_all(s.client, record + 10000, 5 + n + 6, 0),
		       SEALSOCK_ERR_UNEXPECTED, "a message begun before the keys changed");
	close_scene(&s);

	open_scene(&s, false);
	n = hello_write(&s.answer, record + 5);
	ok_int(feed_all(s.client, record + 10000, plain_record(22, record + 5, 10, record + 10000),
			0), 0, "a ServerHello in two records: the first");
	ok_int(feed_all(s.client, record + 10000, plain_record(22, record + 15, n - 10,
							       record + 10000), 0), 0,
	       "and the second");
	ok_int(s.client->hs->state, HS_WAIT_EE, "make a ServerHello");
	close_scene(&s);

	open_scene(&s, false);
	feed_all(s.client, record + 10000, plain_record(22, record + 5, 3, record + 10000), 0);
	expect_failure(s.client, feed_all(s.client, "\x14\3\3\0\1\1", 6, 0),
		       SEALSOCK_ERR_UNEXPECTED, "change_cipher_spec inside a message");
	close_scene(&s);
}

int main(void)
{
	rows(sh_rows, sizeof(sh_rows) / sizeof(sh_rows[0]), false);
	rows(hrr_rows, sizeof(hrr_rows) / sizeof(hrr_rows[0]), true);
	downgrade(0);
	downgrade(1);
	second_answers();
	cookie_only();
	cookie_too_long();
	framing();
	free_test_identities();
	return done();
}
