// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "msg/msg.h"

const char *msg_name(unsigned int type)
{
	switch (type) {
	case MSG_HELLO_REQUEST:
		return "HelloRequest";
	case MSG_CLIENT_HELLO:
		return "ClientHello";
	case MSG_SERVER_HELLO:
		return "ServerHello";
	case MSG_NEW_SESSION_TICKET:
		return "NewSessionTicket";
	case MSG_END_OF_EARLY_DATA:
		return "EndOfEarlyData";
	case MSG_ENCRYPTED_EXTENSIONS:
		return "EncryptedExtensions";
	case MSG_CERTIFICATE:
		return "Certificate";
	case MSG_SERVER_KEY_EXCHANGE:
		return "ServerKeyExchange";
	case MSG_SERVER_HELLO_DONE:
		return "ServerHelloDone";
	case MSG_CLIENT_KEY_EXCHANGE:
		return "ClientKeyExchange";
	case MSG_CERTIFICATE_REQUEST:
		return "CertificateRequest";
	case MSG_CERTIFICATE_VERIFY:
		return "CertificateVerify";
	case MSG_FINISHED:
		return "Finished";
	case MSG_CERTIFICATE_STATUS:
		return "CertificateStatus";
	case MSG_KEY_UPDATE:
		return "KeyUpdate";
	default:
		return "unknown message";
	}
}

size_t msg_open(struct builder *w, enum msg_type type)
{
	wr_u8(w, (uint8_t)type);
	return wr_open(w, 3);
}

void msg_close(struct builder *w, size_t mark)
{
	wr_close(w, mark, 3);
}
