// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Steps of the TLS 1.3 handshake that client and server share. */
#include "hs/common12.h"
#include "hs/common13.h"
#include "hs/hs.h"
#include "record/watch.h"

int hs_fail_msg(struct hs *hs, int code, unsigned int msg, const char *why, uint16_t bad_ext)
{
	const char *name = msg == MSG_HELLO_RETRY_REQUEST ? "HelloRetryRequest" : msg_name(msg);

	if (bad_ext || (why && strcmp(why, "appears twice") == 0))
		return channel_fail(hs->ch, code, "%s: %s (%u) %s", name, ext_name(bad_ext),
				    bad_ext, why);
	return channel_fail(hs->ch, code, "%s %s", name, why ? why : sealsock_strerror(code));
}

int hs_internal(struct hs *hs, int code, const char *what)
{
	return channel_fail(hs->ch, code, "%s: %s", what, sealsock_strerror(code));
}

int hs_random(struct hs *hs, void *out, size_t n)
{
	if (hs->ch->env->random(hs->ch->env->arg, out, n) == 0)
		return 0;
	return hs_internal(hs, SEALSOCK_ERR_RANDOM, "drawing random bytes");
}

int hs_add(struct hs *hs, struct bytes message)
{
	int err = transcript_add(&hs->transcript, message);

	if (err)
		return hs_internal(hs, err, "hashing the handshake");
	return hs12_log(hs, message);
}

int hs_derive(struct hs *hs, const char *label, struct secret *out)
{
	uint8_t hash[HASH_MAX];
	int err = transcript_hash(&hs->transcript, hash);

	return err ? err : schedule13_derive(&hs->schedule, &hs->transcript.kdf, label, hash, out);
}

static void trace_chain(const struct hs *hs, enum trace_key key)
{
	TRACE(secret, hs->ch, key, bytes_of(hs->schedule.chain.b, hs->schedule.chain.n));
}

static void log_secret(const struct hs *hs, const char *label, const struct secret *s)
{
	config_log_secret(hs->ch->cfg, label, hs->random, s);
}

/* Both secrets of a stage, from the same point of the transcript. */
static int derive_pair(struct hs *hs, const char *client, const char *server)
{
	const struct kdf *kdf = &hs->transcript.kdf;
	uint8_t hash[HASH_MAX];
	int err = transcript_hash(&hs->transcript, hash);

	if (!err)
		err = schedule13_derive(&hs->schedule, kdf, client, hash, &hs->client_secret);
	if (!err)
		err = schedule13_derive(&hs->schedule, kdf, server, hash, &hs->server_secret);
	return err;
}

int hs_handshake_keys(struct hs *hs, struct bytes shared)
{
	const struct kdf *kdf = &hs->transcript.kdf;
	struct channel *ch = hs->ch;
	bool client = ch->cfg->role == SEALSOCK_CLIENT;
	int err;

	/* A server has it already where there is a PSK, whose binder it has checked. */
	err = hs->schedule.chain.n ? 0 : schedule13_early(&hs->schedule, kdf,
							  hs->psk.n ? &hs->psk : NULL);
	trace_chain(hs, TRACE_EARLY_SECRET);
	TRACE(secret, ch, TRACE_SHARED_SECRET, shared);
	if (!err)
		err = schedule13_handshake(&hs->schedule, kdf, shared);
	trace_chain(hs, TRACE_HANDSHAKE_SECRET);
	if (!err)
		err = derive_pair(hs, LABEL_CLIENT_HS, LABEL_SERVER_HS);
	/* Now, while HMAC has the handshake secret as its key. */
	if (!err)
		err = schedule13_master(&hs->schedule, kdf);
	trace_chain(hs, TRACE_MASTER13);
	TRACE(secret, ch, TRACE_CLIENT_HANDSHAKE,
	      bytes_of(hs->client_secret.b, hs->client_secret.n));
	TRACE(secret, ch, TRACE_SERVER_HANDSHAKE,
	      bytes_of(hs->server_secret.b, hs->server_secret.n));
	if (!err)
		err = channel_key(ch, &ch->tx, kdf, client ? &hs->client_secret :
							     &hs->server_secret);
	if (!err)
		err = channel_key(ch, &ch->rx, kdf, client ? &hs->server_secret :
							     &hs->client_secret);
	if (err)
		return hs_internal(hs, err, "deriving the handshake keys");
	log_secret(hs, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", &hs->client_secret);
	log_secret(hs, "SERVER_HANDSHAKE_TRAFFIC_SECRET", &hs->server_secret);
	return 0;
}

int hs_application_secrets(struct hs *hs)
{
	struct channel *ch = hs->ch;
	bool client = ch->cfg->role == SEALSOCK_CLIENT;
	uint8_t hash[HASH_MAX];
	int err;

	err = transcript_hash(&hs->transcript, hash);
	if (!err)
		err = schedule13_derive(&hs->schedule, &hs->transcript.kdf, LABEL_CLIENT_AP, hash,
					client ? &ch->tx_secret : &ch->rx_secret);
	if (!err)
		err = schedule13_derive(&hs->schedule, &hs->transcript.kdf, LABEL_SERVER_AP, hash,
					client ? &ch->rx_secret : &ch->tx_secret);
	if (!err)
		err = schedule13_derive(&hs->schedule, &hs->transcript.kdf, LABEL_EXPORTER, hash,
					&hs->result->exporter);
	if (err)
		return hs_internal(hs, err, "deriving the application secrets");
	log_secret(hs, "EXPORTER_SECRET", &hs->result->exporter);
	TRACE(secret, ch, trace_dir(ch, &ch->tx, TRACE_CLIENT_TRAFFIC),
	      bytes_of(ch->tx_secret.b, ch->tx_secret.n));
	TRACE(secret, ch, trace_dir(ch, &ch->rx, TRACE_CLIENT_TRAFFIC),
	      bytes_of(ch->rx_secret.b, ch->rx_secret.n));
	log_secret(hs, "CLIENT_TRAFFIC_SECRET_0", client ? &ch->tx_secret : &ch->rx_secret);
	log_secret(hs, "SERVER_TRAFFIC_SECRET_0", client ? &ch->rx_secret : &ch->tx_secret);
	return 0;
}

int hs_finished(struct hs *hs, const struct secret *traffic, uint8_t out[HASH_MAX])
{
	uint8_t hash[HASH_MAX];
	int err = transcript_hash(&hs->transcript, hash);

	return err ? err : schedule13_finished(&hs->transcript.kdf, traffic, hash, out);
}

int hs_check_finished(struct hs *hs, const struct secret *traffic, struct bytes body)
{
	uint8_t want[HASH_MAX];
	const char *why = NULL;
	struct bytes got;
	bool same;
	int err;

	err = finished_parse(body, hs->ch->suite->hash_len, &got, &why);
	if (err)
		return hs_fail_msg(hs, err, MSG_FINISHED, why, 0);
	err = hs_finished(hs, traffic, want);
	if (err)
		return hs_internal(hs, err, "computing Finished");
	same = secret_equal(got.p, want, got.n);
	wipe(want, sizeof(want));
	if (!same)
		return channel_fail(hs->ch, SEALSOCK_ERR_BAD_FINISHED,
				    "Finished does not match the handshake: it was tampered with");
	return 0;
}

/* Adds to the transcript what was appended to the flight since @from. */
int hs_add_from(struct hs *hs, const struct builder *w, size_t from)
{
	if (w->bad)
		return hs_internal(hs, SEALSOCK_ERR_NOMEM, "making a flight");
	return hs_add(hs, bytes_of(hs->flight.p + from, hs->flight.n - from));
}

int hs_add_finished(struct hs *hs, const struct secret *traffic)
{
	struct builder w = { .buf = &hs->flight };
	size_t from = hs->flight.n;
	uint8_t verify[HASH_MAX];
	int err = hs_finished(hs, traffic, verify);

	if (err)
		return hs_internal(hs, err, "computing Finished");
	finished_build(bytes_of(verify, hs->ch->suite->hash_len), &w);
	return hs_add_from(hs, &w, from);
}

int hs_send(struct hs *hs, struct bytes messages)
{
	int err = channel_send(hs->ch, SEAL_TYPE_HANDSHAKE, messages);

	return err ? hs_internal(hs, err, "sealing handshake messages") : 0;
}
