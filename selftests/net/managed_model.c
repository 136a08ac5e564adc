// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Random calls and random records of the peer's, against model/model.c: first connections that are
 * always the same, then others for SEALSOCK_MODEL_SECONDS (3). SEALSOCK_SEED: of the first of these
 * (default: the clock), each has the next; with it none are always the same.
 */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"
#include "model/model.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>

#define STEPS		80	/* calls of one connection */
#define FIXED		20	/* connections that are always the same, from seed 1 on */
#define LOG_LINES	400
#define BYTES_RECEIVED	16	/* as numbers of 64 bits */
#define SENT_MAX	12000	/* bytes: below SEALSOCK_FLOOD_BYTES */

static const char *const names[] = {
	"data", "empty", "KeyUpdate", "KeyUpdate asks", "ticket", "fragment", "HelloRequest",
	"warning", "close_notify", "alert", "bad", "wrong", "FIN",
};

struct run {
	struct managed c;
	struct model m;
	unsigned int first_seed, seed;
	size_t data_sent;	/* peer: bytes of data in its records */
	size_t data_read;	/* fd: of these, that reads gave */
	size_t data_got;	/* peer: bytes of data from fd */
	uint64_t wire_sent;	/* peer: sealed bytes, to know that they have arrived */
	bool peer_shut;		/* peer: no more */
	bool peer_ended;	/* fd's alert or close_notify has come */
	bool fragments;		/* an endless message has begun */
	uint8_t rest[WIRE_MAX];	/* peer: of a record that was sent in part */
	size_t rest_len;
	char log[LOG_LINES][60];
	unsigned int lines;
	char why[200];		/* empty while all is well */
};

static unsigned int draw(struct run *r, unsigned int below)
{
	return rand_r(&r->seed) / 16 % below;
}

#define NOTE(r, ...) \
	snprintf((r)->log[(r)->lines++ % LOG_LINES], sizeof((r)->log[0]), __VA_ARGS__)

#define WRONG(r, ...) do {							\
	if (!(r)->why[0])							\
		snprintf((r)->why, sizeof((r)->why), __VA_ARGS__);		\
} while (0)

#define MUST(r, got, want, what) do {						\
	long long must_got = (got), must_want = (want);				\
										\
	if (must_got != must_want)						\
		WRONG(r, "%s: %lld, not %lld", what, must_got, must_want);	\
} while (0)

/*
 * The peer.
 */

/* Sealed bytes, and they have arrived. */
static void put(struct run *r, const uint8_t *rec, size_t len)
{
	/* struct tcp_info of <linux/tcp.h>, whose bytes_received the libc's does not have. */
	uint64_t info[BYTES_RECEIVED + 1];
	socklen_t size;
	int i;

	if (send_full(r->c.peer, rec, len, MSG_NOSIGNAL)) {
		WRONG(r, "the peer cannot send: %s", strerror(errno));
		return;
	}
	r->wire_sent += len;
	for (i = 0; i < 20000; i++) {
		size = sizeof(info);
		getsockopt(r->c.fd, IPPROTO_TCP, TCP_INFO, info, &size);
		if (info[BYTES_RECEIVED] >= r->wire_sent)
			return;
		usleep(500);
	}
	WRONG(r, "what the peer sent does not arrive");
}

/* The peer's FIN has arrived. Not by poll(): that ends at once where there is an error. */
static void await_fin(struct run *r)
{
	struct tcp_info info = {};
	socklen_t size = sizeof(info);
	int i;

	for (i = 0; i < 20000; i++) {
		getsockopt(r->c.fd, IPPROTO_TCP, TCP_INFO, &info, &size);
		if (info.tcpi_state != TCP_ESTABLISHED && info.tcpi_state != TCP_FIN_WAIT1 &&
		    info.tcpi_state != TCP_FIN_WAIT2)
			return;
		usleep(500);
	}
	WRONG(r, "the peer's FIN does not arrive");
}

static size_t seal(struct run *r, uint8_t type, const void *data, size_t len, uint8_t *out)
{
	return wire_seal(&r->c.rx, type, data, len, r->m.v13 && !draw(r, 4) ? draw(r, 200) : 0,
			 out);
}

/* One record of that kind, sealed. */
static size_t make(struct run *r, enum item_kind kind, size_t len, uint8_t *out)
{
	static const uint8_t ticket[] = { 4, 0, 0, 14, 0, 1, 1, 1, 2, 2, 2, 2, 0, 0, 1, 9, 0, 0 };
	static const uint8_t head[] = { 4, 0, 64, 0 };
	uint8_t data[4000];
	size_t n;

	switch (kind) {
	case ITEM_DATA:
		pattern(data, r->data_sent, len);
		r->data_sent += len;
		return seal(r, TYPE_DATA, data, len, out);
	case ITEM_EMPTY:
		return seal(r, TYPE_DATA, "", 0, out);
	case ITEM_UPDATE:
	case ITEM_UPDATE_ASKS:
		n = seal(r, TYPE_HANDSHAKE, kind == ITEM_UPDATE ? "\30\0\0\1\0" : "\30\0\0\1\1", 5,
			 out);
		secret_update(&r->c.rx_secret, &r->c.rx);
		return n;
	case ITEM_TICKET:
		return seal(r, TYPE_HANDSHAKE, ticket, sizeof(ticket), out);
	case ITEM_FRAGMENT:
		return seal(r, TYPE_HANDSHAKE, len < 4 ? head + len : head + 1, 1, out);
	case ITEM_HELLO:
		return seal(r, TYPE_HANDSHAKE, "\0\0\0\0", 4, out);
	case ITEM_WARNING:
		return seal(r, TYPE_ALERT, r->m.v13 ? "\1\132" : "\1\144", 2, out);
	case ITEM_CLOSE:
		return seal(r, TYPE_ALERT, "\1\0", 2, out);
	case ITEM_ALERT:
		return seal(r, TYPE_ALERT, "\2\50", 2, out);
	case ITEM_BAD:
		n = seal(r, TYPE_DATA, "bad", 3, out);
		out[n - 1] ^= 1;
		return n;
	case ITEM_WRONG:
		return seal(r, TYPE_CCS, "\1\1", 2, out);
	case ITEM_FIN:
		break;
	}
	return 0;
}

/* What may come now, most often data. */
static enum item_kind draw_kind(struct run *r)
{
	static const enum item_kind seldom[] = {
		ITEM_CLOSE, ITEM_ALERT, ITEM_BAD, ITEM_WRONG, ITEM_FIN, ITEM_FRAGMENT,
	};
	static const enum item_kind often13[] = {
		ITEM_EMPTY, ITEM_UPDATE, ITEM_UPDATE_ASKS, ITEM_TICKET, ITEM_WARNING,
	};
	static const enum item_kind often12[] = { ITEM_EMPTY, ITEM_HELLO, ITEM_WARNING };
	enum item_kind kind;

	if (r->fragments)
		return draw(r, 60) ? ITEM_FRAGMENT : draw(r, 2) ? ITEM_DATA : ITEM_CLOSE;
	if (!draw(r, 25)) {
		kind = seldom[draw(r, ARRAY_SIZE(seldom))];
		return kind == ITEM_FRAGMENT && !r->m.v13 ? ITEM_DATA : kind;
	}
	if (draw(r, 2))
		return ITEM_DATA;
	return r->m.v13 ? often13[draw(r, ARRAY_SIZE(often13))] :
			  often12[draw(r, ARRAY_SIZE(often12))];
}

static unsigned int fragments_sent(const struct run *r)
{
	unsigned int n = 0;
	size_t i;

	for (i = r->m.head; i < r->m.tail; i++)
		n += r->m.items[i].kind == ITEM_FRAGMENT;
	return n + r->m.fragments;
}

static void peer_sends(struct run *r, enum item_kind kind)
{
	size_t len = kind == ITEM_DATA ? 1 + draw(r, draw(r, 4) ? 100 : 3000) : 0, n, part;
	uint8_t rec[WIRE_MAX];

	if (kind == ITEM_FIN) {
		NOTE(r, "peer: FIN");
		shutdown(r->c.peer, SHUT_WR);
		await_fin(r);
		r->peer_shut = true;
		r->rest_len = 0;
		model_peer(&r->m, ITEM_FIN, 0, true);
		return;
	}
	n = make(r, kind, kind == ITEM_FRAGMENT ? fragments_sent(r) : len, rec);
	r->fragments |= kind == ITEM_FRAGMENT;
	/* Behind a record that cannot be opened there is nothing to be opened. */
	r->peer_shut |= kind == ITEM_BAD;
	part = draw(r, 8) ? n : 1 + draw(r, n);
	NOTE(r, "peer: %s, %zu bytes%s", names[kind], len, part < n ? ", in part" : "");
	r->rest_len = n - part;
	memcpy(r->rest, rec + part, n - part);
	put(r, rec, part);
	model_peer(&r->m, kind, len, part == n);
}

static void peer_acts(struct run *r)
{
	enum item_kind kind;
	int i;

	if (r->rest_len && draw(r, 2)) {
		NOTE(r, "peer: the rest");
		put(r, r->rest, r->rest_len);
		r->rest_len = 0;
		model_rest(&r->m);
		return;
	}
	if (r->peer_shut)
		return;
	if (r->rest_len) {
		if (!draw(r, 10))
			peer_sends(r, ITEM_FIN);
		return;
	}
	kind = draw_kind(r);
	/* Now and then as many as there may be, and a few. */
	for (i = draw(r, 30) ? 1 : 28 + draw(r, 10); i && !r->rest_len && !r->peer_shut; i--)
		peer_sends(r, kind);
}

/* One record of fd's, as the model has it. */
static void peer_takes(struct run *r, uint8_t type, const uint8_t *data, ssize_t n)
{
	struct model *m = &r->m;

	if (r->peer_ended)
		WRONG(r, "a record of type %u behind the end", type);
	switch (type) {
	case TYPE_DATA:
		if (m->owes_update)
			WRONG(r, "data before the KeyUpdate that is owed");
		if (pattern_check(data, r->data_got, n) != -1)
			WRONG(r, "a wrong byte to the peer, from %zu on", r->data_got);
		r->data_got += n;
		break;
	case TYPE_HANDSHAKE:
		if (n != 5 || data[0] != 24 || !m->owes_update)
			WRONG(r, "a message that is not due");
		MUST(r, data[4], m->owes_request, "update_requested");
		m->owes_update = false;
		m->owes_request = false;
		secret_update(&r->c.tx_secret, &r->c.tx);
		break;
	case TYPE_ALERT:
		if (n == 2 && data[0] == 1 && data[1] == 100 && m->refusals) {
			m->refusals--;
			break;
		}
		if (n != 2 || m->alert_sent != (SEALSOCK_ALERT | data[1]))
			WRONG(r, "an alert that is not due: %u", data[1]);
		MUST(r, data[0], data[1] ? 2 : 1, "level of the alert");
		r->peer_ended = true;
		break;
	default:
		WRONG(r, "a record of type %u", type);
	}
}

/* Takes what is there; until all has come that has to. */
static void peer_drains(struct run *r, bool all)
{
	static uint8_t buf[RECORD_MAX + 256];
	struct model *m = &r->m;
	uint8_t type;
	ssize_t n;

	while (!r->why[0]) {
		bool due = r->data_got < m->written - m->open - m->lost || m->owes_update ||
			   m->refusals || (m->alert_sent && !r->peer_ended);

		if (!(all && due) && !poll_for(r->c.peer, POLLIN, 0))
			break;
		n = wire_recv(&r->c.tx, r->c.peer, &type, buf);
		if (n == WIRE_EOF) {
			if (due || !m->write_shut)
				WRONG(r, "the peer sees an end that is none");
			break;
		}
		if (n < 0)
			WRONG(r, "the peer cannot open a record: %s", r->c.tx.why);
		else
			peer_takes(r, type, buf, n);
	}
	if (r->data_got > m->written - m->open - m->lost)
		WRONG(r, "the peer has got more than was sent");
}

/*
 * The program.
 */

static void does_read(struct run *r)
{
	size_t n = 1 + draw(r, draw(r, 2) ? 50 : 5000);
	bool peek = !draw(r, 4);
	static uint8_t buf[5000];
	long want = model_read(&r->m, n, peek), got;

	NOTE(r, "%s %zu: %ld", peek ? "peek" : "read", n, want);
	got = recv(r->c.fd, buf, n, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
	MUST(r, got < 0 ? -errno : got, want, "read");
	if (got > 0) {
		if (pattern_check(buf, r->data_read, got) != -1)
			WRONG(r, "a wrong byte was read, from %zu on", r->data_read);
		r->data_read += peek ? 0 : got;
	}
}

static void does_write(struct run *r)
{
	size_t n = 1 + draw(r, draw(r, 2) ? 30 : 500);
	bool more = !draw(r, 3);
	uint8_t buf[600];
	long want, got;

	if (r->m.written + n > SENT_MAX)
		return;
	pattern(buf, r->m.written, n);
	want = model_write(&r->m, n, more);
	NOTE(r, "write %zu%s: %ld", n, more ? ", more" : "", want);
	got = send(r->c.fd, buf, n, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	MUST(r, got < 0 ? -errno : got, want, "write");
	peer_drains(r, !more);
}

static void does_poll(struct run *r)
{
	struct pollfd p = { .fd = r->c.fd, .events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI };
	struct model *m = &r->m;
	bool readable = model_turn(m), down = m->closed || m->fin || m->read_shut;
	int want = POLLOUT | (readable ? POLLIN : 0) | (down ? POLLRDHUP : 0) |
		   (m->error ? POLLERR : 0) | (down && m->write_shut ? POLLHUP : 0);

	NOTE(r, "poll: %x", want);
	if (poll(&p, 1, 0) < 0)
		WRONG(r, "poll: %s", strerror(errno));
	MUST(r, p.revents, want, "poll");
}

static void does_ask(struct run *r)
{
	struct sealsock_sock_info info = {};
	socklen_t len = sizeof(info);
	struct sealsock_end end;
	uint8_t buf[256];
	int inq, err;

	model_turn(&r->m);
	switch (draw(r, 3)) {
	case 0:
		NOTE(r, "SEALSOCK_END: %u", r->m.reason);
		end = managed_end(r->c.fd);
		MUST(r, end.reason, r->m.reason, "reason");
		MUST(r, end.error, r->m.error, "error");
		MUST(r, end.alert_received, r->m.alert_received, "alert received");
		MUST(r, end.alert_sent, r->m.alert_sent, "alert sent");
		break;
	case 1:
		NOTE(r, "SEALSOCK_MESSAGE: %u", r->m.messages);
		len = sizeof(buf);
		err = getsockopt(r->c.fd, SOL_TLS, SEALSOCK_MESSAGE, buf, &len) ? errno : 0;
		MUST(r, err, r->m.messages ? 0 : EAGAIN, "SEALSOCK_MESSAGE");
		r->m.messages -= !err;
		len = sizeof(info);
		getsockopt(r->c.fd, SOL_TLS, SEALSOCK_INFO, &info, &len);
		MUST(r, info.messages, r->m.messages, "messages");
		break;
	case 2:
		NOTE(r, "SIOCINQ");
		if (ioctl(r->c.fd, SIOCINQ, &inq))
			WRONG(r, "SIOCINQ: %s", strerror(errno));
		if (!r->m.error)
			MUST(r, inq > 0, model_data(&r->m), "SIOCINQ");
		break;
	}
}

static void does_update(struct run *r)
{
	bool request = draw(r, 2);
	int want = model_update(&r->m, request), got;

	NOTE(r, "SEALSOCK_KEY_UPDATE %d: %d", request, want);
	got = managed_update(r->c.fd, request ? SEALSOCK_UPDATE_REQUEST : SEALSOCK_UPDATE_NOW,
			     0, 0);
	MUST(r, got ? -errno : 0, want, "SEALSOCK_KEY_UPDATE");
}

static void does_shutdown(struct run *r)
{
	/* A peer that goes on when nobody reads is a matter of TCP's. */
	bool write = draw(r, 3), read = r->peer_shut && !r->rest_len && !draw(r, 3);

	if (!write && !read)
		return;
	NOTE(r, "shutdown%s%s", read ? " reading" : "", write ? " writing" : "");
	model_shutdown(&r->m, read, write);
	if (shutdown(r->c.fd, read && write ? SHUT_RDWR : read ? SHUT_RD : SHUT_WR) &&
	    errno != ENOTCONN)
		WRONG(r, "shutdown: %s", strerror(errno));
	peer_drains(r, true);
}

static void step(struct run *r)
{
	switch (draw(r, 32)) {
	case 0 ... 11:
		peer_acts(r);
		break;
	case 12 ... 17:
		does_read(r);
		break;
	case 18 ... 22:
		does_write(r);
		break;
	case 23 ... 26:
		does_poll(r);
		break;
	case 27 ... 29:
		does_ask(r);
		break;
	case 30:
		does_update(r);
		break;
	case 31:
		if (!draw(r, 5))
			does_shutdown(r);
		break;
	}
	peer_drains(r, false);
}

/* What was sent arrives, and what has to be said, unless something is left to be read. */
static void ends(struct run *r)
{
	bool unread;

	model_shutdown(&r->m, false, true);
	unread = model_unread(&r->m);
	NOTE(r, "close%s", unread ? ", something unread" : "");
	close(r->c.fd);
	if (!unread)
		peer_drains(r, true);
	if (!unread && !r->why[0] && recv(r->c.peer, r->rest, 1, 0))
		WRONG(r, "no end behind the end");
	close(r->c.peer);
}

static bool run_one(struct run *r, const struct suite *suite, unsigned int seed)
{
	unsigned int i;

	memset(r, 0, sizeof(*r));
	r->first_seed = seed;
	r->seed = seed;
	r->m.whole = true;
	r->m.v13 = suite->version == TLS_1_3_VERSION;
	if (managed_open(&r->c, suite, 0) || set_int(r->c.fd, IPPROTO_TCP, TCP_NODELAY, 1))
		WRONG(r, "opening: %s", strerror(errno));
	for (i = 0; i < STEPS && !r->why[0]; i++)
		step(r);
	if (!r->why[0])
		ends(r);
	return !r->why[0];
}

FIXTURE(model)
{
	struct run run;
};

FIXTURE_VARIANT(model)
{
	struct suite suite;
};

ADD_SUITE(model, 12_aes_gcm_128, 2, AES_GCM_128);
ADD_SUITE(model, 13_aes_gcm_128, 3, AES_GCM_128);
ADD_SUITE(model, 13_chacha20_poly1305, 3, CHACHA20_POLY1305);

FIXTURE_SETUP(model)
{
}

FIXTURE_TEARDOWN(model)
{
}

static unsigned long from_env(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

TEST_F_TIMEOUT(model, holds, 360000)
{
	unsigned int fresh = from_env("SEALSOCK_SEED", time(NULL)), n, i;
	unsigned int fixed = getenv("SEALSOCK_SEED") ? 0 : FIXED;
	struct run *r = &self->run;
	bool well = true;
	time_t until;

	for (n = 0; well && n < fixed; n++)
		well = run_one(r, &variant->suite, 1 + n);
	TH_LOG("%u connections; from here on SEALSOCK_SEED=%u", n, fresh);
	until = time(NULL) + from_env("SEALSOCK_MODEL_SECONDS", 3);
	while (well && (n == fixed || time(NULL) < until))
		well = run_one(r, &variant->suite, fresh + n++ - fixed);
	EXPECT_TRUE(well) {
		TH_LOG("SEALSOCK_SEED=%u: %s", r->first_seed, r->why);
		for (i = r->lines > LOG_LINES ? r->lines - LOG_LINES : 0; i < r->lines; i++)
			TH_LOG("%3u %s", i, r->log[i % LOG_LINES]);
	}
	TH_LOG("%u connections", n);
}

TEST_HARNESS_MAIN
