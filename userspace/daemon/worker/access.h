/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who may use a credential. */
#ifndef SEALSOCKD_ACCESS_H
#define SEALSOCKD_ACCESS_H

#include "conf.h"
#include "worker/device.h"

enum access {
	ACCESS_GIVEN,
	ACCESS_REFUSED,
	ACCESS_CGROUP,		/* it depends on the path of the control group */
};

/* @cgroup: the path, NULL: not known yet. */
enum access access_check(const struct conf_access *a, const struct sealsock_due *due,
			 const char *cgroup);

#endif
