/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room keys/: from secrets to keys, and the hash of what was said. It sees crypto/ and below.
 *
 * The key schedule of TLS 1.3 (RFC 8446 §7.1): each step takes what the one before left in @chain.
 *
 *	early     0 → Extract(0, PSK or 0)
 *	handshake Derive-Secret(., "derived") → Extract(., ECDHE)
 *	master    Derive-Secret(., "derived") → Extract(., 0)
 */
#ifndef SEALSOCK_SCHEDULE13_H
#define SEALSOCK_SCHEDULE13_H

#include "crypto/hkdf.h"

struct schedule13 {
	struct secret chain;
};

/* Labels of Derive-Secret, by the names of RFC 8446 §7.1. */
#define LABEL_CLIENT_HS		"c hs traffic"
#define LABEL_SERVER_HS		"s hs traffic"
#define LABEL_CLIENT_AP		"c ap traffic"
#define LABEL_SERVER_AP		"s ap traffic"
#define LABEL_EXPORTER		"exp master"
#define LABEL_RESUMPTION	"res master"

#define LABEL_EXT_BINDER	"ext binder"
#define LABEL_RES_BINDER	"res binder"

/* The early secret of a PSK; NULL: there is none. */
int schedule13_early(struct schedule13 *s, const struct kdf *k, const struct secret *psk);
int schedule13_handshake(struct schedule13 *s, const struct kdf *k, struct bytes shared);
int schedule13_master(struct schedule13 *s, const struct kdf *k);
void schedule13_wipe(struct schedule13 *s);

/* Derive-Secret(chain, label, messages), given the transcript's hash. */
int schedule13_derive(const struct schedule13 *s, const struct kdf *k, const char *label,
		      const uint8_t *transcript_hash, struct secret *out);

/* Traffic key and IV of a secret (§7.3); key_len of the suite, IV of AEAD_NONCE bytes. */
int schedule13_traffic(const struct kdf *k, const struct secret *secret, uint8_t *key,
		       size_t key_len, uint8_t *iv);

/* The next generation's traffic secret (§7.2), in place. */
int schedule13_update(const struct kdf *k, struct secret *secret);

/* verify_data of Finished (§4.4.4): hash_len bytes. */
int schedule13_finished(const struct kdf *k, const struct secret *traffic,
			const uint8_t *transcript_hash, uint8_t *out);

/*
 * The binder of a PSK (§4.2.11.2): hash_len bytes, from its early secret and the hash of the
 * ClientHello up to the binders and what was before it. @label: one of LABEL_…_BINDER.
 */
int schedule13_binder(const struct schedule13 *early, const struct kdf *k, const char *label,
		      const uint8_t *transcript_hash, uint8_t *out);

/* The PSK of a ticket (§4.6.1). */
int schedule13_ticket_psk(const struct kdf *k, const struct secret *resumption,
			  struct bytes nonce, struct secret *psk);

/* The exporter (§7.5): @n bytes. INVALID: @label or @n too long. */
int schedule13_export(const struct kdf *k, const struct secret *exporter, const char *label,
		      struct bytes context, uint8_t *out, size_t n);

#endif
