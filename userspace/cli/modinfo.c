// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "modinfo.h"

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
	char alias[8];

	memset(m, 0, sizeof(*m));
	m->loaded = !access("/sys/module/sealsock", F_OK) ||
		    !access("/proc/net/sealsock_stat", F_OK);
	if (!read_line("/sys/module/sealsock/version", m->version, sizeof(m->version)))
		snprintf(m->version, sizeof(m->version), "unknown");
	if (read_line("/sys/module/sealsock/parameters/alias_tls", alias, sizeof(alias)))
		m->alias_tls = alias[0] == 'Y' || alias[0] == '1';
	if (!read_line("/proc/sys/net/ipv4/tcp_available_ulp", m->ulps, sizeof(m->ulps)))
		m->ulps[0] = '\0';
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
