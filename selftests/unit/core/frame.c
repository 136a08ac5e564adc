// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Record headers: what is built is parsed, and every bound from both sides. */
#include "../../kmod/uapi/sealsock.h"
#include "content.h"
#include "frame.h"
#include "tap.h"

enum { GCM = 51, CHACHA = 54 };

static struct seal_shape shape(u16 version, u16 cipher)
{
	return seal_shape_of(seal_suite_find(version, cipher), version);
}

static const struct {
	const char *name;
	u16 version, cipher;
	unsigned int overhead, prefix;
} shapes[] = {
	{ "1.2 GCM", SEAL_TLS12, GCM, 5 + 8 + 16, 13 },
	{ "1.2 ChaCha20", SEAL_TLS12, CHACHA, 5 + 16, 5 },
	{ "1.3 GCM", SEAL_TLS13, GCM, 5 + 1 + 16, 5 },
	{ "1.3 ChaCha20", SEAL_TLS13, CHACHA, 5 + 1 + 16, 5 },
};

static void header(u8 out[5], u8 type, u16 version, unsigned int length)
{
	out[0] = type;
	seal_put_be16(out + 1, version);
	seal_put_be16(out + 3, (u16)length);
}

static int parse(const struct seal_shape *s, u8 type, u16 version, unsigned int length)
{
	struct seal_header head;
	u8 in[5];

	header(in, type, version, length);
	return seal_frame_parse(s, in, &head);
}

static void round_trip(const struct seal_shape *s, const char *name, unsigned int len)
{
	struct seal_header head = {};
	u8 out[5];
	int err;

	seal_frame_build(s, SEAL_TYPE_HANDSHAKE, len, out);
	if (s->version == SEAL_TLS12) {
		err = seal_frame_parse(s, out, &head);
		ok_int(head.type, SEAL_TYPE_HANDSHAKE, "%s: type, %u bytes", name, len);
	} else {
		err = seal_frame_parse(s, out, &head);
		ok_int(head.type, SEAL_TYPE_DATA, "%s: the type is hidden, %u bytes", name, len);
	}
	ok_int(err, 0, "%s: %u bytes parse", name, len);
	ok_int(head.length, len + seal_overhead(s) - 5, "%s: length, %u bytes", name, len);
}

static void bounds(const struct seal_shape *s, const char *name)
{
	unsigned int extra = s->nonce_len + s->tag_len + s->type_len;
	unsigned int most = SEAL_MAX_PLAINTEXT + extra;
	u8 t = SEAL_TYPE_DATA;

	ok_int(parse(s, t, 0x0303, extra), 0, "%s: the shortest record", name);
	ok_int(parse(s, t, 0x0303, extra - 1), -EBADMSG, "%s: one byte too short", name);
	ok_int(parse(s, t, 0x0303, 0), -EBADMSG, "%s: nothing", name);
	ok_int(parse(s, t, 0x0303, most), 0, "%s: the longest record", name);
	ok_int(parse(s, t, 0x0303, most + 1), -EMSGSIZE, "%s: one byte too long", name);
	ok_int(parse(s, t, 0x0303, 0xffff), -EMSGSIZE, "%s: 65535 bytes", name);
	ok_int(parse(s, t, 0x0301, extra + 1), -EINVAL, "%s: version 0x0301", name);
	ok_int(parse(s, t, 0x0304, extra + 1), -EINVAL, "%s: version 0x0304", name);
	/* Length first: such bytes are no TLS at all. */
	ok_int(parse(s, 0x55, 0x5555, 0x5555), -EMSGSIZE, "%s: garbage", name);
	ok_int(parse(s, SEAL_TYPE_ALERT, 0x0303, extra + 2),
	       s->version == SEAL_TLS13 ? -EPROTO : 0, "%s: outer type alert", name);
	/* In the clear it is out of turn, however long it is and whatever version it has. */
	ok_int(parse(s, SEAL_TYPE_CCS, 0x0303, 1), s->version == SEAL_TLS13 ? -EPROTO : -EBADMSG,
	       "%s: change_cipher_spec", name);
	ok_int(parse(s, SEAL_TYPE_HANDSHAKE, 0x0301, 0xffff),
	       s->version == SEAL_TLS13 ? -EPROTO : -EMSGSIZE, "%s: a long handshake record", name);
	ok_int(parse(s, 24, 0x0303, extra + 2), s->version == SEAL_TLS13 ? -EPROTO : 0,
	       "%s: outer type heartbeat", name);
	ok_int(parse(s, 0xff, 0xffff, 0xffff), -EMSGSIZE, "%s: ones", name);
}

/* IV, whole blocks, MAC (RFC 5246 section 6.2.3.2, RFC 7366). */
static void cbc(void)
{
	struct seal_shape s = shape(SEAL_TLS12, SEALSOCK_CIPHER_AES_128_CBC_SHA256);
	unsigned int extra = 16 + 32, most = extra + SEAL_MAX_PLAINTEXT + 256;
	u8 t = SEAL_TYPE_DATA;

	ok_int(seal_prefix(&s), 5 + 16, "CBC: prefix");
	ok_int(seal_tail(&s, 0), 16, "CBC: nothing is padded by a block");
	ok_int(seal_tail(&s, 15), 1, "CBC: 15 bytes are padded by one");
	ok_int(seal_tail(&s, 16), 16, "CBC: 16 bytes are padded by a block");
	ok_int(seal_trailer_max(&s), 16 + 32, "CBC: most behind the plaintext");
	ok_int(parse(&s, t, 0x0303, extra + 16), 0, "CBC: the shortest record");
	ok_int(parse(&s, t, 0x0303, extra), -EBADMSG, "CBC: no block");
	ok_int(parse(&s, t, 0x0303, extra + 15), -EBADMSG, "CBC: no whole block");
	ok_int(parse(&s, t, 0x0303, extra + 17), -EBADMSG, "CBC: not only whole blocks");
	ok_int(parse(&s, t, 0x0303, 0), -EBADMSG, "CBC: nothing");
	ok_int(parse(&s, t, 0x0303, most), 0, "CBC: the longest record");
	ok_int(parse(&s, t, 0x0303, most + 16), -EMSGSIZE, "CBC: a block too long");
	ok_int(parse(&s, t, 0x0302, extra + 16), -EINVAL, "CBC: version 0x0302");
}

int main(void)
{
	size_t i;

	cbc();

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct seal_shape s = shape(shapes[i].version, shapes[i].cipher);

		ok_int(seal_overhead(&s), shapes[i].overhead, "%s: overhead", shapes[i].name);
		ok_int(seal_prefix(&s), shapes[i].prefix, "%s: prefix", shapes[i].name);
		round_trip(&s, shapes[i].name, 0);
		round_trip(&s, shapes[i].name, 1);
		round_trip(&s, shapes[i].name, SEAL_MAX_PLAINTEXT);
		bounds(&s, shapes[i].name);
	}
	return done();
}
