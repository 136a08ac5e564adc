// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Attacks on the old key exchanges and ciphers of TLS 1.2: Bleichenbacher and ROBOT, Raccoon,
 * groups that are weak, unknown or composite, public values that give the secret away, CBC without
 * encrypt_then_mac, and what CBC records could tell.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "expect.h"
#include "hello.h"
#include "hs/hs.h"
#include "keys/schedule12.h"
#include "legacy.h"
#include "steps.h"
#include "tap.h"

#define RSA_SUITE "TLS_RSA_WITH_AES_128_GCM_SHA256"
#define DHE_SUITE "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
#define CBC_SUITE "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"

enum { FLIGHT_LEN = 32768, MSGS_MAX = 8, SIZE = 256 };

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static uint8_t flight[FLIGHT_LEN], plain[FLIGHT_LEN];
static struct bytes msgs[MSGS_MAX];
static size_t msg_count, flight_len;

static void open_with(struct sealsock_config *client, struct sealsock_config *server)
{
	cc = client;
	sc = server;
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
}

static void open_both(const char *suite)
{
	open_with(legacy_client(suite), legacy_server(NULL));
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* Takes the output's handshake messages that are in the clear apart; the rest stays in @flight. */
static void take_flight(struct sealsock_conn *from)
{
	uint8_t *p = flight;
	struct bytes left;
	size_t all = 0, n;

	flight_len = drain(from, flight, sizeof(flight));
	while (flight_len >= 5 && p[0] == SEAL_TYPE_HANDSHAKE) {
		n = seal_get_be16(p + 3);
		memcpy(plain + all, p + 5, n);
		all += n;
		p += 5 + n;
		flight_len -= 5 + n;
	}
	memmove(flight, p, flight_len);
	left = bytes_of(plain, all);
	for (msg_count = 0; left.n >= 4 && msg_count < MSGS_MAX; msg_count++)
		rd_bytes(&left, 4 + ((size_t)left.p[1] << 16 | left.p[2] << 8 | left.p[3]),
			 &msgs[msg_count]);
}

static int give(struct sealsock_conn *to, const void *p, size_t n)
{
	static uint8_t rec[FLIGHT_LEN];

	return feed_all(to, rec, plain_record(SEAL_TYPE_HANDSHAKE, p, n, rec), 0);
}

static void refused(struct sealsock_conn *conn, int got, int code, const char *name)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);

	if (!ok(got == code && f->code == code && f->alert == sealsock_error_alert(code) &&
		f->direction == SEALSOCK_DIR_SENT, "%s", name))
		printf("# %s, %s: %s\n", sealsock_error_name(got), f->step, f->text);
}

/*
 * Bleichenbacher, ROBOT.
 */

enum shape {
	RIGHT, FIRST_BYTE, BLOCK_TYPE, ZERO_EARLY, ZERO_IN_PADDING, NO_ZERO, LONGER, SHORTER,
	VERSION_11, VERSION_13, VERSION_0, ALL_ZERO, NUMBER_ONE, MODULUS, TOO_SHORT, TOO_LONG,
	EMPTY,
	SHAPES,
};

static const char *const shape_names[SHAPES] = {
	"a secret nobody chose", "first byte", "block type 1", "a zero right at the start",
	"a zero in the padding", "no zero", "a secret of 49 bytes", "a secret of 47 bytes",
	"version 1.1 inside", "version 1.3 inside", "version 0 inside", "0", "1", "the modulus",
	"a byte too short", "a byte too long", "nothing at all",
};

/* What RSA has to give; then its ciphertext, with the length as it is sent. */
static size_t make_block(enum shape shape, uint8_t block[SIZE])
{
	uint8_t *secret = block + SIZE - PRE_MASTER_RSA;
	uint16_t version = shape == VERSION_11 ? 0x0302 : shape == VERSION_13 ? 0x0304 :
			   shape == VERSION_0 ? 0 : 0x0303;

	memset(block, 0x77, SIZE);
	block[0] = shape == FIRST_BYTE;
	block[1] = shape == BLOCK_TYPE ? 1 : 2;
	if (shape != NO_ZERO)
		secret[shape == LONGER ? -2 : shape == SHORTER ? 0 : -1] = 0;
	if (shape == ZERO_EARLY)
		block[2] = 0;
	if (shape == ZERO_IN_PADDING)
		block[SIZE / 2] = 0;
	if (shape != SHORTER)
		seal_put_be16(secret, version);
	if (shape == ALL_ZERO || shape == NUMBER_ONE)
		memset(block, 0, SIZE);
	if (shape == NUMBER_ONE)
		block[SIZE - 1] = 1;
	return shape == EMPTY ? 0 : SIZE + (shape == TOO_LONG) - (shape == TOO_SHORT);
}

static size_t encrypt(enum shape shape, uint8_t out[SIZE + 1])
{
	EVP_PKEY *key = test_server_rsa()->pkey;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t block[SIZE];
	size_t n = SIZE, len = make_block(shape, block);
	BIGNUM *m = NULL;

	memset(out, 0, SIZE + 1);
	if (EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_encrypt(ctx, out, &n, block, SIZE) != 1)
		ok(false, "encrypting");
	EVP_PKEY_CTX_free(ctx);
	if (shape == MODULUS) {
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &m);
		BN_bn2binpad(m, out, SIZE);
		BN_free(m);
	}
	return len;
}

/* How the caller that has the key answers a padding that is wrong. */
enum answer { HERE, NOTHING, CODE, SHORT, RAW, ANSWERS };

static const char *const answer_names[ANSWERS] = {
	"key here", "elsewhere, no data", "elsewhere, an error", "elsewhere, 47 bytes",
	"elsewhere, the block",
};

static int answer(enum answer how, enum shape shape)
{
	uint8_t block[SIZE];

	make_block(shape, block);
	switch (how) {
	case NOTHING:
		return sealsock_conn_answer(s, 0, NULL, 0);
	case CODE:
		return sealsock_conn_answer(s, SEALSOCK_ERR_DECODE, NULL, 0);
	case SHORT:
		return sealsock_conn_answer(s, 0, block, 47);
	default:
		return sealsock_conn_answer(s, 0, block, SIZE);
	}
}

/* A client's flight whose ClientKeyExchange was replaced: what a server shows, and where. */
static bool attack(enum answer how, enum shape shape)
{
	uint8_t exchange[SIZE + 1], msg[SIZE + 16] = { MSG_CLIENT_KEY_EXCHANGE };
	const struct sealsock_failure *f;
	size_t moved, n = encrypt(shape, exchange);
	bool silent;
	int err;

	open_with(legacy_client(RSA_SUITE), how == HERE ? legacy_server(NULL) :
							  legacy_server_asking(NULL));
	f = sealsock_conn_error(s);
	carry(c, s, 0, &moved);
	carry(s, c, 0, &moved);
	take_flight(c);
	msg[2] = (uint8_t)((n + 2) >> 8);
	msg[3] = (uint8_t)(n + 2);
	seal_put_be16(msg + 4, (uint16_t)n);
	memcpy(msg + 6, exchange, n);
	err = give(s, msg, 6 + n);
	if (!err && how != HERE)
		err = answer(how, shape);
	/* Nothing is said to ClientKeyExchange, nor to ChangeCipherSpec. */
	silent = !err && sealsock_conn_state(s) == SEALSOCK_STATE_WANT_IN &&
		 !feed_all(s, flight, 6, 0) && sealsock_conn_state(s) == SEALSOCK_STATE_WANT_IN &&
		 s->hs->state == HS12_WAIT_CLIENT_FINISHED;
	err = feed_all(s, flight + 6, flight_len - 6, 0);
	silent &= err == SEALSOCK_ERR_BAD_RECORD && f->alert == ALERT_BAD_RECORD_MAC &&
		  f->direction == SEALSOCK_DIR_SENT &&
		  !strcmp(f->step, hs_state_name(HS12_WAIT_CLIENT_FINISHED)) &&
		  strstr(f->text, "does not authenticate") == f->text + strlen("a record ");
	if (!silent)
		printf("# %s: %s, %s: %s\n", shape_names[shape], sealsock_error_name(err), f->step,
		       f->text);
	moved = drain(s, flight, sizeof(flight));
	silent &= moved == 7 && flight[5] == 2 && flight[6] == ALERT_BAD_RECORD_MAC;
	close_both();
	return silent;
}

static void robot(void)
{
	enum answer how;
	int shape;

	for (how = HERE; how < ANSWERS; how++)
		for (shape = 0; shape < SHAPES; shape++)
			ok(attack(how, (enum shape)shape), "ROBOT, %s: %s", answer_names[how],
			   shape_names[shape]);
}

static uint8_t stepped[SIZE];

static void unpad(void *arg)
{
	static const uint8_t fallback[PRE_MASTER_RSA] = { 1, 2, 3 };
	uint8_t out[PRE_MASTER_RSA];

	(void)arg;
	pkcs1_pre_master(stepped, SIZE, 0x0303, fallback, out);
}

static void check_version(void *arg)
{
	static const uint8_t fallback[PRE_MASTER_RSA] = { 1, 2, 3 };
	uint8_t out[PRE_MASTER_RSA];

	(void)arg;
	pkcs1_check_version(stepped, 0x0303, fallback, out);
}

/* What the two must not be: it stops where the padding is wrong. */
static void careless(void *arg)
{
	volatile uint8_t *p = stepped + 2;

	(void)arg;
	while (p < stepped + SIZE - 1 && *p)
		p++;
}

static void prepare(void (*fn)(void *arg), enum shape shape)
{
	make_block(shape, stepped);
	if (fn == check_version)
		memmove(stepped, stepped + SIZE - PRE_MASTER_RSA, PRE_MASTER_RSA);
}

/* The very same instructions in the same order, whatever the block. */
static void robot_steps(void (*fn)(void *arg), const char *what)
{
	struct steps right, other;
	unsigned int same = 0;
	int shape;

	prepare(fn, RIGHT);
	if (!steps_of(fn, NULL, &right)) {
		skip("ROBOT: %s cannot be traced here", what);
		return;
	}
	if (fn == careless) {
		prepare(fn, ZERO_IN_PADDING);
		ok(steps_of(fn, NULL, &other) && other.count != right.count &&
		   other.path != right.path, "ROBOT: %s is told apart", what);
		return;
	}
	for (shape = RIGHT + 1; shape <= NUMBER_ONE; shape++) {
		prepare(fn, (enum shape)shape);
		same += steps_of(fn, NULL, &other) && other.count == right.count &&
			other.path == right.path;
	}
	ok(same == NUMBER_ONE && right.count > 100, "ROBOT: %s takes the same %lu steps always",
	   what, right.count);
}

/* A certificate that is for signatures only must not be encrypted to. */
static void wrong_usage(void)
{
	struct sealsock_config *other = server_config(CERT_RSA);
	struct builder w;
	struct buf msg;
	size_t moved;

	open_both(RSA_SUITE);
	carry(c, s, 0, &moved);
	take_flight(s);
	give(c, msgs[0].p, msgs[0].n);
	buf_init(&msg, &test_env_full);
	w = (struct builder){ .buf = &msg };
	certificate12_build(bytes_of(other->creds->chain.p, other->creds->chain.n), &w);
	refused(c, give(c, msg.p, msg.n), SEALSOCK_ERR_CERT_USAGE,
		"RSA key transport to a key that may only sign");
	buf_free(&msg);
	sealsock_config_unref(other);
	close_both();
	cc = legacy_client(RSA_SUITE);
	sc = server_config(CERT_RSA);
	sealsock_config_profile(sc, "legacy");
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	refused(s, carry(c, s, 0, &moved), SEALSOCK_ERR_NO_SUITE, "nor does a server offer it");
	close_both();
}

/*
 * Groups and public values.
 */

/* The client waits for ServerKeyExchange, of DHE. */
static void to_params(void)
{
	size_t moved;

	open_both(DHE_SUITE);
	carry(c, s, 0, &moved);
	take_flight(s);
	give(c, msgs[0].p, msgs[0].n);
	give(c, msgs[1].p, msgs[1].n);
}

/* Signed by the server's key: what a server that is evil, or badly set up, could send. */
static int give_params(struct bytes p, struct bytes g, struct bytes y)
{
	struct server_key_exchange ske = { .scheme = 0x0401 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t content[8192], sig[SIZE];
	struct buf params, msg;
	struct builder w;
	size_t n = sizeof(sig);
	int err;

	buf_init(&params, &test_env_full);
	buf_init(&msg, &test_env_full);
	w = (struct builder){ .buf = &params };
	wr_vec16(&w, p);
	wr_vec16(&w, g);
	wr_vec16(&w, y);
	memcpy(content, c->hs->random, 32);
	memcpy(content + 32, c->hs->v12.server_random, 32);
	memcpy(content + 64, params.p, params.n);
	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, test_server_rsa()->pkey);
	EVP_DigestSign(ctx, sig, &n, content, 64 + params.n);
	EVP_MD_CTX_free(ctx);
	ske.params = bytes_of(params.p, params.n);
	ske.signature = bytes_of(sig, n);
	w = (struct builder){ .buf = &msg };
	server_key_exchange_build(&ske, &w);
	err = give(c, msg.p, msg.n);
	buf_free(&params);
	buf_free(&msg);
	return err;
}

static const struct bytes two = { (const uint8_t *)"\2", 1 };

/* @change: what is done to the prime. */
static void fields(void)
{
	static const struct {
		const char *name;
		size_t cut;		/* bytes of the prime that are left out at its end */
		int at;			/* byte whose last bit is turned */
		int clear;		/* bits cleared in its first byte */
		uint16_t group;
		const char *g;
		int code;
	} rows[] = {
		{ "512 bits", 192, -1, 0, GROUP_FFDHE2048, "\2", SEALSOCK_ERR_WEAK },
		{ "1024 bits", 128, -1, 0, GROUP_FFDHE2048, "\2", SEALSOCK_ERR_WEAK },
		{ "2047 bits", 0, -1, 0x80, GROUP_FFDHE2048, "\2", SEALSOCK_ERR_WEAK },
		{ "an even number", 0, 255, 0, GROUP_FFDHE2048, "\2", SEALSOCK_ERR_WEAK },
		{ "a composite of 2048 bits", 0, 100, 0, GROUP_FFDHE2048, "\2", SEALSOCK_ERR_WEAK },
		{ "an unknown one of 3072 bits", 0, 200, 0, GROUP_MODP3072, "\2",
		  SEALSOCK_ERR_WEAK },
		{ "a length that nobody uses", 8, -1, 0, GROUP_FFDHE3072, "\2", SEALSOCK_ERR_WEAK },
		{ "another generator", 0, -1, 0, GROUP_FFDHE2048, "\5", SEALSOCK_ERR_WEAK },
		{ "the generator 1", 0, -1, 0, GROUP_FFDHE2048, "\1", SEALSOCK_ERR_WEAK },
		{ "ffdhe2048", 0, -1, 0, GROUP_FFDHE2048, "\2", 0 },
		{ "ffdhe8192", 0, -1, 0, GROUP_FFDHE8192, "\2", 0 },
		{ "the 2048 bits of RFC 3526", 0, -1, 0, GROUP_MODP2048, "\2", 0 },
		{ "its 4096 bits", 0, -1, 0, GROUP_MODP4096, "\2", 0 },
	};
	uint8_t p[DH_MAX];
	struct sealsock_info info;
	size_t i, n;
	int err;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		to_params();
		dh_prime(rows[i].group, p, &n);
		if (rows[i].at >= 0)
			p[rows[i].at] ^= 1;
		p[0] &= (uint8_t)~rows[i].clear;
		err = give_params(bytes_of(p, n - rows[i].cut), bytes_of(rows[i].g, 1),
				  bytes_of("\4", 1));
		if (rows[i].code) {
			refused(c, err, rows[i].code, rows[i].name);
		} else {
			sealsock_conn_info(c, &info);
			ok(!err && info.group_name &&
			   !strcmp(info.group_name, group_find(rows[i].group)->name) &&
			   info.group == (rows[i].group < GROUP_UNLISTED ? rows[i].group : 0),
			   "accepted: %s", rows[i].name);
		}
		close_both();
	}
}

static const char *const value_names[] = { "0", "1", "p - 1", "p", "p + 1", "longer than p", "2" };
enum { VALUES = 7 };

static size_t public_value(int which, uint8_t y[DH_MAX])
{
	size_t n;

	dh_prime(GROUP_FFDHE2048, y, &n);
	switch (which) {
	case 0:
	case 1:
	case 6:
		y[0] = (uint8_t)(which == 6 ? 2 : which);
		return 1;
	case 2:
		y[n - 1]--;
		return n;
	case 4:		/* the prime ends in bits of one */
		memset(y + n - 8, 0, 8);
		y[n - 9]++;
		return n;
	case 5:
		y[n] = 0;
		return n + 1;
	default:
		return n;
	}
}

static void public_values(void)
{
	uint8_t p[DH_MAX], y[DH_MAX], msg[DH_MAX] = { MSG_CLIENT_KEY_EXCHANGE };
	size_t n, len, moved;
	int i, err;

	dh_prime(GROUP_FFDHE2048, p, &n);
	for (i = 0; i < VALUES; i++) {
		len = public_value(i, y);
		to_params();
		err = give_params(bytes_of(p, n), two, bytes_of(y, len));
		if (!err)
			err = give(c, msgs[3].p, msgs[3].n);
		if (i < VALUES - 1)
			refused(c, err, SEALSOCK_ERR_ILLEGAL, value_names[i]);
		else
			ok_int(err, 0, "a server's public value of %s", value_names[i]);
		close_both();

		open_both(DHE_SUITE);
		carry(c, s, 0, &moved);
		drain(s, flight, sizeof(flight));
		msg[2] = (uint8_t)((len + 2) >> 8);
		msg[3] = (uint8_t)(len + 2);
		seal_put_be16(msg + 4, (uint16_t)len);
		memcpy(msg + 6, y, len);
		err = give(s, msg, 6 + len);
		if (i < VALUES - 1)
			refused(s, err, SEALSOCK_ERR_ILLEGAL, value_names[i]);
		else
			ok_int(err, 0, "a client's public value of %s", value_names[i]);
		close_both();
	}
}

/*
 * Raccoon: zeros before the secret do not count in TLS 1.2, so the hash takes a little less time
 * for such secrets. That cannot be helped; that no key is used for a second try can.
 */
static void raccoon(void)
{
	uint8_t msg[SIZE + 6] = { MSG_CLIENT_KEY_EXCHANGE, 0, 1, 2, 1 };
	uint8_t p[DH_MAX], z[SIZE], first[SIZE];
	struct server_key_exchange ske;
	struct bytes seeds[2];
	struct secret want;
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *prime, *ys, *x, *yc;
	size_t n, moved, tries = 0;
	int err;

	dh_prime(GROUP_FFDHE2048, p, &n);
	prime = BN_bin2bn(p, (int)n, NULL);
	open_both(DHE_SUITE);
	carry(c, s, 0, &moved);
	take_flight(s);
	server_key_exchange_parse(bytes_of(msgs[2].p + 4, msgs[2].n - 4), KX_DHE, &ske);
	memcpy(first, ske.share.p, ske.share.n);
	/* Our exponents 1, 2, 3 …, until the secret, which is ys^x, begins with a zero. */
	ys = BN_bin2bn(ske.share.p, (int)ske.share.n, NULL);
	x = BN_dup(ys);
	yc = BN_new();
	BN_set_word(yc, 2);
	do {
		BN_mod_mul(x, x, ys, prime, ctx);
		BN_mod_lshift1(yc, yc, prime, ctx);
		BN_bn2binpad(x, z, SIZE);
	} while (z[0] && ++tries < 10000);
	BN_bn2binpad(yc, msg + 6, SIZE);
	seal_put_be16(msg + 4, SIZE);
	err = give(s, msg, sizeof(msg));
	seeds[0] = bytes_of(s->hs->v12.session_hash.b, s->hs->v12.session_hash.n);
	seeds[1] = bytes_of(NULL, 0);
	while (n && !z[SIZE - n])
		n--;
	ok(!err && n < SIZE, "Raccoon: a secret of %zu bytes after %zu tries", n, tries);
	schedule12_master(&s->hs->transcript.kdf, bytes_of(z + SIZE - n, n), true, seeds, &want);
	ok_mem(s->hs->v12.master.b, s->hs->v12.master.n, want.b, want.n,
	       "Raccoon: hashed without its zeros (RFC 5246 §8.1.2)");
	ok(!s->hs->kex, "Raccoon: the server's key is gone with its first use");
	close_both();
	open_both(DHE_SUITE);
	carry(c, s, 0, &moved);
	take_flight(s);
	server_key_exchange_parse(bytes_of(msgs[2].p + 4, msgs[2].n - 4), KX_DHE, &ske);
	ok(!bytes_equal(ske.share, bytes_of(first, SIZE)), "Raccoon: the next has another");
	close_both();
	BN_free(prime);
	BN_free(ys);
	BN_free(x);
	BN_free(yc);
	BN_CTX_free(ctx);
}

/*
 * CBC.
 */

static struct hello hello;

static void without_etm(void)
{
	uint8_t out[FLIGHT_LEN], rec[8192];
	size_t moved;

	open_both(CBC_SUITE);
	hello_read(&hello, bytes_of(out + 5, drain(c, out, sizeof(out)) - 5));
	ok(hello_find(&hello, 22), "a client offers encrypt_then_mac with CBC");
	hello_drop(&hello, 22);
	refused(s, feed_all(s, rec, hello_record(&hello, rec), 0), SEALSOCK_ERR_NO_SUITE,
		"CBC without encrypt_then_mac is not chosen");
	close_both();

	open_both(CBC_SUITE);
	carry(c, s, 0, &moved);
	take_flight(s);
	hello_read(&hello, msgs[0]);
	hello_drop(&hello, 22);
	refused(c, feed_all(c, rec, hello_record(&hello, rec), 0), SEALSOCK_ERR_UNPROTECTED,
		"nor taken from a server that chose it");
	close_both();

	open_both(CBC_SUITE "," RSA_SUITE);
	sealsock_conn_free(s);
	sealsock_config_unref(sc);
	sc = legacy_server(RSA_SUITE);
	s = sealsock_conn_new(sc);
	carry(c, s, 0, &moved);
	take_flight(s);
	hello_read(&hello, msgs[0]);
	ok(!hello_find(&hello, 22), "an AEAD has no encrypt_then_mac");
	hello_set(&hello, 22, "");
	refused(c, feed_all(c, rec, hello_record(&hello, rec), 0), SEALSOCK_ERR_ILLEGAL,
		"and must not");
	close_both();

	open_with(client_config(), legacy_server(NULL));
	hello_read(&hello, bytes_of(out + 5, drain(c, out, sizeof(out)) - 5));
	ok(!hello_find(&hello, 22), "who offers no CBC does not offer it");
	close_both();
}

/* Whatever is wrong with a record, the answer is one: no oracle (Vaudenay, Lucky 13). */
static void records(bool in_handshake)
{
	size_t at, n, tried = 0, good = 0, moved;
	const struct sealsock_failure *f;
	int err;

	for (at = 0;; at += 5) {
		open_both(CBC_SUITE);
		if (in_handshake) {
			carry(c, s, 0, &moved);
			carry(s, c, 0, &moved);
		} else {
			shake_hands(c, s, 0);
			sealsock_conn_write(c, "nineteen bytes long", 19);
		}
		n = drain(c, flight, sizeof(flight));
		/* The last record: Finished, or the data. */
		moved = n - (5 + 16 + 32 + 20);
		if (5 + at >= n - moved) {
			close_both();
			break;
		}
		flight[moved + 5 + at] ^= 1;
		err = feed_all(s, flight, n, 0);
		f = sealsock_conn_error(s);
		tried++;
		good += err == SEALSOCK_ERR_BAD_RECORD && f->alert == ALERT_BAD_RECORD_MAC &&
			f->direction == SEALSOCK_DIR_SENT;
		close_both();
	}
	ok(good == tried && tried >= 13, "%s: a bit wrong in IV, content, padding or MAC",
	   in_handshake ? "Finished" : "data");
}

/* A flight cut at a point, the rest later: every eleventh point, and all around record headers. */
static void cut(const char *suite)
{
	size_t at, n, moved, tried = 0, good = 0;
	bool more = true;

	for (at = 1; more; at += at < 12 ? 1 : 61) {
		struct sealsock_conn *from, *to;
		int i;

		open_both(suite);
		more = false;
		for (i = 0; i < 6; i++) {
			from = i % 2 ? s : c;
			to = i % 2 ? c : s;
			n = drain(from, flight, sizeof(flight));
			moved = at < n ? at : n;
			more |= at < n;
			feed_all(to, flight, moved, 0);
			feed_all(to, flight + moved, n - moved, 0);
		}
		tried++;
		good += sealsock_conn_state(c) == SEALSOCK_STATE_DONE &&
			sealsock_conn_state(s) == SEALSOCK_STATE_DONE;
		close_both();
	}
	ok(good == tried && tried > 20, "%s: flights cut at %zu points", suite, tried);
}

int main(void)
{
	robot();
	robot_steps(careless, "a search that stops early");
	robot_steps(unpad, "the padding");
	robot_steps(check_version, "the version");
	wrong_usage();
	fields();
	public_values();
	raccoon();
	without_etm();
	records(true);
	records(false);
	cut(RSA_SUITE);
	cut("TLS_DHE_RSA_WITH_AES_128_CBC_SHA");
	cut(CBC_SUITE);
	free_test_identities();
	return done();
}
