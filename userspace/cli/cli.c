// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The verbs' table, dispatch, and the voice they share. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "sealsock.h"

static const struct cli_verb *const verbs[] = {
	&verb_serve, &verb_get, &verb_client, &verb_trace, &verb_check, &verb_bench,
	&verb_verify, &verb_ech, &verb_listen, &verb_proxy, &verb_run, &verb_status, &verb_list,
	&verb_version,
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *current = "";

static void vsay(const char *fmt, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "sealsock%s%s: ", *current ? " " : "", current);
	cli_text(stderr, text, strlen(text));
	fputc('\n', stderr);
}

void cli_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

int cli_setting(struct sealsock_config *cfg, int err, const char *what, const char *value)
{
	const char *why;

	if (!err)
		return 0;
	why = sealsock_config_error(cfg);
	cli_error("%s '%s': %s", what, value, *why ? why : sealsock_strerror(err));
	return err;
}

int cli_trust_system(struct sealsock_config *cfg)
{
	int err = cli_setting(cfg, sealsock_config_ca_system(cfg), "trust store", "system");

	if (err)
		fputs("  --cacert FILE names whom to trust; ca-certificates is the usual store.\n",
		      stderr);
	return err;
}

int cli_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try: sealsock%s%s --help\n", *current ? " " : "", current);
	return CLI_USAGE;
}

int cli_option(const struct cli_verb *verb, int argc, char **argv, const char *short_opts,
	       const struct option *long_opts)
{
	int at = optind, opt;

	opterr = 0;
	opt = getopt_long(argc, argv, short_opts, long_opts, NULL);
	switch (opt) {
	case 'h':
		fputs(verb->help, stdout);
		exit(fflush(stdout) ? CLI_USAGE : CLI_OK);
	case ':':
		cli_usage("option '%s' needs a value", argv[at < argc ? at : argc - 1]);
		return '?';
	case '?':
		cli_usage("option '%s' is not known, is ambiguous, or takes no value",
			  argv[at < argc ? at : argc - 1]);
		return '?';
	default:
		return opt;
	}
}

bool cli_number(const char *text, const char *what, long min, long max, long *out)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || end == text || *end || v < min || v > max) {
		cli_usage("%s '%s' is not a number from %ld to %ld", what, text, min, max);
		return false;
	}
	*out = v;
	return true;
}

bool cli_ulp(const char *text, enum cli_ulp *out)
{
	static const char *const names[] = {
		[CLI_ULP_SEALSOCK] = "sealsock", [CLI_ULP_ANY] = "any", [CLI_ULP_NONE] = "none",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*out = (enum cli_ulp)i;
			return true;
		}
	}
	cli_usage("--ulp '%s' is not one of sealsock, any, none", text);
	return false;
}

void cli_json_string(FILE *f, const char *s)
{
	size_t left = strlen(s), n;

	fputc('"', f);
	for (; left; s += n, left -= n) {
		n = cli_shown(s, left);
		if (n) {
			fprintf(f, "%s%.*s", *s == '"' || *s == '\\' ? "\\" : "", (int)n, s);
			continue;
		}
		/* A control character of its own, or a byte that is no text: U+FFFD. */
		n = 1;
		fprintf(f, "\\u%04x", (unsigned char)*s < 0x80 ? *s : 0xfffd);
	}
	fputc('"', f);
}

int64_t cli_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void cli_module_advice(void)
{
	fputs("  Load the module: modprobe sealsock (or insmod sealsock.ko), as root. It must be\n"
	      "  built for the running kernel. 'sealsock check' tells what is missing; '--ulp none'\n"
	      "  goes on without the kernel, sealing records in this program.\n", stderr);
}

static void help(FILE *out)
{
	fputs("Usage: sealsock VERB [OPTION]... [ARGUMENT]...\n"
	      "TLS for ordinary sockets: handshake in userspace, records in the kernel.\n\n", out);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
	fputs("\n'sealsock VERB --help' tells more. Example:\n\n"
	      "  sealsock get https://www.example.org/ -o page.html\n\n"
	      "Exit status: 0 done; 1 the peer answered, but not with success; 2 usage, or a local\n"
	      "file cannot be used; 3 could not connect, or timed out; 4 the handshake or the\n"
	      "verification of the peer failed; 5 the kernel module is missing or refused; 6 the\n"
	      "connection was cut before its end.\n", out);
}

/*
 * Whoever started this with a standard descriptor closed: the next socket would become standard
 * output, and what is written there go out on it. /dev/null takes the place, opened the wrong way
 * round, so that using it is still the error that it was.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(CLI_USAGE);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	fill_standard_descriptors();
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		help(stdout);
		return fflush(stdout) ? CLI_USAGE : CLI_OK;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(name, verbs[i]->name))
			continue;
		current = verbs[i]->name;
		return verbs[i]->run(argc - 1, argv + 1);
	}
	if (*name)
		cli_error("there is no verb '%s'", name);
	help(stderr);
	return CLI_USAGE;
}
