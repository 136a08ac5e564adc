/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Alerts that arrive. */
#ifndef SEALSOCK_HS_ALERT_H
#define SEALSOCK_HS_ALERT_H

#include "record/channel.h"

/*
 * Fails with what the application answered instead of 0: with @code if it is one of our failures,
 * else with @otherwise, whose alert is also that of codes without one.
 */
int hs_refused(struct channel *ch, int code, int otherwise, const char *who);

/* The alert in a record: close_notify is noted, others fail the connection. */
int alert_received(struct channel *ch, struct bytes content);

#endif
