// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What client and server of Encrypted Client Hello do alike. */
#include "hs/common13.h"
#include "hs/ech.h"

int ech_new(struct hs *hs)
{
	struct ech *e = mem_zalloc(hs->ch->env, sizeof(*e));

	if (!e)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "beginning Encrypted Client Hello");
	buf_init(&e->inner, hs->ch->env);
	buf_init(&e->plain, hs->ch->env);
	buf_init(&e->sent, hs->ch->env);
	hs->ech = e;
	return 0;
}

void ech_free(struct hs *hs)
{
	struct ech *e = hs->ech;

	if (!e)
		return;
	hpke_close(&e->hpke);
	buf_free(&e->inner);
	buf_free(&e->plain);
	buf_free(&e->sent);
	mem_free(hs->ch->env, e, sizeof(*e));
	hs->ech = NULL;
}

int ech_confirm(struct hs *hs, struct bytes random, struct bytes more, struct bytes message,
		const uint8_t *at, uint8_t out[ECH_CONFIRMATION])
{
	static const uint8_t zeros[ECH_CONFIRMATION];
	const struct kdf *kdf = &hs->transcript.kdf;
	const uint8_t *rest = at + ECH_CONFIRMATION;
	const struct bytes parts[] = {
		more, bytes_of(message.p, (size_t)(at - message.p)), bytes_of(zeros, sizeof(zeros)),
		bytes_of(rest, (size_t)(message.p + message.n - rest)),
	};
	bool retry = memcmp(message.p + MSG_HEADER + 2, hello_retry_random, HELLO_RANDOM) == 0;
	uint8_t digest[HASH_MAX];
	struct secret secret;
	int err = hash_copy(kdf->scratch, hs->transcript.hash);
	size_t i;

	for (i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = hash_add(kdf->scratch, parts[i].p, parts[i].n);
	if (!err)
		err = hash_end(kdf->scratch, digest);
	if (!err)
		err = hkdf_extract(kdf, bytes_of(NULL, 0), random, &secret);
	if (!err)
		err = hkdf_expand_label(kdf, &secret, retry ? "hrr ech accept confirmation" :
						      "ech accept confirmation",
					bytes_of(digest, hash_len(kdf->hash)), out,
					ECH_CONFIRMATION);
	secret_wipe(&secret);
	return err ? hs_internal(hs, err, "computing the confirmation of ECH") : 0;
}
