// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "sealsock.h"
#include "trace/names.h"

struct name {
	uint16_t value;
	const char *text;
};

static const struct name suites[] = {
	{ 0x1301, "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1304, "TLS_AES_128_CCM_SHA256" },
	{ 0x1305, "TLS_AES_128_CCM_8_SHA256" },
	{ 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
	{ 0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" },
	{ 0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
	{ 0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" },
	{ 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc09c, "TLS_RSA_WITH_AES_128_CCM" },
	{ 0xc09d, "TLS_RSA_WITH_AES_256_CCM" },
	{ 0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM" },
	{ 0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM" },
	{ 0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8" },
	{ 0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8" },
	{ 0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8" },
	{ 0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8" },
	{ 0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
	{ 0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
	{ 0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
	{ 0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" },
	{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0x0005, "TLS_RSA_WITH_RC4_128_SHA" },
	{ 0x00c6, "TLS_SM4_GCM_SM3" },
	{ 0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" },
	{ 0x5600, "TLS_FALLBACK_SCSV" },
	{ 0 },
};

static const struct name groups[] = {
	{ 0x0017, "secp256r1" }, { 0x0018, "secp384r1" }, { 0x0019, "secp521r1" },
	{ 0x001d, "x25519" }, { 0x001e, "x448" }, { 0x0016, "secp256k1" },
	{ 0x001a, "brainpoolP256r1" }, { 0x001b, "brainpoolP384r1" },
	{ 0x001c, "brainpoolP512r1" }, { 0x001f, "brainpoolP256r1tls13" },
	{ 0x0020, "brainpoolP384r1tls13" }, { 0x0021, "brainpoolP512r1tls13" },
	{ 0x0029, "curveSM2" }, { 0x0100, "ffdhe2048" }, { 0x0101, "ffdhe3072" },
	{ 0x0102, "ffdhe4096" }, { 0x0103, "ffdhe6144" }, { 0x0104, "ffdhe8192" },
	{ 0x0200, "MLKEM512" }, { 0x0201, "MLKEM768" }, { 0x0202, "MLKEM1024" },
	{ 0x11eb, "SecP256r1MLKEM768" }, { 0x11ec, "X25519MLKEM768" },
	{ 0x11ed, "SecP384r1MLKEM1024" },
	{ 0 },
};

static const struct name schemes[] = {
	{ 0x0403, "ecdsa_secp256r1_sha256" }, { 0x0503, "ecdsa_secp384r1_sha384" },
	{ 0x0603, "ecdsa_secp521r1_sha512" }, { 0x0807, "ed25519" }, { 0x0808, "ed448" },
	{ 0x0804, "rsa_pss_rsae_sha256" }, { 0x0805, "rsa_pss_rsae_sha384" },
	{ 0x0806, "rsa_pss_rsae_sha512" }, { 0x0809, "rsa_pss_pss_sha256" },
	{ 0x080a, "rsa_pss_pss_sha384" }, { 0x080b, "rsa_pss_pss_sha512" },
	{ 0x0401, "rsa_pkcs1_sha256" }, { 0x0501, "rsa_pkcs1_sha384" },
	{ 0x0601, "rsa_pkcs1_sha512" }, { 0x0301, "rsa_pkcs1_sha224" },
	{ 0x0303, "ecdsa_sha224" }, { 0x0201, "rsa_pkcs1_sha1" }, { 0x0203, "ecdsa_sha1" },
	{ 0x0202, "dsa_sha1" }, { 0x0302, "dsa_sha224" }, { 0x0402, "dsa_sha256" },
	{ 0x0502, "dsa_sha384" }, { 0x0602, "dsa_sha512" },
	{ 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
	{ 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
	{ 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
	{ 0x0904, "mldsa44" }, { 0x0905, "mldsa65" }, { 0x0906, "mldsa87" },
	{ 0 },
};

/* 0, server_name, is a value here: trace_name() knows. */
static const struct name extensions[] = {
	{ 1, "max_fragment_length" }, { 5, "status_request" }, { 10, "supported_groups" },
	{ 11, "ec_point_formats" }, { 13, "signature_algorithms" }, { 14, "use_srtp" },
	{ 15, "heartbeat" }, { 16, "application_layer_protocol_negotiation" },
	{ 17, "status_request_v2" }, { 18, "signed_certificate_timestamp" },
	{ 19, "client_certificate_type" }, { 20, "server_certificate_type" }, { 21, "padding" },
	{ 22, "encrypt_then_mac" }, { 23, "extended_master_secret" },
	{ 27, "compress_certificate" }, { 28, "record_size_limit" }, { 34, "delegated_credential" },
	{ 35, "session_ticket" }, { 41, "pre_shared_key" }, { 42, "early_data" },
	{ 43, "supported_versions" }, { 44, "cookie" }, { 45, "psk_key_exchange_modes" },
	{ 47, "certificate_authorities" }, { 48, "oid_filters" }, { 49, "post_handshake_auth" },
	{ 50, "signature_algorithms_cert" }, { 51, "key_share" },
	{ 57, "quic_transport_parameters" }, { 0x4469, "application_settings" },
	{ 0xfe0d, "encrypted_client_hello" }, { 0xff01, "renegotiation_info" },
	{ 0 },
};

static const struct name versions[] = {
	{ 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" },
	{ 0x0303, "TLS 1.2" }, { 0x0304, "TLS 1.3" },
	{ 0 },
};

/* 0, HelloRequest: see trace_name(). */
static const struct name messages[] = {
	{ 1, "ClientHello" }, { 2, "ServerHello" }, { 4, "NewSessionTicket" },
	{ 5, "EndOfEarlyData" }, { 8, "EncryptedExtensions" }, { 11, "Certificate" },
	{ 12, "ServerKeyExchange" }, { 13, "CertificateRequest" }, { 14, "ServerHelloDone" },
	{ 15, "CertificateVerify" }, { 16, "ClientKeyExchange" }, { 20, "Finished" },
	{ 22, "CertificateStatus" }, { 24, "KeyUpdate" }, { 25, "CompressedCertificate" },
	{ 254, "message_hash" },
	{ 0 },
};

static const struct name point_formats[] = {
	{ 1, "ansiX962_compressed_prime" }, { 2, "ansiX962_compressed_char2" }, { 0 },
};

static const struct name psk_modes[] = { { 1, "psk_dhe_ke" }, { 0 } };

static const struct name client_certs[] = {
	{ 1, "rsa_sign" }, { 2, "dss_sign" }, { 3, "rsa_fixed_dh" }, { 4, "dss_fixed_dh" },
	{ 64, "ecdsa_sign" }, { 65, "rsa_fixed_ecdh" }, { 66, "ecdsa_fixed_ecdh" },
	{ 0 },
};

static const struct name curve_types[] = {
	{ 1, "explicit_prime" }, { 2, "explicit_char2" }, { 3, "named_curve" }, { 0 },
};

static const struct name status_types[] = { { 1, "ocsp" }, { 2, "ocsp_multi" }, { 0 } };

/* @zero: the name of 0, which ends the lists. */
static const struct {
	const struct name *names;
	const char *zero;
	bool wide;		/* 16 bits, some of them GREASE */
} registries[NAMES_REGISTRIES] = {
	[NAMES_SUITE] = { suites, "TLS_NULL_WITH_NULL_NULL", true },
	[NAMES_GROUP] = { groups, NULL, true },
	[NAMES_SCHEME] = { schemes, NULL, true },
	[NAMES_EXTENSION] = { extensions, "server_name", true },
	[NAMES_VERSION] = { versions, NULL, true },
	[NAMES_MESSAGE] = { messages, "HelloRequest", false },
	[NAMES_POINT_FORMAT] = { point_formats, "uncompressed", false },
	[NAMES_PSK_MODE] = { psk_modes, "psk_ke", false },
	[NAMES_CLIENT_CERT] = { client_certs, NULL, false },
	[NAMES_CURVE_TYPE] = { curve_types, NULL, false },
	[NAMES_STATUS_TYPE] = { status_types, NULL, false },
};

const char *trace_name(enum trace_registry registry, unsigned int value)
{
	const struct name *n;

	if (!value)
		return registries[registry].zero;
	for (n = registries[registry].names; n->text; n++)
		if (n->value == value)
			return n->text;
	if (registries[registry].wide && (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff))
		return "GREASE";
	if (registry == NAMES_PSK_MODE && value % 0x1f == 0x0b)
		return "GREASE";
	return NULL;
}

const char *sealsock_suite_name(unsigned int suite)
{
	return trace_name(NAMES_SUITE, suite);
}

/* RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
	0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
	0x33, 0x9c,
};

const char *trace_message_name(struct bytes whole)
{
	struct bytes r = whole, head, random;
	const char *name;

	if (!whole.n)
		return "empty message";
	if (whole.p[0] == 2 && rd_bytes(&r, TRACE_HEADER + 2, &head) &&
	    rd_bytes(&r, sizeof(retry_random), &random) &&
	    memcmp(random.p, retry_random, sizeof(retry_random)) == 0)
		return "HelloRetryRequest";
	name = trace_name(NAMES_MESSAGE, whole.p[0]);
	return name ? name : "message of unknown type";
}
