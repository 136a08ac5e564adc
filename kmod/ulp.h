/* SPDX-License-Identifier: GPL-2.0-only */
/* Registration of the TCP ULP, under its own name and as an alias. */
#ifndef SEAL_ULP_H
#define SEAL_ULP_H

#include <linux/types.h>

/*
 * Registers `sealsock`, and `tls` where @alias asks for it. -EEXIST: the
 * kernel's own TLS holds that name.
 */
int seal_ulp_init(bool alias);
void seal_ulp_exit(void);

#endif /* SEAL_ULP_H */
