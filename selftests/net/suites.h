/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One fixture variant per protocol version and cipher. */
#ifndef SELFTESTS_NET_SUITES_H
#define SELFTESTS_NET_SUITES_H

#define ADD_SUITE(fixture, name, v, c)					\
	FIXTURE_VARIANT_ADD(fixture, name) {				\
		.suite = { TLS_1_##v##_VERSION, TLS_CIPHER_##c },	\
	}

#define ADD_SUITES(fixture)						\
	ADD_SUITE(fixture, 12_aes_gcm_128, 2, AES_GCM_128);		\
	ADD_SUITE(fixture, 12_aes_gcm_256, 2, AES_GCM_256);		\
	ADD_SUITE(fixture, 12_chacha20_poly1305, 2, CHACHA20_POLY1305);	\
	ADD_SUITE(fixture, 13_aes_gcm_128, 3, AES_GCM_128);		\
	ADD_SUITE(fixture, 13_aes_gcm_256, 3, AES_GCM_256);		\
	ADD_SUITE(fixture, 13_chacha20_poly1305, 3, CHACHA20_POLY1305)

/* Every cipher of <linux/tls.h>: for the few tests that are about ciphers. */
#define ADD_ALL_SUITES(fixture)						\
	ADD_SUITES(fixture);						\
	ADD_SUITE(fixture, 12_aes_ccm_128, 2, AES_CCM_128);		\
	ADD_SUITE(fixture, 12_sm4_gcm, 2, SM4_GCM);			\
	ADD_SUITE(fixture, 12_sm4_ccm, 2, SM4_CCM);			\
	ADD_SUITE(fixture, 12_aria_gcm_128, 2, ARIA_GCM_128);		\
	ADD_SUITE(fixture, 12_aria_gcm_256, 2, ARIA_GCM_256);		\
	ADD_SUITE(fixture, 13_aes_ccm_128, 3, AES_CCM_128);		\
	ADD_SUITE(fixture, 13_sm4_gcm, 3, SM4_GCM);			\
	ADD_SUITE(fixture, 13_sm4_ccm, 3, SM4_CCM)

#endif
