// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* encrypted_client_hello, and ech_outer_extensions inside of it: RFC 9849 §5. */
#include "base/secret.h"
#include "ext/ech.h"

enum { OUTER = 0, INNER = 1 };

void encrypted_client_hello_build(const struct ext_set *set, enum ext_where where,
				  struct builder *w)
{
	if (where == EXT_IN_CH && set->ech_inner)
		wr_u8(w, INNER);
	else
		wr_bytes(w, set->ech.p, set->ech.n);
}

static int parse_hello(struct ext_set *set, struct bytes *r)
{
	struct ech_hello *h = &set->ech_hello;
	uint8_t type;

	if (!rd_u8(r, &type))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is empty");
	set->ech_inner = type == INNER;
	if (type == INNER)
		return 0;	/* nothing follows: the caller checks */
	if (type != OUTER)
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "is neither an inner nor an outer one");
	if (!rd_u16(r, &h->kdf) || !rd_u16(r, &h->aead) || !rd_u8(r, &h->id) ||
	    !rd_vec16(r, 0, 0xffff, &h->enc) || !rd_vec16(r, 1, 0xffff, &h->payload))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is cut off");
	return 0;
}

int encrypted_client_hello_parse(struct ext_set *set, enum ext_where where, struct bytes *r)
{
	set->ech = *r;
	if (where == EXT_IN_CH)
		return parse_hello(set, r);
	*r = bytes_of(NULL, 0);
	if (where == EXT_IN_HRR && set->ech.n != ECH_CONFIRMATION)
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a confirmation of 8 bytes");
	if (where == EXT_IN_EE && !ech_list_good(set->ech))
		return ext_bad(set, SEALSOCK_ERR_DECODE, "is not a list of configurations");
	return 0;
}

void outer_extensions_build(const struct ext_set *set, struct builder *w)
{
	size_t body, list;
	unsigned int i;

	wr_u16(w, ext_type(EXT_ECH_OUTER_EXTENSIONS));
	body = wr_open(w, 2);
	list = wr_open(w, 1);
	for (i = 0; i < EXT_COUNT; i++)
		if (set->run & set->present & EXT_BIT(i))
			wr_u16(w, ext_type(i));
	wr_close(w, list, 1);
	wr_close(w, body, 2);
}

static int bad(const char **why, int code, const char *text)
{
	*why = text;
	return code;
}

/* One walk over @outer, as the types stand in its order: so none can be named twice either. */
static int copy_outer(struct bytes body, struct bytes outer, struct builder *w, const char **why)
{
	struct bytes types, content;
	uint16_t want, type;

	if (!rd_vec8(&body, 2, 254, &types) || types.n % 2 || body.n)
		return bad(why, SEALSOCK_ERR_DECODE, "has a malformed ech_outer_extensions");
	while (rd_u16(&types, &want)) {
		if (want == ext_type(EXT_ENCRYPTED_CLIENT_HELLO))
			return bad(why, SEALSOCK_ERR_ILLEGAL,
				   "names encrypted_client_hello in ech_outer_extensions");
		do {
			if (!rd_u16(&outer, &type) || !rd_vec16(&outer, 0, 0xffff, &content))
				return bad(why, SEALSOCK_ERR_ILLEGAL,
					   "names what the outer ClientHello has not, or not there");
		} while (type != want);
		wr_u16(w, type);
		wr_vec16(w, content);
	}
	return 0;
}

static int copy_extensions(struct bytes block, struct bytes outer, struct builder *w,
			   const char **why)
{
	struct bytes body;
	bool seen = false;
	uint16_t type;
	int err = 0;

	while (!err && block.n) {
		if (!rd_u16(&block, &type) || !rd_vec16(&block, 0, 0xffff, &body))
			return bad(why, SEALSOCK_ERR_DECODE, "has a malformed extension");
		if (type != ext_type(EXT_ECH_OUTER_EXTENSIONS)) {
			wr_u16(w, type);
			wr_vec16(w, body);
			continue;
		}
		if (seen)
			return bad(why, SEALSOCK_ERR_ILLEGAL, "has ech_outer_extensions twice");
		seen = true;
		err = copy_outer(body, outer, w, why);
	}
	return err;
}

int ech_decode(struct bytes encoded, struct bytes session_id, struct bytes outer,
	       struct builder *w, const char **why)
{
	enum { CLIENT_HELLO = 1, FIXED = 2 + 32 };
	struct bytes fixed, id, suites, compression, block;
	size_t header, mark;
	int err;

	if (!rd_bytes(&encoded, FIXED, &fixed) || !rd_vec8(&encoded, 0, 32, &id) ||
	    !rd_vec16(&encoded, 0, 0xffff, &suites) || !rd_vec8(&encoded, 0, 255, &compression) ||
	    !rd_vec16(&encoded, 0, 0xffff, &block))
		return bad(why, SEALSOCK_ERR_DECODE, "is malformed");
	if (id.n)
		return bad(why, SEALSOCK_ERR_ILLEGAL, "has a session id");
	if (!secret_all_zero(encoded.p, encoded.n))
		return bad(why, SEALSOCK_ERR_ILLEGAL, "is padded with other than zeros");
	wr_u8(w, CLIENT_HELLO);
	header = wr_open(w, 3);
	wr_bytes(w, fixed.p, fixed.n);
	wr_vec8(w, session_id);
	wr_vec16(w, suites);
	wr_vec8(w, compression);
	mark = wr_open(w, 2);
	err = copy_extensions(block, outer, w, why);
	if (!err && !w->bad && w->buf->n - mark > 0xffff)
		err = bad(why, SEALSOCK_ERR_DECODE, "has more extensions than there is room for");
	wr_close(w, mark, 2);
	wr_close(w, header, 3);
	return err ? err : w->bad ? SEALSOCK_ERR_NOMEM : 0;
}
