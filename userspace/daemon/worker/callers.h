/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Sockets that the kernel itself has, for NFS and NVMe over TLS: the family "handshake" of generic
 * netlink, for a worker in the place of the module's device. It gets the socket itself, installs
 * keys as any program with the library does, and gives it back.
 */
#ifndef SEALSOCKD_CALLERS_H
#define SEALSOCKD_CALLERS_H

#include <stdbool.h>

#include "worker/device.h"

/*
 * What such a worker waits on, and what it asks: for the parent to open, the worker to use, and
 * both to close. False with errno. ENOENT: this kernel has no such family.
 */
bool callers_open(int fds[2]);

extern const struct device_ops device_callers;

#endif
