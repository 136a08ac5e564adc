// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The options by which a program asks for TLS. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "../../kmod/uapi/hold.h"
#include "../../kmod/uapi/sealsock.h"
#include "sealsock_ask.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

static int fails(int err)
{
	errno = err;
	return -1;
}

static bool set_name(char *to, size_t room, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	if (n >= room)
		return false;
	if (n)
		memcpy(to, name, n);
	return true;
}

/* "h2,http/1.1" as RFC 7301 has it. */
static bool set_alpn(struct sealsock_role *role, const char *list)
{
	size_t n, at = 0;

	for (; list && *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (!n || n > 255 || at + 1 + n > sizeof(role->alpn))
			return false;
		role->alpn[at++] = (uint8_t)n;
		memcpy(role->alpn + at, list, n);
		at += n;
	}
	role->alpn_len = (uint16_t)at;
	return true;
}

/* A socket that has the ULP already is asked again: another name, another role of the same kind. */
static int attach(int fd)
{
	char have[16] = "";
	socklen_t len = sizeof(have);

	if (!setsockopt(fd, IPPROTO_TCP, TCP_ULP, SEALSOCK_ULP_NAME, strlen(SEALSOCK_ULP_NAME)))
		return 0;
	if (errno != EEXIST)
		return -1;
	if (getsockopt(fd, IPPROTO_TCP, TCP_ULP, have, &len))
		return -1;
	return strncmp(have, SEALSOCK_ULP_NAME, sizeof(have)) ? fails(EEXIST) : 0;
}

static int ask(int fd, uint32_t kind, const char *host, const struct sealsock_wish *w)
{
	struct sealsock_role role = { .role = kind, .client_certificate = w->client_certificate };

	if (!set_name(role.credential, sizeof(role.credential), w->credential) ||
	    !set_name(role.trust, sizeof(role.trust), w->trust) ||
	    !set_name(role.profile, sizeof(role.profile), w->profile) ||
	    !set_name(role.host, sizeof(role.host), host))
		return fails(ENAMETOOLONG);
	if (!set_alpn(&role, w->alpn))
		return fails(EINVAL);
	if (attach(fd) || setsockopt(fd, SOL_TLS, SEALSOCK_ROLE, &role, sizeof(role)))
		return -1;
	if (!w->deadline)
		return 0;
	return setsockopt(fd, SOL_TLS, SEALSOCK_DEADLINE, &w->deadline, sizeof(w->deadline));
}

/* The caller's structure may be older, or newer where what we do not know of it is not used. */
static bool take(struct sealsock_wish *w, const void *from, size_t size)
{
	const uint8_t *p = from;
	size_t i;

	*w = (struct sealsock_wish){ 0 };
	memcpy(w, from, size < sizeof(*w) ? size : sizeof(*w));
	for (i = sizeof(*w); i < size; i++)
		if (p[i])
			return false;
	return true;
}

int sealsock_listen_sized(int fd, const struct sealsock_wish *wish, size_t size)
{
	struct sealsock_wish w;

	return take(&w, wish, size) ? ask(fd, SEALSOCK_ROLE_SERVE, NULL, &w) : fails(E2BIG);
}

int sealsock_connect_sized(int fd, const char *host, const struct sealsock_wish *wish, size_t size)
{
	struct sealsock_wish w;

	return take(&w, wish, size) ? ask(fd, SEALSOCK_ROLE_CONNECT, host, &w) : fails(E2BIG);
}

int sealsock_listen(int fd, const char *credential)
{
	const struct sealsock_wish w = { .credential = credential };

	return ask(fd, SEALSOCK_ROLE_SERVE, NULL, &w);
}

int sealsock_connect(int fd, const char *host)
{
	const struct sealsock_wish w = { 0 };

	return ask(fd, SEALSOCK_ROLE_CONNECT, host, &w);
}

int sealsock_cause(int fd, char *text, size_t room)
{
	struct sealsock_cause cause = { 0 };
	socklen_t len = sizeof(cause);
	size_t n;

	if (room)
		*text = '\0';
	if (getsockopt(fd, SOL_TLS, SEALSOCK_CAUSE, &cause, &len))
		return -1;
	n = strnlen(cause.text, sizeof(cause.text));
	if (room) {
		n = n < room ? n : room - 1;
		memcpy(text, cause.text, n);
		text[n] = '\0';
	}
	return 0;
}
