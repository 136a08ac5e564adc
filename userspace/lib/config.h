/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The configuration as connections see it: read-only, shared. */
#ifndef SEALSOCK_CONFIG_H
#define SEALSOCK_CONFIG_H

#include "crypto/backend.h"
#include "secret.h"

/* A chain and its key. @message: the whole Certificate message, ready to be sent. */
struct credential {
	struct credential *next;
	struct privkey *key;
	struct cert *leaf;
	struct buf message;
};

enum { WIRE_LIST_MAX = 32 };

/* A list of registry numbers as it stands on the wire. */
struct wire_list {
	uint8_t b[2 * WIRE_LIST_MAX];
	uint8_t n;
};

/* Bits of struct sealsock_config's @versions. */
enum { CONFIG_TLS12 = 1, CONFIG_TLS13 = 2 };

struct sealsock_config {
	unsigned int refs;		/* atomic */
	bool frozen;			/* atomic */
	enum sealsock_role role;
	struct sealsock_env env;
	struct crypto *crypto;
	enum sealsock_verify verify;
	struct trust *trust;
	struct credential *creds;
	unsigned int versions;
	struct wire_list suites;
	struct wire_list groups;
	struct wire_list sigalgs;
	struct buf alpn;		/* ProtocolName entries */
	sealsock_keylog_fn keylog;
	void *keylog_arg;
	int keylog_fd;			/* of keylog_file, or -1 */
	sealsock_trace_fn trace;
	void *trace_arg;
	bool trace_secrets;
	char error[256];
};

static inline struct bytes wire_list_of(const struct wire_list *l)
{
	return bytes_of(l->b, l->n);
}

/* Is the version enabled, and is there a suite for it? */
bool config_has_version(const struct sealsock_config *cfg, uint16_t version);

/* The suites of enabled versions, in the order of the configuration. */
void config_offer(const struct sealsock_config *cfg, struct wire_list *out);

/* Notes why a setter failed and returns @code. */
int config_fail(struct sealsock_config *cfg, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* 0, or the code with which a setter must refuse. */
int config_open(struct sealsock_config *cfg);

/* Passes a secret to the key log, if there is one. */
void config_log_secret(const struct sealsock_config *cfg, const char *label,
		       const uint8_t client_random[32], const struct secret *secret);

#endif
