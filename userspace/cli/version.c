// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock version */
#include <sys/utsname.h>

#include "cli.h"
#include "modinfo.h"
#include "sealsock.h"

static int run(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct utsname uts = { 0 };
	struct modinfo mod;
	bool json = false;
	int opt;

	while ((opt = cli_option(&verb_version, argc, argv, ":h", long_opts)) != -1) {
		if (opt == '?')
			return CLI_USAGE;
		json = true;
	}
	if (optind < argc)
		return cli_usage("unexpected argument '%s'", argv[optind]);

	uname(&uts);
	modinfo_read(&mod);
	if (json) {
		printf("{\"sealsock\": ");
		cli_json_string(stdout, sealsock_version());
		printf(", \"module_loaded\": %s, \"module\": ", mod.loaded ? "true" : "false");
		if (mod.loaded)
			cli_json_string(stdout, mod.version);
		else
			printf("null");
		printf(", \"kernel\": ");
		cli_json_string(stdout, uts.release);
		printf("}\n");
	} else {
		printf("sealsock %s\n", sealsock_version());
		printf("module   %s\n", mod.loaded ? mod.version : "not loaded");
		printf("kernel   %s\n", uts.release);
	}
	return fflush(stdout) ? CLI_USAGE : CLI_OK;
}

const struct cli_verb verb_version = {
	.name = "version",
	.summary = "versions of this program, the module and the kernel",
	.run = run,
	.help =
	"Usage: sealsock version [--json]\n"
	"Prints the versions of this program, of the loaded kernel module, and of the kernel.\n\n"
	"      --json   one JSON object\n"
	"  -h, --help   this text\n\n"
	"Example:\n"
	"  sealsock version --json\n\n"
	"Exit status: 0 done, 2 usage.\n",
};
