// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sealsock_install() against a kernel that says no at each of its steps: what becomes of the socket,
 * of the keys, and of the connection. The kernel is this file: its setsockopt() answers.
 */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pair.h"
#include "tap.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum { LIMIT = 5 };	/* TLS_TX_MAX_PAYLOAD_LEN */

/* The option that fails, and how. */
static struct {
	int level, name, err;
} refuse;

static unsigned int options;	/* set so far */
static bool has_limit, is_shut;

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	(void)fd;
	(void)value;
	(void)len;
	options++;
	if (level == refuse.level && name == refuse.name) {
		errno = refuse.err;
		return -1;
	}
	return 0;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	(void)fd;
	(void)value;
	(void)len;
	if (level == SOL_TLS && name == LIMIT && has_limit)
		return 0;
	errno = ENOPROTOOPT;
	return -1;
}

int shutdown(int fd, int how)
{
	(void)fd;
	is_shut = how == SHUT_RDWR;
	return 0;
}

static struct sealsock_config *cc, *sc;
static struct sealsock_conn *c, *s;
static int fds[2];

static bool open_both(unsigned int limit)
{
	cc = client_config();
	sc = server_config(CERT_P256);
	if (limit)
		sealsock_config_record_size_limit(sc, limit);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	refuse.level = 0;
	options = 0;
	has_limit = true;
	is_shut = false;
	return !socketpair(AF_UNIX, SOCK_STREAM, 0, fds) && shake_hands(c, s, 0);
}

static void close_both(void)
{
	close(fds[0]);
	close(fds[1]);
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
}

/* Does the engine still carry data from the client to the server? */
static bool engine_works(void)
{
	char buf[8];
	size_t moved;

	return sealsock_write(c, fds[0], "hello", 5) == 5 &&
	       recv(fds[1], (char[64]){ 0 }, 64, MSG_DONTWAIT) > 5 &&
	       sealsock_conn_write(s, "back", 4) == 4 && !carry(s, c, 0, &moved) &&
	       sealsock_conn_read(c, buf, sizeof(buf)) == 4;
}

static const struct {
	const char *name;
	int level, opt, err;
	int code;
	unsigned int limit;
	bool half;	/* no way back */
} steps[] = {
	{ "no module", IPPROTO_TCP, TCP_ULP, ENOENT, SEALSOCK_ERR_NO_MODULE, 0, false },
	{ "a ULP that may not be attached", IPPROTO_TCP, TCP_ULP, ENOTCONN, SEALSOCK_ERR_REFUSED, 0,
	  false },
	{ "the receiving key refused", SOL_TLS, TLS_RX, ENOENT, SEALSOCK_ERR_REFUSED, 0, false },
	{ "the sending key refused", SOL_TLS, TLS_TX, ENOMEM, SEALSOCK_ERR_REFUSED, 0, true },
	{ "the size limit refused", SOL_TLS, LIMIT, EINVAL, SEALSOCK_ERR_REFUSED, 512, true },
};

static void refused(unsigned int i, bool keep)
{
	const struct sealsock_failure *f;
	char byte;
	int err;

	ok(open_both(steps[i].limit), "%s%s", steps[i].name, keep ? ", to be kept" : "");
	refuse.level = steps[i].level;
	refuse.name = steps[i].opt;
	refuse.err = steps[i].err;
	err = sealsock_install(c, fds[0], keep ? SEALSOCK_INSTALL_KEEP : 0);
	ok_int(err, steps[i].code, "is said");
	ok_int(errno, steps[i].err, "with the kernel's errno");
	f = sealsock_conn_error(c);
	if (keep && !steps[i].half) {
		ok(!is_shut && !f->code, "nothing else has changed");
		ok(engine_works(), "the engine goes on");
		refuse.level = 0;
		ok_int(sealsock_install(c, fds[0], 0), 0, "and the kernel may be asked again");
	} else {
		ok(is_shut, "the socket is shut down");
		ok(f->code == err && f->sys_errno == steps[i].err, "the connection failed for it");
		ok_int(sealsock_write(c, fds[0], "x", 1), err, "nothing can be written");
		ok_int(sealsock_read(c, fds[0], &byte, 1), err, "nor read");
		ok(!c->ch.tx_secret.n && !c->ch.rx_secret.n && !c->ch.tx.suite, "the keys are gone");
		ok_int(sealsock_install(c, fds[0], 0), err, "for good");
	}
	close_both();
}

static void misuse(void)
{
	size_t moved;
	char buf[8];

	open_both(0);
	ok_int(sealsock_install(c, fds[0], 0x8000), SEALSOCK_ERR_INVALID, "unknown flags");
	ok(is_shut, "are no reason to go on in the clear");
	close_both();

	open_both(512);
	has_limit = false;
	ok_int(sealsock_install(c, fds[0], SEALSOCK_INSTALL_KEEP), SEALSOCK_ERR_REFUSED,
	       "a kernel that cannot keep the peer's limit");
	ok(options == 1 && !is_shut && engine_works(), "gets no key");
	close_both();

	open_both(0);
	sealsock_conn_write(s, "early", 5);
	carry(s, c, 0, &moved);
	ok_int(sealsock_install(c, fds[0], SEALSOCK_INSTALL_KEEP), SEALSOCK_ERR_STATE,
	       "data was read already");
	ok(!is_shut && sealsock_conn_read(c, buf, sizeof(buf)) == 5, "and is not lost");
	sealsock_conn_write(s, "early", 5);
	carry(s, c, 0, &moved);
	ok_int(sealsock_install(c, fds[0], 0), SEALSOCK_ERR_STATE, "without a word of keeping it");
	ok(is_shut, "the socket is shut down");
	close_both();

	cc = client_config();
	c = client_conn(cc);
	is_shut = false;
	ok_int(sealsock_install(c, 0, 0), SEALSOCK_ERR_STATE, "before the handshake");
	ok(!is_shut, "nothing has changed");
	sealsock_conn_free(c);
	sealsock_config_unref(cc);

	open_both(0);
	ok_int(sealsock_install(c, fds[0], 0), 0, "installed");
	ok_int(sealsock_install(c, fds[0], 0), SEALSOCK_ERR_STATE, "a second time");
	ok(!is_shut, "changes nothing");
	close_both();
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		refused(i, false);
		refused(i, true);
	}
	misuse();
	free_test_identities();
	return done();
}
