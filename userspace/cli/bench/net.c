// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A network namespace whose loopback cuts what is sent into packets of 1500 bytes. */
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum { MTU = 1500 };

static int old_ns = -1;

static int feature_off(int fd, struct ifreq *ifr, unsigned int cmd)
{
	struct ethtool_value v = { .cmd = cmd, .data = 0 };

	ifr->ifr_data = (char *)&v;
	return ioctl(fd, SIOCETHTOOL, ifr);
}

static int shape_loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -1;
	err = feature_off(fd, &ifr, ETHTOOL_STSO) || feature_off(fd, &ifr, ETHTOOL_SGSO);
	ifr.ifr_mtu = MTU;
	err = err || ioctl(fd, SIOCSIFMTU, &ifr);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
	err = err || ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return err ? -1 : 0;
}

int bench_net_enter(const char **why)
{
	old_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (old_ns < 0 || unshare(CLONE_NEWNET)) {
		*why = "a network namespace of its own needs root";
		if (old_ns >= 0)
			close(old_ns);
		old_ns = -1;
		return -1;
	}
	if (!shape_loopback())
		return 0;
	*why = "the loopback's mtu and offloads cannot be set";
	bench_net_leave();
	return -1;
}

void bench_net_leave(void)
{
	if (old_ns < 0)
		return;
	/* It was ours a moment ago: going back cannot fail. */
	if (setns(old_ns, CLONE_NEWNET))
		_exit(1);
	close(old_ns);
	old_ns = -1;
}
