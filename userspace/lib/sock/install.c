// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* validate, ULP, keys, wipe: from here on the kernel owns the records. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../uapi/sealsock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "sock/io.h"
#include "suite.h"

#ifndef TLS_TX_MAX_PAYLOAD_LEN
#define TLS_TX_MAX_PAYLOAD_LEN 5
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

static const char *const ulp_name[] = {
	[SEALSOCK_PATH_SEALSOCK] = "sealsock",
	[SEALSOCK_PATH_TLS] = "tls",
};

/* Every struct tls12_crypto_info_* is its head, then IV, key, salt, sequence number. */
static size_t pack(uint8_t out[CRYPTO_INFO_MAX], const struct seal_suite *suite,
		   const struct traffic_key *key)
{
	struct tls_crypto_info head = { .version = key->version, .cipher_type = key->cipher_type };
	size_t n = sizeof(head);

	memcpy(out, &head, n);
	memcpy(out + n, key->iv + suite->salt_len, suite->iv_len);
	n += suite->iv_len;
	memcpy(out + n, key->key, suite->key_len);
	n += suite->key_len;
	memcpy(out + n, key->iv, suite->salt_len);
	n += suite->salt_len;
	seal_put_be64(out + n, key->seq);
	return n + SEAL_SEQ;
}

/* CBC suites have options of their own, which only our module has. */
static int install_cbc(int fd, int optname, const struct traffic_key *key)
{
	struct sealsock_crypto_info_cbc_hmac info = {
		.version = key->version, .cipher_type = key->cipher_type,
	};
	int err;

	memcpy(info.enc_key, key->key, key->key_len);
	memcpy(info.mac_key, key->mac_key, key->mac_key_len);
	seal_put_be64(info.rec_seq, key->seq);
	err = setsockopt(fd, SOL_TLS, optname == TLS_TX ? SEALSOCK_TX : SEALSOCK_RX, &info,
			 sizeof(info)) ? errno : 0;
	wipe(&info, sizeof(info));
	return err;
}

int install_key(int fd, int optname, const struct traffic_key *key)
{
	const struct seal_suite *suite = seal_suite_find(key->version, key->cipher_type);
	uint8_t info[CRYPTO_INFO_MAX];
	size_t n;
	int err;

	if (!suite || suite->key_len != key->key_len)
		return EOPNOTSUPP;
	if (suite->mac_key_len)
		return install_cbc(fd, optname, key);
	n = pack(info, suite, key);
	err = setsockopt(fd, SOL_TLS, optname, info, (socklen_t)n) ? errno : 0;
	wipe(info, sizeof(info));
	return err;
}

/* 0 or an errno. A ULP that is attached already is fine if it is this one. */
static int attach(int fd, const char *name)
{
	char have[16] = "";
	socklen_t len = sizeof(have);

	if (!setsockopt(fd, IPPROTO_TCP, TCP_ULP, name, strlen(name)))
		return 0;
	if (errno != EEXIST)
		return errno;
	if (getsockopt(fd, IPPROTO_TCP, TCP_ULP, have, &len))
		return errno;
	return strncmp(have, name, sizeof(have)) ? EEXIST : 0;
}

/* Tries the record paths in order of preference. 0, or the errno of the best one. */
static int attach_any(int fd, unsigned int flags, enum sealsock_path *path)
{
	int err = attach(fd, ulp_name[SEALSOCK_PATH_SEALSOCK]), other;

	*path = SEALSOCK_PATH_SEALSOCK;
	if (!err || !(flags & SEALSOCK_INSTALL_TLS_ULP) || (err != ENOENT && err != EEXIST))
		return err;
	other = attach(fd, ulp_name[SEALSOCK_PATH_TLS]);
	if (other)
		return err == ENOENT && other != ENOENT ? other : err;
	*path = SEALSOCK_PATH_TLS;
	return 0;
}

enum {
	FLAGS = SEALSOCK_INSTALL_TLS_ULP | SEALSOCK_INSTALL_KEEP | SEALSOCK_INSTALL_COMPATIBLE,
};

/* A connection on its way into the kernel, and what stood in its way. */
struct handing {
	struct sealsock_conn *conn;
	int fd;
	struct traffic_key tx, rx;
	struct secret next[2];
	enum sealsock_path path;
	bool managed;
	bool half;		/* a direction has its key: there is no way back */
	int sys_errno;
	const char *what;
};

static int refused(struct handing *h, int err, const char *what)
{
	h->sys_errno = err;
	h->what = what;
	return SEALSOCK_ERR_REFUSED;
}

static int no_ulp(struct handing *h, int err)
{
	if (err != ENOENT)
		return refused(h, err, "attaching the TCP ULP 'sealsock'");
	h->sys_errno = err;
	h->what = "the kernel has no TCP ULP 'sealsock'";
	return SEALSOCK_ERR_NO_MODULE;
}

/* Has the ULP no way to keep the peer's limit? To be known before it has a key. */
static bool lacks_limit(const struct handing *h)
{
	uint16_t limit;
	socklen_t len = sizeof(limit);

	return conn_tx_limit(h->conn) != SEAL_MAX_PLAINTEXT &&
	       getsockopt(h->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit, &len) &&
	       errno == ENOPROTOOPT;
}

/* The kernel's limit is for the content without its type byte, as ours is: 0 or an errno. */
static int install_limit(const struct handing *h)
{
	uint16_t limit = (uint16_t)conn_tx_limit(h->conn);

	if (limit == SEAL_MAX_PLAINTEXT)
		return 0;
	return setsockopt(h->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit, sizeof(limit)) ? errno :
											   0;
}

static void pack_managed(struct sealsock_managed_keys *out, const struct seal_suite *suite,
			 const struct traffic_key *key, const struct secret *secret)
{
	out->sequence = key->seq;
	if (secret->n) {
		memcpy(out->secret, secret->b, secret->n);
		return;
	}
	memcpy(out->key, key->key, key->key_len);
	memcpy(out->mac_key, key->mac_key, key->mac_key_len);
	/* The rest of it is the explicit nonce, which is the sequence number. */
	memcpy(out->iv, key->iv, suite->salt_len ? suite->salt_len : suite->iv_len);
}

/* Both directions and all that comes after. @m is to be wiped. */
static bool describe_managed(const struct handing *h, struct sealsock_managed *m)
{
	const struct seal_suite *suite = seal_suite_find(h->tx.version, h->tx.cipher_type);
	size_t limit = conn_tx_limit(h->conn);
	struct secret tx = { .n = 0 }, rx = { .n = 0 };
	bool good;

	*m = (struct sealsock_managed){
		.flags = h->conn->ch.cfg->role == SEALSOCK_SERVER ? SEALSOCK_MANAGED_SERVER : 0,
		.version = h->tx.version,
		.cipher_type = h->tx.cipher_type,
		.max_payload = limit < SEAL_MAX_PLAINTEXT ? (uint32_t)limit : 0,
	};
	good = suite && !conn_traffic_secret(h->conn, CONN_TX, &tx) &&
	       !conn_traffic_secret(h->conn, CONN_RX, &rx);
	if (good) {
		pack_managed(&m->tx, suite, &h->tx, &tx);
		pack_managed(&m->rx, suite, &h->rx, &rx);
	}
	wipe(&tx, sizeof(tx));
	wipe(&rx, sizeof(rx));
	return good;
}

/* 0, or an errno, nothing having changed. */
static int install_managed(struct handing *h)
{
	struct sealsock_managed m;
	int err = EINVAL;

	if (describe_managed(h, &m))
		err = setsockopt(h->fd, SOL_TLS, SEALSOCK_MANAGED, &m, sizeof(m)) ? errno : 0;
	wipe(&m, sizeof(m));
	return err;
}

/* What comes after the handshake in such a configuration only the library can answer. */
static bool wants_managed(const struct handing *h, unsigned int flags)
{
	return h->path == SEALSOCK_PATH_SEALSOCK && !(flags & SEALSOCK_INSTALL_COMPATIBLE) &&
	       !h->conn->ch.cfg->post_auth;
}

/* All that can fail without the kernel has succeeded before this is called. */
static int hand_over(struct handing *h, unsigned int flags)
{
	int err;

	if (h->tx.mac_key_len)	/* the kernel's own tls has no CBC */
		flags &= ~SEALSOCK_INSTALL_TLS_ULP;
	err = attach_any(h->fd, flags, &h->path);
	if (err)
		return no_ulp(h, err);
	err = wants_managed(h, flags) ? install_managed(h) : ENOPROTOOPT;
	h->managed = !err;
	if (!err)
		return 0;
	/* A module that has no managed mode has the other one. */
	if (err != ENOPROTOOPT)
		return refused(h, err, "handing over the connection");
	if (lacks_limit(h))
		return refused(h, ENOPROTOOPT, "keeping the peer's record size limit");
	err = install_key(h->fd, TLS_RX, &h->rx);
	/* Here ENOENT is the crypto API's: the module is there, the cipher is not. */
	if (err)
		return refused(h, err, "installing the receiving key");
	h->half = true;
	err = install_limit(h);
	if (err)
		return refused(h, err, "setting the peer's record size limit");
	err = install_key(h->fd, TLS_TX, &h->tx);
	return err ? refused(h, err, "installing the sending key") : 0;
}

static int try_install(struct handing *h, unsigned int flags)
{
	struct sealsock_conn *conn = h->conn;
	int err;

	if (flags & ~FLAGS)
		return SEALSOCK_ERR_INVALID;
	err = conn_traffic_key(conn, CONN_TX, &h->tx);
	if (!err)
		err = conn_traffic_key(conn, CONN_RX, &h->rx);
	if (!err)
		err = conn_next_secrets(conn, h->next);
	return err ? err : hand_over(h, flags);
}

/*
 * Nobody seals what is written to this socket: it must not carry anything, unless the caller will
 * see to that. A socket that is half a TLS socket can be kept by nobody.
 */
static int give_up(struct handing *h, int err, bool keep)
{
	errno = h->sys_errno;
	if (keep && !h->half)
		return err;
	shutdown(h->fd, SHUT_RDWR);
	errno = h->sys_errno;
	err = io_fail(h->conn, err, h->what);
	conn_wipe_keys(h->conn, NULL);
	h->conn->io.spent = true;
	return err;
}

int sealsock_install(struct sealsock_conn *conn, int fd, unsigned int flags)
{
	struct handing h = { .conn = conn, .fd = fd, .what = "handing over the keys" };
	int err;

	if (conn->io.installed || !conn->done)
		return flags & ~FLAGS ? SEALSOCK_ERR_INVALID : SEALSOCK_ERR_STATE;
	err = try_install(&h, flags);
	wipe(&h.tx, sizeof(h.tx));
	wipe(&h.rx, sizeof(h.rx));
	if (err) {
		err = give_up(&h, err, flags & SEALSOCK_INSTALL_KEEP);
	} else {
		conn_wipe_keys(conn, h.managed ? NULL : h.next);
		conn->io.path = h.path;
		conn->io.managed = h.managed;
		conn->io.installed = true;
	}
	wipe(h.next, sizeof(h.next));
	return err;
}

int sealsock_conn_managed(struct sealsock_conn *conn, void *managed, size_t size)
{
	struct handing h = { .conn = conn, .fd = -1 };
	struct sealsock_managed m;
	int err = size < sizeof(m) ? SEALSOCK_ERR_INVALID : 0;

	if (!err && (conn->io.installed || !conn->done))
		err = SEALSOCK_ERR_STATE;
	if (!err && conn->ch.cfg->post_auth)
		err = SEALSOCK_ERR_UNSUPPORTED;
	if (!err)
		err = conn_traffic_key(conn, CONN_TX, &h.tx);
	if (!err)
		err = conn_traffic_key(conn, CONN_RX, &h.rx);
	if (!err && !describe_managed(&h, &m))
		err = SEALSOCK_ERR_CRYPTO;
	if (!err) {
		sized_out(managed, size, &m, sizeof(m));
		conn_wipe_keys(conn, NULL);
		conn->io.path = SEALSOCK_PATH_SEALSOCK;
		conn->io.managed = true;
		conn->io.installed = true;
	}
	wipe(&m, sizeof(m));
	wipe(&h.tx, sizeof(h.tx));
	wipe(&h.rx, sizeof(h.rx));
	return err;
}

/* A connection over 127.0.0.1, to try a ULP on. */
static int loopback(int *peer)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	int l, fd;

	l = fd_apart(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	fd = fd_apart(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	*peer = -1;
	if (l >= 0 && fd >= 0 && !bind(l, (struct sockaddr *)&sin, len) && !listen(l, 1) &&
	    !getsockname(l, (struct sockaddr *)&sin, &len) &&
	    !connect(fd, (struct sockaddr *)&sin, len))
		*peer = fd_apart(accept4(l, NULL, NULL, SOCK_CLOEXEC));
	if (l >= 0)
		close(l);
	if (*peer < 0 && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The option is known, though this socket is none. */
static bool has_managed(int fd)
{
	uint32_t flags;
	socklen_t len = sizeof(flags);

	return getsockopt(fd, SOL_TLS, SEALSOCK_MANAGED, &flags, &len) && errno == ENODATA;
}

unsigned int sealsock_paths(void)
{
	unsigned int paths = 1u << SEALSOCK_PATH_ENGINE;

	for (unsigned int p = SEALSOCK_PATH_SEALSOCK; p <= SEALSOCK_PATH_TLS; p++) {
		int peer, fd = loopback(&peer);

		if (fd < 0)
			continue;
		if (!attach(fd, ulp_name[p]))
			paths |= 1u << p;
		if (p == SEALSOCK_PATH_SEALSOCK && has_managed(fd))
			paths |= SEALSOCK_PATHS_MANAGED;
		close(fd);
		close(peer);
	}
	return paths;
}
