// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Encrypted Client Hello. The first byte of an input says what the rest is: 0: an ECHConfigList;
 * 1: the extensions of an outer ClientHello, with their length, and an encoded inner one; 2: an
 * encoded inner hello, sealed here to a server's key; 3: one that follows a HelloRetryRequest.
 */
#include "ech.h"
#include "engine.h"
#include "hs/hs.h"

static struct ech_pair pair;
static struct sealsock_config *sc, *retrying;
static struct hello outer;

static void make_outer(void)
{
	struct sealsock_config *cc = client_config();
	struct sealsock_conn *c;
	const void *p;
	size_t n;

	sealsock_config_versions(cc, "TLSv1.3");
	sealsock_config_grease(cc, false);
	test_random_reset();
	c = client_conn(cc);
	sealsock_conn_output(c, &p, &n);
	hello_read(&outer, bytes_of((const uint8_t *)p + 5, n - 5));
	sealsock_conn_free(c);
	sealsock_config_unref(cc);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	ech_pair_make(&pair, NULL, ECH_PUBLIC);
	sc = ech_server(&pair);
	retrying = ech_server(&pair);
	sealsock_config_groups(retrying, "secp384r1");
	make_outer();
	return 0;
}

static void inside(struct bytes part, struct bytes all)
{
	if (part.n)
		MUST(part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void list(struct bytes in)
{
	bool good = ech_list_good(in);
	struct ech_config c;
	struct hpke_suite s;
	struct bytes left;

	if (ech_choose(in, &c, &s)) {
		MUST(hpke_known(&s) && ech_public_name_good(c.public_name));
		inside(c.whole, in);
	}
	if (!good || !ech_list_open(in, &left))
		return;
	while (left.n) {
		MUST(ech_config_next(&left, &c));
		inside(c.key, c.whole);
		inside(c.suites, c.whole);
		inside(c.public_name, c.whole);
	}
}

/* What comes out is a whole message, and no longer than what went in. */
static void decode(struct bytes in)
{
	static const uint8_t id[32];
	const char *why = NULL;
	struct bytes block, body;
	struct builder w;
	struct buf out;
	uint32_t n;
	uint8_t type;
	int err;

	if (!rd_vec16(&in, 0, 0xffff, &block))
		return;
	buf_init(&out, &test_env_full);
	w = (struct builder){ .buf = &out };
	err = ech_decode(in, bytes_of(id, sizeof(id)), block, &w, &why);
	MUST(err ? !!why : out.n <= 4 + in.n + block.n + sizeof(id));
	if (!err) {
		body = bytes_of(out.p, out.n);
		MUST(rd_u8(&body, &type) && type == 1 && rd_u24(&body, &n) && n == body.n);
	}
	buf_free(&out);
}

static void sealed(struct bytes plain, bool second)
{
	static uint8_t rec[40000];
	struct sealsock_conn *s = sealsock_conn_new(second ? retrying : sc);
	struct ech_envelope e;
	struct hello h = outer;
	static uint8_t first[ECH_LIST_MAX];
	size_t n;

	ech_envelope_open(&e, &pair);
	if (second) {
		struct hello inner = outer;

		hello_add(&inner, 0xfe0d, "01");
		inner.session_id_len = 0;
		n = hello_write(&inner, first) - 4;
		MUST(!feed_all(s, rec, ech_envelope_seal(&e, &h, bytes_of(first + 4, n), rec), 0));
		MUST(s->result->retried);
		e.second = true;
	}
	if (plain.n > 1500)
		plain.n = 1500;
	feed_all(s, rec, ech_envelope_seal(&e, &h, plain, rec), 0);
	fuzz_check(s);
	ech_envelope_close(&e);
	sealsock_conn_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	uint8_t what;

	if (!rd_u8(&in, &what))
		return 0;
	if (what == 0)
		list(in);
	else if (what == 1)
		decode(in);
	else
		sealed(in, what & 1);
	return 0;
}
