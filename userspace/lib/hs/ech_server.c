// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The server of Encrypted Client Hello (RFC 9849 §7), which is both ends of it at once. */
#include "hs/common13.h"
#include "hs/ech.h"
#include "record/watch.h"

static int bad(struct hs *hs, int code, const char *why)
{
	return channel_fail(hs->ch, code, "the inner ClientHello %s", why);
}

/* §7.1: it must say that it is one, and speak nothing older than TLS 1.3. */
static int check_inner(struct hs *hs, struct bytes body)
{
	struct client_hello ch;
	struct bytes mark, ext, versions;
	uint16_t v;
	int err = client_hello_parse(body, &ch);

	if (err)
		return bad(hs, err, ch.why);
	if (!ext_block_find(ch.ext_block, ext_type(EXT_ENCRYPTED_CLIENT_HELLO), &mark) ||
	    !bytes_equal(mark, bytes_of("\1", 1)))
		return bad(hs, SEALSOCK_ERR_ILLEGAL, "does not say that it is one");
	if (!ext_block_find(ch.ext_block, ext_type(EXT_SUPPORTED_VERSIONS), &ext) ||
	    !rd_vec8(&ext, 2, 254, &versions))
		return bad(hs, SEALSOCK_ERR_ILLEGAL, "offers no TLS 1.3");
	while (rd_u16(&versions, &v))	/* GREASE is higher */
		if (v < VERSION_TLS13)
			return bad(hs, SEALSOCK_ERR_ILLEGAL, "offers an older version");
	return 0;
}

/* What was decrypted becomes the ClientHello. */
static int unfold(struct hs *hs, const struct client_hello *outer, struct bytes *whole)
{
	struct ech *e = hs->ech;
	struct builder w = { .buf = &e->inner };
	const char *why = NULL;
	int err;

	e->inner.n = 0;
	err = ech_decode(bytes_of(e->plain.p, e->plain.n), outer->session_id, outer->ext_block, &w,
			 &why);
	buf_free(&e->plain);
	if (err && why)
		return bad(hs, err, why);
	if (err)
		return hs_internal(hs, err, "unfolding the ClientHello");
	*whole = bytes_of(e->inner.p, e->inner.n);
	TRACE(inner, hs->ch, SEALSOCK_DIR_RECEIVED, *whole);
	return check_inner(hs, bytes_of(whole->p + MSG_HEADER, whole->n - MSG_HEADER));
}

/* The ClientHello with zeros for the payload (§5.2): what the payload is bound to. */
static int decrypt(struct hs *hs, const struct ech_hello *h, struct bytes body)
{
	struct ech *e = hs->ech;
	struct bytes aad;
	struct buf copy;
	int err = SEALSOCK_ERR_BAD_RECORD;

	if (h->payload.n <= AEAD_TAG)
		return err;
	buf_init(&copy, hs->ch->env);
	e->plain.n = 0;
	if (!buf_append(&copy, body.p, body.n) || !buf_reserve(&e->plain, h->payload.n)) {
		err = SEALSOCK_ERR_NOMEM;
	} else {
		memset(copy.p + (h->payload.p - body.p), 0, h->payload.n);
		aad = bytes_of(copy.p, copy.n);
		err = hs->retried ? hpke_open(&e->hpke, aad, h->payload, e->plain.p) :
				    ech_keys_open(hs->ch->cfg->ech_keys,
						  hs->transcript.kdf.scratch, h, aad, &e->hpke,
						  e->plain.p);
	}
	if (!err)
		e->plain.n = h->payload.n - AEAD_TAG;
	buf_free(&copy);
	return err;
}

/* §7.1.1: the second one goes on with what the first began. */
static int check_second(struct hs *hs, const struct ext_set *ext)
{
	const struct ech_hello *h = &ext->ech_hello;
	const struct ech *e = hs->ech;

	if (!(ext->present & EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO)))
		return hs_fail_msg(hs, SEALSOCK_ERR_MISSING_EXT, MSG_CLIENT_HELLO,
				   "after the HelloRetryRequest lacks encrypted_client_hello", 0);
	if (ext->ech_inner || h->id != e->id || h->kdf != e->suite.kdf ||
	    h->aead != e->suite.aead || h->enc.n)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CLIENT_HELLO,
				   "does not go on with the encrypted_client_hello it began", 0);
	return 0;
}

/* Without keys we stand behind somebody who has them, and unwraps (§7.2). */
static int take_inner(struct hs *hs, struct client_hello *ch)
{
	if (hs->ch->cfg->ech_keys)
		return hs_fail_msg(hs, SEALSOCK_ERR_ILLEGAL, MSG_CLIENT_HELLO,
				   "is an inner one, but not inside of another", 0);
	if (!client_hello_parse_ext(ch) && u16_contains(ch->ext.versions, VERSION_TLS13))
		hs->result->ech = SEALSOCK_ECH_ACCEPTED;
	return 0;
}

/*
 * Takes this extension out of a ClientHello, if it is there; false: it is malformed. The others of
 * an outer one mean nothing where the inner counts, and not every client gets them right (the
 * binders that OpenSSL 4.0 makes up are empty).
 */
static bool read_ech(struct client_hello *ch)
{
	struct bytes ext;

	if (!ext_block_find(ch->ext_block, ext_type(EXT_ENCRYPTED_CLIENT_HELLO), &ext))
		return true;
	ch->ext.present = EXT_BIT(EXT_ENCRYPTED_CLIENT_HELLO);
	return !encrypted_client_hello_parse(&ch->ext, EXT_IN_CH, &ext) && !ext.n;
}

int ech_unwrap(struct hs *hs, struct bytes *whole)
{
	struct bytes body = bytes_of(whole->p + MSG_HEADER, whole->n - MSG_HEADER);
	bool again = hs->state == HS_WAIT_CH_AGAIN;
	const struct ech_hello *h;
	struct client_hello ch;
	int err;

	if (!config_has_version(hs->ch->cfg, VERSION_TLS13) ||
	    (again && !(hs->ech && ech_state(hs) == SEALSOCK_ECH_ACCEPTED)))
		return 0;
	/* What is malformed is refused by whoever looks at it next. */
	if (client_hello_parse(body, &ch) || !read_ech(&ch))
		return 0;
	h = &ch.ext.ech_hello;
	if (!again && ch.ext.ech_inner)
		return take_inner(hs, &ch);
	if (!again && (!ch.ext.present || !hs->ch->cfg->ech_keys))
		return 0;
	err = again ? check_second(hs, &ch.ext) : ech_new(hs);
	if (err)
		return err;
	err = decrypt(hs, h, body);
	if (err == SEALSOCK_ERR_BAD_RECORD && again)
		return channel_fail(hs->ch, SEALSOCK_ERR_BAD_FINISHED,
				    "the second inner ClientHello was tampered with");
	if (err && err != SEALSOCK_ERR_BAD_RECORD)
		return hs_internal(hs, err, "opening the ClientHello");
	/* Without a key that opens it, the outer one counts. */
	hs->result->ech = err ? SEALSOCK_ECH_REJECTED : SEALSOCK_ECH_ACCEPTED;
	if (err)
		return 0;
	hs->ech->suite = (struct hpke_suite){ 0, h->kdf, h->aead };
	hs->ech->id = h->id;
	return unfold(hs, &ch, whole);
}

int ech_prove(struct hs *hs, struct buf *message, bool retry)
{
	uint8_t proof[ECH_CONFIRMATION], *at = message->p + MSG_HEADER + 2 + HELLO_RANDOM;
	int err = 0;

	/* In a HelloRetryRequest it is the last extension, and random where there is no proof. */
	at = (retry ? message->p + message->n : at) - ECH_CONFIRMATION;
	if (ech_state(hs) == SEALSOCK_ECH_ACCEPTED)
		err = ech_confirm(hs, bytes_of(hs->random, HELLO_RANDOM), bytes_of(NULL, 0),
				  bytes_of(message->p, message->n), at, proof);
	else if (ech_state(hs) == SEALSOCK_ECH_REJECTED && retry)
		err = hs_random(hs, proof, sizeof(proof));
	else
		return 0;
	if (!err)
		memcpy(at, proof, sizeof(proof));
	return err;
}
