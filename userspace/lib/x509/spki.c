// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/der.h"
#include "x509/oid.h"
#include "x509/spki.h"

/* RFC 3279 §2.3.1: SEQUENCE of modulus and exponent, both positive. */
static void look_at_rsa(struct spki *s, enum key_kind kind)
{
	struct bytes r = s->parts.key, seq, modulus, exponent;
	uint8_t top;

	s->why = "an RSA key that cannot be read";
	if (!der_take(&r, DER_SEQUENCE, &seq) || r.n || !der_take(&seq, DER_INTEGER, &modulus) ||
	    !der_take(&seq, DER_INTEGER, &exponent) || seq.n || !der_is_integer(modulus) ||
	    !der_is_integer(exponent) || modulus.p[0] & 0x80 || exponent.p[0] & 0x80)
		return;
	if (modulus.p[0] == 0)
		rd_u8(&modulus, &top);
	s->parts.modulus = modulus;
	s->parts.exponent = exponent;
	if (modulus.n == 0)
		return;
	s->bits = (unsigned int)modulus.n * 8;
	for (top = modulus.p[0]; !(top & 0x80); top = (uint8_t)(top << 1))
		s->bits--;
	/* Nobody needs exponents beyond 65537; big ones are there to cost time. */
	s->why = "an RSA key with an unusual exponent";
	if (exponent.n > 5 || !(exponent.p[exponent.n - 1] & 1) ||
	    (exponent.n == 1 && exponent.p[0] < 3))
		return;
	s->why = "an RSA key whose modulus is even";
	if (!(modulus.p[modulus.n - 1] & 1))
		return;
	s->why = "an RSA key of more than 8192 bits";
	if (s->bits > RSA_BITS_MAX)
		return;
	/* It costs nothing, and who checks nothing may meet one. */
	s->why = s->bits < RSA_BITS_MIN ? "an RSA key of less than 2048 bits" : NULL;
	s->parts.kind = kind;
}

/* RFC 5480 §2.1.1: a named curve; explicit parameters are forbidden, and dear to work with. */
static void look_at_ec(struct spki *s, struct bytes params)
{
	static const struct {
		struct bytes oid;
		enum key_kind kind;
		unsigned int bits;
	} curves[] = {
		{ OID_P256, KEY_EC_P256, 256 },
		{ OID_P384, KEY_EC_P384, 384 },
		{ OID_P521, KEY_EC_P521, 521 },
	};
	struct bytes curve;
	size_t i;

	s->why = "an elliptic curve that is not named (explicit parameters)";
	if (!der_take(&params, DER_OID, &curve) || params.n)
		return;
	s->why = "an elliptic curve other than P-256, P-384, P-521";
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (!bytes_equal(curve, curves[i].oid))
			continue;
		s->why = "an EC point that is not in uncompressed form";
		if (s->parts.key.n != 1 + 2 * ((curves[i].bits + 7) / 8) || s->parts.key.p[0] != 4)
			return;
		s->parts.kind = curves[i].kind;
		s->bits = curves[i].bits;
		s->why = NULL;
	}
}

static void look_at_edwards(struct spki *s, struct bytes params, enum key_kind kind)
{
	size_t len = kind == KEY_ED25519 ? 32 : 57;

	s->why = "an Edwards key that cannot be read";
	if (params.n || s->parts.key.n != len)	/* RFC 8410 §3: no parameters */
		return;
	s->why = NULL;
	s->parts.kind = kind;
	s->bits = kind == KEY_ED25519 ? 255 : 448;
}

static bool is_null_or_absent(struct bytes params)
{
	struct bytes none;

	return params.n == 0 || (der_take(&params, DER_NULL, &none) && !none.n && !params.n);
}

bool spki_parse(struct bytes der, struct spki *out)
{
	struct bytes r = der, seq, alg, bits, oid;

	*out = (struct spki){ .parts = { .der = der, .kind = KEY_OTHER } };
	if (!der_take(&r, DER_SEQUENCE, &seq) || r.n || !der_take(&seq, DER_SEQUENCE, &alg) ||
	    !der_take(&seq, DER_BIT_STRING, &bits) || seq.n || !der_octets(bits, &out->parts.key) ||
	    !der_take(&alg, DER_OID, &oid) || !der_is_oid(oid))
		return false;
	out->why = "a key of a kind that is not supported";
	if (bytes_equal(oid, OID_RSA)) {
		if (is_null_or_absent(alg))
			look_at_rsa(out, KEY_RSA);
	} else if (bytes_equal(oid, OID_RSA_PSS)) {
		look_at_rsa(out, KEY_RSA_PSS);
	} else if (bytes_equal(oid, OID_EC)) {
		look_at_ec(out, alg);
	} else if (bytes_equal(oid, OID_ED25519)) {
		look_at_edwards(out, alg, KEY_ED25519);
	} else if (bytes_equal(oid, OID_ED448)) {
		look_at_edwards(out, alg, KEY_ED448);
	}
	return true;
}

/* Of a hash in the parameters of RSASSA-PSS: its place below, or -1. */
static int pss_hash(struct bytes alg)
{
	static const struct bytes hashes[] = { OID_SHA256, OID_SHA384, OID_SHA512 };
	struct bytes oid;
	int i;

	if (!der_take(&alg, DER_OID, &oid) || !is_null_or_absent(alg))
		return -1;
	for (i = 0; i < 3; i++)
		if (bytes_equal(oid, hashes[i]))
			return i;
	return -1;
}

/* RFC 4055 §3.1, as RFC 8446 §4.2.3 narrows it: MGF1 with the hash, salt as long as the hash. */
static const struct sigscheme *pss_parse(struct bytes params)
{
	static const struct {
		uint16_t scheme;
		uint32_t salt;
	} rows[] = { { 0x0804, 32 }, { 0x0805, 48 }, { 0x0806, 64 } };
	struct bytes seq, field, alg, mgf, oid;
	uint32_t salt, trailer = 1;
	int hash;

	if (!der_take(&params, DER_SEQUENCE, &seq) || params.n ||
	    !der_take(&seq, 0xa0, &field) || !der_take(&field, DER_SEQUENCE, &alg) || field.n)
		return NULL;
	hash = pss_hash(alg);
	if (hash < 0 || !der_take(&seq, 0xa1, &field) || !der_take(&field, DER_SEQUENCE, &mgf) ||
	    field.n || !der_take(&mgf, DER_OID, &oid) || !bytes_equal(oid, OID_MGF1) ||
	    !der_take(&mgf, DER_SEQUENCE, &alg) || mgf.n || pss_hash(alg) != hash)
		return NULL;
	if (!der_take(&seq, 0xa2, &field) || !der_take(&field, DER_INTEGER, &alg) || field.n ||
	    !der_u32(alg, &salt) || salt != rows[hash].salt)
		return NULL;
	if (seq.n && (!der_take(&seq, 0xa3, &field) || !der_take(&field, DER_INTEGER, &alg) ||
		      field.n || !der_u32(alg, &trailer)))
		return NULL;
	return seq.n || trailer != 1 ? NULL : sigscheme_find(rows[hash].scheme);
}

const struct sigscheme *sigalg_parse(struct bytes alg, const char **name, struct bytes *oid)
{
	/* @scheme 0: known, and not good enough */
	static const struct {
		struct bytes oid;
		uint16_t scheme;
		bool null;
		const char *name;
	} rows[] = {
		{ OID_SHA256_RSA, 0x0401, true, "sha256WithRSAEncryption" },
		{ OID_ECDSA_SHA256, 0x0403, false, "ecdsa-with-SHA256" },
		{ OID_ECDSA_SHA384, 0x0503, false, "ecdsa-with-SHA384" },
		{ OID_SHA384_RSA, 0x0501, true, "sha384WithRSAEncryption" },
		{ OID_SHA512_RSA, 0x0601, true, "sha512WithRSAEncryption" },
		{ OID_ECDSA_SHA512, 0x0603, false, "ecdsa-with-SHA512" },
		{ OID_ED25519, 0x0807, false, "Ed25519" },
		{ OID_ED448, 0x0808, false, "Ed448" },
		{ OID_SHA1_RSA, 0, true, "sha1WithRSAEncryption" },
		{ OID_ECDSA_SHA1, 0, false, "ecdsa-with-SHA1" },
		{ OID_MD5_RSA, 0, true, "md5WithRSAEncryption" },
	};
	size_t i;

	*name = NULL;
	*oid = bytes_of(NULL, 0);
	if (!der_take(&alg, DER_OID, oid))
		return NULL;
	if (bytes_equal(*oid, OID_RSA_PSS)) {
		*name = "RSASSA-PSS with unusual parameters";
		return pss_parse(alg);
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!bytes_equal(*oid, rows[i].oid))
			continue;
		*name = rows[i].name;
		if (rows[i].null ? !is_null_or_absent(alg) : alg.n != 0)
			return NULL;
		return rows[i].scheme ? sigscheme_find(rows[i].scheme) : NULL;
	}
	return NULL;
}

bool sigalg_fits(const struct sigscheme *s, enum key_kind kind)
{
	switch (s->kind) {
	case KEY_EC_P256:
	case KEY_EC_P384:
	case KEY_EC_P521:
		return kind == KEY_EC_P256 || kind == KEY_EC_P384 || kind == KEY_EC_P521;
	case KEY_RSA:
		return kind == KEY_RSA || (kind == KEY_RSA_PSS && !s->pkcs1);
	default:
		return s->kind == kind;
	}
}
