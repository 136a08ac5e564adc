// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own AES-GCM of x86 for a kernel that runs as a program, which leaves it out:
 * tools/bench/clock/run puts what its glue code has between the layout of a key and its
 * registration between head.c and tail.c, with nothing changed but that no wrapper goes around the
 * algorithms.
 * A program's vector registers are its own, so that there is nothing to save.
 */
#include <crypto/aes.h>
#include <crypto/b128ops.h>
#include <crypto/gcm.h>
#include <crypto/gf128mul.h>
#include <crypto/internal/aead.h>
#include <asm-generic/simd.h>
#include <crypto/internal/simd.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <linux/module.h>
#include <linux/unaligned.h>

static inline void kernel_fpu_begin(void)
{
}

static inline void kernel_fpu_end(void)
{
}

/* Checked by the caller; keys are set before anything is measured. */
static inline void aesni_set_key(struct crypto_aes_ctx *ctx, const u8 *key, unsigned int len)
{
	WARN_ON(aes_expandkey(ctx, key, len));
}

