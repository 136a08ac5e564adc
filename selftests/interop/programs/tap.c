// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static unsigned int tests, failures;
static char why[512];

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
}

bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	failures += !good;
	printf("%sok %u ", good ? "" : "not ", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good && why[0])
		printf("# %s\n", why);
	why[0] = '\0';
	fflush(stdout);
	return good;
}

int done(void)
{
	printf("1..%u\n", tests);
	return failures != 0;
}

static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(2);
}

void tcp_pair(int *a, int *b)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int l = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(sin);

	*a = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&sin, len) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&sin, &len) ||
	    connect(*a, (struct sockaddr *)&sin, len))
		die("no loopback connection");
	*b = accept(l, NULL, NULL);
	close(l);
	setsockopt(*a, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	setsockopt(*b, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

static X509 *make(EVP_PKEY *key)
{
	static const unsigned char cn[] = "localhost";
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *san;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
	X509_add_ext(cert, san, -1);
	X509_EXTENSION_free(san);
	if (!X509_sign(cert, key, EVP_sha256()))
		die("no certificate");
	return cert;
}

const struct test_cert *test_cert(void)
{
	static struct test_cert t;
	BIO *c, *k;
	EVP_PKEY *key;
	X509 *cert;

	if (t.cert)
		return &t;
	key = EVP_EC_gen("P-256");
	if (!key)
		die("no key");
	cert = make(key);
	c = BIO_new(BIO_s_mem());
	k = BIO_new(BIO_s_mem());
	if (!PEM_write_bio_X509(c, cert) ||
	    !PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL))
		die("no PEM");
	t.cert_len = (size_t)BIO_get_mem_data(c, &t.cert);
	t.key_len = (size_t)BIO_get_mem_data(k, &t.key);
	X509_free(cert);
	EVP_PKEY_free(key);
	return &t;		/* the BIOs live as long as the program */
}

struct sealsock_conn *test_conn(enum sealsock_side role)
{
	struct sealsock_config *cfg = sealsock_config_new(role);
	const struct test_cert *t = test_cert();
	struct sealsock_conn *conn;
	int err;

	if (role == SEALSOCK_SERVER)
		err = sealsock_config_cert_mem(cfg, t->cert, t->cert_len, t->key, t->key_len);
	else
		err = sealsock_config_ca_mem(cfg, t->cert, t->cert_len);
	conn = err ? NULL : sealsock_conn_new(cfg);
	if (!conn || (role == SEALSOCK_CLIENT && sealsock_conn_set_host(conn, "localhost")))
		die("no connection object");
	sealsock_config_unref(cfg);
	return conn;
}
