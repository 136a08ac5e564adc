// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "module/selftest.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { WAIT_SECONDS = 5, RECORD_MAX = 64 };

/*
 * Key 00 01 02 .., salt and IV 40 41 .. 4b, first record, plaintext "sealsock": what lies on the
 * wire was computed with another implementation (libcrypto).
 */
static const char plaintext[] = "sealsock";

static const struct {
	const char *version_name, *cipher_name;
	uint16_t version, cipher;
	uint8_t iv_len, key_len, salt_len;
	uint8_t record_len;
	const char *record;
	bool optional;		/* kernels are built without it: absent is no fault */
} known[SELFTEST_CASES] = {
	{ "TLS 1.2", "AES-128-GCM", TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, 8, 16, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\x4a\x4c\x08\xa6\x1e\x24\x9a\xdb"
	  "\xdd\xf7\x3a\x23\xb3\xa9\x36\xea\xb8\x90\xb5\x8d\x92\xd5\xf6\x03", false },
	{ "TLS 1.2", "AES-256-GCM", TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256, 8, 32, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\x91\xdc\xcf\x4f\x55\x53\xe4\x68"
	  "\x43\xba\xde\x32\x34\x1e\x4c\x89\x40\x58\xc7\xd0\xc5\x64\x98\x50", false },
	{ "TLS 1.2", "CHACHA20-POLY1305", TLS_1_2_VERSION, TLS_CIPHER_CHACHA20_POLY1305, 12, 32, 0,
	  29,
	  "\x17\x03\x03\x00\x18\x8b\x31\x1d\xed\x01\x25\x8d\x6a\x67\x61\x22\x30\x5b\x6b\x32\x5e"
	  "\xfc\x96\x0a\xdc\x13\x3c\x48\x2f", false },
	{ "TLS 1.3", "AES-128-GCM", TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128, 8, 16, 4, 30,
	  "\x17\x03\x03\x00\x19\x4a\x4c\x08\xa6\x1e\x24\x9a\xdb\x9b\x4d\xe8\x7b\xd9\x2d\x4c\xd2"
	  "\x0e\xce\xdb\x4e\x40\x41\x0f\x4e\x71", false },
	{ "TLS 1.3", "AES-256-GCM", TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, 8, 32, 4, 30,
	  "\x17\x03\x03\x00\x19\x91\xdc\xcf\x4f\x55\x53\xe4\x68\xda\xcc\x2b\x8e\x93\x35\x07\xef"
	  "\x89\x46\xb8\x02\xfa\x37\xb2\x77\xe9", false },
	{ "TLS 1.3", "CHACHA20-POLY1305", TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305, 12, 32, 0,
	  30,
	  "\x17\x03\x03\x00\x19\x8b\x31\x1d\xed\x01\x25\x8d\x6a\x4f\x10\x40\x77\x0a\x21\xfd\x27"
	  "\xa2\x48\x0c\xf9\x79\x9a\xe3\x6a\x59", false },
	{ "TLS 1.2", "AES-128-CCM", TLS_1_2_VERSION, TLS_CIPHER_AES_CCM_128, 8, 16, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\x03\xea\xcc\x42\xec\xd6\x4b"
	  "\x5f\x4c\x89\x7a\x7f\x25\xc2\x57\x53\x53\x0d\xca\xaa\xb8\xf3\x88\x89", false },
	{ "TLS 1.3", "AES-128-CCM", TLS_1_3_VERSION, TLS_CIPHER_AES_CCM_128, 8, 16, 4, 30,
	  "\x17\x03\x03\x00\x19\x03\xea\xcc\x42\xec\xd6\x4b\x5f\x88\x7e\xba\x6f\x08\xa9\x32"
	  "\x40\xdd\xd7\x4a\x4d\xe6\xbc\x51\x44\x65", false },
	{ "TLS 1.2", "SM4-GCM", TLS_1_2_VERSION, TLS_CIPHER_SM4_GCM, 8, 16, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\x9d\xa4\xde\x64\xf0\x36\x94"
	  "\xfb\x85\x11\x57\xf7\x0c\xd8\xf1\xb1\x9d\x3e\xd5\x2c\xf0\xe1\x31\xa6", true },
	{ "TLS 1.3", "SM4-GCM", TLS_1_3_VERSION, TLS_CIPHER_SM4_GCM, 8, 16, 4, 30,
	  "\x17\x03\x03\x00\x19\x9d\xa4\xde\x64\xf0\x36\x94\xfb\x2b\x9d\xf4\xac\xe4\xa8\xc9"
	  "\xb7\xa4\x71\x6e\x3e\x5a\xb3\xa4\x43\xf8", true },
	{ "TLS 1.2", "SM4-CCM", TLS_1_2_VERSION, TLS_CIPHER_SM4_CCM, 8, 16, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\xfc\x17\x71\x00\x3c\xd7\xb5"
	  "\x71\x10\xf3\x3a\xfd\x33\x6c\x4e\x5d\x8c\xed\xbe\x5c\xae\x34\xd2\x5e", true },
	{ "TLS 1.3", "SM4-CCM", TLS_1_3_VERSION, TLS_CIPHER_SM4_CCM, 8, 16, 4, 30,
	  "\x17\x03\x03\x00\x19\xfc\x17\x71\x00\x3c\xd7\xb5\x71\x18\x94\x9b\xfc\xf0\x3f\xe9"
	  "\x0b\x3c\xba\x31\xc1\x4f\x7b\x7c\x10\x67", true },
	{ "TLS 1.2", "ARIA-128-GCM", TLS_1_2_VERSION, TLS_CIPHER_ARIA_GCM_128, 8, 16, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\x41\xbd\x7d\x10\xad\x3b\x82"
	  "\xf4\x3c\x5b\x32\x54\x6b\xa4\x82\xfc\x87\xb6\x17\xa5\x69\x8b\x3f\xff", true },
	{ "TLS 1.2", "ARIA-256-GCM", TLS_1_2_VERSION, TLS_CIPHER_ARIA_GCM_256, 8, 32, 4, 37,
	  "\x17\x03\x03\x00\x20\x44\x45\x46\x47\x48\x49\x4a\x4b\xe6\xaf\x17\xb6\x23\x94\xf7"
	  "\xf8\xb7\xed\xb6\xc6\x10\xd3\x22\x9e\x99\xc2\xf4\xa6\x89\xa0\x90\x10", true },
};

struct pair {
	int a, b;
};

static void pair_close(struct pair *p)
{
	if (p->a >= 0)
		close(p->a);
	if (p->b >= 0)
		close(p->b);
}

static bool pair_open(struct pair *p)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval tv = { .tv_sec = WAIT_SECONDS };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int saved;

	*p = (struct pair){ -1, -1 };
	if (l < 0)
		return false;
	p->a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->a >= 0 && !bind(l, (struct sockaddr *)&sin, len) && !listen(l, 1) &&
	    !getsockname(l, (struct sockaddr *)&sin, &len) &&
	    !connect(p->a, (struct sockaddr *)&sin, len))
		p->b = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	saved = errno;
	close(l);
	if (p->b < 0) {
		pair_close(p);
		errno = saved;
		return false;
	}
	for (int i = 0; i < 2; i++) {
		int fd = i ? p->b : p->a;

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	}
	return true;
}

static int attach(int fd, const char *ulp)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp)) ? errno : 0;
}

int selftest_ulp(const char *name)
{
	struct pair p;
	int err;

	if (!pair_open(&p))
		return errno;
	err = attach(p.a, name);
	pair_close(&p);
	return err;
}

static size_t count_up(uint8_t *out, unsigned int from, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		out[i] = (uint8_t)(from + i);
	return n;
}

/* <linux/tls.h> lays every cipher's structure out alike: head, IV, key, salt, sequence number. */
static int set_key(int fd, int direction, unsigned int i)
{
	struct tls_crypto_info head = { known[i].version, known[i].cipher };
	uint8_t raw[sizeof(head) + 12 + 32 + 8] = { 0 };
	size_t n = sizeof(head);

	memcpy(raw, &head, n);
	n += count_up(raw + n, 0x40 + known[i].salt_len, known[i].iv_len);
	n += count_up(raw + n, 0, known[i].key_len);
	n += count_up(raw + n, 0x40, known[i].salt_len);
	n += 8;
	return setsockopt(fd, SOL_TLS, direction, raw, (socklen_t)n) ? errno : 0;
}

static bool fail(struct selftest_result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct selftest_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return false;
}

/* @keyed has keys for one direction; the other end is plain TCP and sees the record itself. */
static bool known_record(struct selftest_result *r, unsigned int i, const char *ulp,
			 int direction)
{
	const bool tx = direction == TLS_TX;
	const size_t want = tx ? known[i].record_len : sizeof(plaintext) - 1;
	const char *what = tx ? "sealing" : "opening";
	const char *expected = tx ? known[i].record : plaintext;
	char got[RECORD_MAX] = { 0 };
	struct pair p;
	ssize_t n;
	int err;

	if (!pair_open(&p))
		return fail(r, "no loopback connection: %s", strerror(errno));
	err = attach(p.a, ulp);
	if (!err)
		err = set_key(p.a, direction, i);
	if (err) {
		pair_close(&p);
		r->absent = known[i].optional && (err == ENOENT || err == EINVAL);
		return fail(r, "%s key refused: %s", tx ? "sending" : "receiving", strerror(err));
	}
	if (tx)
		n = send(p.a, plaintext, sizeof(plaintext) - 1, MSG_NOSIGNAL);
	else
		n = send(p.b, known[i].record, known[i].record_len, MSG_NOSIGNAL);
	if (n > 0)
		n = recv(tx ? p.b : p.a, got, want, MSG_WAITALL);
	err = errno;
	pair_close(&p);
	if (n < 0)
		return fail(r, "%s the known record: %s", what, strerror(err));
	if ((size_t)n != want || memcmp(got, expected, want))
		return fail(r, "%s the known record gave something else", what);
	return true;
}

static bool send_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t r = send(fd, p, n, MSG_NOSIGNAL);

		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static bool transfer(struct selftest_result *r, int from, int to, size_t size)
{
	static uint8_t out[40000], in[40000];
	size_t got = 0;

	for (size_t k = 0; k < size; k++)
		out[k] = (uint8_t)(k * 7 + size);
	memset(in, 0, size);
	if (!send_all(from, out, size))
		return fail(r, "sending %zu bytes: %s", size, strerror(errno));
	while (got < size) {
		ssize_t n = recv(to, in + got, size - got, 0);

		if (n < 0)
			return fail(r, "receiving %zu bytes: %s", size, strerror(errno));
		if (!n)
			return fail(r, "receiving %zu bytes: ended after %zu", size, got);
		got += (size_t)n;
	}
	if (memcmp(in, out, size))
		return fail(r, "%zu bytes came out different", size);
	return true;
}

static bool both_ends(struct selftest_result *r, unsigned int i, const char *ulp)
{
	static const size_t sizes[] = { 1, 1000, 16384, 40000 };
	bool ok = true;
	struct pair p;
	int err;

	if (!pair_open(&p))
		return fail(r, "no loopback connection: %s", strerror(errno));
	err = attach(p.a, ulp);
	if (!err)
		err = attach(p.b, ulp);
	for (int k = 0; !err && k < 4; k++)
		err = set_key(k & 1 ? p.a : p.b, k & 2 ? TLS_TX : TLS_RX, i);
	if (err)
		ok = fail(r, "keys for both directions refused: %s", strerror(err));
	for (size_t k = 0; ok && k < sizeof(sizes) / sizeof(sizes[0]); k++)
		ok = transfer(r, p.a, p.b, sizes[k]) && transfer(r, p.b, p.a, sizes[k]);
	pair_close(&p);
	return ok;
}

void selftest_run(const char *ulp, struct selftest_result result[SELFTEST_CASES])
{
	for (unsigned int i = 0; i < SELFTEST_CASES; i++) {
		struct selftest_result *r = &result[i];

		memset(r, 0, sizeof(*r));
		r->version = known[i].version_name;
		r->cipher = known[i].cipher_name;
		r->ok = known_record(r, i, ulp, TLS_TX) && known_record(r, i, ulp, TLS_RX) &&
			both_ends(r, i, ulp);
	}
}
