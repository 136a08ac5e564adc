// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "record/record.h"

int record_key(struct record_dir *d, const struct crypto *c, const struct suite *suite, bool seal,
	       const uint8_t *key, const uint8_t *iv)
{
	int err;

	d->suite = NULL;
	if (d->is_cbc)
		record_clear(d);
	if (!d->aead)
		d->aead = aead_new();
	if (!d->aead)
		return SEALSOCK_ERR_NOMEM;
	err = aead_key(c, d->aead, suite->aead, seal, key);
	if (err)
		return err;
	d->suite = seal_suite_find(suite->version, suite->cipher_type);
	d->shape = seal_shape_of(d->suite, suite->version);
	memcpy(d->iv, iv, SEAL_NONCE);
	seal_seq_start(&d->seq, 0, 0);
	return 0;
}

int record_key_cbc(struct record_dir *d, const struct crypto *c, const struct sealsock_env *env,
		   const struct suite *suite, bool seal, const uint8_t *key,
		   const uint8_t *mac_key)
{
	struct etm *etm;
	int err = etm_new(c, env, suite, seal, key, mac_key, &etm);

	record_clear(d);
	if (err)
		return err;
	d->is_cbc = true;
	d->etm = etm;
	d->suite = seal_suite_find(suite->version, suite->cipher_type);
	d->shape = seal_shape_of(d->suite, suite->version);
	seal_seq_start(&d->seq, 0, 0);
	return 0;
}

void record_clear(struct record_dir *d)
{
	if (d->is_cbc)
		etm_free(d->etm);
	else
		aead_free(d->aead);
	wipe(d, sizeof(*d));
}

bool record_spent(const struct record_dir *d, uint64_t margin)
{
	return d->suite && d->suite->limit && d->seq.used + margin >= d->suite->limit;
}

static int seal_plain(uint8_t type, struct bytes content, struct buf *out)
{
	uint8_t header[SEAL_HEADER] = { type };

	seal_put_be16(header + 1, SEAL_TLS12);
	seal_put_be16(header + 3, (uint16_t)content.n);
	if (!buf_reserve(out, sizeof(header) + content.n))
		return SEALSOCK_ERR_NOMEM;
	buf_append(out, header, sizeof(header));
	buf_append(out, content.p, content.n);
	return 0;
}

/* The nonce of a record whose explicit part, if it has one, stands behind the header at @rec. */
static void nonce_of(const struct record_dir *d, const uint8_t *rec, uint8_t nonce[SEAL_NONCE])
{
	if (d->shape.nonce_len)
		seal_nonce_explicit(d->iv, rec + SEAL_HEADER, nonce);
	else
		seal_nonce_xor(d->iv, d->seq.next, nonce);
}

/* Zeros behind application data, so that its length is a multiple (RFC 8446 §5.4). */
static size_t padding(const struct record_dir *d, uint8_t type, size_t n)
{
	size_t more = d->pad && type == SEAL_TYPE_DATA ? (d->pad - n % d->pad) % d->pad : 0;

	return more <= SEAL_MAX_PLAINTEXT - n ? more : SEAL_MAX_PLAINTEXT - n;
}

/* RFC 7366 §3: what the MAC covers before IV and ciphertext; @padded counts the padding. */
static struct bytes mac_head(const struct record_dir *d, uint8_t type, size_t padded,
			     uint8_t out[SEAL_MAX_AAD])
{
	return bytes_of(out, seal_aad(&d->shape, d->seq.next, type, (unsigned int)padded, out));
}

static int seal_cbc(struct record_dir *d, uint8_t type, struct bytes content, struct buf *out)
{
	size_t padded = content.n + seal_tail(&d->shape, (unsigned int)content.n);
	size_t total = padded + seal_overhead(&d->shape);
	uint8_t head[SEAL_MAX_AAD];
	int err;

	if (!buf_reserve(out, total))
		return SEALSOCK_ERR_NOMEM;
	seal_frame_build(&d->shape, type, (unsigned int)padded, out->p + out->n);
	err = etm_seal(d->etm, mac_head(d, type, padded, head), content,
		       out->p + out->n + SEAL_HEADER);
	if (err)
		return err;
	seal_seq_advance(&d->seq);
	out->n += total;
	return 0;
}

int record_seal(struct record_dir *d, uint8_t type, struct bytes content, struct buf *out)
{
	uint8_t nonce[SEAL_NONCE], aad[SEAL_MAX_AAD];
	static const uint8_t data_and_zeros[1 + SEAL_MAX_PLAINTEXT] = { SEAL_TYPE_DATA };
	struct bytes in[2] = { content, { &type, d->shape.type_len } };
	size_t pad = padding(d, type, content.n), n = content.n + pad;
	unsigned int aad_len;
	uint8_t *at;
	int err;

	if (!record_keyed(d))
		return seal_plain(type, content, out);
	if (seal_seq_check(&d->seq) || record_spent(d, 0))
		return SEALSOCK_ERR_LIMIT;
	if (d->is_cbc)
		return seal_cbc(d, type, content, out);
	if (!buf_reserve(out, n + seal_overhead(&d->shape)))
		return SEALSOCK_ERR_NOMEM;
	if (pad)
		in[1] = bytes_of(data_and_zeros, 1 + pad);

	at = out->p + out->n;
	seal_frame_build(&d->shape, type, (unsigned int)n, at);
	if (d->shape.nonce_len)
		seal_put_be64(at + SEAL_HEADER, d->seq.explicit_next);
	nonce_of(d, at, nonce);
	aad_len = seal_aad(&d->shape, d->seq.next, type, (unsigned int)n, aad);
	err = aead_seal(d->aead, nonce, bytes_of(aad, aad_len), in, at + seal_prefix(&d->shape));
	if (err)
		return err;
	seal_seq_advance(&d->seq);
	out->n += n + seal_overhead(&d->shape);
	return 0;
}

int record_seal_all(struct record_dir *d, uint8_t type, struct bytes content, struct buf *out)
{
	struct bytes part;
	int err = 0;

	while (!err && content.n) {
		rd_bytes(&content, content.n < SEAL_MAX_PLAINTEXT ? content.n : SEAL_MAX_PLAINTEXT,
			 &part);
		err = record_seal(d, type, part, out);
	}
	return err;
}

int record_body_len(const struct record_dir *d, bool protected, const uint8_t header[SEAL_HEADER],
		    size_t *n)
{
	struct seal_header h;

	if (!protected) {
		*n = seal_get_be16(header + 3);
		return *n > SEAL_MAX_PLAINTEXT ? SEALSOCK_ERR_RECORD_SIZE : 0;
	}
	switch (seal_frame_parse(&d->shape, header, &h)) {
	case 0:
		*n = h.length;
		return 0;
	case -EMSGSIZE:
		return SEALSOCK_ERR_RECORD_SIZE;
	case -EINVAL:
		return SEALSOCK_ERR_VERSION;
	case -EPROTO:
		return SEALSOCK_ERR_UNEXPECTED;
	default:
		return SEALSOCK_ERR_BAD_RECORD;
	}
}

/* The padding is authentic once the MAC is right: what is wrong with it then is no secret. */
static int open_cbc(struct record_dir *d, uint8_t *rec, size_t n, uint8_t *type,
		    struct bytes *content)
{
	size_t padded = n - d->shape.nonce_len - d->shape.tag_len, len;
	uint8_t *plain = rec + seal_prefix(&d->shape);
	uint8_t head[SEAL_MAX_AAD];
	int err = etm_open(d->etm, mac_head(d, rec[0], padded, head), rec + SEAL_HEADER, n);

	if (err)
		return err;
	seal_seq_advance(&d->seq);
	*type = rec[0];
	switch (seal_content_unpad_cbc(plain, padded, &len)) {
	case 0:
		*content = bytes_of(plain, len);
		return 0;
	case -EMSGSIZE:
		return SEALSOCK_ERR_RECORD_SIZE;
	default:
		return SEALSOCK_ERR_BAD_RECORD;
	}
}

int record_open(struct record_dir *d, uint8_t *rec, size_t n, uint8_t *type,
		struct bytes *content)
{
	const unsigned int prefix = seal_prefix(&d->shape);
	uint8_t nonce[SEAL_NONCE], aad[SEAL_MAX_AAD];
	size_t len = n - d->shape.nonce_len - d->shape.tag_len;
	unsigned int aad_len;
	int err;

	if (seal_seq_check(&d->seq))
		return SEALSOCK_ERR_LIMIT;
	if (d->is_cbc)
		return open_cbc(d, rec, n, type, content);
	nonce_of(d, rec, nonce);
	aad_len = seal_aad(&d->shape, d->seq.next, rec[0],
			   (unsigned int)len - d->shape.type_len, aad);
	err = aead_open(d->aead, nonce, bytes_of(aad, aad_len), rec + prefix,
			n - d->shape.nonce_len, rec + prefix);
	if (err)
		return err;
	seal_seq_advance(&d->seq);
	*type = rec[0];
	if (d->shape.type_len && seal_content_unpad(rec + prefix, len, type, &len))
		return SEALSOCK_ERR_UNEXPECTED;
	if (len > SEAL_MAX_PLAINTEXT)
		return SEALSOCK_ERR_RECORD_SIZE;
	*content = bytes_of(rec + prefix, len);
	return 0;
}
