/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a connection has from its first byte to its last: keys of both directions, bytes coming in
 * and going out, and why it failed. The handshake works on it, and goes when it is done.
 */
#ifndef SEALSOCK_CHANNEL_H
#define SEALSOCK_CHANNEL_H

#include "base/error.h"
#include "config/config.h"
#include "crypto/hkdf.h"
#include "record/record.h"

enum { FAILURE_TEXT = 256 };

struct channel {
	struct sealsock_config *cfg;
	struct sealsock_config *first_cfg; /* with which it began, and whose environment it uses */
	const struct sealsock_env *env;

	struct record_dir tx;
	struct record_dir rx;
	struct secret tx_secret;	/* of the current application keys; TLS 1.2: the keys */
	struct secret rx_secret;
	bool update_due;		/* engine: the peer has asked for our KeyUpdate */
	bool own_text;			/* failure.text has FAILURE_TEXT bytes of ours */
	const struct suite *suite;

	struct buf out;			/* bytes for the peer … */
	size_t out_at;			/* … of which these were sent */
	struct buf in;			/* the record being received, header included */
	struct buf msg;			/* a handshake message that is not complete yet */
	bool ccs_due;			/* send change_cipher_spec before the next sealed record */
	uint8_t updates_asked;		/* KeyUpdates we asked for that have not come: 0 or 1 */

	uint16_t tx_limit;		/* RFC 8449: longest content to be sealed, 0: any … */
	uint16_t rx_limit;		/* … and to be opened */
	bool close_sent;
	bool close_received;
	bool eof;
	bool ahead[2];			/* tx_secret, rx_secret: of the next keys */
	uint8_t refusals;		/* TLS 1.2: times renegotiation was refused */
	uint16_t idle_records;		/* records in a row that brought nothing … */
	uint16_t idle_tickets;		/* … and tickets since the last of them */

	const char *step;		/* what is going on, for the failure record */
	struct sealsock_failure failure;
};

void channel_init(struct channel *c, struct sealsock_config *cfg);
void channel_free(struct channel *c);

/* Goes over to another configuration of a server, and references it. INVALID, CONFIG, NOMEM. */
int channel_use(struct channel *c, struct sealsock_config *cfg);

/* Queues @content as records of @type, in the current protection. NOMEM, CRYPTO, LIMIT. */
int channel_send(struct channel *c, uint8_t type, struct bytes content);

/* The longest content of a record that may be sealed now. */
size_t channel_tx_limit(const struct channel *c);

/* Both sides have told their record_size_limit (RFC 8449): @peer is theirs, as it was sent. */
void channel_set_limit(struct channel *c, unsigned int peer, bool tls13);

/* Queues the middlebox-compatibility change_cipher_spec (RFC 8446 §D.4). NOMEM. */
int channel_send_ccs(struct channel *c);

/* Queues the warning no_renegotiation (RFC 5246 §7.2.2). */
int channel_refuse(struct channel *c);

/* Queues close_notify, once. */
int channel_close(struct channel *c);

/* Unsent output, and that @n bytes of it have been sent. */
struct bytes channel_output(const struct channel *c);
void channel_sent(struct channel *c, size_t n);

/*
 * Puts the failure on record, once: queues the alert that belongs to @code, wipes the keys, and
 * returns @code. The text gives what failed and why.
 */
int channel_fail(struct channel *c, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with another alert than the code's, as a code needs that has none of its own. */
int channel_fail_alert(struct channel *c, int code, int alert, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same without an alert: the peer is gone, or sent one. @alert, @dir: what to report. */
int channel_fail_quiet(struct channel *c, int code, int alert, enum sealsock_direction dir,
		       const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Derives key and IV from @secret (RFC 8446 §7.3) and keys a direction with them. */
int channel_key(struct channel *c, struct record_dir *d, const struct kdf *kdf,
		const struct secret *secret);

/* What deriving needs, for as long as it takes. NOMEM; kdf_close() is due all the same. */
int kdf_open(const struct channel *c, struct kdf *kdf);
void kdf_close(struct kdf *kdf);

/* Is this connection one of TLS 1.2? False while the version is not known. */
static inline bool channel_is_12(const struct channel *c)
{
	return c->suite && c->suite->version == VERSION_TLS12;
}

/* A record without use arrived; FLOOD after too many in a row. Use resets the count. */
int channel_idle(struct channel *c);

/* The same for a ticket, of which servers may send many: TICKETS_IDLE of them count as one. */
int channel_idle_ticket(struct channel *c);

#endif
