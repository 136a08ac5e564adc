// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Sealed handshake messages that must be refused: the server's flight, and the client's. */
#include "flight.h"
#include "hello.h"
#include "tap.h"

enum { EE, CERT, CV, FIN };

/* The message replaced by @hex, or @hex put before it. */
struct row {
	const char *name;
	size_t at;
	bool insert;
	const char *hex;
	int code;
};

static const struct row rows[] = {
	{ "EE: unknown extension", EE, false, "08000006 0004 fafa0000",
	  SEALSOCK_ERR_UNOFFERED_EXT },
	{ "EE: extension not offered", EE, false, "08000009 0007 0010 0003 000000",
	  SEALSOCK_ERR_UNOFFERED_EXT },
	{ "EE: max_fragment_length, which is never offered", EE, false,
	  "08000007 0005 0001 0001 01", SEALSOCK_ERR_UNOFFERED_EXT },
	{ "EE: key_share in the wrong message", EE, false, "08000006 0004 00330000",
	  SEALSOCK_ERR_ILLEGAL },
	{ "EE: supported_versions in the wrong message", EE, false, "08000008 0006 002b00020304",
	  SEALSOCK_ERR_ILLEGAL },
	{ "EE: server_name with content", EE, false, "08000007 0005 0000000100",
	  SEALSOCK_ERR_DECODE },
	{ "EE: server_name twice", EE, false, "0800000a 0008 00000000 00000000",
	  SEALSOCK_ERR_ILLEGAL },
	{ "EE: block longer than the message", EE, false, "08000002 0001", SEALSOCK_ERR_DECODE },
	{ "EE: block shorter than the message", EE, false, "08000003 0000 00",
	  SEALSOCK_ERR_DECODE },
	{ "EE: empty", EE, false, "08000000", SEALSOCK_ERR_DECODE },
	{ "EE: extension header cut off", EE, false, "08000005 0003 000000",
	  SEALSOCK_ERR_DECODE },
	{ "CR: no signature_algorithms", CERT, true, "0d000003 00 0000", SEALSOCK_ERR_DECODE },
	{ "CR: signature_algorithms missing", CERT, true, "0d000007 00 0004 fafa0000",
	  SEALSOCK_ERR_MISSING_EXT },
	{ "CR: context during the handshake", CERT, true,
	  "0d00000c 01aa 0008 000d0004 00020403", SEALSOCK_ERR_ILLEGAL },
	{ "CR: key_share in the wrong message", CERT, true,
	  "0d00000f 00 000c 000d0004 00020403 00330000", SEALSOCK_ERR_ILLEGAL },
	{ "CR: cut off", CERT, true, "0d000001 00", SEALSOCK_ERR_DECODE },
	{ "Certificate: empty list", CERT, false, "0b000004 00 000000", SEALSOCK_ERR_DECODE },
	{ "Certificate: context", CERT, false, "0b00000b 01aa 000006 000001 30 0000",
	  SEALSOCK_ERR_ILLEGAL },
	{ "Certificate: entry of no bytes", CERT, false, "0b000009 00 000005 000000 0000",
	  SEALSOCK_ERR_DECODE },
	{ "Certificate: not DER", CERT, false, "0b00000a 00 000006 000001 30 0000",
	  SEALSOCK_ERR_CERT_BAD },
	{ "Certificate: list longer than the message", CERT, false, "0b000004 00 000001",
	  SEALSOCK_ERR_DECODE },
	{ "Certificate: a byte behind the list", CERT, false, "0b000005 00 000000 00",
	  SEALSOCK_ERR_DECODE },
	{ "Certificate: entry cut off", CERT, false, "0b000009 00 000005 0000ff 3030",
	  SEALSOCK_ERR_DECODE },
	{ "Certificate: extension not offered", CERT, false,
	  "0b00000f 00 00000b 000001 30 0005 0012000100", SEALSOCK_ERR_UNOFFERED_EXT },
	{ "Certificate: key_share in an entry", CERT, false,
	  "0b00000e 00 00000a 000001 30 0004 00330000", SEALSOCK_ERR_ILLEGAL },
	{ "Certificate: longer than accepted", CERT, false, "0b019001",
	  SEALSOCK_ERR_MESSAGE_SIZE },
	{ "Certificate: 16 MiB announced", CERT, false, "0bffffff", SEALSOCK_ERR_MESSAGE_SIZE },
	{ "CertificateVerify: scheme not offered", CV, false, "0f000008 0401 0004 30303030",
	  SEALSOCK_ERR_ILLEGAL },
	{ "CertificateVerify: scheme of another key", CV, false, "0f000008 0804 0004 30303030",
	  SEALSOCK_ERR_ILLEGAL },
	{ "CertificateVerify: scheme of another curve", CV, false, "0f000008 0503 0004 30303030",
	  SEALSOCK_ERR_ILLEGAL },
	{ "CertificateVerify: signature of nonsense", CV, false, "0f000008 0403 0004 30303030",
	  SEALSOCK_ERR_BAD_SIGNATURE },
	{ "CertificateVerify: empty signature", CV, false, "0f000004 0403 0000",
	  SEALSOCK_ERR_BAD_SIGNATURE },
	{ "CertificateVerify: cut off", CV, false, "0f000003 0403 00", SEALSOCK_ERR_DECODE },
	{ "CertificateVerify: a byte too many", CV, false, "0f000005 0403 0000 00",
	  SEALSOCK_ERR_DECODE },
	{ "Finished: too short", FIN, false, "14000001 00", SEALSOCK_ERR_DECODE },
	{ "Finished: empty", FIN, false, "14000000", SEALSOCK_ERR_DECODE },
	{ "Finished: wrong", FIN, false, "14000020" HEX_ZERO32,
	  SEALSOCK_ERR_BAD_FINISHED },
	{ "Finished: announced longer than accepted", FIN, false, "14019001",
	  SEALSOCK_ERR_MESSAGE_SIZE },
	{ "ticket before Finished", FIN, true, "04000000", SEALSOCK_ERR_UNEXPECTED },
	{ "KeyUpdate before Finished", FIN, true, "1800000100", SEALSOCK_ERR_UNEXPECTED },
	{ "unknown message", EE, true, "63000000", SEALSOCK_ERR_UNEXPECTED },
	{ "message_hash from the wire", EE, true, "fe000000", SEALSOCK_ERR_UNEXPECTED },
	{ "HelloRequest", EE, true, "00000000", SEALSOCK_ERR_UNEXPECTED },
	{ "ServerHello again", EE, true, "02000000", SEALSOCK_ERR_UNEXPECTED },
};

static void server_flight(void)
{
	struct bytes msgs[FLIGHT_MAX];
	uint8_t made[256];
	struct flight f;
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		flight_to_client(&f, NULL, NULL);
		n = r->at;
		memcpy(msgs, f.msg, n * sizeof(msgs[0]));
		msgs[n++] = bytes_of(made, unhex(r->hex, made, sizeof(made)));
		if (r->insert)
			msgs[n++] = f.msg[r->at];
		expect_failure(f.client, flight_give(&f, f.client, msgs, n), r->code, r->name);
		flight_close(&f);
	}
}

/* Each message left out, doubled, or swapped with the next. */
static void order(void)
{
	static const char *const names[] = { "EncryptedExtensions", "Certificate",
					     "CertificateVerify", "Finished" };
	struct bytes msgs[FLIGHT_MAX];
	struct flight f;
	char name[80];
	size_t i;

	for (i = 0; i < 3; i++) {
		flight_to_client(&f, NULL, NULL);
		memcpy(msgs, f.msg, sizeof(msgs));
		memmove(msgs + i, msgs + i + 1, (3 - i) * sizeof(msgs[0]));
		snprintf(name, sizeof(name), "%s left out", names[i]);
		expect_failure(f.client, flight_give(&f, f.client, msgs, 3),
			       SEALSOCK_ERR_UNEXPECTED, name);
		flight_close(&f);

		flight_to_client(&f, NULL, NULL);
		memcpy(msgs, f.msg, sizeof(msgs));
		msgs[i] = f.msg[i + 1];
		msgs[i + 1] = f.msg[i];
		snprintf(name, sizeof(name), "%s and %s swapped", names[i], names[i + 1]);
		expect_failure(f.client, flight_give(&f, f.client, msgs, 4),
			       SEALSOCK_ERR_UNEXPECTED, name);
		flight_close(&f);

		flight_to_client(&f, NULL, NULL);
		memcpy(msgs, f.msg, (i + 1) * sizeof(msgs[0]));
		msgs[i + 1] = f.msg[i];
		snprintf(name, sizeof(name), "%s twice", names[i]);
		expect_failure(f.client, flight_give(&f, f.client, msgs, i + 2),
			       SEALSOCK_ERR_UNEXPECTED, name);
		flight_close(&f);
	}
}

/* Bits turned in each message: never accepted. */
static void turned_bits(void)
{
	struct flight f;
	size_t m, at, runs = 0, refused = 0;

	for (m = 0; m < 4; m++) {
		for (at = 0; at < 8; at++) {
			uint8_t *p;

			flight_to_client(&f, NULL, NULL);
			p = (uint8_t *)f.msg[m].p;
			p[4 + (f.msg[m].n - 5) * at / 8] ^= 0x10;
			runs++;
			if (flight_give(&f, f.client, f.msg, 4) < 0 &&
			    sealsock_conn_state(f.client) == SEALSOCK_STATE_FAILED)
				refused++;
			flight_close(&f);
		}
	}
	ok_int(refused, runs, "a turned bit anywhere in the flight is noticed");
}

/* A chain whose certificates are too many. */
static void long_chain(void)
{
	uint8_t body[4 + 4 + 6 * (CHAIN_MAX + 1)] = { 0 };
	struct bytes msgs[2];
	struct flight f;
	size_t i, n = 8;

	for (i = 0; i <= CHAIN_MAX; i++, n += 6) {
		body[n + 2] = 1;
		body[n + 3] = 0x30;
	}
	body[0] = MSG_CERTIFICATE;
	body[3] = (uint8_t)(n - 4);
	body[7] = (uint8_t)(n - 8);
	flight_to_client(&f, NULL, NULL);
	msgs[0] = f.msg[0];
	msgs[1] = bytes_of(body, n);
	expect_failure(f.client, flight_give(&f, f.client, msgs, 2), SEALSOCK_ERR_CERT_BAD,
		       "a chain of too many certificates");
	flight_close(&f);
}

static void alpn_answers(void)
{
	static const uint8_t other[] = { 8, 0, 0, 11, 0, 9, 0, 16, 0, 5, 0, 3, 2, 'h', '3' };
	static const uint8_t two[] = { 8, 0, 0, 14, 0, 12, 0, 16, 0, 8, 0, 6, 2, 'h', '2', 2, 'h',
				       '2' };
	struct bytes m;
	struct flight f;
	struct sealsock_config *cfg = client_config();

	sealsock_config_alpn(cfg, "h2");
	flight_to_client(&f, sealsock_config_ref(cfg), NULL);
	m = bytes_of(other, sizeof(other));
	expect_failure(f.client, flight_give(&f, f.client, &m, 1), SEALSOCK_ERR_ILLEGAL,
		       "a protocol that was not offered");
	flight_close(&f);
	flight_to_client(&f, sealsock_config_ref(cfg), NULL);
	m = bytes_of(two, sizeof(two));
	expect_failure(f.client, flight_give(&f, f.client, &m, 1), SEALSOCK_ERR_DECODE,
		       "two protocols chosen");
	flight_close(&f);
	sealsock_config_unref(cfg);
}

static const struct row client_rows[] = {
	{ "client's Finished: wrong", 0, false, "14000020" HEX_ZERO32,
	  SEALSOCK_ERR_BAD_FINISHED },
	{ "client's Finished: too short", 0, false, "1400001f" HEX_ZERO31,
	  SEALSOCK_ERR_DECODE },
	{ "client's Certificate that was not asked for", 0, true, "0b000004 00 000000",
	  SEALSOCK_ERR_UNEXPECTED },
	{ "EndOfEarlyData without early data", 0, true, "05000000", SEALSOCK_ERR_UNEXPECTED },
	{ "ClientHello again", 0, true, "01000000", SEALSOCK_ERR_UNEXPECTED },
	{ "client's KeyUpdate before Finished", 0, true, "1800000100", SEALSOCK_ERR_UNEXPECTED },
	{ "client's unknown message", 0, true, "c8000000", SEALSOCK_ERR_UNEXPECTED },
};

static void client_flight(void)
{
	struct bytes msgs[3];
	uint8_t made[256];
	struct flight f;
	size_t i, n;

	for (i = 0; i < sizeof(client_rows) / sizeof(client_rows[0]); i++) {
		const struct row *r = &client_rows[i];

		flight_to_server(&f, NULL, NULL);
		n = 0;
		msgs[n++] = bytes_of(made, unhex(r->hex, made, sizeof(made)));
		if (r->insert)
			msgs[n++] = f.msg[0];
		expect_failure(f.server, flight_give(&f, f.server, msgs, n), r->code, r->name);
		flight_close(&f);
	}
	flight_to_server(&f, NULL, NULL);
	msgs[0] = f.msg[0];
	msgs[1] = bytes_of("\x18\0\0\1\0", 5);
	expect_failure(f.server, flight_give(&f, f.server, msgs, 2), SEALSOCK_ERR_UNEXPECTED,
		       "bytes behind the client's Finished in its record");
	flight_close(&f);
	flight_to_client(&f, NULL, NULL);
	f.msg[4] = bytes_of("\4", 1);
	expect_failure(f.client, flight_give(&f, f.client, f.msg, 5), SEALSOCK_ERR_UNEXPECTED,
		       "a byte behind the server's Finished in its record");
	flight_close(&f);
}

int main(void)
{
	server_flight();
	order();
	turned_bits();
	long_chain();
	alpn_answers();
	client_flight();
	free_test_identities();
	return done();
}
