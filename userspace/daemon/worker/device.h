/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The module, as a worker sees it: kmod/uapi/hold.h in calls that a test can stand in for. */
#ifndef SEALSOCKD_DEVICE_H
#define SEALSOCKD_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <sys/ioctl.h>
#include <sys/types.h>

#include "../uapi/hold.h"
#include "../uapi/sealsock.h"

struct sealsock_config;
struct sealsock_conn;
struct terms;

struct device_ops {
	/* A channel, or -1 with errno. */
	int (*next)(int device, struct sealsock_due *due);
	/* 0 or an errno. */
	int (*release)(int channel, const struct sealsock_release *release);
	int (*refuse)(int channel, const struct sealsock_cause *cause);
	/* Bytes, or -1 with errno. */
	ssize_t (*take)(int channel, void *buf, size_t room);
	/*
	 * NULL, but where the channel is the socket itself (callers.h). A configuration, or NULL as
	 * terms_get() has it; then keys and socket go to whom they belong: 0 or an errno.
	 */
	struct sealsock_config *(*config)(int channel, const struct sealsock_due *due,
					  struct terms *t, int *err, char *why, size_t room);
	int (*install)(int channel, struct sealsock_conn *conn);
};

extern const struct device_ops device_kernel;

/* Opens the device: -1 with errno. */
int device_open(void);

#endif
