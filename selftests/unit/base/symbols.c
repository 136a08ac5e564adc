// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The protocol's files reach no system call, clock, random source or allocator of their own: every
 * name they leave open is the library's, or a function of libc that only computes.
 */
#include <stdlib.h>

#include "tap.h"

enum { NAMES_MAX = 4096 };

static char *defined[NAMES_MAX];
static size_t defined_count;

/* Of libc and the compiler. */
static const char *const allowed[] = {
	"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strcmp", "strchr",
	"snprintf", "vsnprintf", "__snprintf_chk", "__vsnprintf_chk", "__memcpy_chk",
	"__memset_chk", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_", "inet_pton",
	"inet_ntop",
};

/* Prefixes of the compiler's own run-time: sanitizers, and on arm64 atomic operations. */
static const char *const run_time[] = { "__asan_", "__ubsan_", "__aarch64_" };

/* Calls @each with the names that nm prints. */
static void names(const char *options, const char *files, void (*each)(const char *, const char *))
{
	char cmd[512], line[512], file[256] = "", name[256];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "nm -A %s %s", options, files);
	p = popen(cmd, "r");
	if (!p) {
		printf("Bail out! cannot run nm\n");
		exit(1);
	}
	while (fgets(line, sizeof(line), p)) {
		char *last = strrchr(line, ' ');

		if (last && sscanf(line, "%255[^:]", file) == 1 && sscanf(last, "%255s", name) == 1)
			each(file, name);
	}
	if (pclose(p)) {
		printf("Bail out! nm failed\n");
		exit(1);
	}
}

static void define(const char *file, const char *name)
{
	(void)file;
	if (defined_count < NAMES_MAX)
		defined[defined_count++] = strdup(name);
}

static bool is_allowed(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!strcmp(name, allowed[i]))
			return true;
	for (i = 0; i < sizeof(run_time) / sizeof(run_time[0]); i++)
		if (!strncmp(name, run_time[i], strlen(run_time[i])))
			return true;
	for (i = 0; i < defined_count; i++)
		if (!strcmp(name, defined[i]))
			return true;
	return false;
}

static unsigned int looked_at, outside;

static void check(const char *file, const char *name)
{
	looked_at++;
	if (is_allowed(name))
		return;
	outside++;
	printf("# %s: %s\n", strrchr(file, '/') + 1, name);
}

int main(void)
{
	static const char *const dirs[] = { "hs/*.o", "msg/*.o", "ext/*.o", "keys/*.o",
					    "x509/*.o", "base/wire.o", "record/*.o",
					    "conn/*.o" };
	char files[512];
	size_t i;

	/* What these may call is itself here, or behind the backend and the environment. */
	names("--defined-only -g", OBJECTS "/lib/*/*.o " OBJECTS "/core/*.o",
	      define);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		looked_at = 0;
		outside = 0;
		snprintf(files, sizeof(files), "%s/lib/%s", OBJECTS, dirs[i]);
		names("-u", files, check);
		ok(looked_at && !outside, "%s: nothing of the system's among %u names", dirs[i],
		   looked_at);
	}
	while (defined_count)
		free(defined[--defined_count]);
	return done();
}
