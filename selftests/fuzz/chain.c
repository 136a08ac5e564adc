// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * DER and path building together: a byte that says what follows, then certificates with 16-bit
 * lengths (0), a revocation list (1), an OCSP response about the test's server (2), or certificates
 * as before, a length of 0, and lists that are looked up for them (3).
 */
#include "fuzz.h"
#include "pair.h"
#include "x509/chain.h"
#include "x509/crl.h"
#include "x509/ocsp.h"

enum { AT = 1796000000 };	/* when the certificates of the corpus are valid */

static struct crypto *crypto;
static struct host host;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	crypto = crypto_get();
	MUST(crypto && host_parse("localhost", &host));
	return 0;
}

static struct crl_set *read_lists(struct bytes data)
{
	struct crl_set *set = crl_set_new(&test_env_full);
	struct bytes der;
	struct finding f;

	MUST(set);
	rd_vec16(&data, 0, 0, &der);
	while (rd_vec16(&data, 1, 0xffff, &der))
		MUST(crl_set_add(set, der, &f) == 0 || f.wanted);
	return set;
}

/* The last certificate is the anchor: so the whole search is within reach. */
static void chain(struct bytes data, bool lists)
{
	struct path_input in = { .crypto = crypto, .env = &test_env_full, .now = AT,
				 .server = true, .profile = RULES_STRICT | RULES_WEB,
				 .policy.require_explicit = data.n & 1 };
	struct trust *trust = trust_new(&test_env_full);
	struct bytes ders[CHAIN_MAX];
	struct chain_verdict v;
	struct buf issuer, path;
	struct crl_set *set;
	size_t n = 0;

	MUST(trust);
	while (n < CHAIN_MAX && rd_vec16(&data, 1, 0xffff, &ders[n]))
		n++;
	if (n > 1)
		trust_add(trust, ders[n - 1]);
	in.trust = trust;
	set = lists ? read_lists(data) : NULL;
	in.crls = crl_set_count(set) ? set : NULL;
	buf_init(&issuer, &test_env_full);
	buf_init(&path, &test_env_full);
	chain_check(&in, ders, n, &host, &issuer, &path, &v);
	MUST((v.code && v.why[0]) || (!v.code && path.n));
	in.profile = 0;
	in.soft = true;
	chain_check(&in, ders, n, NULL, NULL, NULL, &v);
	crl_set_free(set);
	buf_free(&issuer);
	buf_free(&path);
	trust_free(trust);
}

static void list(struct bytes data)
{
	struct crl_set *set = crl_set_new(&test_env_full);
	struct finding f;

	MUST(set);
	MUST(crl_set_add(set, data, &f) == 0 || f.wanted);
	crl_set_free(set);
}

static void response(struct bytes data)
{
	struct x509 leaf, issuer;
	struct finding f;
	struct bytes one;

	if (!rd_vec16(&data, 1, 0xffff, &one) || !x509_parse(one, &leaf, &f) ||
	    !rd_vec16(&data, 1, 0xffff, &one) || !x509_parse(one, &issuer, &f))
		return;
	if (!ocsp_is_good(crypto, &test_env_full, data, &leaf, &issuer, AT, &f))
		MUST(f.code < 0 && f.wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = bytes_of(data, size);
	uint8_t what;

	if (!rd_u8(&rest, &what))
		return 0;
	if (what == 0 || what == 3)
		chain(rest, what == 3);
	else if (what == 1)
		list(rest);
	else
		response(rest);
	return 0;
}
