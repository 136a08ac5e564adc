/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sockets for which TLS is asked in another program's name: what listen, proxy and run share. */
#ifndef SEALSOCK_CLI_WISH_H
#define SEALSOCK_CLI_WISH_H

#include <stdbool.h>

#include "cli.h"
#include "sealsock_ask.h"

enum wish_opt { WISH_ALPN = 512, WISH_CERT, WISH_TRUST, WISH_PROFILE, WISH_DEADLINE };

enum { WISH_OPTIONS = 40 };	/* with a verb's own */

/* A verb's table for getopt_long(), and behind it those that --help says this of. */
const struct option *wish_options(const struct option *own);

#define WISH_HELP								\
	"      --alpn LIST       protocols, best first: h2,http/1.1\n"		\
	"      --client-certificate none|optional|required\n"			\
	"      --trust NAME      the helper's trust for the peer's certificate\n"	\
	"      --profile NAME    the helper's profile\n"			\
	"      --deadline MS     for a handshake\n"

/* Takes one of them, with its value in optarg. False: it is none, or a message was printed. */
bool wish_option(struct sealsock_wish *w, int opt);

/* Says of @what why it failed, by errno, and what to do. Returns CLI_KERNEL. */
int wish_complain(const char *what);

/*
 * A socket that listens, close-on-exec, with TLS asked for before it does; NULL: plain. @addr:
 * numeric, or NULL: all of the machine's. -1 with errno.
 */
int wish_listen(const struct sealsock_wish *w, const char *addr, long port);

enum { WISH_FIRST = 3, WISH_INHERITED = 1024 };

/*
 * The sockets of LISTEN_FDS, for which TLS is asked where they are, from WISH_FIRST on; @w NULL:
 * they stay plain. How many, or -1 after a message.
 */
int wish_take_over(const struct sealsock_wish *w);

#endif
