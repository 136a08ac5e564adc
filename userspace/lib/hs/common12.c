// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Steps of the TLS 1.2 handshake that client and server share. */
#include "hs/common12.h"
#include "hs/common13.h"
#include "hs/hs.h"
#include "record/watch.h"

int hs12_log(struct hs *hs, struct bytes message)
{
	const size_t max = 2 * hs->ch->cfg->message_limit;
	struct hs12 *v = &hs->v12;

	if (!v->logging)
		return 0;
	if (v->log.n + message.n > max)
		return channel_fail(hs->ch, SEALSOCK_ERR_MESSAGE_SIZE,
				    "the handshake is longer than the %zu bytes that may be signed",
				    max);
	/* Few messages and long ones: no more room than they need. */
	if (!buf_reserve_within(&v->log, message.n, 0) ||
	    !buf_append(&v->log, message.p, message.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the handshake");
	return 0;
}

void hs12_log_end(struct hs *hs)
{
	hs->v12.logging = false;
	buf_free(&hs->v12.log);
}

/*
 * How much of the key block's IVs a suite takes: all, only the salt (RFC 5288 §3), or nothing
 * where each record has its own (RFC 5246 §6.2.3.2).
 */
static size_t iv_len(const struct suite *s)
{
	const struct seal_suite *row = seal_suite_find(SEAL_TLS12, s->cipher_type);

	switch (row->nonce12) {
	case SEAL_NONCE_EXPLICIT:
		return row->salt_len;
	case SEAL_NONCE_RANDOM:
		return 0;
	default:
		return SEAL_NONCE;
	}
}

int hs12_session_hash(struct hs *hs)
{
	struct secret *hash = &hs->v12.session_hash;
	int err;

	hash->n = 0;
	if (!hs->result->ems)
		return 0;
	err = transcript_hash(&hs->transcript, hash->b);
	if (err)
		return hs_internal(hs, err, "hashing the handshake");
	hash->n = hs->ch->suite->hash_len;
	return 0;
}

static int derive_master(struct hs *hs, struct bytes pre_master)
{
	const struct secret *hash = &hs->v12.session_hash;
	struct bytes bound[2] = { { hash->b, hash->n }, { NULL, 0 } };
	struct bytes randoms[2] = { { hs->random, HELLO_RANDOM },
				    { hs->v12.server_random, HELLO_RANDOM } };

	return schedule12_master(&hs->transcript.kdf, pre_master, hash->n,
				 hash->n ? bound : randoms, &hs->v12.master);
}

/* The keys, unique to each connection: both randoms are in them. */
static int expand(struct hs *hs)
{
	const struct suite *s = hs->ch->suite;
	struct hs12 *v = &hs->v12;
	size_t n = 2 * (s->mac_len + s->key_len + iv_len(s));
	int err = schedule12_key_block(&hs->transcript.kdf, &v->master, hs->random,
				       v->server_random, v->block, n);

	if (err)
		return hs_internal(hs, err, "deriving the keys");
	TRACE(secret, hs->ch, hs->result->ems ? TRACE_EXTENDED_MASTER : TRACE_MASTER12,
	      bytes_of(v->master.b, v->master.n));
	TRACE(secret, hs->ch, TRACE_KEY_BLOCK, bytes_of(v->block, n));
	config_log_secret(hs->ch->cfg, "CLIENT_RANDOM", hs->random, &v->master);
	secret_copy(&hs->result->exporter, &v->master);
	memcpy(hs->result->randoms, hs->random, HELLO_RANDOM);
	memcpy(hs->result->randoms + HELLO_RANDOM, v->server_random, HELLO_RANDOM);
	return 0;
}

int hs12_keys(struct hs *hs, struct bytes pre_master)
{
	int err = derive_master(hs, pre_master);

	if (err)
		return hs_internal(hs, err, "deriving the master secret");
	TRACE(secret, hs->ch, TRACE_PRE_MASTER, pre_master);
	return expand(hs);
}

int hs12_master_known(struct hs *hs)
{
	return expand(hs);
}

int hs12_resume_keys(struct hs *hs)
{
	secret_copy(&hs->v12.master, &hs->session.secret);
	return expand(hs);
}

/* A direction's part of the key block (RFC 5246 §6.3): MAC keys, keys, IVs, the client's first. */
struct dir_keys {
	const uint8_t *mac, *key;
	uint8_t iv[SEAL_NONCE];		/* in full, or the salt and zeros */
	size_t iv_len;
};

static void find_keys(struct hs *hs, const struct record_dir *d, struct dir_keys *out)
{
	const struct suite *s = hs->ch->suite;
	bool server = (d == &hs->ch->tx) == (hs->ch->cfg->role == SEALSOCK_SERVER);
	const uint8_t *keys = hs->v12.block + 2 * s->mac_len, *ivs = keys + 2 * s->key_len;

	*out = (struct dir_keys){ .iv_len = iv_len(s) };
	out->mac = hs->v12.block + (server ? s->mac_len : 0);
	out->key = keys + (server ? s->key_len : 0);
	memcpy(out->iv, ivs + (server ? out->iv_len : 0), out->iv_len);
}

static void trace_keys(struct hs *hs, const struct record_dir *d, const struct dir_keys *k)
{
	const struct suite *s = hs->ch->suite;
	struct channel *ch = hs->ch;

	if (s->mac_len)
		TRACE(secret, ch, trace_dir(ch, d, TRACE_CLIENT_MAC), bytes_of(k->mac, s->mac_len));
	TRACE(secret, ch, trace_dir(ch, d, TRACE_CLIENT_KEY), bytes_of(k->key, s->key_len));
	if (k->iv_len)
		TRACE(secret, ch, trace_dir(ch, d, TRACE_CLIENT_IV), bytes_of(k->iv, k->iv_len));
}

int hs12_key_dir(struct hs *hs, struct record_dir *d)
{
	struct channel *ch = hs->ch;
	const struct suite *s = ch->suite;
	const struct crypto *c = ch->cfg->crypto;
	struct secret *keep = d == &ch->tx ? &ch->tx_secret : &ch->rx_secret;
	struct dir_keys k;
	int err;

	find_keys(hs, d, &k);
	if (s->mac_len) {
		err = record_key_cbc(d, c, ch->env, s, d == &ch->tx, k.key, k.mac);
	} else {
		err = record_key(d, c, s, d == &ch->tx, k.key, k.iv);
		/* There is nothing to derive it from again. */
		memcpy(keep->b, k.key, s->key_len);
		keep->n = s->key_len;
	}
	if (!err)
		trace_keys(hs, d, &k);
	wipe(&k, sizeof(k));
	return err ? hs_internal(hs, err, "setting the keys") : 0;
}

static int verify_data(struct hs *hs, bool of_client, uint8_t out[VERIFY12_LEN])
{
	uint8_t hash[HASH_MAX];
	int err = transcript_hash(&hs->transcript, hash);

	if (!err)
		err = schedule12_finished(&hs->transcript.kdf, &hs->v12.master, of_client, hash,
					  out);
	return err ? hs_internal(hs, err, "computing Finished") : 0;
}

/* ChangeCipherSpec, and Finished as the first record under the keys. */
int hs12_send_finished(struct hs *hs)
{
	struct builder w = { .buf = &hs->flight };
	uint8_t verify[VERIFY12_LEN];
	int err = verify_data(hs, hs->ch->cfg->role == SEALSOCK_CLIENT, verify);

	if (!err && channel_send_ccs(hs->ch))
		err = hs_internal(hs, SEALSOCK_ERR_NOMEM, "making change_cipher_spec");
	if (!err)
		err = hs12_key_dir(hs, &hs->ch->tx);
	if (err)
		return err;
	hs->flight.n = 0;
	finished_build(bytes_of(verify, sizeof(verify)), &w);
	if (w.bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making Finished");
	err = hs_add(hs, bytes_of(hs->flight.p, hs->flight.n));
	if (!err)
		err = hs_send(hs, bytes_of(hs->flight.p, hs->flight.n));
	hs->flight.n = 0;
	return err;
}

int hs12_check_finished(struct hs *hs, struct bytes body)
{
	uint8_t want[VERIFY12_LEN];
	const char *why = NULL;
	struct bytes got;
	int err = finished_parse(body, VERIFY12_LEN, &got, &why);

	if (err)
		return hs_fail_msg(hs, err, MSG_FINISHED, why, 0);
	err = verify_data(hs, hs->ch->cfg->role == SEALSOCK_SERVER, want);
	if (err)
		return err;
	if (!secret_equal(got.p, want, got.n))
		err = channel_fail(hs->ch, SEALSOCK_ERR_BAD_FINISHED,
				   "Finished does not match the handshake: it was tampered with");
	wipe(want, sizeof(want));
	return err ? err : hs_add(hs, hs->whole);
}
