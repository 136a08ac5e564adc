// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Alerts received (RFC 8446 §6). Which alert an error sends: the table of base/error.c. */
#include "hs/alert.h"
#include "record/watch.h"

/*
 * May go on after this warning: in TLS 1.2 after any (RFC 5246 §7.2.2), and before the version is
 * known after the one that servers send ahead of their ServerHello (RFC 6066 §3).
 */
static bool is_warning(const struct channel *ch, uint8_t alert)
{
	if (!ch->suite)
		return ch->cfg->role == SEALSOCK_CLIENT && alert == ALERT_UNRECOGNIZED_NAME;
	return channel_is_12(ch);
}

int alert_received(struct channel *ch, struct bytes content)
{
	uint8_t level, alert;

	TRACE(alert_received, ch, content);
	/* RFC 8446 §5.1: exactly one alert in a record, never cut. */
	if (!rd_u8(&content, &level) || !rd_u8(&content, &alert) || content.n)
		return channel_fail(ch, SEALSOCK_ERR_DECODE, "an alert is not two bytes long");
	/* §6: the level carries no meaning any more; in TLS 1.2 it had one. */
	if (alert == ALERT_CLOSE_NOTIFY) {
		ch->close_received = true;
		return 0;
	}
	if (alert == ALERT_USER_CANCELED || (level == 1 && is_warning(ch, alert)))
		return channel_idle(ch);
	return channel_fail_quiet(ch, SEALSOCK_ERR_ALERT, alert, SEALSOCK_DIR_RECEIVED,
				  "the peer sent the alert %s (%u)", sealsock_alert_name(alert),
				  alert);
}

int hs_refused(struct channel *ch, int code, int otherwise, const char *who)
{
	int alert;

	if (!error_is_failure(code))
		code = otherwise;
	alert = sealsock_error_alert(code);
	if (alert == ALERT_NONE)
		alert = sealsock_error_alert(otherwise);
	return channel_fail_alert(ch, code, alert, "%s: %s", who, sealsock_strerror(code));
}
