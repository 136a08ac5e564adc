// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent/cgroup.h"

enum { FILEID_KERNFS = 0xfe };

static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

bool cgroup_path(uint64_t id, char *out, size_t room)
{
	union {
		struct file_handle h;
		char b[sizeof(struct file_handle) + sizeof(id)];
	} handle = { .h = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	char link[64];
	unsigned int i;
	ssize_t n = -1;
	int root, fd;

	memcpy(handle.h.f_handle, &id, sizeof(id));
	for (i = 0; n < 0 && i < sizeof(roots) / sizeof(roots[0]); i++) {
		root = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			continue;
		fd = open_by_handle_at(root, &handle.h, O_PATH | O_CLOEXEC);
		if (fd >= 0) {
			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			n = readlink(link, out, room - 1);
			close(fd);
		}
		close(root);
		if (n < (ssize_t)strlen(roots[i]) || memcmp(out, roots[i], strlen(roots[i]))) {
			n = -1;
			continue;
		}
		n -= (ssize_t)strlen(roots[i]);
		memmove(out, out + strlen(roots[i]), (size_t)n);
	}
	if (n < 0)
		return false;
	if (!n)
		out[n++] = '/';
	out[n] = '\0';
	return true;
}
