// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Inner plaintext: content, type, padding (RFC 8446 section 5.2). */
#include "content.h"
#include "tap.h"

static void unpad(const char *name, const u8 *in, size_t n, int err, u8 type, size_t len)
{
	size_t got_len = 0;
	u8 got_type = 0;
	int got = seal_content_unpad(in, n, &got_type, &got_len);

	ok_int(got, err, "%s", name);
	if (err)
		return;
	ok_int(got_type, type, "%s: type", name);
	ok_int(got_len, len, "%s: length", name);
}

static void padding(void)
{
	static u8 full[16385];
	size_t pad;

	unpad("no padding", (u8[]){ 'a', 'b', 23 }, 3, 0, 23, 2);
	unpad("padding", (u8[]){ 'a', 'b', 23, 0, 0 }, 5, 0, 23, 2);
	unpad("no content", (u8[]){ 21 }, 1, 0, 21, 0);
	unpad("no content, padding", (u8[]){ 21, 0, 0, 0 }, 4, 0, 21, 0);
	unpad("content of zeros", (u8[]){ 0, 0, 22 }, 3, 0, 22, 2);
	unpad("content of zeros, padding", (u8[]){ 0, 0, 22, 0 }, 4, 0, 22, 2);
	unpad("nothing", NULL, 0, -EBADMSG, 0, 0);
	unpad("one zero", (u8[]){ 0 }, 1, -EBADMSG, 0, 0);
	unpad("all zeros", full, sizeof(full), -EBADMSG, 0, 0);

	for (pad = 0; pad < sizeof(full); pad += 1023) {
		full[sizeof(full) - 1 - pad] = 23;
		unpad("a full record", full, sizeof(full), 0, 23, sizeof(full) - 1 - pad);
		full[sizeof(full) - 1 - pad] = 0;
	}
}

static void key_update(void)
{
	static const u8 update[] = { 24, 0, 0, 1, 0 }, ticket[] = { 4, 0, 0, 1, 0 };

	ok(seal_content_is_key_update(SEAL_TYPE_HANDSHAKE, update, 5), "KeyUpdate");
	ok(seal_content_is_key_update(SEAL_TYPE_HANDSHAKE, update, 1), "its first byte says so");
	ok(!seal_content_is_key_update(SEAL_TYPE_HANDSHAKE, ticket, 5), "NewSessionTicket is none");
	ok(!seal_content_is_key_update(SEAL_TYPE_HANDSHAKE, update, 0), "nothing is none");
	ok(!seal_content_is_key_update(SEAL_TYPE_DATA, update, 5), "application data is none");
}

int main(void)
{
	padding();
	key_update();
	return done();
}
