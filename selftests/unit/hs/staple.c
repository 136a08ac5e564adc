// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Stapled OCSP responses (RFC 6066 §8, RFC 6960) and certificates that promise one (RFC 7633), in
 * both versions: which ones a client takes, and the alert for each that it does not.
 */
#include "expect.h"
#include "legacy.h"
#include "tap.h"

enum { DAY = 86400 };

/* What is stapled to the certificate of a row. */
enum what { NOTHING, MADE, RANDOM, CHANGED, CUT, OF_ANOTHER, TRY_LATER };

struct row {
	const char *name;
	enum what what;
	struct staple_spec spec;
	enum { CA, DELEGATE, NO_PURPOSE, EXPIRED, STRANGER } signer, before;
	bool must;		/* the certificate promises a response */
	int code;
};

#define NOW .from = -60, .until = 3600
#define BAD SEALSOCK_ERR_BAD_STAPLE

static const struct row rows[] = {
	{ .name = "good", .what = MADE, .spec = { NOW } },
	{ .name = "good, SHA-256 in its CertID", .what = MADE, .spec = { NOW, .sha256 = true } },
	{ .name = "good, the responder by its key", .what = MADE, .spec = { NOW, .by_key = true } },
	{ .name = "good, and promised", .what = MADE, .spec = { NOW }, .must = true },
	{ .name = "none", .what = NOTHING },
	{ .name = "none, though promised", .what = NOTHING, .must = true, .code = BAD },
	{ .name = "revoked", .what = MADE, .spec = { NOW, .status = 1 },
	  .code = SEALSOCK_ERR_CERT_REVOKED },
	{ .name = "unknown", .what = MADE, .spec = { NOW, .status = 2 }, .code = BAD },
	{ .name = "random bytes", .what = RANDOM, .code = BAD },
	{ .name = "changed", .what = CHANGED, .spec = { NOW }, .code = BAD },
	{ .name = "cut off", .what = CUT, .spec = { NOW }, .code = BAD },
	{ .name = "tryLater", .what = TRY_LATER, .code = BAD },
	{ .name = "about another certificate", .what = OF_ANOTHER, .spec = { NOW }, .code = BAD },
	{ .name = "weeks old", .what = MADE, .spec = { .from = -21 * DAY, .until = -14 * DAY },
	  .code = BAD },
	{ .name = "old by what clocks differ", .what = MADE,
	  .spec = { .from = -DAY, .until = -299 } },
	{ .name = "old by a little more", .what = MADE, .spec = { .from = -DAY, .until = -301 },
	  .code = BAD },
	{ .name = "of the future by what clocks differ", .what = MADE,
	  .spec = { .from = 299, .until = DAY } },
	{ .name = "of the future", .what = MADE, .spec = { .from = 301, .until = DAY },
	  .code = BAD },
	{ .name = "without an end, fresh", .what = MADE, .spec = { .from = -DAY + 60 } },
	{ .name = "without an end, old", .what = MADE, .spec = { .from = -DAY - 60 }, .code = BAD },
	{ .name = "by a delegate", .what = MADE, .spec = { NOW }, .signer = DELEGATE },
	{ .name = "by a delegate, whose old certificate comes first", .what = MADE,
	  .spec = { NOW }, .signer = DELEGATE, .before = EXPIRED },
	{ .name = "by a delegate, after one without the purpose", .what = MADE,
	  .spec = { NOW }, .signer = DELEGATE, .before = NO_PURPOSE },
	{ .name = "by a delegate, by its key", .what = MADE, .spec = { NOW, .by_key = true },
	  .signer = DELEGATE },
	{ .name = "by a delegate that is not sent along", .what = MADE,
	  .spec = { NOW, .alone = true }, .signer = DELEGATE, .code = BAD },
	{ .name = "by one who is no responder", .what = MADE, .spec = { NOW },
	  .signer = NO_PURPOSE, .code = BAD },
	{ .name = "by a delegate that has expired", .what = MADE, .spec = { NOW },
	  .signer = EXPIRED, .code = BAD },
	{ .name = "by a delegate of another CA", .what = MADE, .spec = { NOW },
	  .signer = STRANGER, .code = BAD },
};

static struct identity signers[STRANGER + 1], foreign_ca;

static void make_signers(void)
{
	static const struct cert_spec good = { .cn = "Responder", .ku = "digitalSignature",
					       .eku = "OCSPSigning", .from = -1, .until = 30 };
	static const struct cert_spec server = { .cn = "Responder", .ku = "digitalSignature",
						 .eku = "serverAuth", .from = -1, .until = 30 };
	static const struct cert_spec old = { .cn = "Responder", .ku = "digitalSignature",
					      .eku = "OCSPSigning", .from = -30, .until = -1 };
	static const struct cert_spec ca = { .cn = "Test CA", .ca = true, .ku = "keyCertSign",
					     .from = -10, .until = 3650 };

	foreign_ca = make_identity(CERT_P256, &ca, NULL);	/* of the very name */
	signers[DELEGATE] = make_identity(CERT_ED25519, &good, test_ca());
	signers[NO_PURPOSE] = make_identity(CERT_P256, &server, test_ca());
	signers[EXPIRED] = make_identity(CERT_P256, &old, test_ca());
	signers[STRANGER] = make_identity(CERT_P256, &good, &foreign_ca);
}

static struct bytes response_for(const struct row *r, const struct identity *id)
{
	static const uint8_t try_later[] = { 0x30, 3, 0x0a, 1, 3 };
	struct staple_spec spec = r->spec;
	uint8_t *random;
	struct bytes b;
	size_t i;

	spec.signer = r->signer == CA ? NULL : &signers[r->signer];
	spec.before = r->before == CA ? NULL : &signers[r->before];
	if (r->what == RANDOM || r->what == TRY_LATER) {
		b.n = r->what == RANDOM ? 500 : sizeof(try_later);
		random = malloc(b.n);
		NEED(random);
		for (i = 0; i < b.n; i++)
			random[i] = r->what == RANDOM ? (uint8_t)(i * 131 + 7) : try_later[i];
		b.p = random;
		return b;
	}
	b = make_staple(&spec, r->what == OF_ANOTHER ? test_server(CERT_RSA) : id, test_ca());
	if (r->what == CHANGED)
		((uint8_t *)b.p)[b.n - 5] ^= 1;
	if (r->what == CUT)
		b.n -= 5;
	return b;
}

static void check(const struct row *r, const char *version)
{
	struct cert_spec spec = { .cn = "x", .san = "DNS:localhost", .ku = "digitalSignature",
				  .from = -1, .until = 30,
				  .extra = r->must ? "tlsfeature=status_request" : NULL };
	struct identity id = make_identity(CERT_P256, &spec, test_ca());
	struct sealsock_config *cc = client_config(), *sc = sealsock_config_new(SEALSOCK_SERVER);
	struct sealsock_conn *c, *s;
	struct bytes response;
	size_t moved;
	int err;

	sealsock_config_env(sc, &test_env);
	sealsock_config_cert_mem(sc, id.cert_pem, strlen(id.cert_pem), id.key_pem,
				 strlen(id.key_pem));
	sealsock_config_versions(cc, version);
	if (r->what != NOTHING) {
		response = response_for(r, &id);
		staple(sc, response);
		free((void *)response.p);
	}
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	if (!r->code) {
		if (!ok(shake_hands(c, s, 0), "%s, %s", version, r->name))
			printf("# %s\n", sealsock_conn_error(c)->text);
	} else {
		carry(c, s, 0, &moved);
		err = carry(s, c, 0, &moved);
		expect_failure(c, err, r->code, r->name);
		ok_int(sealsock_conn_error(c)->alert, sealsock_error_alert(r->code),
		       "with its alert");
	}
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	free_identity(&id);
}

/*
 * Whoever trusts the certificate itself cannot ask who issued it; and who trusts all asks nobody.
 */
static void insecure(void)
{
	struct sealsock_config *cc = sealsock_config_new(SEALSOCK_CLIENT);
	struct sealsock_config *sc = server_config(CERT_P256);
	struct sealsock_conn *c, *s;
	struct bytes random = response_for(&(struct row){ .what = RANDOM }, NULL);

	sealsock_config_env(cc, &test_env);
	sealsock_config_verify(cc, SEALSOCK_VERIFY_INSECURE);
	staple(sc, random);
	free((void *)random.p);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "insecure: the response is not looked at");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

int main(void)
{
	size_t i;

	make_signers();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(&rows[i], "TLSv1.3");
		check(&rows[i], "TLSv1.2");
	}
	insecure();
	for (i = DELEGATE; i <= STRANGER; i++)
		free_identity(&signers[i]);
	free_identity(&foreign_ca);
	free_test_identities();
	return done();
}
