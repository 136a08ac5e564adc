// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every rule of a path (x509/rules.c, constraint.c): a chain of three that is sound, and the same
 * with one thing changed in one certificate: what it breaks, and where the border runs.
 */
#include <string.h>

#include "mint.h"
#include "pair.h"
#include "tap.h"

enum where { LEAF, CA, ROOT, NOWHERE };

enum { CHANGES = 3, DAY = 86400 };

/* @change: "name=value" in the place of that extension; "name=" takes it out. */
struct row {
	const char *name;
	enum where where;
	const char *change[CHANGES];
	enum mint_flaw flaw;
	const char *rule;		/* NULL: it passes */
	const char *profile;
	const char *cn;
	long from, until;		/* 0: those of all */
};

#define EKU "extendedKeyUsage"
#define BC "basicConstraints"
#define KU "keyUsage"
#define SAN "subjectAltName"
#define NC "nameConstraints"
#define UNKNOWN "1.3.6.1.4.1.99999.1"

static const struct row rows[] = {
	{ .name = "sound", .where = NOWHERE },
	{ .name = "sound, strict", .where = NOWHERE, .profile = "strict" },
	{ .name = "sound, web", .where = NOWHERE, .profile = "web" },
	/* §4.1 */
	{ .name = "version 1", .where = LEAF, .flaw = VERSION_1, .rule = "version" },
	{ .name = "version 1 above", .where = CA, .flaw = VERSION_1, .rule = "version" },
	{ .name = "version 1 of an anchor", .where = ROOT, .flaw = VERSION_1 },
	{ .name = "serial number 0", .where = LEAF, .flaw = SERIAL_ZERO, .rule = "serial" },
	{ .name = "serial number 0 of an anchor", .where = ROOT, .flaw = SERIAL_ZERO },
	{ .name = "negative serial number", .where = CA, .flaw = SERIAL_NEGATIVE,
	  .rule = "serial" },
	{ .name = "serial number of 20 octets", .where = LEAF, .flaw = SERIAL_20 },
	{ .name = "serial number of 22 octets", .where = LEAF, .flaw = SERIAL_22,
	  .rule = "serial" },
	{ .name = "algorithms inside and outside", .where = LEAF, .flaw = ALGORITHMS_DIFFER,
	  .rule = "signature-algorithm" },
	{ .name = "SHA-1", .where = CA, .flaw = SHA1_SIGNED, .rule = "algorithm" },
	{ .name = "SHA-1 under an anchor's own name", .where = ROOT, .flaw = SHA1_SIGNED },
	{ .name = "a changed signature", .where = CA, .flaw = SIGNATURE_CHANGED,
	  .rule = "signature" },
	{ .name = "a changed signature of the leaf", .where = LEAF, .flaw = SIGNATURE_CHANGED,
	  .rule = "signature" },
	{ .name = "no issuer", .where = LEAF, .flaw = NO_ISSUER, .rule = "issuer" },
	{ .name = "no subject of a CA", .where = CA, .flaw = NO_SUBJECT, .rule = "issuer" },
	{ .name = "no subject, critical name", .where = LEAF, .flaw = NO_SUBJECT,
	  .change = { SAN "=critical,DNS:host.example" } },
	{ .name = "no subject, name not critical", .where = LEAF, .flaw = NO_SUBJECT,
	  .rule = "subject-alt-name" },
	/* §4.1.2.5 */
	{ .name = "notBefore now", .where = LEAF, .from = 0, .until = DAY },
	{ .name = "notBefore in a second", .where = LEAF, .from = 1, .until = DAY,
	  .rule = "not-before" },
	{ .name = "notAfter now", .where = LEAF, .from = -DAY, .until = -0 },
	{ .name = "notAfter a second ago", .where = LEAF, .from = -DAY, .until = -1,
	  .rule = "not-after" },
	{ .name = "an expired CA", .where = CA, .from = -DAY, .until = -1, .rule = "not-after" },
	{ .name = "an expired anchor", .where = ROOT, .from = -DAY, .until = -1,
	  .rule = "not-after" },
	/* §4.2 */
	{ .name = "an extension twice", .where = LEAF, .flaw = TWICE, .rule = "extension" },
	{ .name = "an unknown extension", .where = LEAF, .change = { UNKNOWN "=DER:0500" } },
	{ .name = "an unknown critical one", .where = LEAF,
	  .change = { UNKNOWN "=critical,DER:0500" }, .rule = "unknown-critical" },
	{ .name = "an unknown critical one above", .where = CA,
	  .change = { UNKNOWN "=critical,DER:0500" }, .rule = "unknown-critical" },
	{ .name = "an unknown critical one of an anchor", .where = ROOT,
	  .change = { UNKNOWN "=critical,DER:0500" }, .rule = "unknown-critical" },
	{ .name = "a name that is no DER", .where = LEAF, .change = { SAN "=DER:0102030405" },
	  .rule = "extension" },
	{ .name = "an address of five bytes", .where = LEAF,
	  .change = { SAN "=DER:300787050102030405" }, .rule = "extension" },
	{ .name = "a name of a kind there is not", .where = LEAF,
	  .change = { SAN "=DER:30038f0161" }, .rule = "extension" },
	{ .name = "an empty authorityInfoAccess", .where = LEAF,
	  .change = { "authorityInfoAccess=DER:3000" }, .rule = "extension" },
	{ .name = "a critical key identifier", .where = ROOT,
	  .change = { "subjectKeyIdentifier=critical,hash" }, .rule = "criticality" },
	{ .name = "policyConstraints not critical", .where = CA,
	  .change = { "policyConstraints=requireExplicitPolicy:3" }, .rule = "criticality" },
	{ .name = "policyConstraints", .where = CA,
	  .change = { "policyConstraints=critical,requireExplicitPolicy:3" } },
	/* §4.2.1.9, §4.2.1.3 */
	{ .name = "no basicConstraints", .where = CA, .change = { BC "=" },
	  .rule = "basic-constraints" },
	{ .name = "cA FALSE", .where = CA, .change = { BC "=CA:FALSE", KU "=" },
	  .rule = "basic-constraints" },
	{ .name = "no basicConstraints of an anchor", .where = ROOT, .change = { BC "=" },
	  .rule = "basic-constraints" },
	{ .name = "basicConstraints not critical", .where = CA, .change = { BC "=CA:TRUE" } },
	{ .name = "basicConstraints of an anchor not critical", .where = ROOT,
	  .change = { BC "=CA:TRUE" }, .rule = "basic-constraints-critical" },
	{ .name = "no keyUsage", .where = CA, .change = { KU "=" } },
	{ .name = "no keyCertSign", .where = CA, .change = { KU "=critical,cRLSign" },
	  .rule = "key-cert-sign" },
	{ .name = "no keyCertSign of an anchor", .where = ROOT, .change = { KU "=cRLSign" },
	  .rule = "key-cert-sign" },
	{ .name = "pathLen 0", .where = CA, .change = { BC "=critical,CA:TRUE,pathlen:0" } },
	{ .name = "pathLen 1 of an anchor", .where = ROOT,
	  .change = { BC "=critical,CA:TRUE,pathlen:1" } },
	{ .name = "pathLen 0 of an anchor", .where = ROOT,
	  .change = { BC "=critical,CA:TRUE,pathlen:0" }, .rule = "path-length" },
	{ .name = "a leaf's pathLen", .where = LEAF, .change = { BC "=DER:3003020100" },
	  .rule = "ca-marks" },
	{ .name = "a leaf's keyCertSign", .where = LEAF,
	  .change = { KU "=digitalSignature,keyCertSign" }, .rule = "ca-marks" },
	{ .name = "a CA as leaf", .where = LEAF, .change = { BC "=critical,CA:TRUE" } },
	{ .name = "a CA as leaf, web", .where = LEAF, .change = { BC "=critical,CA:TRUE" },
	  .rule = "web-leaf", .profile = "web" },
	{ .name = "a leaf without keyUsage", .where = LEAF, .change = { KU "=" } },
	/* ... which is a question of handshakes, as is that of CAs in the place of a leaf */
	{ .name = "a leaf that may not sign", .where = LEAF, .change = { KU "=keyAgreement" } },
	{ .name = "a CA that may not sign as leaf", .where = LEAF,
	  .change = { BC "=critical,CA:TRUE", KU "=keyCertSign" } },
	{ .name = "a keyUsage without bits, web", .where = LEAF, .change = { KU "=DER:030100" },
	  .rule = "web-leaf", .profile = "web" },
	/* §4.2.1.12 */
	{ .name = "no purpose", .where = LEAF, .change = { EKU "=" } },
	{ .name = "no purpose, web", .where = LEAF, .change = { EKU "=" },
	  .rule = "web-purpose", .profile = "web" },
	{ .name = "any purpose", .where = LEAF, .change = { EKU "=anyExtendedKeyUsage" } },
	{ .name = "a client's purpose", .where = LEAF, .change = { EKU "=clientAuth" },
	  .rule = "extended-key-usage" },
	{ .name = "a client's purpose too", .where = LEAF,
	  .change = { EKU "=serverAuth,clientAuth" }, .profile = "web" },
	{ .name = "another purpose too", .where = LEAF,
	  .change = { EKU "=serverAuth,codeSigning" } },
	{ .name = "another purpose too, web", .where = LEAF,
	  .change = { EKU "=serverAuth,codeSigning" }, .rule = "web-purpose", .profile = "web" },
	{ .name = "a CA's purpose", .where = CA, .change = { EKU "=serverAuth" } },
	{ .name = "a CA's other purpose", .where = CA, .change = { EKU "=clientAuth" },
	  .rule = "extended-key-usage" },
	{ .name = "no legacy stand-in", .where = CA, .change = { EKU "=nsSGC,msSGC" },
	  .rule = "extended-key-usage" },
	{ .name = "a root's purpose, web", .where = ROOT, .change = { EKU "=serverAuth" },
	  .rule = "web-root", .profile = "web" },
	/* §4.2.1.1, §4.2.1.2 */
	{ .name = "no authorityKeyIdentifier", .where = LEAF,
	  .change = { "authorityKeyIdentifier=" } },
	{ .name = "no authorityKeyIdentifier, strict", .where = LEAF,
	  .change = { "authorityKeyIdentifier=" }, .rule = "key-identifiers",
	  .profile = "strict" },
	{ .name = "no subjectKeyIdentifier of a CA, strict", .where = CA,
	  .change = { "subjectKeyIdentifier=" }, .rule = "key-identifiers", .profile = "strict" },
	{ .name = "no authorityKeyIdentifier of a root, strict", .where = ROOT,
	  .change = { "authorityKeyIdentifier=" }, .profile = "strict" },
	/* names */
	{ .name = "another name", .where = LEAF, .change = { SAN "=DNS:other.example" },
	  .rule = "name" },
	{ .name = "only a common name", .where = LEAF, .change = { SAN "=" }, .rule = "name" },
	{ .name = "a common name that is not among the others, web", .where = LEAF,
	  .cn = "else.example", .rule = "web-common-name", .profile = "web" },
	{ .name = "the common name of a domain above, web", .where = LEAF, .cn = "example",
	  .profile = "web" },
	{ .name = "the common name of a domain above, in capitals, web", .where = LEAF,
	  .cn = "Example", .rule = "web-common-name", .profile = "web" },
	{ .name = "a common name in capitals, web", .where = LEAF, .cn = "Host.example",
	  .rule = "web-common-name", .profile = "web" },
	{ .name = "a critical name beside a subject, web", .where = LEAF,
	  .change = { SAN "=critical,DNS:host.example" }, .rule = "web-leaf", .profile = "web" },
	/* §4.2.1.10 */
	{ .name = "nameConstraints in a leaf", .where = LEAF,
	  .change = { NC "=critical,permitted;DNS:example" }, .rule = "name-constraints-place" },
	{ .name = "nameConstraints not critical", .where = CA,
	  .change = { NC "=permitted;DNS:example" } },
	{ .name = "nameConstraints not critical bind", .where = CA,
	  .change = { NC "=permitted;DNS:test" }, .rule = "name-constraints" },
	{ .name = "nameConstraints not critical, strict", .where = CA,
	  .change = { NC "=permitted;DNS:example" }, .rule = "name-constraints-critical",
	  .profile = "strict" },
	{ .name = "nameConstraints not critical, web", .where = CA,
	  .change = { NC "=permitted;DNS:example" }, .profile = "web" },
	{ .name = "empty nameConstraints", .where = CA, .change = { NC "=critical,DER:3000" },
	  .rule = "extension" },
	{ .name = "a wildcard as a constraint", .where = CA,
	  .change = { NC "=critical,permitted;DNS:*.example" }, .rule = "name-constraints" },
	{ .name = "a constraint with a dot in front", .where = CA,
	  .change = { NC "=critical,permitted;DNS:.example" }, .rule = "name-constraints" },
	{ .name = "a mask with a hole and no address", .where = CA,
	  .change = { NC "=critical,permitted;IP:10.0.0.0/255.0.255.0" } },
	{ .name = "a network of four bytes", .where = CA,
	  .change = { NC "=critical,DER:300aa0083006870401020304" }, .rule = "extension" },
};

/* Excluded, permitted: O=E; host.example and O=E or O=F, in a string of some type. */
#define NAME(tag, letter) "a40e300c310a3008060355040a" tag "01" letter
#define NO_E "3014a1123010" NAME("0c", "45")
#define ONLY_E "3014a0123010" NAME("0c", "45")
#define HOST_AND(name) "301e820c686f73742e6578616d706c65" name
#define IS_E(tag) HOST_AND(NAME(tag, "45"))
#define IS_F(tag) HOST_AND(NAME(tag, "46"))

/* Constraints of the CA against names of the leaf. */
static const struct {
	const char *constraints, *names, *cn;
	bool passes;
} constraint_rows[] = {
	{ "permitted;DNS:example", "DNS:host.example", NULL, true },
	{ "permitted;DNS:host.example", "DNS:host.example", NULL, true },
	{ "permitted;DNS:HOST.Example", "DNS:host.example", NULL, true },
	{ "permitted;DNS:ost.example", "DNS:host.example", NULL, false },
	{ "permitted;DNS:other.example", "DNS:host.example", NULL, false },
	{ "permitted;DNS:other.example,permitted;DNS:host.example", "DNS:host.example", NULL,
	  true },
	{ "DER:3006a00430028200", "DNS:host.example", NULL, true },
	{ "DER:3006a10430028200", "DNS:host.example", NULL, false },
	{ "excluded;DNS:example", "DNS:host.example", NULL, false },
	{ "excluded;DNS:other.example", "DNS:host.example,DNS:a.other.example", NULL, false },
	{ "excluded;DNS:other.example", "DNS:host.example", NULL, true },
	{ "permitted;DNS:example,excluded;DNS:host.example", "DNS:host.example", NULL, false },
	/* a common name is no DNS name */
	{ "permitted;DNS:example", "DNS:host.example", "bad.test", true },
	{ "excluded;DNS:test", "DNS:host.example", "bad.test", true },
	/* wildcards: all of what they stand for */
	{ "permitted;DNS:example", "DNS:host.example,DNS:*.w.example", NULL, true },
	{ "permitted;DNS:host.example,permitted;DNS:a.w.example",
	  "DNS:host.example,DNS:*.w.example", NULL, false },
	{ "excluded;DNS:a.w.example", "DNS:host.example,DNS:*.w.example", NULL, false },
	{ "excluded;DNS:a.b.w.example", "DNS:host.example,DNS:*.w.example", NULL, true },
	/* addresses; a mask of half a byte */
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:host.example,IP:192.0.2.7", NULL, true },
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:host.example,IP:192.0.3.7", NULL, false },
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:host.example", NULL, true },
	{ "permitted;IP:192.0.2.0/255.255.255.0", "DNS:host.example,IP:2001:db8::1", NULL, false },
	{ "excluded;IP:192.0.2.0/255.255.255.240", "DNS:host.example,IP:192.0.2.16", NULL, true },
	{ "excluded;IP:192.0.2.0/255.255.255.240", "DNS:host.example,IP:192.0.2.15", NULL, false },
	{ "excluded;IP:2001:db8::/ffff:ffff::", "DNS:host.example,IP:2001:db8::1", NULL, false },
	{ "permitted;IP:10.0.0.0/255.0.255.0", "DNS:host.example,IP:10.0.0.1", NULL, false },
	{ "excluded;IP:10.0.0.0/255.0.255.0", "DNS:host.example,IP:10.9.1.1", NULL, false },
	/* mailboxes, hosts, and all below a host */
	{ "permitted;email:a@example", "DNS:host.example,email:a@example", NULL, true },
	{ "permitted;email:a@example", "DNS:host.example,email:b@example", NULL, false },
	{ "permitted;email:example", "DNS:host.example,email:b@EXAMPLE", NULL, true },
	{ "permitted;email:example", "DNS:host.example,email:b@sub.example", NULL, false },
	{ "permitted;email:.example", "DNS:host.example,email:b@sub.example", NULL, true },
	{ "permitted;email:.example", "DNS:host.example,email:b@example", NULL, false },
	{ "excluded;email:example", "DNS:host.example", "x/email=a@example", false },
	{ "permitted;email:example", "DNS:host.example,email:a@b@example", NULL, false },
	{ "DER:3006a00430028100", "DNS:host.example,email:a@example", NULL, true },
	{ "DER:3006a10430028100", "DNS:host.example,email:a@example", NULL, false },
	/* directory names: O=E, in UTF8String, PrintableString, VisibleString, T61String */
	{ "DER:" NO_E, "DER:" IS_E("0c"), NULL, false },
	{ "DER:" NO_E, "DER:" IS_E("13"), NULL, false },
	{ "DER:" NO_E, "DER:" IS_E("1a"), NULL, false },
	{ "DER:" NO_E, "DER:" IS_E("14"), NULL, false },
	{ "DER:" NO_E, "DER:" IS_F("0c"), NULL, true },
	{ "DER:" ONLY_E, "DER:" IS_E("13"), "/O=E/CN=x", true },
	{ "DER:" ONLY_E, "DER:" IS_E("14"), "/O=E/CN=x", false },
	/* the host of a URI */
	{ "permitted;URI:host.example", "DNS:host.example,URI:https://host.example/x", NULL, true },
	{ "permitted;URI:host.example", "DNS:host.example,URI:https://a.host.example/x", NULL,
	  false },
	{ "permitted;URI:.example", "DNS:host.example,URI:spiffe://a.example/x", NULL, true },
	{ "excluded;URI:host.example", "DNS:host.example,URI:https://u@HOST.example:8/", NULL,
	  false },
	{ "permitted;URI:.example", "DNS:host.example,URI:urn:a:b", NULL, false },
	{ "excluded;URI:http://a.test/x", "DNS:host.example,URI:https://host.example/", NULL,
	  false },
	/* a name of a kind that nobody constrains; constraints of a kind that nobody has */
	{ "excluded;URI:http://a.test/x", "DNS:host.example", NULL, true },
	{ "permitted;email:a@b@c", "DNS:host.example", NULL, true },
	{ "excluded;email:a@b@c", "DNS:host.example", "x/email=a@example", false },
	{ "permitted;email:example", "DNS:host.example,URI:urn:a:b", NULL, true },
	{ "permitted;DNS:example", "DNS:host.example,RID:1.2.3", NULL, true },
	{ "permitted;RID:1.2.3", "DNS:host.example,RID:1.2.3", NULL, false },
};

static struct identity keys[ROOT + 1];

static const struct mint sound[] = {
	[LEAF] = { .cn = "host.example", .from = -DAY, .until = DAY, .exts = {
		BC "=CA:FALSE", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always",
		KU "=digitalSignature", EKU "=serverAuth", SAN "=DNS:host.example" } },
	[CA] = { .cn = "Issuer", .from = -DAY, .until = DAY, .exts = {
		BC "=critical,CA:TRUE", "subjectKeyIdentifier=hash",
		"authorityKeyIdentifier=keyid:always",
		KU "=critical,keyCertSign,cRLSign" } },
	[ROOT] = { .cn = "Root", .from = -DAY, .until = DAY, .exts = {
		BC "=critical,CA:TRUE", "subjectKeyIdentifier=hash",
		"authorityKeyIdentifier=keyid:always",
		KU "=critical,keyCertSign,cRLSign" } },
};

static void change_ext(struct mint *m, const char *change)
{
	size_t n = strcspn(change, "=") + 1, i, j;

	for (i = 0; i < MINT_EXTS && m->exts[i] && strncmp(m->exts[i], change, n); i++)
		;
	if (change[n]) {
		m->exts[i] = change;
		return;
	}
	for (j = i; m->exts[j]; j++)
		m->exts[j] = m->exts[j + 1];
}

static void verify(const struct identity *ids, const char *profile, const char *host,
		   struct sealsock_verdict *v)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	char chain[32768];

	sealsock_config_env(cfg, &test_env);
	NEED(sealsock_config_ca_mem(cfg, ids[ROOT].cert_pem, strlen(ids[ROOT].cert_pem)) == 0);
	NEED(sealsock_config_profile(cfg, profile ? profile : "private") == 0);
	snprintf(chain, sizeof(chain), "%s%s", ids[LEAF].cert_pem, ids[CA].cert_pem);
	sealsock_verify(cfg, chain, strlen(chain), host, NULL, 0, NULL, NULL, v);
	sealsock_config_unref(cfg);
}

static void build(const struct mint *m, struct identity *ids)
{
	int i;

	for (i = ROOT; i >= LEAF; i--)
		ids[i] = mint(&m[i], i == ROOT ? NULL : &ids[i + 1]);
}

static void check(const struct row *r)
{
	struct mint m[] = { sound[LEAF], sound[CA], sound[ROOT] };
	struct identity ids[ROOT + 1];
	struct sealsock_verdict v;
	size_t i;

	for (i = LEAF; i <= ROOT; i++)
		m[i].key = &keys[i];
	if (r->where != NOWHERE) {
		m[r->where].flaw = r->flaw;
		for (i = 0; i < CHANGES && r->change[i]; i++)
			change_ext(&m[r->where], r->change[i]);
		if (r->from || r->until) {
			m[r->where].from = r->from;
			m[r->where].until = r->until;
		}
		if (r->cn)
			m[r->where].cn = r->cn;
	}
	build(m, ids);
	verify(ids, r->profile, "host.example", &v);
	if (!r->rule && !ok(!v.code, "%s passes", r->name))
		printf("# %s\n", v.text);
	if (r->rule &&
	    !ok(v.code && v.rule && !strcmp(v.rule, r->rule), "%s breaks %s", r->name, r->rule))
		printf("# %s\n", v.text);
	for (i = LEAF; i <= ROOT; i++)
		free_identity(&ids[i]);
}

static void constraints(void)
{
	struct identity ids[ROOT + 1];
	struct sealsock_verdict v;
	char nc[256], san[256];
	size_t i, j;

	for (i = 0; i < sizeof(constraint_rows) / sizeof(constraint_rows[0]); i++) {
		struct mint m[] = { sound[LEAF], sound[CA], sound[ROOT] };

		snprintf(nc, sizeof(nc), NC "=critical,%s", constraint_rows[i].constraints);
		snprintf(san, sizeof(san), SAN "=%s", constraint_rows[i].names);
		for (j = LEAF; j <= ROOT; j++)
			m[j].key = &keys[j];
		change_ext(&m[CA], nc);
		change_ext(&m[LEAF], san);
		if (constraint_rows[i].cn)
			m[LEAF].cn = constraint_rows[i].cn;
		build(m, ids);
		verify(ids, NULL, "host.example", &v);
		if (!ok(!v.code == constraint_rows[i].passes &&
			(!v.code || !strcmp(v.rule, "name-constraints")), "%s: %s %s",
			constraint_rows[i].constraints, constraint_rows[i].names,
			constraint_rows[i].passes ? "passes" : "fails"))
			printf("# %s\n", v.text);
		for (j = LEAF; j <= ROOT; j++)
			free_identity(&ids[j]);
	}
}

int main(void)
{
	static const struct cert_spec spec = { .cn = "x", .from = -1, .until = 1 };
	size_t i;

	for (i = LEAF; i <= ROOT; i++)
		keys[i] = make_identity(CERT_P256, &spec, NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	constraints();
	for (i = LEAF; i <= ROOT; i++)
		free_identity(&keys[i]);
	return done();
}
