/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a direction of a socket may do next: one table for both directions,
 * in the module and in the library.
 */
#ifndef SEAL_CORE_DIRECTION_H
#define SEAL_CORE_DIRECTION_H

#include "types.h"

/* Numbered as enum sealsock_dir_state of the uapi. */
enum seal_dir_state {
	SEAL_DIR_CLEAR,		/* no key yet */
	SEAL_DIR_KEYED,		/* records flow */
	SEAL_DIR_EXPIRED,	/* a KeyUpdate ended this key: the next is awaited */
	SEAL_DIR_FAILED,	/* final */
	SEAL_DIR_CLOSED,	/* ended as TLS ends: close_notify has been sent or received */
	SEAL_DIR_STATES,
};

enum seal_dir_event {
	SEAL_DIR_INSTALL,	/* a key arrives */
	SEAL_DIR_RECORD,	/* a record is to be sealed or opened */
	SEAL_DIR_KEY_UPDATE,	/* a KeyUpdate was opened, or sealed by the module itself */
	SEAL_DIR_CLOSE,		/* close_notify, or an alert that ends the connection */
	SEAL_DIR_FAIL,		/* seal, open or install failed half-way */
	SEAL_DIR_EVENTS,
};

struct seal_dir_step {
	enum seal_dir_state next;
	int error;
};

extern const struct seal_dir_step seal_dir_steps[SEAL_DIR_STATES][SEAL_DIR_EVENTS];

/*
 * Moves @state by @event. 0 and the new state, or an errno and the state as
 * it was: -ENOKEY (no key yet), -EKEYEXPIRED (next key awaited), -EBADMSG
 * (the direction has failed), -EPIPE (it was closed).
 */
static inline int seal_direction(enum seal_dir_state *state, enum seal_dir_event event)
{
	const struct seal_dir_step *step = &seal_dir_steps[*state][event];

	if (!step->error)
		*state = step->next;
	return step->error;
}

#endif /* SEAL_CORE_DIRECTION_H */
