// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the keeper signs, and what it does not; sessions; who may use a credential. */
#include "certs.h"
#include "keeper/sessions.h"
#include "keeper/sign.h"
#include "tap.h"
#include "worker/access.h"
#include "worker/fields.h"

static struct sealsock_key *key;
static struct ipc_message m;

static ssize_t sign(enum ipc_op op, size_t n)
{
	uint8_t sig[SEALSOCK_SIGNATURE_MAX];

	m.head.op = op;
	m.head.len = (uint32_t)n;
	return keep_sign(key, &m, sig, sizeof(sig));
}

/* From the message to fields and back; what is no message of a handshake has no fields. */
static void round_trip(const uint8_t *message, size_t n, enum ipc_op want, const char *name)
{
	struct sealsock_request r = {
		.kind = SEALSOCK_REQUEST_SIGN, .scheme = 0x0403, .message = message,
		.message_len = n,
	};
	size_t len = 0;
	enum ipc_op op = key_fields(&r, m.body, sizeof(m.body), &len);

	ok(op == want, "%s: fields", name);
	if (want)
		ok(sign(op, len) > 0, "which are signed");
}

static void messages(void)
{
	uint8_t b[400];

	memset(b, ' ', 64);
	memcpy(b + 64, "TLS 1.3, server CertificateVerify", 34);
	memset(b + 98, 7, 48);
	round_trip(b, 98 + 32, IPC_SIGN13, "TLS 1.3, SHA-256");
	round_trip(b, 98 + 48, IPC_SIGN13, "TLS 1.3, SHA-384");
	memcpy(b + 64, "TLS 1.3, client CertificateVerify", 34);
	round_trip(b, 98 + 32, IPC_SIGN13, "a client's");
	b[0] = 'x';
	round_trip(b, 98 + 32, 0, "another padding");
	b[0] = ' ';
	b[64] = 't';
	round_trip(b, 98 + 32, 0, "another context");
	memset(b, 9, 64);
	memcpy(b + 64, "\3\0\27\4abcd", 8);
	round_trip(b, 72, IPC_SIGN12, "ECDHE");
	round_trip(b, 71, 0, "cut");
	memcpy(b + 64, "\0\1p\0\1g\0\2yy", 10);
	round_trip(b, 74, IPC_SIGN12, "DHE");
	round_trip(b, 75, 0, "with a byte behind it");
	memcpy(b, "\1\0\0\1h\2\0\0\1s\16\0\0\0\20\0\0\1k", 19);
	round_trip(b, 19, IPC_SIGN12_CLIENT, "a client's in TLS 1.2");
	round_trip(b, 14, 0, "without its last message");
	b[0] = 2;
	round_trip(b, 19, 0, "that does not begin with a ClientHello");
	round_trip((const uint8_t *)"pay 1000 to me", 14, 0, "anything else");
}

static void fields(void)
{
	struct ipc_sign13 f = { .scheme = 0x0403, .server = 1, .hash_len = 32 };
	struct ipc_sign12 g = { .scheme = 0x0403 };

	memcpy(m.body, &f, sizeof(f));
	ok(sign(IPC_SIGN13, sizeof(f)) > 0, "fields of TLS 1.3");
	ok_int(sign(IPC_SIGN13, sizeof(f) - 1), SEALSOCK_ERR_INVALID, "too short");
	f.server = 2;
	memcpy(m.body, &f, sizeof(f));
	ok_int(sign(IPC_SIGN13, sizeof(f)), SEALSOCK_ERR_INVALID, "neither client nor server");
	f.server = 0;
	f.hash_len = 64;
	memcpy(m.body, &f, sizeof(f));
	ok_int(sign(IPC_SIGN13, sizeof(f)), SEALSOCK_ERR_INVALID, "a hash of another length");
	f.hash_len = 32;
	f.scheme = 0x0804;
	memcpy(m.body, &f, sizeof(f));
	ok_int(sign(IPC_SIGN13, sizeof(f)), SEALSOCK_ERR_KEY, "another key's scheme");
	memcpy(m.body, &g, sizeof(g));
	memcpy(m.body + sizeof(g), "\1\0\27\4abcd", 8);
	ok_int(sign(IPC_SIGN12, sizeof(g) + 8), SEALSOCK_ERR_INVALID, "an explicit curve");
	ok_int(sign(IPC_SIGN12, sizeof(g)), SEALSOCK_ERR_INVALID, "no parameters");
	memcpy(m.body + 4, "hello", 5);
	ok_int(sign(IPC_SIGN12_CLIENT, 9), SEALSOCK_ERR_INVALID, "no messages");
	ok_int(sign(IPC_SEAL, 9), SEALSOCK_ERR_INVALID, "no signature at all");
}

/* What a ciphertext is, nobody learns: each has a master secret, the same each time. */
static void masters(void)
{
	const struct identity *id = test_server(CERT_RSA);
	uint8_t seed[64] = { 1 }, cipher[256] = { 0x11, 2 }, out[3][SEALSOCK_MASTER_SIZE];
	struct sealsock_request r = {
		.kind = SEALSOCK_REQUEST_DECRYPT, .message = cipher, .message_len = sizeof(cipher),
		.version = 0x0303, .hash = 256, .seed = seed, .seed_len = sizeof(seed),
	};
	struct sealsock_key *rsa;
	size_t n;
	int i;

	NEED(!sealsock_key_mem(id->key_pem, strlen(id->key_pem), id->cert_pem,
			       strlen(id->cert_pem), &rsa));
	for (i = 0; i < 3; i++) {
		cipher[200] = i / 2;
		ok(key_fields(&r, m.body, sizeof(m.body), &n) == IPC_MASTER, "fields of it");
		m.head.len = (uint32_t)n;
		ok_int(keep_master(rsa, &m, out[i], sizeof(out[i])), SEALSOCK_MASTER_SIZE,
		       "a master secret of what is none");
	}
	ok(!memcmp(out[0], out[1], sizeof(out[0])), "the same for the same");
	ok(memcmp(out[0], out[2], sizeof(out[0])), "another for another");
	ok_int(keep_master(rsa, &m, out[0], sizeof(out[0]) - 1), SEALSOCK_ERR_INVALID, "no room");
	m.head.len = sizeof(struct ipc_master) - 1;
	ok_int(keep_master(rsa, &m, out[0], sizeof(out[0])), SEALSOCK_ERR_INVALID, "cut");
	m.head.len = sizeof(struct ipc_master);
	((struct ipc_master *)m.body)->seed_len = 65;
	ok_int(keep_master(rsa, &m, out[0], sizeof(out[0])), SEALSOCK_ERR_INVALID, "a long seed");
	ok_int(keep_master(key, &m, out[0], sizeof(out[0])), SEALSOCK_ERR_INVALID, "whatever key");
	r.message_len = sizeof(m.body);
	ok(!key_fields(&r, m.body, sizeof(m.body), &n), "a ciphertext that is too long");
	r.kind = SEALSOCK_REQUEST_VERIFY;
	ok(!key_fields(&r, m.body, sizeof(m.body), &n), "what takes no key");
	sealsock_key_free(rsa);
}

static void sessions(void)
{
	struct sessions *s = sessions_new(2);
	const struct session_of a = { 1, "host", 4 }, b = { 2, "host", 4 }, c = { 1, "hose", 4 };
	char out[16];

	sessions_put(s, a, "one", 3, 100, 0);
	ok_int(sessions_take(s, b, 0, out, sizeof(out)), 0, "another user's session");
	ok_int(sessions_take(s, c, 0, out, sizeof(out)), 0, "another server's");
	ok(sessions_take(s, a, 0, out, sizeof(out)) == 3 && !memcmp(out, "one", 3), "one's own");
	ok_int(sessions_take(s, a, 0, out, sizeof(out)), 0, "once");
	sessions_put(s, a, "one", 3, 100, 0);
	sessions_put(s, a, "two", 3, 100, 0);
	sessions_put(s, b, "three", 5, 100, 0);
	ok(sessions_count(s) == 2 && sessions_take(s, a, 0, out, sizeof(out)) == 3 &&
	   !memcmp(out, "two", 3), "the oldest went");
	ok_int(sessions_take(s, b, 100, out, sizeof(out)), 0, "one that has expired");
	sessions_put(s, b, "three", 5, 100, 0);
	ok_int(sessions_take(s, b, 0, out, 4), 0, "one without room");
	sessions_put(s, b, "three", 5, 100, 100);
	ok_int(sessions_count(s), 0, "one that has expired is not kept");
	sessions_free(s);
	ok(!sessions_new(0), "none at all");
	sessions_put(NULL, a, "one", 3, 100, 0);
	ok_int(sessions_take(NULL, a, 0, out, 4), 0, "keeps nothing");
}

static void access_rules(void)
{
	static char *paths[] = { "/system.slice/a.service" };
	uint32_t users[] = { 33 }, groups[] = { 50 }, ports[] = { 443 };
	struct sealsock_due due = { .uid = 33, .gid = 33, .local.port = 443,
				    .role.role = SEALSOCK_ROLE_SERVE };
	struct conf_access a = { 0 };

	ok_int(access_check(&a, &due, NULL), ACCESS_REFUSED, "nobody is named: a user");
	due.uid = 0;
	ok_int(access_check(&a, &due, NULL), ACCESS_GIVEN, "and root");
	a.users = (struct conf_numbers){ users, 1 };
	ok_int(access_check(&a, &due, NULL), ACCESS_REFUSED, "root, where others are named");
	due.uid = 33;
	ok_int(access_check(&a, &due, NULL), ACCESS_GIVEN, "one that is");
	due.uid = 34;
	ok_int(access_check(&a, &due, NULL), ACCESS_REFUSED, "one that is not");
	a.groups = (struct conf_numbers){ groups, 1 };
	due.gid = 50;
	ok_int(access_check(&a, &due, NULL), ACCESS_GIVEN, "one of a group");
	a.ports = (struct conf_numbers){ ports, 1 };
	ok_int(access_check(&a, &due, NULL), ACCESS_GIVEN, "at a port");
	due.local.port = 80;
	ok_int(access_check(&a, &due, NULL), ACCESS_REFUSED, "at another port");
	due.role.role = SEALSOCK_ROLE_CONNECT;
	ok_int(access_check(&a, &due, NULL), ACCESS_GIVEN, "which clients do not have");
	a.cgroups = (struct conf_list){ paths, 1 };
	ok_int(access_check(&a, &due, NULL), ACCESS_CGROUP, "a control group that is not known");
	ok_int(access_check(&a, &due, "/system.slice/a.service"), ACCESS_GIVEN, "the one");
	ok_int(access_check(&a, &due, "/system.slice/a.service/b"), ACCESS_GIVEN, "below it");
	ok_int(access_check(&a, &due, "/system.slice/a.services"), ACCESS_REFUSED, "beside it");
	ok_int(access_check(&a, &due, ""), ACCESS_REFUSED, "one that is gone");
	due.gid = 0;
	ok_int(access_check(&a, &due, "/system.slice/a.service"), ACCESS_REFUSED, "another user");
	a.everybody = true;
	ok_int(access_check(&a, &due, "/system.slice/a.service"), ACCESS_GIVEN, "everybody");
}

int main(void)
{
	const struct identity *id = test_server(CERT_P256);

	NEED(!sealsock_key_mem(id->key_pem, strlen(id->key_pem), id->cert_pem,
			       strlen(id->cert_pem), &key));
	messages();
	fields();
	masters();
	sessions();
	access_rules();
	sealsock_key_free(key);
	free_test_identities();
	return done();
}
