/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Control groups by the numbers that the kernel has for them. */
#ifndef SEALSOCKD_CGROUP_H
#define SEALSOCKD_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path below the root of the hierarchy, "/system.slice/x.service". False: there is none. */
bool cgroup_path(uint64_t id, char *out, size_t room);

#endif
