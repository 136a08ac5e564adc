/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Traffic secrets by libcrypto, from RFC 8446 7.1 to 7.3 alone. */
#ifndef SELFTESTS_NET_SECRET_H
#define SELFTESTS_NET_SECRET_H

#include "wire.h"

struct secret {
	uint8_t bytes[48];
	size_t len;
};

/* One of many for the hash of a cipher. */
void secret_init(struct secret *secret, uint16_t cipher, uint8_t which);

/* application_traffic_secret_N+1. */
void secret_next(struct secret *secret);

/* Key and IV of it to a wire, which then begins at 0. */
void secret_wire(const struct secret *secret, uint16_t cipher, struct wire *wire);

/* Both at once: what a KeyUpdate does. */
void secret_update(struct secret *secret, struct wire *wire);

#endif
