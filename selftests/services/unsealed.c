// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * In place of libsealsock-ask: the command is linked with it where its connections are to be tested
 * without the module. Nothing that is asked for is done.
 */
#include <errno.h>

#include "sealsock_ask.h"

int sealsock_listen_sized(int fd, const struct sealsock_wish *wish, size_t size)
{
	(void)fd;
	(void)wish;
	(void)size;
	return 0;
}

int sealsock_connect_sized(int fd, const char *host, const struct sealsock_wish *wish, size_t size)
{
	(void)host;
	return sealsock_listen_sized(fd, wish, size);
}

int sealsock_listen(int fd, const char *credential)
{
	(void)fd;
	(void)credential;
	return 0;
}

int sealsock_connect(int fd, const char *host)
{
	return sealsock_listen(fd, host);
}

int sealsock_cause(int fd, char *text, size_t room)
{
	(void)fd;
	(void)text;
	(void)room;
	errno = ENODATA;
	return -1;
}
