// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* EncryptedExtensions, RFC 8446 §4.3.1. */
#include "msg/msg.h"

void encrypted_extensions_build(const struct encrypted_extensions *ee, struct builder *w)
{
	size_t mark = msg_open(w, MSG_ENCRYPTED_EXTENSIONS);

	ext_build(&ee->ext, EXT_IN_EE, w);
	msg_close(w, mark);
}

int encrypted_extensions_parse(struct bytes body, struct encrypted_extensions *ee,
			       uint32_t offered)
{
	struct bytes block;
	int err;

	*ee = (struct encrypted_extensions){ 0 };
	if (!rd_vec16(&body, 0, 0xffff, &block) || body.n) {
		ee->why = "has a malformed block of extensions";
		return SEALSOCK_ERR_DECODE;
	}
	err = ext_parse(&ee->ext, EXT_IN_EE, block, offered);
	if (err)
		ee->why = ee->ext.why;
	return err;
}
