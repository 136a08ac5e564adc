// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The client of Encrypted Client Hello (RFC 9849 §6). */
#include "hs/common13.h"
#include "hs/ech.h"

enum { PAD_TO = 32, NAME_OVERHEAD = 9 };

static const struct hpke_suite grease_suites[] = {
	{ HPKE_KEM_X25519, HPKE_SHA256, HPKE_AES_128_GCM },
	{ HPKE_KEM_X25519, HPKE_SHA256, HPKE_CHACHA20_POLY1305 },
};

/*
 * A key of our own for one connection. With @c NULL it is for nobody (§6.2): the extension without
 * meaning, from which the one with cannot be told. It is a real key all the same: of 32 random
 * bytes one in sixteen is a public key of X25519, which whoever looks on can tell, as he can a key
 * that is used again or made from the one before.
 */
static int make_key(struct hs *hs, const struct ech_config *c)
{
	const struct crypto *crypto = hs->ch->cfg->crypto;
	struct hash *scratch = hs->transcript.kdf.scratch;
	struct secret shared = { .n = 0 };
	struct ech *e = hs->ech;
	struct kex *own = NULL;
	int err = kex_new(crypto, hs->ch->env, hpke_group(e->suite.kem), &own);

	if (!err) {
		e->enc_len = (uint8_t)kex_share(own).n;
		memcpy(e->enc, kex_share(own).p, e->enc_len);
	}
	if (!err && c)
		err = hpke_kem(crypto, scratch, own, c->key, true, &shared);
	if (!err && c)
		err = ech_setup(crypto, scratch, c, &e->suite, &shared, true, &e->hpke);
	secret_wipe(&shared);
	kex_free(own);
	return err ? hs_internal(hs, err, "sealing to the server's ECH key") : 0;
}

int ech_client_start(struct hs *hs)
{
	const struct sealsock_config *cfg = hs->ch->cfg;
	const struct buf *list = hs->ech_list_set ? &hs->ech_list : &cfg->ech_list;
	struct hpke_suite suite;
	struct ech_config c;
	bool real = ech_choose(bytes_of(list->p, list->n), &c, &suite);
	char name[256] = "";
	struct ech *e;

	if (!config_has_version(cfg, VERSION_TLS13) || (!real && !(cfg->grease && cfg->ech_grease)))
		return 0;
	if (ech_new(hs) || hs_random(hs, hs->ech->random[1], HELLO_RANDOM))
		return hs->ch->failure.code;
	e = hs->ech;
	memcpy(e->random[0], hs->random, HELLO_RANDOM);
	if (real) {	/* §6.1: from here on the public name is all that is seen */
		memcpy(name, c.public_name.p, c.public_name.n);
		if (!host_parse(name, &e->public_name) || e->public_name.kind != HOST_DNS)
			return hs_internal(hs, SEALSOCK_ERR_INVALID,
					   "reading the public name of ECH");
		e->max_name = c.max_name;
	} else {	/* the inner one's random is not sent */
		c.id = e->random[1][0];
		suite = grease_suites[e->random[1][1] & 1];
	}
	e->id = c.id;
	e->suite = suite;
	hs->result->ech = real ? SEALSOCK_ECH_OFFERED : SEALSOCK_ECH_GREASE;
	return make_key(hs, real ? &c : NULL);
}

/* §6.1.3 */
int ech_pad(struct hs *hs)
{
	struct ech *e = hs->ech;
	size_t name = hs->host->kind == HOST_DNS ? strlen(hs->host->name) : 0, n = 0;

	if (!name)
		n = e->max_name + NAME_OVERHEAD;
	else if (e->max_name > name)
		n = e->max_name - name;
	n += PAD_TO - 1 - (e->plain.n - MSG_HEADER + n - 1) % PAD_TO;
	if (!buf_reserve(&e->plain, n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
	memset(e->plain.p + e->plain.n, 0, n);
	e->plain.n += n;
	return 0;
}

int ech_outer(struct hs *hs, struct ext_set *set)
{
	struct ech *e = hs->ech;
	struct builder w = { .buf = &e->sent };
	size_t n = e->plain.n - MSG_HEADER + AEAD_TAG;
	bool again = hs->retried && ech_state(hs) == SEALSOCK_ECH_ACCEPTED;

	set->present |= EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
	/* Without meaning, or in vain: the second is the first (§6.2). */
	if (!hs->retried || again) {
		e->sent.n = 0;
		wr_u8(&w, 0);
		wr_u16(&w, e->suite.kdf);
		wr_u16(&w, e->suite.aead);
		wr_u8(&w, e->id);
		wr_vec16(&w, bytes_of(e->enc, again ? 0 : e->enc_len));
		wr_u16(&w, (uint16_t)n);
		if (w.bad || n > 0xffff || !buf_reserve(&e->sent, n))
			return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making the ClientHello");
		memset(e->sent.p + e->sent.n, 0, n);
		e->sent.n += n;
		if (ech_state(hs) == SEALSOCK_ECH_GREASE &&
		    hs_random(hs, e->sent.p + e->sent.n - n, n))
			return hs->ch->failure.code;
	}
	set->ech = bytes_of(e->sent.p, e->sent.n);
	return 0;
}

/* §6.1.1: the payload, zeros so far, is the end of the extension. */
int ech_seal(struct hs *hs, struct buf *hello)
{
	struct ech *e = hs->ech;
	struct bytes body = bytes_of(hello->p + MSG_HEADER, hello->n - MSG_HEADER), ext;
	struct bytes plain = bytes_of(e->plain.p + MSG_HEADER, e->plain.n - MSG_HEADER);
	size_t n = plain.n + AEAD_TAG;
	struct client_hello ch;
	int err = SEALSOCK_ERR_CRYPTO;

	if (!client_hello_parse(body, &ch) &&
	    ext_block_find(ch.ext_block, ext_type(EXT_ENCRYPTED_CLIENT_HELLO), &ext) && ext.n > n)
		err = hpke_seal(&e->hpke, body, plain,
				hello->p + (ext.p - hello->p) + (ext.n - n));
	if (err)
		return hs_internal(hs, err, "sealing the ClientHello");
	memcpy(e->sent.p, ext.p, ext.n);
	return 0;
}

/* The server took the inner ClientHello: it was the one all along. */
static void accept(struct hs *hs)
{
	struct ech *e = hs->ech;
	struct buf outer = hs->hello;

	hs->hello = e->inner;
	e->inner = outer;
	memcpy(hs->random, e->random[1], HELLO_RANDOM);
	hs->offered = e->offered;
	hs->result->ech = SEALSOCK_ECH_ACCEPTED;
}

/* It did not, or does not know of any: what only the inner one offered was not offered. */
int ech_reject(struct hs *hs)
{
	if (ech_state(hs) != SEALSOCK_ECH_OFFERED)
		return 0;
	hs->host = &hs->ech->public_name;
	session_wipe(&hs->session);
	hs->psk_count = 0;
	hpke_close(&hs->ech->hpke);
	hs->result->ech = SEALSOCK_ECH_REJECTED;
	return 0;
}

/* Where the confirmation stands in the whole message; NULL: a HelloRetryRequest without one. */
static const uint8_t *find_proof(const struct server_hello *sh)
{
	struct bytes ext;

	if (!sh->retry)
		return sh->random.p + HELLO_RANDOM - ECH_CONFIRMATION;
	/* Of another length it fails when it is parsed. */
	return ext_block_find(sh->ext_block, ext_type(EXT_ENCRYPTED_CLIENT_HELLO), &ext) &&
	       ext.n == ECH_CONFIRMATION ? ext.p : NULL;
}

int ech_settle(struct hs *hs, const struct server_hello *sh)
{
	const struct suite *suite = suite_find(sh->suite);
	bool again = hs->retried && ech_state(hs) == SEALSOCK_ECH_ACCEPTED;
	struct ech *e = hs->ech;
	uint8_t want[ECH_CONFIRMATION];
	struct bytes inner;
	const uint8_t *at;
	int err;

	if (!ech_has_inner(hs) || !suite || suite->version != VERSION_TLS13)
		return 0;	/* another suite fails elsewhere */
	at = find_proof(sh);
	if (!at)
		return ech_reject(hs);
	inner = bytes_of(e->inner.p, e->inner.n);
	/* After a HelloRetryRequest the transcript is that of the inner hello already. */
	if (!again && (transcript_start(&hs->transcript, suite->hash) ||
		       transcript_add(&hs->transcript, inner) ||
		       (sh->retry && transcript_fold(&hs->transcript))))
		return hs_internal(hs, SEALSOCK_ERR_CRYPTO, "hashing the handshake");
	err = ech_confirm(hs, bytes_of(e->random[1], HELLO_RANDOM),
			  again ? inner : bytes_of(NULL, 0), hs->whole, at, want);
	if (err)
		return err;
	if (secret_equal(want, at, sizeof(want)))
		accept(hs);
	else if (again)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_SERVER_HELLO,
				   "does not confirm ECH as the HelloRetryRequest did", 0);
	else
		ech_reject(hs);
	return 0;
}

int ech_refuse(struct hs *hs)
{
	if (ech_state(hs) != SEALSOCK_ECH_REJECTED)
		return 0;
	hs->result->ech_refused = true;
	return channel_fail(hs->ch, SEALSOCK_ERR_ECH_REJECTED,
			    "the server did not take Encrypted Client Hello, and says as %s: %s",
			    hs->host->name, hs->result->ech_retry.n ?
			    "try again with other keys" : "try again without it");
}
