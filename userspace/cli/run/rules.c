// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What --serve, --connect and --plain say of an address. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "run/run.h"

enum { AGAIN_MS = 1000 };	/* between looks for a name */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool place_of(const struct sockaddr_storage *ss, struct place *out)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;

	switch (ss->ss_family) {
	case AF_INET:
		memset(&out->address, 0, 10);
		memset(&out->address.s6_addr[10], 0xff, 2);
		memcpy(&out->address.s6_addr[12], &v4->sin_addr, 4);
		out->port = ntohs(v4->sin_port);
		return true;
	case AF_INET6:
		out->address = v6->sin6_addr;
		out->port = ntohs(v6->sin6_port);
		return true;
	default:
		return false;
	}
}

void place_format(const struct place *at, char out[NET_ADDR_MAX])
{
	bool mapped = IN6_IS_ADDR_V4MAPPED(&at->address);
	char text[INET6_ADDRSTRLEN] = "?";

	if (mapped)
		inet_ntop(AF_INET, &at->address.s6_addr[12], text, sizeof(text));
	else
		inet_ntop(AF_INET6, &at->address, text, sizeof(text));
	snprintf(out, NET_ADDR_MAX, mapped ? "%s:%u" : "[%s]:%u", text, at->port);
}

/* What connects to no address at all connects to this machine. */
static bool is_loopback(const struct place *at, enum rule_kind kind)
{
	const struct in6_addr *a = &at->address;

	if (IN6_IS_ADDR_V4MAPPED(a))
		return a->s6_addr[12] == 127 ||
		       (kind == RULE_CONNECT && !memcmp(&a->s6_addr[12], "\0\0\0", 4));
	return IN6_IS_ADDR_LOOPBACK(a) || (kind == RULE_CONNECT && IN6_IS_ADDR_UNSPECIFIED(a));
}

static bool is_numeric(const char *host)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

/* "PLACE=CREDENTIAL": cuts the second part off. */
static bool cut_credential(const char *text, char *place, size_t room, struct rule *rule)
{
	size_t n = strcspn(text, "=");

	if (n >= room || (text[n] && strlen(text + n + 1) >= sizeof(rule->credential)))
		return false;
	memcpy(place, text, n);
	place[n] = '\0';
	if (text[n])
		strcpy(rule->credential, text + n + 1);
	return true;
}

static bool parse_place(struct rule *rule, const char *place)
{
	struct net_peer peer;

	if (rule->kind == RULE_PLAIN && !strcmp(place, "any"))
		return true;
	if (rule->kind != RULE_CONNECT && !strchr(place, ':'))
		return cli_number(place, "the port", 1, 65535, &rule->port);
	if (rule->kind == RULE_SERVE || !net_peer_parse(place, NULL, &peer)) {
		cli_usage("'%s' is not %s", place,
			  rule->kind == RULE_SERVE ? "a port" : "HOST:PORT");
		return false;
	}
	memcpy(rule->host, peer.host, sizeof(peer.host));
	return cli_number(peer.port, "the port", 1, 65535, &rule->port);
}

bool rules_add(struct rules *r, enum rule_kind kind, const char *text)
{
	struct rule *rule = &r->rule[r->n];
	char place[NET_HOST_MAX + NET_PORT_MAX + 4];

	if (r->n == RUN_RULES) {
		cli_usage("more than %d places", RUN_RULES);
		return false;
	}
	*rule = (struct rule){ .kind = kind };
	if (!cut_credential(text, place, sizeof(place), rule)) {
		cli_usage("'%s' is too long", text);
		return false;
	}
	if (!parse_place(rule, place))
		return false;
	r->n++;
	return true;
}

/* NULL, or what is wrong. What was known stays where nothing is found. */
static const char *look_up(struct rule *rule)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct in6_addr found[RUN_ADDRESSES];
	struct addrinfo *list;
	unsigned int n = 0;
	struct place at;
	int r;

	r = getaddrinfo(rule->host, NULL, &hints, &list);
	if (r)
		return gai_strerror(r);
	for (struct addrinfo *ai = list; ai && n < RUN_ADDRESSES; ai = ai->ai_next) {
		struct sockaddr_storage ss = { 0 };

		memcpy(&ss, ai->ai_addr, ai->ai_addrlen);
		if (place_of(&ss, &at))
			found[n++] = at.address;
	}
	freeaddrinfo(list);
	pthread_mutex_lock(&lock);
	memcpy(rule->address, found, n * sizeof(found[0]));
	rule->addresses = n;
	rule->looked_up = cli_now_ms();
	pthread_mutex_unlock(&lock);
	return NULL;
}

bool rules_find(struct rules *r)
{
	for (unsigned int i = 0; i < r->n; i++) {
		const char *why = *r->rule[i].host ? look_up(&r->rule[i]) : NULL;

		if (why) {
			cli_error("cannot find the address of '%s': %s", r->rule[i].host, why);
			return false;
		}
	}
	return true;
}

static bool has_address(const struct rule *rule, const struct place *at)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < rule->addresses && !found; i++)
		found = !memcmp(&rule->address[i], &at->address, sizeof(at->address));
	pthread_mutex_unlock(&lock);
	return found;
}

static bool may_look_up(const struct rule *rule)
{
	bool may;

	pthread_mutex_lock(&lock);
	may = cli_now_ms() - rule->looked_up >= AGAIN_MS;
	pthread_mutex_unlock(&lock);
	return may;
}

/* A name may stand for other addresses than it did; who listens is not kept waiting for that. */
static bool rule_is_of(struct rule *rule, enum rule_kind asked, const struct place *at)
{
	if (rule->port && rule->port != at->port)
		return false;
	if (!*rule->host || has_address(rule, at))
		return true;
	return asked == RULE_CONNECT && may_look_up(rule) && !look_up(rule) &&
	       has_address(rule, at);
}

/* For whoever asked for @asked. */
static struct rule *find(struct rules *r, enum rule_kind kind, enum rule_kind asked,
			 const struct place *at)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->rule[i].kind == kind && rule_is_of(&r->rule[i], asked, at))
			return &r->rule[i];
	return NULL;
}

bool rules_decide(struct rules *r, enum rule_kind kind, const struct place *at,
		  const struct rule **tls, const char **why)
{
	*tls = find(r, kind, kind, at);
	if (*tls || is_loopback(at, kind) || find(r, RULE_PLAIN, kind, at))
		return true;
	*why = kind == RULE_SERVE ? "neither --serve nor --plain names it" :
				    "neither --connect nor --plain names it";
	return false;
}

int rule_ask(const struct rules *r, const struct rule *rule, int fd)
{
	struct sealsock_wish w = r->wish;

	w.credential = *rule->credential ? rule->credential : NULL;
	if (rule->kind == RULE_SERVE)
		return sealsock_listen_with(fd, &w);
	w.client_certificate = 0;
	return sealsock_connect_with(fd, is_numeric(rule->host) ? NULL : rule->host, &w);
}
