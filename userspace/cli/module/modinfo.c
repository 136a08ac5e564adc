// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/modinfo.h"

static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, (int)size, f);
	fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

void modinfo_read(struct modinfo *m)
{
	char alias[8], open[24], lock[64];

	memset(m, 0, sizeof(*m));
	m->loaded = !access("/sys/module/sealsock", F_OK) ||
		    !access("/proc/net/sealsock_stat", F_OK);
	if (!read_line("/sys/module/sealsock/version", m->version, sizeof(m->version)))
		snprintf(m->version, sizeof(m->version), "unknown");
	if (!read_line("/sys/module/sealsock/srcversion", m->source, sizeof(m->source)))
		m->source[0] = '\0';
	if (read_line("/sys/module/sealsock/refcnt", open, sizeof(open)))
		m->open = strtoul(open, NULL, 10);
	if (read_line("/sys/module/sealsock/parameters/alias_tls", alias, sizeof(alias)))
		m->alias_tls = alias[0] == 'Y' || alias[0] == '1';
	if (read_line("/sys/module/module/parameters/sig_enforce", alias, sizeof(alias)))
		m->signed_only = alias[0] == 'Y';
	if (read_line("/sys/kernel/security/lockdown", lock, sizeof(lock)))
		m->signed_only |= !strstr(lock, "[none]");
	if (!read_line("/proc/sys/net/ipv4/tcp_available_ulp", m->ulps, sizeof(m->ulps)))
		m->ulps[0] = '\0';
}

/* The first line that "modinfo -F FIELD" prints. false: it prints none, or cannot be run. */
static bool ask_modinfo(const char *field, const char *release, char *buf, size_t size)
{
	char *argv[] = { "modinfo", "-k", (char *)release, "-F", (char *)field, "sealsock", NULL };
	char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	static const char * const where[] = { "/usr/sbin/modinfo", "/sbin/modinfo" };
	posix_spawn_file_actions_t to;
	int end[2], err = -1, status;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	if (pipe2(end, O_CLOEXEC))
		return false;
	if (posix_spawn_file_actions_init(&to))
		goto out_pipe;
	if (!posix_spawn_file_actions_adddup2(&to, end[1], STDOUT_FILENO) &&
	    !posix_spawn_file_actions_addopen(&to, STDERR_FILENO, "/dev/null", O_WRONLY, 0))
		for (size_t i = 0; err && i < sizeof(where) / sizeof(*where); i++)
			err = posix_spawn(&pid, where[i], &to, NULL, argv, env);
	posix_spawn_file_actions_destroy(&to);
	close(end[1]);
	end[1] = -1;
	if (err)
		goto out_pipe;
	while (n + 1 < size && (r = read(end[0], buf + n, size - 1 - n)) > 0)
		n += (size_t)r;
	waitpid(pid, &status, 0);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	close(end[0]);
	return !status && *buf;

out_pipe:
	close(end[0]);
	if (end[1] >= 0)
		close(end[1]);
	return false;
}

void modinfo_find(struct modinfo_installed *i, const char *release)
{
	char name[256];

	memset(i, 0, sizeof(*i));
	i->there = ask_modinfo("filename", release, name, sizeof(name));
	if (!i->there)
		return;
	if (!ask_modinfo("version", release, i->version, sizeof(i->version)))
		snprintf(i->version, sizeof(i->version), "unknown");
	if (!ask_modinfo("srcversion", release, i->source, sizeof(i->source)))
		i->source[0] = '\0';
}

bool modinfo_has_ulp(const struct modinfo *m, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = m->ulps; (p = strstr(p, name)); p += n) {
		bool starts = p == m->ulps || p[-1] == ' ';

		if (starts && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}

bool modstat_read(struct modstat *s)
{
	FILE *f = fopen("/proc/net/sealsock_stat", "re");

	s->n = 0;
	if (!f)
		return false;
	while (s->n < MODSTAT_MAX &&
	       fscanf(f, "%31s %" SCNu64, s->counter[s->n].name, &s->counter[s->n].value) == 2)
		s->n++;
	fclose(f);
	return true;
}
