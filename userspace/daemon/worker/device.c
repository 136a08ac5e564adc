// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "worker/device.h"

int device_open(void)
{
	/* Channels do not wait where the device does not. */
	return open(SEALSOCK_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static int next(int device, struct sealsock_due *due)
{
	return ioctl(device, SEALSOCK_NEXT, due);
}

static int release(int channel, const struct sealsock_release *r)
{
	return ioctl(channel, SEALSOCK_RELEASE, r) < 0 ? errno : 0;
}

static int refuse(int channel, const struct sealsock_cause *cause)
{
	return ioctl(channel, SEALSOCK_REFUSE, cause) < 0 ? errno : 0;
}

static ssize_t take(int channel, void *buf, size_t room)
{
	struct sealsock_take t = { .buf = (uintptr_t)buf, .len = (uint32_t)room };

	return ioctl(channel, SEALSOCK_TAKE_MESSAGE, &t);
}

const struct device_ops device_kernel = {
	.next = next, .release = release, .refuse = refuse, .take = take,
};
