// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "engine.h"

void fuzz_raw(struct sealsock_conn *conn, const uint8_t *p, size_t n)
{
	while (n) {
		size_t part = p[0] % 7 == 0 ? 1 + (size_t)p[0] / 7 : n, used;
		int err;

		if (part > n)
			part = n;
		err = sealsock_conn_feed(conn, p, part, &used);
		MUST(used <= part);
		if (err || !used)
			break;
		p += used;
		n -= used;
		fuzz_check(conn);
	}
}

void fuzz_sealed(struct sealsock_conn *conn, const struct secret *secret, const uint8_t *p,
		 size_t n)
{
	struct bytes in = bytes_of(p, n), content;
	struct sealer s;
	uint8_t type;
	uint16_t len;

	sealer_open(&s, conn, secret);
	while (rd_u8(&in, &type) && rd_u16(&in, &len)) {
		if (len > SEAL_MAX_PLAINTEXT)
			len = SEAL_MAX_PLAINTEXT;
		rd_bytes(&in, len < in.n ? len : in.n, &content);
		s.out.n = 0;
		sealer_add(&s, type, content.p, content.n);
		if (feed_all(conn, s.out.p, s.out.n, 0))
			break;
		fuzz_check(conn);
	}
	sealer_close(&s);
}

void fuzz_check(struct sealsock_conn *conn)
{
	const struct sealsock_failure *f = sealsock_conn_error(conn);
	struct sealsock_info info;
	uint8_t buf[4096];
	ssize_t r;

	while ((r = sealsock_conn_read(conn, buf, sizeof(buf))) > 0)
		MUST((size_t)r <= sizeof(buf));
	sealsock_conn_info(conn, &info);
	if (f->code) {
		MUST(sealsock_conn_state(conn) == SEALSOCK_STATE_FAILED);
		MUST(!record_keyed(&conn->ch.tx) && !record_keyed(&conn->ch.rx));
		MUST(f->text[0] && f->step);
		MUST(sealsock_conn_want(conn) == 0);
	}
	/* The bound on what a peer can make a connection hold. */
	MUST(conn->ch.in.cap + conn->ch.msg.cap <= 65536);
	while (drain(conn, buf, sizeof(buf)))
		;
}
