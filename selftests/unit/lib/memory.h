/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Looks for secrets in the memory of the process, what was freed included where ASan keeps it. */
#ifndef UNIT_MEMORY_H
#define UNIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HIDDEN_MAX = 64 };

/* A secret as no search finds it. */
struct hidden {
	char name[48];
	uint8_t b[HIDDEN_MAX];
	size_t n;
};

void hide(struct hidden *h, const char *name, const void *p, size_t n);

/* The same of a line of a key log: label, client random and value. */
void hide_line(struct hidden *h, const char *line);

/* How many times @h stands in writable memory. */
unsigned int memory_find(const struct hidden *h);

#endif
