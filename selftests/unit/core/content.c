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
	unpad("nothing", NULL, 0, -EPROTO, 0, 0);
	unpad("one zero", (u8[]){ 0 }, 1, -EPROTO, 0, 0);
	unpad("all zeros", full, sizeof(full), -EPROTO, 0, 0);

	for (pad = 0; pad < sizeof(full); pad += 1023) {
		full[sizeof(full) - 1 - pad] = 23;
		unpad("a full record", full, sizeof(full), 0, 23, sizeof(full) - 1 - pad);
		full[sizeof(full) - 1 - pad] = 0;
	}
}

static void unpad_cbc(const char *name, const u8 *in, size_t n, int err, size_t len)
{
	size_t got_len = 0;

	ok_int(seal_content_unpad_cbc(in, n, &got_len), err, "CBC: %s", name);
	if (!err)
		ok_int(got_len, len, "CBC: %s: length", name);
}

static void padding_cbc(void)
{
	static u8 full[16385 + 256];

	unpad_cbc("one byte of padding", (u8[]){ 'a', 'b', 0 }, 3, 0, 2);
	unpad_cbc("three", (u8[]){ 'a', 2, 2, 2 }, 4, 0, 1);
	unpad_cbc("nothing but padding", (u8[]){ 2, 2, 2 }, 3, 0, 0);
	unpad_cbc("content that looks like padding", (u8[]){ 1, 1, 1 }, 3, 0, 1);
	unpad_cbc("nothing", NULL, 0, -EBADMSG, 0);
	unpad_cbc("longer than the record", (u8[]){ 3, 3, 3 }, 3, -EBADMSG, 0);
	unpad_cbc("first byte wrong", (u8[]){ 'a', 1, 2, 2 }, 4, -EBADMSG, 0);
	unpad_cbc("middle byte wrong", (u8[]){ 2, 1, 2 }, 3, -EBADMSG, 0);
	memset(full, 255, sizeof(full));
	unpad_cbc("the longest", full + 1, 16384 + 256, 0, 16384);
	unpad_cbc("one byte too much", full, 16385 + 256, -EMSGSIZE, 0);
}

static bool hs(struct seal_messages *m, const u8 *content, size_t len)
{
	return seal_messages_record(m, SEAL_TYPE_HANDSHAKE, content, len);
}

static void key_update(void)
{
	static const u8 update[] = { 24, 0, 0, 1, 0 };
	/* A ticket whose body looks like a KeyUpdate, and then one. */
	static const u8 both[] = { 4, 0, 0, 5, 24, 0, 0, 1, 0, 24, 0, 0, 1, 0 };
	static const u8 empty[] = { 20, 0, 0, 0, 24, 0, 0, 1, 1 };
	static const u8 unknown[] = { 116, 105, 99, 107 };
	struct seal_messages m = {};
	size_t i, j;

	ok(hs(&m, update, 5), "KeyUpdate");
	ok(!seal_messages_record(&m, SEAL_TYPE_DATA, update, 5), "application data is none");
	ok(!hs(&m, update, 0), "nothing is none");
	ok(!hs(&m, both, 9), "nor is a ticket");
	ok(hs(&m, both, sizeof(both)), "behind a ticket");
	ok(hs(&m, empty, sizeof(empty)), "behind a message without body");
	for (i = 1; i < 5; i++) {
		ok(!hs(&m, update, i), "%zu bytes of it", i);
		ok(!seal_messages_record(&m, SEAL_TYPE_ALERT, update, 2), "an alert in between");
		ok(hs(&m, update + i, 5 - i), "and the rest");
	}
	for (i = 1; i < sizeof(both) - 1; i++)
		for (j = i + 1; j < sizeof(both); j++)
			ok(!hs(&m, both, i) && !hs(&m, both + i, j - i) &&
			   hs(&m, both + j, sizeof(both) - j), "cut at %zu and %zu", i, j);

	ok(!hs(&m, both, 4) && !seal_messages_record(&m, SEAL_TYPE_DATA, update, 5) &&
	   hs(&m, update, 5), "data inside a message ends it");
	ok(!hs(&m, unknown, 4) && hs(&m, update, 5), "one of no known type ends with its record");
}

int main(void)
{
	padding();
	padding_cbc();
	ok_int(seal_content_padded(1, 16, 16384), 16, "padded to a multiple");
	ok_int(seal_content_padded(16, 16, 16384), 16, "a multiple already");
	ok_int(seal_content_padded(0, 16, 16384), 16, "nothing is padded too");
	ok_int(seal_content_padded(16000, 10000, 16384), 16384, "to the largest record at most");
	ok_int(seal_content_padded(16384, 10000, 16384), 16384, "the largest record");
	key_update();
	return done();
}
