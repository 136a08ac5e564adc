// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* An implementation of the record layer that is not ours, on libcrypto. */
#include "aead.h"
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put64(uint8_t *p, uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		p[i] = v;
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static bool is_13(const struct wire *wire)
{
	return wire->version == TLS_1_3_VERSION;
}

static bool has_explicit(const struct wire *wire)
{
	return !is_13(wire) && wire->cipher != TLS_CIPHER_CHACHA20_POLY1305;
}

void wire_init(struct wire *wire, struct keys *keys)
{
	struct key_parts part = keys_parts(keys);

	memset(wire, 0, sizeof(*wire));
	wire->version = keys->info.version;
	wire->cipher = keys->info.cipher_type;
	memcpy(wire->key, part.key, part.key_len);
	memcpy(wire->iv, part.salt, part.salt_len);
	memcpy(wire->iv + part.salt_len, part.iv, part.iv_len);
	memcpy(wire->salt, wire->iv, sizeof(wire->salt));
	wire->seq = get64(part.seq);
	wire->nonce = get64(wire->iv + 4);
	wire->why = "";
}

size_t wire_overhead(const struct wire *wire)
{
	return WIRE_HEADER + WIRE_TAG + (has_explicit(wire) ? 8 : 0) + (is_13(wire) ? 1 : 0);
}

static void make_nonce(const struct wire *wire, const uint8_t *explicit, uint8_t nonce[12])
{
	uint8_t seq[8];
	int i;

	if (explicit) {
		memcpy(nonce, wire->salt, 4);
		memcpy(nonce + 4, explicit, 8);
		return;
	}
	memcpy(nonce, wire->iv, 12);
	put64(seq, wire->seq);
	for (i = 0; i < 8; i++)
		nonce[4 + i] ^= seq[i];
}

/* len: of the plaintext (TLS 1.2), header: as on the wire. */
static size_t make_aad(const struct wire *wire, const uint8_t *header, size_t len, uint8_t aad[13])
{
	if (is_13(wire)) {
		memcpy(aad, header, WIRE_HEADER);
		return WIRE_HEADER;
	}
	put64(aad, wire->seq);
	memcpy(aad + 8, header, 3);
	aad[11] = len >> 8;
	aad[12] = len;
	return 13;
}

size_t wire_seal_inner(struct wire *wire, uint8_t outer, const void *inner, size_t len,
		       uint8_t *out)
{
	size_t explicit = has_explicit(wire) ? 8 : 0;
	size_t body = explicit + len + WIRE_TAG;
	uint8_t *p = out + WIRE_HEADER;
	uint8_t nonce[AEAD_NONCE], aad[13];
	struct aead_message m = {
		.cipher = wire->cipher, .key = wire->key, .nonce = nonce, .aad = aad,
		.in = inner, .len = len,
	};

	out[0] = outer;
	out[1] = 3;
	out[2] = 3;
	out[3] = body >> 8;
	out[4] = body;
	if (explicit) {
		put64(p, wire->nonce++);
		make_nonce(wire, p, nonce);
		p += explicit;
	} else {
		make_nonce(wire, NULL, nonce);
	}
	m.aad_len = make_aad(wire, out, len, aad);
	m.out = p;
	aead_seal(&m, p + len);
	wire->seq++;
	return WIRE_HEADER + body;
}

size_t wire_seal(struct wire *wire, uint8_t type, const void *data, size_t len, size_t pad,
		 uint8_t *out)
{
	uint8_t inner[WIRE_MAX];

	if (!is_13(wire))
		return wire_seal_inner(wire, type, data, len, out);
	memcpy(inner, data, len);
	inner[len] = type;
	memset(inner + len + 1, 0, pad);
	return wire_seal_inner(wire, TYPE_DATA, inner, len + 1 + pad, out);
}

static ssize_t bad(struct wire *wire, const char *why)
{
	wire->why = why;
	return -1;
}

ssize_t wire_open(struct wire *wire, const uint8_t *rec, size_t len, uint8_t *type, uint8_t *out)
{
	size_t explicit = has_explicit(wire) ? 8 : 0;
	const uint8_t *p = rec + WIRE_HEADER + explicit;
	uint8_t nonce[AEAD_NONCE], aad[13];
	struct aead_message m = {
		.cipher = wire->cipher, .key = wire->key, .nonce = nonce, .aad = aad,
		.in = p, .out = out,
	};
	size_t n;

	wire->why = "";
	if (len < wire_overhead(wire))
		return bad(wire, "record too short");
	if (rec[1] != 3 || rec[2] != 3)
		return bad(wire, "wrong version");
	if ((size_t)(rec[3] << 8 | rec[4]) != len - WIRE_HEADER)
		return bad(wire, "wrong length");
	if (is_13(wire) && rec[0] != TYPE_DATA)
		return bad(wire, "wrong outer type");
	n = len - WIRE_HEADER - explicit - WIRE_TAG;
	if (n > RECORD_MAX + (is_13(wire) ? 1 : 0))
		return bad(wire, "record too long");
	if (explicit && get64(rec + WIRE_HEADER) != wire->nonce)
		return bad(wire, "explicit nonce does not count up");
	make_nonce(wire, explicit ? rec + WIRE_HEADER : NULL, nonce);
	m.aad_len = make_aad(wire, rec, n, aad);
	m.len = n;
	if (!aead_open(&m, p + n))
		return bad(wire, "bad tag");
	wire->seq++;
	wire->nonce++;
	wire->pad = 0;
	*type = rec[0];
	if (!is_13(wire))
		return n;
	while (n && !out[n - 1]) {
		n--;
		wire->pad++;
	}
	if (!n)
		return bad(wire, "no content type");
	*type = out[n - 1];
	return n - 1;
}

ssize_t wire_read(int fd, uint8_t *rec, size_t size)
{
	ssize_t n = recv_full(fd, rec, WIRE_HEADER);
	size_t body;

	if (n <= 0)
		return n;
	if (n < WIRE_HEADER) {
		errno = ENODATA;
		return -1;
	}
	body = rec[3] << 8 | rec[4];
	if (body > size - WIRE_HEADER) {
		errno = EMSGSIZE;
		return -1;
	}
	n = recv_full(fd, rec + WIRE_HEADER, body);
	if (n < 0)
		return -1;
	if ((size_t)n < body) {
		errno = ENODATA;
		return -1;
	}
	return WIRE_HEADER + body;
}

ssize_t wire_recv(struct wire *wire, int fd, uint8_t *type, uint8_t *out)
{
	uint8_t rec[WIRE_MAX];
	ssize_t n = wire_read(fd, rec, sizeof(rec));

	if (!n)
		return WIRE_EOF;
	if (n < 0) {
		wire->why = errno == ENODATA ? "stream ends inside a record" : strerror(errno);
		return -1;
	}
	return wire_open(wire, rec, n, type, out);
}

int wire_send(struct wire *wire, int fd, uint8_t type, const void *data, size_t len, size_t pad)
{
	uint8_t rec[WIRE_MAX];
	size_t n = wire_seal(wire, type, data, len, pad, rec);

	return send_full(fd, rec, n, 0);
}
