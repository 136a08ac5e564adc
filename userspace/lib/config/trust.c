// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* By what the trust of a configuration is told from that of others: what sessions are bound to. */
#include "config/config.h"

static int digest(const struct sealsock_config *cfg, const struct bytes *parts, size_t n,
		  uint8_t out[TRUST_ID])
{
	struct hash *h = hash_new();
	int err = h ? hash_start(cfg->crypto, h, HASH_SHA256) : SEALSOCK_ERR_NOMEM;
	size_t i;

	for (i = 0; !err && i < n; i++)
		err = hash_add(h, parts[i].p, parts[i].n);
	if (!err)
		err = hash_end(h, out);
	hash_free(h);
	return err;
}

int config_note_trust(struct sealsock_config *cfg)
{
	uint8_t rest[4] = { (uint8_t)cfg->role, (uint8_t)cfg->verify, cfg->on_verify ? 1 : 0,
			    cfg->has_tag };
	const struct bytes parts[] = {
		{ cfg->anchors_id, sizeof(cfg->anchors_id) }, { rest, sizeof(rest) },
		{ cfg->tag_id, sizeof(cfg->tag_id) }, { cfg->rules_id, sizeof(cfg->rules_id) },
	};

	return digest(cfg, parts, sizeof(parts) / sizeof(parts[0]), cfg->trust_id);
}

int sealsock_config_trust_tag(struct sealsock_config *cfg, const void *tag, size_t n)
{
	const struct bytes part = bytes_of(tag, n);
	struct config_mark mark;
	int err = config_begin(cfg, &mark);

	if (err)
		return err;
	memset(cfg->tag_id, 0, sizeof(cfg->tag_id));
	cfg->has_tag = n;
	if (n)
		err = digest(cfg, &part, 1, cfg->tag_id);
	return config_end(cfg, &mark, err ? err : config_note_trust(cfg));
}
