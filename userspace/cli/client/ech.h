/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Encrypted Client Hello on the command line. */
#ifndef SEALSOCK_CLI_ECH_H
#define SEALSOCK_CLI_ECH_H

#include <stdint.h>
#include <sys/types.h>

enum { ECH_LIST_ROOM = 16384 };

/*
 * The ECHConfigList of --ech: Base64, as it stands in DNS records, or @ and the name of a PEM file
 * (RFC 9934). Its length, or -1 after a message.
 */
ssize_t ech_list(const char *arg, uint8_t *out, size_t room);

#endif
