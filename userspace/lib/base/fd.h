/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Descriptors of files and sockets that are opened here. */
#ifndef SEALSOCK_FD_H
#define SEALSOCK_FD_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * A program whose standard descriptors are closed would get one of them from open(2), and its
 * messages would go there. Moves @fd beyond them, close-on-exec: the new number, or -1 with errno
 * as it was where @fd is none.
 */
int fd_apart(int fd);

/* Is it the file that was read: neither another one nor written since, as far as times tell? */
bool fd_same_file(const struct stat *a, const struct stat *b);

#endif
