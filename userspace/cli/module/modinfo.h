/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room module/: what the kernel has of us, and whether it works. It sees the hall.
 *
 * What the running kernel tells about the module.
 */
#ifndef SEALSOCK_CLI_MODINFO_H
#define SEALSOCK_CLI_MODINFO_H

#include <stdbool.h>
#include <stdint.h>

struct modinfo {
	bool loaded;		/* /sys/module/sealsock or /proc/net/sealsock_stat exists */
	bool alias_tls;		/* the module answers to the ULP name "tls" as well */
	bool signed_only;	/* the kernel loads only modules signed with a key it trusts */
	char version[32];	/* "unknown" where the module does not tell */
	char source[32];	/* a hash of its source, or "" */
	unsigned long open;	/* sockets, of all namespaces, and others that keep it loaded */
	char ulps[128];		/* the kernel's list of ULP names */
};

void modinfo_read(struct modinfo *m);

/* What modprobe would load now, as modinfo(8) says. */
struct modinfo_installed {
	bool there;
	char version[32];	/* "unknown" where the module does not tell */
	char source[32];	/* "" likewise */
};

/* @release: of the kernel. Runs a program and waits for it. */
void modinfo_find(struct modinfo_installed *i, const char *release);

enum { MODSTAT_MAX = 64 };

/* /proc/net/sealsock_stat of this network namespace: names and values, in the kernel's order. */
struct modstat {
	unsigned int n;
	struct {
		char name[32];
		uint64_t value;
	} counter[MODSTAT_MAX];
};

bool modstat_read(struct modstat *s);	/* false: there is no such file */

/* True if the ULP called @name is registered (it is loaded on demand where that is allowed). */
bool modinfo_has_ulp(const struct modinfo *m, const char *name);

#endif
