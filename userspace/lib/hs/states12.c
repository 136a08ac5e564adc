// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The legal sequences of messages of TLS 1.2, as RFC 5246 §7.3 draws them (figure 1 the full
 * handshake, figure 2 the resumed one), with NewSessionTicket (RFC 5077 §3.1) and
 * CertificateStatus (RFC 6066 §8). ServerKeyExchange is there unless the key exchange is RSA
 * (§7.4.3). ChangeCipherSpec is an event like a message.
 */
#include "hs/client.h"
#include "hs/hs.h"
#include "hs/server.h"

const struct hs_row hs_rows12[] = {
	{ .state = HS_WAIT_SH, .msg = MSG_SERVER_HELLO_12, .next = HS12_WAIT_CERT,
	  .other = HS12_WAIT_SERVER_CCS, .third = HS12_WAIT_TICKET,
	  .done = client_on_server_hello12 },
	{ .state = HS12_WAIT_CERT, .msg = MSG_CERTIFICATE, .next = HS12_WAIT_SKE,
	  .other = HS12_WAIT_CR_DONE, .third = HS12_WAIT_STATUS, .fourth = HS12_WAIT_STATUS_RSA,
	  .done = client_on_certificate12 },
	{ .state = HS12_WAIT_STATUS, .msg = MSG_CERTIFICATE_STATUS, .next = HS12_WAIT_SKE,
	  .done = client_on_certificate_status },
	{ .state = HS12_WAIT_STATUS, .msg = MSG_SERVER_KEY_EXCHANGE, .next = HS12_WAIT_CR_DONE,
	  .done = client_on_server_key_exchange },
	{ .state = HS12_WAIT_STATUS_RSA, .msg = MSG_CERTIFICATE_STATUS, .next = HS12_WAIT_CR_DONE,
	  .done = client_on_certificate_status },
	{ .state = HS12_WAIT_STATUS_RSA, .msg = MSG_CERTIFICATE_REQUEST, .next = HS12_WAIT_DONE,
	  .done = client_on_certificate_request12 },
	{ .state = HS12_WAIT_STATUS_RSA, .msg = MSG_SERVER_HELLO_DONE,
	  .next = HS12_WAIT_SERVER_CCS, .other = HS12_WAIT_TICKET, .last = true,
	  .done = client_on_server_hello_done },
	{ .state = HS12_WAIT_SKE, .msg = MSG_SERVER_KEY_EXCHANGE, .next = HS12_WAIT_CR_DONE,
	  .done = client_on_server_key_exchange },
	{ .state = HS12_WAIT_CR_DONE, .msg = MSG_CERTIFICATE_REQUEST, .next = HS12_WAIT_DONE,
	  .done = client_on_certificate_request12 },
	{ .state = HS12_WAIT_CR_DONE, .msg = MSG_SERVER_HELLO_DONE, .next = HS12_WAIT_SERVER_CCS,
	  .other = HS12_WAIT_TICKET, .last = true, .done = client_on_server_hello_done },
	{ .state = HS12_WAIT_DONE, .msg = MSG_SERVER_HELLO_DONE, .next = HS12_WAIT_SERVER_CCS,
	  .other = HS12_WAIT_TICKET, .last = true, .done = client_on_server_hello_done },
	{ .state = HS12_WAIT_TICKET, .msg = MSG_NEW_SESSION_TICKET, .next = HS12_WAIT_SERVER_CCS,
	  .last = true, .done = client_on_ticket12 },
	{ .state = HS12_WAIT_SERVER_CCS, .msg = MSG_CHANGE_CIPHER_SPEC,
	  .next = HS12_WAIT_SERVER_FINISHED, .last = true, .done = client_on_ccs },
	{ .state = HS12_WAIT_SERVER_FINISHED, .msg = MSG_FINISHED, .next = HS_CONNECTED,
	  .last = true, .done = client_on_finished12 },

	{ .state = HS_WAIT_CH, .msg = MSG_CLIENT_HELLO_12, .next = HS12_WAIT_CKE,
	  .other = HS12_WAIT_CLIENT_CERT, .third = HS12_WAIT_CLIENT_CCS, .last = true,
	  .done = server_on_client_hello12 },
	{ .state = HS12_WAIT_CLIENT_CERT, .msg = MSG_CERTIFICATE, .next = HS12_WAIT_CKE_SIGNED,
	  .other = HS12_WAIT_CKE, .done = server_on_certificate12 },
	{ .state = HS12_WAIT_CKE_SIGNED, .msg = MSG_CLIENT_KEY_EXCHANGE, .next = HS12_WAIT_CV,
	  .done = server_on_client_key_exchange },
	{ .state = HS12_WAIT_CV, .msg = MSG_CERTIFICATE_VERIFY, .next = HS12_WAIT_CLIENT_CCS,
	  .last = true, .done = server_on_certificate_verify12 },
	{ .state = HS12_WAIT_CKE, .msg = MSG_CLIENT_KEY_EXCHANGE, .next = HS12_WAIT_CLIENT_CCS,
	  .last = true, .done = server_on_client_key_exchange },
	{ .state = HS12_WAIT_CLIENT_CCS, .msg = MSG_CHANGE_CIPHER_SPEC,
	  .next = HS12_WAIT_CLIENT_FINISHED, .last = true, .done = server_on_ccs },
	{ .state = HS12_WAIT_CLIENT_FINISHED, .msg = MSG_FINISHED, .next = HS_CONNECTED,
	  .last = true, .done = server_on_finished12 },
};

const unsigned int hs_row_count12 = sizeof(hs_rows12) / sizeof(hs_rows12[0]);
