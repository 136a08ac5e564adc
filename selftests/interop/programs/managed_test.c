// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * managed_test: a socket that sealsock_install() has handed over as a whole, by plain read(2) and
 * write(2) and by the library's calls. The peer is our own engine, which can be made to send what
 * no library would.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handed.h"
#include "tap.h"

/* All of @text comes by plain read(2). */
static bool reads(const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[256];
	ssize_t r = 0;

	while (n < len && (r = read(handed.fd, got + n, len - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("read: %zd, %s", r, strerror(errno));
	return n == len && !memcmp(got, text, len);
}

static bool says(const char *text)
{
	return write(handed.fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static void test_data(enum sealsock_side role, const char *version)
{
	char buf[64], session[SEALSOCK_SESSION_MAX];

	if (!ok(open_pair(role, version, false), "%s, %s", version,
		role == SEALSOCK_CLIENT ? "a client" : "a server"))
		return;
	ok(peer_says("hello") && reads("hello") && says("and back") && peer_reads("and back"),
	   "  plain read(2) and write(2)");
	ok(peer_says("hello") && sealsock_read(handed.conn, handed.fd, buf, sizeof(buf)) == 5 &&
	   sealsock_write(handed.conn, handed.fd, "back", 4) == 4 && peer_reads("back"),
	   "  and the library's calls");
	if (role == SEALSOCK_CLIENT && !strcmp(version, "TLSv1.3"))
		ok(sealsock_conn_session(handed.conn, session, sizeof(session)) > 0,
		   "  which fetch the tickets");
	ok(!sealsock_release(handed.conn), "  release");
	ok(peer_says("last") && !sealsock_shutdown(peer.conn, peer.fd) && reads("last") &&
	   read(handed.fd, buf, 1) == 0 && read(handed.fd, buf, 1) == 0,
	   "  close_notify is end of file");
	ok(sealsock_read(handed.conn, handed.fd, buf, 1) == 0, "  to sealsock_read too");
	ok(says("still here") && peer_reads("still here"), "  the other way stays open");
	ok(!sealsock_shutdown(handed.conn, handed.fd) &&
	   sealsock_read(peer.conn, peer.fd, buf, 1) == 0, "  until it is closed, as TLS does");
	close_pair();
	if (!open_pair(role, version, false))
		return;
	says("bye");
	close(handed.fd);
	ok(peer_reads("bye") && sealsock_read(peer.conn, peer.fd, buf, 1) == 0,
	   "  close(2) alone says close_notify");
	handed.fd = dup(peer.fd);
	close_pair();
}

static void test_updates(enum sealsock_side role)
{
	bool good = true;

	if (!ok(open_pair(role, "TLSv1.3", false), "key updates"))
		return;
	for (int i = 0; good && i < 20; i++)
		good = !sealsock_rekey(peer.conn, peer.fd, i & 1) && peer_says("to it") &&
		       reads("to it") && says("from it") && peer_reads("from it");
	ok(good, "  twenty of the peer's, half of them to be answered");
	for (int i = 0; good && i < 10; i++)
		good = !sealsock_rekey(handed.conn, handed.fd, i & 1) && says("from it") &&
		       peer_reads("from it") && peer_says("to it") && reads("to it");
	ok(good, "  and ten of ours");
	peer_record(SEAL_TYPE_HANDSHAKE, "\x18\0", 2);
	peer_record(SEAL_TYPE_HANDSHAKE, "\0\1\0", 3);
	peer_next_key();
	ok(peer_says("behind it") && reads("behind it"), "  one in two records");
	if (role == SEALSOCK_CLIENT) {
		peer_record(SEAL_TYPE_HANDSHAKE, TICKET "\x18\0\0\1\0", TICKET_LEN + 5);
		peer_next_key();
		ok(peer_says("behind both") && reads("behind both"), "  one behind a ticket");
		for (size_t i = 0; i < TICKET_LEN; i += 16)
			peer_record(SEAL_TYPE_HANDSHAKE, &TICKET[i],
				    TICKET_LEN - i < 16 ? TICKET_LEN - i : 16);
		ok(peer_says("data") && reads("data"),
		   "  a ticket whose second part begins as one does");
	}
	close_pair();
}

static const struct {
	const char *name;
	uint8_t type;
	const char *p;
	size_t n;
	int err, code, alert;
	enum sealsock_direction direction;
} ends[] = {
	{ "the end without close_notify", 0, "", 0, ENOLINK, SEALSOCK_ERR_TRUNCATED, -1,
	  SEALSOCK_DIR_NONE },
	{ "a fatal alert", 21, "\2\x28", 2, EPROTO, SEALSOCK_ERR_ALERT, 40,
	  SEALSOCK_DIR_RECEIVED },
	{ "an alert of three bytes", 21, "\2\x28\0", 3, EPROTO, SEALSOCK_ERR_DECODE, 50,
	  SEALSOCK_DIR_SENT },
	{ "an unknown message", 22, "\x63\0\0\0", 4, EPROTO, SEALSOCK_ERR_UNEXPECTED, 10,
	  SEALSOCK_DIR_SENT },
	{ "a KeyUpdate that asks for 2", 22, "\x18\0\0\1\2", 5, EPROTO, SEALSOCK_ERR_ILLEGAL, 47,
	  SEALSOCK_DIR_SENT },
	{ "a record of type 99", 99, "data", 4, EPROTO, SEALSOCK_ERR_UNEXPECTED, 10,
	  SEALSOCK_DIR_SENT },
};

static void test_ends(void)
{
	const struct sealsock_failure *f;
	char buf[8];
	int code;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!ok(open_pair(SEALSOCK_CLIENT, "TLSv1.3", false), "%s", ends[i].name))
			continue;
		peer_says("data");
		if (ends[i].n)
			peer_record(ends[i].type, ends[i].p, ends[i].n);
		else
			shutdown(peer.fd, SHUT_WR);
		ok(reads("data"), "  what came before it");
		errno = 0;
		ok(read(handed.fd, buf, 1) < 0 && errno == ends[i].err, "  errno of read(2): %s",
		   strerror(errno));
		code = (int)sealsock_read(handed.conn, handed.fd, buf, 1);
		f = sealsock_conn_error(handed.conn);
		note("%s, alert %d, direction %d: %s", sealsock_error_name(code), f->alert,
		     f->direction, f->text);
		ok(code == ends[i].code && f->alert == ends[i].alert &&
		   f->direction == ends[i].direction, "  and what sealsock_read says");
		if (ends[i].direction == SEALSOCK_DIR_SENT)
			ok(sealsock_read(peer.conn, peer.fd, buf, 1) == SEALSOCK_ERR_ALERT &&
			   sealsock_conn_error(peer.conn)->alert == ends[i].alert,
			   "  the peer gets the alert");
		close_pair();
	}
}

static void test_memory(const char *version)
{
	unsigned int left = 0, i;

	if (!ok(open_pair(SEALSOCK_CLIENT, version, true), "%s, both sides handed over", version))
		return;
	for (i = 0; i < line_count; i++)
		if (strstr(lines[i].name, "TRAFFIC") || strstr(lines[i].name, "CLIENT_RANDOM")) {
			unsigned int n = memory_find(&lines[i]);

			if (n)
				note("%s: %u times", lines[i].name, n);
			left += n;
		}
	ok(line_count > 0 && !left, "  the process holds no secret of theirs");
	ok(says("hello") && peer_reads("hello"), "  and data goes on");
	close_pair();
}

int main(void)
{
	alarm(280);
	test_memory("TLSv1.3");
	test_memory("TLSv1.2");
	test_data(SEALSOCK_CLIENT, "TLSv1.3");
	test_data(SEALSOCK_SERVER, "TLSv1.3");
	test_data(SEALSOCK_CLIENT, "TLSv1.2");
	test_data(SEALSOCK_SERVER, "TLSv1.2");
	test_updates(SEALSOCK_CLIENT);
	test_updates(SEALSOCK_SERVER);
	test_ends();
	return done();
}
