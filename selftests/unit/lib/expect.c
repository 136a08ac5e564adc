// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdlib.h>

#include "expect.h"
#include "keys/schedule13.h"
#include "record/channel.h"
#include "tap.h"

static void must(bool good, const char *what)
{
	if (!good) {
		printf("Bail out! %s\n", what);
		exit(1);
	}
}

/* Where the last record of the output begins. */
static struct bytes last_record(struct bytes out)
{
	struct bytes rec = out;

	while (out.n >= 5) {
		size_t n = 5 + (size_t)(out.p[3] << 8 | out.p[4]);

		if (n > out.n)
			break;
		rec = bytes_of(out.p, n);
		out.p += n;
		out.n -= n;
	}
	return rec;
}

static bool alert_is_last(struct sealsock_conn *conn, int alert)
{
	struct bytes rec;
	const void *p;
	size_t n;

	sealsock_conn_output(conn, &p, &n);
	rec = last_record(bytes_of(p, n));
	if (rec.n == 7)		/* in the clear */
		return rec.p[0] == SEAL_TYPE_ALERT && rec.p[5] == 2 && rec.p[6] == alert;
	/* sealed: header, level and description, type, tag */
	return rec.n == 5 + 2 + 1 + 16 && rec.p[0] == SEAL_TYPE_DATA;
}

static void describe(const struct sealsock_conn *conn, int got)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);

	printf("# result %s; failure %s, alert %d, direction %d, %s: %s\n",
	       sealsock_error_name(got), sealsock_error_name(f->code), f->alert, f->direction,
	       f->step, f->text);
}

void expect_failure(struct sealsock_conn *conn, int got, int code, const char *name)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);
	int alert = sealsock_error_alert(code);
	size_t used;
	bool good;

	good = got == code && f->code == code && f->alert == alert && f->text[0] &&
	       f->direction == SEALSOCK_DIR_SENT && alert_is_last(conn, alert) &&
	       sealsock_conn_state(conn) == SEALSOCK_STATE_FAILED &&
	       sealsock_conn_feed(conn, "x", 1, &used) == code && used == 0 &&
	       !record_keyed(&conn->ch.tx) && !record_keyed(&conn->ch.rx);
	if (!ok(good, "%s", name))
		describe(conn, got);
}

void expect_quiet(struct sealsock_conn *conn, int got, int code, const char *name)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);
	bool good;

	good = got == code && f->code == code && f->direction != SEALSOCK_DIR_SENT && f->text[0] &&
	       sealsock_conn_state(conn) == SEALSOCK_STATE_FAILED;
	if (!ok(good, "%s", name))
		describe(conn, got);
}

static void key(struct record_dir *d, const struct sealsock_conn *like,
		const struct secret *secret, bool seal)
{
	uint8_t k[AEAD_KEY_MAX], iv[AEAD_NONCE];
	struct kdf kdf;

	must(kdf_open(&like->ch, &kdf) == 0 &&
	     schedule13_traffic(&kdf, secret, k, like->ch.suite->key_len, iv) == 0 &&
	     record_key(d, like->ch.cfg->crypto, like->ch.suite, seal, k, iv) == 0, "keys");
	kdf_close(&kdf);
}

void sealer_open(struct sealer *s, const struct sealsock_conn *like, const struct secret *secret)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->out, &test_env_full);
	key(&s->dir, like, secret, true);
}

void sealer_add(struct sealer *s, uint8_t type, const void *p, size_t n)
{
	must(record_seal(&s->dir, type, bytes_of(p, n), &s->out) == 0, "seal");
}

void sealer_close(struct sealer *s)
{
	record_clear(&s->dir);
	buf_free(&s->out);
}

void open_flight(const struct sealsock_conn *like, const struct secret *secret, const uint8_t *p,
		 size_t n, struct buf *out)
{
	struct record_dir d = { 0 };
	struct bytes content;
	uint8_t type;

	key(&d, like, secret, false);
	while (n >= 5) {
		size_t len = (size_t)(p[3] << 8 | p[4]);
		uint8_t *copy = malloc(5 + len);

		must(copy && len + 5 <= n, "records");
		memcpy(copy, p, 5 + len);
		if (p[0] == SEAL_TYPE_DATA) {
			must(record_open(&d, copy, len, &type, &content) == 0, "open");
			if (type == SEAL_TYPE_HANDSHAKE)
				buf_append(out, content.p, content.n);
		}
		free(copy);
		p += 5 + len;
		n -= 5 + len;
	}
	record_clear(&d);
}

size_t plain_record(uint8_t type, const void *p, size_t n, uint8_t *out)
{
	out[0] = type;
	out[1] = 3;
	out[2] = 3;
	out[3] = (uint8_t)(n >> 8);
	out[4] = (uint8_t)n;
	if (n)
		memcpy(out + 5, p, n);
	return n + 5;
}
