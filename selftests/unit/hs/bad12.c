// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * TLS 1.2: the state table against the flows of RFC 5246 §7.3, every message that a state does not
 * allow, change_cipher_spec early, missing and doubled, and hellos, parameters and signatures that
 * are wrong in one way each.
 */
#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "legacy.h"
#include "tap.h"

enum { FLIGHT_LEN = 32768, MSGS_MAX = 12 };

/* One side's plaintext flight taken apart. */
struct flight12 {
	uint8_t bytes[FLIGHT_LEN];
	struct bytes msg[MSGS_MAX];
	size_t count;
	uint8_t sealed[256];	/* change_cipher_spec and Finished, as they were */
	size_t sealed_len;
};

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct flight12 server_flight, client_flight;

static void split(struct flight12 *f, const uint8_t *p, size_t n)
{
	struct bytes left, m;
	size_t all = 0;

	memset(f, 0, sizeof(*f));
	while (n >= 5 && p[0] == SEAL_TYPE_HANDSHAKE) {
		size_t len = seal_get_be16(p + 3);

		memcpy(f->bytes + all, p + 5, len);
		all += len;
		p += 5 + len;
		n -= 5 + len;
	}
	memcpy(f->sealed, p, n);
	f->sealed_len = n;
	left = bytes_of(f->bytes, all);
	while (left.n >= 4 && f->count < MSGS_MAX) {
		rd_bytes(&left, 4 + ((size_t)left.p[1] << 16 | left.p[2] << 8 | left.p[3]), &m);
		f->msg[f->count++] = m;
	}
}

static void open_both(bool mutual)
{
	cc = mutual ? mutual_client() : client_config();
	sc = mutual ? mutual_server() : server_config(CERT_P256);
	sealsock_config_versions(cc, "TLSv1.2");
	sealsock_config_versions(sc, "TLSv1.2");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static int give(struct sealsock_conn *to, uint8_t type, const void *p, size_t n)
{
	static uint8_t rec[FLIGHT_LEN];

	return feed_all(to, rec, plain_record(type, p, n, rec), 0);
}

static int give_msg(struct sealsock_conn *to, struct bytes m)
{
	return give(to, SEAL_TYPE_HANDSHAKE, m.p, m.n);
}

static int give_ccs(struct sealsock_conn *to)
{
	return give(to, SEAL_TYPE_CCS, "\1", 1);
}

/* ClientHello taken by the server, its flight taken apart but not given. */
static void to_client(bool mutual)
{
	uint8_t out[FLIGHT_LEN];
	size_t moved;

	open_both(mutual);
	carry(c, s, 0, &moved);
	split(&server_flight, out, drain(s, out, sizeof(out)));
}

/* The same of the client's second flight. */
static void to_server(bool mutual)
{
	uint8_t out[FLIGHT_LEN];
	size_t moved;

	open_both(mutual);
	carry(c, s, 0, &moved);
	carry(s, c, 0, &moved);
	split(&client_flight, out, drain(c, out, sizeof(out)));
}

/* Failed with @code and its alert, which is sealed where our keys were set already. */
static void refused(struct sealsock_conn *conn, int got, int code, const char *name)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);
	bool good = got == code && f->code == code && f->alert == sealsock_error_alert(code) &&
		    f->direction == SEALSOCK_DIR_SENT && !record_keyed(&conn->ch.tx) &&
		    sealsock_conn_state(conn) == SEALSOCK_STATE_FAILED;

	if (!ok(good, "%s", name))
		printf("# result %s; failure %s, alert %d, %s: %s\n", sealsock_error_name(got),
		       sealsock_error_name(f->code), f->alert, f->step, f->text);
}

/* The flows of RFC 5246 §7.3 and RFC 5077 §3.1: state, message, next. */
static const struct {
	enum hs_state from;
	unsigned int msg;
	enum hs_state to;
} flows[] = {
	{ HS_WAIT_SH, MSG_SERVER_HELLO_12, HS12_WAIT_CERT },
	{ HS_WAIT_SH, MSG_SERVER_HELLO_12, HS12_WAIT_SERVER_CCS },
	{ HS_WAIT_SH, MSG_SERVER_HELLO_12, HS12_WAIT_TICKET },
	{ HS12_WAIT_CERT, MSG_CERTIFICATE, HS12_WAIT_SKE },
	{ HS12_WAIT_SKE, MSG_SERVER_KEY_EXCHANGE, HS12_WAIT_CR_DONE },
	/* §7.4.3: RSA has no ServerKeyExchange */
	{ HS12_WAIT_CERT, MSG_CERTIFICATE, HS12_WAIT_CR_DONE },
	/* RFC 6066 §8: CertificateStatus right behind Certificate, or left out after all */
	{ HS12_WAIT_CERT, MSG_CERTIFICATE, HS12_WAIT_STATUS },
	{ HS12_WAIT_STATUS, MSG_CERTIFICATE_STATUS, HS12_WAIT_SKE },
	{ HS12_WAIT_STATUS, MSG_SERVER_KEY_EXCHANGE, HS12_WAIT_CR_DONE },
	{ HS12_WAIT_CERT, MSG_CERTIFICATE, HS12_WAIT_STATUS_RSA },
	{ HS12_WAIT_STATUS_RSA, MSG_CERTIFICATE_STATUS, HS12_WAIT_CR_DONE },
	{ HS12_WAIT_STATUS_RSA, MSG_CERTIFICATE_REQUEST, HS12_WAIT_DONE },
	{ HS12_WAIT_STATUS_RSA, MSG_SERVER_HELLO_DONE, HS12_WAIT_SERVER_CCS },
	{ HS12_WAIT_STATUS_RSA, MSG_SERVER_HELLO_DONE, HS12_WAIT_TICKET },
	{ HS12_WAIT_CR_DONE, MSG_CERTIFICATE_REQUEST, HS12_WAIT_DONE },
	{ HS12_WAIT_CR_DONE, MSG_SERVER_HELLO_DONE, HS12_WAIT_SERVER_CCS },
	{ HS12_WAIT_DONE, MSG_SERVER_HELLO_DONE, HS12_WAIT_SERVER_CCS },
	{ HS12_WAIT_CR_DONE, MSG_SERVER_HELLO_DONE, HS12_WAIT_TICKET },
	{ HS12_WAIT_DONE, MSG_SERVER_HELLO_DONE, HS12_WAIT_TICKET },
	{ HS12_WAIT_TICKET, MSG_NEW_SESSION_TICKET, HS12_WAIT_SERVER_CCS },
	{ HS12_WAIT_SERVER_CCS, MSG_CHANGE_CIPHER_SPEC, HS12_WAIT_SERVER_FINISHED },
	{ HS12_WAIT_SERVER_FINISHED, MSG_FINISHED, HS_CONNECTED },
	{ HS_WAIT_CH, MSG_CLIENT_HELLO_12, HS12_WAIT_CKE },
	{ HS_WAIT_CH, MSG_CLIENT_HELLO_12, HS12_WAIT_CLIENT_CERT },
	{ HS_WAIT_CH, MSG_CLIENT_HELLO_12, HS12_WAIT_CLIENT_CCS },
	{ HS12_WAIT_CLIENT_CERT, MSG_CERTIFICATE, HS12_WAIT_CKE_SIGNED },
	{ HS12_WAIT_CLIENT_CERT, MSG_CERTIFICATE, HS12_WAIT_CKE },
	{ HS12_WAIT_CKE, MSG_CLIENT_KEY_EXCHANGE, HS12_WAIT_CLIENT_CCS },
	{ HS12_WAIT_CKE_SIGNED, MSG_CLIENT_KEY_EXCHANGE, HS12_WAIT_CV },
	{ HS12_WAIT_CV, MSG_CERTIFICATE_VERIFY, HS12_WAIT_CLIENT_CCS },
	{ HS12_WAIT_CLIENT_CCS, MSG_CHANGE_CIPHER_SPEC, HS12_WAIT_CLIENT_FINISHED },
	{ HS12_WAIT_CLIENT_FINISHED, MSG_FINISHED, HS_CONNECTED },
};

enum { FLOWS = sizeof(flows) / sizeof(flows[0]) };

static bool in_flows(enum hs_state from, unsigned int msg, enum hs_state to)
{
	size_t i;

	for (i = 0; i < FLOWS; i++)
		if (flows[i].from == from && flows[i].msg == msg && flows[i].to == to)
			return true;
	return false;
}

static void tables(void)
{
	bool good = true;
	size_t i;

	for (i = 0; i < FLOWS; i++) {
		const struct hs_row *r = hs_find(flows[i].from, flows[i].msg);

		good &= r && (r->next == flows[i].to || r->other == flows[i].to ||
			      r->third == flows[i].to || r->fourth == flows[i].to);
	}
	ok(good, "every arrow of the flows is in the table");
	good = true;
	for (i = 0; i < hs_row_count12; i++) {
		const struct hs_row *r = &hs_rows12[i];

		good &= in_flows(r->state, r->msg, r->next) &&
			(!r->other || in_flows(r->state, r->msg, r->other)) &&
			(!r->third || in_flows(r->state, r->msg, r->third)) &&
			(!r->fourth || in_flows(r->state, r->msg, r->fourth));
	}
	ok(good, "every row of the table is in the flows");
}

/* The client has the Certificate of a server that staples. */
static struct sealsock_conn *go_to_status(bool rsa)
{
	static const struct staple_spec good = { .from = -60, .until = 3600 };
	struct bytes response = make_staple(&good, test_server_rsa(), test_ca());
	uint8_t out[FLIGHT_LEN];
	size_t moved;

	cc = legacy_client(rsa ? "TLS_RSA_WITH_AES_128_GCM_SHA256" :
				 "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	sc = legacy_server(NULL);
	staple(sc, response);
	free((void *)response.p);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	carry(c, s, 0, &moved);
	split(&server_flight, out, drain(s, out, sizeof(out)));
	give_msg(c, server_flight.msg[0]);
	give_msg(c, server_flight.msg[1]);
	return c;
}

/* Brings a fresh pair to a state; who is in it. */
static struct sealsock_conn *go_to(enum hs_state state)
{
	bool mutual = state == HS12_WAIT_DONE || state == HS12_WAIT_CLIENT_CERT ||
		      state == HS12_WAIT_CKE_SIGNED || state == HS12_WAIT_CV;
	static const uint8_t no_ticket[] = { MSG_NEW_SESSION_TICKET, 0, 0, 6, 0, 0, 0, 0, 0, 0 };
	size_t i, have;

	if (state == HS12_WAIT_STATUS || state == HS12_WAIT_STATUS_RSA)
		return go_to_status(state == HS12_WAIT_STATUS_RSA);
	if (state <= HS12_WAIT_SERVER_FINISHED) {
		to_client(mutual);
		have = state <= HS12_WAIT_DONE ? state - HS12_WAIT_CERT + 1 : server_flight.count;
		for (i = 0; i < have; i++)
			give_msg(c, server_flight.msg[i]);
		if (state > HS12_WAIT_TICKET)
			give(c, SEAL_TYPE_HANDSHAKE, no_ticket, sizeof(no_ticket));
		if (state == HS12_WAIT_SERVER_FINISHED)
			give_ccs(c);
		return c;
	}
	to_server(mutual);
	have = state == HS12_WAIT_CLIENT_CERT || state == HS12_WAIT_CKE ? 0 :
	       state == HS12_WAIT_CKE_SIGNED ? 1 : state == HS12_WAIT_CV ? 2 :
	       client_flight.count;
	for (i = 0; i < have; i++)
		give_msg(s, client_flight.msg[i]);
	if (state == HS12_WAIT_CLIENT_FINISHED)
		give_ccs(s);
	return s;
}

/* Only sealed records may come in these: what is inside is out of turn there. */
static bool is_sealed(enum hs_state state)
{
	return state == HS12_WAIT_SERVER_FINISHED || state == HS12_WAIT_CLIENT_FINISHED;
}

static struct buf sealed;

/* A record under the key that @to opens the next with. */
static int give_sealed(struct sealsock_conn *to, uint8_t type, const void *p, size_t n)
{
	struct record_dir d = { 0 };
	int err = record_key(&d, to->ch.cfg->crypto, to->ch.suite, true, to->ch.rx_secret.b,
			     to->ch.rx.iv);

	d.seq = to->ch.rx.seq;
	sealed.n = 0;
	if (!err)
		err = record_seal(&d, type, bytes_of(p, n), &sealed);
	record_clear(&d);
	return err ? err : feed_all(to, sealed.p, sealed.n, 0);
}

static bool out_of_turn(enum hs_state state, unsigned int type)
{
	uint8_t msg[4] = { (uint8_t)type };
	struct sealsock_conn *conn = go_to(state);
	const struct sealsock_failure *f = sealsock_conn_error(conn);
	bool good = conn->hs && conn->hs->state == state;

	if (!good)
		printf("# state %d was not reached: %s\n", state, f->text);
	if (is_sealed(state))
		give_sealed(conn, SEAL_TYPE_HANDSHAKE, msg, sizeof(msg));
	else
		give(conn, SEAL_TYPE_HANDSHAKE, msg, sizeof(msg));
	good &= f->code == SEALSOCK_ERR_UNEXPECTED && f->alert == ALERT_UNEXPECTED_MESSAGE &&
		f->direction == SEALSOCK_DIR_SENT && !strcmp(f->step, hs_state_name(state));
	if (!good)
		printf("# %s, type %u: %s\n", hs_state_name(state), type, f->text);
	close_both();
	return good;
}

static void every_state(void)
{
	static const uint8_t types[] = { 0, 1, 2, 3, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22,
					 24, 254, 255 };
	enum hs_state state;
	size_t i;

	for (state = HS12_WAIT_CERT; state <= HS12_WAIT_CLIENT_FINISHED; state++) {
		unsigned int tried = 0, good = 0;

		for (i = 0; i < sizeof(types); i++) {
			if (hs_find(state, types[i]))
				continue;
			tried++;
			good += out_of_turn(state, types[i]);
		}
		ok_int(good, tried, "%s: every other message is refused", hs_state_name(state));
	}
}

/* change_cipher_spec where it may not be, and Finished where it was left out (SMACK). */
static void ccs(void)
{
	enum hs_state state;
	struct sealsock_conn *conn;
	uint8_t finished[16] = { MSG_FINISHED, 0, 0, 12 };
	int err;

	for (state = HS12_WAIT_CERT; state <= HS12_WAIT_CLIENT_FINISHED; state++) {
		if (hs_find(state, MSG_CHANGE_CIPHER_SPEC))
			continue;
		conn = go_to(state);
		err = is_sealed(state) ? give_sealed(conn, SEAL_TYPE_CCS, "\1", 1) :
					 give_ccs(conn);
		refused(conn, err, SEALSOCK_ERR_UNEXPECTED, hs_state_name(state));
		close_both();
	}
	conn = go_to(HS12_WAIT_CLIENT_FINISHED);
	refused(conn, give_ccs(conn), SEALSOCK_ERR_BAD_RECORD, "change_cipher_spec twice, bare");
	close_both();
	conn = go_to(HS12_WAIT_CLIENT_CCS);
	err = give(conn, SEAL_TYPE_HANDSHAKE, finished, sizeof(finished));
	refused(conn, err, SEALSOCK_ERR_UNEXPECTED, "Finished without change_cipher_spec");
	close_both();
	conn = go_to(HS12_WAIT_SERVER_CCS);
	err = give(conn, SEAL_TYPE_HANDSHAKE, finished, sizeof(finished));
	refused(conn, err, SEALSOCK_ERR_UNEXPECTED, "the same of a server");
	close_both();
	conn = go_to(HS12_WAIT_CLIENT_FINISHED);
	err = give(conn, SEAL_TYPE_HANDSHAKE, finished, sizeof(finished));
	refused(conn, err, SEALSOCK_ERR_BAD_RECORD, "Finished in the clear");
	close_both();
	conn = go_to(HS12_WAIT_CLIENT_FINISHED);
	err = give_sealed(conn, SEAL_TYPE_HANDSHAKE, finished, sizeof(finished));
	refused(conn, err, SEALSOCK_ERR_BAD_FINISHED, "Finished of zeros");
	close_both();
	conn = go_to(HS12_WAIT_CLIENT_FINISHED);
	err = give_sealed(conn, SEAL_TYPE_DATA, "early", 5);
	refused(conn, err, SEALSOCK_ERR_UNEXPECTED, "application data before Finished");
	close_both();
	conn = go_to(HS12_WAIT_CKE);
	give(conn, SEAL_TYPE_HANDSHAKE, client_flight.msg[0].p, 3);
	refused(conn, give_ccs(conn), SEALSOCK_ERR_UNEXPECTED,
		"change_cipher_spec inside a message");
	close_both();
	to_client(false);
	give_ccs(c);
	err = give_msg(c, server_flight.msg[0]);
	refused(c, err, SEALSOCK_ERR_UNEXPECTED,
		"change_cipher_spec before the ServerHello");
	close_both();
}

static struct hello hello;

/* A server of both versions, and a ClientHello of our client, to be spoilt. */
static void start_hello(const char *versions)
{
	uint8_t out[4096];

	open_both(false);
	sealsock_conn_free(s);
	sealsock_config_unref(sc);
	sc = server_config(CERT_P256);
	sealsock_config_versions(sc, versions);
	sealsock_config_alpn(sc, "http/1.1");
	s = sealsock_conn_new(sc);
	hello_read(&hello, bytes_of(out + 5, drain(c, out, sizeof(out)) - 5));
}

static void end_hello(int code, const char *name)
{
	uint8_t rec[8192];
	int err = feed_all(s, rec, hello_record(&hello, rec), 0);

	if (code)
		refused(s, err, code, name);
	else if (!ok(!err && sealsock_conn_state(s) == SEALSOCK_STATE_WANT_OUT, "%s", name))
		printf("# %s\n", sealsock_conn_error(s)->text);
	close_both();
}

static void client_hellos(void)
{
	static const struct {
		const char *name;
		uint16_t version;
		const char *compression;
		const char *suites;
		int drop, set;
		const char *value;
		int code;
	} rows[] = {
		{ "as it is", 0, NULL, NULL, -1, -1, NULL, 0 },
		{ "SSL 3", 0x0300, NULL, NULL, -1, -1, NULL, SEALSOCK_ERR_VERSION },
		{ "SSL 2", 0x0002, NULL, NULL, -1, -1, NULL, SEALSOCK_ERR_VERSION },
		{ "TLS 1.0", 0x0301, NULL, NULL, -1, -1, NULL, SEALSOCK_ERR_VERSION },
		{ "TLS 1.1", 0x0302, NULL, NULL, -1, -1, NULL, SEALSOCK_ERR_VERSION },
		{ "a version of the future", 0x0399, NULL, NULL, -1, -1, NULL, 0 },
		{ "null and another compression", 0, "0100", NULL, -1, -1, NULL, 0 },
		{ "no null compression", 0, "01", NULL, -1, -1, NULL, SEALSOCK_ERR_ILLEGAL },
		{ "no common suite", 0, NULL, "002f009c00ff", -1, -1, NULL, SEALSOCK_ERR_NO_SUITE },
		{ "only suites for RSA", 0, NULL, "c02fc030", -1, -1, NULL,
		  SEALSOCK_ERR_NO_SUITE },
		{ "no extended_master_secret", 0, NULL, NULL, 23, -1, NULL, 0 },
		{ "extended_master_secret with content", 0, NULL, NULL, -1, 23, "00",
		  SEALSOCK_ERR_DECODE },
		{ "no renegotiation_info: nothing is renegotiated", 0, NULL, NULL, 0xff01, -1,
		  NULL, 0 },
		{ "the signalling suite instead", 0, NULL, "c02b00ff", 0xff01, -1, NULL, 0 },
		{ "renegotiation_info of a renegotiation", 0, NULL, NULL, -1, 0xff01,
		  "0c000102030405060708090a0b", SEALSOCK_ERR_UNPROTECTED },
		{ "no ec_point_formats", 0, NULL, NULL, 11, -1, NULL, 0 },
		{ "compressed points only", 0, NULL, NULL, -1, 11, "0101", SEALSOCK_ERR_ILLEGAL },
		{ "no supported_groups", 0, NULL, NULL, 10, -1, NULL, 0 },
		{ "groups without the certificate's", 0, NULL, NULL, -1, 10, "0002001d",
		  SEALSOCK_ERR_NO_SUITE },
		{ "groups of TLS 1.3 only", 0, NULL, NULL, -1, 10, "000211ec",
		  SEALSOCK_ERR_NO_GROUP },
		{ "no signature_algorithms: SHA-1", 0, NULL, NULL, 13, -1, NULL,
		  SEALSOCK_ERR_NO_SUITE },
		{ "ALPN without overlap", 0, NULL, NULL, -1, 16, "0003026832",
		  SEALSOCK_ERR_NO_ALPN },
		{ "fallback without need", 0, NULL, "c02b5600", -1, -1, NULL,
		  SEALSOCK_ERR_FALLBACK },
		{ "supported_versions with 1.2 only", 0, NULL, NULL, -1, 43, "020303", 0 },
		{ "supported_versions with older ones", 0, NULL, NULL, -1, 43, "0403020301",
		  SEALSOCK_ERR_VERSION },
		{ "max_fragment_length, which is ignored", 0, NULL, NULL, -1, 1, "01", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_hello("TLSv1.2,TLSv1.3");
		if (rows[i].version)
			hello.version = rows[i].version;
		if (rows[i].compression)
			hello.compression_len = unhex(rows[i].compression, hello.compression,
						      sizeof(hello.compression));
		if (rows[i].suites)
			hello.suites_len = unhex(rows[i].suites, hello.suites,
						 sizeof(hello.suites));
		if (rows[i].drop >= 0)
			hello_drop(&hello, (uint16_t)rows[i].drop);
		if (rows[i].set >= 0)
			hello_set(&hello, (uint16_t)rows[i].set, rows[i].value);
		end_hello(rows[i].code, rows[i].name);
	}
	start_hello("TLSv1.2");
	hello.suites_len = unhex("c02b5600", hello.suites, sizeof(hello.suites));
	end_hello(0, "a fallback to all there is");
	start_hello("TLSv1.2");
	hello_set(&hello, 43, "020304");
	end_hello(SEALSOCK_ERR_VERSION, "TLS 1.3 only, to a server of 1.2 only");
	start_hello("TLSv1.2,TLSv1.3");
	hello.suites_len = unhex("cca9c02bc02c", hello.suites, sizeof(hello.suites));
	{
		uint8_t rec[8192], out[FLIGHT_LEN];
		struct hello answer;

		feed_all(s, rec, hello_record(&hello, rec), 0);
		split(&server_flight, out, drain(s, out, sizeof(out)));
		hello_read(&answer, server_flight.msg[0]);
		ok_mem(answer.suites, 2, "\xcc\xa9", 2, "ChaCha20 first for who has it first");
		ok_mem(answer.random + 24, 8, "DOWNGRD\1", 8, "and the downgrade mark");
		close_both();
	}
}

/* A message of the server's flight, spoilt. */
static void flight_msg(size_t at, size_t offset, uint8_t mask, int code, const char *name)
{
	uint8_t copy[FLIGHT_LEN];
	size_t i;
	int err;

	to_client(false);
	for (i = 0; i < at; i++)
		give_msg(c, server_flight.msg[i]);
	memcpy(copy, server_flight.msg[at].p, server_flight.msg[at].n);
	copy[offset < server_flight.msg[at].n ? offset : server_flight.msg[at].n - 1] ^= mask;
	err = give(c, SEAL_TYPE_HANDSHAKE, copy, server_flight.msg[at].n);
	refused(c, err, code, name);
	close_both();
}

static void server_hello(uint16_t type, const char *value, int code, const char *name)
{
	uint8_t rec[8192];
	int err;

	to_client(false);
	hello_read(&hello, server_flight.msg[0]);
	if (value)
		hello_set(&hello, type, value);
	else
		hello_drop(&hello, type);
	err = feed_all(c, rec, hello_record(&hello, rec), 0);
	refused(c, err, code, name);
	close_both();
}

static void server_flights(void)
{
	enum { RANDOM = 6, SUITE = 39, LAST = 100000 };
	uint8_t rec[8192];
	int err;

	flight_msg(0, 4, 1, SEALSOCK_ERR_VERSION, "ServerHello of another version");
	flight_msg(0, 5, 2, SEALSOCK_ERR_VERSION, "ServerHello of TLS 1.0");
	flight_msg(0, SUITE + 1, 1, SEALSOCK_ERR_ILLEGAL, "a suite that was not offered");
	flight_msg(0, SUITE + 2, 1, SEALSOCK_ERR_ILLEGAL, "compression chosen");
	server_hello(0xff01, NULL, SEALSOCK_ERR_UNPROTECTED, "no renegotiation_info");
	server_hello(0xff01, "0401020304", SEALSOCK_ERR_UNPROTECTED, "renegotiation_info in use");
	server_hello(22, "", SEALSOCK_ERR_UNOFFERED_EXT, "encrypt_then_mac that was not offered");
	server_hello(16, "0003026832", SEALSOCK_ERR_UNOFFERED_EXT, "ALPN that was not offered");
	server_hello(11, "0101", SEALSOCK_ERR_ILLEGAL, "compressed points only");
	flight_msg(2, 4, 1, SEALSOCK_ERR_ILLEGAL, "ServerKeyExchange without a named curve");
	flight_msg(2, 6, 0x40, SEALSOCK_ERR_ILLEGAL, "a group that was not offered");
	flight_msg(2, 10, 1, SEALSOCK_ERR_BAD_SIGNATURE, "another public value than was signed");
	flight_msg(2, LAST, 1, SEALSOCK_ERR_BAD_SIGNATURE, "a wrong signature");
	flight_msg(2, 4 + 4 + 32, 0x80, SEALSOCK_ERR_ILLEGAL, "a scheme that was not offered");

	/* A server of 1.3 whose answer somebody turned into one of 1.2. */
	open_both(false);
	sealsock_conn_free(c);
	sealsock_config_unref(cc);
	cc = client_config();
	c = client_conn(cc);
	{
		uint8_t out[FLIGHT_LEN];
		size_t moved;

		carry(c, s, 0, &moved);
		split(&server_flight, out, drain(s, out, sizeof(out)));
		hello_read(&hello, server_flight.msg[0]);
		memcpy(hello.random + 24, "DOWNGRD\1", 8);
		err = feed_all(c, rec, hello_record(&hello, rec), 0);
		refused(c, err, SEALSOCK_ERR_DOWNGRADE, "the downgrade mark");
		close_both();
	}
}

static void client_flights(void)
{
	static const char *const points[] = {
		"1000002120" HEX_ZERO32,		/* X25519: all zeros */
		"1000002120" HEX_SMALL_ORDER,
		"10000002 01aa",
	};
	uint8_t msg[128];
	size_t i, n;

	for (i = 0; i < 3; i++) {
		go_to(HS12_WAIT_CKE);
		n = unhex(points[i], msg, sizeof(msg));
		refused(s, give(s, SEAL_TYPE_HANDSHAKE, msg, n), SEALSOCK_ERR_ILLEGAL,
			"a public value that is none");
		close_both();
	}
	go_to(HS12_WAIT_CKE);
	refused(s, give(s, SEAL_TYPE_HANDSHAKE, "\x10\0\0\1\0", 5), SEALSOCK_ERR_DECODE,
		"no public value");
	close_both();
	go_to(HS12_WAIT_CV);
	memcpy(msg, client_flight.msg[2].p, client_flight.msg[2].n);
	msg[client_flight.msg[2].n - 1] ^= 1;
	refused(s, give(s, SEAL_TYPE_HANDSHAKE, msg, client_flight.msg[2].n),
		SEALSOCK_ERR_BAD_SIGNATURE, "a client's signature that is wrong");
	close_both();
}

/* After the handshake: renegotiation is refused three times, then the connection. */
static void renegotiation(bool client)
{
	static const uint8_t request[4] = { MSG_HELLO_REQUEST };
	static const uint8_t again[8] = { MSG_CLIENT_HELLO, 0, 0, 4, 3, 3, 0, 0 };
	struct sealsock_conn *conn;
	size_t moved, i;
	int err = 0;

	open_both(false);
	ok(shake_hands(c, s, 0), "TLS 1.2 with itself");
	conn = client ? c : s;
	for (i = 0; i < 3 && !err; i++) {
		err = give_sealed(conn, SEAL_TYPE_HANDSHAKE, client ? request : again,
				  client ? sizeof(request) : sizeof(again));
		ok(!err && sealsock_conn_state(conn) == SEALSOCK_STATE_DONE,
		   "renegotiation asked for, time %zu", i + 1);
	}
	/* The peer takes the warnings, and data flows on. */
	ok(carry(conn, client ? s : c, 0, &moved) == 0 && moved == 3 * (5 + 8 + 2 + 16),
	   "three warnings");
	err = give_sealed(conn, SEAL_TYPE_HANDSHAKE, client ? request : again,
			  client ? sizeof(request) : sizeof(again));
	refused(conn, err, SEALSOCK_ERR_FLOOD, "the fourth is too much");
	close_both();
}

static void mutual(void)
{
	struct sealsock_info info;

	open_both(true);
	ok(shake_hands(c, s, 1), "a client certificate");
	sealsock_conn_info(s, &info);
	ok(info.client_authenticated && info.verified && info.version == VERSION_TLS12,
	   "the server knows the client");
	close_both();
	open_both(true);
	sealsock_conn_free(c);
	sealsock_config_unref(cc);
	cc = client_config();
	sealsock_config_versions(cc, "TLSv1.2");
	c = client_conn(cc);
	ok(!shake_hands(c, s, 0) &&
	   sealsock_conn_error(s)->code == SEALSOCK_ERR_CERT_REQUIRED &&
	   sealsock_conn_error(c)->alert == ALERT_HANDSHAKE_FAILURE,
	   "required, but the client has none");
	close_both();
}

int main(void)
{
	buf_init(&sealed, &test_env_full);
	tables();
	every_state();
	ccs();
	client_hellos();
	server_flights();
	client_flights();
	renegotiation(true);
	renegotiation(false);
	mutual();
	buf_free(&sealed);
	free_test_identities();
	return done();
}
