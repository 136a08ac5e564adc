/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A fuzz target is one file with these two. With clang it becomes a libFuzzer program, with any
 * compiler a program that replays files (replay.c).
 */
#ifndef SEALSOCK_FUZZ_H
#define SEALSOCK_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input. */
#define MUST(x) do {								\
	if (!(x)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);		\
		abort();							\
	}									\
} while (0)

#endif
