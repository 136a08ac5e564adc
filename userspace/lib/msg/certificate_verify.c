// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* CertificateVerify, RFC 8446 §4.4.3. */
#include "msg/msg.h"

static const char *const contexts[] = {
	[SEALSOCK_CLIENT] = "TLS 1.3, client CertificateVerify",
	[SEALSOCK_SERVER] = "TLS 1.3, server CertificateVerify",
};

enum { PAD = 64, CONTEXT = 33 };

void certificate_verify_build(const struct certificate_verify *cv, struct builder *w)
{
	size_t mark = msg_open(w, MSG_CERTIFICATE_VERIFY);

	wr_u16(w, cv->scheme);
	wr_vec16(w, cv->signature);
	msg_close(w, mark);
}

int certificate_verify_parse(struct bytes body, struct certificate_verify *cv)
{
	*cv = (struct certificate_verify){ 0 };
	if (!rd_u16(&body, &cv->scheme) || !rd_vec16(&body, 0, 0xffff, &cv->signature) ||
	    body.n) {
		cv->why = "is cut off or has bytes after its end";
		return SEALSOCK_ERR_DECODE;
	}
	return 0;
}

size_t certificate_verify_content(enum sealsock_side signer, struct bytes transcript_hash,
				  uint8_t out[SIGNED_CONTENT_MAX])
{
	memset(out, ' ', PAD);
	/* The context's own NUL is the separating zero byte. */
	memcpy(out + PAD, contexts[signer], CONTEXT + 1);
	memcpy(out + PAD + CONTEXT + 1, transcript_hash.p, transcript_hash.n);
	return PAD + CONTEXT + 1 + transcript_hash.n;
}
