/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Certificate and CertificateVerify of TLS 1.3, both ways. */
#ifndef SEALSOCK_HS_AUTH13_H
#define SEALSOCK_HS_AUTH13_H

#include "hs/hs.h"

int auth13_take_certificate(struct hs *hs, struct bytes body, size_t *count);
int auth13_take_verify(struct hs *hs, struct bytes body);

/* Signs, or asks for the signature: then HS_WAITS, and @resume gets it. */
int auth13_sign(struct hs *hs, hs_resume_fn resume);
int auth13_add_verify(struct hs *hs, struct bytes signature);
int auth13_add_certificate(struct hs *hs, const struct credential *cred, bool staple);

#endif
