// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <string.h>

#include "worker/access.h"

static bool has(const struct conf_numbers *l, uint32_t v)
{
	unsigned int i;

	for (i = 0; i < l->n; i++)
		if (l->v[i] == v)
			return true;
	return false;
}

static bool user_may(const struct conf_access *a, uint32_t uid, uint32_t gid)
{
	if (!a->everybody && !a->users.n && !a->groups.n)
		return !uid;
	return a->everybody || has(&a->users, uid) || has(&a->groups, gid);
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (n == 1)	/* "/": all of them */
		return true;
	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

enum access access_check(const struct conf_access *a, const struct sealsock_due *due,
			 const char *cgroup)
{
	unsigned int i;

	if (!user_may(a, due->uid, due->gid))
		return ACCESS_REFUSED;
	if (due->role.role == SEALSOCK_ROLE_SERVE && a->ports.n &&
	    !has(&a->ports, due->local.port))
		return ACCESS_REFUSED;
	if (!a->cgroups.n)
		return ACCESS_GIVEN;
	if (!cgroup)
		return ACCESS_CGROUP;
	for (i = 0; i < a->cgroups.n; i++)
		if (is_below(cgroup, a->cgroups.s[i]))
			return ACCESS_GIVEN;
	return ACCESS_REFUSED;
}
