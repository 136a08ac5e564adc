// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What can be seen of a managed socket from outside: its mode, tracepoints, counters. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "managed.h"

#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mount.h>
#include <uapi/hold.h>

#define TRACING		"/sys/kernel/tracing"
#define UPDATE		"\30\0\0\1\0"
#define REQUEST		"\30\0\0\1\1"

ADD_SUITE(managed, 13_aes_gcm_128, 3, AES_GCM_128);

static const uint8_t ticket[] = { 4, 0, 0, 14, 0, 1, 1, 1, 2, 2, 2, 2, 0, 0, 1, 9, 0, 0 };

static unsigned int port_of(int fd, bool peer)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	if (peer)
		getpeername(fd, (struct sockaddr *)&sin, &len);
	else
		getsockname(fd, (struct sockaddr *)&sin, &len);
	return sin.sin_port;
}

/* An attribute among others, NULL if it is not there. */
static const struct rtattr *find(const struct rtattr *at, int len, unsigned int type)
{
	for (; RTA_OK(at, len); at = RTA_NEXT(at, len))
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	return NULL;
}

/* An attribute of what sock_diag(7) says of @fd, as ss(8) would ask; false: it is not there. */
static bool diag(int fd, unsigned int type, void *out, size_t len)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} ask = {
		.head = {
			.nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.req = {
			.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = -1,
			.idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.id = {
				.idiag_sport = port_of(fd, false), .idiag_dport = port_of(fd, true),
				.idiag_src = { htonl(INADDR_LOOPBACK) },
				.idiag_dst = { htonl(INADDR_LOOPBACK) },
				.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
			},
		},
	};
	static struct nlmsghdr answer[8192 / sizeof(struct nlmsghdr)];
	int nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	const struct nlmsghdr *head = answer;
	const struct inet_diag_msg *msg;
	const struct rtattr *at;
	ssize_t n = -1;

	if (send(nl, &ask, sizeof(ask), 0) == sizeof(ask))
		n = recv(nl, answer, sizeof(answer), 0);
	close(nl);
	if (n < 0 || !NLMSG_OK(head, n) || head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return false;
	msg = NLMSG_DATA(head);
	at = find((const void *)&msg[1], NLMSG_PAYLOAD(head, sizeof(*msg)), INET_DIAG_ULP_INFO);
	if (at)
		at = find(RTA_DATA(at), RTA_PAYLOAD(at), INET_ULP_INFO_TLS);
	if (at)
		at = find(RTA_DATA(at), RTA_PAYLOAD(at), type);
	if (!at || RTA_PAYLOAD(at) != len)
		return false;
	memcpy(out, RTA_DATA(at), len);
	return true;
}

/* -1: none. */
static int diag_mode(int fd)
{
	uint32_t mode;

	return diag(fd, SEALSOCK_DIAG_MODE, &mode, sizeof(mode)) ? (int)mode : -1;
}

TEST_F(managed, diag)
{
	struct sealsock_diag_managed seen;
	struct keys keys;
	int fd[2];

	EXPECT_EQ(diag_mode(self->c.fd), SEALSOCK_MODE_MANAGED);
	EXPECT_EQ(diag_mode(self->c.peer), -1);
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	EXPECT_EQ(diag_mode(fd[0]), SEALSOCK_MODE_NONE);
	keys_init(&keys, &variant->suite, 0);
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	EXPECT_EQ(diag_mode(fd[0]), SEALSOCK_MODE_COMPATIBLE);
	EXPECT_FALSE(diag(fd[0], SEALSOCK_DIAG_MANAGED, &seen, sizeof(seen)));
	close(fd[0]);
	close(fd[1]);
}

#define EXPECT_SEEN(...) do {								\
	const struct sealsock_diag_managed want = { __VA_ARGS__ };			\
											\
	memset(&seen, 0xff, sizeof(seen));						\
	EXPECT_TRUE(diag(self->c.fd, SEALSOCK_DIAG_MANAGED, &seen, sizeof(seen)));	\
	EXPECT_EQ(memcmp(&seen, &want, sizeof(seen)), 0) {				\
		TH_LOG("keys %u/%u messages %u/%u alerts %x/%x reason %u", seen.tx_keys, \
		       seen.rx_keys, seen.messages, seen.messages_dropped,		\
		       seen.alert_received, seen.alert_sent, seen.reason);		\
	}										\
} while (0)

/* What a connection has been through. */
TEST_F(managed, diag_of_events)
{
	struct sealsock_diag_managed seen;
	uint8_t buf[64];
	socklen_t len = sizeof(buf);

	EXPECT_SEEN(.tx_keys = 1, .rx_keys = 1);
	PEER(TYPE_HANDSHAKE, UPDATE, 5);
	secret_update(&self->c.rx_secret, &self->c.rx);
	PEER(TYPE_HANDSHAKE, REQUEST, 5);
	secret_update(&self->c.rx_secret, &self->c.rx);
	PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
	PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 100), 0);
	EXPECT_SEEN(.tx_keys = 2, .rx_keys = 3, .messages = 2);
	EXPECT_EQ(getsockopt(self->c.fd, SOL_TLS, SEALSOCK_MESSAGE, buf, &len), 0);
	EXPECT_SEEN(.tx_keys = 2, .rx_keys = 3, .messages = 1);
	PEER(TYPE_ALERT, CLOSE_NOTIFY, 2);
	EXPECT_EQ(read(self->c.fd, buf, 1), 0);
	EXPECT_SEEN(.tx_keys = 2, .rx_keys = 3, .messages = 1, .alert_received = 0x100,
		    .reason = SEALSOCK_REASON_CLOSE_NOTIFY);
	EXPECT_EQ(shutdown(self->c.fd, SHUT_WR), 0);
	EXPECT_SEEN(.tx_keys = 2, .rx_keys = 3, .messages = 1, .alert_received = 0x100,
		    .alert_sent = 0x100, .reason = SEALSOCK_REASON_CLOSE_NOTIFY);
}

/* And how each ends that does not end well. */
TEST_F(managed, diag_of_ends)
{
	struct sealsock_diag_managed seen;
	char c;

	PEER(TYPE_ALERT, "\2\50", 2);
	EXPECT_EQ(read(self->c.fd, &c, 1), -1);
	EXPECT_SEEN(.tx_keys = 1, .rx_keys = 1, .alert_received = 0x128,
		    .reason = SEALSOCK_REASON_ALERT);
	close(self->c.fd);
	close(self->c.peer);
	ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);
	PEER(TYPE_CCS, "\1\1", 2);
	EXPECT_EQ(read(self->c.fd, &c, 1), -1);
	EXPECT_SEEN(.tx_keys = 1, .rx_keys = 1, .alert_sent = 0x10a,
		    .reason = SEALSOCK_REASON_RECORD_TYPE);
	close(self->c.fd);
	close(self->c.peer);
	ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);
	shutdown(self->c.peer, SHUT_WR);
	EXPECT_EQ(read(self->c.fd, &c, 1), -1);
	EXPECT_SEEN(.tx_keys = 1, .rx_keys = 1, .reason = SEALSOCK_REASON_CUT);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Lines of the trace that are of this event and port, and say that too. */
static int traced(const char *event, unsigned int port, const char *also)
{
	FILE *f = fopen(TRACING "/trace", "r");
	char line[512], want[32];
	int n = 0;

	snprintf(want, sizeof(want), "sport=%u ", port);
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, event) && strstr(line, want) && strstr(line, also);
	if (f)
		fclose(f);
	return f ? n : -1;
}

static const struct {
	uint8_t type, content[2];
	const char *line;
} ends[] = {
	{ TYPE_ALERT, { 1, 0 }, "reason=1 received=0x100 sent=0x000" },
	{ TYPE_ALERT, { 2, 40 }, "reason=3 received=0x128 sent=0x000" },
	{ TYPE_CCS, { 1, 1 }, "reason=7 received=0x000 sent=0x10a" },
	{ 0, {}, "reason=2 received=0x000 sent=0x000" },
};

TEST_F(managed, tracepoints)
{
	unsigned int port[ARRAY_SIZE(ends)], i;

	if (access(TRACING "/events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (access(TRACING "/events/net", F_OK))
		SKIP(return, "this kernel has no tracepoints");
	ASSERT_EQ(write_file(TRACING "/events/sealsock/enable", "1"), 0);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		close(self->c.fd);
		close(self->c.peer);
		ASSERT_EQ(managed_open(&self->c, &variant->suite, 0), 0);
		port[i] = ntohs(port_of(self->c.fd, false));
		PEER(TYPE_HANDSHAKE, REQUEST, 5);
		secret_update(&self->c.rx_secret, &self->c.rx);
		if (!ends[i].type)
			shutdown(self->c.peer, SHUT_WR);
		if (ends[i].type)
			PEER(ends[i].type, ends[i].content, 2);
		EXPECT_EQ(poll_for(self->c.fd, POLLIN, PATIENCE) & POLLIN, POLLIN);
	}
	EXPECT_EQ(write_file(TRACING "/events/sealsock/enable", "0"), 0);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		EXPECT_EQ(traced("sealsock_key_update:", port[i], ""), 1);
		EXPECT_GE(traced("sealsock_key_install:", port[i], "rx"), 2);
		EXPECT_EQ(traced("sealsock_end:", port[i], ""), 1);
		EXPECT_EQ(traced("sealsock_end:", port[i], ends[i].line), 1) {
			TH_LOG("%s", ends[i].line);
		}
	}
}

/* Those that no other test counts; managed_end.c has the ends. */
TEST_F(managed, counters)
{
	static const struct {
		const char *name;
		long by;
	} moved[] = {
		{ "TlsRxRekeyReceived", 2 }, { "TlsRxRekeyOk", 2 }, { "TlsRxRekeyError", 0 },
		{ "TlsTxRekeyOk", 2 }, { "TlsTxRekeyError", 0 }, { "TlsFlood", 1 },
		{ "TlsMessages", 2 }, { "TlsMessagesDropped", 0 }, { "TlsAlertSent", 1 },
	};
	long before[ARRAY_SIZE(moved)];
	char buf[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(moved); i++)
		before[i] = counter(moved[i].name);
	PEER(TYPE_HANDSHAKE, UPDATE, 5);
	secret_update(&self->c.rx_secret, &self->c.rx);
	PEER(TYPE_HANDSHAKE, REQUEST, 5);
	secret_update(&self->c.rx_secret, &self->c.rx);
	PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
	PEER(TYPE_HANDSHAKE, ticket, sizeof(ticket));
	EXPECT_EQ(poll_for(self->c.fd, POLLIN, 100), 0);
	EXPECT_EQ(managed_update(self->c.fd, SEALSOCK_UPDATE_NOW, 0, 0), 0);
	for (i = 0; i <= SEALSOCK_FLOOD_EMPTY; i++)
		PEER(TYPE_DATA, "", 0);
	EXPECT_EQ(recv(self->c.fd, buf, 8, 0), -1);
	EXPECT_EQ(errno, EPROTO);
	for (i = 0; i < ARRAY_SIZE(moved); i++) {
		EXPECT_EQ(counter(moved[i].name) - before[i], moved[i].by) {
			TH_LOG("%s", moved[i].name);
		}
	}
}

TEST_HARNESS_MAIN
