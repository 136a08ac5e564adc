// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "form.h"

enum { SPACES = 64, CONTEXT = 33, CURVE_NAMED = 3, VALUE_MAX = 1024, MESSAGE_HEAD = 4 };

static const char contexts[2][CONTEXT + 1] = {
	"TLS 1.3, client CertificateVerify", "TLS 1.3, server CertificateVerify",
};

size_t form13_build(const struct ipc_sign13 *f, uint8_t *out)
{
	memset(out, ' ', SPACES);
	memcpy(out + SPACES, contexts[f->server], CONTEXT);
	out[SPACES + CONTEXT] = 0;
	memcpy(out + FORM13_HEAD, f->hash, f->hash_len);
	return FORM13_HEAD + f->hash_len;
}

static size_t be16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* RFC 8422 §5.4: a named curve and a point. */
static bool is_ecdhe(const uint8_t *p, size_t n)
{
	return n > 4 && p[0] == CURVE_NAMED && p[3] && n == 4u + p[3];
}

/* RFC 5246 §7.4.3: three numbers, each behind its length. */
static bool is_dhe(const uint8_t *p, size_t n)
{
	size_t len;
	int i;

	for (i = 0; i < 3; i++) {
		if (n < 2)
			return false;
		len = be16(p);
		if (!len || len > VALUE_MAX || len > n - 2)
			return false;
		p += 2 + len;
		n -= 2 + len;
	}
	return !n;
}

bool form12_is_params(const uint8_t *p, size_t n)
{
	return is_ecdhe(p, n) || is_dhe(p, n);
}

bool form12_is_log(const uint8_t *p, size_t n)
{
	enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, CLIENT_KEY_EXCHANGE = 16 };
	unsigned int count = 0, last = 0;
	size_t len;

	for (; n; count++) {
		if (n < MESSAGE_HEAD)
			return false;
		len = (size_t)p[1] << 16 | be16(p + 2);
		if (len > n - MESSAGE_HEAD || (count == 0 && p[0] != CLIENT_HELLO) ||
		    (count == 1 && p[0] != SERVER_HELLO))
			return false;
		last = p[0];
		p += MESSAGE_HEAD + len;
		n -= MESSAGE_HEAD + len;
	}
	return count > 2 && last == CLIENT_KEY_EXCHANGE;
}
