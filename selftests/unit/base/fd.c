// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A program without standard descriptors: the library must not use their numbers. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "certs.h"
#include "sealsock.h"
#include "tap.h"

static int lowest;	/* descriptor that came to connect() */

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	(void)to;
	(void)len;
	if (fd < lowest)
		lowest = fd;
	errno = ECONNREFUSED;
	return -1;
}

static unsigned int used(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd <= 2; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	struct sealsock_config *cfg = sealsock_config_new(SEALSOCK_CLIENT);
	char log[] = "/tmp/fd-test-XXXXXX";
	int keep[3], err, keys, moved;
	unsigned int logged;

	NEED(cfg);
	close(mkstemp(log));
	for (int fd = 0; fd <= 2; fd++) {
		keep[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		close(fd);
	}
	err = sealsock_config_keylog_file(cfg, log);
	logged = used();
	lowest = 1000;
	sealsock_paths();
	keys = sealsock_config_ca_file(cfg, "/dev/null");
	moved = fd_apart(open("/dev/null", O_RDONLY));
	for (int fd = 0; fd <= 2; fd++)
		if (keep[fd] >= 0)
			dup2(keep[fd], fd);
	ok_int(err, 0, "a key log");
	ok(!logged, "is no standard descriptor");
	ok(lowest > 2 && lowest < 1000, "nor are the sockets that ULPs are tried on: %d", lowest);
	ok(keys < 0, "files are read");
	ok(moved > 2 && fcntl(moved, F_GETFD) == FD_CLOEXEC, "one that is moved: %d", moved);
	ok(fd_apart(-1) == -1 && fd_apart(moved) == moved, "others stay");
	unlink(log);
	sealsock_config_unref(cfg);
	return done();
}
