/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Hex values from a file of selftests/vectors: sections in brackets, "name = hex" lines. */
#ifndef UNIT_VECTORS_H
#define UNIT_VECTORS_H

#include "base/wire.h"

/* Loads a file; ends the program if it cannot. */
void vectors_load(const char *name);
void vectors_free(void);

/* Ends the program if there is none. */
struct bytes vector(const char *section, const char *name);

#endif
