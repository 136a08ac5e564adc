// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The state table of a direction: each state with each event, said again in prose. */
#include "../../kmod/uapi/sealsock.h"
#include "direction.h"
#include "tap.h"

static const char * const states[] = { "clear", "keyed", "expired", "failed", "closed" };
static const char * const events[] = { "install", "record", "key update", "close", "fail" };

/* What must come out: the new state, or an errno with the state unchanged. */
static int expected(enum seal_dir_state from, enum seal_dir_event event, enum seal_dir_state *to)
{
	*to = from;
	if (event == SEAL_DIR_FAIL) {
		*to = SEAL_DIR_FAILED;
		return 0;
	}
	if (from == SEAL_DIR_FAILED)
		return -EBADMSG;
	if (from == SEAL_DIR_CLOSED)
		return -EPIPE;
	if (event == SEAL_DIR_INSTALL) {
		*to = SEAL_DIR_KEYED;
		return 0;
	}
	if (from == SEAL_DIR_CLEAR)
		return -ENOKEY;
	if (event == SEAL_DIR_CLOSE) {
		*to = SEAL_DIR_CLOSED;
		return 0;
	}
	if (from == SEAL_DIR_EXPIRED)
		return -EKEYEXPIRED;
	if (event == SEAL_DIR_KEY_UPDATE)
		*to = SEAL_DIR_EXPIRED;
	return 0;
}

int main(void)
{
	int s, e;

	ok(SEAL_DIR_CLEAR == (int)SEALSOCK_DIR_CLEAR && SEAL_DIR_KEYED == (int)SEALSOCK_DIR_KEYED &&
	   SEAL_DIR_EXPIRED == (int)SEALSOCK_DIR_EXPIRED &&
	   SEAL_DIR_FAILED == (int)SEALSOCK_DIR_FAILED &&
	   SEAL_DIR_CLOSED == (int)SEALSOCK_DIR_CLOSED, "numbered as userspace sees them");
	for (s = 0; s < SEAL_DIR_STATES; s++) {
		for (e = 0; e < SEAL_DIR_EVENTS; e++) {
			enum seal_dir_state state = s, want;
			int err = expected(s, e, &want);

			ok_int(seal_direction(&state, e), err, "%s, %s", states[s], events[e]);
			ok_int(state, want, "%s, %s: the state after it", states[s], events[e]);
		}
	}
	return done();
}
