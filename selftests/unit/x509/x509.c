// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Names (RFC 9525) and servers' chains, good and bad, with the alert each gets. */
#include <arpa/inet.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "expect.h"
#include "tap.h"

static const struct {
	const char *pattern, *name;
	bool match;
} names[] = {
	{ "example.org", "example.org", true },
	{ "EXAMPLE.org", "example.ORG", true },
	{ "example.org", "example.com", false },
	{ "example.org", "www.example.org", false },
	{ "www.example.org", "example.org", false },
	{ "*.example.org", "www.example.org", true },
	{ "*.EXAMPLE.org", "WWW.example.org", true },
	{ "*.example.org", "example.org", false },
	{ "*.example.org", "a.b.example.org", false },
	{ "*.example.org", ".example.org", false },
	{ "w*.example.org", "www.example.org", false },
	{ "*w.example.org", "www.example.org", false },
	{ "www.*.org", "www.example.org", false },
	{ "www.example.*", "www.example.org", false },
	{ "*.org", "example.org", false },
	{ "*", "example", false },
	{ "*.", "example.", false },
	{ "*.*.org", "www.example.org", false },
	{ "xn--*.example.org", "xn--a.example.org", false },
	{ "example.org.", "example.org", false },
	{ "", "", false },
	{ "exa mple.org", "exa mple.org", false },
	{ "127.0.0.1", "127.0.0.1", false },
};

static const struct {
	const char *text;
	enum host_kind kind;	/* HOST_NONE: refused */
	const char *name;
} hosts[] = {
	{ "example.org", HOST_DNS, "example.org" },
	{ "Example.ORG.", HOST_DNS, "example.org" },
	{ "localhost", HOST_DNS, "localhost" },
	{ "xn--bcher-kva.example", HOST_DNS, "xn--bcher-kva.example" },
	{ "a_b.example", HOST_DNS, "a_b.example" },
	{ "127.0.0.1", HOST_IPV4, "127.0.0.1" },
	{ "::1", HOST_IPV6, "::1" },
	{ "2001:db8::1", HOST_IPV6, "2001:db8::1" },
	{ "spiffe://example.org/a/B", HOST_SPIFFE, "spiffe://example.org/a/B" },
	{ "spiffe://example.org", HOST_SPIFFE, "spiffe://example.org" },
	{ "spiffe://Example.org/a", HOST_NONE, NULL },
	{ "spiffe://example.org/", HOST_NONE, NULL },
	{ "spiffe://example.org//a", HOST_NONE, NULL },
	{ "spiffe://example.org/../a", HOST_NONE, NULL },
	{ "spiffe:///a", HOST_NONE, NULL },
	{ "spiffe://example.org/a?b", HOST_NONE, NULL },
	{ "https://example.org/a", HOST_NONE, NULL },
	{ "fe80::1%eth0", HOST_NONE, NULL },
	{ "", HOST_NONE, NULL },
	{ ".", HOST_NONE, NULL },
	{ "a..b", HOST_NONE, NULL },
	{ ".a", HOST_NONE, NULL },
	{ "-a.example", HOST_NONE, NULL },
	{ "a-.example", HOST_NONE, NULL },
	{ "1.2.3", HOST_NONE, NULL },
	{ "1.2.3.4.5", HOST_NONE, NULL },
	{ "example.123", HOST_NONE, NULL },
	{ "\xc3\xbc.example", HOST_NONE, NULL },
	{ "*.example.org", HOST_NONE, NULL },
	{ "example.org:443", HOST_NONE, NULL },
	{ "[::1]", HOST_NONE, NULL },
	{ "example org", HOST_NONE, NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", HOST_NONE,
	  NULL },
};

static void name_rules(void)
{
	struct host h;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(name_matches(bytes_of(names[i].pattern, strlen(names[i].pattern)),
				bytes_of(names[i].name, strlen(names[i].name))) == names[i].match,
		   "\"%s\" %s \"%s\"", names[i].pattern, names[i].match ? "is" : "is not",
		   names[i].name);
	ok(!name_matches(bytes_of("a.example\0.evil", 15), bytes_of("a.example", 9)),
	   "a name with a zero byte is nobody's");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		bool good = host_parse(hosts[i].text, &h);

		ok(good == (hosts[i].kind != HOST_NONE) &&
		   (!good || (h.kind == hosts[i].kind && !strcmp(h.name, hosts[i].name))),
		   "host \"%s\" is %s", hosts[i].text, hosts[i].kind ? "taken" : "refused");
	}
}

/* @spec's certificate, for @host; @type of its key. */
struct row {
	const char *name;
	struct cert_spec spec;
	const char *host;
	int code;
	enum cert_type type;
	bool self_signed;
};

#define GOOD .ku = "digitalSignature", .eku = "serverAuth", .from = -1, .until = 30
#define HOSTS .san = "DNS:localhost,DNS:*.example.org,IP:127.0.0.1,IP:2001:db8::1"

static const struct row rows[] = {
	{ "right name", { .cn = "x", HOSTS, GOOD }, "localhost", 0, CERT_P256, false },
	{ "wildcard", { .cn = "x", HOSTS, GOOD }, "www.example.org", 0, CERT_P256, false },
	{ "IPv4 address", { .cn = "x", HOSTS, GOOD }, "127.0.0.1", 0, CERT_P256, false },
	{ "IPv6 address", { .cn = "x", HOSTS, GOOD }, "2001:db8:0::1", 0, CERT_P256, false },
	{ "no extended key usage", { .cn = "x", HOSTS, .ku = "digitalSignature", .from = -1,
	  .until = 30 }, "localhost", 0, CERT_P256, false },
	{ "no key usage", { .cn = "x", HOSTS, .from = -1, .until = 30 }, "localhost", 0,
	  CERT_P256, false },
	{ "RSA-PSS key", { .cn = "x", HOSTS, GOOD }, "localhost", 0, CERT_RSA_PSS, false },
	{ "SPIFFE ID", { .cn = "x", .san = "URI:spiffe://example.org/a,DNS:other", GOOD },
	  "spiffe://example.org/a", 0, CERT_P256, false },
	{ "another SPIFFE ID", { .cn = "x", .san = "URI:spiffe://example.org/A", GOOD },
	  "spiffe://example.org/a", SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "two URIs are no SPIFFE ID", { .cn = "x",
	  .san = "URI:spiffe://example.org/a,URI:https://example.org", GOOD },
	  "spiffe://example.org/a", SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "another name", { .cn = "x", HOSTS, GOOD }, "example.com", SEALSOCK_ERR_CERT_NAME,
	  CERT_P256, false },
	{ "common name does not count", { .cn = "localhost", .san = "DNS:other", GOOD },
	  "localhost", SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "common name without subjectAltName", { .cn = "localhost", GOOD }, "localhost",
	  SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "wildcard for two labels", { .cn = "x", HOSTS, GOOD }, "a.b.example.org",
	  SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "address as a DNS name", { .cn = "x", .san = "DNS:127.0.0.1", GOOD }, "127.0.0.1",
	  SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "another address", { .cn = "x", HOSTS, GOOD }, "127.0.0.2", SEALSOCK_ERR_CERT_NAME,
	  CERT_P256, false },
	{ "IPv4 in IPv6 is another address", { .cn = "x", HOSTS, GOOD }, "::ffff:127.0.0.1",
	  SEALSOCK_ERR_CERT_NAME, CERT_P256, false },
	{ "expired", { .cn = "x", HOSTS, .ku = "digitalSignature", .from = -30, .until = -1 },
	  "localhost", SEALSOCK_ERR_CERT_EXPIRED, CERT_P256, false },
	{ "not valid yet", { .cn = "x", HOSTS, .ku = "digitalSignature", .from = 1, .until = 30 },
	  "localhost", SEALSOCK_ERR_CERT_NOT_YET, CERT_P256, false },
	{ "signed by itself", { .cn = "x", HOSTS, GOOD }, "localhost",
	  SEALSOCK_ERR_CERT_UNTRUSTED, CERT_P256, true },
	{ "for clients only", { .cn = "x", HOSTS, .ku = "digitalSignature", .eku = "clientAuth",
	  .from = -1, .until = 30 }, "localhost", SEALSOCK_ERR_CERT_USAGE, CERT_P256, false },
	{ "RSA of 1024 bits", { .cn = "x", HOSTS, GOOD, .small_key = true }, "localhost",
	  SEALSOCK_ERR_CERT_USAGE, CERT_RSA, false },
	{ "signed with SHA-1", { .cn = "x", HOSTS, GOOD, .weak_hash = true }, "localhost",
	  SEALSOCK_ERR_CERT_USAGE, CERT_P256, false },
	{ "unknown critical extension", { .cn = "x", HOSTS, GOOD,
	  .extra = "1.2.3.4=critical,DER:0500" }, "localhost", SEALSOCK_ERR_CERT_BAD, CERT_P256,
	  false },
};

static struct sealsock_config *with(const struct identity *id, const char *more)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_SERVER);
	char chain[20000];

	snprintf(chain, sizeof(chain), "%s%s", id->cert_pem, more ? more : "");
	sealsock_config_env(cfg, &test_env);
	if (sealsock_config_cert_mem(cfg, chain, strlen(chain), id->key_pem,
				     strlen(id->key_pem)))
		printf("# %s\n", sealsock_config_error(cfg));
	return cfg;
}

/* A client that wants @host meets a server with @sc: the client's failure, checked. */
static void meet(struct sealsock_config *cc, struct sealsock_config *sc, const char *host,
		 int code, const char *name)
{
	struct sealsock_conn *c = sealsock_conn_new(cc), *s = sealsock_conn_new(sc);
	struct sealsock_info info;
	size_t moved;
	int err;

	if (!c || !s) {
		ok(false, "%s: no connection", name);
		goto out;
	}
	sealsock_conn_set_host(c, host);
	carry(c, s, 0, &moved);
	err = carry(s, c, 0, &moved);
	if (!code) {
		sealsock_conn_info(c, &info);
		ok(err == 0 && c->done && info.verified && shake_hands(c, s, 0), "%s: accepted",
		   name);
		if (err)
			printf("# %s\n", sealsock_conn_error(c)->text);
	} else {
		expect_failure(c, err, code, name);
		err = carry(c, s, 0, &moved);
		expect_quiet(s, err, SEALSOCK_ERR_ALERT, "and the server hears of it");
		ok_int(sealsock_conn_error(s)->alert, sealsock_error_alert(code),
		       "by the right alert");
	}
out:
	sealsock_conn_free(c);
	sealsock_conn_free(s);
}

static void certificates(void)
{
	struct sealsock_config *cc = client_config(), *sc;
	struct identity id;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		id = make_identity(rows[i].type, &rows[i].spec,
				   rows[i].self_signed ? NULL : test_ca());
		sc = with(&id, NULL);
		meet(cc, sc, rows[i].host, rows[i].code, rows[i].name);
		sealsock_config_unref(sc);
		free_identity(&id);
	}
	sealsock_config_unref(cc);
}

static void chains(void)
{
	static const struct cert_spec inter = { .cn = "Intermediate", .ca = true,
						.ku = "keyCertSign", .from = -5, .until = 100 };
	static const struct cert_spec not_ca = { .cn = "Not a CA", HOSTS, GOOD };
	static const struct cert_spec leaf = { .cn = "x", HOSTS, GOOD };
	struct sealsock_config *cc = client_config(), *sc, *other;
	struct identity mid = make_identity(CERT_P384, &inter, test_ca());
	struct identity fake = make_identity(CERT_P256, &not_ca, test_ca());
	struct identity end = make_identity(CERT_ED25519, &leaf, &mid);
	struct identity forged = make_identity(CERT_P256, &leaf, &fake);

	sc = with(&end, mid.cert_pem);
	meet(cc, sc, "localhost", 0, "chain of two");
	sealsock_config_unref(sc);
	sc = with(&end, NULL);
	meet(cc, sc, "localhost", SEALSOCK_ERR_CERT_UNTRUSTED, "intermediate missing");
	sealsock_config_unref(sc);
	sc = with(&forged, fake.cert_pem);
	meet(cc, sc, "localhost", SEALSOCK_ERR_CERT_USAGE, "issued by a server's certificate");
	sealsock_config_unref(sc);

	/* An anchor that is not a root. */
	other = sealsock_config_new(SEALSOCK_CLIENT);
	sealsock_config_env(other, &test_env);
	sealsock_config_ca_mem(other, mid.cert_pem, strlen(mid.cert_pem));
	sc = with(&end, NULL);
	meet(other, sc, "localhost", 0, "the intermediate as anchor");
	sealsock_config_unref(sc);
	sealsock_config_unref(other);
	free_identity(&mid);
	free_identity(&fake);
	free_identity(&end);
	free_identity(&forged);
	sealsock_config_unref(cc);
}

/* What the certificate calls the peer, and which keys are pinned. */
static void identity_of_peer(void)
{
	static const struct cert_spec spec = {
		.cn = "x", GOOD,
		.san = "DNS:localhost,DNS:b.example,IP:127.0.0.1,URI:spiffe://example.org/a,email:c@d",
	};
	struct identity id = make_identity(CERT_P256, &spec, test_ca());
	struct sealsock_config *cc = client_config(), *sc = with(&id, NULL);
	struct sealsock_conn *c = client_conn(cc), *s = sealsock_conn_new(sc);
	uint8_t pins[2][32];
	unsigned char *der = NULL;
	const char *p;
	int len, i;
	size_t n;

	ok(!sealsock_conn_peer_name(c, SEALSOCK_NAME_DNS, 0, &n) && !n,
	   "no name before there is one");
	ok(shake_hands(c, s, 0), "a handshake");
	p = sealsock_conn_peer_name(c, SEALSOCK_NAME_DNS, 1, &n);
	ok(p && n == 9 && !memcmp(p, "b.example", n), "the second DNS name");
	ok(!sealsock_conn_peer_name(c, SEALSOCK_NAME_DNS, 2, &n), "there is no third");
	p = sealsock_conn_peer_name(c, SEALSOCK_NAME_IP, 0, &n);
	ok(p && n == 4 && !memcmp(p, "\x7f\0\0\1", n), "the address");
	p = sealsock_conn_peer_name(c, SEALSOCK_NAME_EMAIL, 0, &n);
	ok(p && n == 3 && !memcmp(p, "c@d", n), "the mailbox");
	p = sealsock_conn_peer_spiffe(c, &n);
	ok(p && n == 22 && !memcmp(p, "spiffe://example.org/a", n), "the SPIFFE ID");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);

	len = i2d_PUBKEY(test_ca()->pkey, &der);
	SHA256(der, (size_t)len, pins[0]);
	memset(pins[1], 1, 32);
	OPENSSL_free(der);
	for (i = 0; i < 2; i++) {
		cc = client_config();
		ok(sealsock_config_pin(cc, pins[1]) == 0, "a key is pinned");
		if (!i)
			sealsock_config_pin(cc, pins[0]);
		meet(cc, sc, "localhost", i ? SEALSOCK_ERR_CERT_UNTRUSTED : 0,
		     i ? "another key" : "the key of the CA");
		sealsock_config_unref(cc);
	}
	sealsock_config_unref(sc);
	free_identity(&id);
}

/* The certificate by the server name. */
static void by_name(void)
{
	static const struct cert_spec first = { .cn = "first", .san = "DNS:one.example", GOOD };
	static const struct cert_spec second = { .cn = "second", .san = "DNS:two.example", GOOD };
	struct identity a = make_identity(CERT_P256, &first, test_ca());
	struct identity b = make_identity(CERT_RSA, &second, test_ca());
	struct sealsock_config *cc = client_config(), *sc = with(&a, NULL);

	sealsock_config_cert_mem(sc, b.cert_pem, strlen(b.cert_pem), b.key_pem,
				 strlen(b.key_pem));
	meet(cc, sc, "two.example", 0, "the second certificate, by name");
	meet(cc, sc, "one.example", 0, "the first certificate, by name");
	meet(cc, sc, "three.example", SEALSOCK_ERR_CERT_NAME, "the first, where no name fits");
	sealsock_config_unref(cc);
	cc = client_config();
	sealsock_config_sigalgs(cc, "rsa_pss_rsae_sha256");
	meet(cc, sc, "two.example", 0, "by name and scheme");
	meet(cc, sc, "one.example", SEALSOCK_ERR_CERT_NAME, "the scheme comes before the name");
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	free_identity(&a);
	free_identity(&b);
}

static void insecure(void)
{
	static const struct cert_spec spec = { .cn = "x", .san = "DNS:other", .from = -30,
					       .until = -1 };
	struct identity id = make_identity(CERT_P256, &spec, NULL);
	struct sealsock_config *cc = sealsock_config_new(SEALSOCK_CLIENT), *sc = with(&id, NULL);
	struct sealsock_conn *c, *s;
	struct sealsock_info info;
	const void *der;
	size_t n;

	ok(!sealsock_conn_new(cc), "no connection without trust anchors");
	sealsock_config_env(cc, &test_env);
	sealsock_config_verify(cc, SEALSOCK_VERIFY_INSECURE);
	c = sealsock_conn_new(cc);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "insecure: anything goes, without a host name too");
	sealsock_conn_info(c, &info);
	ok(!info.verified && !info.sni, "and is not called verified");
	der = sealsock_conn_peer_cert(c, 0, &n);
	ok(der && n > 100, "the certificate can be looked at");
	ok(!sealsock_conn_peer_cert(c, 1, &n) && n == 0, "there is no second one");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	free_identity(&id);
}

int main(void)
{
	name_rules();
	certificates();
	chains();
	identity_of_peer();
	by_name();
	insecure();
	free_test_identities();
	return done();
}
