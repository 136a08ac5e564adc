/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Descriptors of files and sockets that are opened here. */
#ifndef SEALSOCK_FD_H
#define SEALSOCK_FD_H

/*
 * A program whose standard descriptors are closed would get one of them from open(2), and its
 * messages would go there. Moves @fd beyond them, close-on-exec: the new number, or -1 with errno
 * as it was where @fd is none.
 */
int fd_apart(int fd);

#endif
