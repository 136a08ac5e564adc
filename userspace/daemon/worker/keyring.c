// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/keyring.h"

enum { DEPTH = 4, RING_KEYS = 256 };

void keyring_forget(void)
{
	syscall(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING);
}

ssize_t keyring_read(int32_t serial, void *out, size_t room)
{
	long n = syscall(SYS_keyctl, KEYCTL_READ, serial, out, room);

	if (n <= (long)room)
		return n;
	errno = EFBIG;
	return -1;
}

/* "type;uid;gid;permissions;name", of which the last has no bounds. */
int keyring_describe(int32_t serial, char type[16], char name[KEYRING_NAME])
{
	char text[KEYRING_NAME + 64];
	long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, serial, text, sizeof(text));
	int at = -1;

	if (n < 0)
		return -1;
	text[n < (long)sizeof(text) ? n : (long)sizeof(text) - 1] = '\0';
	if (n > (long)sizeof(text) || sscanf(text, "%15[^;];%*d;%*d;%*x;%n", type, &at) < 1 ||
	    at < 0 || strlen(text + at) >= KEYRING_NAME) {
		errno = EINVAL;
		return -1;
	}
	strcpy(name, text + at);
	return 0;
}

static unsigned int list(int32_t ring, const char *type, int32_t *out, unsigned int room,
			 unsigned int depth)
{
	int32_t keys[RING_KEYS];
	char kind[16], name[KEYRING_NAME];
	long n = syscall(SYS_keyctl, KEYCTL_READ, ring, keys, sizeof(keys));
	unsigned int have = 0, i;

	n = n > (long)sizeof(keys) ? (long)sizeof(keys) : n;
	for (i = 0; n > 0 && i < (size_t)n / sizeof(keys[0]) && have < room; i++) {
		if (keyring_describe(keys[i], kind, name))
			continue;
		if (!strcmp(kind, type))
			out[have++] = keys[i];
		else if (depth && !strcmp(kind, "keyring"))
			have += list(keys[i], type, out + have, room - have, depth - 1);
	}
	return have;
}

unsigned int keyring_list(const char *type, int32_t *serials, unsigned int room)
{
	return list(KEY_SPEC_PROCESS_KEYRING, type, serials, room, DEPTH);
}

int32_t keyring_add(const char *name, const void *p, size_t n)
{
	return (int32_t)syscall(SYS_add_key, "user", name, p, n, KEY_SPEC_PROCESS_KEYRING);
}
