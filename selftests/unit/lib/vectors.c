// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "vectors.h"

enum { VALUES_MAX = 192, LINE_LEN = 256 };

static struct value {
	char section[32];
	char name[40];
	uint8_t *p;
	size_t n;
} values[VALUES_MAX];
static unsigned int count;

static void bail(const char *why, const char *what)
{
	printf("Bail out! vectors: %s: %s\n", why, what);
	exit(1);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_hex(struct value *v, const char *s)
{
	for (; digit(s[0]) >= 0 && digit(s[1]) >= 0; s += 2) {
		v->p = realloc(v->p, v->n + 1);
		if (!v->p)
			bail("no memory", v->name);
		v->p[v->n++] = (uint8_t)(digit(s[0]) << 4 | digit(s[1]));
	}
}

void vectors_load(const char *name)
{
	char path[512], line[LINE_LEN], section[32] = "";
	bool more = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	f = fopen(path, "r");
	if (!f)
		bail("cannot open", path);
	while (fgets(line, sizeof(line), f)) {
		char *hex = line;

		if (!more && line[0] == '[') {
			if (sscanf(line, "[%31[^]]", section) != 1)
				bail("bad section", line);
			continue;
		}
		if (!more && (line[0] == '#' || isspace((unsigned char)line[0])))
			continue;
		if (!more) {
			hex = strstr(line, " = ");
			if (!hex || count == VALUES_MAX)
				bail("bad line", line);
			*hex = '\0';
			hex += 3;
			snprintf(values[count].section, sizeof(values[count].section), "%s",
				 section);
			snprintf(values[count].name, sizeof(values[count].name), "%.39s", line);
			count++;
		}
		add_hex(&values[count - 1], hex);
		more = strchr(hex, '\\');
	}
	fclose(f);
}

void vectors_free(void)
{
	while (count) {
		count--;
		free(values[count].p);
		memset(&values[count], 0, sizeof(values[count]));
	}
}

struct bytes vector(const char *section, const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strcmp(values[i].section, section) && !strcmp(values[i].name, name))
			return bytes_of(values[i].p, values[i].n);
	bail(section, name);
	return bytes_of(NULL, 0);
}
