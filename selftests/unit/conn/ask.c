// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the engine asks of its caller: signatures, verdicts, the choice of configuration. */
#include <openssl/evp.h>

#include "expect.h"
#include "mutual.h"
#include "tap.h"

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static int later = SEALSOCK_WANT_ANSWER, called;

static void open_both(void)
{
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
}

static void close_both(void)
{
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

static struct sealsock_config *signer(enum sealsock_side role, const struct identity *id)
{
	struct sealsock_config *cfg = role == SEALSOCK_CLIENT ? client_config() :
							       sealsock_config_new(role);

	if (role == SEALSOCK_SERVER)
		sealsock_config_env(cfg, &test_env);
	ok_int(sealsock_config_cert_signer(cfg, id->cert_pem, strlen(id->cert_pem), id->pkey), 0,
	       "a chain whose key is elsewhere");
	return cfg;
}

/* Signs with libcrypto what is asked for; the scheme is ecdsa_secp256r1_sha256. */
static size_t sign(const struct sealsock_request *r, uint8_t *sig, size_t room)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = room;

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, r->key) != 1 ||
	    EVP_DigestSign(ctx, sig, &n, r->message, r->message_len) != 1)
		n = 0;
	EVP_MD_CTX_free(ctx);
	return n;
}

/* Carries until @who waits for an answer. */
static bool until_waits(struct sealsock_conn *who, size_t chunk)
{
	size_t there, back;

	do {
		carry(c, s, chunk, &there);
		carry(s, c, chunk, &back);
	} while (there || back);
	return sealsock_conn_state(who) == SEALSOCK_STATE_WANT_ANSWER;
}

static void answer_signature(struct sealsock_conn *who)
{
	struct sealsock_request r;
	uint8_t sig[200];
	size_t used, n;

	ok(sealsock_conn_request(who, &r) == 0 && r.kind == SEALSOCK_REQUEST_SIGN &&
	   r.scheme == 0x0403 && !strcmp(r.scheme_name, "ecdsa_secp256r1_sha256"),
	   "the request names the scheme");
	ok(r.message_len == 64 + 33 + 1 + 32 && !memcmp(r.message, "    ", 4) &&
	   memmem(r.message, r.message_len, "CertificateVerify", 17),
	   "and has the whole message, not a digest");
	ok(sealsock_conn_feed(who, "x", 1, &used) == 0 && used == 0 &&
	   sealsock_conn_want(who) == 0, "nothing is taken in the meantime");
	n = sign(&r, sig, sizeof(sig));
	ok_int(sealsock_conn_answer(who, 0, sig, n), 0, "the signature goes in");
	ok_int(sealsock_conn_answer(who, 0, sig, n), SEALSOCK_ERR_STATE, "once");
	ok_int(sealsock_conn_request(who, &r), SEALSOCK_ERR_STATE, "nothing else is asked");
}

static void signatures(size_t chunk)
{
	cc = client_config();
	sc = signer(SEALSOCK_SERVER, test_server(CERT_P256));
	open_both();
	ok(until_waits(s, chunk), "the server waits for its signature, chunk %zu", chunk);
	answer_signature(s);
	ok(shake_hands(c, s, chunk), "the handshake completes");
	close_both();

	cc = signer(SEALSOCK_CLIENT, test_client());
	sc = mutual_server();
	open_both();
	ok(until_waits(c, chunk), "a client waits for its signature");
	answer_signature(c);
	ok(shake_hands(c, s, chunk), "the handshake completes");
	close_both();
}

static void no_signature(void)
{
	size_t moved;
	int err;

	cc = client_config();
	sc = signer(SEALSOCK_SERVER, test_server(CERT_P256));
	open_both();
	until_waits(s, 0);
	err = sealsock_conn_answer(s, SEALSOCK_ERR_CRYPTO, NULL, 0);
	expect_failure(s, err, SEALSOCK_ERR_CRYPTO, "a signer that fails");
	close_both();

	cc = client_config();
	sc = signer(SEALSOCK_SERVER, test_server(CERT_P256));
	open_both();
	until_waits(s, 0);
	ok_int(sealsock_conn_answer(s, 0, "not a signature", 15), 0, "a signer that lies");
	err = carry(s, c, 0, &moved);
	expect_failure(c, err, SEALSOCK_ERR_BAD_SIGNATURE, "is found out by the client");
	close_both();

	cc = client_config();
	sc = signer(SEALSOCK_SERVER, test_server(CERT_P256));
	open_both();
	until_waits(s, 0);
	err = sealsock_conn_answer(s, 0, "", 0);
	expect_failure(s, err, SEALSOCK_ERR_CRYPTO, "an empty signature");
	close_both();
}

static int verdict(void *arg, struct sealsock_conn *conn)
{
	size_t n;

	called += sealsock_conn_peer_cert(conn, 0, &n) ? 1 : 0;
	return *(int *)arg;
}

static void verdicts(void)
{
	int accept = 0, reject = SEALSOCK_ERR_REJECTED;
	struct sealsock_request r;
	size_t moved;
	int err;

	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_on_verify(cc, verdict, &accept);
	open_both();
	called = 0;
	ok(shake_hands(c, s, 0) && called == 1, "the application accepts the server");
	close_both();

	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_on_verify(cc, verdict, &reject);
	open_both();
	carry(c, s, 0, &moved);
	err = carry(s, c, 0, &moved);
	expect_failure(c, err, SEALSOCK_ERR_REJECTED, "the application refuses the server");
	close_both();

	cc = client_config();
	sc = server_config(CERT_P384);
	sealsock_config_on_verify(cc, verdict, &later);
	open_both();
	ok(until_waits(c, 1), "the application wants to think about it");
	ok(sealsock_conn_request(c, &r) == 0 && r.kind == SEALSOCK_REQUEST_VERIFY,
	   "the request is for a verdict");
	ok_int(sealsock_conn_answer(c, 0, NULL, 0), 0, "and accepts");
	ok(shake_hands(c, s, 1), "the handshake completes");
	close_both();

	cc = mutual_client();
	sc = mutual_server();
	sealsock_config_on_verify(sc, verdict, &later);
	open_both();
	ok(until_waits(s, 0), "a server's application thinks about the client");
	err = sealsock_conn_answer(s, SEALSOCK_ERR_REJECTED, NULL, 0);
	expect_failure(s, err, SEALSOCK_ERR_REJECTED, "and refuses it");
	close_both();

	/* Only what the built-in checks let pass is asked about. */
	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_on_verify(cc, verdict, &accept);
	called = 0;
	c = sealsock_conn_new(cc);
	sealsock_conn_set_host(c, "other.test");
	s = sealsock_conn_new(sc);
	carry(c, s, 0, &moved);
	err = carry(s, c, 0, &moved);
	expect_failure(c, err, SEALSOCK_ERR_CERT_NAME, "it cannot accept another host's");
	ok_int(called, 0, "and is not asked");
	close_both();
}

static struct sealsock_config *other;

static int choose(void *arg, struct sealsock_conn *conn, const struct sealsock_hello *hello,
		  struct sealsock_config **use)
{
	int r = *(int *)arg;

	(void)conn;
	called += hello->sni && !strcmp(hello->sni, "localhost") && hello->version_count >= 1 &&
		  hello->versions[0] == 0x0304 && hello->alpn_len > 3 &&
		  !memcmp(hello->alpn + hello->alpn_len - 3, "\2h2", 3);
	if (r == 0)
		*use = other;
	return r;
}

static void start_choice(int *arg)
{
	cc = client_config();
	sealsock_config_alpn(cc, "h2");
	sc = server_config(CERT_P256);
	sealsock_config_on_hello(sc, choose, arg);
	other = server_config(CERT_ED25519);
	called = 0;
	open_both();
}

static void choices(void)
{
	int now = 0, no = SEALSOCK_ERR_UNKNOWN_HOST, err;
	struct sealsock_info info;
	size_t moved;

	start_choice(&now);
	ok(shake_hands(c, s, 0) && called == 1, "another configuration is chosen");
	sealsock_conn_info(s, &info);
	ok(!strcmp(info.sigscheme_name, "ed25519"), "and used");
	sealsock_config_unref(other);
	close_both();

	start_choice(&no);
	err = carry(c, s, 0, &moved);
	expect_failure(s, err, SEALSOCK_ERR_UNKNOWN_HOST, "no configuration for this host");
	sealsock_config_unref(other);
	close_both();

	start_choice(&later);
	ok(until_waits(s, 1), "the choice comes later");
	ok_int(sealsock_conn_answer_config(s, cc), SEALSOCK_ERR_INVALID, "not a client's");
	ok_int(sealsock_conn_answer_config(s, other), 0, "with a configuration");
	sealsock_config_unref(other);
	ok(shake_hands(c, s, 1) && called == 1, "the handshake completes");
	sealsock_conn_info(s, &info);
	ok(!strcmp(info.sigscheme_name, "ed25519"), "with it");
	close_both();

	start_choice(&later);
	sealsock_config_groups(other, "secp256r1");
	until_waits(s, 0);
	sealsock_conn_answer_config(s, other);
	ok(shake_hands(c, s, 0) && called == 1, "with a retry it is asked once");
	sealsock_config_unref(other);
	close_both();
}

int main(void)
{
	signatures(0);
	signatures(1);
	no_signature();
	verdicts();
	choices();
	free_test_identities();
	return done();
}
