// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sealsock_install() against a kernel that says no at each of its steps: what becomes of the
 * socket, of the keys, and of the connection. The kernel is this file: its setsockopt() answers.
 */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../uapi/sealsock.h"
#include "memory.h"
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
static bool has_limit, has_managed, is_shut;
static struct sealsock_managed managed;	/* what came with SEALSOCK_MANAGED, inverted */

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	const unsigned char *from = value;
	unsigned char *to = (unsigned char *)&managed;

	(void)fd;
	options++;
	if (level == SOL_TLS && name == SEALSOCK_MANAGED && !has_managed) {
		options--;
		errno = ENOPROTOOPT;
		return -1;
	}
	if (level == SOL_TLS && name == SEALSOCK_MANAGED)
		for (size_t i = 0; i < sizeof(managed) && i < len; i++)
			to[i] = (unsigned char)~from[i];
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

static struct hidden lines[16];
static unsigned int line_count;

static void keep_line(void *arg, const char *line)
{
	(void)arg;
	if (line_count < 16)
		hide_line(&lines[line_count++], line);
}

static bool post_auth;

static bool start(void)
{
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	refuse.level = 0;
	options = 0;
	has_limit = true;
	has_managed = false;
	is_shut = false;
	return !socketpair(AF_UNIX, SOCK_STREAM, 0, fds) && shake_hands(c, s, 0);
}

static bool open_both(unsigned int limit)
{
	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_post_handshake_auth(cc, post_auth);
	if (limit)
		sealsock_config_record_size_limit(sc, limit);
	return start();
}

static void open_config(const char *versions, const char *cipher)
{
	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_versions(cc, versions);
	sealsock_config_ciphers(cc, cipher);
	sealsock_config_ticket_count(sc, 0);
	sealsock_config_keylog(cc, keep_line, NULL);
	NEED(start());
	/* The peer is in the same process. */
	keys_away(s);
	options = 0;
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
	char buf[64];
	size_t moved;

	return sealsock_write(c, fds[0], "hello", 5) == 5 &&
	       recv(fds[1], buf, sizeof(buf), MSG_DONTWAIT) > 5 &&
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
		ok(!c->ch.tx_secret.n && !c->ch.rx_secret.n && !c->ch.tx.suite,
		   "the keys are gone");
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

/* The part of what was handed over that is @h, hidden. */
static bool handed(const struct hidden *h, const unsigned char *inverted)
{
	for (size_t i = 0; i < h->n; i++)
		if ((h->b[i] ^ 0xa5) != (unsigned char)~inverted[i])
			return false;
	return true;
}

static const struct hidden *line_of(const char *name)
{
	for (unsigned int i = 0; i < line_count; i++)
		if (!strcmp(lines[i].name, name))
			return &lines[i];
	return &lines[15];
}

static void as_a_whole(const char *versions, const char *cipher)
{
	bool tls13 = !strcmp(versions, "TLSv1.3");
	struct sealsock_info info;
	struct traffic_key k;
	struct hidden key;
	unsigned int i, left = 0;

	line_count = 0;
	open_config(versions, cipher);
	has_managed = true;
	NEED(!conn_traffic_key(c, CONN_TX, &k));
	hide(&key, "key", k.key, k.key_len);
	wipe(&k, sizeof(k));
	ok_int(sealsock_install(c, fds[0], 0), 0, "%s, %s: managed mode", versions, cipher);
	sealsock_conn_info(c, &info);
	ok(info.managed && info.path == SEALSOCK_PATH_SEALSOCK && options == 2,
	   "is taken where there is one, by one option");
	ok((uint16_t)~managed.version == (tls13 ? 0x0304 : 0x0303) && !~managed.flags &&
	   ~managed.tx.sequence == (tls13 ? 0 : 1) && ~managed.rx.sequence == (tls13 ? 0 : 1) &&
	   !(uint32_t)~managed.prefix_len && !(uint32_t)~managed.max_payload,
	   "with version, role and sequence numbers");
	if (tls13)
		ok(handed(line_of("CLIENT_TRAFFIC_SECRET_0"), managed.tx.secret) &&
		   handed(line_of("SERVER_TRAFFIC_SECRET_0"), managed.rx.secret) &&
		   managed.tx.key[0] == 0xff && managed.tx.iv[0] == 0xff,
		   "the traffic secrets, and no key");
	else
		ok(handed(&key, managed.tx.key) && managed.tx.secret[0] == 0xff &&
		   managed.tx.secret[47] == 0xff, "the keys, and no secret");
	for (i = 0; i < line_count; i++)
		if (strstr(lines[i].name, "TRAFFIC") || strstr(lines[i].name, "CLIENT_RANDOM"))
			left += memory_find(&lines[i]);
	ok(!left && !memory_find(&key), "nothing of them is left in the process");
	ok(!c->ch.tx_secret.n && !c->ch.rx_secret.n, "nor of the next ones");
	ok_int(sealsock_release(c), 0, "release");
	ok_int(sealsock_ask_cert(c, fds[0], false), SEALSOCK_ERR_UNSUPPORTED, "no request");
	close_both();
}

static void not_as_a_whole(void)
{
	struct sealsock_info info;

	open_both(0);
	has_managed = true;
	ok_int(sealsock_install(c, fds[0], SEALSOCK_INSTALL_COMPATIBLE), 0, "compatible mode");
	sealsock_conn_info(c, &info);
	ok(!info.managed && c->ch.tx_secret.n, "where it is asked for");
	close_both();

	open_both(0);
	has_managed = true;
	refuse.level = SOL_TLS;
	refuse.name = SEALSOCK_MANAGED;
	refuse.err = ENOENT;
	ok_int(sealsock_install(c, fds[0], SEALSOCK_INSTALL_KEEP), SEALSOCK_ERR_REFUSED,
	       "managed mode refused");
	ok(!is_shut && engine_works(), "leaves all as it was");
	close_both();

	post_auth = true;
	open_both(0);
	post_auth = false;
	has_managed = true;
	ok_int(sealsock_install(c, fds[0], 0), 0, "with authentication after the handshake");
	sealsock_conn_info(c, &info);
	ok(!info.managed, "compatible mode it is");
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
	as_a_whole("TLSv1.3", "TLS_AES_128_GCM_SHA256");
	as_a_whole("TLSv1.3", "TLS_AES_256_GCM_SHA384");
	as_a_whole("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
	as_a_whole("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
	not_as_a_whole();
	free_test_identities();
	return done();
}
