// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "keep_sign.h"

enum {
	SPACES = 64, CONTEXT = 33, TLS12 = 0x0303, TLS13 = 0x0304,
	CURVE_NAMED = 3, VALUE_MAX = 1024, MESSAGE_HEAD = 4,
};

static const char contexts[2][CONTEXT + 1] = {
	"TLS 1.3, client CertificateVerify", "TLS 1.3, server CertificateVerify",
};

/* RFC 8446 §4.4.3: 64 spaces, the context, a zero, the hash. */
static size_t build13(const struct ipc_sign13 *f, uint8_t *out)
{
	memset(out, ' ', SPACES);
	memcpy(out + SPACES, contexts[f->server], CONTEXT);
	out[SPACES + CONTEXT] = 0;
	memcpy(out + SPACES + CONTEXT + 1, f->hash, f->hash_len);
	return SPACES + CONTEXT + 1 + f->hash_len;
}

static ssize_t sign13(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *sig,
		      size_t room)
{
	uint8_t message[SPACES + CONTEXT + 1 + IPC_HASH_MAX];
	struct ipc_sign13 f;

	if (m->head.len != sizeof(f))
		return SEALSOCK_ERR_INVALID;
	memcpy(&f, m->body, sizeof(f));
	if (f.server > 1 || (f.hash_len != 32 && f.hash_len != 48))
		return SEALSOCK_ERR_INVALID;
	return sealsock_key_sign(key, TLS13, f.scheme, message, build13(&f, message), sig, room);
}

static size_t be16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* RFC 8422 §5.4: a named curve and a point. */
static bool is_ecdhe(const uint8_t *p, size_t n)
{
	return n > 4 && p[0] == CURVE_NAMED && p[3] && n == 4u + p[3];
}

/* RFC 5246 §7.4.3: three numbers, each behind its length. */
static bool is_dhe(const uint8_t *p, size_t n)
{
	size_t len;
	int i;

	for (i = 0; i < 3; i++) {
		if (n < 2)
			return false;
		len = be16(p);
		if (!len || len > VALUE_MAX || len > n - 2)
			return false;
		p += 2 + len;
		n -= 2 + len;
	}
	return !n;
}

static ssize_t sign12(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *sig,
		      size_t room)
{
	uint8_t message[64 + IPC_PARAMS_MAX];
	const uint8_t *params = m->body + sizeof(struct ipc_sign12);
	struct ipc_sign12 f;
	size_t n;

	if (m->head.len < sizeof(f) || m->head.len > sizeof(f) + IPC_PARAMS_MAX)
		return SEALSOCK_ERR_INVALID;
	memcpy(&f, m->body, sizeof(f));
	n = m->head.len - sizeof(f);
	if (!is_ecdhe(params, n) && !is_dhe(params, n))
		return SEALSOCK_ERR_INVALID;
	memcpy(message, f.client_random, 32);
	memcpy(message + 32, f.server_random, 32);
	memcpy(message + 64, params, n);
	return sealsock_key_sign(key, TLS12, f.scheme, message, 64 + n, sig, room);
}

/*
 * RFC 5246 §7.4.8: all messages from the ClientHello to the ClientKeyExchange, each of them whole;
 * which ones may be among them a client has no say in.
 */
static bool is_log(const uint8_t *p, size_t n)
{
	enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, CLIENT_KEY_EXCHANGE = 16 };
	unsigned int count = 0, last = 0;
	size_t len;

	for (; n; count++) {
		if (n < MESSAGE_HEAD)
			return false;
		len = (size_t)p[1] << 16 | be16(p + 2);
		if (len > n - MESSAGE_HEAD || (count == 0 && p[0] != CLIENT_HELLO) ||
		    (count == 1 && p[0] != SERVER_HELLO))
			return false;
		last = p[0];
		p += MESSAGE_HEAD + len;
		n -= MESSAGE_HEAD + len;
	}
	return count > 2 && last == CLIENT_KEY_EXCHANGE;
}

static ssize_t sign12_client(const struct sealsock_key *key, const struct ipc_message *m,
			     uint8_t *sig, size_t room)
{
	struct ipc_sign13 f = { 0 };
	const size_t head = 2 * sizeof(uint16_t);

	if (m->head.len < head || !is_log(m->body + head, m->head.len - head))
		return SEALSOCK_ERR_INVALID;
	memcpy(&f, m->body, head);
	return sealsock_key_sign(key, TLS12, f.scheme, m->body + head, m->head.len - head, sig,
				 room);
}

ssize_t keep_sign(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *signature,
		  size_t room)
{
	switch (m->head.op) {
	case IPC_SIGN13:
		return sign13(key, m, signature, room);
	case IPC_SIGN12:
		return sign12(key, m, signature, room);
	case IPC_SIGN12_CLIENT:
		return sign12_client(key, m, signature, room);
	default:
		return SEALSOCK_ERR_INVALID;
	}
}

ssize_t keep_master(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *master,
		    size_t room)
{
	struct sealsock_request r = { .kind = SEALSOCK_REQUEST_DECRYPT };
	struct ipc_master f;
	int err;

	if (m->head.len < sizeof(f) || room < SEALSOCK_MASTER_SIZE)
		return SEALSOCK_ERR_INVALID;
	memcpy(&f, m->body, sizeof(f));
	if (f.seed_len > sizeof(f.seed) || f.extended > 1)
		return SEALSOCK_ERR_INVALID;
	r.message = m->body + sizeof(f);
	r.message_len = m->head.len - sizeof(f);
	r.version = f.version;
	r.hash = f.hash;
	r.extended = f.extended;
	r.seed = f.seed;
	r.seed_len = f.seed_len;
	err = sealsock_key_master(key, &r, master);
	return err ? err : SEALSOCK_MASTER_SIZE;
}

static enum ipc_op master_fields(const struct sealsock_request *r, uint8_t *body, size_t room,
				 size_t *n)
{
	struct ipc_master f = {
		.version = r->version, .hash = r->hash, .extended = r->extended,
		.seed_len = (uint16_t)r->seed_len,
	};

	*n = sizeof(f) + r->message_len;
	if (*n > room || r->seed_len > sizeof(f.seed))
		return 0;
	memcpy(f.seed, r->seed, r->seed_len);
	memcpy(body, &f, sizeof(f));
	if (r->message_len)
		memcpy(body + sizeof(f), r->message, r->message_len);
	return IPC_MASTER;
}

static enum ipc_op fields13(const struct sealsock_request *r, uint8_t *body, size_t *n)
{
	struct ipc_sign13 f = { .scheme = r->scheme };
	uint8_t message[SPACES + CONTEXT + 1 + IPC_HASH_MAX];

	if (r->message_len <= SPACES + CONTEXT + 1 || r->message_len > sizeof(message))
		return 0;
	f.hash_len = (uint32_t)(r->message_len - SPACES - CONTEXT - 1);
	memcpy(f.hash, (const uint8_t *)r->message + r->message_len - f.hash_len, f.hash_len);
	for (f.server = 0; f.server < 2; f.server++) {
		build13(&f, message);
		if (memcmp(message, r->message, r->message_len))
			continue;
		memcpy(body, &f, sizeof(f));
		*n = sizeof(f);
		return IPC_SIGN13;
	}
	return 0;
}

static enum ipc_op sign_fields(const struct sealsock_request *r, uint8_t *body, size_t room,
			       size_t *n)
{
	struct ipc_sign12 f = { .scheme = r->scheme };
	const uint8_t *p = r->message;
	const size_t head = 2 * sizeof(uint16_t);

	if (room < sizeof(struct ipc_sign13))
		return 0;
	if (fields13(r, body, n))
		return IPC_SIGN13;
	if (r->message_len > 64 && r->message_len <= 64 + IPC_PARAMS_MAX &&
	    (is_ecdhe(p + 64, r->message_len - 64) || is_dhe(p + 64, r->message_len - 64))) {
		memcpy(f.client_random, p, 32);
		memcpy(f.server_random, p + 32, 32);
		*n = sizeof(f) + r->message_len - 64;
		if (*n > room)
			return 0;
		memcpy(body, &f, sizeof(f));
		memcpy(body + sizeof(f), p + 64, r->message_len - 64);
		return IPC_SIGN12;
	}
	*n = head + r->message_len;
	if (*n > room || !is_log(p, r->message_len))
		return 0;
	memcpy(body, &f, head);
	memcpy(body + head, p, r->message_len);
	return IPC_SIGN12_CLIENT;
}

enum ipc_op key_fields(const struct sealsock_request *r, uint8_t *body, size_t room, size_t *n)
{
	switch (r->kind) {
	case SEALSOCK_REQUEST_SIGN:
		return sign_fields(r, body, room, n);
	case SEALSOCK_REQUEST_DECRYPT:
		return master_fields(r, body, room, n);
	default:
		return 0;
	}
}
