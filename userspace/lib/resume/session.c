// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "resume/session.h"

/* The form's own version; another one is not read. */
enum { FORM = 2 };

enum { IS_EMS = 1, IS_ETM = 2, IS_VERIFIED = 4, FLAGS = 7 };

/* Machines that share ticket keys may disagree about the time by this much. */
enum { CLOCK_SKEW = 60 };

static void wr_time(struct builder *w, int64_t t)
{
	wr_u32(w, (uint32_t)((uint64_t)t >> 32));
	wr_u32(w, (uint32_t)t);
}

static bool rd_time(struct bytes *r, int64_t *t)
{
	uint32_t high, low;

	if (!rd_u32(r, &high) || !rd_u32(r, &low))
		return false;
	*t = (int64_t)((uint64_t)high << 32 | low);
	return true;
}

void session_write(const struct session *s, struct builder *w)
{
	uint8_t flags = (s->ems ? IS_EMS : 0) | (s->etm ? IS_ETM : 0) |
			(s->verified ? IS_VERIFIED : 0);

	wr_u8(w, FORM);
	wr_u8(w, (uint8_t)s->role);
	wr_u16(w, s->version);
	wr_u16(w, s->suite);
	wr_u8(w, flags);
	wr_vec8(w, bytes_of(s->secret.b, s->secret.n));
	wr_time(w, s->made);
	wr_time(w, s->issued);
	wr_time(w, s->expires);
	wr_u32(w, s->age_add);
	wr_bytes(w, s->trust.p, s->trust.n);
	wr_vec8(w, s->host);
	wr_vec8(w, s->alpn);
	wr_vec16(w, s->peer);
	wr_vec16(w, s->ticket);
	wr_vec8(w, s->id);
}

bool session_read(struct bytes r, struct session *s)
{
	uint8_t form, role, flags;
	struct bytes secret;

	*s = (struct session){ 0 };
	if (!rd_u8(&r, &form) || form != FORM || !rd_u8(&r, &role) || role > SEALSOCK_SERVER ||
	    !rd_u16(&r, &s->version) || !rd_u16(&r, &s->suite) || !rd_u8(&r, &flags) ||
	    flags & ~FLAGS || !rd_vec8(&r, 1, SECRET_MAX, &secret) || !rd_time(&r, &s->made) ||
	    !rd_time(&r, &s->issued) || !rd_time(&r, &s->expires) || !rd_u32(&r, &s->age_add) ||
	    !rd_bytes(&r, TRUST_ID, &s->trust) || !rd_vec8(&r, 0, 255, &s->host) ||
	    !rd_vec8(&r, 0, 255, &s->alpn) || !rd_vec16(&r, 0, SESSION_PEER_MAX, &s->peer) ||
	    !rd_vec16(&r, 0, SESSION_TICKET_MAX, &s->ticket) || !rd_vec8(&r, 0, 32, &s->id) || r.n)
		return false;
	s->role = (enum sealsock_side)role;
	s->ems = flags & IS_EMS;
	s->etm = flags & IS_ETM;
	s->verified = flags & IS_VERIFIED;
	memcpy(s->secret.b, secret.p, secret.n);
	s->secret.n = (uint8_t)secret.n;
	return true;
}

void session_wipe(struct session *s)
{
	secret_wipe(&s->secret);
}

bool session_valid(const struct session *s, int64_t now)
{
	return now < s->expires && now >= s->issued - CLOCK_SKEW && s->made <= s->issued &&
	       s->expires <= s->made + SESSION_LIFETIME;
}
