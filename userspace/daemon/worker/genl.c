// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/genl.h"

enum { HEADS = NLMSG_HDRLEN + GENL_HDRLEN, TYPE_MASK = NLA_TYPE_MASK };

static int netlink_socket(void)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&self, sizeof(self)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool next_attr(const uint8_t *p, size_t n, size_t *at, struct genl_attr *a)
{
	struct nlattr head;

	if (*at > n || n - *at < sizeof(head))
		return false;
	memcpy(&head, p + *at, sizeof(head));
	if (head.nla_len < NLA_HDRLEN || head.nla_len > n - *at)
		return false;
	*a = (struct genl_attr){
		head.nla_type & TYPE_MASK, p + *at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN,
	};
	*at += NLA_ALIGN(head.nla_len);
	return true;
}

bool genl_next(const struct genl *g, size_t *at, struct genl_attr *a)
{
	return next_attr(g->b + HEADS, g->n - HEADS, at, a);
}

bool genl_inside(const struct genl_attr *outer, size_t *at, struct genl_attr *a)
{
	return next_attr(outer->p, outer->n, at, a);
}

uint32_t genl_u32(const struct genl_attr *a)
{
	uint32_t v = 0;

	if (a->n == sizeof(v))
		memcpy(&v, a->p, sizeof(v));
	return v;
}

static void begin(struct genl *g, uint16_t type, uint8_t command, uint8_t version)
{
	struct nlmsghdr head = {
		.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.nlmsg_seq = ++g->seq,
	};
	struct genlmsghdr genl = { .cmd = command, .version = version };

	memset(g->b, 0, sizeof(g->b));
	memcpy(g->b, &head, sizeof(head));
	memcpy(g->b + NLMSG_HDRLEN, &genl, sizeof(genl));
	g->n = HEADS;
}

void genl_begin(struct genl *g, uint8_t command)
{
	begin(g, g->family, command, 1);
}

static void put(struct genl *g, uint16_t type, const void *p, size_t n)
{
	struct nlattr head = { .nla_len = (uint16_t)(NLA_HDRLEN + n), .nla_type = type };

	memcpy(g->b + g->n, &head, sizeof(head));
	memcpy(g->b + g->n + NLA_HDRLEN, p, n);
	g->n += NLA_ALIGN(head.nla_len);
}

void genl_put_u32(struct genl *g, uint16_t type, uint32_t v)
{
	put(g, type, &v, sizeof(v));
}

/* An answer is there when the call returns: an error, which 0 is one of, or a message. */
int genl_call(struct genl *g)
{
	struct nlmsghdr head;
	uint32_t len = (uint32_t)g->n;
	ssize_t n;
	int err;

	memcpy(g->b, &len, sizeof(len));
	if (send(g->fd, g->b, g->n, 0) != (ssize_t)g->n)
		return errno ? errno : EIO;
	do {
		n = recv(g->fd, g->b, sizeof(g->b), MSG_DONTWAIT);
		if (n < (ssize_t)sizeof(head))
			return n < 0 ? errno : EIO;
		memcpy(&head, g->b, sizeof(head));
	} while (head.nlmsg_seq != g->seq);
	g->n = (size_t)n;
	if (head.nlmsg_type != NLMSG_ERROR)
		return g->n < HEADS || head.nlmsg_len > g->n ? EIO : 0;
	if (g->n < NLMSG_HDRLEN + sizeof(err))
		return EIO;
	memcpy(&err, g->b + NLMSG_HDRLEN, sizeof(err));
	g->n = HEADS;
	return -err;
}

/* The group's number, out of what the controller says of the family. */
static uint32_t find_group(const struct genl_attr *groups, const char *name)
{
	struct genl_attr group, a;
	size_t at = 0, in;
	uint32_t id;
	bool same;

	while (genl_inside(groups, &at, &group)) {
		id = 0;
		same = false;
		for (in = 0; genl_inside(&group, &in, &a);) {
			if (a.type == CTRL_ATTR_MCAST_GRP_ID)
				id = genl_u32(&a);
			if (a.type == CTRL_ATTR_MCAST_GRP_NAME)
				same = a.n == strlen(name) + 1 && !memcmp(a.p, name, a.n);
		}
		if (same)
			return id;
	}
	return 0;
}

int genl_open(struct genl *g, const char *family, const char *group)
{
	struct genl_attr a;
	size_t at = 0;
	int err;

	*g = (struct genl){ .fd = netlink_socket() };
	if (g->fd < 0)
		return errno;
	begin(g, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	put(g, CTRL_ATTR_FAMILY_NAME, family, strlen(family) + 1);
	err = genl_call(g);
	while (!err && genl_next(g, &at, &a)) {
		if (a.type == CTRL_ATTR_FAMILY_ID && a.n == sizeof(g->family))
			memcpy(&g->family, a.p, sizeof(g->family));
		if (a.type == CTRL_ATTR_MCAST_GROUPS)
			g->group = find_group(&a, group);
	}
	if (!err && (!g->family || !g->group))
		err = ENOENT;
	if (err)
		genl_close(g);
	return err;
}

void genl_close(struct genl *g)
{
	close(g->fd);
	g->fd = -1;
}

int genl_listen(const struct genl *g)
{
	int fd = netlink_socket();

	if (fd >= 0 && !setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &g->group,
				   sizeof(g->group)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool genl_told(int fd)
{
	uint8_t b[GENL_MAX];
	bool told = false;

	/* Where there was no room for all of it, something was told, too. */
	while (recv(fd, b, sizeof(b), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		told = true;
	return told;
}
