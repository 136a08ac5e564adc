// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Certificate and CertificateVerify of TLS 1.3 (RFC 8446 §4.4.2, §4.4.3), both ways. */
#include "hs/auth.h"
#include "hs/auth13.h"
#include "hs/common13.h"
#include "hs/hs.h"

static enum sealsock_side other_role(const struct hs *hs)
{
	return hs->ch->cfg->role == SEALSOCK_CLIENT ? SEALSOCK_SERVER : SEALSOCK_CLIENT;
}

int auth13_take_certificate(struct hs *hs, struct bytes body, size_t *count)
{
	struct certificate c;
	int err = certificate_parse(body, &c, hs->offered);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE, c.why, c.ext.bad_type);
	if (!bytes_equal(c.context, hs_context(hs)))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CERTIFICATE,
				   "has a context that was not asked for", 0);
	*count = c.count;
	if (c.count)
		err = auth_take_chain(hs, c.certs, c.count);
	if (!err && c.ocsp.n)
		err = auth_take_staple(hs, c.ocsp);
	if (!err)
		err = auth_settle_staple(hs);
	return err ? err : hs_add(hs, hs->whole);
}

/* What @signer signs at this point of the handshake: its length. */
static int signed_content(struct hs *hs, enum sealsock_side signer,
			  uint8_t content[SIGNED_CONTENT_MAX], size_t *n)
{
	uint8_t hash[HASH_MAX];
	int err = transcript_hash(&hs->transcript, hash);

	if (err)
		return hs_internal(hs, err, "hashing the handshake");
	*n = certificate_verify_content(signer, bytes_of(hash, hs->ch->suite->hash_len), content);
	return 0;
}

int auth13_take_verify(struct hs *hs, struct bytes body)
{
	uint8_t content[SIGNED_CONTENT_MAX];
	struct certificate_verify cv;
	size_t n;
	int err = certificate_verify_parse(body, &cv);

	if (err)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_VERIFY, cv.why, 0);
	if (!u16_contains(wire_list_of(&hs->ch->cfg->sigalgs), cv.scheme))
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CERTIFICATE_VERIFY,
				   "uses a signature scheme that was not offered", 0);
	err = signed_content(hs, other_role(hs), content, &n);
	if (err)
		return err;
	err = cert_verify(hs->leaf, sigscheme_find(cv.scheme), VERSION_TLS13,
			  bytes_of(content, n), cv.signature);
	if (err == SEALSOCK_ERR_ILLEGAL)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_VERIFY,
				   "uses a signature scheme that does not fit the certificate", 0);
	if (err == SEALSOCK_ERR_BAD_SIGNATURE)
		return hs_fail_msg(hs, err, MSG_CERTIFICATE_VERIFY,
				   "is not signed with the certificate's key", 0);
	if (err)
		return hs_internal(hs, err, "verifying the signature");
	if (hs->ch->cfg->role == SEALSOCK_CLIENT)
		hs->result->scheme = cv.scheme;
	return hs_add(hs, hs->whole);
}

int auth13_add_certificate(struct hs *hs, const struct credential *cred, bool staple)
{
	static const uint8_t none[] = { MSG_CERTIFICATE, 0, 0, 4, 0, 0, 0, 0 };
	struct bytes made = bytes_of(none, sizeof(none)), old;
	struct builder w = { .buf = &hs->flight };
	size_t from = hs->flight.n, mark;

	if (cred && staple && cred->stapled.n)
		made = bytes_of(cred->stapled.p, cred->stapled.n);
	else if (cred)
		made = bytes_of(cred->message.p, cred->message.n);
	if (hs->context_len) {	/* the ready message has an empty one */
		rd_bytes(&made, MSG_HEADER + 1, &old);
		mark = msg_open(&w, MSG_CERTIFICATE);
		wr_vec8(&w, hs_context(hs));
		wr_bytes(&w, made.p, made.n);
		msg_close(&w, mark);
	} else {
		wr_bytes(&w, made.p, made.n);
	}
	return hs_add_from(hs, &w, from);
}

int auth13_sign(struct hs *hs, hs_resume_fn resume)
{
	uint8_t content[SIGNED_CONTENT_MAX], sig[SIGNATURE_MAX];
	size_t n, sig_len;
	int err = signed_content(hs, hs->ch->cfg->role, content, &n);

	if (err)
		return err;
	if (!hs->cred->key)
		return hs_ask_sign(hs, bytes_of(content, n), resume);
	err = privkey_sign(hs->cred->key, hs->scheme, bytes_of(content, n), sig, &sig_len);
	if (err)
		return hs_internal(hs, err, "signing the handshake");
	return resume(hs, bytes_of(sig, sig_len));
}

int auth13_add_verify(struct hs *hs, struct bytes signature)
{
	struct certificate_verify cv = { .scheme = hs->scheme->id, .signature = signature };
	struct builder w = { .buf = &hs->flight };
	size_t from = hs->flight.n;

	if (signature.n == 0 || signature.n > SIGNATURE_MAX)
		return channel_fail(hs->ch, SEALSOCK_ERR_CRYPTO, "the signer gave no signature");
	certificate_verify_build(&cv, &w);
	return hs_add_from(hs, &w, from);
}
