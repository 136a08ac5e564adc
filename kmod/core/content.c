// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "content.h"
#include "frame.h"

int seal_content_unpad(const u8 *inner, size_t len, u8 *type, size_t *content_len)
{
	while (len > 0 && inner[len - 1] == 0)
		len--;
	if (len == 0)
		return -EBADMSG;

	*type = inner[len - 1];
	*content_len = len - 1;
	return 0;
}

int seal_content_unpad_cbc(const u8 *plain, size_t len, size_t *content_len)
{
	size_t padding, i;

	if (len == 0)
		return -EBADMSG;
	padding = plain[len - 1];
	if (padding + 1 > len)
		return -EBADMSG;
	for (i = 2; i <= padding + 1; i++)
		if (plain[len - i] != padding)
			return -EBADMSG;
	if (len - padding - 1 > SEAL_MAX_PLAINTEXT)
		return -EMSGSIZE;
	*content_len = len - padding - 1;
	return 0;
}

bool seal_content_is_key_update(u8 type, const u8 *content, size_t len)
{
	return type == SEAL_TYPE_HANDSHAKE && len >= 1 && content[0] == SEAL_HS_KEY_UPDATE;
}
