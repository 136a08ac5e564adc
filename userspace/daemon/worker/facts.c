// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "worker/facts.h"

struct facts {
	uint8_t *out;
	size_t n, room;
};

static void add(struct facts *f, enum sealsock_fact_type type, const void *p, size_t n)
{
	struct sealsock_fact head = { .type = type, .len = (uint32_t)n };
	size_t padded = (n + 3) & ~(size_t)3;

	if (f->room - f->n < sizeof(head) || f->room - f->n - sizeof(head) < padded)
		return;
	memcpy(f->out + f->n, &head, sizeof(head));
	f->n += sizeof(head);
	memset(f->out + f->n, 0, padded);
	memcpy(f->out + f->n, p, n);
	f->n += padded;
}

static void add_u16(struct facts *f, enum sealsock_fact_type type, uint16_t v)
{
	if (v)
		add(f, type, &v, sizeof(v));
}

static void add_text(struct facts *f, enum sealsock_fact_type type, const char *s)
{
	if (s && *s)
		add(f, type, s, strlen(s));
}

/* A client has verified the name that it asked for, a server the names in what it has verified. */
static void add_names(struct facts *f, const struct sealsock_conn *conn, const char *host)
{
	static const enum sealsock_name kinds[] = {
		SEALSOCK_NAME_DNS, SEALSOCK_NAME_URI, SEALSOCK_NAME_EMAIL,
	};
	const void *name;
	unsigned int k, i;
	size_t n;

	add_text(f, SEALSOCK_FACT_PEER_NAME, host);
	for (k = 0; !*host && k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (i = 0; (name = sealsock_conn_peer_name(conn, kinds[k], i, &n)); i++)
			add(f, SEALSOCK_FACT_PEER_NAME, name, n);
}

size_t facts_write(const struct sealsock_conn *conn, const char *host, const char *credential,
		   uint8_t *out, size_t room)
{
	struct facts f = { .out = out, .room = room };
	struct sealsock_info info;
	const void *der;
	unsigned int i;
	size_t n;
	uint8_t yes = 1;

	sealsock_conn_info(conn, &info);
	add_u16(&f, SEALSOCK_FACT_VERSION, info.version);
	add_u16(&f, SEALSOCK_FACT_SUITE, info.cipher);
	add_u16(&f, SEALSOCK_FACT_GROUP, info.group);
	add_u16(&f, SEALSOCK_FACT_SIGNATURE, info.sigscheme);
	add_text(&f, SEALSOCK_FACT_ALPN, info.alpn);
	add_text(&f, SEALSOCK_FACT_SERVER_NAME, info.sni);
	add_text(&f, SEALSOCK_FACT_CREDENTIAL, credential);
	if (info.resumed)
		add(&f, SEALSOCK_FACT_RESUMED, &yes, 1);
	if (info.verified || info.client_authenticated)
		add_names(&f, conn, host);
	for (i = 0; (der = sealsock_conn_peer_cert(conn, i, &n)); i++)
		add(&f, SEALSOCK_FACT_PEER_CERT, der, n);
	return f.n;
}

static int errno_of(int code)
{
	switch (code) {
	case SEALSOCK_ERR_CERT_BAD:
	case SEALSOCK_ERR_CERT_EXPIRED:
	case SEALSOCK_ERR_CERT_NOT_YET:
	case SEALSOCK_ERR_CERT_UNTRUSTED:
	case SEALSOCK_ERR_CERT_NAME:
	case SEALSOCK_ERR_CERT_USAGE:
	case SEALSOCK_ERR_CERT_REVOKED:
	case SEALSOCK_ERR_CERT_STATUS:
	case SEALSOCK_ERR_CERT_REQUIRED:
	case SEALSOCK_ERR_BAD_STAPLE:
	case SEALSOCK_ERR_REJECTED:
		return EKEYREJECTED;
	case SEALSOCK_ERR_TIMEOUT:
		return ETIMEDOUT;
	default:
		return EPROTO;
	}
}

void facts_cause(const struct sealsock_failure *f, struct sealsock_cause *cause)
{
	*cause = (struct sealsock_cause){ .error = (uint32_t)errno_of(f->code) };
	if (f->alert >= 0 && f->direction != SEALSOCK_DIR_NONE) {
		cause->alert = (uint16_t)(SEALSOCK_ALERT | f->alert);
		cause->whose = f->direction == SEALSOCK_DIR_SENT ? SEALSOCK_ALERT_OURS :
								   SEALSOCK_ALERT_PEER;
	}
	snprintf(cause->text, sizeof(cause->text), "%s", f->text);
}
