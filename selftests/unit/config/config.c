// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Configurations: what is refused, and with what words; the table of errors. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pair.h"
#include "tap.h"

static struct sealsock_config *cfg;

static void lists(void)
{
	cfg = sealsock_config_new(SEALSOCK_CLIENT);
	ok_int(sealsock_config_ciphers(cfg, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"), 0,
	       "ciphers by name");
	ok(cfg->suites.n == 4 && cfg->suites.b[1] == 2 && cfg->suites.b[3] == 1,
	   "in the order given");
	ok_int(sealsock_config_ciphers(cfg, "TLS_RSA_WITH_RC4_128_MD5"), SEALSOCK_ERR_NAME,
	       "unknown cipher");
	ok(strstr(sealsock_config_error(cfg), "RC4"), "is named in the error");
	ok(cfg->suites.n == 4, "and changes nothing");
	ok_int(sealsock_config_ciphers(cfg, ""), SEALSOCK_ERR_INVALID, "no cipher");
	ok_int(sealsock_config_ciphers(cfg, "TLS_AES_128_GCM_SHA256,"), SEALSOCK_ERR_INVALID,
	       "empty name at the end");
	ok_int(sealsock_config_groups(cfg, "x25519,x25519"), SEALSOCK_ERR_INVALID, "group twice");
	ok_int(sealsock_config_groups(cfg, "secp256r1,x25519"), 0, "groups by name");
	ok_int(sealsock_config_groups(cfg, "X25519"), SEALSOCK_ERR_NAME, "names are exact");
	ok_int(sealsock_config_sigalgs(cfg, "ed25519"), 0, "schemes by name");
	ok_int(sealsock_config_sigalgs(cfg, "rsa_pkcs1_sha1"), SEALSOCK_ERR_NAME, "SHA-1 is gone");
	ok_int(sealsock_config_versions(cfg, "TLSv1.3"), 0, "one version");
	ok(cfg->versions == CONFIG_TLS13, "is set");
	ok_int(sealsock_config_versions(cfg, "TLSv1.1"), SEALSOCK_ERR_NAME, "no old version");
	ok_int(sealsock_config_versions(cfg, ""), SEALSOCK_ERR_INVALID, "no version");
	ok_int(sealsock_config_versions(cfg, "TLSv1.3,TLSv1.3"), SEALSOCK_ERR_INVALID,
	       "a version twice");
	ok_int(sealsock_config_alpn(cfg, "h2,http/1.1"), 0, "ALPN");
	ok_int(sealsock_config_alpn(cfg, "h2,,x"), SEALSOCK_ERR_INVALID, "empty protocol");
	ok_int(sealsock_config_alpn(cfg, "h2,"), SEALSOCK_ERR_INVALID, "empty protocol at the end");
	ok(cfg->alpn.n == 12, "a refused list changes nothing");
	ok_int(sealsock_config_alpn(cfg, ""), 0, "ALPN off");
	ok(cfg->alpn.n == 0, "is off");
	sealsock_config_unref(cfg);
}

static void roles(void)
{
	const struct identity *id = test_server(CERT_P256), *other = test_server(CERT_P384);
	const struct identity *p224 = test_server(CERT_P224);
	char words[400];

	ok(!sealsock_config_new((enum sealsock_side)7), "no such role");
	cfg = sealsock_config_new(SEALSOCK_CLIENT);
	ok_int(sealsock_config_check(cfg, words, sizeof(words)), 1, "a client without anchors");
	ok(strstr(words, "config_ca_system"), "is told how to get them");
	ok_int(sealsock_config_check(cfg, words, 5), 1, "words are cut to the buffer");
	ok_int(strlen(words), 4, "and end in NUL");
	ok_int(sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
					strlen(id->key_pem)), 0, "a client may have a certificate");
	ok_int(sealsock_config_client_auth(cfg, SEALSOCK_VERIFY_REQUIRED, NULL),
	       SEALSOCK_ERR_INVALID, "but asks nobody else for one");
	ok_int(sealsock_config_verify(cfg, SEALSOCK_VERIFY_NONE), SEALSOCK_ERR_INVALID,
	       "not verifying is spelt insecure");
	ok_int(sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE), 0, "insecure");
	ok_int(sealsock_config_check(cfg, NULL, 0), 0, "needs no anchors");
	sealsock_config_unref(cfg);

	cfg = sealsock_config_new(SEALSOCK_SERVER);
	ok_int(sealsock_config_check(cfg, words, sizeof(words)), 1, "a server without certificate");
	ok_int(sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE), SEALSOCK_ERR_INVALID,
	       "a server verifies clients, or asks for nothing");
	ok_int(sealsock_config_verify(cfg, SEALSOCK_VERIFY_REQUIRED), 0, "it may require them");
	ok_int(sealsock_config_check(cfg, words, sizeof(words)), 2, "but then needs anchors");
	ok_int(sealsock_config_client_auth(cfg, SEALSOCK_VERIFY_NONE, "/nonexistent"),
	       SEALSOCK_ERR_FILE, "a list of authorities that is not there");
	ok_int(cfg->verify, SEALSOCK_VERIFY_REQUIRED, "changes nothing");
	ok_int(sealsock_config_verify(cfg, SEALSOCK_VERIFY_NONE), 0, "or ask for nothing again");
	ok_int(sealsock_config_cert_mem(cfg, "x", 1, id->key_pem, strlen(id->key_pem)),
	       SEALSOCK_ERR_PEM, "no certificate in the text");
	ok_int(sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), "x", 1),
	       SEALSOCK_ERR_PEM, "no key in the text");
	ok_int(sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), other->key_pem,
					strlen(other->key_pem)), SEALSOCK_ERR_KEY,
	       "another certificate's key");
	ok_int(sealsock_config_cert_mem(cfg, p224->cert_pem, strlen(p224->cert_pem), p224->key_pem,
					strlen(p224->key_pem)), SEALSOCK_ERR_KEY,
	       "a key without a scheme here");
	ok_int(sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem) - 30, id->key_pem,
					strlen(id->key_pem)), SEALSOCK_ERR_PEM, "PEM cut off");
	ok_int(sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
					strlen(id->key_pem)), 0, "certificate and key");
	ok_int(sealsock_config_sigalgs(cfg, "ed25519"), 0, "a scheme that it has no key for");
	ok_int(sealsock_config_check(cfg, words, sizeof(words)), 1, "is complained about");
	sealsock_config_unref(cfg);
}

static void frozen(void)
{
	struct sealsock_conn *c;

	cfg = client_config();
	ok_int(sealsock_config_env(cfg, &test_env), SEALSOCK_ERR_STATE,
	       "config_env after another setter");
	c = client_conn(cfg);
	ok_int(sealsock_config_alpn(cfg, "h2"), SEALSOCK_ERR_FROZEN, "frozen: alpn");
	ok_int(sealsock_config_ca_mem(cfg, "", 0), SEALSOCK_ERR_FROZEN, "frozen: ca_mem");
	ok_int(sealsock_config_ca_file(cfg, "/"), SEALSOCK_ERR_FROZEN, "frozen: ca_file");
	ok_int(sealsock_config_groups(cfg, "x25519"), SEALSOCK_ERR_FROZEN, "frozen: groups");
	ok_int(sealsock_config_verify(cfg, SEALSOCK_VERIFY_INSECURE), SEALSOCK_ERR_FROZEN,
	       "frozen: verify");
	ok_int(sealsock_config_keylog(cfg, NULL, NULL), SEALSOCK_ERR_FROZEN, "frozen: keylog");
	ok_int(sealsock_config_env(cfg, &test_env), SEALSOCK_ERR_FROZEN, "frozen: env");
	ok_int(sealsock_conn_set_host(c, "a..b"), SEALSOCK_ERR_INVALID, "not a host name");
	sealsock_config_unref(cfg);
	ok_int(sealsock_conn_state(c), SEALSOCK_STATE_WANT_OUT,
	       "a connection keeps its configuration");
	sealsock_conn_free(c);
	sealsock_conn_free(NULL);
	sealsock_config_unref(NULL);
}

static void files(void)
{
	char dir[] = "/tmp/sealsock-test-XXXXXX", path[100], line[600] = "";
	const struct identity *id = test_server(CERT_P256);
	struct sealsock_conn *c, *s;
	struct sealsock_config *sc;
	struct stat st;
	unsigned int lines = 0;
	FILE *f;

	if (!mkdtemp(dir)) {
		ok(false, "a directory for files");
		return;
	}
	cfg = sealsock_config_new(SEALSOCK_SERVER);
	ok_int(sealsock_config_cert_file(cfg, "/nonexistent/chain", "/nonexistent/key"),
	       SEALSOCK_ERR_FILE, "no such file");
	ok(strstr(sealsock_config_error(cfg), "/nonexistent/chain: No such file"),
	   "is named with the reason");
	snprintf(path, sizeof(path), "%s/both.pem", dir);
	f = fopen(path, "w");
	fprintf(f, "text before\n%s%s%s", id->key_pem, id->cert_pem, test_ca()->cert_pem);
	fclose(f);
	ok_int(sealsock_config_cert_file(cfg, path, path), 0, "chain and key in one file");
	ok_int(sealsock_config_cert_file(cfg, path, dir), SEALSOCK_ERR_FILE, "a directory");
	sealsock_config_unref(cfg);
	cfg = sealsock_config_new(SEALSOCK_CLIENT);
	sealsock_config_env(cfg, &test_env);
	ok_int(sealsock_config_ca_file(cfg, path), 0, "anchors from a file");
	setenv("SSL_CERT_FILE", path, 1);
	ok_int(sealsock_config_ca_system(cfg), 0, "the system's, where SSL_CERT_FILE says");
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	ok_int(sealsock_config_ca_system(cfg), SEALSOCK_ERR_FILE, "which may be wrong");
	unsetenv("SSL_CERT_FILE");
	setenv("SSL_CERT_DIR", dir, 1);
	ok_int(sealsock_config_ca_system(cfg), SEALSOCK_ERR_FILE, "a directory without any");
	unsetenv("SSL_CERT_DIR");
	unlink(path);

	snprintf(path, sizeof(path), "%s/keys", dir);
	ok_int(sealsock_config_keylog_file(cfg, dir), SEALSOCK_ERR_FILE, "key log: a directory");
	ok_int(sealsock_config_keylog_file(cfg, path), 0, "key log");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "is for its owner only");
	sc = server_config(CERT_P256);
	c = client_conn(cfg);
	s = sealsock_conn_new(sc);
	ok(shake_hands(c, s, 0), "handshake");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(sc);
	sealsock_config_unref(cfg);
	f = fopen(path, "r");
	while (fgets(line, sizeof(line), f))
		lines++;
	fclose(f);
	ok(lines == 5 && strlen(line) > 140, "five lines in the key log");
	unlink(path);
	rmdir(dir);
}

static void errors(void)
{
	bool good = true;
	int code;

	for (code = 0; code > -SEALSOCK_ERRORS; code--) {
		int status = sealsock_exit_code(code), alert = sealsock_error_alert(code);

		good &= strncmp(sealsock_error_name(code), "SEALSOCK_", 9) == 0 &&
			strcmp(sealsock_strerror(code), "unknown error") != 0 &&
			(status == 0 || (status >= 2 && status <= 6)) && (code || status == 0) &&
			(alert < 0 || strcmp(sealsock_alert_name(alert), "unknown") != 0);
		if (!good) {
			printf("# code %d\n", code);
			break;
		}
	}
	ok(good, "every code has a name, a text, an exit status");
	ok(!strcmp(sealsock_strerror(-1000), "unknown error") &&
	   !strcmp(sealsock_strerror(1), "unknown error") && sealsock_exit_code(1) == 3 &&
	   sealsock_error_alert(-1000) == -1, "other numbers have none");
	ok(!strcmp(sealsock_alert_name(40), "handshake_failure") &&
	   !strcmp(sealsock_alert_name(255), "unknown"), "alerts have names");
	ok(!strcmp(sealsock_suite_name(0x1301), "TLS_AES_128_GCM_SHA256") &&
	   !sealsock_suite_name(0x1399), "suites have names");
}

static void misuse(void)
{
	struct sealsock_conn *c;
	const void *p;
	size_t n;
	char b;

	cfg = client_config();
	c = sealsock_conn_new(cfg);
	ok_int(sealsock_conn_output(c, &p, &n), SEALSOCK_ERR_NO_HOST,
	       "no handshake without a name to verify");
	ok_int(sealsock_conn_state(c), SEALSOCK_STATE_FAILED, "is a failure");
	sealsock_conn_free(c);
	c = client_conn(cfg);
	ok_int(sealsock_conn_want(c), 0, "a client wants nothing before its first bytes");
	ok_int(sealsock_conn_write(c, "x", 1), SEALSOCK_ERR_STATE, "no data before the handshake");
	ok_int(sealsock_conn_read(c, &b, 1), SEALSOCK_ERR_STATE, "neither way");
	ok_int(sealsock_conn_rekey(c, false), SEALSOCK_ERR_STATE, "no key update either");
	ok_int(sealsock_release(c), SEALSOCK_ERR_STATE, "nothing to release");
	sealsock_conn_output(c, &p, &n);
	ok_int(sealsock_conn_want(c), 5, "then it wants a header");
	ok_int(sealsock_conn_set_host(c, "other"), SEALSOCK_ERR_STATE, "too late for a name");
	ok_int(sealsock_conn_sent(c, n + 1), SEALSOCK_ERR_INVALID, "more sent than there was");
	ok_int(sealsock_conn_close(c), 0, "closing in the middle of the handshake");
	sealsock_conn_free(c);
	sealsock_config_unref(cfg);
}

int main(void)
{
	lists();
	roles();
	frozen();
	files();
	errors();
	misuse();
	free_test_identities();
	return done();
}
