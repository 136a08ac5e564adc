/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room core/: what of records needs no kernel; compiled into the library too. It sees uapi/.
 *
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
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SEAL_BE16(v)	__builtin_bswap16(v)
#define SEAL_BE64(v)	__builtin_bswap64(v)
#else
#define SEAL_BE16(v)	(v)
#define SEAL_BE64(v)	(v)
#endif

static inline u16 seal_get_be16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return SEAL_BE16(v);
}

static inline void seal_put_be16(u8 *p, u16 v)
{
	v = SEAL_BE16(v);
	memcpy(p, &v, sizeof(v));
}

static inline u64 seal_get_be64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return SEAL_BE64(v);
}

static inline void seal_put_be64(u8 *p, u64 v)
{
	v = SEAL_BE64(v);
	memcpy(p, &v, sizeof(v));
}

#endif /* SEAL_CORE_TYPES_H */
