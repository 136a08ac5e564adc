// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

enum {
	MASK = 0xa5,
	CHUNK = 1 << 20,
	REGION_MAX = 256 << 20,	/* ASan's shadow is far beyond it */
};

static uint8_t chunk[CHUNK];

void hide(struct hidden *h, const char *name, const void *p, size_t n)
{
	const uint8_t *from = p;

	if (n > HIDDEN_MAX)
		abort();
	snprintf(h->name, sizeof(h->name), "%s", name);
	for (h->n = 0; h->n < n; h->n++)
		h->b[h->n] = from[h->n] ^ MASK;
}

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void hide_line(struct hidden *h, const char *line)
{
	const char *value = strrchr(line, ' ') + 1;

	snprintf(h->name, sizeof(h->name), "%.*s", (int)strcspn(line, " "), line);
	for (h->n = 0; value[0] && value[1] && h->n < HIDDEN_MAX; value += 2)
		h->b[h->n++] = (uint8_t)(nibble(value[0]) << 4 | nibble(value[1])) ^ MASK;
}

static bool matches(const struct hidden *h, const uint8_t *p)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if ((p[i] ^ MASK) != h->b[i])
			return false;
	return true;
}

static unsigned int count(const struct hidden *h, size_t n)
{
	const uint8_t *p = chunk, *end = chunk + n;
	unsigned int found = 0;

	while (p < end && (p = memchr(p, h->b[0] ^ MASK, (size_t)(end - p)))) {
		if ((size_t)(end - p) >= h->n)
			found += matches(h, p);
		p++;
	}
	return found;
}

static unsigned int search(const struct hidden *h, int mem, uintptr_t from, uintptr_t to)
{
	unsigned int found = 0;
	ssize_t n;

	while (from < to) {
		n = pread(mem, chunk, to - from < CHUNK ? to - from : CHUNK, (off_t)from);
		if (n < (ssize_t)h->n)
			break;
		found += count(h, (size_t)n);
		if (from + (size_t)n == to)
			break;
		from += (size_t)n - h->n + 1;	/* what lies across the border is seen too */
	}
	return found;
}

unsigned int memory_find(const struct hidden *h)
{
	const uintptr_t ours = (uintptr_t)chunk;
	int mem = open("/proc/self/mem", O_RDONLY);
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned int found = 0;
	unsigned long a, b;
	char line[512], mode[8];

	if (mem < 0 || !maps)
		abort();
	memset(chunk, 0, sizeof(chunk));
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &a, &b, mode) != 3 || mode[1] != 'w' ||
		    b - a > REGION_MAX)
			continue;
		/* Not in what was just read. */
		if (a <= ours && ours < b) {
			found += search(h, mem, a, ours);
			a = ours + sizeof(chunk);
		}
		found += search(h, mem, a, b);
	}
	fclose(maps);
	close(mem);
	return found;
}
