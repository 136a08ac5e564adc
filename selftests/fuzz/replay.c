// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Runs a target over the files of a directory, in order of name: one TAP point each. */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static size_t load(const char *dir, const char *name, uint8_t *buf)
{
	char path[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f) {
		printf("Bail out! cannot open %s\n", path);
		exit(1);
	}
	n = fread(buf, 1, INPUT_MAX, f);
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	struct dirent **list;
	uint8_t *buf = malloc(INPUT_MAX), *exact;
	int count, i;

	if (argc != 2 || !buf) {
		printf("Bail out! usage: %s DIRECTORY\n", argv[0]);
		return 1;
	}
	count = scandir(argv[1], &list, not_hidden, alphasort);
	if (count <= 0) {
		printf("Bail out! no inputs in %s\n", argv[1]);
		return 1;
	}
	LLVMFuzzerInitialize(&argc, &argv);
	printf("1..%d\n", count);
	for (i = 0; i < count; i++) {
		size_t n = load(argv[1], list[i]->d_name, buf);

		/* Memory of the exact size: reading past its end is noticed. */
		exact = malloc(n ? n : 1);
		memcpy(exact, buf, n);
		LLVMFuzzerTestOneInput(exact, n);
		free(exact);
		printf("ok %d - %s\n", i + 1, list[i]->d_name);
		fflush(stdout);
		free(list[i]);
	}
	free(list);
	free(buf);
	return 0;
}
