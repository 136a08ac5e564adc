/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Part of sealsock.h, which includes it. */
#ifndef SEALSOCK_ERROR_H
#define SEALSOCK_ERROR_H

/* Of functions whose failure, if nobody looks, ends in plaintext or in bytes that mean nothing. */
#if defined(__GNUC__)
#define SEALSOCK_CHECKED __attribute__((warn_unused_result))
#else
#define SEALSOCK_CHECKED
#endif

/*
 * What a call can answer. sealsock_strerror() gives the text of each, sealsock_exit_code() the
 * exit status the command line uses for it, sealsock_error_alert() the alert it sends to the peer.
 */
enum sealsock_error {
	SEALSOCK_OK = 0,
	/* not failures: the descriptor is non-blocking, or the engine needs bytes; call again */
	SEALSOCK_WANT_READ = -1,
	SEALSOCK_WANT_WRITE = -2,
	/* the caller, the configuration, the machine */
	SEALSOCK_ERR_NOMEM = -3,
	SEALSOCK_ERR_INVALID = -4,	/* an argument is not of the form asked for */
	SEALSOCK_ERR_STATE = -5,	/* the call does not fit the connection's state */
	SEALSOCK_ERR_FROZEN = -6,	/* the configuration already has connections */
	SEALSOCK_ERR_FILE = -7,		/* a file cannot be read or written: errno says why */
	SEALSOCK_ERR_PEM = -8,		/* no usable certificate or key in the PEM text */
	SEALSOCK_ERR_KEY = -9,		/* private key unusable, or not the certificate's */
	SEALSOCK_ERR_CONFIG = -10,	/* incomplete configuration: config_check */
	SEALSOCK_ERR_NAME = -11,	/* a name in a list is unknown here */
	SEALSOCK_ERR_NO_HOST = -12,	/* client: no host name set, and verification is on */
	SEALSOCK_ERR_CRYPTO = -13,	/* libcrypto failed where it should not */
	SEALSOCK_ERR_RANDOM = -14,	/* the random source failed */
	SEALSOCK_ERR_SYSTEM = -15,	/* a system call failed: errno is in the failure record */
	SEALSOCK_ERR_TIMEOUT = -16,	/* the deadline passed */
	SEALSOCK_ERR_TRUNCATED = -17,	/* the transport ended without close_notify */
	SEALSOCK_ERR_CLOSED = -18,	/* after close_notify, or closed in the handshake */
	/* the peer broke the protocol, or told us that we did */
	SEALSOCK_ERR_ALERT = -19,	/* a fatal alert was received */
	SEALSOCK_ERR_DECODE = -20,	/* a message does not parse: decode_error */
	SEALSOCK_ERR_ILLEGAL = -21,	/* a field has a forbidden value: illegal_parameter */
	SEALSOCK_ERR_UNEXPECTED = -22,	/* a message or record out of turn: unexpected_message */
	SEALSOCK_ERR_MISSING_EXT = -23,	/* a required extension is absent: missing_extension */
	SEALSOCK_ERR_UNOFFERED_EXT = -24, /* an answer nobody asked for: unsupported_extension */
	SEALSOCK_ERR_BAD_RECORD = -25,	/* a record does not authenticate: bad_record_mac */
	SEALSOCK_ERR_RECORD_SIZE = -26,	/* a record is too long: record_overflow */
	SEALSOCK_ERR_MESSAGE_SIZE = -27, /* a handshake message is over our bound */
	SEALSOCK_ERR_VERSION = -28,	/* no common protocol version: protocol_version */
	SEALSOCK_ERR_NO_SUITE = -29,	/* no common cipher suite: handshake_failure */
	SEALSOCK_ERR_NO_GROUP = -30,	/* no common key exchange group: handshake_failure */
	SEALSOCK_ERR_NO_SIGALG = -31,	/* no certificate fits: handshake_failure */
	SEALSOCK_ERR_NO_ALPN = -32,	/* no common protocol: no_application_protocol */
	SEALSOCK_ERR_DOWNGRADE = -33,	/* the random's downgrade mark: illegal_parameter */
	SEALSOCK_ERR_BAD_SIGNATURE = -34, /* CertificateVerify is wrong: decrypt_error */
	SEALSOCK_ERR_BAD_FINISHED = -35, /* Finished is wrong: decrypt_error */
	SEALSOCK_ERR_FLOOD = -36,	/* too many useless records: unexpected_message */
	SEALSOCK_ERR_LIMIT = -37,	/* the keys' usage limit is reached */
	/* the peer's certificate */
	SEALSOCK_ERR_CERT_BAD = -38,	/* malformed, or its signature is wrong: bad_certificate */
	SEALSOCK_ERR_CERT_EXPIRED = -39, /* certificate_expired */
	SEALSOCK_ERR_CERT_NOT_YET = -40, /* not valid yet: certificate_expired */
	SEALSOCK_ERR_CERT_UNTRUSTED = -41, /* no chain to a trust anchor: unknown_ca */
	SEALSOCK_ERR_CERT_NAME = -42,	/* made for another name: bad_certificate */
	SEALSOCK_ERR_CERT_USAGE = -43,	/* unfit or too weak: unsupported_certificate */
	SEALSOCK_ERR_CERT_REVOKED = -44, /* certificate_revoked */
	/* the record path in the kernel */
	SEALSOCK_ERR_NO_MODULE = -45,	/* the ULP is not there: load the module */
	SEALSOCK_ERR_REFUSED = -46,	/* the kernel refused: errno is in the failure record */
	SEALSOCK_ERR_UNSUPPORTED = -47,	/* this record path or build cannot do that */
	/* not a failure: the engine has asked for something, see sealsock_conn_request() */
	SEALSOCK_WANT_ANSWER = -48,
	/* more of what the peer can get wrong */
	SEALSOCK_ERR_CERT_REQUIRED = -49, /* a client without certificate: certificate_required */
	SEALSOCK_ERR_BAD_BINDER = -50,	/* a PSK's binder is wrong: decrypt_error */
	SEALSOCK_ERR_UNKNOWN_PSK = -51,	/* no common pre-shared key: unknown_psk_identity */
	SEALSOCK_ERR_REJECTED = -52,	/* the application refused the peer: access_denied */
	SEALSOCK_ERR_UNKNOWN_HOST = -53, /* the application has no such host: unrecognized_name */
	SEALSOCK_ERR_BAD_STAPLE = -54,	/* bad_certificate_status_response */
	SEALSOCK_ERR_FALLBACK = -55,	/* a client fell back: inappropriate_fallback */
	SEALSOCK_ERR_WEAK = -56,	/* the peer's parameters are weak: insufficient_security */
	SEALSOCK_ERR_UNPROTECTED = -57,	/* TLS 1.2 without its extensions: handshake_failure */
	SEALSOCK_ERR_CERT_STATUS = -58,	/* no revocation list tells: certificate_unknown */
};

/* How many codes there are: -1 to 1 - SEALSOCK_ERRORS. */
#define SEALSOCK_ERRORS 59

#endif
