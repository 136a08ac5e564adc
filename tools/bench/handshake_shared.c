// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the parts of the handshake benchmark share: certificates, the clock, one handshake. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handshake_shared.h"

enum { BUFFER = 32768 };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void hs_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
}

void hs_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("handshake: ", stderr);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* By default time on a processor: whatever else runs meanwhile is not in it. */
clockid_t hs_clock = CLOCK_THREAD_CPUTIME_ID;
void (*hs_turn)(int side);

double hs_now_us(void)
{
	struct timespec ts;

	clock_gettime(hs_clock, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* What reading the clock adds to each measured call. */
static double clock_cost;

static void measure_clock(void)
{
	double t, least = 1e6;

	for (int i = 0; i < 1000; i++) {
		t = hs_now_us();
		t = hs_now_us() - t;
		least = t < least ? t : least;
	}
	clock_cost = least;
}

double hs_since_us(double t)
{
	double now = hs_now_us();

	if (!clock_cost)
		measure_clock();
	return now - t - clock_cost;
}

static void turn(int side)
{
	if (hs_turn)
		hs_turn(side);
}

/* One direction: what one side has written and the other not yet read. */
struct pipe {
	uint8_t b[BUFFER];
	size_t n;
};

bool hs_shake(const struct library *lib, void *setup, void *side[2], double spent[2], bool *resumed,
	      char *why)
{
	static __thread struct pipe pipes[2];
	bool moved = true, good = true, begun[2] = { false, false };
	double t;

	for (int s = 0; s < 2; s++) {
		pipes[s].n = 0;
		turn(s);
		t = hs_now_us();
		side[s] = lib->begin(setup, s == SIDE_SERVER);
		spent[s] += hs_since_us(t);
		turn(SIDE_NONE);
	}
	while (moved && good) {
		moved = false;
		for (int s = 0; s < 2 && good; s++) {
			struct pipe *in = &pipes[!s], *out = &pipes[s];
			size_t before = out->n;

			/* Without anything to read a program would not call again. */
			if (begun[s] && !in->n)
				continue;
			begun[s] = true;
			turn(s);
			t = hs_now_us();
			good = lib->step(side[s], in->b, in->n, out->b, &out->n, BUFFER, why);
			spent[s] += hs_since_us(t);
			turn(SIDE_NONE);
			moved |= in->n || out->n != before;
			in->n = 0;
		}
	}
	if (good && !(lib->done(side[0], resumed) && lib->done(side[1], resumed))) {
		snprintf(why, WHY_MAX, "the handshake stopped half-way");
		good = false;
	}
	return good;
}

bool hs_shake_whole(const struct library *lib, void *setup, double spent[2], bool *resumed,
		    char *why)
{
	void *side[2];
	bool good = hs_shake(lib, setup, side, spent, resumed, why);
	double t;

	for (int s = 0; s < 2; s++) {
		t = hs_now_us();
		lib->end(side[s]);
		spent[s] += hs_since_us(t);
	}
	return good;
}

bool hs_group_there(const char *group)
{
	EVP_KEM *kem;

	if (!strstr(group, "MLKEM"))
		return true;
	kem = EVP_KEM_fetch(NULL, "ML-KEM-768", NULL);
	EVP_KEM_free(kem);
	return kem;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(x, e, -1))
		hs_die("extension %s", value);
	X509_EXTENSION_free(e);
}

static X509 *certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), issuer ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : n);
	X509_set_pubkey(x, key);
	if (issuer) {
		extend(x, issuer, NID_subject_alt_name, "DNS:localhost");
		extend(x, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
		extend(x, issuer, NID_key_usage, "critical,digitalSignature");
	} else {
		extend(x, x, NID_basic_constraints, "critical,CA:TRUE");
		extend(x, x, NID_key_usage, "critical,keyCertSign");
	}
	if (!X509_sign(x, issuer_key, EVP_sha256()))
		hs_die("certificate %s", name);
	return x;
}

static char *text(BIO *bio)
{
	char *p, *copy;
	long n = BIO_get_mem_data(bio, &p);

	copy = strndup(p, (size_t)n);
	BIO_free(bio);
	if (!copy)
		hs_die("no memory");
	return copy;
}

static char *cert_text(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, x);
	return text(bio);
}

const struct credentials *credentials(void)
{
	static struct credentials c;
	EVP_PKEY *ca_key, *key;
	X509 *ca, *cert;
	BIO *bio;

	if (c.ca)
		return &c;
	ca_key = EVP_EC_gen("P-256");
	key = EVP_EC_gen("P-256");
	ca = certificate("bench CA", ca_key, NULL, ca_key);
	cert = certificate("localhost", key, ca, ca_key);
	c.ca = cert_text(ca);
	c.cert = cert_text(cert);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	c.key = text(bio);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return &c;
}
