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

#endif
