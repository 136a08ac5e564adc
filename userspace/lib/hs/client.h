/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The client: what the tables point to, and what its two versions share. */
#ifndef SEALSOCK_HS_CLIENT_H
#define SEALSOCK_HS_CLIENT_H

#include "hs/hs.h"
#include "msg/msg.h"

/* client13.c */
int client_start(struct hs *hs);
int client_on_server_hello(struct hs *hs, struct bytes body);
int client_on_hello_retry(struct hs *hs, struct bytes body);
int client_on_encrypted_extensions(struct hs *hs, struct bytes body);
int client_on_certificate_request(struct hs *hs, struct bytes body);
int client_on_certificate(struct hs *hs, struct bytes body);
int client_on_certificate_verify(struct hs *hs, struct bytes body);
int client_on_finished(struct hs *hs, struct bytes body);

/* client12.c */
int client_on_server_hello12(struct hs *hs, struct bytes body);
int client_on_certificate12(struct hs *hs, struct bytes body);
int client_on_certificate_status(struct hs *hs, struct bytes body);
int client_on_server_key_exchange(struct hs *hs, struct bytes body);
int client_on_certificate_request12(struct hs *hs, struct bytes body);
int client_on_server_hello_done(struct hs *hs, struct bytes body);
int client_on_ticket12(struct hs *hs, struct bytes body);
int client_on_ccs(struct hs *hs, struct bytes body);
int client_on_finished12(struct hs *hs, struct bytes body);

/* client12.c: adds to a ClientHello what a server of TLS 1.2 reads, and takes 1.3's away. */
void client_offer12(struct hs *hs, struct client_hello *ch);

/* client13.c: steps that both versions take alike. @msg: in which the server said it. */
int client_take_alpn(struct hs *hs, struct bytes chosen, unsigned int msg);

#endif
