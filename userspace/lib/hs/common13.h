/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Steps that both roles take. */
#ifndef SEALSOCK_HS_COMMON13_H
#define SEALSOCK_HS_COMMON13_H

#include "hs/hs.h"

int hs_add(struct hs *hs, struct bytes message);
int hs_derive(struct hs *hs, const char *label, struct secret *out);
int hs_fail_msg(struct hs *hs, int code, unsigned int msg, const char *why, uint16_t bad_ext);
int hs_internal(struct hs *hs, int code, const char *what);
int hs_random(struct hs *hs, void *out, size_t n);
int hs_handshake_keys(struct hs *hs, struct bytes shared);
int hs_application_secrets(struct hs *hs);
int hs_finished(struct hs *hs, const struct secret *traffic, uint8_t out[HASH_MAX]);
int hs_check_finished(struct hs *hs, const struct secret *traffic, struct bytes body);
int hs_send(struct hs *hs, struct bytes messages);
int hs_add_from(struct hs *hs, const struct builder *w, size_t from);
int hs_add_finished(struct hs *hs, const struct secret *traffic);

#endif
