// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* PEM text, and where libcrypto has the machine's trust anchors. */
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/openssl.h"

/* Blocks of these names; of "TRUSTED CERTIFICATE" only the certificate would do. */
static const char *const cert_names[] = { "CERTIFICATE", "X509 CERTIFICATE", NULL };
static const char *const crl_names[] = { "X509 CRL", NULL };
static const char *const ech_names[] = { "PRIVATE KEY", "ECHCONFIG", NULL };

static bool is_named(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static int each(struct bytes pem, const char *const *names, pem_fn fn, void *arg)
{
	char *name, *header;
	unsigned char *der;
	unsigned int found = 0;
	unsigned long last;
	int err = 0;
	long n;
	BIO *bio;

	if (pem.n > INT32_MAX)
		return SEALSOCK_ERR_PEM;
	ERR_set_mark();
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio)
		err = SEALSOCK_ERR_NOMEM;
	/* PEM_read_bio() skips the text around the blocks. */
	while (!err && PEM_read_bio(bio, &name, &header, &der, &n) == 1) {
		if (is_named(name, names)) {
			found++;
			err = fn(arg, bytes_of(der, (size_t)n));
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)n);	/* it may be a key that stands beside */
	}
	/*
	 * The end of the text is NO_START_LINE; anything else is a broken block, but nothing at all
	 * is no memory for what was read.
	 */
	last = ERR_peek_last_error();
	if (!err && !last)
		err = SEALSOCK_ERR_NOMEM;
	else if (!err && ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
		err = openssl_why(SEALSOCK_ERR_PEM);
	else if (!err)
		err = openssl_why(found ? 0 : SEALSOCK_ERR_PEM);
	BIO_free(bio);
	ERR_pop_to_mark();
	return err;
}

int pem_each_cert(struct bytes pem, pem_fn fn, void *arg)
{
	return each(pem, cert_names, fn, arg);
}

int pem_each_crl(struct bytes pem, pem_fn fn, void *arg)
{
	return each(pem, crl_names, fn, arg);
}

int pem_each_ech(struct bytes pem, pem_fn fn, void *arg)
{
	return each(pem, ech_names, fn, arg);
}

const char *trust_default_file(void)
{
	return X509_get_default_cert_file();
}

const char *trust_default_dir(void)
{
	return X509_get_default_cert_dir();
}
