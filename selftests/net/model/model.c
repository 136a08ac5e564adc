// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "model.h"

#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <uapi/sealsock.h>

enum { UNEXPECTED_MESSAGE = 10, BAD_RECORD_MAC = 20 };

static bool whole(const struct model *m, size_t i)
{
	return i + 1 < m->tail || m->whole;
}

void model_peer(struct model *m, enum item_kind kind, size_t len, bool is_whole)
{
	if (m->tail == MODEL_ITEMS)
		abort();
	if (kind == ITEM_FIN)
		m->fin = true;
	else
		m->items[m->tail++] = (struct model_item){ .kind = kind, .len = len };
	if (kind != ITEM_FIN)
		m->whole = is_whole;
}

void model_rest(struct model *m)
{
	m->whole = true;
}

/* Neither half goes on. What MSG_MORE left open is not sent any more. */
static void finish(struct model *m, int error, unsigned int reason)
{
	m->error = error;
	m->reason = reason;
	m->finished = true;
	m->lost += m->open;
	m->open = 0;
	m->owes_update = false;
	m->owes_request = false;
	m->refusals = 0;
}

static void refuse(struct model *m, int error, unsigned int reason, uint8_t alert)
{
	if (!m->write_shut)
		m->alert_sent = SEALSOCK_ALERT | alert;
	finish(m, error, reason);
}

static void flood(struct model *m, unsigned int *count, unsigned int most)
{
	if (++*count > most)
		refuse(m, EPROTO, SEALSOCK_REASON_FLOOD, UNEXPECTED_MESSAGE);
}

/* Data has been opened: the counts begin anew. */
static void data_opened(struct model *m)
{
	m->updates = 0;
	m->empty = 0;
	m->warnings = 0;
	m->handshakes = 0;
	m->fragments = 0;
}

static void handle_update(struct model *m, bool asks)
{
	flood(m, &m->handshakes, SEALSOCK_FLOOD_MESSAGES);
	if (!m->error)
		flood(m, &m->updates, SEALSOCK_FLOOD_KEY_UPDATES);
	if (m->error)
		return;
	m->asked = false;
	if (asks && !m->write_shut)
		m->owes_update = true;
}

/* An item that is no data, or data inside a message. */
static void handle(struct model *m, enum item_kind kind)
{
	bool handshake = kind == ITEM_UPDATE || kind == ITEM_UPDATE_ASKS || kind == ITEM_TICKET ||
			 kind == ITEM_HELLO;

	/* What begins while a message is incomplete continues it, or is an offence. */
	if (m->inside && (kind == ITEM_DATA || kind == ITEM_EMPTY)) {
		refuse(m, EPROTO, SEALSOCK_REASON_INTERLEAVED, UNEXPECTED_MESSAGE);
		return;
	}
	if (m->inside && handshake)
		abort();	/* whoever drives this does not do it */
	switch (kind) {
	case ITEM_EMPTY:
		flood(m, &m->empty, SEALSOCK_FLOOD_EMPTY);
		break;
	case ITEM_UPDATE:
	case ITEM_UPDATE_ASKS:
		handle_update(m, kind == ITEM_UPDATE_ASKS);
		break;
	case ITEM_TICKET:
		flood(m, &m->handshakes, SEALSOCK_FLOOD_MESSAGES);
		m->messages += !m->error;
		break;
	case ITEM_FRAGMENT:
		/* A message is counted when its header is there, which has four bytes. */
		if (!m->inside)
			m->inside = true;
		if (m->fragments == 3)
			flood(m, &m->handshakes, SEALSOCK_FLOOD_MESSAGES);
		if (!m->error)
			flood(m, &m->fragments, SEALSOCK_FLOOD_FRAGMENTS);
		break;
	case ITEM_HELLO:
		flood(m, &m->handshakes, SEALSOCK_FLOOD_MESSAGES);
		if (!m->error)
			flood(m, &m->hellos, SEALSOCK_FLOOD_RENEGOTIATIONS);
		m->refusals += !m->error && !m->write_shut;
		break;
	case ITEM_WARNING:
		flood(m, &m->warnings, SEALSOCK_FLOOD_WARNINGS);
		break;
	case ITEM_CLOSE:
		m->closed = true;
		m->reason = SEALSOCK_REASON_CLOSE_NOTIFY;
		m->alert_received = SEALSOCK_ALERT;
		break;
	case ITEM_ALERT:
		m->alert_received = SEALSOCK_ALERT | MODEL_ALERT;
		finish(m, EPROTO, SEALSOCK_REASON_ALERT);
		break;
	case ITEM_BAD:
		refuse(m, EBADMSG, SEALSOCK_REASON_NOT_AUTHENTIC, BAD_RECORD_MAC);
		break;
	case ITEM_WRONG:
		refuse(m, EPROTO, SEALSOCK_REASON_RECORD_TYPE, UNEXPECTED_MESSAGE);
		break;
	case ITEM_DATA:
	case ITEM_FIN:
		abort();
	}
}

/* The first item that nothing has looked at. */
static size_t unopened(const struct model *m)
{
	size_t i = m->head;

	while (i < m->tail && m->items[i].opened)
		i++;
	return i;
}

static void drop(struct model *m, size_t i)
{
	for (m->tail--; i < m->tail; i++)
		m->items[i] = m->items[i + 1];
}

/* After the end nothing counts but data that was opened before. */
static void drop_rest(struct model *m)
{
	m->tail = unopened(m);
	m->whole = true;
}

/*
 * Opens the next item. False: there is none that is whole, or the half is at its end. Only whoever
 * has nothing else to answer (@ends) takes TCP's end for a cut.
 */
static bool open_next(struct model *m, bool ends)
{
	size_t i = unopened(m);
	bool was_whole = m->whole;

	if (m->error || m->closed)
		return false;
	if (i == m->tail || !whole(m, i)) {
		if (ends && m->fin && !m->read_shut) {
			m->error = ENOLINK;
			m->reason = SEALSOCK_REASON_CUT;
		}
		return false;
	}
	if (m->items[i].kind == ITEM_DATA && !m->inside) {
		m->items[i].opened = true;
		data_opened(m);
		return true;
	}
	handle(m, m->items[i].kind);
	drop(m, i);
	m->whole = was_whole || i == m->tail;
	if (m->error || m->closed)
		drop_rest(m);
	return true;
}

static long at_end(const struct model *m)
{
	if (m->closed)
		return 0;
	if (m->error)
		return -m->error;
	return m->read_shut ? 0 : -EAGAIN;
}

long model_read(struct model *m, size_t n, bool peek)
{
	size_t got = 0, i = m->head, take;

	while (got < n) {
		if (i < m->tail && m->items[i].opened) {
			take = m->items[i].len < n - got ? m->items[i].len : n - got;
			got += take;
			if (peek) {
				i++;
				continue;
			}
			m->items[i].len -= take;
			if (!m->items[i].len)
				i = ++m->head;
		} else if (!open_next(m, !got)) {
			break;
		}
	}
	return got ? (long)got : at_end(m);
}

/* TLS 1.2 shows that a record is data, whether it is authentic or not: only a read opens that. */
static bool shown(const struct model *m)
{
	return !m->v13 && !m->error && !m->closed && m->head < m->tail && whole(m, m->head) &&
	       m->items[m->head].kind == ITEM_BAD;
}

bool model_data(const struct model *m)
{
	return unopened(m) != m->head || shown(m);
}

static void turn(struct model *m, bool ends)
{
	while (!model_data(m) && open_next(m, ends))
		continue;
}

bool model_turn(struct model *m)
{
	turn(m, true);
	return model_data(m) || at_end(m) != -EAGAIN;
}

long model_write(struct model *m, size_t n, bool more)
{
	if (m->write_shut)
		return -EPIPE;
	turn(m, false);
	if (m->finished)
		return -EPIPE;
	m->written += n;
	m->open = more ? m->open + n : 0;
	return n;
}

int model_update(struct model *m, bool request)
{
	if (!m->v13)
		return -EINVAL;
	if (m->write_shut || m->finished)
		return -EPIPE;
	if (request && m->asked)
		return -EALREADY;
	m->owes_update = true;
	m->owes_request |= request;
	m->asked |= request;
	return 0;
}

void model_shutdown(struct model *m, bool read, bool write)
{
	if (write) {
		model_turn(m);
		m->open = 0;
		if (!m->write_shut && !m->finished)
			m->alert_sent = SEALSOCK_ALERT;
		m->write_shut = true;
	}
	m->read_shut |= read;
}

bool model_unread(const struct model *m)
{
	return m->head < m->tail && (m->items[m->head].opened || !(m->error || m->closed));
}
