// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "worker/access.h"
#include "worker/facts.h"
#include "worker/handshake.h"

enum {
	GRACE = 1000,			/* milliseconds beyond the module's own deadline */
	TICKET_WAIT = 5000,		/* milliseconds for a client's sessions */
	READ_MAX = 17 << 10,
	ADDRESS_TEXT = INET6_ADDRSTRLEN + 8,
};

static const char *address_text(const struct sealsock_address *a, bool port, char *out)
{
	char ip[INET6_ADDRSTRLEN] = "?";

	inet_ntop(a->family, a->bytes, ip, sizeof(ip));
	if (!port)
		snprintf(out, ADDRESS_TEXT, "%s", ip);
	else
		snprintf(out, ADDRESS_TEXT, a->family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip,
			 a->port);
	return out;
}

/* The program's own text goes into a log: nothing but what can be read. */
static const char *plain(const char *s, char *out, size_t room)
{
	size_t i;

	for (i = 0; s[i] && i + 1 < room; i++)
		out[i] = s[i] > ' ' && s[i] < 127 ? s[i] : '?';
	out[i] = '\0';
	return out;
}

/* One line: who, with whom, why. */
static void say(struct worker *w, enum ipc_level level, const struct sealsock_due *due,
		const char *what)
{
	const struct sealsock_role *role = &due->role;
	const bool serve = role->role == SEALSOCK_ROLE_SERVE;
	char local[ADDRESS_TEXT], remote[ADDRESS_TEXT], name[64], host[256];

	if (!worker_tells(w, level))
		return;
	plain(role->credential, name, sizeof(name));
	plain(role->host, host, sizeof(host));
	worker_log(w, level, "%s %s%s%s at %s for %s, uid %u, pid %u: %s",
		   serve ? "serving" : "connecting to", serve ? name : host,
		   serve && !*name ? "the default credential" : "",
		   !serve && !*host ? "the address" : "",
		   address_text(serve ? &due->local : &due->remote, true, local),
		   serve ? address_text(&due->remote, true, remote) :
		   w->parts.ops->install ? "the kernel" : "its program",
		   due->uid, due->pid, what);
}

static void count_refusal(struct stats *s, int err)
{
	switch (err) {
	case EACCES:
		s->v[STAT_REFUSED_ACCESS]++;
		break;
	case ENOENT:
		s->v[STAT_REFUSED_NAME]++;
		break;
	case EBUSY:
		s->v[STAT_REFUSED_BUSY]++;
		break;
	case EKEYREJECTED:
		s->v[STAT_FAILED_CERTIFICATE]++;
		break;
	case ETIMEDOUT:
		s->v[STAT_FAILED_TIMEOUT]++;
		break;
	case ECONNABORTED:
		s->v[STAT_FAILED_GONE]++;
		break;
	case ENOMEM:
		s->v[STAT_FAILED_LOCAL]++;
		break;
	default:
		s->v[STAT_FAILED_PROTOCOL]++;
	}
}

void handshake_refuse(struct worker *w, const struct sealsock_due *due, int channel, int err,
		      const char *why)
{
	struct sealsock_cause cause = { .error = (uint32_t)err };

	snprintf(cause.text, sizeof(cause.text), "%s", why);
	w->parts.ops->refuse(channel, &cause);
	close(channel);
	count_refusal(w->parts.stats, err);
	say(w, IPC_FAILURE, due, why);
}

static void over(struct handshake *h)
{
	h->state = HANDSHAKE_OVER;
	if (h->channel >= 0)
		close(h->channel);
	h->channel = -1;
}

/* Fails before the library has anything to say about it. */
static void refuse(struct handshake *h, int err, const char *why)
{
	int channel = h->channel;

	h->channel = -1;
	over(h);
	handshake_refuse(h->worker, &h->due, channel, err, why);
}

/* Either side is gone: nobody is left to be told, but the kernel where it is its own socket. */
static void gone(struct handshake *h, const char *why)
{
	const struct sealsock_cause cause = { .error = ECONNABORTED };

	if (h->worker->parts.ops->install)
		h->worker->parts.ops->refuse(h->channel, &cause);
	h->worker->parts.stats->v[STAT_FAILED_GONE]++;
	say(h->worker, IPC_FAILURE, &h->due, why);
	over(h);
}

/* The channel is watched from when it is first waited for: that is one call less. */
static void await(struct handshake *h, uint32_t events)
{
	const bool first = !h->watched;

	if (h->events == events)
		return;
	h->events = events;
	h->watched = true;
	if (!worker_watch(h->worker, h, h->channel, events, first))
		refuse(h, ENOMEM, "no memory");
}

/* The library has failed it; an alert may wait to be sent, as far as it goes without waiting. */
static void failed(struct handshake *h)
{
	const struct sealsock_failure *f = sealsock_conn_error(h->conn);
	struct sealsock_cause cause;
	const void *out;
	size_t n;

	sealsock_conn_output(h->conn, &out, &n);
	if (n && write(h->channel, out, n) < 0)
		n = 0;
	facts_cause(f, &cause);
	h->worker->parts.ops->refuse(h->channel, &cause);
	count_refusal(h->worker->parts.stats, f->code == SEALSOCK_ERR_TRUNCATED ||
		      f->code == SEALSOCK_ERR_CLOSED ? ECONNABORTED : (int)cause.error);
	say(h->worker, IPC_FAILURE, &h->due, cause.text);
	over(h);
}

static void count_done(struct handshake *h, const struct sealsock_info *info)
{
	struct stats *s = h->worker->parts.stats;

	if (h->due.role.role == SEALSOCK_ROLE_SERVE)
		s->v[STAT_SERVED]++;
	else
		s->v[STAT_CONNECTED]++;
	s->v[STAT_RESUMED] += info->resumed;
}

/* Hands keys and facts to the module; the socket is its program's then. An errno. */
static int give_keys(struct handshake *h)
{
	static uint8_t facts[SEALSOCK_FACTS_MAX];
	struct sealsock_managed managed = { 0 };
	struct sealsock_release r = {
		.managed = (uintptr_t)&managed, .managed_len = sizeof(managed),
		.facts = (uintptr_t)facts,
	};
	int err;

	r.facts_len = (uint32_t)facts_write(h->conn, h->due.role.host, h->due.role.credential,
					    facts, sizeof(facts));
	if (sealsock_conn_managed(h->conn, &managed, sizeof(managed)))
		return EPROTO;
	err = h->worker->parts.ops->release(h->channel, &r);
	explicit_bzero(&managed, sizeof(managed));
	return err;
}

/* Does the peer owe sessions that can be kept? */
static bool expects_tickets(const struct handshake *h, const struct sealsock_info *info)
{
	const struct worker_parts *parts = &h->worker->parts;

	return h->due.role.role == SEALSOCK_ROLE_CONNECT && info->version == 0x0304 &&
	       parts->material->conf.sessions && !parts->ops->install;
}

static void release(struct handshake *h)
{
	const struct device_ops *ops = h->worker->parts.ops;
	struct sealsock_info info;
	char line[160];
	int err;

	sealsock_conn_info(h->conn, &info);
	err = ops->install ? ops->install(h->channel, h->conn) : give_keys(h);
	if (err == EPIPE) {
		gone(h, "the program or the peer ended it before TLS was up");
		return;
	}
	if (err) {
		snprintf(line, sizeof(line), "the kernel does not take the keys (%s): %s",
			 info.cipher_name, strerror(err));
		refuse(h, EPROTO, line);
		return;
	}
	count_done(h, &info);
	if (worker_tells(h->worker, IPC_HANDSHAKE)) {
		snprintf(line, sizeof(line), "%s %s%s", info.version_name, info.cipher_name,
			 info.psk_identity ? ", by a pre-shared key" :
			 info.resumed ? ", resumed" : "");
		say(h->worker, IPC_HANDSHAKE, &h->due, line);
	}
	if (!expects_tickets(h, &info)) {
		over(h);
		return;
	}
	h->state = HANDSHAKE_TICKETS;
	h->until = h->worker->now + TICKET_WAIT;
	await(h, EPOLLIN);
}

/* Sends what there is: false where it has to wait, or is over. */
static bool send_some(struct handshake *h)
{
	const void *out;
	ssize_t sent;
	size_t n;

	if (sealsock_conn_output(h->conn, &out, &n) || !n)
		return sealsock_conn_state(h->conn) != SEALSOCK_STATE_WANT_OUT;
	sent = write(h->channel, out, n);
	if (sent >= 0) {
		sealsock_conn_sent(h->conn, (size_t)sent);
		return true;
	}
	if (errno == EAGAIN)
		await(h, EPOLLOUT);
	else
		gone(h, "the connection ended in the handshake");
	return false;
}

/* Reads no more than the library wants, which never is beyond the handshake. */
static bool read_some(struct handshake *h)
{
	static uint8_t in[READ_MAX];
	size_t want = sealsock_conn_want(h->conn), used;
	ssize_t got;

	if (want > sizeof(in))
		want = sizeof(in);
	got = read(h->channel, in, want);
	if (got > 0) {
		sealsock_conn_feed(h->conn, in, (size_t)got, &used);
		return true;
	}
	if (!got) {
		sealsock_conn_eof(h->conn);
		return true;
	}
	if (errno == EAGAIN)
		await(h, EPOLLIN);
	else
		gone(h, errno == ETIMEDOUT ? "it took too long" :
		     "the connection ended in the handshake");
	return false;
}

/* What the library asks for is the keeper's to give. */
static void ask(struct handshake *h)
{
	struct sealsock_request r;
	int err = SEALSOCK_ERR_UNSUPPORTED;

	if (!sealsock_conn_request(h->conn, &r))
		err = link_ask(&h->worker->link, h->id, &r);
	if (err) {
		sealsock_conn_answer(h->conn, err, NULL, 0);
		return;
	}
	h->asked = true;
	await(h, 0);
}

static void drive(struct handshake *h)
{
	bool more = true;

	while (more && h->state == HANDSHAKE_SHAKING && !h->asked) {
		switch (sealsock_conn_state(h->conn)) {
		case SEALSOCK_STATE_WANT_OUT:
			more = send_some(h);
			break;
		case SEALSOCK_STATE_WANT_IN:
			more = read_some(h);
			break;
		case SEALSOCK_STATE_WANT_ANSWER:
			ask(h);
			break;
		case SEALSOCK_STATE_DONE:
			release(h);
			return;
		case SEALSOCK_STATE_FAILED:
			failed(h);
			return;
		}
	}
}

/* A client's name; without one, the address is what is verified. */
static bool set_host(struct handshake *h)
{
	char address[ADDRESS_TEXT];
	const char *host = h->due.role.host;

	if (h->due.role.role != SEALSOCK_ROLE_CONNECT)
		return true;
	if (!*host)
		host = address_text(&h->due.remote, false, address);
	return !sealsock_conn_set_host(h->conn, host) &&
	       !sealsock_conn_set_port(h->conn, h->due.remote.port);
}

static void shake(struct handshake *h)
{
	const struct device_ops *ops = h->worker->parts.ops;
	char why[IPC_TEXT / 2] = "";
	int err = ENOMEM;
	struct sealsock_config *cfg = ops->config ?
		ops->config(h->channel, &h->due, h->worker->terms, &err, why, sizeof(why)) :
		terms_get(h->worker->terms, &h->due, &err, why, sizeof(why));

	if (!cfg) {
		refuse(h, err, why);
		return;
	}
	h->conn = sealsock_conn_new(cfg);
	sealsock_config_unref(cfg);
	h->state = HANDSHAKE_SHAKING;
	if (!h->conn)
		refuse(h, ENOMEM, "no memory");
	else if (!set_host(h))
		refuse(h, EPROTO, "that is no host name");
	else
		drive(h);
}

/* May it use what it asks for? @cgroup: NULL where that is not known yet. */
static void admit(struct handshake *h, const char *cgroup)
{
	const struct material *m = h->worker->parts.material;
	struct ipc_head head = { .op = IPC_CGROUP, .id = h->id };
	bool known;
	const struct credential *cred = terms_credential(m, &h->due.role, &known);

	if (!known) {
		refuse(h, ENOENT, "there is no credential of that name");
		return;
	}
	switch (cred ? access_check(&cred->conf->access, &h->due, cgroup) : ACCESS_GIVEN) {
	case ACCESS_GIVEN:
		shake(h);
		return;
	case ACCESS_CGROUP:
		h->state = HANDSHAKE_CGROUP;
		if (ipc_say_with(h->worker->parts.parent, head, &h->due.cgroup,
				 sizeof(h->due.cgroup)))
			return;
		refuse(h, EBUSY, "too much to do");
		return;
	case ACCESS_REFUSED:
		refuse(h, EACCES, "it may not use this credential, by the rules of its section");
	}
}

void handshake_begin(struct worker *w, const struct sealsock_due *due, int channel)
{
	struct handshake *h = w->slots[w->next_slot];

	h->due = *due;
	h->channel = channel;
	h->until = w->now + due->left + GRACE;
	if (w->parts.ops->config)
		shake(h);
	else
		admit(h, NULL);
}

static void take_tickets(struct handshake *h)
{
	static uint8_t message[SEALSOCK_MESSAGES_MAX];
	ssize_t n;

	while ((n = h->worker->parts.ops->take(h->channel, message, sizeof(message))) > 0) {
		if (sealsock_conn_message(h->conn, message, (size_t)n))
			break;
		h->worker->parts.stats->v[STAT_SESSIONS]++;
		h->until = h->worker->now;	/* more of them are in the same flight */
	}
	explicit_bzero(message, sizeof(message));
	if (n >= 0 || errno != EAGAIN)
		over(h);
}

void handshake_ready(struct handshake *h, uint32_t events)
{
	if (h->state == HANDSHAKE_TICKETS) {
		take_tickets(h);
		if (h->state == HANDSHAKE_TICKETS && events & (EPOLLHUP | EPOLLERR))
			over(h);
		return;
	}
	if (events & (EPOLLHUP | EPOLLERR) && !(events & (EPOLLIN | EPOLLOUT))) {
		gone(h, "the program or the peer ended it before TLS was up, or it took too long");
		return;
	}
	drive(h);
}

void handshake_answered(struct handshake *h, const struct ipc_message *m)
{
	struct sealsock_request r;
	char path[4096];

	if (h->state == HANDSHAKE_CGROUP) {
		size_t n = m->head.len < sizeof(path) ? m->head.len : sizeof(path) - 1;

		memcpy(path, m->body, n);
		path[n] = '\0';
		admit(h, path);
		return;
	}
	if (h->state != HANDSHAKE_SHAKING || !h->asked)
		return;
	h->asked = false;
	if (!sealsock_conn_request(h->conn, &r) && r.kind == SEALSOCK_REQUEST_DECRYPT &&
	    !m->head.code && m->head.len == SEALSOCK_MASTER_SIZE)
		sealsock_conn_answer_master(h->conn, m->body);
	else
		sealsock_conn_answer(h->conn, m->head.code, m->body, m->head.len);
	drive(h);
}

void handshake_expired(struct handshake *h)
{
	if (h->state == HANDSHAKE_TICKETS)
		over(h);
	else
		refuse(h, ETIMEDOUT, "it took too long");
}

void handshake_free(struct handshake *h)
{
	if (h->channel >= 0)
		close(h->channel);
	sealsock_conn_free(h->conn);
	explicit_bzero(h, sizeof(*h));
	free(h);
}
