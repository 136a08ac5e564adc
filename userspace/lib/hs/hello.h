/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Asking the application about a ClientHello. */
#ifndef SEALSOCK_HS_HELLO_H
#define SEALSOCK_HS_HELLO_H

#include "hs/hs.h"

/*
 * hello.c: lets the application choose the configuration by the first ClientHello, before anything
 * about the client is judged. 0, HS_WAITS, or the failure; @resume then looks at the ClientHello.
 */
int hello_ask_application(struct hs *hs, struct bytes body, hs_resume_fn resume);

#endif
