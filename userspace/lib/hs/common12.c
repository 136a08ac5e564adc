// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Steps of the TLS 1.2 handshake that client and server share. */
#include "hs/hs.h"
#include "trace.h"

enum { LOG_MAX = 24 << 10 };

int hs12_log(struct hs *hs, struct bytes message)
{
	struct hs12 *v = &hs->v12;

	if (!v->logging)
		return 0;
	if (v->log.n + message.n > LOG_MAX)
		return channel_fail(hs->ch, SEALSOCK_ERR_MESSAGE_SIZE,
				    "the handshake is longer than the %d bytes that may be signed",
				    LOG_MAX);
	if (!buf_append(&v->log, message.p, message.n))
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "keeping the handshake");
	return 0;
}

void hs12_log_end(struct hs *hs)
{
	hs->v12.logging = false;
	buf_free(&hs->v12.log);
}

/* How much of the key block's IVs a suite takes: all of it, or only the salt (RFC 5288 §3). */
static size_t iv_len(const struct suite *s)
{
	const struct seal_suite *row = seal_suite_find(SEAL_TLS12, s->cipher_type);

	return row->nonce12 == SEAL_NONCE_EXPLICIT ? row->salt_len : SEAL_NONCE;
}

static int derive_master(struct hs *hs, struct bytes pre_master)
{
	uint8_t hash[HASH_MAX];
	struct bytes seeds[2] = { { hash, hs->ch->suite->hash_len }, { NULL, 0 } };
	int err = transcript_hash(&hs->transcript, hash);

	/* RFC 7627 §4: bound to all messages up to ClientKeyExchange. */
	return err ? err : schedule12_master(&hs->transcript.kdf, pre_master, true, seeds,
					     &hs->v12.master);
}

/* The keys, unique to each connection: both randoms are in them. */
static int expand(struct hs *hs)
{
	const struct suite *s = hs->ch->suite;
	struct hs12 *v = &hs->v12;
	size_t n = 2 * (s->key_len + iv_len(s));
	int err = schedule12_key_block(&hs->transcript.kdf, &v->master, hs->random,
				       v->server_random, v->block, n);

	if (err)
		return hs_internal(hs, err, "deriving the keys");
	TRACE(secret, hs->ch, TRACE_EXTENDED_MASTER, bytes_of(v->master.b, v->master.n));
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

int hs12_resume_keys(struct hs *hs)
{
	secret_copy(&hs->v12.master, &hs->session.secret);
	return expand(hs);
}

int hs12_key_dir(struct hs *hs, struct record_dir *d)
{
	const struct suite *s = hs->ch->suite;
	size_t of_iv = iv_len(s);
	bool server = (d == &hs->ch->tx) == (hs->ch->cfg->role == SEALSOCK_SERVER);
	const uint8_t *key = hs->v12.block + (server ? s->key_len : 0);
	struct secret *keep = d == &hs->ch->tx ? &hs->ch->tx_secret : &hs->ch->rx_secret;
	uint8_t iv[SEAL_NONCE] = { 0 };
	int err;

	memcpy(iv, hs->v12.block + 2 * s->key_len + (server ? of_iv : 0), of_iv);
	err = record_key(d, hs->ch->cfg->crypto, s, d == &hs->ch->tx, key, iv);
	/* There is nothing to derive it from again. */
	memcpy(keep->b, key, s->key_len);
	keep->n = s->key_len;
	if (!err) {
		TRACE(secret, hs->ch, trace_dir(hs->ch, d, TRACE_CLIENT_KEY),
		      bytes_of(key, s->key_len));
		TRACE(secret, hs->ch, trace_dir(hs->ch, d, TRACE_CLIENT_IV), bytes_of(iv, of_iv));
	}
	wipe(iv, sizeof(iv));
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
