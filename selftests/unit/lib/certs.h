/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Keys and certificates made on the spot. */
#ifndef UNIT_CERTS_H
#define UNIT_CERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Without what libcrypto is asked for here there is nothing to test. */
#define NEED(x) do {								\
	if (!(x)) {								\
		printf("Bail out! libcrypto: %s\n", #x);			\
		exit(1);							\
	}									\
} while (0)

enum cert_type {
	CERT_P256, CERT_P384, CERT_ED25519, CERT_RSA, CERT_RSA_PSS, CERT_P521, CERT_ED448,
	CERT_P224,	/* which the library does not take … */
	CERT_EXPLICIT,	/* … nor P-256 written out as parameters */
	CERT_TYPES,
};

/* The clock of all tests: 2026-01-01. */
#define TEST_NOW 1767225600

/* @from, @until: days from TEST_NOW. NULL strings leave the extension out. */
struct cert_spec {
	const char *cn;
	const char *san;		/* as in openssl.cnf: "DNS:a,IP:127.0.0.1" */
	const char *eku;		/* "serverAuth" */
	const char *ku;			/* "digitalSignature" */
	const char *extra;		/* "name=value" of one more extension */
	bool ca;
	int from, until;
	bool weak_hash;			/* SHA-1 */
	bool small_key;			/* RSA of 1024 bits */
};

struct identity {
	char *cert_pem;
	char *key_pem;
	void *x509;			/* X509, EVP_PKEY */
	void *pkey;
};

extern const char *const cert_type_names[CERT_TYPES];

/* A certificate issued by @issuer, or by itself if NULL. Ends the program if libcrypto fails. */
struct identity make_identity(enum cert_type type, const struct cert_spec *spec,
			      const struct identity *issuer);
void free_identity(struct identity *id);

/* A CA, and a server certificate for localhost, 127.0.0.1, ::1 and *.example.org issued by it. */
const struct identity *test_ca(void);
const struct identity *test_server(enum cert_type type);
void free_test_identities(void);

#endif
