/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kernel's keys (keyrings(7)), of which it tells the serial. */
#ifndef SEALSOCKD_KEYRING_H
#define SEALSOCKD_KEYRING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { KEYRING_NAME = 600, KEYRING_BYTES = 32 << 10 };

/* Forgets the keyrings that the process was given. */
void keyring_forget(void);

/* A key's bytes: how many, at most @room; -1 with errno. */
ssize_t keyring_read(int32_t serial, void *out, size_t room);

/* Its type and its name; -1 with errno. */
int keyring_describe(int32_t serial, char type[16], char name[KEYRING_NAME]);

/* All keys of a type in the keyrings the process was given, and in those: up to @room. */
unsigned int keyring_list(const char *type, int32_t *serials, unsigned int room);

/* Puts bytes into the process's keyring: the serial, or -1 with errno. */
int32_t keyring_add(const char *name, const void *p, size_t n);

#endif
