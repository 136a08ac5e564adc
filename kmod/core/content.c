// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "content.h"
#include "frame.h"

int seal_content_unpad(const u8 *inner, size_t len, u8 *type, size_t *content_len)
{
	while (len > 0 && inner[len - 1] == 0)
		len--;
	if (len == 0)
		return -EPROTO;

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

/*
 * Types of messages that TLS 1.3 has after the handshake: NewSessionTicket, what belongs to the
 * authentication of a client (CompressedCertificate too), KeyUpdate. What is none of these has no
 * length that can be believed.
 */
static bool known(u8 type)
{
	static const u8 types[] = { 4, 11, 13, 15, 20, SEAL_HS_KEY_UPDATE, 25 };
	unsigned int i;

	for (i = 0; i < sizeof(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

/* The next byte of a message's header. */
static void header_byte(struct seal_messages *messages, u8 byte)
{
	if (!messages->have++) {
		messages->type = byte;
		messages->left = 0;
	} else {
		messages->left = messages->left << 8 | byte;
	}
}

bool seal_messages_record(struct seal_messages *messages, u8 type, const u8 *content, size_t len)
{
	size_t n;

	/* An alert may come inside a message. */
	if (type == SEAL_TYPE_ALERT)
		return false;
	/* Nothing else may: whoever reads the messages will say so. */
	if (type != SEAL_TYPE_HANDSHAKE) {
		messages->have = 0;
		return false;
	}
	while (len) {
		if (messages->have < SEAL_HS_HEADER) {
			header_byte(messages, *content++);
			len--;
		}
		if (!known(messages->type)) {
			messages->have = 0;
			return false;
		}
		if (messages->have < SEAL_HS_HEADER)
			continue;
		n = len < messages->left ? len : messages->left;
		content += n;
		len -= n;
		messages->left -= (u32)n;
		if (messages->left)
			return false;
		messages->have = 0;
		if (messages->type == SEAL_HS_KEY_UPDATE)
			return true;
	}
	return false;
}
