// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Worker and keeper, in threads, with a device made of a socket pair: handshakes with the library
 * at the other end of the channel.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"
#include "keeper/keeper.h"
#include "parent/load.h"
#include "sealsock.h"
#include "tap.h"
#include "worker/worker.h"

/* How a channel ended, as the module would have it. */
struct outcome {
	bool released;
	int error;
	uint16_t alert;
	char text[240];
	struct sealsock_managed managed;
	uint8_t facts[SEALSOCK_FACTS_MAX];
	uint32_t facts_len;
};

static struct outcome outcome;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static unsigned int outcomes;
static uint8_t ticket[SEALSOCK_MESSAGES_MAX];
static size_t ticket_len;

static int fake_next(int device, struct sealsock_due *due)
{
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { due, sizeof(*due) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.b,
		.msg_controllen = sizeof(control.b),
	};
	int fd;

	if (recvmsg(device, &msg, MSG_DONTWAIT) != (ssize_t)sizeof(*due))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static int fake_release(int channel, const struct sealsock_release *r)
{
	(void)channel;
	pthread_mutex_lock(&lock);
	outcome.released = true;
	outcome.facts_len = r->facts_len;
	memcpy(outcome.facts, (void *)(uintptr_t)r->facts, r->facts_len);
	memcpy(&outcome.managed, (void *)(uintptr_t)r->managed, r->managed_len);
	outcomes++;
	pthread_cond_broadcast(&over);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int fake_refuse(int channel, const struct sealsock_cause *cause)
{
	(void)channel;
	pthread_mutex_lock(&lock);
	outcome.error = (int)cause->error;
	outcome.alert = cause->alert;
	memcpy(outcome.text, cause->text, sizeof(outcome.text));
	outcomes++;
	pthread_cond_broadcast(&over);
	pthread_mutex_unlock(&lock);
	return 0;
}

static ssize_t fake_take(int channel, void *buf, size_t room)
{
	size_t n;

	(void)channel;
	pthread_mutex_lock(&lock);
	n = ticket_len < room ? ticket_len : room;
	memcpy(buf, ticket, n);
	ticket_len = 0;
	pthread_mutex_unlock(&lock);
	if (n)
		return (ssize_t)n;
	errno = EAGAIN;
	return -1;
}

static const struct device_ops fake = {
	.next = fake_next, .release = fake_release, .refuse = fake_refuse, .take = fake_take,
};

static struct material material;
static struct stats stats;
static struct keeper *keeper;
static struct worker *worker;
static int device[2], keeper_control[2], parent[2], later[2], now[2];
static char folder[] = "/tmp/sealsockd-worker-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	NEED(f && fputs(text, f) >= 0 && !fclose(f));
}

/* What DNS would have: the list out of the PEM text. */
static uint8_t ech_list[512];
static size_t ech_list_len;

static void make_ech_keys(void)
{
	static const char begin[] = "-----BEGIN ECHCONFIG-----\n";
	char pem[2048], *from;
	unsigned char decoded[768];
	size_t n, pad = 0;
	int got;

	NEED(sealsock_ech_generate("localhost", NULL, 0, pem, sizeof(pem)) > 0);
	write_file("ech.pem", pem);
	from = strstr(pem, begin);
	NEED(from);
	from += strlen(begin);
	*strstr(from, "-----END") = '\0';
	for (n = 0; from[n]; n++) {
		if (from[n] == '\n')
			memmove(from + n, from + n + 1, strlen(from + n));
		pad += from[n] == '=';
	}
	got = EVP_DecodeBlock(decoded, (unsigned char *)from, (int)strlen(from));
	NEED(got > 0 && (size_t)got - pad <= sizeof(ech_list));
	ech_list_len = (size_t)got - pad;
	memcpy(ech_list, decoded, ech_list_len);
}

static void *run_keeper(void *arg)
{
	keeper_run(arg);
	return NULL;
}

static void *run_worker(void *arg)
{
	return (void *)(intptr_t)worker_run(arg);
}

static bool tell_keeper(enum ipc_op op, uint32_t key, const struct blob *body, const int *fds,
			unsigned int n)
{
	const struct ipc_part parts[2] = { { body ? body->p : NULL, body ? body->n : 0 } };
	static struct ipc_message m;

	return ipc_send(keeper_control[0], (struct ipc_head){ .op = op, .id = 7, .key = key },
			body ? parts : NULL, fds, n, -1) &&
	       ipc_wait(keeper_control[0], 10000) &&
	       ipc_recv(keeper_control[0], &m, NULL, 0) == 1 && m.head.op == IPC_DONE &&
	       m.head.id == 7 && !m.head.code;
}

/* The configuration and its files; both processes' work in threads. */
static void start(pthread_t *k, pthread_t *w)
{
	struct worker_parts parts = { .ops = &fake, .material = &material, .stats = &stats };
	struct complaints c = { "worker.conf", stderr, 0 };
	const struct identity *p256 = test_server(CERT_P256), *rsa = test_server(CERT_RSA);
	const struct cert_spec spec = { .cn = "client", .eku = "clientAuth", .until = 9000 };
	const struct cert_spec encrypts = {
		.cn = "localhost", .san = "DNS:localhost", .eku = "serverAuth",
		.ku = "digitalSignature,keyEncipherment", .from = -1, .until = 365,
	};
	struct identity client = make_identity(CERT_P384, &spec, test_ca());
	struct identity old = make_identity(CERT_RSA, &encrypts, test_ca());
	char text[2048], path[256];
	unsigned int i, j;
	int ends[2];

	NEED(mkdtemp(folder));
	write_file("p256.pem", p256->cert_pem);
	write_file("p256.key", p256->key_pem);
	write_file("rsa.pem", rsa->cert_pem);
	write_file("rsa.key", rsa->key_pem);
	write_file("old.pem", old.cert_pem);
	write_file("old.key", old.key_pem);
	free_identity(&old);
	write_file("client.pem", client.cert_pem);
	write_file("client.key", client.key_pem);
	free_identity(&client);
	make_ech_keys();
	write_file("ca.pem", test_ca()->cert_pem);
	snprintf(text, sizeof(text),
		 "[helper]\nworker-user = nobody\nkeeper-user = daemon\nhandshakes = 3\n"
		 "trust = test\nlog = handshakes\ncredential = web\nech-keys = %s/ech.pem\n"
		 "[trust test]\nfile = %s/ca.pem\n[profile old]\nversions = TLSv1.2\n"
		 "[credential web]\nchain = %s/p256.pem\nkey = %s/p256.key\nusers = 33, 34\n"
		 "[credential rsa]\nchain = %s/rsa.pem\nkey = %s/rsa.key\nusers = *\nports = 443\n"
		 "[credential old]\nchain = %s/old.pem\nkey = %s/old.key\nusers = *\n"
		 "[credential grouped]\nchain = %s/rsa.pem\nkey = %s/rsa.key\nusers = *\n"
		 "cgroups = /system.slice\n"
		 "[credential client]\nchain = %s/client.pem\nkey = %s/client.key\nusers = *\n",
		 folder, folder, folder, folder, folder,
		 folder, folder, folder, folder, folder, folder, folder);
	write_file("conf", text);
	snprintf(path, sizeof(path), "%s/conf", folder);
	NEED(material_load(path, 1, &material, &c) && material_check_keys(&material, &c));
	NEED(ipc_pair(keeper_control) && ipc_pair(parent) && ipc_pair(later) && ipc_pair(now));
	keeper = keeper_new(keeper_control[1], &material.conf);
	NEED(keeper && keeper_start(keeper, 2) && !pthread_create(k, NULL, run_keeper, keeper));
	for (i = 0; i < material.conf.n_credentials; i++)
		for (j = 0; j < material.credentials[i].conf->n_chains; j++) {
			struct chain *chain = &material.credentials[i].chains[j];

			ok(tell_keeper(IPC_KEY, chain->key_id, &chain->pem, &chain->key_fd, 1),
			   "the keeper takes key %u", chain->key_id);
		}
	ok(tell_keeper(IPC_ECH_KEYS, 0, NULL, &material.ech_keys_fd, 1), "and the keys of ECH");
	ok(!memmem(material.ech_lists.p, material.ech_lists.n, "PRIVATE", 7),
	   "which the worker does not have");
	ends[0] = later[0];
	ends[1] = now[0];
	ok(tell_keeper(IPC_WORKER, 0, NULL, ends, 2), "and the worker");
	material_close_keys(&material);
	NEED(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, device));
	parts.device = device[1];
	parts.parent = parent[1];
	parts.keeper_later = later[1];
	parts.keeper_now = now[1];
	worker = worker_new(&parts);
	NEED(worker && !pthread_create(w, NULL, run_worker, worker));
}

static const struct sealsock_due serve = {
	.id = 1, .left = 20000, .uid = 33, .gid = 33, .pid = 1,
	.local = { .family = 2, .port = 443, .bytes = { 127, 0, 0, 1 } },
	.remote = { .family = 2, .port = 5555, .bytes = { 127, 0, 0, 2 } },
	.role = { .role = SEALSOCK_ROLE_SERVE, .credential = "web" },
};

static const struct sealsock_due ask = {
	.id = 1, .left = 20000, .uid = 33, .gid = 33, .pid = 1,
	.local = { .family = 2, .port = 5555, .bytes = { 127, 0, 0, 1 } },
	.remote = { .family = 2, .port = 443, .bytes = { 127, 0, 0, 1 } },
	.role = { .role = SEALSOCK_ROLE_CONNECT, .host = "localhost" },
};

/* Makes a handshake due: our end of its channel. */
static int make_due(const struct sealsock_due *due)
{
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)due, sizeof(*due) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.b,
		.msg_controllen = sizeof(control.b),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2];

	NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pair[1], sizeof(int));
	pthread_mutex_lock(&lock);
	memset(&outcome, 0, sizeof(outcome));
	pthread_mutex_unlock(&lock);
	NEED(sendmsg(device[0], &msg, 0) == (ssize_t)sizeof(*due));
	close(pair[1]);
	return pair[0];
}

/* Waits until a channel has ended, from @before outcomes on. */
static bool wait_over(unsigned int before)
{
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	pthread_mutex_lock(&lock);
	while (!err && outcomes == before)
		err = pthread_cond_timedwait(&over, &lock, &until);
	pthread_mutex_unlock(&lock);
	return !err;
}

static struct sealsock_config *peer_config(enum sealsock_side side, const char *versions)
{
	struct sealsock_config *cfg = sealsock_config_new(side);
	const struct identity *id = test_server(CERT_P256);
	const char *ca = test_ca()->cert_pem;

	NEED(cfg && !sealsock_config_versions(cfg, versions) &&
	     !sealsock_config_ca_mem(cfg, ca, strlen(ca)));
	if (side == SEALSOCK_CLIENT)
		NEED(!sealsock_config_session_store(cfg, NULL));
	else
		NEED(!sealsock_config_cert_mem(cfg, id->cert_pem, strlen(id->cert_pem), id->key_pem,
					       strlen(id->key_pem)));
	return cfg;
}

/* The peer's side of one handshake; *m are its keys. Both ends' results. */
static int peer_shakes(const struct sealsock_due *due, struct sealsock_config *cfg,
		       struct sealsock_managed *m, struct sealsock_info *info)
{
	unsigned int before = outcomes;
	int fd = make_due(due), err;
	struct sealsock_conn *conn = sealsock_conn_new(cfg);
	uint8_t bytes[8192];
	size_t used;
	ssize_t n;

	NEED(conn);
	sealsock_conn_set_timeout(conn, 20000);
	if (due->role.role == SEALSOCK_ROLE_SERVE)
		sealsock_conn_set_host(conn, "localhost");
	sealsock_conn_set_port(conn, 443);
	err = sealsock_handshake_fd(conn, fd);
	if (!wait_over(before))
		printf("# no outcome\n");
	if (!err) {
		sealsock_conn_info(conn, info);
		/* The tickets of TLS 1.3 are there: the library takes them before its keys go. */
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0)
			sealsock_conn_feed(conn, bytes, (size_t)n, &used);
		err = sealsock_conn_managed(conn, m, sizeof(*m));
	}
	sealsock_conn_free(conn);
	close(fd);
	return err;
}

static bool keys_match(const struct sealsock_managed *a, const struct sealsock_managed *b)
{
	return !memcmp(a->tx.secret, b->rx.secret, 48) && !memcmp(a->rx.secret, b->tx.secret, 48) &&
	       !memcmp(a->tx.key, b->rx.key, 32) && !memcmp(a->rx.key, b->tx.key, 32) &&
	       !memcmp(a->tx.iv, b->rx.iv, 12) && a->tx.sequence == b->rx.sequence &&
	       a->cipher_type == b->cipher_type;
}

static const void *fact(enum sealsock_fact_type type, uint32_t *len)
{
	struct sealsock_fact head;
	uint32_t at = 0;

	while (at + sizeof(head) <= outcome.facts_len) {
		memcpy(&head, outcome.facts + at, sizeof(head));
		if (head.type == type) {
			*len = head.len;
			return outcome.facts + at + sizeof(head);
		}
		at += (uint32_t)sizeof(head) + ((head.len + 3) & ~3u);
	}
	*len = 0;
	return NULL;
}

static void serves(const char *credential, const char *versions)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_CLIENT, versions);
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };
	struct sealsock_due due = serve;
	const char *name;
	uint32_t len;

	memset(due.role.credential, 0, sizeof(due.role.credential));
	strcpy(due.role.credential, credential);
	ok(!peer_shakes(&due, cfg, &m, &info) && outcome.released, "serving \"%s\", %s: released",
	   credential, versions);
	ok(keys_match(&m, &outcome.managed) && outcome.managed.flags & SEALSOCK_MANAGED_SERVER,
	   "with the keys of the peer");
	name = fact(SEALSOCK_FACT_SERVER_NAME, &len);
	ok(name && len == 9 && !memcmp(name, "localhost", 9), "and the name it asked for");
	ok(!peer_shakes(&due, cfg, &m, &info) && outcome.released && info.resumed &&
	   fact(SEALSOCK_FACT_RESUMED, &len), "the next one resumes, by a ticket of the keeper's");
	ok(keys_match(&m, &outcome.managed), "with the keys of the peer");
	sealsock_config_unref(cfg);
}

/* An old client sends its secret by RSA: the keeper has the key, and answers the master secret. */
static void transports(const char *cipher)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_CLIENT, "TLSv1.2");
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };
	struct sealsock_due due = serve;

	NEED(!sealsock_config_profile(cfg, "legacy") &&
	     !sealsock_config_versions(cfg, "TLSv1.2") && !sealsock_config_ciphers(cfg, cipher));
	strcpy(due.role.credential, "old");
	strcpy(due.role.profile, "legacy");
	ok(!peer_shakes(&due, cfg, &m, &info) && outcome.released &&
	   !strcmp(info.cipher_name, cipher), "serving with %s", cipher);
	ok(keys_match(&m, &outcome.managed), "with the keys of the peer");
	sealsock_config_unref(cfg);
}

/* The client's name is sealed to a key of the keeper's. */
static void hides(void)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_CLIENT, "TLSv1.3");
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };

	NEED(sealsock_config_ech(cfg, ech_list, ech_list_len) == 1);
	ok(!peer_shakes(&serve, cfg, &m, &info) && outcome.released &&
	   info.ech == SEALSOCK_ECH_ACCEPTED, "a hello that the keeper opens");
	ok(keys_match(&m, &outcome.managed), "with the keys of the peer");
	sealsock_config_unref(cfg);
}

static void refuses(const struct sealsock_due *due, int error, const char *what)
{
	unsigned int before = outcomes;
	int fd = make_due(due);
	char byte;

	ok(wait_over(before) && outcome.error == error && !outcome.released, "%s: \"%s\"", what,
	   outcome.text);
	ok(read(fd, &byte, 1) == 0, "and the channel is closed");
	close(fd);
}

static void refusals(void)
{
	struct sealsock_due due = serve;

	due.uid = 35;
	refuses(&due, EACCES, "a user that is not among those who may");
	due = serve;
	strcpy(due.role.credential, "other");
	refuses(&due, ENOENT, "a credential that is not there");
	due = serve;
	strcpy(due.role.profile, "other");
	refuses(&due, ENOENT, "a profile that is not there");
	due = serve;
	strcpy(due.role.trust, "other");
	due.role.client_certificate = SEALSOCK_CERT_REQUIRED;
	refuses(&due, ENOENT, "a trust that is not there");
	due = serve;
	strcpy(due.role.credential, "rsa");
	due.local.port = 444;
	refuses(&due, EACCES, "another port");
	due = ask;
	strcpy(due.role.host, "not a name");
	refuses(&due, EPROTO, "a host that is none");
}

/* The parent is asked for the path, and judges nothing itself. */
static void cgroups(const char *path, bool allowed)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_CLIENT, "TLSv1.3");
	struct sealsock_due due = serve;
	static struct ipc_message m;
	unsigned int before = outcomes;
	uint64_t id = 0;
	int fd;

	strcpy(due.role.credential, "grouped");
	due.cgroup = 4711;
	fd = make_due(&due);
	while (m.head.op != IPC_CGROUP && ipc_wait(parent[0], 20000) &&
	       ipc_recv(parent[0], &m, NULL, 0) == 1)
		;
	memcpy(&id, m.body, sizeof(id));
	ok(m.head.op == IPC_CGROUP && id == 4711, "the parent is asked for a control group");
	ipc_say_with(parent[0], (struct ipc_head){ .op = IPC_ANSWER, .id = m.head.id }, path,
		     strlen(path));
	if (allowed) {
		struct sealsock_conn *conn = sealsock_conn_new(cfg);

		sealsock_conn_set_host(conn, "localhost");
		ok(!sealsock_handshake_fd(conn, fd) && wait_over(before) && outcome.released,
		   "%s may", path);
		sealsock_conn_free(conn);
	} else {
		ok(wait_over(before) && outcome.error == EACCES, "%s may not", path);
	}
	m.head.op = 0;
	close(fd);
	sealsock_config_unref(cfg);
}

/* All places taken by peers that say nothing; one more is told at once. */
static void busy(void)
{
	unsigned int before = outcomes;
	int fd[3], i;

	for (i = 0; i < 3; i++)
		fd[i] = make_due(&serve);
	refuses(&serve, EBUSY, "more than there is room for");
	for (i = 0; i < 3; i++)
		close(fd[i]);
	while (outcomes < before + 4 && wait_over(outcomes))
		;
	ok(outcomes == before + 4 && outcome.error == EPROTO, "peers that go away end theirs");
	serves("web", "TLSv1.3");
}

static void nonsense(void)
{
	unsigned int before = outcomes;
	int fd = make_due(&serve);
	uint8_t alert[7];

	ok(write(fd, "GET / HTTP/1.0\r\n\r\n", 18) == 18 && wait_over(before) &&
	   outcome.error == EPROTO && outcome.alert & SEALSOCK_ALERT, "a peer without TLS: \"%s\"",
	   outcome.text);
	ok(read(fd, alert, 7) == 7 && alert[0] == 21, "is sent an alert");
	close(fd);
}

static void deadline(void)
{
	struct sealsock_due due = serve;
	unsigned int before = outcomes;
	int fd;

	due.left = 1;
	fd = make_due(&due);
	ok(wait_over(before) && outcome.error == ETIMEDOUT, "one that takes too long");
	close(fd);
}

static void connects(const char *versions)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_SERVER, versions);
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };
	struct sealsock_due due = ask;
	uint32_t len;

	sealsock_config_ticket_count(cfg, 0);
	ok(!peer_shakes(&due, cfg, &m, &info) && outcome.released, "connecting, %s: released",
	   versions);
	ok(keys_match(&m, &outcome.managed) && !outcome.managed.flags, "with the keys of the peer");
	ok(fact(SEALSOCK_FACT_PEER_CERT, &len) && len > 200 &&
	   fact(SEALSOCK_FACT_PEER_NAME, &len) && len == 9, "its certificate and name");
	due.role.host[0] = '\0';
	ok(!peer_shakes(&due, cfg, &m, &info) && outcome.released && !info.sni,
	   "without a name the address is verified");
	strcpy(due.role.host, "other.test");
	ok(peer_shakes(&due, cfg, &m, &info) && outcome.error == EKEYREJECTED,
	   "another name: \"%s\"", outcome.text);
	sealsock_config_unref(cfg);
}

/* Sessions of TLS 1.2 come in the handshake: the keeper has one for this user then. */
static void users(void)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_SERVER, "TLSv1.2");
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };
	struct sealsock_due due = ask;

	due.uid = 1001;
	ok(!peer_shakes(&due, cfg, &m, &info) && !info.resumed, "a user's first connection");
	due.uid = 1002;
	ok(!peer_shakes(&due, cfg, &m, &info) && !info.resumed, "does not help another user");
	due.uid = 1001;
	ok(!peer_shakes(&due, cfg, &m, &info) && info.resumed, "but is resumed by the same");
	sealsock_config_unref(cfg);
}

/* A ticket of TLS 1.3, as the module passes it on after release. */
static void tickets(void)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_SERVER, "TLSv1.3");
	const uint64_t had = stats.v[STAT_SESSIONS];
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };
	static const uint8_t message[] = {
		4, 0, 0, 14, 0, 0, 1, 0, 1, 2, 3, 4, 0, 0, 1, 'x', 0, 0,
	};
	struct sealsock_due due = ask;
	int i;

	sealsock_config_ticket_count(cfg, 0);
	pthread_mutex_lock(&lock);
	memcpy(ticket, message, sizeof(message));
	ticket_len = sizeof(message);
	pthread_mutex_unlock(&lock);
	ok(!peer_shakes(&due, cfg, &m, &info) && outcome.released, "a connection");
	for (i = 0; i < 3000; i++) {
		if (__atomic_load_n(&stats.v[STAT_SESSIONS], __ATOMIC_RELAXED) != had)
			break;
		poll(NULL, 0, 20);
	}
	ok(stats.v[STAT_SESSIONS] == had + 1, "whose ticket is kept");
	sealsock_config_unref(cfg);
}

/* The client's certificate: asked for, shown, in both versions. */
static void certificates(const char *versions)
{
	struct sealsock_config *cfg = peer_config(SEALSOCK_SERVER, versions);
	const char *ca = test_ca()->cert_pem;
	struct sealsock_managed m = { 0 };
	struct sealsock_info info = { 0 };
	struct sealsock_due due = ask;

	NEED(!sealsock_config_ca_mem(cfg, ca, strlen(ca)) &&
	     !sealsock_config_verify(cfg, SEALSOCK_VERIFY_OPTIONAL));
	strcpy(due.role.credential, "client");
	ok(!peer_shakes(&due, cfg, &m, &info) && info.client_authenticated,
	   "%s: a client shows its certificate", versions);
	sealsock_config_unref(cfg);

	cfg = peer_config(SEALSOCK_CLIENT, versions);
	due = serve;
	due.role.client_certificate = SEALSOCK_CERT_REQUIRED;
	peer_shakes(&due, cfg, &m, &info);
	ok(outcome.error == EKEYREJECTED, "a client without one: %s", outcome.text);
	sealsock_config_unref(cfg);
}

int main(void)
{
	pthread_t k, w;
	void *status;

	start(&k, &w);
	serves("web", "TLSv1.3");
	serves("rsa", "TLSv1.3");
	serves("", "TLSv1.2");
	serves("rsa", "TLSv1.2");
	transports("TLS_RSA_WITH_AES_128_GCM_SHA256");
	transports("TLS_RSA_WITH_AES_256_GCM_SHA384");
	hides();
	refusals();
	cgroups("/system.slice/x.service", true);
	cgroups("/system.slicer", false);
	busy();
	nonsense();
	deadline();
	connects("TLSv1.3");
	connects("TLSv1.2");
	users();
	tickets();
	certificates("TLSv1.3");
	certificates("TLSv1.2");
	ipc_say(parent[0], (struct ipc_head){ .op = IPC_RETIRE });
	pthread_join(w, &status);
	ok(!status, "a worker that is retired ends when it has nothing to do");
	worker_free(worker);
	close(keeper_control[0]);
	pthread_join(k, NULL);
	keeper_free(keeper);
	material_free(&material);
	free_test_identities();
	return done();
}
