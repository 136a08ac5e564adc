/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Steps of TLS 1.2 that both roles take. */
#ifndef SEALSOCK_HS_COMMON12_H
#define SEALSOCK_HS_COMMON12_H

#include "hs/hs.h"

/* Keeps a message for CertificateVerify, if one may come. MESSAGE_SIZE: they are too many bytes. */
int hs12_log(struct hs *hs, struct bytes message);
void hs12_log_end(struct hs *hs);

/* Binds the master secret to all messages so far, where that was negotiated (RFC 7627 §4). */
int hs12_session_hash(struct hs *hs);
int hs12_keys(struct hs *hs, struct bytes pre_master);
int hs12_resume_keys(struct hs *hs);
/* The same with v12.master as it is. */
int hs12_master_known(struct hs *hs);
int hs12_key_dir(struct hs *hs, struct record_dir *d);
int hs12_send_finished(struct hs *hs);
int hs12_check_finished(struct hs *hs, struct bytes body);

#endif
