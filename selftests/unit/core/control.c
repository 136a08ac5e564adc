// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Control records: every message, alert and count of core/control.h, whole, in fragments of every
 * size and several to a record, for both roles of both versions.
 */
#include "../../kmod/uapi/sealsock.h"
#include "control.h"
#include "tap.h"

#include <stdlib.h>

static struct seal_control control;
static struct seal_control_step step;
static uint8_t kept[200000];
static size_t kept_len, kept_want;
static unsigned int ends, updates, asked, renegotiations;

static void begin(bool v13, bool server)
{
	control = (struct seal_control){ .v13 = v13, .server = server };
	kept_len = 0;
	kept_want = 0;
	ends = 0;
	updates = 0;
	asked = 0;
	renegotiations = 0;
}

/* All events of one record; the one that ends it. */
static enum seal_control_event feed(uint8_t type, const void *content, size_t len)
{
	enum seal_control_event event;

	seal_control_start(&control, &step, type, content, len, 0);
	for (;;) {
		event = seal_control_next(&control, &step);
		switch (event) {
		case SEAL_CONTROL_BEGIN:
			kept_want = step.len;
			memcpy(kept, step.at, SEAL_HS_HEADER);
			kept_len = SEAL_HS_HEADER;
			break;
		case SEAL_CONTROL_BYTES:
			memcpy(kept + kept_len, step.at, step.len);
			kept_len += step.len;
			break;
		case SEAL_CONTROL_END:
			ends++;
			break;
		case SEAL_CONTROL_KEY_UPDATE:
			updates++;
			asked += step.asked;
			break;
		case SEAL_CONTROL_RENEGOTIATE:
			renegotiations++;
			break;
		default:
			return event;
		}
	}
}

static bool is_fatal(enum seal_control_event event, uint8_t alert, uint8_t reason)
{
	return event == SEAL_CONTROL_FATAL && step.alert == alert && step.reason == reason;
}

#define FINE(...)		ok((__VA_ARGS__) == SEAL_CONTROL_DONE, #__VA_ARGS__)
#define REFUSED(a, r, ...)	ok(is_fatal(__VA_ARGS__, SEAL_ALERT_##a, SEALSOCK_REASON_##r), \
				   "%s: %s, %s", #__VA_ARGS__, #a, #r)

/* A message of that type and length, its body a pattern. */
static size_t message(uint8_t *out, uint8_t type, uint32_t len)
{
	uint32_t i;

	out[0] = type;
	out[1] = (uint8_t)(len >> 16);
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	for (i = 0; i < len; i++)
		out[4 + i] = (uint8_t)(i * 7 + 3);
	return 4 + len;
}

static void which_may_come(void)
{
	static uint8_t msg[64];
	int v13, server, type;

	for (v13 = 0; v13 < 2; v13++) {
		for (server = 0; server < 2; server++) {
			for (type = 0; type < 256; type++) {
				bool update = v13 && type == SEAL_HS_KEY_UPDATE;
				bool ticket = v13 && !server && type == SEAL_HS_NEW_SESSION_TICKET;
				bool hello = !v13 && type == (server ? SEAL_HS_CLIENT_HELLO :
								       SEAL_HS_HELLO_REQUEST);
				size_t n = message(msg, type, update ? 1 : type ? 20 : 0);
				enum seal_control_event event;

				if (update)
					msg[4] = 1;
				begin(v13, server);
				event = feed(SEAL_TYPE_HANDSHAKE, msg, n);
				if (update || ticket || hello)
					ok(event == SEAL_CONTROL_DONE && updates == update &&
					   ends == ticket && renegotiations == hello,
					   "1.%d %s: message %d", v13 + 2,
					   server ? "server" : "client", type);
				else
					ok(is_fatal(event, SEAL_ALERT_UNEXPECTED_MESSAGE,
						    SEALSOCK_REASON_MESSAGE_TYPE),
					   "1.%d %s: message %d is refused", v13 + 2,
					   server ? "server" : "client", type);
			}
		}
	}
}

static void record_types(void)
{
	int type;

	for (type = 0; type < 256; type++) {
		if (type >= SEAL_TYPE_ALERT && type <= SEAL_TYPE_DATA)
			continue;
		begin(true, false);
		REFUSED(UNEXPECTED_MESSAGE, RECORD_TYPE, feed(type, "\1", 1));
	}
	begin(true, false);
	FINE(feed(SEAL_TYPE_DATA, "x", 1));
	REFUSED(UNEXPECTED_MESSAGE, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, "", 0));
}

/* Tickets of several lengths, in records of every size, one after the other in one stream. */
static void fragments(void)
{
	static const uint32_t lens[] = { 14, 15, 100, 300, 16384, 70000, 131337 };
	static uint8_t msg[2 * 131341];
	size_t size, n, at, i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (size = 1; size < 20000; size = size * 3 / 2 + 1) {
			bool fine = true;

			if (lens[i] > 2000 && size < 64)
				continue;
			begin(true, false);
			n = message(msg, SEAL_HS_NEW_SESSION_TICKET, lens[i]);
			n += message(msg + n, SEAL_HS_NEW_SESSION_TICKET, lens[i]);
			for (at = 0; fine && at < n; at += size) {
				/* Data that is sent resets the counts: not what is tested here. */
				control.fragments = 0;
				fine = feed(SEAL_TYPE_HANDSHAKE, msg + at,
					    n - at < size ? n - at : size) == SEAL_CONTROL_DONE;
			}
			ok(fine && ends == 2 && kept_want == n / 2 && kept_len == n / 2 &&
			   !memcmp(kept, msg, n / 2),
			   "two tickets of %u bytes in records of %zu", lens[i], size);
		}
	}
	begin(true, false);
	message(msg, SEAL_HS_NEW_SESSION_TICKET, 13);
	REFUSED(DECODE_ERROR, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, msg, 17));
	begin(true, false);
	message(msg, SEAL_HS_NEW_SESSION_TICKET, 131338);
	REFUSED(DECODE_ERROR, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, msg, 100));
	begin(false, false);
	REFUSED(DECODE_ERROR, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, "\0\0\0\1x", 5));
	begin(false, true);
	REFUSED(DECODE_ERROR, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, "\1\2\0\1", 4));
}

static void inside_a_message(void)
{
	static const char ticket[] = "\4\0\0\20.....";

	begin(true, false);
	FINE(feed(SEAL_TYPE_HANDSHAKE, ticket, 2));
	REFUSED(UNEXPECTED_MESSAGE, INTERLEAVED, feed(SEAL_TYPE_DATA, "x", 1));
	begin(true, false);
	FINE(feed(SEAL_TYPE_HANDSHAKE, ticket, 9));
	REFUSED(UNEXPECTED_MESSAGE, INTERLEAVED, feed(SEAL_TYPE_DATA, "", 0));
	begin(true, false);
	FINE(feed(SEAL_TYPE_HANDSHAKE, ticket, 9));
	ok(feed(SEAL_TYPE_ALERT, "\2\50", 2) == SEAL_CONTROL_ALERT && step.alert == 40,
	   "an alert inside a message");
}

static void key_updates(void)
{
	static const char both[] = "\4\0\0\16..............\30\0\0\1\1";

	begin(true, true);
	FINE(feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\1\0", 5));
	FINE(feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\1\1", 5));
	ok(updates == 2 && asked == 1, "asked in the second only");
	FINE(feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\1", 4));
	ok(updates == 2, "not before it is whole");
	FINE(feed(SEAL_TYPE_HANDSHAKE, "\1", 1));
	ok(updates == 3 && asked == 2, "in two records");
	REFUSED(ILLEGAL_PARAMETER, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\1\2", 5));
	begin(true, true);
	REFUSED(DECODE_ERROR, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\2\0\0", 6));
	begin(true, true);
	REFUSED(DECODE_ERROR, MESSAGE_FORM, feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\0", 4));
	begin(true, true);
	REFUSED(UNEXPECTED_MESSAGE, KEY_UPDATE_END,
		feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\1\0\30", 6));
	begin(true, false);
	FINE(feed(SEAL_TYPE_HANDSHAKE, both, 4 + 14 + 5));
	ok(ends == 1 && updates == 1 && asked == 1, "behind a ticket, in one record");
}

static void alerts(void)
{
	int v13, level, description;

	for (v13 = 0; v13 < 2; v13++) {
		for (level = 0; level < 4; level++) {
			for (description = 0; description < 256; description++) {
				uint8_t alert[] = { level, description };
				enum seal_control_event event, want = SEAL_CONTROL_ALERT;

				if (description == 0)
					want = SEAL_CONTROL_CLOSE;
				else if (v13 ? description == 90 : level == 1)
					want = SEAL_CONTROL_DONE;
				else if (!v13 && level != 2)
					want = SEAL_CONTROL_FATAL;
				begin(v13, false);
				event = feed(SEAL_TYPE_ALERT, alert, 2);
				ok(event == want && (want != SEAL_CONTROL_ALERT ||
						     step.alert == description),
				   "1.%d: alert %d, %d", v13 + 2, level, description);
			}
		}
		begin(v13, false);
		REFUSED(UNEXPECTED_MESSAGE, ALERT_FORM, feed(SEAL_TYPE_ALERT, "", 0));
		REFUSED(DECODE_ERROR, ALERT_FORM, feed(SEAL_TYPE_ALERT, "\2", 1));
		REFUSED(DECODE_ERROR, ALERT_FORM, feed(SEAL_TYPE_ALERT, "\2\0\2\0", 4));
	}
}

/* As many as may be, then one more; data in between begins anew. */
static void flood_of(const char *what, bool v13, bool server, uint8_t type, const void *content,
		     size_t len, unsigned int most, bool forever)
{
	unsigned int i, round;
	bool fine = true;

	begin(v13, server);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < most && (!round || !forever); i++)
			fine = fine && feed(type, content, len) == SEAL_CONTROL_DONE;
		if (round < 2 && !seal_control_inside(&control))
			fine = fine && feed(SEAL_TYPE_DATA, "x", 1) == SEAL_CONTROL_DONE;
		else if (round < 2)
			control.fragments = 0;
	}
	ok(fine, "%s: %u are no flood", what, most);
	ok(is_fatal(feed(type, content, len), SEAL_ALERT_UNEXPECTED_MESSAGE,
		    SEALSOCK_REASON_FLOOD), "%s: one more is", what);
}

static void floods(void)
{
	static uint8_t ticket[20004], part[] = { 'x' };
	unsigned int i;

	message(ticket, SEAL_HS_NEW_SESSION_TICKET, 14);
	flood_of("KeyUpdate", true, true, SEAL_TYPE_HANDSHAKE, "\30\0\0\1\1", 5,
		 SEALSOCK_FLOOD_KEY_UPDATES, false);
	flood_of("empty records", true, true, SEAL_TYPE_DATA, "", 0, SEALSOCK_FLOOD_EMPTY, false);
	flood_of("user_canceled", true, true, SEAL_TYPE_ALERT, "\1\132", 2,
		 SEALSOCK_FLOOD_WARNINGS, false);
	flood_of("warnings", false, true, SEAL_TYPE_ALERT, "\1\144", 2, SEALSOCK_FLOOD_WARNINGS,
		 false);
	flood_of("tickets", true, false, SEAL_TYPE_HANDSHAKE, ticket, 18, SEALSOCK_FLOOD_MESSAGES,
		 false);
	flood_of("HelloRequest", false, false, SEAL_TYPE_HANDSHAKE, "\0\0\0\0", 4,
		 SEALSOCK_FLOOD_RENEGOTIATIONS, true);
	flood_of("ClientHello", false, true, SEAL_TYPE_HANDSHAKE, "\1\0\0\1x", 5,
		 SEALSOCK_FLOOD_RENEGOTIATIONS, true);

	begin(true, false);
	message(ticket, SEAL_HS_NEW_SESSION_TICKET, 20000);
	FINE(feed(SEAL_TYPE_HANDSHAKE, ticket, 64));
	for (i = 0; i < SEALSOCK_FLOOD_FRAGMENTS; i++)
		FINE(feed(SEAL_TYPE_HANDSHAKE, part, 1));
	REFUSED(UNEXPECTED_MESSAGE, FLOOD, feed(SEAL_TYPE_HANDSHAKE, part, 1));

	/* Having sent as much as SEALSOCK_FLOOD_BYTES counts like data. */
	begin(true, true);
	for (i = 0; i < SEALSOCK_FLOOD_KEY_UPDATES; i++)
		feed(SEAL_TYPE_HANDSHAKE, "\30\0\0\1\1", 5);
	seal_control_start(&control, &step, SEAL_TYPE_HANDSHAKE, (const uint8_t *)"\30\0\0\1\1", 5,
			   SEALSOCK_FLOOD_BYTES);
	ok(seal_control_next(&control, &step) == SEAL_CONTROL_KEY_UPDATE, "data was sent");
}

/* What a server may send: one whole ticket, and nothing that is a byte off. */
static void own_tickets(void)
{
	static const uint8_t good[] = {
		4, 0, 0, 28, 0, 9, 0x3a, 0x80, 1, 2, 3, 4, 2, 7, 7, 0, 3, 'a', 'b', 'c',
		0, 10, 0, 42, 0, 4, 0, 0, 64, 0, 9, 9,
	};
	uint8_t bad[sizeof(good) + 1];
	static uint8_t large[4 + 16 + 65535];
	size_t i;

	ok(!seal_control_is_ticket(good, sizeof(good)), "a rest of an extension");
	memcpy(bad, good, sizeof(good));
	bad[3] = 26;
	bad[21] = 8;
	ok(seal_control_is_ticket(bad, 30), "a ticket with an extension");
	for (i = 0; i < 30; i++)
		if (seal_control_is_ticket(bad, i))
			break;
	ok(i == 30, "none that is cut");
	ok(!seal_control_is_ticket(bad, 31), "nothing behind it");
	for (i = 0; i < 30; i++) {
		static const uint8_t lengths[] = { 0, 1, 2, 3, 12, 15, 16, 20, 21, 24, 25 };
		uint8_t was = bad[i];
		bool counts = memchr(lengths, (int)i, sizeof(lengths)), taken;

		bad[i] = was + 1;
		taken = seal_control_is_ticket(bad, 30);
		bad[i] = was;
		/* Those of the lifetime, which is the largest there is, too. */
		counts |= i >= 4 && i < 8;
		if (taken == counts)
			break;
	}
	ok(i == 30, "each length, and the lifetime, is looked at (%zu)", i);
	bad[16] = 0;
	ok(!seal_control_is_ticket(bad, 30), "no empty ticket");

	/* The longest ticket there can be without nonce and extensions. */
	memcpy(large, "\4\1\0\14\0\0\0\1\0\0\0\0\0\377\377", 15);
	ok(seal_control_is_ticket(large, 4 + 8 + 1 + 2 + 65535 + 2), "a long one");
	ok(!seal_control_is_ticket(large, 4 + 8 + 1 + 2 + 65535 + 1), "but whole");
}

int main(void)
{
	own_tickets();
	which_may_come();
	record_types();
	fragments();
	inside_a_message();
	key_updates();
	alerts();
	floods();
	return done();
}
