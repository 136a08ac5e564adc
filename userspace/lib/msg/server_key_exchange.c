// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ServerKeyExchange, RFC 5246 §7.4.3; for ECDHE: RFC 8422 §5.4. */
#include "msg/msg.h"

enum { NAMED_CURVE = 3 };

static int bad(struct server_key_exchange *ske, int code, const char *why)
{
	ske->why = why;
	return code;
}

void server_key_params_build(uint16_t group, struct bytes share, struct builder *w)
{
	wr_u8(w, NAMED_CURVE);
	wr_u16(w, group);
	wr_vec8(w, share);
}

void server_dh_params_build(struct bytes prime, struct bytes share, struct builder *w)
{
	static const uint8_t two = 2;

	wr_vec16(w, prime);
	wr_vec16(w, bytes_of(&two, 1));
	wr_vec16(w, share);
}

void server_key_exchange_build(const struct server_key_exchange *ske, struct builder *w)
{
	size_t mark = msg_open(w, MSG_SERVER_KEY_EXCHANGE);

	wr_bytes(w, ske->params.p, ske->params.n);
	wr_u16(w, ske->scheme);
	wr_vec16(w, ske->signature);
	msg_close(w, mark);
}

static int parse_curve(struct bytes *body, struct server_key_exchange *ske)
{
	uint8_t type;

	if (!rd_u8(body, &type))
		return bad(ske, SEALSOCK_ERR_DECODE, "is empty");
	if (type != NAMED_CURVE)
		return bad(ske, SEALSOCK_ERR_ILLEGAL, "does not name a curve");
	if (!rd_u16(body, &ske->group) || !rd_vec8(body, 1, 255, &ske->share))
		return bad(ske, SEALSOCK_ERR_DECODE, "has malformed parameters");
	return 0;
}

static int parse_field(struct bytes *body, struct server_key_exchange *ske)
{
	if (!rd_vec16(body, 1, 0xffff, &ske->prime) ||
	    !rd_vec16(body, 1, 0xffff, &ske->generator) ||
	    !rd_vec16(body, 1, 0xffff, &ske->share))
		return bad(ske, SEALSOCK_ERR_DECODE, "has malformed parameters");
	return 0;
}

int server_key_exchange_parse(struct bytes body, enum suite_kx kx,
			      struct server_key_exchange *ske)
{
	const uint8_t *from = body.p;
	int err;

	*ske = (struct server_key_exchange){ 0 };
	err = kx == KX_DHE ? parse_field(&body, ske) : parse_curve(&body, ske);
	if (err)
		return err;
	ske->params = bytes_of(from, (size_t)(body.p - from));
	if (!rd_u16(&body, &ske->scheme) || !rd_vec16(&body, 0, 0xffff, &ske->signature) ||
	    body.n)
		return bad(ske, SEALSOCK_ERR_DECODE, "has a malformed signature");
	return 0;
}

size_t server_key_exchange_content(const uint8_t client_random[HELLO_RANDOM],
				   const uint8_t server_random[HELLO_RANDOM], struct bytes params,
				   uint8_t out[SIGNED_PARAMS_MAX])
{
	memcpy(out, client_random, HELLO_RANDOM);
	memcpy(out + HELLO_RANDOM, server_random, HELLO_RANDOM);
	memcpy(out + 2 * HELLO_RANDOM, params.p, params.n);
	return 2 * HELLO_RANDOM + params.n;
}
