// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The bounded reader and builder, buffers, secrets, HMAC, and the registry of extensions. */
#include "crypto/hkdf.h"
#include "hello.h"
#include "msg/msg.h"
#include "pair.h"
#include "tap.h"

static void reader(void)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct bytes r = bytes_of(in, sizeof(in)), part;
	uint8_t u8;
	uint16_t u16;
	uint32_t u24, u32;

	ok(rd_u8(&r, &u8) && u8 == 1 && rd_u16(&r, &u16) && u16 == 0x0203 && rd_u24(&r, &u24) &&
	   u24 == 0x040506 && rd_u32(&r, &u32) && u32 == 0x0708090a && r.n == 0, "numbers");
	ok(!rd_u8(&r, &u8) && !rd_u16(&r, &u16) && !rd_u24(&r, &u24) && !rd_u32(&r, &u32),
	   "nothing beyond the end");
	r = bytes_of(in, 3);
	ok(!rd_u32(&r, &u32) && r.n == 3, "a failed read takes nothing");
	ok(!rd_bytes(&r, 4, &part) && r.n == 3 && rd_bytes(&r, 0, &part) && part.n == 0, "bytes");
	r = bytes_of("\3abc", 4);
	ok(rd_vec8(&r, 0, 255, &part) && part.n == 3 && r.n == 0, "vector");
	r = bytes_of("\3ab", 3);
	ok(!rd_vec8(&r, 0, 255, &part) && r.n == 3, "vector longer than the input");
	r = bytes_of("\2ab", 3);
	ok(!rd_vec8(&r, 3, 255, &part) && !rd_vec8(&r, 0, 1, &part) && r.n == 3,
	   "vector out of its bounds");
	r = bytes_of("\0\2ab", 4);
	ok(rd_vec16(&r, 2, 2, &part) && part.n == 2, "16-bit vector");
	r = bytes_of("\0\0\2ab", 5);
	ok(rd_vec24(&r, 2, 2, &part) && part.n == 2, "24-bit vector");
	r = bytes_of("\xff\xff\xff", 3);
	ok(!rd_vec24(&r, 0, 0xffffff, &part) && r.n == 3, "16 MiB that are not there");
}

static void *no_memory(void *arg, size_t n)
{
	(void)arg;
	(void)n;
	return NULL;
}

static void builder(void)
{
	struct sealsock_env env = test_env_full;
	struct builder w;
	struct buf b;
	size_t a, c, i;

	buf_init(&b, &env);
	w = (struct builder){ .buf = &b };
	a = wr_open(&w, 2);
	wr_u8(&w, 1);
	c = wr_open(&w, 1);
	wr_u24(&w, 0x020304);
	wr_close(&w, c, 1);
	wr_close(&w, a, 2);
	ok_mem(b.p, b.n, "\0\5\1\3\2\3\4", 7, "vectors inside vectors");
	a = wr_open(&w, 1);
	for (i = 0; i < 256; i++)
		wr_u8(&w, 0);
	wr_close(&w, a, 1);
	ok(w.bad, "a vector too long for its length field");
	wr_u8(&w, 1);
	ok(w.bad && b.n == 7 + 1 + 256, "what is bad stays bad");
	buf_drop(&b, 3);
	ok(b.n == 261 && b.p[0] == 3, "bytes dropped from the front");
	buf_free(&b);
	env.alloc = no_memory;
	w = (struct builder){ .buf = &b };
	wr_u8(&w, 1);
	ok(w.bad && b.n == 0, "no memory");
	buf_free(&b);
}

static void secrets(void)
{
	struct secret s = { .n = 32 };
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	size_t i;
	bool good = true;

	ok(secret_equal(a, b, 32) && secret_all_zero(a, 32), "equal, and zero");
	for (i = 0; i < 256; i++) {
		b[i / 8] ^= (uint8_t)(1 << i % 8);
		good &= !secret_equal(a, b, 32) && !secret_all_zero(b, 32);
		b[i / 8] = 0;
	}
	ok(good, "each bit counts");
	memset(s.b, 0xaa, sizeof(s.b));
	secret_wipe(&s);
	ok(secret_all_zero(&s, sizeof(s)), "wiped");
}

/* RFC 4231 §4.3 (test case 2). */
static void mac(void)
{
	struct crypto *crypto = crypto_get();
	struct kdf k = { crypto, hash_new(), HASH_SHA256 };
	uint8_t out[HASH_MAX], want[HASH_MAX];
	struct bytes key = bytes_of("Jefe", 4), msg = bytes_of("what do ya want for nothing?", 28);
	struct secret secret = { .n = 32 };
	uint8_t big[255], context[256] = { 0 };
	char label[LABEL_MAX + 2] = "";

	unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", want, 32);
	ok(hmac(&k, key, msg, out) == 0 && !memcmp(out, want, 32), "HMAC-SHA-256 of RFC 4231");
	k.hash = HASH_SHA384;
	unhex("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e", want, 32);
	unhex("8e2240ca5e69e2c78b3239ecfab21649", want + 32, 16);
	ok(hmac(&k, key, msg, out) == 0 && !memcmp(out, want, 48), "HMAC-SHA-384 of RFC 4231");
	ok_int(hkdf_expand_label(&k, &secret, "label", bytes_of(NULL, 0), big, 255), 0,
	       "expanding over several rounds");
	memset(label, 'x', LABEL_MAX);
	ok_int(hkdf_expand_label(&k, &secret, label, bytes_of(NULL, 0), big, 32), 0,
	       "the longest label");
	ok_int(hkdf_expand_label(&k, &secret, "y", bytes_of(context, sizeof(context)), big, 32),
	       SEALSOCK_ERR_INVALID, "a context too long");
	label[LABEL_MAX] = 'x';
	ok_int(hkdf_expand_label(&k, &secret, label, bytes_of(NULL, 0), big, 32),
	       SEALSOCK_ERR_INVALID, "a label too long");
	hash_free(k.scratch);
	crypto_put(crypto);
}

/* RFC 8446 §4.2, the table, row by row. */
static const struct {
	uint16_t type;
	uint8_t where;
} table[] = {
	{ 0, EXT_IN_CH | EXT_IN_EE }, { 1, EXT_IN_CH | EXT_IN_EE },
	{ 5, EXT_IN_CH | EXT_IN_CR | EXT_IN_CT }, { 10, EXT_IN_CH | EXT_IN_EE },
	{ 13, EXT_IN_CH | EXT_IN_CR }, { 14, EXT_IN_CH | EXT_IN_EE },
	{ 15, EXT_IN_CH | EXT_IN_EE }, { 16, EXT_IN_CH | EXT_IN_EE },
	{ 18, EXT_IN_CH | EXT_IN_CR | EXT_IN_CT }, { 19, EXT_IN_CH | EXT_IN_EE },
	{ 20, EXT_IN_CH | EXT_IN_EE }, { 21, EXT_IN_CH },
	{ 51, EXT_IN_CH | EXT_IN_SH | EXT_IN_HRR }, { 41, EXT_IN_CH | EXT_IN_SH },
	{ 45, EXT_IN_CH }, { 42, EXT_IN_CH | EXT_IN_EE | EXT_IN_NST },
	{ 44, EXT_IN_CH | EXT_IN_HRR }, { 43, EXT_IN_CH | EXT_IN_SH | EXT_IN_HRR },
	{ 47, EXT_IN_CH | EXT_IN_CR }, { 48, EXT_IN_CR }, { 49, EXT_IN_CH },
	{ 50, EXT_IN_CH | EXT_IN_CR },
};

static void extensions(void)
{
	bool good = true;
	unsigned int where;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t block[4] = { (uint8_t)(table[i].type >> 8), (uint8_t)table[i].type };

		for (where = EXT_IN_CH; where <= EXT_IN_NST; where <<= 1) {
			struct ext_set set = { 0 };
			int err = ext_parse(&set, (enum ext_where)where, bytes_of(block, 4), ~0u);
			bool refused = err == SEALSOCK_ERR_ILLEGAL &&
				       !strcmp(set.why, "not allowed in this message");

			if (refused != !(table[i].where & where)) {
				printf("# extension %u in %u: %d\n", table[i].type, where, err);
				good = false;
			}
		}
	}
	ok(good, "every extension is allowed just where RFC 8446's table has it");
	ok(ext_type(EXT_KEY_SHARE) == 51 && !strcmp(ext_name(51), "key_share") &&
	   !strcmp(ext_name(0xfafa), "extension"), "their names");
}

/* The numbers in an order that is neither theirs nor its reverse. */
static uint16_t number(unsigned int i)
{
	return (uint16_t)(i * 40503 + 7);
}

static void sets(void)
{
	static const unsigned int sizes[] = { 0, 1, SEEN_FEW - 1, SEEN_FEW, SEEN_FEW + 1, 65536 };
	static struct seen16 set;
	unsigned int s, i, bad = 0;

	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		memset(&set, 0xff, sizeof(set));
		set.n = 0;
		for (i = 0; i < sizes[s]; i++)
			bad += seen16_has(&set, number(i)) + seen16_add(&set, number(i));
		for (i = 0; i < 65536; i++)
			bad += seen16_has(&set, number(i)) != (i < sizes[s]);
		for (i = 0; i < sizes[s]; i++)
			bad += !seen16_add(&set, number(i));
	}
	ok_int(bad, 0, "sets of numbers, short and long");
}

int main(void)
{
	sets();
	reader();
	builder();
	secrets();
	mac();
	extensions();
	return done();
}
