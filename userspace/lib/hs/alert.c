// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Alerts received (RFC 8446 §6), and their names. Which alert an error sends: error.c's table. */
#include "hs/hs.h"
#include "trace/trace.h"

static const struct {
	uint8_t alert;
	const char *name;
} names[] = {
	{ ALERT_CLOSE_NOTIFY, "close_notify" },
	{ ALERT_UNEXPECTED_MESSAGE, "unexpected_message" },
	{ ALERT_BAD_RECORD_MAC, "bad_record_mac" },
	{ ALERT_RECORD_OVERFLOW, "record_overflow" },
	{ ALERT_HANDSHAKE_FAILURE, "handshake_failure" },
	{ ALERT_BAD_CERTIFICATE, "bad_certificate" },
	{ ALERT_UNSUPPORTED_CERTIFICATE, "unsupported_certificate" },
	{ ALERT_CERTIFICATE_REVOKED, "certificate_revoked" },
	{ ALERT_CERTIFICATE_EXPIRED, "certificate_expired" },
	{ ALERT_CERTIFICATE_UNKNOWN, "certificate_unknown" },
	{ ALERT_ILLEGAL_PARAMETER, "illegal_parameter" },
	{ ALERT_UNKNOWN_CA, "unknown_ca" },
	{ ALERT_ACCESS_DENIED, "access_denied" },
	{ ALERT_DECODE_ERROR, "decode_error" },
	{ ALERT_DECRYPT_ERROR, "decrypt_error" },
	{ ALERT_PROTOCOL_VERSION, "protocol_version" },
	{ ALERT_INSUFFICIENT_SECURITY, "insufficient_security" },
	{ ALERT_INTERNAL_ERROR, "internal_error" },
	{ ALERT_INAPPROPRIATE_FALLBACK, "inappropriate_fallback" },
	{ ALERT_USER_CANCELED, "user_canceled" },
	{ ALERT_NO_RENEGOTIATION, "no_renegotiation" },
	{ ALERT_MISSING_EXTENSION, "missing_extension" },
	{ ALERT_UNSUPPORTED_EXTENSION, "unsupported_extension" },
	{ ALERT_UNRECOGNIZED_NAME, "unrecognized_name" },
	{ ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "bad_certificate_status_response" },
	{ ALERT_UNKNOWN_PSK_IDENTITY, "unknown_psk_identity" },
	{ ALERT_CERTIFICATE_REQUIRED, "certificate_required" },
	{ ALERT_NO_APPLICATION_PROTOCOL, "no_application_protocol" },
};

const char *sealsock_alert_name(int alert)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].alert == alert)
			return names[i].name;
	return "unknown";
}

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
