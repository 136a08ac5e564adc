// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock ech: keys for Encrypted Client Hello; and lists as the command line has them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "client/ech.h"
#include "sealsock.h"

enum { PEM_MAX = 2048, TEXT_MAX = 64 << 10, OPT_KEM = 0x200, OPT_MAX_NAME, OPT_OWNER };

static const char begin[] = "-----BEGIN ECHCONFIG-----", end[] = "-----END ECHCONFIG-----";

/* What stands between the marks, or all of it where there are none. */
static const char *inside(const char *text, size_t *n)
{
	const char *from = strstr(text, begin), *to = from ? strstr(from, end) : NULL;

	*n = strlen(text);
	if (!to)
		return text;
	from += sizeof(begin) - 1;
	*n = (size_t)(to - from);
	return from;
}

static int value_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64 with blanks; -1: it is none, or there is no room. */
static ssize_t decode(const char *text, size_t n, uint8_t *out, size_t room)
{
	unsigned int bits = 0, have = 0;
	size_t at = 0;

	for (; n && *text != '='; text++, n--) {
		int v = value_of(*text);

		if (strchr(" \t\r\n", *text))
			continue;
		if (v < 0 || at == room)
			return -1;
		bits = bits << 6 | (unsigned int)v;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[at++] = (uint8_t)(bits >> have);
	}
	for (; n; text++, n--)
		if (!strchr("= \t\r\n", *text))
			return -1;
	return (ssize_t)at;
}

static ssize_t read_file(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_MAX - 1);

	if (n < 0)
		cli_error("cannot read '%s': %s", path, strerror(errno));
	else
		text[n] = '\0';
	if (fd >= 0)
		close(fd);
	return n;
}

ssize_t ech_list(const char *arg, uint8_t *out, size_t room)
{
	static char file[TEXT_MAX];
	const char *text = arg;
	ssize_t n;
	size_t len;

	if (*arg == '@') {
		if (read_file(arg + 1, file) < 0)
			return -1;
		text = file;
	}
	text = inside(text, &len);
	n = decode(text, len, out, room);
	if (n < 0)
		cli_error("--ech '%s': neither Base64 nor PEM", arg);
	explicit_bzero(file, sizeof(file));	/* a private key may stand beside it */
	return n;
}

/* The record that tells clients (RFC 9848), in the form of zone files. */
static void print_record(const char *owner, const char *pem)
{
	const char *p;
	size_t n;

	p = inside(pem, &n);
	printf("%s. 300 IN HTTPS 1 . ech=\"", owner);
	for (; n; p++, n--)
		if (*p != '\n')
			putchar(*p);
	puts("\"");
}

/* A new file that only its owner reads: a key is never written over. */
static int write_pem(const char *path, const char *pem, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, pem, n) == (ssize_t)n && close(fd) == 0)
		return CLI_OK;
	cli_error("cannot write '%s': %s", path, strerror(errno));
	return CLI_USAGE;
}

static int generate(const char *path, const char *name, const char *owner, const char *group,
		    long max_name)
{
	char pem[PEM_MAX];
	ssize_t n = sealsock_ech_generate(name, group, (unsigned int)max_name, pem, sizeof(pem));
	int status = CLI_USAGE;

	if (n == SEALSOCK_ERR_INVALID)
		cli_error("'%s' cannot be a public name: it is no host name", name);
	else if (n == SEALSOCK_ERR_NAME)
		cli_error("--kem '%s' is neither x25519 nor secp256r1", group);
	else if (n < 0)
		cli_error("cannot make keys: %s", sealsock_strerror((int)n));
	else
		status = write_pem(path, pem, (size_t)n);
	if (!status)
		print_record(owner ? owner : name, pem);
	explicit_bzero(pem, sizeof(pem));
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option own[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ "kem", required_argument, NULL, OPT_KEM },
		{ "max-name", required_argument, NULL, OPT_MAX_NAME },
		{ "owner", required_argument, NULL, OPT_OWNER },
		{ 0 },
	};
	const char *path = NULL, *group = NULL, *owner = NULL;
	long max_name = 0;
	int opt;

	while ((opt = cli_option(&verb_ech, argc, argv, ":ho:", own)) != -1) {
		if (opt == '?')
			return CLI_USAGE;
		if (opt == 'o')
			path = optarg;
		if (opt == OPT_KEM)
			group = optarg;
		if (opt == OPT_OWNER)
			owner = optarg;
		if (opt == OPT_MAX_NAME && !cli_number(optarg, "--max-name", 0, 255, &max_name))
			return CLI_USAGE;
	}
	if (optind + 2 != argc || strcmp(argv[optind], "generate"))
		return cli_usage("'generate' and a public name are needed");
	if (!path)
		return cli_usage("--output names the file for the keys");
	return generate(path, argv[optind + 1], owner, group, max_name);
}

const struct cli_verb verb_ech = {
	.name = "ech",
	.summary = "make keys for Encrypted Client Hello",
	.run = run,
	.help =
	"Usage: sealsock ech generate [OPTION]... --output FILE NAME\n"
	"Makes a key for Encrypted Client Hello (RFC 9849), and the configuration by which clients\n"
	"use it. NAME is the name they will say in the clear: the server needs a certificate for it,\n"
	"too. Prints the DNS record that tells clients; it belongs to each name that is to be hidden.\n\n"
	"  -o, --output FILE      a new file for key and configuration (PEM, RFC 9934), which\n"
	"                         'sealsock serve --ech-keys' takes. To rotate, put it before the\n"
	"                         old ones and move the file into place\n"
	"      --owner NAME       of the record (NAME)\n"
	"      --kem NAME         x25519 (default) or secp256r1\n"
	"      --max-name N       the longest name that is to be hidden; all are padded to it\n"
	"  -h, --help             this text\n\n"
	"Example:\n"
	"  sealsock ech generate -o ech.pem --owner www.example.org public.example.org\n\n"
	"Exit status: 0 made; 2 usage, or the file cannot be written.\n",
};
