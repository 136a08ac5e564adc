// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Encrypted Client Hello and somebody in between, who flips, drops and sends again: no connection
 * comes of it, nobody but the public name says what keys to use, and the name is not to be read.
 */
#include "ech.h"
#include "hello.h"
#include "hs/hs.h"
#include "tap.h"

enum { FLIGHT_MAX = 8192 };

static struct ech_pair one, two;
static struct sealsock_config *cc, *sc;
static uint8_t sent[FLIGHT_MAX];
static struct buf seen;

/* Takes what @from has to say, and what there was to read of it. */
static size_t take(struct sealsock_conn *from)
{
	size_t n = drain(from, sent, sizeof(sent));

	buf_append(&seen, sent, n);
	return n;
}

/* The rest of a handshake, in which nobody is disturbed any more. */
static void finish(struct sealsock_conn *c, struct sealsock_conn *s)
{
	size_t n;

	do {
		n = take(s);
		feed_all(c, sent, n, 0);
		n = take(c);
		feed_all(s, sent, n, 0);
	} while (n);
}

/* Bytes of records that nobody looks at, or that mean nothing: they may be anything. */
static bool is_free(const uint8_t *p, size_t n, size_t at)
{
	size_t i = 0, len;

	while (i + 5 <= n) {
		len = (size_t)p[i + 3] << 8 | p[i + 4];
		if (at < i + 5 + len)
			return at == i + 2 || (p[i] == 20 && at < i + 6);
		i += 5 + len;
	}
	return true;
}

/*
 * Each byte of a flight, one after the other: @flight counts the client's and the server's. True:
 * nothing has come of any.
 */
static void flip(int flight, bool retry, const char *name)
{
	unsigned int tried = 0, bad = 0, told = 0, read = 0;
	struct sealsock_conn *c, *s;
	size_t i, n = 1, listed;
	int k;

	for (i = 0; i < n; i += i < 700 ? 1 : 7) {
		c = ech_conn(cc);
		s = sealsock_conn_new(sc);
		seen.n = 0;
		for (k = 0; k < flight; k++) {
			n = take(k % 2 ? s : c);
			feed_all(k % 2 ? c : s, sent, n, 0);
		}
		n = take(flight % 2 ? s : c);
		if (!is_free(sent, n, i)) {
			tried++;
			sent[i] ^= 1;
			feed_all(flight % 2 ? c : s, sent, n, 0);
			finish(c, s);
			bad += sealsock_conn_state(c) == SEALSOCK_STATE_DONE ||
			       sealsock_conn_state(s) == SEALSOCK_STATE_DONE;
			told += !!sealsock_conn_ech_retry(c, &listed);
			read += seen.n && memmem(seen.p, seen.n, "secret", 6);
		}
		sealsock_conn_free(c);
		sealsock_conn_free(s);
	}
	ok(tried > 80 && bad == 0, "%s%s: each of %u bytes changed, no connection", name,
	   retry ? ", retried" : "", tried);
	ok_int(told, 0, "%s: nobody is told of other keys", name);
	ok_int(read, 0, "%s: the name is not to be read", name);
}

/* The ClientHello without its envelope, as who wants to read the name would have it. */
static void dropped(void)
{
	struct sealsock_conn *c = ech_conn(cc), *s = sealsock_conn_new(sc);
	struct hello h;
	size_t n = take(c);

	hello_read(&h, bytes_of(sent + 5, n - 5));
	hello_drop(&h, 0xfe0d);
	feed_all(s, sent, hello_record(&h, sent), 0);
	finish(c, s);
	ok(sealsock_conn_error(c)->code && !sealsock_conn_ech_retry(c, &n),
	   "an envelope taken away: %s", sealsock_conn_error(c)->text);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

/* One envelope in another client's hello (RFC 9849 §10.12.3). */
static void moved(void)
{
	struct sealsock_conn *c = ech_conn(cc), *other = ech_conn(cc), *s = sealsock_conn_new(sc);
	struct hello mine, theirs;
	size_t n = take(c);

	hello_read(&theirs, bytes_of(sent + 5, n - 5));
	n = take(other);
	hello_read(&mine, bytes_of(sent + 5, n - 5));
	*hello_find(&mine, 0xfe0d) = *hello_find(&theirs, 0xfe0d);
	feed_all(s, sent, hello_record(&mine, sent), 0);
	ok_int(ech_of(s), SEALSOCK_ECH_REJECTED, "an envelope in another hello does not open");
	sealsock_conn_free(c);
	sealsock_conn_free(other);
	sealsock_conn_free(s);
}

/* A ClientHello sent again: an answer, but no more. */
static void replayed(void)
{
	struct sealsock_conn *c = ech_conn(cc), *s = sealsock_conn_new(sc);
	struct sealsock_conn *again = sealsock_conn_new(sc);
	uint8_t copy[FLIGHT_MAX];
	size_t n = take(c);

	memcpy(copy, sent, n);
	feed_all(s, copy, n, 0);
	feed_all(again, copy, n, 0);
	finish(c, s);
	ok(sealsock_conn_state(c) == SEALSOCK_STATE_DONE, "the one it was sent to has it");
	take(again);
	ok(sealsock_conn_state(again) == SEALSOCK_STATE_WANT_IN, "the other waits for keys");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_conn_free(again);
}

/* A server of somebody else, with a certificate of its own: it may not say what keys to use. */
static void impostor(void)
{
	static const struct cert_spec spec = {
		.cn = "localhost", .san = "DNS:" ECH_PUBLIC, .eku = "serverAuth", .from = -1,
		.until = 30,
	};
	struct identity id = make_identity(CERT_P256, &spec, NULL);
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);
	struct sealsock_conn *c = ech_conn(cc), *s;
	size_t n;

	NEED(cfg && !sealsock_config_env(cfg, &test_env) &&
	     !sealsock_config_cert_mem(cfg, id.cert_pem, strlen(id.cert_pem), id.key_pem,
				       strlen(id.key_pem)) &&
	     !sealsock_config_ech_keys_mem(cfg, two.pem, two.pem_len));
	s = sealsock_conn_new(cfg);
	finish(c, s);
	n = take(c);
	feed_all(s, sent, n, 0);
	finish(c, s);
	ok_int(sealsock_conn_error(c)->code, SEALSOCK_ERR_CERT_UNTRUSTED, "an impostor: %s",
	       sealsock_conn_error(c)->text);
	ok(!sealsock_conn_ech_retry(c, &n), "has not said anything");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cfg);
	free_identity(&id);
}

int main(void)
{
	buf_init(&seen, &test_env_full);
	ech_pair_make(&one, NULL, ECH_PUBLIC);
	ech_pair_make(&two, NULL, ECH_PUBLIC);
	cc = ech_client(&one);
	sc = ech_server(&one);
	flip(0, false, "ClientHello");
	flip(1, false, "the server's flight");
	dropped();
	moved();
	replayed();
	impostor();
	sealsock_config_unref(sc);
	sc = ech_server(&one);
	sealsock_config_groups(sc, "secp256r1");
	flip(1, true, "HelloRetryRequest");
	flip(2, true, "the second ClientHello");
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	buf_free(&seen);
	free_test_identities();
	return done();
}
