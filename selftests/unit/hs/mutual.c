// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Client certificates in TLS 1.3: required, optional, chosen, refused. */
#include <stdlib.h>
#include <unistd.h>

#include "flight.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static struct sealsock_info info;

static void open_both(void)
{
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

static void good(size_t chunk)
{
	const void *der;
	size_t n;

	cc = mutual_client();
	sc = mutual_server();
	open_both();
	ok(shake_hands(c, s, chunk), "required and given, chunk %zu", chunk);
	sealsock_conn_info(s, &info);
	ok(info.client_authenticated && info.verified, "the server knows the client");
	sealsock_conn_info(c, &info);
	ok(info.client_cert_sent && info.verified, "the client knows that it told");
	der = sealsock_conn_peer_cert(s, 0, &n);
	ok(der && n > 100, "the server has the client's certificate");
	close_both();
}

/* The server's verdict, with what alert the client hears of it. */
static void refused(int code, const char *name)
{
	size_t moved;
	int err;

	open_both();
	carry(c, s, 0, &moved);
	carry(s, c, 0, &moved);
	err = carry(c, s, 0, &moved);
	expect_failure(s, err, code, name);
	err = carry(s, c, 0, &moved);
	ok(err == SEALSOCK_ERR_ALERT &&
	   sealsock_conn_error(c)->alert == sealsock_error_alert(code), "and the client is told");
	close_both();
}

static void none(void)
{
	cc = client_config();
	sc = mutual_server();
	refused(SEALSOCK_ERR_CERT_REQUIRED, "required, but the client has none");
	cc = client_config();
	sc = mutual_server();
	ok_int(sealsock_config_verify(sc, SEALSOCK_VERIFY_OPTIONAL), 0, "optional");
	open_both();
	ok(shake_hands(c, s, 0), "optional, and the client has none");
	sealsock_conn_info(s, &info);
	ok(!info.client_authenticated && !info.verified, "it is not taken for known");
	close_both();
}

static void bad_chains(void)
{
	static const struct {
		const char *name;
		int code;
		struct cert_spec spec;
		bool stranger;
	} rows[] = {
		{ "expired", SEALSOCK_ERR_CERT_EXPIRED,
		  { .cn = "x", .eku = "clientAuth", .from = -20, .until = -10 }, false },
		{ "for servers only", SEALSOCK_ERR_CERT_USAGE,
		  { .cn = "x", .eku = "serverAuth", .from = -1, .until = 10 }, false },
		{ "of another authority", SEALSOCK_ERR_CERT_UNTRUSTED,
		  { .cn = "x", .eku = "clientAuth", .from = -1, .until = 10 }, true },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct identity id = make_identity(CERT_P256, &rows[i].spec,
						   rows[i].stranger ? NULL : test_ca());

		cc = client_config();
		add_identity(cc, &id);
		sc = mutual_server();
		refused(rows[i].code, rows[i].name);
		cc = client_config();
		add_identity(cc, &id);
		sc = mutual_server();
		sealsock_config_verify(sc, SEALSOCK_VERIFY_OPTIONAL);
		refused(rows[i].code, "optional forgives none of it");
		free_identity(&id);
	}
}

/* The first message of a type in a flight, and all before it. */
static size_t before(const struct flight *f, uint8_t type)
{
	size_t i;

	for (i = 0; i < f->count && f->msg[i].p[0] != type; i++)
		;
	return i;
}

static void forged(void)
{
	uint8_t copy[512];
	struct bytes msgs[3];
	struct flight f;
	size_t at;

	flight_to_server(&f, mutual_client(), mutual_server());
	at = before(&f, MSG_CERTIFICATE_VERIFY);
	memcpy(copy, f.msg[at].p, f.msg[at].n);
	copy[f.msg[at].n - 1] ^= 1;
	msgs[0] = f.msg[0];
	msgs[1] = bytes_of(copy, f.msg[at].n);
	expect_failure(f.server, flight_give(&f, f.server, msgs, 2), SEALSOCK_ERR_BAD_SIGNATURE,
		       "a client's signature that is wrong");
	flight_close(&f);

	flight_to_server(&f, mutual_client(), mutual_server());
	msgs[0] = f.msg[0];
	msgs[1] = f.msg[before(&f, MSG_FINISHED)];
	expect_failure(f.server, flight_give(&f, f.server, msgs, 2), SEALSOCK_ERR_UNEXPECTED,
		       "Finished without CertificateVerify");
	flight_close(&f);

	flight_to_server(&f, mutual_client(), mutual_server());
	msgs[0] = f.msg[before(&f, MSG_FINISHED)];
	expect_failure(f.server, flight_give(&f, f.server, msgs, 1), SEALSOCK_ERR_UNEXPECTED,
		       "Finished alone");
	flight_close(&f);

	flight_to_server(&f, mutual_client(), mutual_server());
	at = before(&f, MSG_CERTIFICATE_VERIFY);
	memcpy(copy, f.msg[at].p, f.msg[at].n);
	copy[4] = 8;	/* rsa_pss_rsae_sha256 with a P-256 key */
	copy[5] = 4;
	msgs[0] = f.msg[0];
	msgs[1] = bytes_of(copy, f.msg[at].n);
	expect_failure(f.server, flight_give(&f, f.server, msgs, 2), SEALSOCK_ERR_ILLEGAL,
		       "a scheme that is not of the key");
	flight_close(&f);

	flight_to_server(&f, mutual_client(), mutual_server());
	memcpy(copy, (uint8_t[]){ 11, 0, 0, 5, 1, 7, 0, 0, 0 }, 9);
	msgs[0] = bytes_of(copy, 9);
	expect_failure(f.server, flight_give(&f, f.server, msgs, 1), SEALSOCK_ERR_ILLEGAL,
		       "a context nobody asked for");
	flight_close(&f);
}

static void chosen(void)
{
	static const struct cert_spec spec = {
		.cn = "other", .eku = "clientAuth", .from = -1, .until = 10,
	};
	struct identity other = make_identity(CERT_P384, &spec, NULL);
	char path[] = "/tmp/sealsock-test-XXXXXX";
	const void *der;
	FILE *f = fdopen(mkstemp(path), "w");
	size_t n;

	fputs(test_ca()->cert_pem, f);
	fclose(f);
	cc = client_config();
	add_identity(cc, &other);
	add_identity(cc, test_client());
	sc = mutual_server();
	ok_int(sealsock_config_client_auth(sc, SEALSOCK_VERIFY_REQUIRED, path), 0,
	       "authorities named by a file");
	open_both();
	ok(shake_hands(c, s, 0), "the client finds its certificate by the authority");
	der = sealsock_conn_peer_cert(s, 0, &n);
	ok(der && memmem(der, n, "client", 6), "it is the right one");
	close_both();

	cc = client_config();
	add_identity(cc, &other);
	add_identity(cc, test_client());
	sc = mutual_server();
	sealsock_config_sigalgs(sc, "ecdsa_secp256r1_sha256");
	open_both();
	ok(shake_hands(c, s, 0), "and by the server's schemes");
	close_both();

	cc = client_config();
	add_identity(cc, &other);
	sc = mutual_server();
	sealsock_config_sigalgs(sc, "ecdsa_secp256r1_sha256");
	refused(SEALSOCK_ERR_CERT_REQUIRED, "no scheme fits: none is sent");
	unlink(path);
	free_identity(&other);
}

int main(void)
{
	good(0);
	good(1);
	none();
	bad_chains();
	forged();
	chosen();
	free_test_identities();
	return done();
}
