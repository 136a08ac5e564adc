// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "form.h"
#include "worker/fields.h"

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
	uint8_t message[FORM13_MAX];

	if (r->message_len <= FORM13_HEAD || r->message_len > sizeof(message))
		return 0;
	f.hash_len = (uint32_t)(r->message_len - FORM13_HEAD);
	memcpy(f.hash, (const uint8_t *)r->message + r->message_len - f.hash_len, f.hash_len);
	for (f.server = 0; f.server < 2; f.server++) {
		form13_build(&f, message);
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
	    form12_is_params(p + 64, r->message_len - 64)) {
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
	if (*n > room || !form12_is_log(p, r->message_len))
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
