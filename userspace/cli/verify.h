/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What sealsock verify prints. */
#ifndef SEALSOCK_CLI_VERIFY_H
#define SEALSOCK_CLI_VERIFY_H

#include <stdbool.h>
#include <stdio.h>

#include "sealsock.h"

struct verify_report {
	FILE *f;
	bool json;
	bool explain;
	unsigned int steps;
};

void verify_report_begin(struct verify_report *r, FILE *f, bool json, bool explain);

/* A sealsock_path_fn. */
void verify_report_step(void *arg, const struct sealsock_path_step *step);
void verify_report_end(struct verify_report *r, const struct sealsock_verdict *v);

#endif
