// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "direction.h"

#define GO(s)	{ .next = SEAL_DIR_##s }
#define NO(e)	{ .error = -(e) }

const struct seal_dir_step seal_dir_steps[SEAL_DIR_STATES][SEAL_DIR_EVENTS] = {
	/*	INSTALL	     RECORD	      KEY_UPDATE       CLOSE	    FAIL */
	[SEAL_DIR_CLEAR] = {
		GO(KEYED),   NO(ENOKEY),      NO(ENOKEY),      NO(ENOKEY),  GO(FAILED) },
	[SEAL_DIR_KEYED] = {
		GO(KEYED),   GO(KEYED),	      GO(EXPIRED),     GO(CLOSED),  GO(FAILED) },
	[SEAL_DIR_EXPIRED] = {
		GO(KEYED),   NO(EKEYEXPIRED), NO(EKEYEXPIRED), GO(CLOSED),  GO(FAILED) },
	[SEAL_DIR_FAILED] = {
		NO(EBADMSG), NO(EBADMSG),     NO(EBADMSG),     NO(EBADMSG), GO(FAILED) },
	[SEAL_DIR_CLOSED] = {
		NO(EPIPE),   NO(EPIPE),	      NO(EPIPE),       NO(EPIPE),   GO(FAILED) },
};
