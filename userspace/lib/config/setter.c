// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* How every setter begins, and how it says that it failed. */
#include <stdarg.h>
#include <stdio.h>

#include "config/config.h"

int config_fail(struct sealsock_config *cfg, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cfg->error, sizeof(cfg->error), fmt, ap);
	va_end(ap);
	return code;
}

int config_open(struct sealsock_config *cfg)
{
	cfg->error[0] = '\0';
	if (__atomic_load_n(&cfg->frozen, __ATOMIC_ACQUIRE))
		return config_fail(cfg, SEALSOCK_ERR_FROZEN,
				   "the configuration already has connections");
	return 0;
}
