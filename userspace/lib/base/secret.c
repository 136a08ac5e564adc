// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "base/mem.h"
#include "base/secret.h"

void secret_copy(struct secret *to, const struct secret *from)
{
	*to = *from;
}

void secret_wipe(struct secret *s)
{
	wipe(s, sizeof(*s));
}

bool secret_equal(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

bool secret_all_zero(const void *p, size_t n)
{
	const volatile uint8_t *x = p;
	uint8_t any = 0;
	size_t i;

	for (i = 0; i < n; i++)
		any |= x[i];
	return any == 0;
}
