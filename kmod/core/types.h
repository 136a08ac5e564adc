/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What kmod/core stands on: fixed-width integers, errno, memory and byte
 * order. The only file of core that knows on which side it is compiled.
 */
#ifndef SEAL_CORE_TYPES_H
#define SEAL_CORE_TYPES_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#ifndef UINT64_MAX
#define UINT64_MAX U64_MAX
#endif
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Linux's own numbers: other systems' errno.h may lack them. */
#ifndef EKEYEXPIRED
#define EKEYEXPIRED 127
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

/* Network byte order, at any alignment. */
static inline u16 seal_get_be16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline void seal_put_be16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline u64 seal_get_be64(const u8 *p)
{
	u64 v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static inline void seal_put_be64(u8 *p, u64 v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		p[i] = (u8)v;
}

#endif /* SEAL_CORE_TYPES_H */
