/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Configurations of TLS 1.2 with the profile "legacy". */
#ifndef UNIT_LEGACY_H
#define UNIT_LEGACY_H

#include "mutual.h"
#include "staple.h"

/* An RSA server certificate whose key may decrypt, as that of test_server(CERT_RSA) may not. */
const struct identity *test_server_rsa(void);

/* With only these suites; NULL: all of the profile's. The server has certificates of both kinds. */
struct sealsock_config *legacy_client(const char *ciphers);
struct sealsock_config *legacy_server(const char *ciphers);

/* The same; its RSA key is elsewhere: SIGN and DECRYPT are asked for, with the EVP_PKEY. */
struct sealsock_config *legacy_server_asking(const char *ciphers);

/* Staples these bytes to the chain that was added last. */
void staple(struct sealsock_config *cfg, struct bytes response);

#endif
