// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handed.h"
#include "keys/schedule13.h"
#include "tap.h"

struct side handed, peer;
struct hidden lines[LINES];
unsigned int line_count, handed_flags, client_limit;
bool handed_stays;

static void keep_line(void *arg, const char *line)
{
	(void)arg;
	if (line_count < LINES)
		hide_line(&lines[line_count++], line);
}

static struct sealsock_config *config(enum sealsock_side role, const char *versions)
{
	struct sealsock_config *cfg = sealsock_config_new(role);
	const struct test_cert *t = test_cert();

	if (!cfg || sealsock_config_versions(cfg, versions) ||
	    (role == SEALSOCK_SERVER ?
	     sealsock_config_cert_mem(cfg, t->cert, t->cert_len, t->key, t->key_len) :
	     sealsock_config_ca_mem(cfg, t->cert, t->cert_len)) ||
	    (role == SEALSOCK_CLIENT && sealsock_config_keylog(cfg, keep_line, NULL)) ||
	    (role == SEALSOCK_CLIENT && client_limit &&
	     sealsock_config_record_size_limit(cfg, client_limit))) {
		printf("Bail out! no configuration\n");
		exit(2);
	}
	return cfg;
}

static void *shake(void *arg)
{
	struct side *e = arg;

	sealsock_conn_set_timeout(e->conn, WAIT_MS);
	e->err = sealsock_handshake_fd(e->conn, e->fd);
	if (!e->err && e->install)
		e->err = sealsock_install(e->conn, e->fd, handed_flags);
	return NULL;
}

bool open_pair(enum sealsock_side role, const char *versions, bool both)
{
	struct sealsock_config *mine = config(role, versions);
	struct sealsock_config *peers = config(role == SEALSOCK_CLIENT ? SEALSOCK_SERVER :
							SEALSOCK_CLIENT, versions);
	bool managed = !handed_stays && !(handed_flags & SEALSOCK_INSTALL_COMPATIBLE);
	struct timeval wait = { .tv_sec = WAIT_MS / 1000 };
	struct sealsock_info info;
	pthread_t thread;

	line_count = 0;
	handed = (struct side){ .conn = sealsock_conn_new(mine), .install = !handed_stays };
	peer = (struct side){ .conn = sealsock_conn_new(peers), .install = both };
	sealsock_config_unref(mine);
	sealsock_config_unref(peers);
	sealsock_conn_set_host(role == SEALSOCK_CLIENT ? handed.conn : peer.conn, "localhost");
	tcp_pair(&handed.fd, &peer.fd);
	pthread_create(&thread, NULL, shake, &peer);
	shake(&handed);
	pthread_join(thread, NULL);
	sealsock_conn_set_timeout(handed.conn, WAIT_MS);
	sealsock_conn_set_timeout(peer.conn, WAIT_MS);
	setsockopt(handed.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	sealsock_conn_info(handed.conn, &info);
	if (handed.err || peer.err || info.managed != managed)
		note("%s / %s, %smanaged", sealsock_conn_error(handed.conn)->text,
		     sealsock_conn_error(peer.conn)->text, info.managed ? "" : "not ");
	return !handed.err && !peer.err && info.managed == managed;
}

void close_pair(void)
{
	sealsock_conn_free(handed.conn);
	sealsock_conn_free(peer.conn);
	close(handed.fd);
	close(peer.fd);
}

static void flush_peer(void)
{
	const void *p;
	size_t n;

	if (!sealsock_conn_output(peer.conn, &p, &n) &&
	    send(peer.fd, p, n, MSG_NOSIGNAL) == (ssize_t)n)
		sealsock_conn_sent(peer.conn, n);
}

/* The peer sends a record of any type and content. */
void peer_record(uint8_t type, const char *p, size_t n)
{
	if (channel_send(&peer.conn->ch, type, bytes_of(p, n)))
		note("sealing a record of type %u failed", type);
	flush_peer();
}

void peer_next_key(void)
{
	struct channel *ch = &peer.conn->ch;
	struct kdf kdf;

	if (kdf_open(ch, &kdf) || schedule13_update(&kdf, &ch->tx_secret) ||
	    channel_key(ch, &ch->tx, &kdf, &ch->tx_secret))
		note("no next key");
	kdf_close(&kdf);
}

bool peer_reads(const char *text)
{
	size_t len = strlen(text), n = 0;
	char got[256];
	ssize_t r = 0;

	while (n < len && (r = sealsock_read(peer.conn, peer.fd, got + n, len - n)) > 0)
		n += (size_t)r;
	if (n < len)
		note("the peer's read: %zd, %s", r, sealsock_conn_error(peer.conn)->text);
	return n == len && !memcmp(got, text, len);
}

bool peer_says(const char *text)
{
	return sealsock_write(peer.conn, peer.fd, text, strlen(text)) == (ssize_t)strlen(text);
}
