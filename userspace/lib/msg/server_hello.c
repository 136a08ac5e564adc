// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ServerHello and HelloRetryRequest, RFC 8446 §4.1.3 and §4.1.4. */
#include "msg/msg.h"

/* SHA-256 of "HelloRetryRequest" */
const uint8_t hello_retry_random[HELLO_RANDOM] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
	0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
	0x33, 0x9c,
};

static int bad(struct server_hello *sh, const char *why)
{
	sh->why = why;
	return SEALSOCK_ERR_DECODE;
}

static enum ext_where where_of(const struct server_hello *sh)
{
	if (sh->retry)
		return EXT_IN_HRR;
	return sh->tls12 ? EXT_IN_SH12 : EXT_IN_SH;
}

void server_hello_build(const struct server_hello *sh, struct builder *w)
{
	size_t mark = msg_open(w, MSG_SERVER_HELLO);

	wr_u16(w, sh->legacy_version);
	wr_bytes(w, sh->random.p, sh->random.n);
	wr_vec8(w, sh->session_id);
	wr_u16(w, sh->suite);
	wr_u8(w, sh->compression);
	/* RFC 5246 §7.4.1.4: without extensions there is no block, not an empty one. */
	if (sh->ext.present || !sh->tls12)
		ext_build(&sh->ext, where_of(sh), w);
	msg_close(w, mark);
}

int server_hello_parse(struct bytes body, struct server_hello *sh)
{
	*sh = (struct server_hello){ 0 };
	if (!rd_u16(&body, &sh->legacy_version) || !rd_bytes(&body, HELLO_RANDOM, &sh->random))
		return bad(sh, "is cut off");
	if (!rd_vec8(&body, 0, SESSION_ID_MAX, &sh->session_id))
		return bad(sh, "has a malformed session id");
	if (!rd_u16(&body, &sh->suite) || !rd_u8(&body, &sh->compression))
		return bad(sh, "is cut off");
	if (body.n && (!rd_vec16(&body, 0, 0xffff, &sh->ext_block) || body.n))
		return bad(sh, "has a malformed block of extensions");
	sh->retry = memcmp(sh->random.p, hello_retry_random, HELLO_RANDOM) == 0;
	sh->tls12 = !sh->retry && !ext_block_has(sh->ext_block, ext_type(EXT_SUPPORTED_VERSIONS));
	return 0;
}

int server_hello_parse_ext(struct server_hello *sh, uint32_t offered)
{
	int err = ext_parse(&sh->ext, where_of(sh), sh->ext_block, offered);

	if (err)
		sh->why = sh->ext.why;
	return err;
}

/* "DOWNGRD", and a byte for the version */
static const uint8_t mark[7] = { 0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44 };

bool server_hello_downgraded(const struct server_hello *sh)
{
	const uint8_t *end = sh->random.p + HELLO_RANDOM - 8;

	return memcmp(end, mark, sizeof(mark)) == 0 && end[7] <= 1;
}

void server_hello_mark12(uint8_t random[HELLO_RANDOM])
{
	memcpy(random + HELLO_RANDOM - 8, mark, sizeof(mark));
	random[HELLO_RANDOM - 1] = 1;
}
