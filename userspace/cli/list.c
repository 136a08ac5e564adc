// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock list: the sockets of this network namespace that have the ULP, by sock_diag(7). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../uapi/hold.h"
#include "../uapi/sealsock.h"
#include "cli.h"
#include "sealsock.h"

enum { ANSWER = 64 << 10, ADDR_TEXT = INET6_ADDRSTRLEN + 8 };

static const char help[] =
	"usage: sealsock list [--json]\n"
	"\n"
	"Every TCP socket of this network namespace that the module has: its addresses, how it is\n"
	"used, version, cipher, bytes of TCP in both directions; of a managed one how many keys\n"
	"each direction has had, and how it ended. As root.\n"
	"\n"
	"  -j, --json   one JSON array\n"
	"  -h, --help   this text\n"
	"\n"
	"Example:\n"
	"  sealsock list --json\n";

/* One socket, as the kernel describes it. */
struct seen {
	struct inet_diag_msg msg;
	char ulp[16];
	uint16_t version, cipher;
	uint32_t mode;
	struct sealsock_diag_managed managed;
	uint64_t sent, received;
	unsigned int count;		/* sockets so far */
	bool json;
};

static const char *mode_name(uint32_t mode)
{
	static const char *const names[] = {
		[SEALSOCK_MODE_NONE] = "no keys", [SEALSOCK_MODE_COMPATIBLE] = "compatible",
		[SEALSOCK_MODE_MANAGED] = "managed", [SEALSOCK_MODE_ASKED] = "asked",
		[SEALSOCK_MODE_SERVING] = "serving", [SEALSOCK_MODE_HELD] = "held",
		[SEALSOCK_MODE_REFUSED] = "refused",
	};

	return mode < sizeof(names) / sizeof(names[0]) ? names[mode] : "unknown";
}

/* How a managed connection ended, as the peer's side of it has come so far. */
static const char *reason_name(uint16_t reason)
{
	static const char *const names[] = {
		[SEALSOCK_REASON_NONE] = "", [SEALSOCK_REASON_CLOSE_NOTIFY] = "close_notify",
		[SEALSOCK_REASON_CUT] = "cut", [SEALSOCK_REASON_ALERT] = "alert",
		[SEALSOCK_REASON_RECORD_HEADER] = "record_header",
		[SEALSOCK_REASON_NOT_AUTHENTIC] = "not_authentic",
		[SEALSOCK_REASON_PADDING] = "padding",
		[SEALSOCK_REASON_RECORD_TYPE] = "record_type",
		[SEALSOCK_REASON_ALERT_FORM] = "alert_form",
		[SEALSOCK_REASON_MESSAGE_FORM] = "message_form",
		[SEALSOCK_REASON_MESSAGE_TYPE] = "message_type",
		[SEALSOCK_REASON_INTERLEAVED] = "interleaved",
		[SEALSOCK_REASON_KEY_UPDATE_END] = "key_update_end",
		[SEALSOCK_REASON_FLOOD] = "flood", [SEALSOCK_REASON_INTERNAL] = "internal",
	};

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown";
}

/* The name of an alert as the kernel tells it, "" for none. */
static const char *alert_name(uint16_t alert)
{
	return alert & SEALSOCK_ALERT ? sealsock_alert_name(alert & 0xff) : "";
}

static const char *cipher_name(uint16_t cipher)
{
	static const char *const kernel[] = {
		"AES-128-GCM", "AES-256-GCM", "AES-128-CCM", "CHACHA20-POLY1305", "SM4-GCM",
		"SM4-CCM", "ARIA-128-GCM", "ARIA-256-GCM",
	};
	static const char *const cbc[] = {
		"AES-128-CBC-SHA1", "AES-256-CBC-SHA1", "AES-128-CBC-SHA256",
		"AES-256-CBC-SHA256", "AES-256-CBC-SHA384",
	};

	if (cipher >= TLS_CIPHER_AES_GCM_128 && cipher < TLS_CIPHER_AES_GCM_128 + 8)
		return kernel[cipher - TLS_CIPHER_AES_GCM_128];
	if (cipher >= SEALSOCK_CIPHER_AES_128_CBC_SHA1 &&
	    cipher <= SEALSOCK_CIPHER_AES_256_CBC_SHA384)
		return cbc[cipher - SEALSOCK_CIPHER_AES_128_CBC_SHA1];
	return "";
}

static const char *version_name(uint16_t version)
{
	return version == TLS_1_3_VERSION ? "TLSv1.3" : version == TLS_1_2_VERSION ? "TLSv1.2" :
										     "";
}

static const char *addr_text(const struct inet_diag_msg *m, const __be32 *addr, __be16 port,
			     char out[ADDR_TEXT])
{
	char ip[INET6_ADDRSTRLEN] = "?";

	inet_ntop(m->idiag_family, addr, ip, sizeof(ip));
	snprintf(out, ADDR_TEXT, m->idiag_family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip,
		 ntohs(port));
	return out;
}

static void print_managed(const struct sealsock_diag_managed *d)
{
	printf(",\"keys_sending\":%u,\"keys_receiving\":%u", d->tx_keys, d->rx_keys);
	printf(",\"messages\":%u,\"messages_dropped\":%u,", d->messages, d->messages_dropped);
	printf("\"end\":\"%s\",\"alert_received\":\"%s\",\"alert_sent\":\"%s\"",
	       reason_name(d->reason), alert_name(d->alert_received), alert_name(d->alert_sent));
}

static void print(struct seen *s)
{
	char local[ADDR_TEXT], remote[ADDR_TEXT];
	const struct sealsock_diag_managed *d = &s->managed;
	const struct inet_diag_msg *m = &s->msg;
	char keys[16] = "";

	addr_text(m, m->id.idiag_src, m->id.idiag_sport, local);
	addr_text(m, m->id.idiag_dst, m->id.idiag_dport, remote);
	if (s->json) {
		printf("%s{\"local\":\"%s\",\"remote\":\"%s\",\"mode\":\"%s\",",
		       s->count ? ",\n " : "", local, remote, mode_name(s->mode));
		printf("\"version\":\"%s\",\"cipher\":\"%s\",", version_name(s->version),
		       cipher_name(s->cipher));
		printf("\"sent\":%llu,\"received\":%llu,\"uid\":%u,\"inode\":%u",
		       (unsigned long long)s->sent, (unsigned long long)s->received, m->idiag_uid,
		       m->idiag_inode);
		if (s->mode == SEALSOCK_MODE_MANAGED)
			print_managed(d);
		printf("}");
	} else {
		if (s->mode == SEALSOCK_MODE_MANAGED)
			snprintf(keys, sizeof(keys), "%u/%u", d->tx_keys, d->rx_keys);
		printf("%-28s %-28s %-10s %-8s %-18s %12llu %12llu %7s %s\n", local, remote,
		       mode_name(s->mode), version_name(s->version), cipher_name(s->cipher),
		       (unsigned long long)s->sent, (unsigned long long)s->received, keys,
		       reason_name(d->reason));
	}
	s->count++;
}

typedef void (*attr_fn)(struct seen *s, unsigned int type, const void *p, size_t n);

/* Calls @fn for each attribute; those that do not fit end it. */
static void each_attr(struct seen *s, const void *from, size_t n, attr_fn fn)
{
	const uint8_t *p = from;
	struct nlattr a;
	size_t whole;

	while (n >= sizeof(a)) {
		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > n)
			return;
		fn(s, a.nla_type & NLA_TYPE_MASK, p + sizeof(a), a.nla_len - sizeof(a));
		whole = NLA_ALIGN((size_t)a.nla_len);
		if (whole >= n)
			return;
		p += whole;
		n -= whole;
	}
}

static void take(void *to, size_t want, const void *p, size_t n)
{
	if (n >= want)
		memcpy(to, p, want);
}

static void tls_attr(struct seen *s, unsigned int type, const void *p, size_t n)
{
	if (type == TLS_INFO_VERSION)
		take(&s->version, sizeof(s->version), p, n);
	else if (type == TLS_INFO_CIPHER)
		take(&s->cipher, sizeof(s->cipher), p, n);
	else if (type == SEALSOCK_DIAG_MODE)
		take(&s->mode, sizeof(s->mode), p, n);
	else if (type == SEALSOCK_DIAG_MANAGED)
		take(&s->managed, sizeof(s->managed), p, n);
}

static void ulp_attr(struct seen *s, unsigned int type, const void *p, size_t n)
{
	if (type == INET_ULP_INFO_NAME)
		memcpy(s->ulp, p, n < sizeof(s->ulp) ? n : sizeof(s->ulp) - 1);
	else if (type == INET_ULP_INFO_TLS)
		each_attr(s, p, n, tls_attr);
}

static void socket_attr(struct seen *s, unsigned int type, const void *p, size_t n)
{
	struct tcp_info info = { 0 };

	if (type == INET_DIAG_ULP_INFO)
		each_attr(s, p, n, ulp_attr);
	if (type != INET_DIAG_INFO)
		return;
	memcpy(&info, p, n < sizeof(info) ? n : sizeof(info));
	s->sent = info.tcpi_bytes_acked;
	s->received = info.tcpi_bytes_received;
}

static void on_socket(struct seen *all, const void *p, size_t n)
{
	struct seen s = { .count = all->count, .json = all->json };

	if (n < sizeof(s.msg))
		return;
	memcpy(&s.msg, p, sizeof(s.msg));
	each_attr(&s, (const uint8_t *)p + NLMSG_ALIGN(sizeof(s.msg)),
		  n - NLMSG_ALIGN(sizeof(s.msg)), socket_attr);
	if (strcmp(s.ulp, SEALSOCK_ULP_NAME))
		return;
	print(&s);
	all->count = s.count;
}

/* 1: there is more, 0: the end, or a negative errno. */
static int on_answer(struct seen *all, uint8_t *buf, size_t n)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
	int err;

	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			memcpy(&err, NLMSG_DATA(h), sizeof(err));
			return err;
		}
		on_socket(all, NLMSG_DATA(h), h->nlmsg_len - NLMSG_HDRLEN);
	}
	return 1;
}

/* All sockets of a family: 0 or an errno. */
static int list_family(struct seen *all, int fd, int family)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} ask = {
		.head = {
			.nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = {
			.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = 1 << (INET_DIAG_INFO - 1), .idiag_states = ~0u,
		},
	};
	static uint8_t buf[ANSWER] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n;
	int r;

	if (send(fd, &ask, sizeof(ask), 0) < 0)
		return errno;
	do {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			return errno;
		r = on_answer(all, buf, (size_t)n);
	} while (r > 0);
	return -r;
}

static int run(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct seen all = { 0 };
	int c, fd, err;

	while ((c = cli_option(&verb_list, argc, argv, "jh", long_opts)) != -1) {
		if (c != 'j')
			return CLI_USAGE;
		all.json = true;
	}
	if (optind != argc)
		return cli_usage("no arguments, please");
	if (geteuid())
		cli_error("the kernel tells root only: this list is not whole");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	err = fd < 0 ? errno : 0;
	if (all.json)
		printf("[");
	else
		printf("%-28s %-28s %-10s %-8s %-18s %12s %12s %7s %s\n", "local", "remote",
		       "mode", "version", "cipher", "sent", "received", "keys", "end");
	if (!err)
		err = list_family(&all, fd, AF_INET);
	if (!err)
		err = list_family(&all, fd, AF_INET6);
	if (all.json)
		printf("]\n");
	if (fd >= 0)
		close(fd);
	if (!err)
		return CLI_OK;
	cli_error("sock_diag: %s", strerror(err));
	return CLI_KERNEL;
}

const struct cli_verb verb_list = {
	.name = "list",
	.summary = "every socket of the machine that the module has",
	.help = help,
	.run = run,
};
