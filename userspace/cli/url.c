// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Peers and URLs as the user writes them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net.h"

static bool port_ok(const char *p)
{
	unsigned long v = 0;

	if (!*p || strlen(p) > 5)
		return false;
	for (; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		v = v * 10 + (unsigned long)(*p - '0');
	}
	return v && v <= 65535;
}

bool net_peer_parse(const char *text, const char *default_port, struct net_peer *out)
{
	const char *host = text, *end, *port = default_port;

	if (*text == '[') {
		host++;
		end = strchr(host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		if (end[1])
			port = end + 2;
	} else {
		end = strchr(text, ':');
		if (end && strchr(end + 1, ':'))
			return false;		/* an IPv6 address needs its brackets */
		if (end)
			port = end + 1;
		else
			end = text + strlen(text);
	}
	if (!port || !port_ok(port) || end == host || (size_t)(end - host) >= sizeof(out->host))
		return false;
	memcpy(out->host, host, (size_t)(end - host));
	out->host[end - host] = '\0';
	snprintf(out->port, sizeof(out->port), "%s", port);
	return true;
}

const char *url_parse(const char *text, struct url *out)
{
	char authority[sizeof(out->authority)];
	const char *p, *end;
	size_t n;

	for (p = text; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return "it holds a blank or a control character";
	/* A scheme is written in any case (RFC 3986 3.1). */
	if (!strncasecmp(text, "https://", 8))
		out->tls = true;
	else if (!strncasecmp(text, "http://", 7))
		out->tls = false;
	else
		return "it does not begin with https:// or http://";
	p = text + (out->tls ? 8 : 7);
	end = p + strcspn(p, "/?#");
	n = (size_t)(end - p);
	if (!n || n >= sizeof(authority))
		return "it has no host name, or too long a one";
	memcpy(authority, p, n);
	authority[n] = '\0';
	if (strchr(authority, '@'))
		return "user names and passwords in URLs are not supported";
	if (!net_peer_parse(authority, out->tls ? "443" : "80", &out->peer))
		return "its host and port are not of the form HOST, HOST:PORT or [IPV6]:PORT";
	snprintf(out->authority, sizeof(out->authority), "%s", authority);
	n = strcspn(end, "#");
	if (n + 2 > sizeof(out->path))
		return "its path is too long";
	snprintf(out->path, sizeof(out->path), "%s%.*s", *end == '/' ? "" : "/", (int)n, end);
	return NULL;
}
