// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* kmod/core: headers, padding, nonces and sequence numbers, as the kernel module uses them. */
#include "content.h"
#include "frame.h"
#include "fuzz.h"
#include "nonce.h"
#include "seq.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void header(const struct seal_suite *suite, u16 version, const uint8_t *in)
{
	struct seal_shape shape = seal_shape_of(suite, version);
	u8 built[SEAL_HEADER], aad[SEAL_MAX_AAD];
	struct seal_header h;
	unsigned int len;
	int err = seal_frame_parse(&shape, in, &h);

	MUST(err == 0 || err == -EINVAL || err == -EMSGSIZE || err == -EBADMSG ||
	     err == -EPROTO);
	if (err)
		return;
	MUST(h.length >= shape.nonce_len + shape.tag_len);
	len = h.length + SEAL_HEADER;
	/* CBC: the padding comes on top, and makes whole blocks. */
	MUST(len <= SEAL_MAX_PLAINTEXT + seal_overhead(&shape) +
		    (shape.block ? SEAL_MAX_BLOCKS : 0));
	MUST(!shape.block || (len - seal_overhead(&shape)) % shape.block == 0);
	if (len < seal_overhead(&shape))
		return;
	seal_frame_build(&shape, h.type, len - seal_overhead(&shape), built);
	MUST(seal_get_be16(built + 3) == h.length && seal_get_be16(built + 1) == SEAL_TLS12);
	MUST(seal_aad(&shape, 7, h.type, len - seal_overhead(&shape), aad) <= SEAL_MAX_AAD);
}

/* What ends in a part of a record ends in the record. */
static void messages(u8 type, const uint8_t *p, size_t n)
{
	struct seal_messages whole = {}, parts = {};
	bool update = seal_messages_record(&whole, SEAL_TYPE_HANDSHAKE, p, n);
	size_t cut = n ? type % n : 0;

	MUST(whole.have <= SEAL_HS_HEADER && whole.left < 1 << 24);
	if (seal_messages_record(&parts, SEAL_TYPE_HANDSHAKE, p, cut))
		MUST(update);
}

static void content(const uint8_t *p, size_t n)
{
	size_t len, i;
	u8 type;

	if (seal_content_unpad(p, n, &type, &len)) {
		for (i = 0; i < n; i++)
			MUST(p[i] == 0);
		return;
	}
	MUST(len < n && type != 0 && p[len] == type);
	for (i = len + 1; i < n; i++)
		MUST(p[i] == 0);
	messages(type, p, len);
}

static void content_cbc(const uint8_t *p, size_t n)
{
	size_t len, i;

	if (seal_content_unpad_cbc(p, n, &len))
		return;
	MUST(len < n && p[n - 1] == n - len - 1);
	for (i = len; i < n; i++)
		MUST(p[i] == p[n - 1]);
}

static void nonces(const uint8_t in[20])
{
	u8 nonce[SEAL_NONCE], back[SEAL_NONCE];
	u64 seq = seal_get_be64(in + 12);

	seal_nonce_xor(in, seq, nonce);
	seal_nonce_xor(nonce, seq, back);
	MUST(memcmp(back, in, SEAL_NONCE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int i;

	if (size >= SEAL_HEADER) {
		for (i = 0; i < seal_suite_count; i++) {
			if (seal_suites[i].tls12)
				header(&seal_suites[i], SEAL_TLS12, data);
			if (seal_suites[i].tls13)
				header(&seal_suites[i], SEAL_TLS13, data);
		}
		content(data + SEAL_HEADER, size - SEAL_HEADER);
		content_cbc(data + SEAL_HEADER, size - SEAL_HEADER);
	}
	if (size >= 20)
		nonces(data);
	return 0;
}
