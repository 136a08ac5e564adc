/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Content types and TLS 1.3's inner plaintext (RFC 8446 section 5.2):
 * content, type byte, zero or more bytes of zero.
 */
#ifndef SEAL_CORE_CONTENT_H
#define SEAL_CORE_CONTENT_H

#include "types.h"

enum {
	SEAL_TYPE_CCS = 20,
	SEAL_TYPE_ALERT = 21,
	SEAL_TYPE_HANDSHAKE = 22,
	SEAL_TYPE_DATA = 23,
};

enum {
	SEAL_HS_KEY_UPDATE = 24,	/* handshake message type, RFC 8446 section 4.6.3 */
	SEAL_HS_HEADER = 4,		/* type and length before each message */
};

/*
 * Finds the type byte behind the padding of @inner[0..@len): stores it and
 * the length of the content before it. -EPROTO: nothing but zeros, which
 * RFC 8446 section 5.4 answers with unexpected_message.
 */
int seal_content_unpad(const u8 *inner, size_t len, u8 *type, size_t *content_len);

/* @len bytes of content, padded to a multiple of @multiple, but to no more than @most. */
static inline unsigned int seal_content_padded(unsigned int len, unsigned int multiple,
					       unsigned int most)
{
	unsigned int over = len % multiple;

	if (over || !len)
		len += multiple - over;
	return len < most ? len : most;
}

/*
 * CBC (RFC 5246 section 6.2.3.2): the length of the content before the padding
 * of @plain[0..@len), which is authentic. -EBADMSG: the padding is malformed;
 * -EMSGSIZE: there is more content than a record may have.
 */
int seal_content_unpad_cbc(const u8 *plain, size_t len, size_t *content_len);

/*
 * Where handshake messages begin and end in the records of TLS 1.3 after the handshake: messages
 * share records and go over several of them (RFC 8446 section 5.1).
 */
struct seal_messages {
	u8 have;	/* bytes of a message's header that have come; 0: no message has begun */
	u8 type;	/* the first of them */
	u32 left;	/* once they are all there: bytes of the message that are still to come */
};

/*
 * Takes note of the next record of a direction. True: a KeyUpdate message ended in it, so that what
 * follows is under the next key, with which all begins anew.
 */
bool seal_messages_record(struct seal_messages *messages, u8 type, const u8 *content, size_t len);

#endif /* SEAL_CORE_CONTENT_H */
