// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* sealsock version */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"
#include "module/modinfo.h"
#include "sealsock.h"

/* Is what is loaded something else than what modprobe would load? */
static bool outdated(const struct modinfo *mod, const struct modinfo_installed *installed)
{
	return mod->loaded && installed->there &&
	       (strcmp(mod->version, installed->version) ||
		(*mod->source && *installed->source && strcmp(mod->source, installed->source)));
}

static void print_text(const struct modinfo *mod, const struct modinfo_installed *installed,
		       const char *release)
{
	printf("sealsock  %s\n", sealsock_version());
	printf("module    %s\n", mod->loaded ? mod->version : "not loaded");
	printf("installed %s\n", installed->there ? installed->version : "none for this kernel");
	printf("open      %lu\n", mod->open);
	printf("kernel    %s\n", release);
	if (!outdated(mod, installed))
		return;
	printf("The module that is installed is another than the one that is loaded. ");
	printf(mod->open ? "When nothing is open, as root:\n" : "Nothing is open; as root:\n");
	printf("  modprobe -r sealsock && modprobe sealsock\n");
}

static void print_json(const struct modinfo *mod, const struct modinfo_installed *installed,
		       const char *release)
{
	printf("{\"sealsock\": ");
	cli_json_string(stdout, sealsock_version());
	printf(", \"module_loaded\": %s, \"module\": ", mod->loaded ? "true" : "false");
	if (mod->loaded)
		cli_json_string(stdout, mod->version);
	else
		printf("null");
	printf(", \"installed\": ");
	if (installed->there)
		cli_json_string(stdout, installed->version);
	else
		printf("null");
	printf(", \"outdated\": %s, \"open\": %lu, \"kernel\": ",
	       outdated(mod, installed) ? "true" : "false", mod->open);
	cli_json_string(stdout, release);
	printf("}\n");
}

static int run(int argc, char **argv)
{
	static const struct option long_opts[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct utsname uts = { 0 };
	struct modinfo_installed installed;
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
	modinfo_find(&installed, uts.release);
	if (json)
		print_json(&mod, &installed, uts.release);
	else
		print_text(&mod, &installed, uts.release);
	return fflush(stdout) ? CLI_USAGE : CLI_OK;
}

const struct cli_verb verb_version = {
	.name = "version",
	.summary = "versions of this program, the module and the kernel",
	.run = run,
	.help =
	"Usage: sealsock version [--json]\n"
	"Prints the versions of this program, of the kernel module that is loaded and of the one that\n"
	"is installed for this kernel, how many sockets keep the loaded one, and the kernel's version.\n"
	"Where the installed module is another one, it says how to load it.\n\n"
	"      --json   one JSON object\n"
	"  -h, --help   this text\n\n"
	"Example:\n"
	"  sealsock version --json\n\n"
	"Exit status: 0 done, 2 usage.\n",
};
