// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What a configuration uses unless sealsock_config_env() replaces it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/mem.h"

static int64_t default_now(void *arg)
{
	(void)arg;
	return (int64_t)time(NULL);
}

static int default_random(void *arg, void *buf, size_t n)
{
	uint8_t *p = buf;
	ssize_t got;

	(void)arg;
	while (n) {
		got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

static void *default_alloc(void *arg, size_t n)
{
	(void)arg;
	return malloc(n);
}

static void default_free(void *arg, void *p, size_t n)
{
	(void)arg;
	(void)n;
	free(p);
}

const struct sealsock_env env_default = {
	.now = default_now,
	.random = default_random,
	.alloc = default_alloc,
	.free = default_free,
};
