// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What messages are for, and what somebody on the network could read. */
#include <string.h>

#include "trace/trace.h"

enum { TLS12 = 0x0303 };

/* @version: 0 for both. The first that fits. */
static const struct {
	const char *name;
	uint16_t version;
	const char *from;
	const char *text;
} meanings[] = {
	{ "ClientHello", 0, NULL,
	  "The client says what it can do, and draws the client random." },
	{ "inner ClientHello", 0, NULL,
	  "What the client really asks for, sealed to a key of the server, inside of the next." },
	{ "ServerHello", TLS12, NULL,
	  "The server chooses version and cipher suite, and draws the server random." },
	{ "ServerHello", 0, NULL,
	  "The server chooses version and suite, sends its key share and the server random." },
	{ "HelloRetryRequest", 0, NULL,
	  "The server wants another key share: the client has to begin again." },
	{ "EncryptedExtensions", 0, NULL,
	  "The server's other answers, now encrypted." },
	{ "CertificateRequest", 0, NULL, "The server asks who the client is." },
	{ "Certificate", 0, "server", "Who the server is: its chain of certificates." },
	{ "Certificate", 0, "client", "Who the client is: its chain of certificates, or none." },
	{ "CertificateStatus", 0, NULL, "The issuer's word on the server's certificate (OCSP)." },
	{ "CertificateVerify", 0, "server",
	  "A signature over all messages so far: the server has the certificate's private key." },
	{ "CertificateVerify", 0, "client",
	  "A signature over all messages so far: the client has the certificate's private key." },
	{ "ServerKeyExchange", 0, NULL,
	  "The server's half of the key exchange, signed with the certificate's key." },
	{ "ServerHelloDone", 0, NULL, "The server has said all: it is the client's turn." },
	{ "ClientKeyExchange", 0, NULL,
	  "The client's half of the key exchange: both can now compute the pre-master secret." },
	{ "ChangeCipherSpec", TLS12, "client", "From here on the client encrypts." },
	{ "ChangeCipherSpec", TLS12, "server", "From here on the server encrypts." },
	{ "ChangeCipherSpec", 0, NULL,
	  "Without meaning in TLS 1.3: it only makes old middleboxes see what they know." },
	{ "Finished", 0, NULL,
	  "A MAC over all messages so far: nobody has changed any of them on the way." },
	{ "NewSessionTicket", 0, NULL, "With this the client can resume the session later." },
	{ "KeyUpdate", 0, NULL, "From here on the sender uses its next key." },
	{ "HelloRequest", 0, NULL, "The server asks for another handshake, which is refused." },
	{ "EndOfEarlyData", 0, NULL, "The end of what was sent before the handshake was done." },
	{ "certification path", 0, NULL,
	  "From the peer's certificate to one that is trusted, each signed by the next." },
	{ "close_notify", 0, NULL, "The sender's end of the data; without it they were cut off." },
};

const char *trace_meaning(const struct trace_log *log, const struct trace_event *ev)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].name, ev->e.name) &&
		    (!meanings[i].version || meanings[i].version == ev->e.version) &&
		    (!meanings[i].from || !strcmp(meanings[i].from, trace_from(log, ev))))
			return meanings[i].text;
	if (trace_fatal(ev))
		return "The sender gives up, and says why.";
	return "";
}

/* A value that is offered so that nobody gets used to its absence (RFC 8701): nobody likes it. */
static bool is_grease(const char *value)
{
	return !strncmp(value, "GREASE (0x", 10);
}

/* A field of a message of @from that nobody encrypted; the first of that name. NULL: none. */
static const char *clear_field(const struct trace_log *log, const char *message, const char *from,
			       const char *field)
{
	for (size_t i = 0; i < log->n; i++) {
		const struct trace_event *ev = &log->events[i];

		if (ev->e.kind != SEALSOCK_TRACE_MESSAGE || ev->e.encrypted ||
		    strcmp(ev->e.name, message) || strcmp(trace_from(log, ev), from))
			continue;
		for (size_t k = 0; k < ev->nfields; k++)
			if (!strcmp(ev->fields[k].name, field) && ev->fields[k].value[0] &&
			    !is_grease(ev->fields[k].value))
				return ev->fields[k].value;
	}
	return NULL;
}

static bool sealed(const struct trace_log *log, const char *message, const char *from)
{
	for (size_t i = 0; i < log->n; i++)
		if (log->events[i].e.encrypted && !strcmp(log->events[i].e.name, message) &&
		    !strcmp(trace_from(log, &log->events[i]), from))
			return true;
	return false;
}

static const struct {
	const char *message, *from, *field;
	const char *what;
} readable[] = {
	{ "ClientHello", "client", "host_name", "the name of the server" },
	{ "ClientHello", "client", "protocol", "the protocol the client would like best" },
	{ "ServerHello", "server", NULL, "the version chosen" },
	{ "ServerHello", "server", "cipher_suite", "the cipher suite chosen" },
	{ "ServerHello", "server", "protocol", "the protocol chosen" },
	{ "ServerKeyExchange", "server", "named_curve", "the group of the key exchange" },
	{ "Certificate", "server", "subject", "the server's certificate, made for" },
	{ "Certificate", "server", "issuer", "and issued by" },
	{ "Certificate", "client", "subject", "the client's certificate, made for" },
	{ "NewSessionTicket", "server", "ticket",
	  "the session ticket, by which a later visit can be recognized" },
};

bool trace_readable(const struct trace_log *log, unsigned int i, char *out, size_t size)
{
	for (size_t k = 0; k < sizeof(readable) / sizeof(readable[0]); k++) {
		const char *value = log->version;

		/* The version has no field of its own: in TLS 1.3 the old one says 1.2. */
		if (readable[k].field)
			value = clear_field(log, readable[k].message, readable[k].from,
					    readable[k].field);
		if (value && *value && i-- == 0) {
			snprintf(out, size, "%s: %s", readable[k].what, value);
			return true;
		}
	}
	snprintf(out, size, "addresses and ports; when, and how much, each side sends");
	return i == 0;
}

static const struct {
	const char *message, *from, *what;
} hidden[] = {
	{ "inner ClientHello", "client", "what the client really asks for" },
	{ "EncryptedExtensions", "server", "which protocol was chosen" },
	{ "Certificate", "server", "the server's certificates" },
	{ "CertificateRequest", "server", "that the server asked for a client certificate" },
	{ "Certificate", "client", "the client's certificates" },
	{ "NewSessionTicket", "server", "the session tickets" },
	{ "Finished", "client", "all data behind the handshake" },
};

bool trace_hidden(const struct trace_log *log, unsigned int i, char *out, size_t size)
{
	for (size_t k = 0; k < sizeof(hidden) / sizeof(hidden[0]); k++) {
		if (sealed(log, hidden[k].message, hidden[k].from) && i-- == 0) {
			snprintf(out, size, "%s", hidden[k].what);
			return true;
		}
	}
	return false;
}
