// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock check: is the record path there, and does it work? */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"
#include "module/modinfo.h"
#include "module/selftest.h"
#include "sealsock.h"

struct findings {
	struct utsname uts;
	struct modinfo mod;
	struct modstat stat;
	bool has_stat;
	const char *ulp;		/* the one that was tested */
	int ulp_err;			/* errno of attaching it */
	int tls_err;			/* of the name "tls" */
	bool tested;
	unsigned int passed;
	struct selftest_result result[SELFTEST_CASES];
};

static void find(struct findings *f, const char *ulp)
{
	f->ulp = ulp;
	uname(&f->uts);
	f->ulp_err = selftest_ulp(ulp);
	f->tls_err = selftest_ulp("tls");
	modinfo_read(&f->mod);		/* after the attempts: they may have loaded something */
	if (!f->ulp_err) {
		selftest_run(ulp, f->result);
		f->tested = true;
		for (unsigned int i = 0; i < SELFTEST_CASES; i++)
			f->passed += f->result[i].ok || f->result[i].absent;
	}
	f->has_stat = modstat_read(&f->stat);
}

static const char *tls_owner(const struct findings *f)
{
	if (f->tls_err)
		return "nobody";
	return f->mod.alias_tls ? "sealsock" : "the kernel's own tls";
}

/* Why it does not work, and what to do about it. */
static const char *advice(const struct findings *f)
{
	if (f->ulp_err == ENOENT && !strcmp(f->ulp, "sealsock") && f->mod.signed_only)
		return "  As root: modprobe sealsock. This kernel loads only modules signed with\n"
		       "  a key that it trusts. DKMS signs with /var/lib/dkms/mok.key; to have it trusted from the\n"
		       "  next boot on: mokutil --import /var/lib/dkms/mok.pub\n";
	if (f->ulp_err == ENOENT && !strcmp(f->ulp, "sealsock"))
		return "  As root: modprobe sealsock, or insmod sealsock.ko; it must be built\n"
		       "  for this kernel. The kernel's log says why a module does not load.\n";
	if (f->ulp_err == ENOENT)
		return "  As root: modprobe tls (the kernel's own), or load sealsock with\n"
		       "  alias_tls=1.\n";
	if (f->ulp_err)
		return "  Is the loopback interface up (ip link set lo up)?\n";
	return "  Where a key is refused with 'No such file or directory' the kernel's\n"
	       "  crypto API lacks the cipher. As root: modprobe gcm; modprobe chacha20poly1305.\n";
}

static void complain(const struct findings *f)
{
	if (!f->ulp_err && f->passed == SELFTEST_CASES)
		return;
	if (f->ulp_err == ENOENT)
		cli_error("there is no TCP ULP '%s' in this kernel (%s)", f->ulp, f->uts.release);
	else if (f->ulp_err)
		cli_error("the ULP '%s' cannot be attached to a connection over 127.0.0.1: %s",
			  f->ulp, strerror(f->ulp_err));
	else
		cli_error("%u of %u ciphers do not work", SELFTEST_CASES - f->passed,
			  SELFTEST_CASES);
	fputs(advice(f), stderr);
}

/* What sealsock_install() makes of a socket here. */
static const char *mode(const struct findings *f)
{
	if (f->ulp_err)
		return "none";
	if (!strcmp(f->ulp, "sealsock") && sealsock_paths() & SEALSOCK_PATHS_MANAGED)
		return "managed";
	return "compatible";
}

static void print_text(const struct findings *f)
{
	printf("kernel     %s\n", f->uts.release);
	printf("module     %s\n", f->mod.loaded ? f->mod.version : "not loaded");
	printf("ULP        %s: %s\n", f->ulp, f->ulp_err ? strerror(f->ulp_err) : "there");
	printf("mode       %s\n", mode(f));
	printf("ULP tls    %s\n", tls_owner(f));
	for (unsigned int i = 0; f->tested && i < SELFTEST_CASES; i++) {
		const struct selftest_result *r = &f->result[i];

		printf("%s    %-18s %s%s%s\n", r->version, r->cipher,
		       r->ok ? "works" : r->absent ? "absent" : "FAILS",
		       r->ok ? "" : ": ", r->why);
	}
	if (!f->has_stat)
		return;
	printf("counters of this network namespace, not 0:\n");
	for (unsigned int i = 0; i < f->stat.n; i++)
		if (f->stat.counter[i].value)
			printf("           %-24s %" PRIu64 "\n", f->stat.counter[i].name,
			       f->stat.counter[i].value);
}

static void print_json(const struct findings *f)
{
	printf("{\"kernel\": ");
	cli_json_string(stdout, f->uts.release);
	printf(", \"module_loaded\": %s, \"module\": ", f->mod.loaded ? "true" : "false");
	if (f->mod.loaded)
		cli_json_string(stdout, f->mod.version);
	else
		printf("null");
	printf(", \"ulp\": ");
	cli_json_string(stdout, f->ulp);
	printf(", \"mode\": \"%s\"", mode(f));
	printf(", \"ulp_there\": %s, \"alias_tls\": %s, \"tls_there\": %s, \"ciphers\": [",
	       f->ulp_err ? "false" : "true", f->mod.alias_tls ? "true" : "false",
	       f->tls_err ? "false" : "true");
	for (unsigned int i = 0; f->tested && i < SELFTEST_CASES; i++) {
		const struct selftest_result *r = &f->result[i];

		printf("%s{\"version\": \"%s\", \"cipher\": \"%s\", \"works\": %s, ", i ? ", " : "",
		       r->version, r->cipher, r->ok ? "true" : "false");
		printf("\"absent\": %s, \"why\": ", r->absent ? "true" : "false");
		cli_json_string(stdout, r->why);
		putchar('}');
	}
	printf("], \"counters\": {");
	for (unsigned int i = 0; f->has_stat && i < f->stat.n; i++)
		printf("%s\"%s\": %" PRIu64, i ? ", " : "", f->stat.counter[i].name,
		       f->stat.counter[i].value);
	printf("}}\n");
}

static int run(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "ulp", required_argument, NULL, 'u' },
		{ 0 },
	};
	static struct findings f;
	const char *ulp = "sealsock";
	bool json = false;
	int opt;

	while ((opt = cli_option(&verb_check, argc, argv, ":h", long_opts)) != -1) {
		if (opt == '?')
			return CLI_USAGE;
		if (opt == 'j')
			json = true;
		else
			ulp = optarg;
	}
	if (optind < argc)
		return cli_usage("unexpected argument '%s'", argv[optind]);
	if (strcmp(ulp, "sealsock") && strcmp(ulp, "tls"))
		return cli_usage("--ulp '%s' is not one of sealsock, tls", ulp);

	find(&f, ulp);
	if (json)
		print_json(&f);
	else
		print_text(&f);
	if (fflush(stdout))
		return CLI_USAGE;
	complain(&f);
	return f.tested && f.passed == SELFTEST_CASES ? CLI_OK : CLI_KERNEL;
}

const struct cli_verb verb_check = {
	.name = "check",
	.summary = "is the kernel module there, and does it work?",
	.run = run,
	.help =
	"Usage: sealsock check [--json] [--ulp NAME]\n"
	"Looks for the kernel module, tests every AEAD cipher with known keys and records over loopback\n"
	"connections of its own, and prints the module's counters.\n\n"
	"      --ulp NAME   test this ULP: sealsock (default) or tls\n"
	"      --json       one JSON object\n"
	"  -h, --help       this text\n\n"
	"Example:\n"
	"  sealsock check || sudo modprobe sealsock\n\n"
	"Exit status: 0 all works; 2 usage; 5 the module is missing, or something does not work.\n",
};
