// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "form.h"
#include "keeper/sign.h"

enum { TLS12 = 0x0303, TLS13 = 0x0304 };

static ssize_t sign13(const struct sealsock_key *key, const struct ipc_message *m, uint8_t *sig,
		      size_t room)
{
	uint8_t message[FORM13_MAX];
	struct ipc_sign13 f;

	if (m->head.len != sizeof(f))
		return SEALSOCK_ERR_INVALID;
	memcpy(&f, m->body, sizeof(f));
	if (f.server > 1 || (f.hash_len != 32 && f.hash_len != 48))
		return SEALSOCK_ERR_INVALID;
	return sealsock_key_sign(key, TLS13, f.scheme, message, form13_build(&f, message), sig,
				 room);
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
	if (!form12_is_params(params, n))
		return SEALSOCK_ERR_INVALID;
	memcpy(message, f.client_random, 32);
	memcpy(message + 32, f.server_random, 32);
	memcpy(message + 64, params, n);
	return sealsock_key_sign(key, TLS12, f.scheme, message, 64 + n, sig, room);
}

static ssize_t sign12_client(const struct sealsock_key *key, const struct ipc_message *m,
			     uint8_t *sig, size_t room)
{
	struct ipc_sign13 f = { 0 };
	const size_t head = 2 * sizeof(uint16_t);

	if (m->head.len < head || !form12_is_log(m->body + head, m->head.len - head))
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
