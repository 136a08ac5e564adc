// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The one table of errors: name, text, exit status, alert. */
#include <stdbool.h>

#include "base/error.h"

#define ROW(n, status, al, words) \
	[-SEALSOCK_##n] = { "SEALSOCK_" #n, words, status, al }

static const struct {
	const char *name;
	const char *text;
	signed char exit_code;
	short alert;
} errors[] = {
	ROW(OK, 0, -1, "success"),
	ROW(WANT_READ, 3, -1, "more bytes from the peer are needed"),
	ROW(WANT_WRITE, 3, -1, "bytes wait to be sent"),
	ROW(ERR_NOMEM, 3, ALERT_INTERNAL_ERROR, "out of memory"),
	ROW(ERR_INVALID, 2, -1, "invalid argument"),
	ROW(ERR_STATE, 2, -1, "the connection is not in a state for that"),
	ROW(ERR_FROZEN, 2, -1, "the configuration is in use and cannot be changed"),
	ROW(ERR_FILE, 2, -1, "a file cannot be read or written"),
	ROW(ERR_PEM, 2, -1, "no usable certificate or key in the PEM text"),
	ROW(ERR_KEY, 2, -1, "the private key cannot be used, or is not the certificate's"),
	ROW(ERR_CONFIG, 2, -1, "the configuration is incomplete"),
	ROW(ERR_NAME, 2, -1, "unknown name in a list"),
	ROW(ERR_NO_HOST, 2, -1, "no host name to verify the server against"),
	ROW(ERR_CRYPTO, 3, ALERT_INTERNAL_ERROR, "libcrypto failed"),
	ROW(ERR_RANDOM, 3, ALERT_INTERNAL_ERROR, "the random source failed"),
	ROW(ERR_SYSTEM, 3, -1, "a system call failed"),
	ROW(ERR_TIMEOUT, 3, -1, "timed out"),
	ROW(ERR_TRUNCATED, 6, -1, "the connection was cut without close_notify"),
	ROW(ERR_CLOSED, 6, -1, "the connection is closed"),
	ROW(ERR_ALERT, 4, -1, "the peer sent a fatal alert"),
	ROW(ERR_DECODE, 4, ALERT_DECODE_ERROR, "a message of the peer is malformed"),
	ROW(ERR_ILLEGAL, 4, ALERT_ILLEGAL_PARAMETER, "a value of the peer is not allowed"),
	ROW(ERR_UNEXPECTED, 4, ALERT_UNEXPECTED_MESSAGE, "a message came out of turn"),
	ROW(ERR_MISSING_EXT, 4, ALERT_MISSING_EXTENSION, "a required extension is missing"),
	ROW(ERR_UNOFFERED_EXT, 4, ALERT_UNSUPPORTED_EXTENSION,
	    "the peer answered an extension that was not offered"),
	ROW(ERR_BAD_RECORD, 4, ALERT_BAD_RECORD_MAC, "a record does not authenticate"),
	ROW(ERR_RECORD_SIZE, 4, ALERT_RECORD_OVERFLOW, "a record is too long"),
	ROW(ERR_MESSAGE_SIZE, 4, ALERT_ILLEGAL_PARAMETER, "a handshake message is too long"),
	ROW(ERR_VERSION, 4, ALERT_PROTOCOL_VERSION, "no common protocol version"),
	ROW(ERR_NO_SUITE, 4, ALERT_HANDSHAKE_FAILURE, "no common cipher suite"),
	ROW(ERR_NO_GROUP, 4, ALERT_HANDSHAKE_FAILURE, "no common key exchange group"),
	ROW(ERR_NO_SIGALG, 4, ALERT_HANDSHAKE_FAILURE,
	    "no certificate for the peer's signature schemes"),
	ROW(ERR_NO_ALPN, 4, ALERT_NO_APPLICATION_PROTOCOL, "no common application protocol"),
	ROW(ERR_DOWNGRADE, 4, ALERT_ILLEGAL_PARAMETER, "the version was tampered with"),
	ROW(ERR_BAD_SIGNATURE, 4, ALERT_DECRYPT_ERROR, "the handshake's signature is wrong"),
	ROW(ERR_BAD_FINISHED, 4, ALERT_DECRYPT_ERROR, "the handshake was tampered with"),
	ROW(ERR_FLOOD, 4, ALERT_UNEXPECTED_MESSAGE, "too many records that carry nothing"),
	ROW(ERR_LIMIT, 4, ALERT_INTERNAL_ERROR, "the usage limit of the keys is reached"),
	ROW(ERR_CERT_BAD, 4, ALERT_BAD_CERTIFICATE, "the certificate is malformed"),
	ROW(ERR_CERT_EXPIRED, 4, ALERT_CERTIFICATE_EXPIRED, "the certificate has expired"),
	ROW(ERR_CERT_NOT_YET, 4, ALERT_CERTIFICATE_EXPIRED, "the certificate is not valid yet"),
	ROW(ERR_CERT_UNTRUSTED, 4, ALERT_UNKNOWN_CA, "the certificate is not trusted"),
	ROW(ERR_CERT_NAME, 4, ALERT_BAD_CERTIFICATE, "the certificate is for another name"),
	ROW(ERR_CERT_USAGE, 4, ALERT_UNSUPPORTED_CERTIFICATE,
	    "the certificate is not fit for this purpose"),
	ROW(ERR_CERT_REVOKED, 4, ALERT_CERTIFICATE_REVOKED, "the certificate was revoked"),
	ROW(ERR_NO_MODULE, 5, -1, "the kernel module is not loaded"),
	ROW(ERR_REFUSED, 5, -1, "the kernel refused"),
	ROW(ERR_UNSUPPORTED, 5, -1, "not supported here"),
	ROW(WANT_ANSWER, 3, -1, "an answer to the engine's request is needed"),
	ROW(ERR_CERT_REQUIRED, 4, ALERT_CERTIFICATE_REQUIRED, "the client has no certificate"),
	ROW(ERR_BAD_BINDER, 4, ALERT_DECRYPT_ERROR, "the pre-shared key's binder is wrong"),
	ROW(ERR_UNKNOWN_PSK, 4, ALERT_UNKNOWN_PSK_IDENTITY, "no common pre-shared key"),
	ROW(ERR_REJECTED, 4, ALERT_ACCESS_DENIED, "the peer was refused"),
	ROW(ERR_UNKNOWN_HOST, 4, ALERT_UNRECOGNIZED_NAME, "no such host here"),
	ROW(ERR_BAD_STAPLE, 4, ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
	    "the stapled OCSP response is wrong"),
	ROW(ERR_FALLBACK, 4, ALERT_INAPPROPRIATE_FALLBACK,
	    "the client fell back to an older version without need"),
	ROW(ERR_WEAK, 4, ALERT_INSUFFICIENT_SECURITY, "the peer's parameters are too weak"),
	ROW(ERR_UNPROTECTED, 4, ALERT_HANDSHAKE_FAILURE,
	    "the peer lacks a protection that TLS 1.2 needs"),
	ROW(ERR_CERT_STATUS, 4, ALERT_CERTIFICATE_UNKNOWN,
	    "it cannot be told whether the certificate was revoked"),
	ROW(ERR_ECH_REJECTED, 4, ALERT_ECH_REQUIRED,
	    "the server did not take Encrypted Client Hello"),
};

_Static_assert(sizeof(errors) / sizeof(errors[0]) == SEALSOCK_ERRORS, "a row per code");

static unsigned int row_of(int code)
{
	unsigned int i = 0U - (unsigned int)code;

	if (code > 0 || i >= sizeof(errors) / sizeof(errors[0]) || !errors[i].name)
		return sizeof(errors) / sizeof(errors[0]);
	return i;
}

static bool known(unsigned int i)
{
	return i < sizeof(errors) / sizeof(errors[0]);
}

bool error_is_failure(int code)
{
	return known(row_of(code)) && code != SEALSOCK_OK && code != SEALSOCK_WANT_READ &&
	       code != SEALSOCK_WANT_WRITE && code != SEALSOCK_WANT_ANSWER;
}

const char *sealsock_strerror(int code)
{
	unsigned int i = row_of(code);

	return known(i) ? errors[i].text : "unknown error";
}

const char *sealsock_error_name(int code)
{
	unsigned int i = row_of(code);

	return known(i) ? errors[i].name : "SEALSOCK_ERR_UNKNOWN";
}

int sealsock_exit_code(int code)
{
	unsigned int i = row_of(code);

	return known(i) ? errors[i].exit_code : 3;
}

int sealsock_error_alert(int code)
{
	unsigned int i = row_of(code);

	return known(i) ? errors[i].alert : -1;
}

const char *sealsock_version(void)
{
	return SEALSOCK_VERSION;
}
