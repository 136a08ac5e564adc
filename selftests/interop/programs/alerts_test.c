// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * alerts_test: records that are no good, each with the alert that its sender gets. It is the same
 * whoever opens records: the library's engine, the kernel with the library, the kernel alone.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handed.h"
#include "tap.h"

enum { UNEXPECTED_MESSAGE = 10, BAD_RECORD_MAC = 20, RECORD_OVERFLOW = 22, PROTOCOL_VERSION = 70 };

/* What the peer seals in a record of @type, or, where @raw, writes as it is. */
struct bad {
	const char *name;
	bool raw;
	uint8_t type;
	const char *p;
	size_t n;
	int alert;
};

#define RAW(bytes)		true, 0, bytes, sizeof(bytes) - 1
#define SEALED(type, bytes)	false, type, bytes, sizeof(bytes) - 1
#define FILL			"0123456789abcdef0123456789abcdef"	/* 32 bytes */

static const struct bad bad13[] = {
	{ "nothing but padding", SEALED(0, "\0\0\0"), UNEXPECTED_MESSAGE },
	{ "change_cipher_spec, sealed", SEALED(20, "\1"), UNEXPECTED_MESSAGE },
	{ "an unknown type, sealed", SEALED(24, "data"), UNEXPECTED_MESSAGE },
	{ "change_cipher_spec", RAW("\x14\3\3\0\1\1"), UNEXPECTED_MESSAGE },
	{ "an alert in the clear", RAW("\x15\3\3\0\2\1\0"), UNEXPECTED_MESSAGE },
	{ "a handshake record in the clear", RAW("\x16\3\1\xff\xff"), UNEXPECTED_MESSAGE },
	{ "an unknown type in the clear", RAW("\x18\3\3\0\x20" FILL), UNEXPECTED_MESSAGE },
	{ "not authentic", RAW("\x17\3\3\0\x20" FILL), BAD_RECORD_MAC },
	{ "empty", RAW("\x17\3\3\0\0"), BAD_RECORD_MAC },
	{ "too short", RAW("\x17\3\3\0\x10" FILL), BAD_RECORD_MAC },
	{ "too long", RAW("\x17\3\3\x40\x12"), RECORD_OVERFLOW },
	{ "another version", RAW("\x17\3\1\1\0"), PROTOCOL_VERSION },
	{ NULL },
};

static const struct bad bad12[] = {
	{ "change_cipher_spec, sealed", SEALED(20, "\1"), UNEXPECTED_MESSAGE },
	{ "an unknown type, sealed", SEALED(24, "data"), UNEXPECTED_MESSAGE },
	{ "change_cipher_spec", RAW("\x14\3\3\0\1\1"), BAD_RECORD_MAC },
	{ "not authentic", RAW("\x17\3\3\0\x20" FILL), BAD_RECORD_MAC },
	{ "too short", RAW("\x17\3\3\0\x0f" FILL), BAD_RECORD_MAC },
	{ "too long", RAW("\x17\3\3\x40\x19"), RECORD_OVERFLOW },
	{ "another version", RAW("\x17\3\1\1\0"), PROTOCOL_VERSION },
	{ NULL },
};

static const struct way {
	const char *name;
	bool stays;
	unsigned int flags;
} ways[] = {
	{ "engine", true, 0 },
	{ "kernel and library", false, SEALSOCK_INSTALL_COMPATIBLE },
	{ "kernel", false, 0 },
};

static ssize_t read_to_the_end(struct side *side)
{
	char buf[64];
	ssize_t r;

	do {
		r = sealsock_read(side->conn, side->fd, buf, sizeof(buf));
	} while (r > 0);
	return r;
}

static void judge(const struct way *way, enum sealsock_side role, const char *version,
		  const struct bad *bad)
{
	ssize_t mine, peers;

	handed_stays = way->stays;
	handed_flags = way->flags;
	if (!ok(open_pair(role, version, false), "%s, %s, %s", version, bad->name, way->name))
		return;
	peer_says("data");
	if (!bad->raw)
		peer_record(bad->type, bad->p, bad->n);
	else if (send(peer.fd, bad->p, bad->n, MSG_NOSIGNAL) != (ssize_t)bad->n)
		note("the peer cannot send");
	mine = read_to_the_end(&handed);
	peers = read_to_the_end(&peer);
	note("%s; the peer: %s, alert %d, wanted %d", sealsock_error_name((int)mine),
	     sealsock_error_name((int)peers), sealsock_conn_error(peer.conn)->alert, bad->alert);
	ok(mine < 0 && peers == SEALSOCK_ERR_ALERT &&
	   sealsock_conn_error(peer.conn)->alert == bad->alert, "  its alert");
	close_pair();
}

int main(void)
{
	enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

	alarm(300);
	for (size_t w = 0; w < WAYS; w++) {
		for (const struct bad *bad = bad13; bad->name; bad++)
			judge(&ways[w], SEALSOCK_CLIENT, "TLSv1.3", bad);
		for (const struct bad *bad = bad12; bad->name; bad++)
			judge(&ways[w], SEALSOCK_SERVER, "TLSv1.2", bad);
	}
	return done();
}
