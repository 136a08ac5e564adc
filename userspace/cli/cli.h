/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the verbs of the command line share. */
#ifndef SEALSOCK_CLI_H
#define SEALSOCK_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses: the same in every verb, and in every manual page. */
enum cli_exit {
	CLI_OK = 0,
	CLI_ANSWER = 1,		/* the peer answered, but not with success */
	CLI_USAGE = 2,		/* wrong arguments, or a local file they name cannot be used */
	CLI_CONNECT = 3,	/* could not connect, or timed out */
	CLI_HANDSHAKE = 4,	/* the handshake or the verification of the peer failed */
	CLI_KERNEL = 5,		/* the kernel module is missing or refused */
	CLI_CUT = 6,		/* the connection was cut before its end */
};

struct cli_verb {
	const char *name;
	const char *summary;	/* half a line, for the list of verbs */
	const char *help;	/* all of --help, an example included */
	int (*run)(int argc, char **argv);
};

extern const struct cli_verb verb_listen, verb_proxy, verb_run, verb_status, verb_list;
extern const struct cli_verb verb_serve, verb_get, verb_client, verb_trace, verb_check, verb_bench,
	verb_verify, verb_ech, verb_version;

/*
 * All text that comes from others (a peer, its certificate, a file) is printed through this: what
 * would be a command to a terminal, or is not UTF-8, comes out as \xNN.
 */
void cli_text(FILE *f, const char *p, size_t n);
/* Length of the character at @p that may be shown as it is; 0: it may not. */
size_t cli_shown(const char *p, size_t n);

/* "sealsock VERB: ..." and a line feed, on standard error; through cli_text(). */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Passes @err, the result of one setting of @cfg, on; says which and why if it is an error. */
struct sealsock_config;
int cli_setting(struct sealsock_config *cfg, int err, const char *what, const char *value);
/* The machine's trust store for @cfg; where that has nobody to trust, says what the user can do. */
int cli_trust_system(struct sealsock_config *cfg);
/* cli_error(), with a pointer to --help; returns CLI_USAGE. */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * getopt_long() with one voice: says what is wrong, and answers --help by printing @verb's help and
 * leaving with 0. Returns the option, -1 at the end, or '?' after an error was printed.
 */
int cli_option(const struct cli_verb *verb, int argc, char **argv, const char *short_opts,
	       const struct option *long_opts);

/* A decimal number between @min and @max; false, with a message naming @what, otherwise. */
bool cli_number(const char *text, const char *what, long min, long max, long *out);

/* Which record path the user asked for with --ulp. */
enum cli_ulp {
	CLI_ULP_SEALSOCK,	/* the ULP "sealsock" or nothing */
	CLI_ULP_ANY,		/* else a ULP named "tls" */
	CLI_ULP_NONE,		/* no kernel: records are sealed by the library */
};

bool cli_ulp(const char *text, enum cli_ulp *out);

/* Writes @s to @f as a quoted JSON string, by the rules of cli_text(): bytes that are no text
 * become U+FFFD.
 */
void cli_json_string(FILE *f, const char *s);

int64_t cli_now_ms(void);	/* monotonic */

/* Advice for exit status 5, printed after the error that led to it. */
void cli_module_advice(void);

#endif
