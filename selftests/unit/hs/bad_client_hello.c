// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ClientHellos that a server must refuse, with the right alert; and odd ones it must not. */
#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "tap.h"

static uint8_t record[20000];

/* A good ClientHello of our own client, taken apart. */
static void good_hello(struct hello *h, const char *groups)
{
	struct sealsock_config *cfg = client_config();
	struct sealsock_conn *c;
	const void *p;
	size_t n;

	sealsock_config_alpn(cfg, "h2,http/1.1");
	sealsock_config_grease(cfg, false);
	if (groups)
		sealsock_config_groups(cfg, groups);
	c = client_conn(cfg);
	sealsock_conn_output(c, &p, &n);
	hello_read(h, bytes_of((const uint8_t *)p + 5, n - 5));
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

static struct sealsock_config *server_cfg;

static struct sealsock_conn *server(void)
{
	if (!server_cfg) {
		server_cfg = server_config(CERT_P256);
		sealsock_config_versions(server_cfg, "TLSv1.3");
		sealsock_config_alpn(server_cfg, "http/1.1");
	}
	return sealsock_conn_new(server_cfg);
}

enum op { SET, ADD, DROP };

/* One change to an extension. */
static const struct {
	const char *name;
	enum op op;
	uint16_t type;
	const char *hex;
	int code;
} ext_cases[] = {
	{ "supported_versions missing", DROP, 43, "", SEALSOCK_ERR_VERSION },
	{ "supported_versions without 1.3", SET, 43, "020303", SEALSOCK_ERR_VERSION },
	{ "supported_versions empty", SET, 43, "00", SEALSOCK_ERR_DECODE },
	{ "supported_versions odd", SET, 43, "03030403", SEALSOCK_ERR_DECODE },
	{ "supported_versions with a tail", SET, 43, "02030400", SEALSOCK_ERR_DECODE },
	{ "supported_versions twice", ADD, 43, "020304", SEALSOCK_ERR_ILLEGAL },
	{ "unknown version 3.5 only", SET, 43, "020305", SEALSOCK_ERR_VERSION },
	{ "supported_groups missing", DROP, 10, "", SEALSOCK_ERR_MISSING_EXT },
	{ "supported_groups empty", SET, 10, "0000", SEALSOCK_ERR_DECODE },
	{ "supported_groups odd", SET, 10, "0003001d00", SEALSOCK_ERR_DECODE },
	{ "supported_groups cut off", SET, 10, "0004001d", SEALSOCK_ERR_DECODE },
	{ "supported_groups without ours", SET, 10, "00020018", SEALSOCK_ERR_ILLEGAL },
	{ "signature_algorithms missing", DROP, 13, "", SEALSOCK_ERR_MISSING_EXT },
	{ "signature_algorithms empty", SET, 13, "0000", SEALSOCK_ERR_DECODE },
	{ "signature_algorithms odd", SET, 13, "0003040305", SEALSOCK_ERR_DECODE },
	{ "signature_algorithms of other keys", SET, 13, "00020807", SEALSOCK_ERR_NO_SIGALG },
	{ "signature_algorithms PKCS#1 only", SET, 13, "00020401", SEALSOCK_ERR_NO_SIGALG },
	{ "signature_algorithms_cert cut off", ADD, 50, "000404", SEALSOCK_ERR_DECODE },
	{ "key_share missing", DROP, 51, "", SEALSOCK_ERR_MISSING_EXT },
	{ "key_share cut off", SET, 51, "0024001d0020aa", SEALSOCK_ERR_DECODE },
	{ "key_share of no bytes", SET, 51, "0004001d0000", SEALSOCK_ERR_DECODE },
	{ "key_share of another group than listed", SET, 51, "000500180001aa",
	  SEALSOCK_ERR_ILLEGAL },
	{ "key_share twice for a group", SET, 51, "000a001d0001aa001d0001bb",
	  SEALSOCK_ERR_ILLEGAL },
	{ "key_share too short", SET, 51, "0005001d0001aa", SEALSOCK_ERR_ILLEGAL },
	{ "key_share all zeros", SET, 51, "0024001d0020" HEX_ZERO32,
	  SEALSOCK_ERR_ILLEGAL },
	{ "key_share of small order", SET, 51, "0024001d0020" HEX_SMALL_ORDER,
	  SEALSOCK_ERR_ILLEGAL },
	{ "P-256 share not on the curve", SET, 51,
	  "00450017004104" HEX_P256_X HEX_P256_BAD_Y,
	  SEALSOCK_ERR_ILLEGAL },
	{ "P-256 share compressed", SET, 51, "00250017002102" HEX_P256_X,
	  SEALSOCK_ERR_ILLEGAL },
	{ "P-256 share at infinity", SET, 51, "00050017000100", SEALSOCK_ERR_ILLEGAL },
	{ "server_name of two hosts", SET, 0, "000a00000261610000026162", SEALSOCK_ERR_ILLEGAL },
	{ "server_name empty list", SET, 0, "0000", SEALSOCK_ERR_DECODE },
	{ "server_name empty host", SET, 0, "0003000000", SEALSOCK_ERR_DECODE },
	{ "server_name of unknown type", SET, 0, "0005010002aaaa", SEALSOCK_ERR_DECODE },
	{ "server_name with a zero byte", SET, 0, "0006000003610062", SEALSOCK_ERR_ILLEGAL },
	{ "ALPN cut off", SET, 16, "0005046f7468", SEALSOCK_ERR_DECODE },
	{ "ALPN of other protocols", SET, 16, "000302ffff", SEALSOCK_ERR_NO_ALPN },
	{ "ALPN empty list", SET, 16, "0000", SEALSOCK_ERR_DECODE },
	{ "ALPN empty name", SET, 16, "000100", SEALSOCK_ERR_DECODE },
	{ "cookie empty", ADD, 44, "0000", SEALSOCK_ERR_DECODE },
	{ "early_data with content", ADD, 42, "00", SEALSOCK_ERR_DECODE },
	{ "oid_filters in a ClientHello", ADD, 48, "0000", SEALSOCK_ERR_ILLEGAL },
	{ "unknown extension twice", ADD, 0xfafa, "", SEALSOCK_ERR_ILLEGAL },
	{ "psk_key_exchange_modes empty", SET, 45, "00", SEALSOCK_ERR_DECODE },
	{ "pre_shared_key cut off", ADD, 41, "00070001", SEALSOCK_ERR_DECODE },
	{ "pre_shared_key of a short binder", ADD, 41,
	  "000700016100000000002100" HEX_ZERO32,
	  SEALSOCK_ERR_DECODE },
	{ "pre_shared_key with more identities than binders", ADD, 41,
	  "000e0001610000000000016200000000002120" HEX_ZERO32,
	  SEALSOCK_ERR_ILLEGAL },
};

static void run(const struct hello *h, int code, const char *name)
{
	struct sealsock_conn *s = server();
	size_t n = hello_record(h, record);

	expect_failure(s, feed_all(s, record, n, 0), code, name);
	sealsock_conn_free(s);
}

static void extensions(void)
{
	struct hello h;
	size_t i;

	for (i = 0; i < sizeof(ext_cases) / sizeof(ext_cases[0]); i++) {
		good_hello(&h, NULL);
		hello_add(&h, 0xfafa, "");
		if (ext_cases[i].op == SET)
			hello_set(&h, ext_cases[i].type, ext_cases[i].hex);
		else if (ext_cases[i].op == ADD)
			hello_add(&h, ext_cases[i].type, ext_cases[i].hex);
		else
			hello_drop(&h, ext_cases[i].type);
		run(&h, ext_cases[i].code, ext_cases[i].name);
	}
	good_hello(&h, NULL);
	hello_set(&h, 45, "0101");
	hello_add(&h, 41, HEX_PSK);
	hello_add(&h, 0xfafa, "");
	run(&h, SEALSOCK_ERR_ILLEGAL, "pre_shared_key is not last");
	good_hello(&h, "x25519");
	hello_set(&h, 10, "00020016");
	hello_set(&h, 51, "0000");
	run(&h, SEALSOCK_ERR_NO_GROUP, "no common group");
	good_hello(&h, NULL);
	hello_drop(&h, 45);
	hello_add(&h, 41, HEX_PSK);
	run(&h, SEALSOCK_ERR_MISSING_EXT, "pre_shared_key without modes");
	good_hello(&h, NULL);
	hello_drop(&h, 13);
	hello_add(&h, 41, HEX_PSK);
	run(&h, SEALSOCK_ERR_MISSING_EXT, "no signature_algorithms, and a PSK of no use");
}

static void fields(void)
{
	struct hello h;

	good_hello(&h, NULL);
	h.version = 0x0300;
	run(&h, SEALSOCK_ERR_VERSION, "legacy_version of SSL 3");
	good_hello(&h, NULL);
	h.session_id_len = 33;
	run(&h, SEALSOCK_ERR_DECODE, "session id of 33 bytes");
	good_hello(&h, NULL);
	h.suites_len = 0;
	run(&h, SEALSOCK_ERR_DECODE, "no cipher suites");
	good_hello(&h, NULL);
	h.suites_len = 3;
	run(&h, SEALSOCK_ERR_DECODE, "odd length of cipher suites");
	good_hello(&h, NULL);
	h.suites_len = unhex("13051306c02f", h.suites, sizeof(h.suites));
	run(&h, SEALSOCK_ERR_NO_SUITE, "no common cipher suite");
	good_hello(&h, NULL);
	h.compression_len = 0;
	run(&h, SEALSOCK_ERR_DECODE, "no compression methods");
	good_hello(&h, NULL);
	h.compression[0] = 1;
	run(&h, SEALSOCK_ERR_ILLEGAL, "compression instead of null");
	good_hello(&h, NULL);
	h.compression[0] = 1;
	h.compression[1] = 0;
	h.compression_len = 2;
	run(&h, SEALSOCK_ERR_ILLEGAL, "compression beside null");
	good_hello(&h, NULL);
	h.no_ext_block = true;
	run(&h, SEALSOCK_ERR_VERSION, "no extensions at all: an older version");
	good_hello(&h, NULL);
	h.block_length_off = 1;
	run(&h, SEALSOCK_ERR_DECODE, "extensions longer than the message");
	good_hello(&h, NULL);
	h.block_length_off = -1;
	run(&h, SEALSOCK_ERR_DECODE, "bytes behind the extensions");
	good_hello(&h, NULL);
	h.extra = 1;
	run(&h, SEALSOCK_ERR_DECODE, "a byte behind the message's content");
	good_hello(&h, NULL);
	h.ext[h.ext_count - 1].n--;
	h.block_length_off = 0;
	run(&h, SEALSOCK_ERR_DECODE, "last extension cut");
}

/* Every shorter prefix of the body is malformed, and never more than that. */
static void cuts(void)
{
	struct hello h;
	size_t whole, cut;
	bool good = true;

	good_hello(&h, NULL);
	whole = hello_write(&h, record) - 4;
	for (cut = 1; cut <= whole && good; cut++) {
		struct sealsock_conn *s = server();
		size_t n;
		int err;

		h.cut = cut;
		n = hello_record(&h, record);
		err = feed_all(s, record, n, 0);
		/* A body that ends before the extensions is a ClientHello of older times. */
		good = err == SEALSOCK_ERR_DECODE || err == SEALSOCK_ERR_VERSION;
		if (!good)
			printf("# cut by %zu: %s\n", cut, sealsock_error_name(err));
		sealsock_conn_free(s);
	}
	ok(good, "every cut-off ClientHello is refused");
}

static bool accepted(const struct hello *h)
{
	struct sealsock_conn *s = server();
	size_t n = hello_record(h, record);
	int err = feed_all(s, record, n, 0);
	bool good = err == 0 && s->hs->state == HS_WAIT_CLIENT_FINISHED;

	if (!good)
		printf("# %s: %s\n", sealsock_error_name(err), sealsock_conn_error(s)->text);
	sealsock_conn_free(s);
	return good;
}

static void tolerated(void)
{
	struct hello h;
	size_t i;

	good_hello(&h, NULL);
	for (i = 0; i < 8; i++)
		hello_add(&h, (uint16_t)(0x0a0a + 0x1010 * i), "00");
	memmove(h.suites + 2, h.suites, h.suites_len);
	h.suites[0] = 0x2a;
	h.suites[1] = 0x2a;
	h.suites_len += 2;
	hello_set(&h, 43, "063a3a03040303");
	ok(accepted(&h), "GREASE in extensions, suites and versions");
	good_hello(&h, NULL);
	h.session_id_len = 0;
	ok(accepted(&h), "no session id");
	good_hello(&h, NULL);
	h.version = 0x0301;
	ok(accepted(&h), "legacy_version is not looked at");
	good_hello(&h, NULL);
	hello_drop(&h, 16);
	ok(accepted(&h), "no ALPN although the server has protocols");
	good_hello(&h, NULL);
	hello_drop(&h, 0);
	ok(accepted(&h), "no server name");
	good_hello(&h, NULL);
	hello_set(&h, 0, "0005000002 7878");
	ok(accepted(&h), "an unknown server name gets the first certificate");
	good_hello(&h, NULL);
	hello_set(&h, 5, "0100000000");
	hello_set(&h, 0xff01, "00");
	hello_set(&h, 23, "");
	hello_set(&h, 35, "");
	hello_set(&h, 49, "");
	hello_set(&h, 28, "4001");
	hello_set(&h, 21, "000000");
	hello_set(&h, 1, "01");
	hello_set(&h, 45, "0101");
	hello_add(&h, 41, HEX_PSK);
	ok(accepted(&h), "extensions for what this server does not do");
}

int main(void)
{
	extensions();
	fields();
	cuts();
	tolerated();
	sealsock_config_unref(server_cfg);
	free_test_identities();
	return done();
}
