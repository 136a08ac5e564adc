/* SPDX-License-Identifier: GPL-2.0-only */
/* TLS for a socket of the kernel's, as NFS and NVMe ask for it. */
#ifndef KUSER_HANDSHAKE_H
#define KUSER_HANDSHAKE_H

#include <linux/net.h>

#include "sealsock_kuser.h"

/* KUSER_HANDSHAKE: waits until it is there. 0, or an error. */
int kuser_handshake(struct socket *sock, const struct kuser_call *call);

/* Keys of type psk, where nobody else has them. */
void kuser_psk_init(void);
void kuser_psk_exit(void);

#endif /* KUSER_HANDSHAKE_H */
