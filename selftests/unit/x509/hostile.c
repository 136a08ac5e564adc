// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Masses: thousands of certificates and anchors, a mebibyte of names, a list of a million entries.
 * What they cost is bounded, in checks of a signature as in cost.c, and in memory, as the library
 * allocates it.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "conn/conn.h"
#include "mint.h"
#include "msg/msg.h"
#include "pair.h"
#include "tap.h"
#include "x509/der.h"

enum { DAY = 86400, MASSES = 10000, NAMES = 1 << 20, ENTRIES = 1000000 };

static size_t held, most;

static void *count_alloc(void *arg, size_t n)
{
	(void)arg;
	held += n;
	most = held > most ? held : most;
	return malloc(n);
}

static void count_free(void *arg, void *p, size_t n)
{
	(void)arg;
	held -= p ? n : 0;
	free(p);
}

static struct sealsock_env env;
static struct identity root, leaf;
static double check;		/* seconds for one signature */

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct identity make(const char *cn, bool ca, const char *extra,
			    const struct identity *issuer)
{
	struct mint m = { .cn = cn, .from = -DAY, .until = DAY, .exts = {
		"subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
		ca ? "keyUsage=critical,keyCertSign,cRLSign" : "keyUsage=digitalSignature",
		ca ? "basicConstraints=critical,CA:TRUE" : "basicConstraints=CA:FALSE", extra } };

	return mint(&m, issuer);
}

static struct sealsock_config *client(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);

	NEED(cfg && !sealsock_config_env(cfg, &env));
	NEED(!sealsock_config_ca_mem(cfg, root.cert_pem, strlen(root.cert_pem)));
	return cfg;
}

/* @checks: how many checks of a signature it may cost; @memory: bytes beyond what is held. */
static void judge(struct sealsock_config *cfg, const char *chain, int want, double checks,
		  size_t memory, const char *name)
{
	struct sealsock_verdict v;
	double took = cpu();
	size_t before = held;

	most = held;
	sealsock_verify(cfg, chain, strlen(chain), "host.example", NULL, 0, NULL, NULL, &v);
	took = (cpu() - took) / check;
	ok_int(v.code, want, name);
	ok(took < checks && most - before < memory && held - before < 256,
	   "%s: %.0f signature checks, %zu bytes (%s)", name, took, most - before, v.text);
}

/* Those of a chain, in PEM; and in a message. */
static void certificates(void)
{
	size_t one = strlen(leaf.cert_pem), i;
	char *chain = malloc(MASSES * one + 1);
	struct sealsock_config *cfg = client();
	struct certificate c = { .count = 0 };
	struct buf body;
	struct builder w = { .buf = &body };
	double took;
	size_t mark;
	int err;

	NEED(chain);
	for (i = 0; i < MASSES; i++)
		memcpy(chain + i * one, leaf.cert_pem, one);
	chain[MASSES * one] = '\0';
	judge(cfg, chain, SEALSOCK_ERR_PEM, 1000, MASSES * one, "ten thousand certificates");
	free(chain);
	sealsock_config_unref(cfg);

	buf_init(&body, &test_env_full);
	wr_u8(&w, 0);
	mark = wr_open(&w, 3);
	for (i = 0; i < MASSES; i++) {
		wr_u24(&w, 1);
		wr_u8(&w, DER_SEQUENCE);
		wr_u16(&w, 0);
	}
	wr_close(&w, mark, 3);
	took = cpu();
	err = certificate_parse(bytes_of(body.p, body.n), &c, 0);
	took = (cpu() - took) / check;
	ok(err && took < 10, "in a message: refused for %.1f signature checks: %s", took, c.why);
	buf_free(&body);
}

/* All of one name, and none of them but the first has signed. */
static void anchors(void)
{
	struct sealsock_config *cfg = client();
	char name[20];
	struct identity other;
	size_t before = held, i;
	double took = cpu();
	int err = 0;

	for (i = 0; i < MASSES / 10; i++) {
		struct mint m = { .cn = "Root", .from = -DAY - (long)i, .until = DAY,
				  .key = &leaf, .exts = {
			"subjectKeyIdentifier=hash", "keyUsage=critical,keyCertSign",
			"basicConstraints=critical,CA:TRUE" } };

		other = mint(&m, NULL);
		took -= cpu();
		err = err ? err : sealsock_config_ca_mem(cfg, other.cert_pem,
							 strlen(other.cert_pem));
		took += cpu();
		free_identity(&other);
	}
	snprintf(name, sizeof(name), "%d anchors", MASSES / 10);
	ok(!err && held - before < 4096 * MASSES / 10, "%s of one name: %zu bytes", name,
	   held - before);
	judge(cfg, leaf.cert_pem, 0, 60, 1 << 16, name);
	sealsock_config_unref(cfg);
}

/* A mebibyte of names, and a CA that constrains them. */
static void names(void)
{
	char *san = malloc(NAMES + 200);
	struct identity ca, end;
	struct sealsock_config *cfg = client();
	size_t at, i, n;
	char *chain;

	NEED(san);
	at = (size_t)sprintf(san, "subjectAltName=DNS:host.example");
	for (i = 0; at < NAMES; i++)
		at += (size_t)sprintf(san + at, ",DNS:a%zu.host.example", i);
	ca = make("Names", true, "nameConstraints=critical,permitted;DNS:host.example", &root);
	end = make("host", false, san, &ca);
	n = strlen(end.cert_pem) + strlen(ca.cert_pem) + 1;
	chain = malloc(n);
	NEED(chain);
	snprintf(chain, n, "%s%s", end.cert_pem, ca.cert_pem);
	judge(cfg, chain, SEALSOCK_ERR_CERT_BAD, 3000, 4 * n, "a mebibyte of constrained names");
	free(chain);
	free_identity(&end);
	end = make("host", false, san, &root);
	judge(cfg, end.cert_pem, 0, 3000, 4 * n, "a mebibyte of names");
	free_identity(&end);
	free_identity(&ca);
	free(san);
	sealsock_config_unref(cfg);
}

static void wr_der(struct builder *w, uint8_t tag, struct bytes content)
{
	wr_u8(w, tag);
	wr_u8(w, 0x84);
	wr_u16(w, (uint16_t)(content.n >> 16));
	wr_u16(w, (uint16_t)content.n);
	wr_bytes(w, content.p, content.n);
}

/* Serial numbers in no order, each once, and none of them below 2^24. */
static void wr_entry(struct builder *w, uint32_t i)
{
	static const uint8_t head[] = { DER_SEQUENCE, 21, DER_INTEGER, 4 };
	static const char time[] = "250101000000Z";
	uint32_t serial = 0x01000000 + (uint32_t)((uint64_t)i * 7919 % ENTRIES);

	wr_bytes(w, head, sizeof(head));
	wr_u16(w, (uint16_t)(serial >> 16));
	wr_u16(w, (uint16_t)serial);
	wr_u8(w, DER_UTC_TIME);
	wr_u8(w, sizeof(time) - 1);
	wr_bytes(w, time, sizeof(time) - 1);
}

/* A list of a million entries: that of an empty one with them put in, and signed anew. */
static void make_list(struct buf *out)
{
	const struct mint_crl m = { .from = -DAY, .until = DAY };
	char *text = mint_crl(&m, &root);
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	unsigned char *der = NULL, sig[160] = { 0 };
	int n = i2d_X509_CRL(crl, &der);
	struct bytes r = bytes_of(der, (size_t)n), tbs, alg;
	struct buf tmp[3];
	struct builder entries = { .buf = &tmp[0] }, body = { .buf = &tmp[1] };
	struct builder whole = { .buf = &tmp[2] }, w = { .buf = out };
	size_t sig_len = sizeof(sig) - 1;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct der part;
	uint32_t i;

	for (i = 0; i < 3; i++)
		buf_init(&tmp[i], &test_env_full);
	NEED(crl && md && der_take(&r, DER_SEQUENCE, &r) && der_take(&r, DER_SEQUENCE, &tbs) &&
	     der_take_whole(&r, DER_SEQUENCE, &alg));
	for (i = 0; i < ENTRIES; i++)
		wr_entry(&entries, i);
	/* Version, algorithm, issuer and two times stand before the entries, extensions behind. */
	for (i = 0; der_any(&tbs, &part); i++) {
		if (i == 5)
			wr_der(&body, DER_SEQUENCE, bytes_of(tmp[0].p, tmp[0].n));
		wr_bytes(&body, part.whole.p, part.whole.n);
	}
	wr_der(&whole, DER_SEQUENCE, bytes_of(tmp[1].p, tmp[1].n));
	NEED(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, root.pkey) == 1 &&
	     EVP_DigestSign(md, sig + 1, &sig_len, tmp[2].p, tmp[2].n) == 1);
	wr_bytes(&whole, alg.p, alg.n);
	wr_u8(&whole, DER_BIT_STRING);
	wr_u8(&whole, (uint8_t)(sig_len + 1));
	wr_bytes(&whole, sig, sig_len + 1);
	wr_der(&w, DER_SEQUENCE, bytes_of(tmp[2].p, tmp[2].n));
	NEED(!whole.bad && !w.bad);
	for (i = 0; i < 3; i++)
		buf_free(&tmp[i]);
	EVP_MD_CTX_free(md);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	BIO_free(bio);
	free(text);
}

static void list(void)
{
	struct sealsock_config *cfg = client();
	struct buf der;
	double took;
	size_t before = held;
	int err;

	buf_init(&der, &test_env_full);
	make_list(&der);
	took = cpu();
	most = held;
	err = sealsock_config_crl_mem(cfg, der.p, der.n);
	took = (cpu() - took) / check;
	ok(!err && most - before < 3 * der.n, "a list of a million: %zu bytes for %zu of DER",
	   most - before, der.n);
	ok(took < 200000, "reading it costs %.0f signature checks", took);
	judge(cfg, leaf.cert_pem, 0, 20000, 1 << 16, "looked up first");
	judge(cfg, leaf.cert_pem, 0, 60, 1 << 16, "and again: it is not hashed");
	buf_free(&der);
	sealsock_config_unref(cfg);
}

static void measure(void)
{
	double best = 1, t;
	int i;

	for (i = 0; i < 20; i++) {
		t = cpu();
		NEED(X509_verify(leaf.x509, root.pkey) == 1);
		t = cpu() - t;
		best = t < best ? t : best;
	}
	check = best;
}

int main(void)
{
	env = test_env;
	env.alloc = count_alloc;
	env.free = count_free;
	root = make("Root", true, NULL, NULL);
	leaf = make("host", false, "subjectAltName=DNS:host.example", &root);
	measure();
	certificates();
	anchors();
	names();
	list();
	free_identity(&root);
	free_identity(&leaf);
	return done();
}
