/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a service tells its manager (sd_notify(3)'s protocol). Without $NOTIFY_SOCKET nothing. */
#ifndef SEALSOCKD_NOTIFY_H
#define SEALSOCKD_NOTIFY_H

#include <stdbool.h>

/* Lines of KEY=VALUE. */
void notify(const char *state);

/* RELOADING=1 as Type=notify-reload wants it, with the time. */
void notify_reloading(void);

/* Is WATCHDOG=1 wanted regularly? */
bool notify_watchdog(void);

#endif
