// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/callers.h"
#include "worker/genl.h"
#include "worker/keyring.h"
#include "worker/terms.h"

/*
 * <linux/handshake.h>, which headers of kernels before 6.4 do not have. The handler class is that
 * of TLS.
 */
enum { CMD_ACCEPT = 2, CMD_DONE = 3, CLASS_TLS = 1, CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum { AUTH_UNAUTH = 1, AUTH_PSK = 2, AUTH_X509 = 3 };
enum { X509_CERT = 1, X509_KEY };
enum {
	ACCEPT_SOCKFD = 1, ACCEPT_CLASS, ACCEPT_TYPE, ACCEPT_TIMEOUT, ACCEPT_AUTH, ACCEPT_PEER,
	ACCEPT_CERTIFICATE, ACCEPT_PEERNAME,
};

enum { DONE_STATUS = 1, DONE_SOCKFD, DONE_PEER };

enum {
	PEERS_MAX = 64, PSK_MIN = 16, PSK_MAX = 48, DEADLINE = 30000,
	PEM_MAX = 2 * KEYRING_BYTES,
};

/* A socket that was taken, until it is given back. */
struct caller {
	struct caller *next;
	int fd, flags;
	bool server;
	uint32_t auth;
	int32_t peers[PEERS_MAX];
	unsigned int n_peers;
	int32_t cert, key;
	uint32_t timeout;
	char host[256];
};

static struct genl genl;
static struct caller *callers;
static uint64_t last_id;

bool callers_open(int fds[2])
{
	int err = genl_open(&genl, "handshake", "tlshd");

	if (!err) {
		fds[0] = genl_listen(&genl);
		fds[1] = genl.fd;
		if (fds[0] >= 0)
			return true;
		err = errno;
		genl_close(&genl);
	}
	errno = err;
	return false;
}

static struct caller *caller_of(int fd)
{
	struct caller *c = callers;

	while (c && c->fd != fd)
		c = c->next;
	return c;
}

static void forget(struct caller *c)
{
	struct caller **at = &callers;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c);
}

static void read_certificate(struct caller *c, const struct genl_attr *outer)
{
	struct genl_attr a;
	size_t at = 0;

	while (genl_inside(outer, &at, &a)) {
		if (a.type == X509_CERT)
			c->cert = (int32_t)genl_u32(&a);
		if (a.type == X509_KEY)
			c->key = (int32_t)genl_u32(&a);
	}
}

/* What the kernel wants. False: that is not known here. */
static bool read_request(struct caller *c)
{
	struct genl_attr a;
	uint32_t type = 0;
	size_t at = 0;

	while (genl_next(&genl, &at, &a)) {
		switch (a.type) {
		case ACCEPT_SOCKFD:
			c->fd = (int)genl_u32(&a);
			break;
		case ACCEPT_TYPE:
			type = genl_u32(&a);
			break;
		case ACCEPT_TIMEOUT:
			c->timeout = genl_u32(&a);
			break;
		case ACCEPT_AUTH:
			c->auth = genl_u32(&a);
			break;
		case ACCEPT_PEER:
			if (c->n_peers < PEERS_MAX)
				c->peers[c->n_peers++] = (int32_t)genl_u32(&a);
			break;
		case ACCEPT_CERTIFICATE:
			read_certificate(c, &a);
			break;
		case ACCEPT_PEERNAME:
			if (a.n && a.n <= sizeof(c->host) && !((const char *)a.p)[a.n - 1])
				memcpy(c->host, a.p, a.n);
			break;
		default:
			break;
		}
	}
	c->server = type == SERVER_HELLO;
	return (type == CLIENT_HELLO || type == SERVER_HELLO) && c->auth >= AUTH_UNAUTH &&
	       c->auth <= AUTH_X509 && !(c->server && c->auth == AUTH_UNAUTH);
}

/* Says how it ended, and is rid of it. */
static int done(struct caller *c, int status, int32_t peer)
{
	int err;

	fcntl(c->fd, F_SETFL, c->flags);
	genl_begin(&genl, CMD_DONE);
	genl_put_u32(&genl, DONE_STATUS, (uint32_t)status);
	genl_put_u32(&genl, DONE_SOCKFD, (uint32_t)c->fd);
	if (peer > 0)
		genl_put_u32(&genl, DONE_PEER, (uint32_t)peer);
	err = genl_call(&genl);
	forget(c);
	return err;
}

static void put_address(struct sealsock_address *to,
			int (*get)(int fd, struct sockaddr *addr, socklen_t *len), int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { 0 };
	socklen_t len = sizeof(a);

	if (get(fd, &a.any, &len))
		return;
	to->family = a.any.sa_family;
	if (to->family == AF_INET) {
		to->port = ntohs(a.v4.sin_port);
		memcpy(to->bytes, &a.v4.sin_addr, sizeof(a.v4.sin_addr));
	} else if (to->family == AF_INET6) {
		to->port = ntohs(a.v6.sin6_port);
		memcpy(to->bytes, &a.v6.sin6_addr, sizeof(a.v6.sin6_addr));
	}
}

static void describe(const struct caller *c, struct sealsock_due *due)
{
	*due = (struct sealsock_due){
		.id = ++last_id,
		.left = c->timeout ? c->timeout : DEADLINE,
		.role.role = c->server ? SEALSOCK_ROLE_SERVE : SEALSOCK_ROLE_CONNECT,
	};
	memcpy(due->role.host, c->host, sizeof(due->role.host));
	if (c->server)
		due->role.client_certificate = SEALSOCK_CERT_OPTIONAL;
	put_address(&due->local, getsockname, c->fd);
	put_address(&due->remote, getpeername, c->fd);
}

static int accept_one(void)
{
	/* What another's handshake was given is not for this one. */
	keyring_forget();
	genl_begin(&genl, CMD_ACCEPT);
	genl_put_u32(&genl, ACCEPT_CLASS, CLASS_TLS);
	return genl_call(&genl);
}

static int next(int device, struct sealsock_due *due)
{
	struct caller *c;
	int err = accept_one();

	/* Only when there is none the socket that wakes us may be emptied. */
	if (err == EAGAIN && genl_told(device))
		err = accept_one();
	if (err) {
		errno = err;
		return -1;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return -1;
	c->fd = -1;
	c->next = callers;
	callers = c;
	if (!read_request(c) || c->fd < 0) {
		err = c->fd;
		done(c, EOPNOTSUPP, 0);
		if (err >= 0)
			close(err);
		errno = EAGAIN;
		return -1;
	}
	c->flags = fcntl(c->fd, F_GETFL);
	fcntl(c->fd, F_SETFL, c->flags | O_NONBLOCK);
	describe(c, due);
	return c->fd;
}

static int refuse(int channel, const struct sealsock_cause *cause)
{
	struct caller *c = caller_of(channel);

	return c ? done(c, (int)cause->error, 0) : EPIPE;
}

static ssize_t take(int channel, void *buf, size_t room)
{
	(void)channel, (void)buf, (void)room;
	errno = EPIPE;
	return -1;
}

/* "NVMe0R01 …" and the like say the hash (NVMe TCP Transport Specification §3.6.1.3). */
static const char *hash_of(const char *name)
{
	return strlen(name) > 8 && !memcmp(name, "NVMe", 4) && !memcmp(name + 6, "02", 2) ?
	       "SHA384" : "SHA256";
}

static bool add_psk(struct sealsock_config *cfg, int32_t serial)
{
	char type[16], name[KEYRING_NAME];
	uint8_t key[PSK_MAX];
	ssize_t n;
	bool good;

	n = keyring_read(serial, key, sizeof(key));
	good = n >= PSK_MIN && !keyring_describe(serial, type, name) &&
	       !sealsock_config_psk(cfg, name, key, (size_t)n, hash_of(name), NULL);
	explicit_bzero(key, sizeof(key));
	return good;
}

/* A server takes any that its keyring has. */
static bool add_psks(struct sealsock_config *cfg, struct caller *c)
{
	unsigned int i, good = 0;

	if (c->server)
		c->n_peers = keyring_list("psk", c->peers, PEERS_MAX);
	for (i = 0; i < c->n_peers; i++)
		good += add_psk(cfg, c->peers[i]);
	return good;
}

/* RFC 7468, without line breaks, which nobody here misses. */
static size_t put_pem(const char *label, const uint8_t *der, size_t n, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at = (size_t)sprintf(out, "-----BEGIN %s-----\n", label), i;

	for (i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)der[i] << 16 | (left > 1 ? der[i + 1] << 8 : 0) |
			     (left > 2 ? der[i + 2] : 0);

		out[at++] = digits[v >> 18];
		out[at++] = digits[v >> 12 & 63];
		out[at++] = left > 1 ? digits[v >> 6 & 63] : '=';
		out[at++] = left > 2 ? digits[v & 63] : '=';
		if (i % 48 == 45)
			out[at++] = '\n';
	}
	return at + (size_t)sprintf(out + at, "\n-----END %s-----\n", label);
}

/* Certificate and key out of keyrings, DER both. */
static bool add_own(struct sealsock_config *cfg, const struct caller *c)
{
	static uint8_t der[KEYRING_BYTES];
	static char cert[PEM_MAX], key[PEM_MAX];
	ssize_t n = keyring_read(c->cert, der, sizeof(der));
	size_t cert_len, key_len;
	bool good = false;

	if (n > 0) {
		cert_len = put_pem("CERTIFICATE", der, (size_t)n, cert);
		n = keyring_read(c->key, der, sizeof(der));
		if (n > 0) {
			key_len = put_pem("PRIVATE KEY", der, (size_t)n, key);
			good = !sealsock_config_cert_mem(cfg, cert, cert_len, key, key_len);
		}
	}
	explicit_bzero(der, sizeof(der));
	explicit_bzero(key, sizeof(key));
	return good;
}

static struct sealsock_config *config(int channel, const struct sealsock_due *due,
				      struct terms *t, int *err, char *why, size_t room)
{
	struct caller *c = caller_of(channel);
	const bool own = c->cert && c->key, psk = c->auth == AUTH_PSK;
	const unsigned int parts = psk ? 0 : own ? TERMS_TRUST : TERMS_TRUST | TERMS_CREDENTIAL;
	struct sealsock_config *cfg = terms_caller(t, &due->role, parts, err, why, room);
	const char *bad = NULL;

	if (!cfg)
		return NULL;
	if (psk && !add_psks(cfg, c))
		bad = "there is no pre-shared key in the keyrings that it was given";
	else if (!psk && own && !add_own(cfg, c))
		bad = "certificate and key of its keyring are of no use";
	if (!bad && !sealsock_config_check(cfg, why, room))
		return cfg;
	if (bad)
		strncpy(why, bad, room - 1);
	*err = bad ? ENOKEY : EPROTO;
	sealsock_config_unref(cfg);
	return NULL;
}

/* Who the peer is, as a key's serial: the pre-shared one, or a new one with the certificate. */
static int32_t peer_of(const struct caller *c, const struct sealsock_conn *conn)
{
	char type[16], name[KEYRING_NAME];
	struct sealsock_info info;
	const void *cert;
	unsigned int i;
	size_t n;

	sealsock_conn_info(conn, &info);
	for (i = 0; info.psk_identity && i < c->n_peers; i++)
		if (!keyring_describe(c->peers[i], type, name) && !strcmp(name, info.psk_identity))
			return c->peers[i];
	cert = info.verified || info.client_authenticated ? sealsock_conn_peer_cert(conn, 0, &n) :
							    NULL;
	return cert && n <= KEYRING_BYTES ? keyring_add("TLS peer", cert, n) : 0;
}

static int install(int channel, struct sealsock_conn *conn)
{
	struct caller *c = caller_of(channel);
	int32_t peer;
	int err;

	if (!c)
		return EPIPE;
	peer = peer_of(c, conn);
	err = sealsock_install(conn, channel, 0);
	if (err)
		return sealsock_conn_error(conn)->sys_errno ? : EPROTO;
	return done(c, 0, peer);
}

const struct device_ops device_callers = {
	.next = next, .refuse = refuse, .take = take, .config = config, .install = install,
};
