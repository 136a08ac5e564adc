// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The PROXY protocol's header, version 2: who the peer is, and what TLS has found out about it. A
 * server behind the proxy reads it before anything else, if it was told so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "../uapi/hold.h"
#include "proxy/proxy.h"
#include "sealsock.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum {
	HEAD = 16,
	COMMAND_PROXY = 0x21,
	UNSPEC = 0x00, STREAM4 = 0x11, STREAM6 = 0x21,
	TLV_ALPN = 0x01, TLV_AUTHORITY = 0x02, TLV_SSL = 0x20,
	TLV_SSL_VERSION = 0x21, TLV_SSL_CN = 0x22, TLV_SSL_CIPHER = 0x23,
	CLIENT_SSL = 0x01, CLIENT_CERT_CONN = 0x02, CLIENT_CERT_SESS = 0x04,
};

struct out {
	uint8_t *p;
	size_t n, room;
	bool full;
};

static void put(struct out *o, const void *p, size_t n)
{
	if (o->full || o->room - o->n < n) {
		o->full = true;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put_u8(struct out *o, unsigned int v)
{
	const uint8_t b = (uint8_t)v;

	put(o, &b, 1);
}

static void put_u16(struct out *o, size_t v)
{
	put_u8(o, (unsigned int)(v >> 8) & 0xff);
	put_u8(o, (unsigned int)v & 0xff);
}

static void put_tlv(struct out *o, unsigned int type, const void *p, size_t n)
{
	if (!n || n > UINT16_MAX)
		return;
	put_u8(o, type);
	put_u16(o, n);
	put(o, p, n);
}

/* Writes the length of what came since @at, where two bytes were left for it. */
static void set_length(const struct out *o, size_t at)
{
	size_t n = o->n - at - 2;

	if (o->full)
		return;
	o->p[at] = (uint8_t)(n >> 8);
	o->p[at + 1] = (uint8_t)n;
}

/* SEALSOCK_FACTS, bytes from the helper. */
struct facts {
	uint8_t bytes[SEALSOCK_FACTS_MAX];
	size_t n;
};

/* The first of this type; *n its length, NULL: there is none. */
static const uint8_t *fact(const struct facts *f, unsigned int type, size_t *n)
{
	struct sealsock_fact head;
	size_t at = 0;

	while (f->n - at >= sizeof(head)) {
		memcpy(&head, f->bytes + at, sizeof(head));
		at += sizeof(head);
		if (head.len > f->n - at)
			break;
		if (head.type == type) {
			*n = head.len;
			return f->bytes + at;
		}
		if (f->n - at - head.len < (-head.len & 3u))
			break;
		at += head.len + (-head.len & 3u);
	}
	*n = 0;
	return NULL;
}

static unsigned int fact_u16(const struct facts *f, unsigned int type)
{
	const uint8_t *p;
	uint16_t v = 0;
	size_t n;

	p = fact(f, type, &n);
	if (p && n == sizeof(v))
		memcpy(&v, p, sizeof(v));
	return v;
}

/* The common name of the peer's certificate, in UTF-8. */
static void put_cn(struct out *o, const uint8_t *der, size_t n)
{
	X509 *cert = d2i_X509(NULL, &der, (long)n);
	unsigned char *text = NULL;
	X509_NAME *subject;
	X509_NAME_ENTRY *cn;
	int at, len;

	if (!cert)
		return;
	subject = X509_get_subject_name(cert);
	at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at >= 0) {
		cn = X509_NAME_get_entry(subject, at);
		len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(cn));
		if (len > 0 && len <= 255)
			put_tlv(o, TLV_SSL_CN, text, (size_t)len);
		OPENSSL_free(text);
	}
	X509_free(cert);
}

static void put_ssl(struct out *o, const struct facts *f)
{
	const char *version = fact_u16(f, SEALSOCK_FACT_VERSION) == 0x0304 ? "TLSv1.3" : "TLSv1.2";
	const char *suite = sealsock_suite_name(fact_u16(f, SEALSOCK_FACT_SUITE));
	size_t at, n;
	const uint8_t *cert = fact(f, SEALSOCK_FACT_PEER_CERT, &n);
	/* 0: there was a certificate, and it was verified, or the handshake would have failed. */
	const uint32_t verified = htonl(cert ? 0 : X509_V_ERR_UNSPECIFIED);

	put_u8(o, TLV_SSL);
	at = o->n;
	put_u16(o, 0);
	put_u8(o, CLIENT_SSL | (cert ? CLIENT_CERT_CONN | CLIENT_CERT_SESS : 0));
	put(o, &verified, sizeof(verified));
	put_tlv(o, TLV_SSL_VERSION, version, strlen(version));
	if (suite)
		put_tlv(o, TLV_SSL_CIPHER, suite, strlen(suite));
	if (cert)
		put_cn(o, cert, n);
	set_length(o, at);
}

/* Its last @n bytes: four of an IPv6 address that is an IPv4 one. */
static void put_address(struct out *o, const struct sockaddr_storage *ss, size_t n)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;

	if (ss->ss_family == AF_INET)
		put(o, &((const struct sockaddr_in *)ss)->sin_addr, n);
	else
		put(o, v6->sin6_addr.s6_addr + 16 - n, n);
}

static void put_addresses(struct out *o, const struct sockaddr_storage *peer,
			  const struct sockaddr_storage *local)
{
	size_t n = peer->ss_family == AF_INET ? 4 : 16;

	if (peer->ss_family != AF_INET && peer->ss_family != AF_INET6) {
		put_u8(o, UNSPEC);
		put_u16(o, 0);
		return;
	}
	put_u8(o, n == 4 ? STREAM4 : STREAM6);
	put_u16(o, 0);
	put_address(o, peer, n);
	put_address(o, local, n);
	/* Where both kinds have it. */
	put(o, &((const struct sockaddr_in *)peer)->sin_port, 2);
	put(o, &((const struct sockaddr_in *)local)->sin_port, 2);
}

static bool get_facts(int fd, struct facts *f)
{
	socklen_t len = sizeof(f->bytes);

	if (getsockopt(fd, SOL_TLS, SEALSOCK_FACTS, f->bytes, &len))
		return false;
	f->n = len;
	return true;
}

size_t proxy_header(int fd, bool tls, const struct sockaddr_storage *peer, uint8_t *out,
		    size_t room)
{
	static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";
	static struct facts facts;
	struct out o = { .p = out, .room = room };
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof(local);
	const uint8_t *p;
	size_t n;

	if (getsockname(fd, (struct sockaddr *)&local, &len) || (tls && !get_facts(fd, &facts)))
		return 0;
	put(&o, signature, sizeof(signature));
	put_u8(&o, COMMAND_PROXY);
	put_addresses(&o, peer, &local);
	if (tls) {
		p = fact(&facts, SEALSOCK_FACT_ALPN, &n);
		put_tlv(&o, TLV_ALPN, p, n);
		p = fact(&facts, SEALSOCK_FACT_SERVER_NAME, &n);
		put_tlv(&o, TLV_AUTHORITY, p, n);
		put_ssl(&o, &facts);
	}
	set_length(&o, HEAD - 2);
	return o.full ? 0 : o.n;
}
