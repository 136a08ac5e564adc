// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Small print of TLS 1.2, and what of it does not matter to TLS 1.3: hellos as other peers make
 * them.
 */
#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "legacy.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct hello hello;
static uint8_t rec[32768], out[32768];

static void open_both(const char *versions)
{
	sealsock_config_versions(cc, versions);
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

static void take_hello(void)
{
	const void *p;
	size_t n;

	sealsock_conn_output(c, &p, &n);
	hello_read(&hello, bytes_of((const uint8_t *)p + 5, n - 5));
}

static int give_hello(void)
{
	return feed_all(s, rec, hello_record(&hello, rec), 0);
}

static void certificate_types(void)
{
	static const struct {
		const char *name;
		uint8_t types[2];
		bool given;
	} rows[] = {
		{ "ecdsa_sign and rsa_sign", { 64, 1 }, true },
		{ "ecdsa_sign", { 64, 64 }, true },
		{ "rsa_sign only", { 1, 1 }, false },
		{ "dss_sign only", { 2, 2 }, false },
	};
	static const uint8_t asked[] = { 13, 0, 0 };
	struct sealsock_conn *copy;
	size_t i, n, moved;
	uint8_t *at;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cc = mutual_client();
		sc = mutual_server();
		open_both("TLSv1.2");
		carry(c, s, 0, &moved);
		n = drain(s, out, sizeof(out));
		at = memmem(out + 100, n - 100, "\x02\x40\x01", 3);
		if (at && at[-4] == asked[0])
			memcpy(at + 1, rows[i].types, 2);
		else
			ok(false, "a CertificateRequest");
		feed_all(c, out, n, 0);
		copy = c;
		ok(!copy->hs->cred == !rows[i].given, "certificate_types: %s: %s certificate",
		   rows[i].name, rows[i].given ? "a" : "no");
		close_both();
	}
}

static void no_server_name_when_resumed(void)
{
	static uint8_t session[SEALSOCK_SESSION_MAX];
	struct buf plain;
	ssize_t n;
	size_t len, moved;

	cc = client_config();
	sc = server_config(CERT_P256);
	open_both("TLSv1.3");
	shake_hands(c, s, 0);
	n = sealsock_conn_session(c, session, sizeof(session));
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	sealsock_conn_set_session(c, session, (size_t)n);
	carry(c, s, 0, &moved);
	len = drain(s, out, sizeof(out));
	buf_init(&plain, &test_env_full);
	feed_all(c, out, 5 + (size_t)(out[3] << 8 | out[4]), 0);
	open_flight(c, &c->hs->server_secret, out, len, &plain);
	/* EncryptedExtensions: type, length, length of the block, then the first extension. */
	ok(s->result->resumed && plain.p[0] == 8 && !memmem(plain.p + 6, 4, "\0\0\0\0", 4),
	   "a resumed session has no server_name in EncryptedExtensions");
	buf_free(&plain);
	close_both();
}

static void no_empty_block(void)
{
	size_t n, len;

	cc = client_config();
	sc = server_config(CERT_P256);
	open_both("TLSv1.2");
	take_hello();
	hello.suites_len = unhex("c02b", hello.suites, sizeof(hello.suites));
	hello.ext_count = 0;
	hello_add(&hello, 10, "00020017");
	hello_add(&hello, 13, "00020403");
	ok_int(give_hello(), 0, "a hello with nothing to answer");
	n = drain(s, out, sizeof(out));
	len = (size_t)out[7] << 8 | out[8];
	ok(n > 9 && out[5] == 2 && len == 38u + out[9 + 34],
	   "is answered without a block of extensions");
	close_both();
}

static void ticket_without_id(void)
{
	static uint8_t session[SEALSOCK_SESSION_MAX];
	ssize_t n;
	size_t len;

	cc = client_config();
	sc = server_config(CERT_P256);
	open_both("TLSv1.2");
	shake_hands(c, s, 0);
	n = sealsock_conn_session(c, session, sizeof(session));
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	sealsock_conn_set_session(c, session, (size_t)n);
	take_hello();
	hello.session_id_len = 0;
	ok_int(give_hello(), 0, "a ticket with an empty session id");
	len = drain(s, out, sizeof(out));
	ok(s->result->resumed && len && out[9 + 34] == 0,
	   "is resumed, and the answer's id is empty (RFC 5077 section 3.4)");
	close_both();
}

static void fields(void)
{
	static const struct {
		const char *groups;
		int code;
		const char *name;
	} rows[] = {
		{ "00020100", 0, "one that both have" },
		{ "00020104", SEALSOCK_ERR_WEAK, "one that is not allowed here" },
		{ "000201fe", SEALSOCK_ERR_WEAK, "an unknown one" },
		{ "00020017", 0, "none: any will do" },
	};
	size_t i;
	int err;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cc = legacy_client(NULL);
		sc = legacy_server(NULL);
		open_both("TLSv1.2");
		take_hello();
		hello.suites_len = unhex("009e", hello.suites, sizeof(hello.suites));
		hello_set(&hello, 10, rows[i].groups);
		err = give_hello();
		if (rows[i].code)
			expect_failure(s, err, rows[i].code, rows[i].name);
		else
			ok_int(err, 0, "finite fields: %s", rows[i].name);
		close_both();
	}
}

static void point_formats(void)
{
	cc = client_config();
	sc = server_config(CERT_P256);
	open_both("TLSv1.3,TLSv1.2");
	take_hello();
	hello_set(&hello, 11, "0101");
	ok_int(give_hello(), 0, "ec_point_formats does not matter to a hello of TLS 1.3");
	close_both();
	cc = client_config();
	sc = server_config(CERT_P256);
	open_both("TLSv1.2");
	take_hello();
	hello_set(&hello, 11, "0101");
	expect_failure(s, give_hello(), SEALSOCK_ERR_ILLEGAL, "but to one of TLS 1.2");
	close_both();
}

static void small_rsa(void)
{
	static const struct cert_spec spec = {
		.cn = "localhost", .san = "DNS:localhost", .eku = "serverAuth",
		.ku = "digitalSignature", .from = -1, .until = 10, .small_key = true,
	};
	struct identity id = make_identity(CERT_RSA, &spec, test_ca());
	int signer;

	for (signer = 0; signer < 2; signer++) {
		cc = client_config();
		sealsock_config_sigalgs(cc, "rsa_pss_rsae_sha512");
		sc = sealsock_config_new(SEALSOCK_SERVER);
		sealsock_config_env(sc, &test_env);
		if (signer)
			sealsock_config_cert_signer(sc, id.cert_pem, strlen(id.cert_pem), NULL);
		else
			add_identity(sc, &id);
		open_both("TLSv1.3");
		take_hello();
		expect_failure(s, give_hello(), SEALSOCK_ERR_NO_SIGALG,
			       "a key of 1024 bits is too short for PSS with SHA-512");
		close_both();
	}
	free_identity(&id);
}

int main(void)
{
	certificate_types();
	no_server_name_when_resumed();
	no_empty_block();
	ticket_without_id();
	fields();
	point_formats();
	small_rsa();
	free_test_identities();
	return done();
}
