/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room run/: a program that makes its own sockets, and TLS for those that it listens on or
 * connects. It sees the hall.
 *
 * Three processes. The first waits for the program, and passes signals and its end on; the second
 * supervises; the third becomes the program, under a filter (seccomp) by which the kernel asks the
 * supervisor at listen() and connect(). The supervisor takes the socket (pidfd_getfd), asks for
 * TLS on it, makes the call itself, and answers with the result: what the program could change
 * meanwhile is read once.
 *
 * run.c has options and the start, front.c the first process, filter.c the filter, supervise.c the
 * second process, call.c one call, rules.c what is to have TLS, inherit.c what the program is born
 * with.
 */
#ifndef SEALSOCK_CLI_RUN_H
#define SEALSOCK_CLI_RUN_H

#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "net.h"
#include "wish.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define PROTO_SMC 256
#ifndef AF_SMC
#define AF_SMC 43
#endif

enum { RUN_RULES = 64, RUN_ADDRESSES = 32 };

enum rule_kind { RULE_SERVE, RULE_CONNECT, RULE_PLAIN };

struct rule {
	enum rule_kind kind;
	long port;		/* 0: any, of RULE_PLAIN */
	char host[NET_HOST_MAX];	/* "": any */
	char credential[64];
	/* What the name has stood for, under rules.lock; written by one thread at a time. */
	struct in6_addr address[RUN_ADDRESSES];
	unsigned int addresses;
	int64_t looked_up;
};

struct rules {
	struct sealsock_wish wish;	/* for all, but for the credential */
	struct rule rule[RUN_RULES];
	unsigned int n;
};

/* rules.c; an address and its port, IPv4 as IPv6 has it */
struct place {
	struct in6_addr address;
	unsigned int port;
};

/* False after a message. */
bool rules_add(struct rules *r, enum rule_kind kind, const char *text);
/* Looks the names up. False after a message. */
bool rules_find(struct rules *r);
/* False: neither IPv4 nor IPv6. */
bool place_of(const struct sockaddr_storage *ss, struct place *out);
void place_format(const struct place *at, char out[NET_ADDR_MAX]);

/*
 * What a socket that listens at, or connects to @at is to be: *tls the rule by which it has TLS, or
 * NULL: it stays plain. False: it is refused, *why says why. May look a name up.
 */
bool rules_decide(struct rules *r, enum rule_kind kind, const struct place *at,
		  const struct rule **tls, const char **why);
/* Asks for TLS on @fd as @rule has it: 0, or -1 with errno. */
int rule_ask(const struct rules *r, const struct rule *rule, int fd);

/* inherit.c: false after a message: the program would be born with a way around. */
bool inherit_check(struct rules *r);

/* filter.c: for this process and all that come from it. The descriptor to listen on, or -1. */
int filter_install(void);
/* The machine's own calls are @arch's. */
bool filter_is_native(const struct seccomp_data *data);

/* call.c */
struct supervisor {
	struct rules *rules;
	int listener;
	uint16_t request_size;
};

/* A request of the kernel's: answers it, or has a thread do so. */
void call_handle(struct supervisor *s, const struct seccomp_notif *req);
/* Ends what nobody waits for any more. True: some calls are under way. */
bool call_tick(struct supervisor *s);

/* front.c and supervise.c */
enum news { NEWS_STARTED, NEWS_STOPPED, NEWS_ENDED };

struct message {
	enum news news;
	int value;		/* process id, or status as wait() has it */
};

/* The second process: does not return. */
void supervise(struct rules *r, int news, char **argv, const sigset_t *mask)
	__attribute__((noreturn));
/* The first: the program's exit status. */
int front_wait(int news);
/* Closes all descriptors but standard error and these; input and output become /dev/null. */
void keep_only(const int *keep, unsigned int n);

#endif
