// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * GREASE (RFC 8701): values that mean nothing, so that peers which stumble over unknown ones are
 * found while nothing depends on it. They are only ever written: what a peer chooses is compared
 * with what is known, and they are not.
 */
#include "hs/grease.h"

uint16_t grease_value(const struct grease *g, enum grease_place place)
{
	uint8_t nibble = g->seed[place] >> 4;

	/* §3.1: an extension may stand only once, so the second is another one. */
	if (place == GREASE_LAST_EXT && nibble == g->seed[GREASE_FIRST_EXT] >> 4)
		nibble ^= 1;
	return (uint16_t)((nibble << 4 | 0xa) * 0x101);
}

uint8_t grease_psk_mode(const struct grease *g)
{
	return (uint8_t)(0x0b + 0x1f * (g->seed[GREASE_PSK_MODE] >> 5));
}

/* In front: a list of ours must not end where others' begin to be ignored. */
static void put_first(struct wire_list *room, struct bytes *list, uint16_t value)
{
	struct bytes old = *list;

	if (old.n + 2 > sizeof(room->b))
		return;
	room->b[0] = (uint8_t)(value >> 8);
	room->b[1] = (uint8_t)value;
	memcpy(room->b + 2, old.p, old.n);
	room->n = (uint8_t)(old.n + 2);
	*list = wire_list_of(room);
}

static bool offers(const struct ext_set *e, enum ext_id id)
{
	return e->present & EXT_BIT(id);
}

void grease_extensions(const struct grease *g, struct ext_set *e)
{
	e->grease[0] = grease_value(g, GREASE_FIRST_EXT);
	e->grease[1] = grease_value(g, GREASE_LAST_EXT);
}

void grease_schemes(const struct grease *g, struct greased *room, struct bytes *schemes)
{
	put_first(&room->schemes, schemes, grease_value(g, GREASE_SCHEME));
}

int grease_hello(const struct grease *g, struct greased *room, struct client_hello *ch)
{
	struct builder names = { .buf = &room->alpn };
	struct ext_set *e = &ch->ext;
	uint16_t name = grease_value(g, GREASE_ALPN);

	put_first(&room->suites, &ch->suites, grease_value(g, GREASE_SUITE));
	put_first(&room->groups, &e->groups, grease_value(g, GREASE_GROUP));
	grease_schemes(g, room, &e->sigalgs);
	if (offers(e, EXT_SUPPORTED_VERSIONS))
		put_first(&room->versions, &e->versions, grease_value(g, GREASE_VERSION));
	if (offers(e, EXT_PSK_KEY_EXCHANGE_MODES) && e->psk_modes.n < sizeof(room->modes)) {
		memcpy(room->modes, e->psk_modes.p, e->psk_modes.n);
		room->modes[e->psk_modes.n] = grease_psk_mode(g);
		e->psk_modes = bytes_of(room->modes, e->psk_modes.n + 1);
	}
	if (offers(e, EXT_ALPN)) {
		wr_u8(&names, sizeof(name));
		wr_u16(&names, name);
		wr_bytes(&names, e->alpn.p, e->alpn.n);
		e->alpn = bytes_of(room->alpn.p, room->alpn.n);
	}
	grease_extensions(g, e);
	return names.bad ? SEALSOCK_ERR_NOMEM : 0;
}

void grease_share(const struct grease *g, struct builder *shares)
{
	static const uint8_t one;

	/* §3.1: of a group that is in supported_groups too; nobody looks at the key. */
	wr_u16(shares, grease_value(g, GREASE_GROUP));
	wr_vec16(shares, bytes_of(&one, 1));
}
