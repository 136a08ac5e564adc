// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "x509/signature.h"

static const struct rule_name key_rule = { "key", "RFC 5480 §2.1.1, RFC 3279 §2.3",
					   SEALSOCK_ERR_CERT_USAGE };
static const struct rule_name algorithm_rule = { "algorithm", "RFC 5280 §4.1.1.2",
						 SEALSOCK_ERR_CERT_USAGE };

static bool check(const struct sealsock_env *env, struct bytes tbs, const struct sigscheme *s,
		  struct bytes signature, const struct spki *key, const struct rule_name *rule,
		  struct finding *f)
{
	struct pubkey *k;
	int err = pubkey_new(env, &key->parts, &k);

	if (!err) {
		err = pubkey_verify(k, s, tbs, signature);
		pubkey_free(k);
	}
	if (!err)
		return true;
	finding_set(f, rule, "a right signature", "%s", err == SEALSOCK_ERR_BAD_SIGNATURE ?
		    "a wrong one" : "one that cannot be checked");
	if (err == SEALSOCK_ERR_NOMEM || err == SEALSOCK_ERR_CRYPTO)	/* ours, not the signer's */
		f->code = err;
	return false;
}

bool signature_is_good(const struct sealsock_env *env, struct bytes tbs, struct bytes sig_alg,
		       struct bytes signature, const struct spki *key,
		       const struct rule_name *rule, struct finding *f)
{
	const struct sigscheme *s;
	const char *name;
	struct bytes oid;
	char text[64];

	if (key->why)
		return finding_set(f, &key_rule,
				   "a key of P-256, P-384, P-521, Ed25519, Ed448, RSA", "%s",
				   key->why);
	s = sigalg_parse(sig_alg, &name, &oid);
	if (!s) {
		text_oid(oid, text, sizeof(text));
		return finding_set(f, &algorithm_rule, "RSA, ECDSA or EdDSA with SHA-2 or better",
				   "%s", name ? name : text);
	}
	if (!sigalg_fits(s, key->parts.kind))
		return finding_set(f, rule, "an algorithm of the signer's key", "another");
	return check(env, tbs, s, signature, key, rule, f);
}
