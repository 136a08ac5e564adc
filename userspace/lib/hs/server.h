/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The server: what the tables point to, and what its two versions share. */
#ifndef SEALSOCK_HS_SERVER_H
#define SEALSOCK_HS_SERVER_H

#include "hs/hs.h"
#include "msg/msg.h"

/* server13.c */
int server_on_client_hello(struct hs *hs, struct bytes body);
int server_on_certificate(struct hs *hs, struct bytes body);
int server_on_certificate_verify(struct hs *hs, struct bytes body);
int server_on_finished(struct hs *hs, struct bytes body);

/* server12.c */
int server_on_client_hello12(struct hs *hs, struct bytes body);
int server_on_certificate12(struct hs *hs, struct bytes body);
int server_on_certificate_verify12(struct hs *hs, struct bytes body);
int server_on_client_key_exchange(struct hs *hs, struct bytes body);
int server_on_ccs(struct hs *hs, struct bytes body);
int server_on_finished12(struct hs *hs, struct bytes body);

/* server13.c: a step that both versions take alike. */
int server_keep_names(struct hs *hs, const struct client_hello *ch, struct bytes alpn);

/* server13.c: appends a CertificateRequest to the flight. */
int server_add_certificate_request(struct hs *hs);

#endif
