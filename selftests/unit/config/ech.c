// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ECHConfigLists (RFC 9849 §4, §6.1.7), good and malformed; files of keys (RFC 9934), and how
 * they are read again.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "ech.h"
#include "hello.h"
#include "tap.h"

/* A configuration: its parts, as hexadecimal digits. Lengths are computed. */
struct parts {
	const char *version, *id, *kem, *key, *suites, *max, *name, *extensions;
};

#define A15 "616161616161616161616161616161"
#define KEY "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

static const struct parts good = {
	"fe0d", "2a", "0020", KEY, "00010001", "40", "612e62", "",
};

static void vec(struct builder *w, const char *hex, unsigned int len_bytes)
{
	uint8_t b[600];
	size_t mark = wr_open(w, len_bytes), n = unhex(hex, b, sizeof(b));

	wr_bytes(w, b, n);
	wr_close(w, mark, len_bytes);
}

static void raw(struct builder *w, const char *hex)
{
	uint8_t b[600];
	size_t n = unhex(hex, b, sizeof(b));

	wr_bytes(w, b, n);
}

static void config(struct builder *w, const struct parts *p)
{
	size_t mark;

	raw(w, p->version);
	mark = wr_open(w, 2);
	raw(w, p->id);
	raw(w, p->kem);
	vec(w, p->key, 2);
	vec(w, p->suites, 2);
	raw(w, p->max);
	vec(w, p->name, 1);
	vec(w, p->extensions, 2);
	wr_close(w, mark, 2);
}

/* What becomes of a list: malformed, well-formed but of no use, usable. */
enum { MALFORMED, IGNORED, USABLE };

static int judge(struct bytes text)
{
	struct ech_config c;
	struct hpke_suite s;

	if (!ech_list_good(text))
		return ech_choose(text, &c, &s) ? -1 : MALFORMED;
	return ech_choose(text, &c, &s) ? USABLE : IGNORED;
}

static const struct {
	const char *what;
	struct parts p;
	int want;
} rows[] = {
	{ "as it should be", { 0 }, USABLE },
	{ "another version", { .version = "fe0a" }, IGNORED },
	{ "no id", { .id = "" }, MALFORMED },
	{ "an unknown KEM", { .kem = "6666" }, IGNORED },
	{ "X448", { .kem = "0021" }, IGNORED },
	{ "no key", { .key = "" }, MALFORMED },
	{ "a key of another length", { .key = "010203" }, IGNORED },
	{ "no suites", { .suites = "" }, MALFORMED },
	{ "half a suite", { .suites = "000100010001" }, MALFORMED },
	{ "unknown suites", { .suites = "111122220001222211110001" }, IGNORED },
	{ "a known one behind them", { .suites = "111122220002222200020002" }, USABLE },
	{ "an AEAD for export only", { .suites = "0001ffff" }, IGNORED },
	{ "no public name", { .name = "" }, MALFORMED },
	{ "one label", { .name = "61" }, USABLE },
	{ "a label of 63", { .name = A15 A15 A15 A15 "616161" }, USABLE },
	{ "a label of 64", { .name = A15 A15 A15 A15 "61616161" }, IGNORED },
	{ "a dot in front", { .name = "2e61" }, IGNORED },
	{ "a dot at the end", { .name = "612e" }, IGNORED },
	{ "two dots", { .name = "612e2e62" }, IGNORED },
	{ "an underscore", { .name = "615f62" }, IGNORED },
	{ "a hyphen in front", { .name = "2d61" }, IGNORED },
	{ "a hyphen at the end", { .name = "612d" }, IGNORED },
	{ "a hyphen inside", { .name = "612d62" }, USABLE },
	{ "a blank", { .name = "612062" }, IGNORED },
	{ "a zero byte", { .name = "610062" }, IGNORED },
	{ "not ASCII", { .name = "c3a9" }, IGNORED },
	{ "an IPv4 address", { .name = "312e322e332e34" }, IGNORED },
	{ "a number at the end", { .name = "612e3132" }, IGNORED },
	{ "0x at the end", { .name = "612e3078" }, IGNORED },
	{ "0xAf at the end", { .name = "612e30784166" }, IGNORED },
	{ "0xg at the end", { .name = "612e307867" }, USABLE },
	{ "digits and letters at the end", { .name = "612e3161" }, USABLE },
	{ "an unknown extension", { .extensions = "1234000155" }, USABLE },
	{ "a mandatory one", { .extensions = "92340000" }, IGNORED },
	{ "one twice", { .extensions = "1234000012340000" }, IGNORED },
	{ "one that is cut", { .extensions = "1234000255" }, MALFORMED },
	{ "bytes that are none", { .extensions = "123400" }, MALFORMED },
};

static void lists(void)
{
	const char *const *from, *const *base = &good.version;
	struct builder w;
	struct buf b;
	size_t i, k, n;

	buf_init(&b, &test_env_full);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parts p = rows[i].p;
		const char **at = &p.version;

		from = &rows[i].p.version;
		for (k = 0; k < sizeof(p) / sizeof(*at); k++)
			at[k] = from[k] ? from[k] : base[k];
		b.n = 0;
		w = (struct builder){ .buf = &b };
		n = wr_open(&w, 2);
		config(&w, &p);
		wr_close(&w, n, 2);
		ok_int(judge(bytes_of(b.p, b.n)), rows[i].want, "a configuration with %s",
		       rows[i].what);
	}
	/* Each prefix, and a byte more. */
	b.n = 0;
	w = (struct builder){ .buf = &b };
	n = wr_open(&w, 2);
	config(&w, &good);
	config(&w, &good);
	wr_close(&w, n, 2);
	ok_int(judge(bytes_of(b.p, b.n)), USABLE, "two configurations");
	for (i = 0, k = 0; i < b.n; i++)
		k += judge(bytes_of(b.p, i)) == MALFORMED;
	ok_int(k, b.n, "cut anywhere it is malformed");
	wr_u8(&w, 0);
	ok_int(judge(bytes_of(b.p, b.n)), MALFORMED, "and with a byte more");
	ok_int(judge(bytes_of("\0\0", 2)), MALFORMED, "an empty list");
	ok_int(judge(bytes_of("\0\3\xfe\x0d\0", 5)), MALFORMED, "a list of three bytes");
	ok_int(judge(bytes_of("\0\4\xba\xdd\0\0", 6)), IGNORED, "an empty one of another version");
	buf_free(&b);
}

/* A name that fits its length byte, but is none of DNS: 254 bytes. */
static void long_name(void)
{
	struct ech_config c;
	struct hpke_suite s;
	struct parts p = good;
	char hex[600] = "";
	struct builder w;
	struct buf b;
	size_t n;

	while (strlen(hex) < 2 * 252)
		strcat(hex, "612e");
	strcat(hex, "6161");
	p.name = hex;
	buf_init(&b, &test_env_full);
	w = (struct builder){ .buf = &b };
	n = wr_open(&w, 2);
	config(&w, &p);
	wr_close(&w, n, 2);
	ok(ech_list_good(bytes_of(b.p, b.n)) && !ech_choose(bytes_of(b.p, b.n), &c, &s),
	   "a public name of 254 bytes is ignored");
	buf_free(&b);
}

/* The first that can be used, whatever stands before it. */
static void chosen(void)
{
	struct parts other = good, mandatory = good, third = good;
	struct ech_config c;
	struct hpke_suite s;
	struct builder w;
	struct buf b;
	size_t n;

	other.version = "badd";
	mandatory.extensions = "92340000";
	third.id = "07";
	third.suites = "0001aaaa0002000300010001";
	buf_init(&b, &test_env_full);
	w = (struct builder){ .buf = &b };
	n = wr_open(&w, 2);
	config(&w, &other);
	config(&w, &mandatory);
	config(&w, &third);
	config(&w, &good);
	wr_close(&w, n, 2);
	ok(ech_choose(bytes_of(b.p, b.n), &c, &s) && c.id == 7 && s.kdf == 2 && s.aead == 3,
	   "the first that can be used, with its first suite that is known");
	buf_free(&b);
}

static void setters(void)
{
	struct sealsock_config *cc = sealsock_config_new(SEALSOCK_CLIENT);
	struct sealsock_config *sc = sealsock_config_new(SEALSOCK_SERVER);
	static const uint8_t unknown[] = { 0, 4, 0xba, 0xdd, 0, 0 };
	struct ech_pair p, q;
	char both[2 * ECH_PEM_MAX], buf[4096], *list;

	ech_pair_make(&p, NULL, ECH_PUBLIC);
	ech_pair_make(&q, "secp256r1", ECH_PUBLIC);
	ok_int(sealsock_config_ech(cc, p.list, p.list_len), 1, "a list");
	ok_int(sealsock_config_ech(cc, p.list, p.list_len - 1), SEALSOCK_ERR_INVALID, "half a one");
	ok_int(sealsock_config_ech(cc, unknown, sizeof(unknown)), 0, "one of no use");
	ok_int(sealsock_config_ech(cc, NULL, 0), 0, "none");
	ok_int(sealsock_config_ech(sc, p.list, p.list_len), SEALSOCK_ERR_INVALID, "at a server");
	ok_int(sealsock_config_ech_keys_mem(cc, p.pem, p.pem_len), SEALSOCK_ERR_INVALID,
	       "keys at a client");
	ok_int(sealsock_config_ech_keys_mem(sc, p.pem, p.pem_len), 0, "keys");
	ok_int(sealsock_config_ech_keys_mem(sc, "x", 1), SEALSOCK_ERR_PEM, "no PEM");
	ok_int(sealsock_config_ech_keys_file(sc, "/nonexistent"), SEALSOCK_ERR_FILE, "no file");
	list = strstr(p.pem, "-----BEGIN ECHCONFIG");
	ok_int(sealsock_config_ech_keys_mem(sc, list, strlen(list)), SEALSOCK_ERR_KEY,
	       "a list without a key");
	ok_int(sealsock_config_ech_keys_mem(sc, p.pem, (size_t)(list - p.pem)), SEALSOCK_ERR_KEY,
	       "a key without a list");
	snprintf(both, sizeof(both), "%.*s%s", (int)(list - p.pem), p.pem,
		 strstr(q.pem, "-----BEGIN ECHCONFIG"));
	ok_int(sealsock_config_ech_keys_mem(sc, both, strlen(both)), SEALSOCK_ERR_KEY,
	       "a list for another key");
	snprintf(both, sizeof(both), "%.*s%s", (int)(list - p.pem), p.pem, q.pem);
	ok_int(sealsock_config_ech_keys_mem(sc, both, strlen(both)), SEALSOCK_ERR_KEY,
	       "a key that nothing is for, before a good pair");
	sealsock_config_versions(cc, "TLSv1.2");
	sealsock_config_ech(cc, p.list, p.list_len);
	ok(sealsock_config_check(cc, buf, sizeof(buf)) && strstr(buf, "TLS 1.3"),
	   "without TLS 1.3 it cannot work");
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static void generated(void)
{
	char pem[ECH_PEM_MAX], long_name[400];
	ssize_t n = sealsock_ech_generate("a.example", "secp256r1", 255, pem, sizeof(pem));

	ok(n > 0 && (size_t)n == strlen(pem), "the text's length");
	ok_int(sealsock_ech_generate("a.example", NULL, 0, pem, 100), SEALSOCK_ERR_INVALID,
	       "too little room");
	ok_int(sealsock_ech_generate("1.2.3.4", NULL, 0, pem, sizeof(pem)), SEALSOCK_ERR_INVALID,
	       "an address");
	ok_int(sealsock_ech_generate("", NULL, 0, pem, sizeof(pem)), SEALSOCK_ERR_INVALID,
	       "no name");
	ok_int(sealsock_ech_generate("a.example", "x448", 0, pem, sizeof(pem)), SEALSOCK_ERR_NAME,
	       "another group");
	ok_int(sealsock_ech_generate("a.example", NULL, 256, pem, sizeof(pem)),
	       SEALSOCK_ERR_INVALID, "names over 255");
	memset(long_name, 0, sizeof(long_name));
	while (strlen(long_name) < 256)
		strcat(long_name, "aaa.");
	strcat(long_name, "a");
	ok_int(sealsock_ech_generate(long_name, NULL, 0, pem, sizeof(pem)), SEALSOCK_ERR_INVALID,
	       "a public name over 255");
}

static int64_t now = TEST_NOW;

static int64_t moving(void *arg)
{
	(void)arg;
	return now;
}

static void write_file(const char *path, const char *a, const char *b)
{
	char tmp[256];
	FILE *f;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "w");
	NEED(f && fputs(a, f) >= 0 && fputs(b, f) >= 0 && !fclose(f) && !rename(tmp, path));
}

/* Does the server with @sc open what is sealed with the list of @p? And what does it tell? */
static enum sealsock_ech opens(struct sealsock_config *sc, const struct ech_pair *p,
			       const struct ech_pair *told)
{
	struct sealsock_config *cc = ech_client(p);
	struct sealsock_conn *c = ech_conn(cc), *s = sealsock_conn_new(sc);
	enum sealsock_ech r;
	const void *list;
	size_t n;

	shake_hands(c, s, 0);
	r = ech_of(s);
	list = sealsock_conn_ech_retry(c, &n);
	if (r == SEALSOCK_ECH_REJECTED)
		ok_mem(list ? list : "", n, told->list, told->list_len, "it tells its first list");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	return r;
}

static void rotated(void)
{
	struct sealsock_env env = test_env;
	struct sealsock_config *sc = sealsock_config_new(SEALSOCK_SERVER);
	const struct identity *id = test_server(CERT_P256);
	char path[] = "/tmp/ech-keys-XXXXXX";
	struct ech_pair a, b, c;
	int fd = mkstemp(path);

	NEED(fd >= 0);
	close(fd);
	ech_pair_make(&a, NULL, ECH_PUBLIC);
	ech_pair_make(&b, "secp256r1", ECH_PUBLIC);
	ech_pair_make(&c, NULL, ECH_PUBLIC);
	env.now = moving;
	write_file(path, a.pem, "");
	NEED(!sealsock_config_env(sc, &env) &&
	     !sealsock_config_cert_mem(sc, id->cert_pem, strlen(id->cert_pem), id->key_pem,
				       strlen(id->key_pem)));
	ok_int(sealsock_config_ech_keys_file(sc, path), 0, "a file");
	ok_int(opens(sc, &a, &a), SEALSOCK_ECH_ACCEPTED, "its key opens");
	ok_int(opens(sc, &b, &a), SEALSOCK_ECH_REJECTED, "another does not");
	write_file(path, b.pem, a.pem);
	now += 2;
	ok_int(opens(sc, &b, &b), SEALSOCK_ECH_ACCEPTED, "a new key before it opens");
	ok_int(opens(sc, &a, &b), SEALSOCK_ECH_ACCEPTED, "and the old one");
	ok_int(opens(sc, &c, &b), SEALSOCK_ECH_REJECTED, "a third does not");
	write_file(path, "rubbish", "");
	now += 2;
	ok_int(opens(sc, &b, &b), SEALSOCK_ECH_ACCEPTED, "rubbish leaves the keys as they are");
	unlink(path);
	now += 2;
	ok_int(opens(sc, &a, &b), SEALSOCK_ECH_ACCEPTED, "and so does no file");
	write_file(path, c.pem, "");
	now += 2;
	ok_int(opens(sc, &c, &c), SEALSOCK_ECH_ACCEPTED, "a file with only a new one");
	ok_int(opens(sc, &a, &c), SEALSOCK_ECH_REJECTED, "the old one is gone");
	unlink(path);
	sealsock_config_unref(sc);
}

/* Two keys with one number: both are tried. */
static void same_id(void)
{
	struct sealsock_config *sc;
	struct ech_pair a, b;
	unsigned int i;

	ech_pair_make(&a, NULL, ECH_PUBLIC);
	for (i = 0; i < 5000; i++) {
		ech_pair_make(&b, NULL, ECH_PUBLIC);
		if (a.list[6] == b.list[6])
			break;
	}
	ok(a.list[6] == b.list[6], "two configurations of one number");
	sc = ech_server(&a);
	NEED(!sealsock_config_ech_keys_mem(sc, b.pem, b.pem_len));
	ok_int(opens(sc, &b, &a), SEALSOCK_ECH_ACCEPTED, "the second opens");
	sealsock_config_unref(sc);
}

int main(void)
{
	lists();
	long_name();
	chosen();
	setters();
	generated();
	rotated();
	same_id();
	free_test_identities();
	return done();
}
