// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ClientHello, RFC 8446 §4.1.2. */
#include "msg/msg.h"

static int bad(struct client_hello *ch, int code, const char *why)
{
	ch->why = why;
	return code;
}

void client_hello_build(const struct client_hello *ch, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CLIENT_HELLO);

	wr_u16(w, ch->legacy_version);
	wr_bytes(w, ch->random.p, ch->random.n);
	wr_vec8(w, ch->session_id);
	wr_vec16(w, ch->suites);
	wr_vec8(w, ch->compression);
	ext_build(&ch->ext, EXT_IN_CH, w);
	msg_close(w, mark);
}

int client_hello_parse(struct bytes body, struct client_hello *ch)
{
	*ch = (struct client_hello){ 0 };
	if (!rd_u16(&body, &ch->legacy_version) || !rd_bytes(&body, HELLO_RANDOM, &ch->random))
		return bad(ch, SEALSOCK_ERR_DECODE, "is cut off");
	if (!rd_vec8(&body, 0, SESSION_ID_MAX, &ch->session_id))
		return bad(ch, SEALSOCK_ERR_DECODE, "has a malformed session id");
	if (!rd_vec16(&body, 2, 0xfffe, &ch->suites) || ch->suites.n % 2)
		return bad(ch, SEALSOCK_ERR_DECODE, "has a malformed list of cipher suites");
	if (!rd_vec8(&body, 1, 255, &ch->compression))
		return bad(ch, SEALSOCK_ERR_DECODE, "has a malformed list of compression methods");
	/* Before TLS 1.3 the extensions could be left out altogether. */
	if (body.n && (!rd_vec16(&body, 0, 0xffff, &ch->ext_block) || body.n))
		return bad(ch, SEALSOCK_ERR_DECODE, "has a malformed block of extensions");
	return 0;
}

int client_hello_parse_ext(struct client_hello *ch)
{
	int err = ext_parse(&ch->ext, EXT_IN_CH, ch->ext_block, 0);

	if (err)
		ch->why = ch->ext.why;
	return err;
}

int client_hello_check12(struct client_hello *ch)
{
	if (!memchr(ch->compression.p, 0, ch->compression.n))
		return bad(ch, SEALSOCK_ERR_ILLEGAL, "does not offer null compression");
	if (ch->ext.present & EXT_BIT(EXT_EC_POINT_FORMATS) &&
	    !memchr(ch->ext.point_formats.p, 0, ch->ext.point_formats.n))
		return bad(ch, SEALSOCK_ERR_ILLEGAL, "lacks the uncompressed point format");
	if (ch->ext.renegotiated.n)
		return bad(ch, SEALSOCK_ERR_UNPROTECTED, "renegotiates a connection that is new");
	return 0;
}

/* §4.2.8: every share is of a group that supported_groups lists. */
static bool shares_are_listed(const struct ext_set *ext)
{
	struct seen16 listed;
	struct bytes shares = ext->shares, key;
	uint16_t group;
	size_t i;

	listed.n = 0;
	for (i = 0; i < u16_count(ext->groups); i++)
		seen16_add(&listed, u16_at(ext->groups, i));
	while (key_share_next(&shares, &group, &key))
		if (!seen16_has(&listed, group))
			return false;
	return true;
}

int client_hello_check13(struct client_hello *ch)
{
	uint32_t have = ch->ext.present;
	bool groups = have & EXT_BIT(EXT_SUPPORTED_GROUPS);
	bool shares = have & EXT_BIT(EXT_KEY_SHARE);

	if (ch->compression.n != 1 || ch->compression.p[0] != 0)
		return bad(ch, SEALSOCK_ERR_ILLEGAL, "offers compression");
	if (have & EXT_BIT(EXT_PRE_SHARED_KEY) && !(have & EXT_BIT(EXT_PSK_KEY_EXCHANGE_MODES)))
		return bad(ch, SEALSOCK_ERR_MISSING_EXT,
			   "has pre_shared_key without psk_key_exchange_modes");
	if (groups != shares)
		return bad(ch, SEALSOCK_ERR_MISSING_EXT,
			   "has only one of supported_groups and key_share");
	if (!groups)
		return bad(ch, SEALSOCK_ERR_MISSING_EXT, "lacks supported_groups");
	/* With a PSK that is taken nothing is signed; whoever takes none looks again. */
	if (!(have & (EXT_BIT(EXT_SIGNATURE_ALGORITHMS) | EXT_BIT(EXT_PRE_SHARED_KEY))))
		return bad(ch, SEALSOCK_ERR_MISSING_EXT, "lacks signature_algorithms");
	if (!shares_are_listed(&ch->ext))
		return bad(ch, SEALSOCK_ERR_ILLEGAL,
			   "has a key share of a group that it does not list");
	return 0;
}
