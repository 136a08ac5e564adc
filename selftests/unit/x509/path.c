// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What takes a whole path: finding one among many (RFC 4158), policies (RFC 9618), revocation lists
 * (RFC 5280 §6.3).
 */
#include <openssl/x509.h>
#include <string.h>

#include "mint.h"
#include "pair.h"
#include "tap.h"

enum { DAY = 86400, TEXT_MAX = 200000 };

#define CA_EXTS "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash", \
		"authorityKeyIdentifier=keyid", "keyUsage=critical,keyCertSign,cRLSign"
#define LEAF_EXTS "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid", \
		  "keyUsage=digitalSignature", "subjectAltName=DNS:host.example"
#define VALID .from = -DAY, .until = DAY

static const struct mint ca_mint = { .cn = "CA", VALID, .exts = { CA_EXTS } };
static const struct mint leaf_mint = { .cn = "host.example", VALID, .exts = { LEAF_EXTS } };

/* A CA of this name; @key and @extra may be NULL. */
static struct identity ca(const char *cn, const struct identity *issuer,
			  const struct identity *key, const char *extra)
{
	struct mint m = ca_mint;

	m.cn = cn;
	m.key = key;
	m.exts[4] = extra;
	return mint(&m, issuer);
}

static struct identity leaf(const struct identity *issuer, const char *extra)
{
	struct mint m = leaf_mint;

	m.exts[4] = extra;
	return mint(&m, issuer);
}

static struct sealsock_config *trusting(const struct identity *const *anchors)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);

	sealsock_config_env(cfg, &test_env);
	for (; *anchors; anchors++)
		NEED(!sealsock_config_ca_mem(cfg, (*anchors)->cert_pem,
					     strlen((*anchors)->cert_pem)));
	return cfg;
}

/* @chain ends in NULL; @rule NULL: it must pass. */
static void verify(struct sealsock_config *cfg, const struct identity *const *chain,
		   const char *rule, const char *name)
{
	char *text = malloc(TEXT_MAX);
	struct sealsock_verdict v;
	size_t n = 0;

	NEED(text);
	for (; *chain; chain++)
		n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s", (*chain)->cert_pem);
	sealsock_verify(cfg, text, n, "host.example", NULL, 0, NULL, NULL, &v);
	if (!ok(rule ? v.code && v.rule && !strcmp(v.rule, rule) : !v.code, "%s: %s%s", name,
		rule ? "fails by " : "passes", rule ? rule : ""))
		printf("# %s\n", v.text);
	free(text);
}

#define LIST(...) ((const struct identity *const []){ __VA_ARGS__, NULL })

static void search(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), other = ca("Other", NULL, NULL, NULL);
	struct identity mid = ca("Mid", &root, NULL, NULL);
	struct identity cross = ca("Mid", &other, &mid, NULL);	/* the same key, by another */
	struct identity same = ca("Mid", &other, NULL, NULL);	/* the same name, another key */
	struct identity end = leaf(&mid, NULL), self = ca("Mid", NULL, &mid, NULL);
	struct identity loop_a, loop_b, up;
	struct mint old = ca_mint;
	struct identity expired, closed = ca("Mid", &root, &mid,
					     "nameConstraints=critical,permitted;DNS:else.example");
	struct sealsock_config *cfg = trusting(LIST(&root)), *both = trusting(LIST(&root, &other));
	struct sealsock_config *direct = trusting(LIST(&mid)), *pinned = trusting(LIST(&end));

	old.cn = "Mid";
	old.key = &mid;
	old.from = -2 * DAY;
	old.until = -DAY;
	expired = mint(&old, &root);
	loop_a = ca("Loop", &mid, NULL, NULL);
	loop_b = ca("Mid", &loop_a, &mid, NULL);
	up = ca("Root", &other, &root, NULL);

	verify(cfg, LIST(&end, &mid), NULL, "a chain");
	verify(cfg, LIST(&end, &mid, &root), NULL, "with the root");
	verify(cfg, LIST(&end, &root, &other, &mid), NULL, "in another order, and more");
	verify(cfg, LIST(&end), "issuer-found", "without the CA");
	verify(cfg, LIST(&end, &mid, &mid, &end), NULL, "repeated");
	verify(direct, LIST(&end), NULL, "the CA as anchor");
	verify(direct, LIST(&end, &root), NULL, "and its root sent along");
	verify(pinned, LIST(&end), NULL, "the leaf as anchor");
	verify(cfg, LIST(&end, &cross, &mid), NULL, "out of a dead end");
	verify(both, LIST(&end, &cross), NULL, "cross-signed");
	verify(cfg, LIST(&end, &cross), "issuer-found", "cross-signed, the other not trusted");
	verify(cfg, LIST(&end, &same, &mid), NULL, "another key of that name");
	verify(cfg, LIST(&end, &expired, &mid), NULL, "an expired one first");
	verify(cfg, LIST(&end, &expired), "not-after", "an expired one only");
	verify(cfg, LIST(&end, &closed, &mid), NULL, "a constrained one first");
	verify(cfg, LIST(&end, &closed), "name-constraints", "a constrained one only");
	verify(cfg, LIST(&end, &self), "issuer-found", "signed by itself");
	verify(cfg, LIST(&end, &loop_a, &loop_b), "issuer-found", "a loop");
	verify(cfg, LIST(&end, &loop_a, &loop_b, &mid), NULL, "a way out of a loop");
	verify(both, LIST(&end, &up, &mid), NULL, "the root cross-signed");
	sealsock_config_unref(cfg);
	sealsock_config_unref(both);
	sealsock_config_unref(direct);
	sealsock_config_unref(pinned);
	free_identity(&root);
	free_identity(&other);
	free_identity(&mid);
	free_identity(&cross);
	free_identity(&same);
	free_identity(&end);
	free_identity(&self);
	free_identity(&loop_a);
	free_identity(&loop_b);
	free_identity(&up);
	free_identity(&expired);
	free_identity(&closed);
}

/* Paths as long as they may be, and self-issued CAs, which do not count. */
static void depth(void)
{
	struct identity ids[22], end;
	const struct identity *chain[24] = { 0 };
	struct sealsock_config *cfg;
	struct mint m = ca_mint;
	char name[16];
	int top, i;

	for (top = 19; top <= 20; top++) {
		ids[0] = ca("Root", NULL, NULL, NULL);
		for (i = 1; i <= top; i++) {
			snprintf(name, sizeof(name), "CA %d", i);
			ids[i] = ca(name, &ids[i - 1], NULL, NULL);
			chain[top - i + 1] = &ids[i];
		}
		end = leaf(&ids[top], NULL);
		chain[0] = &end;
		chain[top + 1] = NULL;
		cfg = trusting(LIST(&ids[0]));
		verify(cfg, chain, top == 19 ? NULL : "budget",
		       top == 19 ? "twenty above the leaf" : "twenty-one");
		sealsock_config_unref(cfg);
		free_identity(&end);
		for (i = 0; i <= top; i++)
			free_identity(&ids[i]);
	}
	m.exts[0] = "basicConstraints=critical,CA:TRUE,pathlen:0";
	ids[0] = mint(&m, NULL);
	ids[1] = ca("CA", &ids[0], NULL, NULL);		/* self-issued: another key */
	ids[2] = leaf(&ids[1], NULL);
	cfg = trusting(LIST(&ids[0]));
	verify(cfg, LIST(&ids[2], &ids[1]), NULL, "a self-issued CA below pathLen 0");
	sealsock_config_unref(cfg);
	for (i = 0; i < 3; i++)
		free_identity(&ids[i]);
}

/* Extensions of two CAs and of the leaf; what the user asks for; whether it passes. */
static const struct {
	const char *name;
	const char *first[2], *second[2], *leaf;
	const char *wanted;
	unsigned int flags;
	bool passes;
} policy_rows[] = {
#define P "certificatePolicies="
#define PC "policyConstraints=critical,"
#define PM "policyMappings="
#define REQ SEALSOCK_POLICY_REQUIRE
	{ "none, none asked", { NULL }, { NULL }, NULL, "", 0, true },
	{ "none, one required", { NULL }, { NULL }, NULL, "", REQ, false },
	{ "one all the way", { P "1.2.3" }, { P "1.2.3" }, P "1.2.3", "", REQ, true },
	{ "the one wanted", { P "1.2.3" }, { P "1.2.3" }, P "1.2.3", "1.2.3", REQ, true },
	{ "another wanted", { P "1.2.3" }, { P "1.2.3" }, P "1.2.3", "1.2.4", REQ, false },
	{ "another wanted, not required", { P "1.2.3" }, { P "1.2.3" }, P "1.2.3", "1.2.4", 0,
	  true },
	{ "one of two wanted", { P "1.2.3,1.2.4" }, { P "1.2.3,1.2.4" }, P "1.2.4", "1.2.9,1.2.4",
	  REQ, true },
	{ "broken in the middle", { P "1.2.3" }, { P "1.2.4" }, P "1.2.3", "", REQ, false },
	{ "missing in the middle", { P "1.2.3" }, { NULL }, P "1.2.3", "", REQ, false },
	{ "anyPolicy above", { P "2.5.29.32.0" }, { P "2.5.29.32.0" }, P "1.2.3", "1.2.3", REQ,
	  true },
	{ "anyPolicy below", { P "1.2.3" }, { P "1.2.3" }, P "2.5.29.32.0", "1.2.3", REQ, true },
	{ "anyPolicy all the way", { P "2.5.29.32.0" }, { P "2.5.29.32.0" }, P "2.5.29.32.0",
	  "1.2.3", REQ, true },
	{ "anyPolicy inhibited by the user", { P "2.5.29.32.0" }, { P "2.5.29.32.0" }, P "1.2.3",
	  "", REQ | SEALSOCK_POLICY_NO_ANY, false },
	{ "anyPolicy inhibited by a CA", { P "2.5.29.32.0", "inhibitAnyPolicy=critical,0" },
	  { P "2.5.29.32.0" }, P "1.2.3", "", REQ, false },
	{ "anyPolicy inhibited further on", { P "2.5.29.32.0", "inhibitAnyPolicy=critical,1" },
	  { P "2.5.29.32.0" }, P "1.2.3", "", REQ, true },
	{ "required by a CA", { P "1.2.3", PC "requireExplicitPolicy:0" }, { P "1.2.4" }, P "1.2.4",
	  "", 0, false },
	{ "required by a CA, and there", { P "1.2.3", PC "requireExplicitPolicy:0" }, { P "1.2.3" },
	  P "1.2.3", "", 0, true },
	{ "required further on", { P "1.2.3", PC "requireExplicitPolicy:2" }, { P "1.2.4" },
	  P "1.2.4", "", 0, false },
	{ "required too late", { P "1.2.3", PC "requireExplicitPolicy:3" }, { P "1.2.4" },
	  P "1.2.4", "", 0, true },
	{ "required by the leaf", { NULL }, { NULL }, PC "requireExplicitPolicy:0", "", 0, false },
	{ "mapped", { P "1.2.3" }, { P "1.2.3", PM "1.2.3:1.2.9" }, P "1.2.9", "1.2.3", REQ, true },
	{ "mapped, and wanted by the new name", { P "1.2.3" }, { P "1.2.3", PM "1.2.3:1.2.9" },
	  P "1.2.9", "1.2.9", REQ, false },
	{ "mapped away", { P "1.2.3" }, { P "1.2.3", PM "1.2.3:1.2.9" }, P "1.2.3", "", REQ,
	  false },
	{ "mapped twice", { P "1.2.3", PM "1.2.3:1.2.5" }, { P "1.2.5", PM "1.2.5:1.2.9" },
	  P "1.2.9", "1.2.3", REQ, true },
	{ "two mapped to one", { P "1.2.3,1.2.4" }, { P "1.2.3,1.2.4",
	  PM "1.2.3:1.2.9,1.2.4:1.2.9" }, P "1.2.9", "1.2.4", REQ, true },
	{ "one mapped to two", { P "1.2.3" }, { P "1.2.3", PM "1.2.3:1.2.8,1.2.3:1.2.9" },
	  P "1.2.9", "1.2.3", REQ, true },
	{ "mapped onto one that stays", { P "1.2.3,1.2.9" }, { P "1.2.3,1.2.9", PM "1.2.3:1.2.9" },
	  P "1.2.9", "1.2.3", REQ, true },
	{ "... by its own name", { P "1.2.3,1.2.9" }, { P "1.2.3,1.2.9", PM "1.2.3:1.2.9" },
	  P "1.2.9", "1.2.9", REQ, true },
	{ "mapped out of anyPolicy", { P "2.5.29.32.0" }, { P "2.5.29.32.0", PM "1.2.3:1.2.9" },
	  P "1.2.9", "1.2.3", REQ, true },
	{ "mapping inhibited by the user", { P "1.2.3" }, { P "1.2.3", PM "1.2.3:1.2.9" },
	  P "1.2.9", "", REQ | SEALSOCK_POLICY_NO_MAPPING, false },
	{ "mapping inhibited by a CA", { P "1.2.3", PC "inhibitPolicyMapping:0" },
	  { P "1.2.3", PM "1.2.3:1.2.9" }, P "1.2.9", "", REQ, false },
	{ "mapping inhibited further on", { P "1.2.3", PC "inhibitPolicyMapping:1" },
	  { P "1.2.3", PM "1.2.3:1.2.9" }, P "1.2.9", "", REQ, true },
	{ "anyPolicy mapped", { P "1.2.3" }, { P "1.2.3", PM "2.5.29.32.0:1.2.9" }, P "1.2.9",
	  "", 0, false },
	{ "a policy twice", { NULL }, { NULL }, "certificatePolicies=1.2.3,1.2.3", "", 0, false },
};

static void policies(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), first, second, end;
	struct sealsock_config *cfg;
	struct mint m;
	size_t i;

	for (i = 0; i < sizeof(policy_rows) / sizeof(policy_rows[0]); i++) {
		m = ca_mint;
		m.cn = "First";
		m.exts[4] = policy_rows[i].first[0];
		m.exts[5] = policy_rows[i].first[1];
		first = mint(&m, &root);
		m.cn = "Second";
		m.exts[4] = policy_rows[i].second[0];
		m.exts[5] = policy_rows[i].second[1];
		second = mint(&m, &first);
		end = leaf(&second, policy_rows[i].leaf);
		cfg = trusting(LIST(&root));
		NEED(!sealsock_config_policies(cfg, policy_rows[i].wanted, policy_rows[i].flags));
		if (policy_rows[i].passes)
			verify(cfg, LIST(&end, &second, &first), NULL, policy_rows[i].name);
		else if (strstr(policy_rows[i].name, "twice") && policy_rows[i].leaf)
			verify(cfg, LIST(&end, &second, &first),
			       policy_rows[i].first[0] ? "policies" : "extension",
			       policy_rows[i].name);
		else if (!strcmp(policy_rows[i].name, "anyPolicy mapped"))
			verify(cfg, LIST(&end, &second, &first), "extension", policy_rows[i].name);
		else
			verify(cfg, LIST(&end, &second, &first), "policies", policy_rows[i].name);
		sealsock_config_unref(cfg);
		free_identity(&first);
		free_identity(&second);
		free_identity(&end);
	}
	free_identity(&root);
}

/* What an anchor says of policies, names, lengths and purposes (RFC 5937), and an expired one. */
static const struct {
	const char *name;
	const char *root[3], *mid[2], *leaf;
	const char *rule;		/* NULL: it passes; always where anchors are bare */
} anchor_rows[] = {
	{ "policies of the root", { P "1.2.3" }, { P "1.2.3", PC "requireExplicitPolicy:0" },
	  P "1.2.3", NULL },
	{ "other policies of the root", { P "1.2.4" }, { P "1.2.3", PC "requireExplicitPolicy:0" },
	  P "1.2.3", "policies" },
	{ "no policies of the root", { NULL }, { P "1.2.3", PC "requireExplicitPolicy:0" },
	  P "1.2.3", NULL },
	{ "required by the root", { PC "requireExplicitPolicy:2" }, { NULL }, NULL, "policies" },
	{ "required by the root, and there", { PC "requireExplicitPolicy:2" }, { P "1.2.3" },
	  P "1.2.3", NULL },
	{ "required by the root, further on", { PC "requireExplicitPolicy:3" }, { NULL }, NULL,
	  NULL },
	{ "mapped by the root", { P "1.2.3", PM "1.2.3:1.2.9" },
	  { P "1.2.9", PC "requireExplicitPolicy:0" }, P "1.2.9", NULL },
	{ "mapped away by the root", { P "1.2.3", PM "1.2.3:1.2.9" },
	  { P "1.2.3", PC "requireExplicitPolicy:0" }, P "1.2.3", "policies" },
	{ "mapping inhibited by the root", { PC "requireExplicitPolicy:0,inhibitPolicyMapping:0" },
	  { P "1.2.3", PM "1.2.3:1.2.9" }, P "1.2.9", "policies" },
	{ "anyPolicy inhibited by the root", { "inhibitAnyPolicy=critical,0" },
	  { P "2.5.29.32.0", PC "requireExplicitPolicy:0" }, P "1.2.3", "policies" },
	{ "names by the root", { "nameConstraints=critical,permitted;DNS:test" }, { NULL }, NULL,
	  "name-constraints" },
	{ "a purpose of the root", { "extendedKeyUsage=clientAuth" }, { NULL }, NULL,
	  "extended-key-usage" },
};

static void anchors(void)
{
	struct sealsock_config *cfg, *bare;
	struct identity root, mid, end;
	struct mint m;
	size_t i;

	for (i = 0; i < sizeof(anchor_rows) / sizeof(anchor_rows[0]); i++) {
		m = ca_mint;
		m.cn = "Root";
		memcpy(m.exts + 4, anchor_rows[i].root, sizeof(anchor_rows[i].root));
		root = mint(&m, NULL);
		m = ca_mint;
		m.cn = "Mid";
		memcpy(m.exts + 4, anchor_rows[i].mid, sizeof(anchor_rows[i].mid));
		mid = mint(&m, &root);
		end = leaf(&mid, anchor_rows[i].leaf);
		cfg = trusting(LIST(&root));
		bare = trusting(LIST(&root));
		NEED(!sealsock_config_paths(bare, SEALSOCK_PATHS_BARE_ANCHORS, -1));
		verify(cfg, LIST(&end, &mid), anchor_rows[i].rule, anchor_rows[i].name);
		if (anchor_rows[i].rule)
			verify(bare, LIST(&end, &mid), NULL, "... and a bare anchor is mute");
		sealsock_config_unref(cfg);
		sealsock_config_unref(bare);
		free_identity(&root);
		free_identity(&mid);
		free_identity(&end);
	}
}

/* Bounds and purposes that the caller sets. */
static void terms(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), mid = ca("Mid", &root, NULL, NULL);
	struct identity same = ca("Mid", &mid, NULL, NULL), end = leaf(&mid, NULL);
	struct identity below = leaf(&same, "extendedKeyUsage=codeSigning");
	struct mint m = ca_mint;
	struct identity old, young;
	struct sealsock_config *cfg = trusting(LIST(&root));

	NEED(!sealsock_config_paths(cfg, 0, 0));
	verify(cfg, LIST(&end, &mid), "depth", "one CA, allowed none");
	NEED(!sealsock_config_paths(cfg, 0, 1));
	verify(cfg, LIST(&end, &mid), NULL, "one CA, allowed one");
	verify(cfg, LIST(&below, &same, &mid), "extended-key-usage", "another purpose");
	NEED(!sealsock_config_paths(cfg, SEALSOCK_PATHS_ANY_PURPOSE, 1));
	verify(cfg, LIST(&below, &same, &mid), NULL, "any purpose, and a self-issued CA");
	sealsock_config_unref(cfg);

	m.until = -1;
	old = mint(&m, NULL);
	young = leaf(&old, NULL);
	cfg = trusting(LIST(&old));
	verify(cfg, LIST(&young), "not-after", "an expired anchor");
	NEED(!sealsock_config_paths(cfg, SEALSOCK_PATHS_BARE_ANCHORS, -1));
	verify(cfg, LIST(&young), NULL, "an expired anchor that is bare");
	sealsock_config_unref(cfg);
	free_identity(&old);
	free_identity(&young);
	free_identity(&root);
	free_identity(&mid);
	free_identity(&same);
	free_identity(&end);
	free_identity(&below);
}

/* More issuers of one name than are tried: the best are. */
static void crowd(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), mids[60], end;
	const struct identity *chain[sizeof(mids) / sizeof(mids[0]) + 2] = { &end };
	struct sealsock_config *cfg = trusting(LIST(&root));
	size_t n = sizeof(mids) / sizeof(mids[0]), i;

	for (i = 0; i < n; i++) {
		mids[i] = ca("Mid", &root, NULL, NULL);
		chain[i + 1] = &mids[i];
	}
	end = leaf(&mids[n - 1], NULL);
	verify(cfg, chain, NULL, "the last of sixty issuers of one name");
	sealsock_config_unref(cfg);
	for (i = 0; i < n; i++)
		free_identity(&mids[i]);
	free_identity(&root);
	free_identity(&end);
}

static int add_crl(struct sealsock_config *cfg, const struct mint_crl *m,
		   const struct identity *issuer)
{
	char *text = mint_crl(m, issuer);
	int err = sealsock_config_crl_mem(cfg, text, strlen(text));

	free(text);
	return err;
}

#define URI_POINT "crlDistributionPoints=URI:http://a.example/1"
#define IDP "issuingDistributionPoint=critical,DER:"

static const struct {
	const char *name;
	struct mint_crl crl;
	bool revoked;			/* the leaf is in it */
	bool none;			/* there is none of its issuer */
	bool soft;
	const char *leaf;		/* an extension of the leaf */
	const char *rule;
} crl_rows[] = {
	{ "not in the list", { VALID }, false, false, false, NULL, NULL },
	{ "revoked", { VALID }, true, false, false, NULL, "revoked" },
	{ "revoked, soft", { VALID }, true, false, true, NULL, "revoked" },
	{ "no list", { VALID }, false, true, false, NULL, "revocation-status" },
	{ "no list, soft", { VALID }, false, true, true, NULL, NULL },
	{ "an old list", { .from = -2 * DAY, .until = -1 }, false, false, false, NULL,
	  "revocation-status" },
	{ "a list until now", { .from = -DAY, .until = 0 }, false, false, false, NULL, NULL },
	{ "a list of the future", { .from = 1, .until = DAY }, false, false, false, NULL,
	  "revocation-status" },
	{ "no number", { VALID, .no_number = true }, false, false, false, NULL,
	  "revocation-status" },
	{ "an unknown extension", { VALID, .exts = { "1.2.3.4=DER:0500" } }, false, false, false,
	  NULL, NULL },
	{ "an unknown critical one", { VALID, .exts = { "1.2.3.4=critical,DER:0500" } }, false,
	  false, false, NULL, "revocation-status" },
	{ "for users", { VALID, .exts = { "issuingDistributionPoint=critical,onlyuser:TRUE" } },
	  false, false, false, NULL, NULL },
	{ "for CAs", { VALID, .exts = { "issuingDistributionPoint=critical,onlyCA:TRUE" } },
	  false, false, false, NULL, "revocation-status" },
	{ "for attributes", { VALID, .exts = { "issuingDistributionPoint=critical,onlyAA:TRUE" } },
	  false, false, false, NULL, "revocation-status" },
	{ "of its point", { VALID, .exts = {
	  IDP "3018a016a0148612687474703a2f2f612e6578616d706c652f31" } },
	  false, false, false, URI_POINT, NULL },
	{ "of its point, revoked", { VALID, .exts = {
	  IDP "3018a016a0148612687474703a2f2f612e6578616d706c652f31" } },
	  true, false, false, URI_POINT, "revoked" },
	{ "of another point", { VALID, .exts = {
	  IDP "3018a016a0148612687474703a2f2f612e6578616d706c652f32" } },
	  false, false, false, URI_POINT, "revocation-status" },
	{ "of a point, and it has none", { VALID, .exts = {
	  IDP "3018a016a0148612687474703a2f2f612e6578616d706c652f31" } },
	  false, false, false, NULL, "revocation-status" },
	{ "for some reasons", { VALID, .exts = { IDP "300483020640" } },
	  false, false, false, NULL, "revocation-status" },
};

static void lists(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), other = ca("Root", NULL, NULL, NULL);
	struct mint no_sign = ca_mint;
	struct identity mute, end, below, mid = ca("Mid", &root, NULL, NULL);
	struct sealsock_config *cfg;
	struct mint_crl m;
	size_t i;

	for (i = 0; i < sizeof(crl_rows) / sizeof(crl_rows[0]); i++) {
		end = leaf(&root, crl_rows[i].leaf);
		cfg = trusting(LIST(&root));
		m = crl_rows[i].crl;
		m.of = crl_rows[i].revoked ? &end : NULL;
		ok(add_crl(cfg, &m, crl_rows[i].none ? &mid : &root) == 0, "%s: loaded",
		   crl_rows[i].name);
		if (crl_rows[i].soft)
			sealsock_config_revocation(cfg, SEALSOCK_REVOCATION_SOFT);
		verify(cfg, LIST(&end), crl_rows[i].rule, crl_rows[i].name);
		sealsock_config_unref(cfg);
		free_identity(&end);
	}
	end = leaf(&root, NULL);
	below = leaf(&mid, NULL);
	m = (struct mint_crl){ VALID };

	cfg = trusting(LIST(&root));
	m.signer = &other;
	add_crl(cfg, &m, &root);
	verify(cfg, LIST(&end), "crl-signature", "signed by another key");
	m.signer = NULL;
	add_crl(cfg, &m, &root);
	verify(cfg, LIST(&end), NULL, "and a right one beside it");
	verify(cfg, LIST(&below, &mid), "revocation-status", "nothing about the leaf");
	add_crl(cfg, &m, &mid);
	verify(cfg, LIST(&below, &mid), NULL, "lists of both CAs");
	m.of = &mid;
	add_crl(cfg, &m, &root);
	sealsock_config_unref(cfg);

	cfg = trusting(LIST(&root));
	add_crl(cfg, &m, &root);
	m.of = NULL;
	add_crl(cfg, &m, &mid);
	verify(cfg, LIST(&below, &mid), "revoked", "the CA revoked");
	m.of = &end;
	m.twice = true;
	sealsock_config_unref(cfg);
	cfg = trusting(LIST(&root));
	add_crl(cfg, &m, &root);
	verify(cfg, LIST(&end), "revocation-status", "an entry twice");
	sealsock_config_unref(cfg);

	no_sign.cn = "Root";
	no_sign.exts[3] = "keyUsage=keyCertSign";
	mute = mint(&no_sign, NULL);
	free_identity(&end);
	end = leaf(&mute, NULL);
	cfg = trusting(LIST(&mute));
	m = (struct mint_crl){ VALID };
	add_crl(cfg, &m, &mute);
	verify(cfg, LIST(&end), "crl-signature", "an issuer without cRLSign");
	ok(sealsock_config_crl_mem(cfg, "nonsense", 8) == SEALSOCK_ERR_PEM, "nonsense is no list");
	sealsock_config_unref(cfg);
	free_identity(&mute);
	free_identity(&end);
	free_identity(&below);
	free_identity(&mid);
	free_identity(&root);
	free_identity(&other);
}

/* A distribution point that names who issues its lists, and nothing else (RFC 5280 §4.2.1.13). */
static const char *point_of(const struct identity *issuer, char out[512])
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(X509_get_subject_name(issuer->x509), &der), at, i;

	NEED(n > 0 && n < 100);
	at = sprintf(out, "crlDistributionPoints=DER:30%02x30%02xa2%02xa4%02x", n + 6, n + 4,
		     n + 2, n);
	for (i = 0; i < n; i++)
		at += sprintf(out + at, "%02x", der[i]);
	OPENSSL_free(der);
	return out;
}

#define INDIRECT .exts = { "issuingDistributionPoint=critical,indirectCRL:TRUE" }

/* Lists of somebody else about certificates of Mid: who stands in them, and as whose. */
static void indirect(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), mid = ca("Mid", &root, NULL, NULL);
	struct identity lists = ca("Lists", &root, NULL, NULL), own, end, plain = leaf(&mid, NULL);
	const struct {
		const char *name;
		struct mint_crl crl;
		bool entry, plain;
		const char *rule;
	} rows[] = {
		{ "an indirect list", { VALID, INDIRECT }, false, false, NULL },
		{ "an entry in it", { VALID, INDIRECT, .entry_issuer = &mid }, true, false,
		  "revoked" },
		{ "an entry of its issuer's own", { VALID, INDIRECT }, true, false, NULL },
		{ "an entry of another CA", { VALID, INDIRECT, .entry_issuer = &root }, true,
		  false, NULL },
		{ "the issuer of an entry before", { VALID, INDIRECT, .entry_issuer = &mid,
		  .before = true }, true, false, "revoked" },
		{ "a list that is not indirect", { VALID }, false, false, "revocation-status" },
		{ "... with an entry of another's", { VALID, .entry_issuer = &mid }, true, false,
		  "revocation-status" },
		{ "a certificate that does not name it", { VALID, INDIRECT }, false, true,
		  "revocation-status" },
	};
	struct mint_crl of_root = { VALID }, m;
	struct sealsock_config *cfg;
	char point[512];
	size_t i;

	end = leaf(&mid, point_of(&lists, point));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cfg = trusting(LIST(&root));
		m = rows[i].crl;
		m.of = rows[i].entry ? &end : NULL;
		NEED(!add_crl(cfg, &of_root, &root) && !add_crl(cfg, &m, &lists));
		verify(cfg, LIST(rows[i].plain ? &plain : &end, &mid, &lists), rows[i].rule,
		       rows[i].name);
		sealsock_config_unref(cfg);
	}
	m = (struct mint_crl){ VALID, INDIRECT };
	cfg = trusting(LIST(&root));
	of_root.of = &lists;
	NEED(!add_crl(cfg, &of_root, &root) && !add_crl(cfg, &m, &lists));
	verify(cfg, LIST(&end, &mid, &lists), "crl-signature", "signed by one that is revoked");
	sealsock_config_unref(cfg);

	/* Mid's own signer of lists, whose status is in the list that it signs. */
	own = ca("Lists", &mid, NULL, point);
	of_root.of = NULL;
	cfg = trusting(LIST(&root));
	NEED(!add_crl(cfg, &of_root, &root) && !add_crl(cfg, &m, &own));
	verify(cfg, LIST(&end, &mid, &own), NULL, "a signer that tells of itself");
	sealsock_config_unref(cfg);
	free_identity(&root);
	free_identity(&mid);
	free_identity(&lists);
	free_identity(&own);
	free_identity(&end);
	free_identity(&plain);
}

/* A complete list, number 7, and another one beside it (RFC 5280 §5.2.4). */
static void deltas(void)
{
	struct identity root = ca("Root", NULL, NULL, NULL), end = leaf(&root, NULL);
	const struct {
		const char *name;
		bool in_base, in_other;
		struct mint_crl other;
		const char *rule;
	} rows[] = {
		{ "nothing new", false, false, { VALID, .base = 7, .number = 8 }, NULL },
		{ "revoked since", false, true, { VALID, .base = 7, .number = 8 }, "revoked" },
		{ "revoked before", true, false, { VALID, .base = 7, .number = 8 }, "revoked" },
		{ "taken back", true, true, { VALID, .base = 7, .number = 8, .reason = 8 }, NULL },
		{ "on a list before", true, true, { VALID, .base = 5, .number = 8, .reason = 8 },
		  NULL },
		{ "on a newer list", true, true, { VALID, .base = 8, .number = 9, .reason = 8 },
		  "revoked" },
		{ "no newer than the list", true, true, { VALID, .base = 5, .number = 7,
		  .reason = 8 }, "revoked" },
		{ "an old delta", true, true, { .from = -DAY, .until = -1, .base = 7, .number = 8,
		  .reason = 8 }, "revoked" },
		{ "about something else", true, true, { VALID, .base = 7, .number = 8, .reason = 8,
		  .exts = { "issuingDistributionPoint=critical,onlyuser:TRUE" } }, "revoked" },
		{ "a newer list without it", true, false, { VALID, .number = 8 }, NULL },
		{ "a newer list with it", false, true, { VALID, .number = 8 }, "revoked" },
		{ "an older list without it", true, false, { VALID, .number = 6 }, "revoked" },
	};
	struct sealsock_config *cfg;
	struct mint_crl base, other;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cfg = trusting(LIST(&root));
		base = (struct mint_crl){ VALID, .of = rows[i].in_base ? &end : NULL };
		other = rows[i].other;
		other.of = rows[i].in_other ? &end : NULL;
		NEED(!add_crl(cfg, &base, &root) && !add_crl(cfg, &other, &root));
		verify(cfg, LIST(&end), rows[i].rule, rows[i].name);
		sealsock_config_unref(cfg);
	}
	cfg = trusting(LIST(&root));
	other = (struct mint_crl){ VALID, .base = 7, .number = 8 };
	NEED(!add_crl(cfg, &other, &root));
	verify(cfg, LIST(&end), "revocation-status", "a delta alone");
	sealsock_config_unref(cfg);
	free_identity(&root);
	free_identity(&end);
}

int main(void)
{
	search();
	depth();
	policies();
	anchors();
	terms();
	crowd();
	lists();
	indirect();
	deltas();
	return done();
}
