// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The legal sequences of messages, as RFC 8446 §A.1 and §A.2 draw them, without 0-RTT. */
#include "hs/client.h"
#include "hs/hs.h"
#include "hs/post_auth.h"
#include "hs/server.h"

const struct hs_row hs_rows13[] = {
	{ .state = HS_WAIT_SH, .msg = MSG_SERVER_HELLO, .next = HS_WAIT_EE,
	  .last = true, .done = client_on_server_hello },
	{ .state = HS_WAIT_SH, .msg = MSG_HELLO_RETRY_REQUEST, .next = HS_WAIT_SH_AGAIN,
	  .last = true, .done = client_on_hello_retry },
	{ .state = HS_WAIT_SH_AGAIN, .msg = MSG_SERVER_HELLO, .next = HS_WAIT_EE,
	  .last = true, .done = client_on_server_hello },
	{ .state = HS_WAIT_EE, .msg = MSG_ENCRYPTED_EXTENSIONS, .next = HS_WAIT_CERT_CR,
	  .other = HS_WAIT_SERVER_FINISHED, .done = client_on_encrypted_extensions },
	{ .state = HS_WAIT_CERT_CR, .msg = MSG_CERTIFICATE_REQUEST, .next = HS_WAIT_CERT,
	  .done = client_on_certificate_request },
	{ .state = HS_WAIT_CERT_CR, .msg = MSG_CERTIFICATE, .next = HS_WAIT_CV,
	  .done = client_on_certificate },
	{ .state = HS_WAIT_CERT, .msg = MSG_CERTIFICATE, .next = HS_WAIT_CV,
	  .done = client_on_certificate },
	{ .state = HS_WAIT_CV, .msg = MSG_CERTIFICATE_VERIFY, .next = HS_WAIT_SERVER_FINISHED,
	  .done = client_on_certificate_verify },
	{ .state = HS_WAIT_SERVER_FINISHED, .msg = MSG_FINISHED, .next = HS_CONNECTED,
	  .last = true, .done = client_on_finished },

	{ .state = HS_WAIT_CH, .msg = MSG_CLIENT_HELLO, .next = HS_WAIT_CLIENT_FINISHED,
	  .other = HS_WAIT_CH_AGAIN, .third = HS_WAIT_CLIENT_CERT, .last = true,
	  .done = server_on_client_hello },
	{ .state = HS_WAIT_CH_AGAIN, .msg = MSG_CLIENT_HELLO, .next = HS_WAIT_CLIENT_FINISHED,
	  .third = HS_WAIT_CLIENT_CERT, .last = true, .done = server_on_client_hello },
	{ .state = HS_WAIT_CLIENT_CERT, .msg = MSG_CERTIFICATE, .next = HS_WAIT_CLIENT_CV,
	  .other = HS_WAIT_CLIENT_FINISHED, .done = server_on_certificate },
	{ .state = HS_WAIT_CLIENT_CV, .msg = MSG_CERTIFICATE_VERIFY,
	  .next = HS_WAIT_CLIENT_FINISHED, .done = server_on_certificate_verify },
	{ .state = HS_WAIT_CLIENT_FINISHED, .msg = MSG_FINISHED, .next = HS_CONNECTED,
	  .last = true, .done = server_on_finished },
};

const unsigned int hs_row_count13 = sizeof(hs_rows13) / sizeof(hs_rows13[0]);

/* §4.6.2: what a server gets that has asked for a certificate after the handshake. */
const struct hs_row hs_rows_post[] = {
	{ .state = HS_POST_WAIT_CERT, .msg = MSG_CERTIFICATE, .next = HS_POST_WAIT_CV,
	  .other = HS_POST_WAIT_FINISHED, .done = post_on_certificate },
	{ .state = HS_POST_WAIT_CV, .msg = MSG_CERTIFICATE_VERIFY, .next = HS_POST_WAIT_FINISHED,
	  .done = server_on_certificate_verify },
	{ .state = HS_POST_WAIT_FINISHED, .msg = MSG_FINISHED, .next = HS_CONNECTED,
	  .done = post_on_finished },
};

const unsigned int hs_row_count_post = sizeof(hs_rows_post) / sizeof(hs_rows_post[0]);

const char *hs_state_name(enum hs_state state)
{
	static const char *const names[HS_STATES] = {
		[HS_CLIENT_START] = "making the ClientHello",
		[HS_WAIT_SH] = "waiting for ServerHello",
		[HS_WAIT_SH_AGAIN] = "waiting for ServerHello after HelloRetryRequest",
		[HS_WAIT_EE] = "waiting for EncryptedExtensions",
		[HS_WAIT_CERT_CR] = "waiting for Certificate or CertificateRequest",
		[HS_WAIT_CERT] = "waiting for Certificate",
		[HS_WAIT_CV] = "waiting for CertificateVerify",
		[HS_WAIT_SERVER_FINISHED] = "waiting for the server's Finished",
		[HS_WAIT_CH] = "waiting for ClientHello",
		[HS_WAIT_CH_AGAIN] = "waiting for ClientHello after HelloRetryRequest",
		[HS_WAIT_CLIENT_CERT] = "waiting for the client's Certificate",
		[HS_WAIT_CLIENT_CV] = "waiting for the client's CertificateVerify",
		[HS_WAIT_CLIENT_FINISHED] = "waiting for the client's Finished",
		[HS12_WAIT_CERT] = "waiting for the server's Certificate",
		[HS12_WAIT_SKE] = "waiting for ServerKeyExchange",
		[HS12_WAIT_CR_DONE] = "waiting for CertificateRequest or ServerHelloDone",
		[HS12_WAIT_DONE] = "waiting for ServerHelloDone",
		[HS12_WAIT_TICKET] = "waiting for NewSessionTicket",
		[HS12_WAIT_SERVER_CCS] = "waiting for the server's ChangeCipherSpec",
		[HS12_WAIT_SERVER_FINISHED] = "waiting for the server's Finished (TLS 1.2)",
		[HS12_WAIT_STATUS] = "waiting for CertificateStatus or ServerKeyExchange",
		[HS12_WAIT_STATUS_RSA] = "waiting for CertificateStatus or what follows it",
		[HS12_WAIT_CLIENT_CERT] = "waiting for the client's Certificate",
		[HS12_WAIT_CKE] = "waiting for ClientKeyExchange",
		[HS12_WAIT_CKE_SIGNED] = "waiting for ClientKeyExchange after Certificate",
		[HS12_WAIT_CV] = "waiting for the client's CertificateVerify",
		[HS12_WAIT_CLIENT_CCS] = "waiting for the client's ChangeCipherSpec",
		[HS12_WAIT_CLIENT_FINISHED] = "waiting for the client's Finished (TLS 1.2)",
		[HS_CONNECTED] = "connected",
		[HS_POST_SIGNING] = "answering a CertificateRequest",
		[HS_POST_WAIT_CERT] = "waiting for the Certificate that was asked for",
		[HS_POST_WAIT_CV] = "waiting for CertificateVerify after the handshake",
		[HS_POST_WAIT_FINISHED] = "waiting for Finished after the handshake",
	};

	return names[state];
}

const struct hs_row *hs_find(enum hs_state state, unsigned int msg)
{
	unsigned int i;

	for (i = 0; i < hs_row_count13; i++)
		if (hs_rows13[i].state == state && hs_rows13[i].msg == msg)
			return &hs_rows13[i];
	for (i = 0; i < hs_row_count_post; i++)
		if (hs_rows_post[i].state == state && hs_rows_post[i].msg == msg)
			return &hs_rows_post[i];
	for (i = 0; i < hs_row_count12; i++)
		if (hs_rows12[i].state == state && hs_rows12[i].msg == msg)
			return &hs_rows12[i];
	return NULL;
}
