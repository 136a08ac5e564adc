// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <stdarg.h>
#include <stdio.h>

#include "keys/schedule13.h"
#include "record/channel.h"
#include "record/watch.h"

enum {
	ALERT_WARNING = 1,
	ALERT_FATAL = 2,
	/* Empty records, change_cipher_specs, tickets, KeyUpdates: in a row, without data. */
	IDLE_MAX = 64,
	TICKETS_IDLE = 16,
};

void channel_init(struct channel *c, struct sealsock_config *cfg)
{
	c->cfg = cfg;
	c->first_cfg = cfg;
	c->env = &cfg->env;
	buf_init(&c->out, c->env);
	buf_init(&c->in, c->env);
	buf_init(&c->msg, c->env);
	c->step = "before the handshake";
	c->failure.alert = ALERT_NONE;
	c->failure.step = c->step;
	c->failure.text = "";
}

int channel_use(struct channel *c, struct sealsock_config *cfg)
{
	int err;

	if (!cfg || cfg->role != SEALSOCK_SERVER || c->cfg != c->first_cfg)
		return SEALSOCK_ERR_INVALID;
	if (sealsock_config_check(cfg, NULL, 0))
		return SEALSOCK_ERR_CONFIG;
	err = config_freeze(cfg);
	if (!err && cfg != c->cfg)
		c->cfg = sealsock_config_ref(cfg);
	return err;
}

static void drop_keys(struct channel *c)
{
	record_clear(&c->tx);
	record_clear(&c->rx);
	secret_wipe(&c->tx_secret);
	secret_wipe(&c->rx_secret);
}

void channel_free(struct channel *c)
{
	drop_keys(c);
	buf_free(&c->out);
	buf_free(&c->in);
	buf_free(&c->msg);
	if (c->own_text)
		mem_free(c->env, (char *)c->failure.text, FAILURE_TEXT);
}

int channel_send_ccs(struct channel *c)
{
	static const uint8_t ccs[] = { SEAL_TYPE_CCS, 3, 3, 0, 1, 1 };

	TRACE(ccs, c, SEALSOCK_DIR_SENT);
	return buf_append(&c->out, ccs, sizeof(ccs)) ? 0 : SEALSOCK_ERR_NOMEM;
}

size_t channel_tx_limit(const struct channel *c)
{
	return c->tx_limit && record_keyed(&c->tx) ? c->tx_limit : SEAL_MAX_PLAINTEXT;
}

void channel_set_limit(struct channel *c, unsigned int peer, bool tls13)
{
	unsigned int ours = c->cfg->record_size_limit;

	peer -= tls13;		/* in TLS 1.3 the type byte counts */
	c->tx_limit = (uint16_t)(peer < SEAL_MAX_PLAINTEXT ? peer : 0);
	c->rx_limit = (uint16_t)(ours < SEAL_MAX_PLAINTEXT ? ours : 0);
}

int channel_send(struct channel *c, uint8_t type, struct bytes content)
{
	struct bytes part;
	size_t limit;
	int err = 0;

	if (c->out_at == c->out.n)
		channel_sent(c, 0);
	if (c->ccs_due) {
		c->ccs_due = false;
		err = channel_send_ccs(c);
	}
	TRACE(output, c, type, content);
	limit = channel_tx_limit(c);
	while (!err && content.n) {
		rd_bytes(&content, content.n < limit ? content.n : limit, &part);
		err = record_seal(&c->tx, type, part, &c->out);
	}
	return err;
}

static int send_alert(struct channel *c, int alert)
{
	bool warning = alert == ALERT_CLOSE_NOTIFY || alert == ALERT_USER_CANCELED ||
		       alert == ALERT_NO_RENEGOTIATION;
	uint8_t msg[2] = { warning ? ALERT_WARNING : ALERT_FATAL, (uint8_t)alert };

	return channel_send(c, SEAL_TYPE_ALERT, bytes_of(msg, sizeof(msg)));
}

int channel_refuse(struct channel *c)
{
	return send_alert(c, ALERT_NO_RENEGOTIATION);
}

int channel_close(struct channel *c)
{
	int err;

	if (c->close_sent)
		return 0;
	err = send_alert(c, ALERT_CLOSE_NOTIFY);
	if (!err)
		c->close_sent = true;
	return err;
}

void channel_sent(struct channel *c, size_t n)
{
	c->out_at += n;
	if (c->out_at == c->out.n) {
		c->out_at = 0;
		c->out.n = 0;
	}
}

struct bytes channel_output(const struct channel *c)
{
	return bytes_of(c->out.p ? c->out.p + c->out_at : NULL, c->out.n - c->out_at);
}

static int fail(struct channel *c, int code, int alert, enum sealsock_direction dir,
		const char *fmt, va_list ap)
{
	struct sealsock_failure *f = &c->failure;
	char *text;

	f->code = code;
	f->alert = alert;
	f->direction = dir;
	f->step = c->step;
	/* Without memory for the particulars, what is true of the code has to do. */
	text = mem_zalloc(c->env, FAILURE_TEXT);
	if (text)
		vsnprintf(text, FAILURE_TEXT, fmt, ap);
	c->own_text = text;
	f->text = text ? text : sealsock_strerror(code);
	/* What was opened before stays in c->in: it may still be read. */
	drop_keys(c);
	return code;
}

static int fail_aloud(struct channel *c, int code, int alert, const char *fmt, va_list ap)
{
	bool sent = false;

	if (c->failure.code)
		return c->failure.code;
	/* RFC 5246 §7.4.6: before TLS 1.3 a missing certificate has no alert of its own. */
	if (alert == ALERT_CERTIFICATE_REQUIRED && c->suite && c->suite->version == VERSION_TLS12)
		alert = ALERT_HANDSHAKE_FAILURE;
	/* Without memory or keys for it the alert is left out: the failure is reported anyway. */
	if (alert != ALERT_NONE && !c->close_sent)
		sent = send_alert(c, alert) == 0;
	return fail(c, code, sent ? alert : ALERT_NONE,
		    sent ? SEALSOCK_DIR_SENT : SEALSOCK_DIR_NONE, fmt, ap);
}

int channel_fail(struct channel *c, int code, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = fail_aloud(c, code, sealsock_error_alert(code), fmt, ap);
	va_end(ap);
	return err;
}

int channel_fail_alert(struct channel *c, int code, int alert, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = fail_aloud(c, code, alert, fmt, ap);
	va_end(ap);
	return err;
}

int channel_fail_quiet(struct channel *c, int code, int alert, enum sealsock_direction dir,
		       const char *fmt, ...)
{
	va_list ap;

	if (c->failure.code)
		return c->failure.code;
	va_start(ap, fmt);
	fail(c, code, alert, dir, fmt, ap);
	va_end(ap);
	return code;
}

int channel_key(struct channel *c, struct record_dir *d, const struct kdf *kdf,
		const struct secret *secret)
{
	uint8_t key[AEAD_KEY_MAX], iv[AEAD_NONCE];
	int err = schedule13_traffic(kdf, secret, key, c->suite->key_len, iv);

	if (!err)
		err = record_key(d, c->cfg->crypto, c->suite, d == &c->tx, key, iv);
	/* With a limit the peer set, padding would count too: it is left out then. */
	d->pad = c->tx_limit ? 0 : (uint16_t)c->cfg->padding;
	TRACE(secret, c, trace_dir(c, d, TRACE_CLIENT_KEY), bytes_of(key, c->suite->key_len));
	TRACE(secret, c, trace_dir(c, d, TRACE_CLIENT_IV), bytes_of(iv, sizeof(iv)));
	wipe(key, sizeof(key));
	wipe(iv, sizeof(iv));
	return err;
}

int kdf_open(const struct channel *c, struct kdf *kdf)
{
	*kdf = (struct kdf){ c->cfg->crypto, hash_new(), c->suite->hash };
	return kdf->scratch ? 0 : SEALSOCK_ERR_NOMEM;
}

void kdf_close(struct kdf *kdf)
{
	hash_free(kdf->scratch);
}

int channel_idle(struct channel *c)
{
	if (++c->idle_records <= IDLE_MAX)
		return 0;
	return channel_fail(c, SEALSOCK_ERR_FLOOD,
			    "the peer sent more than %d records in a row that carry nothing",
			    IDLE_MAX);
}

int channel_idle_ticket(struct channel *c)
{
	if (++c->idle_tickets < TICKETS_IDLE)
		return 0;
	c->idle_tickets = 0;
	return channel_idle(c);
}
