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
	cfg->touched = cfg->was_touched;
	return code;
}

/* Threads may try to set what is frozen: nothing but the one flag is written then. */
int config_open(struct sealsock_config *cfg)
{
	if (__atomic_load_n(&cfg->frozen, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&cfg->refused, true, __ATOMIC_RELAXED);
		return SEALSOCK_ERR_FROZEN;
	}
	cfg->error[0] = '\0';
	cfg->was_touched = cfg->touched;
	cfg->touched = true;
	return 0;
}

const char *sealsock_config_error(const struct sealsock_config *cfg)
{
	if (__atomic_load_n(&cfg->refused, __ATOMIC_RELAXED))
		return "the configuration already has connections";
	return cfg->error;
}

int config_begin(struct sealsock_config *cfg, struct config_mark *mark)
{
	int err = config_open(cfg);

	if (err)
		return err;
	*mark = (struct config_mark){
		.anchors = trust_count(cfg->trust), .crls = crl_set_count(cfg->crls),
		.pins = cfg->pins.n, .terms = cfg->terms,
	};
	return 0;
}

int config_end(struct sealsock_config *cfg, const struct config_mark *mark, int err)
{
	if (!err) {
		cfg->error[0] = '\0';	/* of what was tried first */
		return 0;
	}
	cfg->terms = mark->terms;
	cfg->pins.n = mark->pins;
	trust_cut(cfg->trust, mark->anchors);
	if (!mark->anchors) {
		trust_free(cfg->trust);
		cfg->trust = NULL;
	}
	crl_set_cut(cfg->crls, mark->crls);
	if (!mark->crls) {
		crl_set_free(cfg->crls);
		cfg->crls = NULL;
	}
	if (!cfg->error[0])
		config_fail(cfg, err, "%s", sealsock_strerror(err));
	return err;
}
