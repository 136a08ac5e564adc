// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * TLS 1.2, either side, at every step. First byte: bit 0 the side (1: server), bit 1 mutual
 * authentication, bit 2 resumption, the rest how many of the peer's messages are the real ones.
 * Second byte: which suite. The rest are records: type, 16-bit length, content; sealed by the real
 * peer once the keys are on.
 */
#include "engine.h"
#include "legacy.h"
#include "mutual.h"

static const char *const suites_tried[] = {
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
	/* in the profile "legacy" */
	"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
	"TLS_RSA_WITH_AES_128_CBC_SHA",
	"TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
};

enum { MODERN = 4, SUITES = sizeof(suites_tried) / sizeof(suites_tried[0]) };

static struct sealsock_config *cc[SUITES][2], *sc[SUITES][2];
static uint8_t session[SUITES][2][SEALSOCK_SESSION_MAX];
static size_t session_len[SUITES][2];

/* The connection under test, its peer, and what is still to be fed of the peer's doing. */
struct table {
	struct sealsock_conn *under, *peer;
	unsigned int left;
	bool sealed;
};

static void open_table(struct table *t, uint8_t how, unsigned int suite, bool resume)
{
	bool mutual = how & 2;
	struct sealsock_conn *c, *s;

	test_random_reset();
	c = client_conn(cc[suite][mutual]);
	s = sealsock_conn_new(sc[suite][mutual]);
	MUST(s);
	if (resume)
		MUST(!sealsock_conn_set_session(c, session[suite][mutual],
						session_len[suite][mutual]));
	t->under = how & 1 ? s : c;
	t->peer = how & 1 ? c : s;
	t->left = how >> 3;
	t->sealed = false;
}

static void close_table(struct table *t)
{
	sealsock_conn_free(t->under);
	sealsock_conn_free(t->peer);
}

static bool set_up(unsigned int suite, int mutual)
{
	struct sealsock_config *c = suite < MODERN ? client_config() : legacy_client(NULL);
	struct sealsock_config *s = suite < MODERN ? server_config(CERT_P256) : legacy_server(NULL);
	struct table t;
	ssize_t n;

	if (mutual) {
		add_identity(c, test_client());
		trust_test_ca(s);
		MUST(!sealsock_config_verify(s, SEALSOCK_VERIFY_REQUIRED));
	}
	MUST(!sealsock_config_versions(c, "TLSv1.2"));
	MUST(!sealsock_config_ciphers(c, suites_tried[suite]));
	cc[suite][mutual] = c;
	sc[suite][mutual] = s;
	open_table(&t, mutual ? 2 : 0, suite, false);
	MUST(shake_hands(t.under, t.peer, 0));
	n = sealsock_conn_session(t.under, session[suite][mutual], SEALSOCK_SESSION_MAX);
	session_len[suite][mutual] = n > 0 ? (size_t)n : 0;
	close_table(&t);
	return n > 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsigned int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < SUITES; i++)
		MUST(set_up(i, 0) && set_up(i, 1));
	return 0;
}

/* One real message, or record of another kind. False: there is to be no more. */
static bool feed_one(struct table *t, uint8_t type, struct bytes content, struct bytes record)
{
	static uint8_t out[20000];

	if (!t->left)
		return false;
	t->left--;
	if (t->sealed || type != SEAL_TYPE_HANDSHAKE)
		MUST(feed_all(t->under, record.p, record.n, 0) == 0);
	else
		MUST(feed_all(t->under, out, plain_record(type, content.p, content.n, out), 0) ==
		     0);
	if (type == SEAL_TYPE_CCS) {
		/* What the peer sealed with its first numbers may be kept from us: seal anew. */
		t->sealed = true;
		if (!t->left)
			seal_seq_start(&t->peer->ch.tx.seq, 0, 0);
	}
	return true;
}

/* What the peer has said, message by message. */
static bool feed_flight(struct table *t)
{
	static uint8_t out[65536];
	struct bytes all = bytes_of(out, drain(t->peer, out, sizeof(out))), rec, content, m;

	while (all.n >= SEAL_HEADER) {
		rd_bytes(&all, SEAL_HEADER + seal_get_be16(all.p + 3), &rec);
		content = bytes_of(rec.p + SEAL_HEADER, rec.n - SEAL_HEADER);
		if (t->sealed || rec.p[0] != SEAL_TYPE_HANDSHAKE) {
			if (!feed_one(t, rec.p[0], content, rec))
				return false;
			continue;
		}
		while (content.n >= MSG_HEADER) {
			rd_bytes(&content, MSG_HEADER + seal_get_be16(content.p + 2), &m);
			if (!feed_one(t, SEAL_TYPE_HANDSHAKE, m, rec))
				return false;
		}
	}
	return true;
}

/* As far as the real messages are to go. */
static void play(struct table *t)
{
	size_t moved;
	int i;

	for (i = 0; i < 4; i++) {
		carry(t->under, t->peer, 0, &moved);
		if (!feed_flight(t))
			return;
	}
}

static void fuzz_records(struct table *t, struct bytes in)
{
	struct record_dir *tx = &t->peer->ch.tx;
	static uint8_t plain[SEAL_MAX_PLAINTEXT + SEAL_HEADER];
	struct bytes content;
	struct buf rec;
	uint16_t len;
	uint8_t type;
	int err = 0;

	buf_init(&rec, &test_env_full);
	while (!err && rd_u8(&in, &type) && rd_u16(&in, &len)) {
		if (len > SEAL_MAX_PLAINTEXT)
			len = SEAL_MAX_PLAINTEXT;
		rd_bytes(&in, len < in.n ? len : in.n, &content);
		rec.n = 0;
		if (t->sealed && record_keyed(tx))
			MUST(record_seal(tx, type, content, &rec) == 0);
		else
			MUST(buf_append(&rec, plain, plain_record(type, content.p, content.n,
								  plain)));
		err = feed_all(t->under, rec.p, rec.n, 0);
		if (!err)
			fuzz_check(t->under);
		if (type == SEAL_TYPE_CCS && !t->sealed && record_keyed(tx)) {
			t->sealed = true;
			seal_seq_start(&tx->seq, 0, 0);
		}
	}
	buf_free(&rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table t;
	bool done;

	if (size < 2)
		return 0;
	open_table(&t, data[0], data[1] < SUITES ? data[1] : data[1] % MODERN, data[0] & 4);
	play(&t);
	done = t.under->done;
	fuzz_records(&t, bytes_of(data + 2, size - 2));
	/* Nobody finishes a handshake without having seen all of it. */
	MUST(done || !t.under->done);
	fuzz_check(t.under);
	close_table(&t);
	return 0;
}
