/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room ext/: one file for each extension, bytes only, no decision. It sees base/.
 *
 * Hello extensions (RFC 8446 §4.2). One struct holds what the extensions of a block carry; whoever
 * builds fills it and sets the bits in @present, whoever parses finds it filled. The registry says
 * where each may stand.
 */
#ifndef SEALSOCK_EXT_H
#define SEALSOCK_EXT_H

#include "base/registry.h"
#include "base/wire.h"

/* Rows of the registry, in the order in which extensions are written. */
enum ext_id {
	EXT_SERVER_NAME,
	EXT_MAX_FRAGMENT_LENGTH,
	EXT_STATUS_REQUEST,
	EXT_SUPPORTED_GROUPS,
	EXT_EC_POINT_FORMATS,
	EXT_SIGNATURE_ALGORITHMS,
	EXT_SIGNATURE_ALGORITHMS_CERT,
	EXT_USE_SRTP,
	EXT_HEARTBEAT,
	EXT_ALPN,
	EXT_SIGNED_CERTIFICATE_TIMESTAMP,
	EXT_CLIENT_CERTIFICATE_TYPE,
	EXT_SERVER_CERTIFICATE_TYPE,
	EXT_PADDING,
	EXT_ENCRYPT_THEN_MAC,
	EXT_EXTENDED_MASTER_SECRET,
	EXT_RECORD_SIZE_LIMIT,
	EXT_SESSION_TICKET,
	EXT_EARLY_DATA,
	EXT_PSK_KEY_EXCHANGE_MODES,
	EXT_CERTIFICATE_AUTHORITIES,
	EXT_OID_FILTERS,
	EXT_POST_HANDSHAKE_AUTH,
	EXT_KEY_SHARE,
	EXT_COOKIE,
	EXT_SUPPORTED_VERSIONS,
	EXT_RENEGOTIATION_INFO,
	EXT_ENCRYPTED_CLIENT_HELLO,
	EXT_ECH_OUTER_EXTENSIONS,
	EXT_PRE_SHARED_KEY,
	EXT_COUNT,
};

/* Where a block of extensions stands. */
enum ext_where {
	EXT_IN_CH = 1,
	EXT_IN_SH = 2,
	EXT_IN_HRR = 4,
	EXT_IN_EE = 8,
	EXT_IN_CT = 16,
	EXT_IN_CR = 32,
	EXT_IN_NST = 64,
	EXT_IN_SH12 = 128,	/* a ServerHello of TLS 1.2 */
};

#define EXT_BIT(id) (1u << (id))

/* encrypted_client_hello of an outer ClientHello (RFC 9849 §5). */
struct ech_hello {
	uint16_t kdf, aead;
	uint8_t id;
	struct bytes enc, payload;
};

/*
 * All bytes belong to someone else: the message parsed, or the configuration. Lists of numbers are
 * kept as they stand on the wire.
 */
struct ext_set {
	uint32_t present;		/* EXT_BIT of what is there */
	struct bytes host_name;		/* server_name in a ClientHello */
	struct bytes groups;		/* supported_groups */
	struct bytes point_formats;	/* ec_point_formats, one byte each */
	struct bytes sigalgs;		/* signature_algorithms */
	struct bytes sigalgs_cert;	/* signature_algorithms_cert */
	struct bytes alpn;		/* ProtocolName entries, each with its length byte */
	struct bytes versions;		/* supported_versions of a ClientHello */
	uint16_t version;		/* … of a ServerHello or HelloRetryRequest */
	struct bytes shares;		/* KeyShareEntry list of a ClientHello */
	uint16_t share_group;		/* group of a ServerHello or HelloRetryRequest */
	struct bytes share;		/* key_exchange of a ServerHello */
	struct bytes cookie;
	uint16_t record_limit;		/* record_size_limit */
	size_t padding;			/* bytes of padding's content */
	struct bytes psk_modes;
	struct bytes psk_ids;		/* pre_shared_key: 16-bit length, identity, age */
	struct bytes psk_binders;	/* … 8-bit length and binder each */
	uint16_t psk_chosen;		/* … of a ServerHello: which identity */
	struct bytes authorities;	/* certificate_authorities: 16-bit length and DER each */
	struct bytes ocsp;		/* status_request of a Certificate: the response */
	struct bytes ticket;		/* session_ticket of a ClientHello */
	struct bytes renegotiated;	/* renegotiation_info: of the handshake before */
	struct bytes ech;		/* encrypted_client_hello: all of its content … */
	struct ech_hello ech_hello;	/* … what is in an outer one that was read … */
	bool ech_inner;			/* … or it is the inner one */
	uint32_t run;			/* to be written in a row behind the others … */
	bool run_outside;		/* … or only named: the outer ClientHello has them */
	uint16_t grease[2];		/* to be written: types without meaning, 0: none */
	const char *why;		/* after a failed parse: what is wrong */
	uint16_t bad_type;		/* … and with which extension */
};

/* Writes the extensions in @set, with the length field of the block. */
void ext_build(const struct ext_set *set, enum ext_where where, struct builder *w);

/*
 * Reads a block without its length field. @offered: bits of what we sent, for blocks that answer
 * (ServerHello of either version, HelloRetryRequest, EncryptedExtensions, Certificate).
 * DECODE: malformed; ILLEGAL: twice, or not allowed there; UNOFFERED_EXT: an answer nobody asked
 * for. The rest of the block is then not read.
 */
int ext_parse(struct ext_set *set, enum ext_where where, struct bytes block, uint32_t offered);

/* Is an extension of this wire type in the block, and what? For a look before it is judged. */
bool ext_block_find(struct bytes block, uint16_t type, struct bytes *body);
bool ext_block_has(struct bytes block, uint16_t type);

/* Wire type of a row, and the name RFC 8446 gives a wire type ("extension" if it gives none). */
uint16_t ext_type(enum ext_id id);
const char *ext_name(uint16_t type);

/* The next KeyShareEntry of a list; false at its end. The list must have been parsed. */
bool key_share_next(struct bytes *shares, uint16_t *group, struct bytes *key);

/* The next protocol name of a list; false at its end. */
bool alpn_next(struct bytes *names, struct bytes *name);

/* The next identity or binder of a list; false at its end. The lists must have been parsed. */
bool psk_identity_next(struct bytes *ids, struct bytes *identity, uint32_t *age);
bool psk_binder_next(struct bytes *binders, struct bytes *binder);

enum { PSK_KE = 0, PSK_DHE_KE = 1 };	/* PskKeyExchangeMode */

/*
 * A set of 16-bit numbers: as a list while it is short, as nearly all are, and then as bits, which
 * are not cleared before. Empty with @n 0.
 */
enum { SEEN_FEW = 32 };

struct seen16 {
	unsigned int n;		/* SEEN_FEW: they are in @bits now */
	uint16_t few[SEEN_FEW];
	uint8_t bits[65536 / 8];
};

/* Adds @v; true: it was in there already. */
bool seen16_add(struct seen16 *s, uint16_t v);
bool seen16_has(const struct seen16 *s, uint16_t v);

/* What a row of the registry calls; each in the file named after it. */
typedef void (*ext_build_fn)(const struct ext_set *set, enum ext_where where, struct builder *w);
typedef int (*ext_parse_fn)(struct ext_set *set, enum ext_where where, struct bytes *r);

void server_name_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int server_name_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void supported_groups_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int supported_groups_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void sigalgs_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int sigalgs_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
int sigalgs_cert_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void alpn_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int alpn_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void supported_versions_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int supported_versions_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void key_share_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int key_share_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void cookie_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int cookie_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void psk_modes_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int psk_modes_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void pre_shared_key_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int pre_shared_key_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void authorities_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int authorities_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void status_request_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int status_request_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void point_formats_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int point_formats_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void session_ticket_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int session_ticket_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void renegotiation_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int renegotiation_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void empty_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int empty_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void record_size_limit_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int record_size_limit_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void padding_build(const struct ext_set *set, enum ext_where where, struct builder *w);
int padding_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void encrypted_client_hello_build(const struct ext_set *set, enum ext_where where,
				  struct builder *w);
int encrypted_client_hello_parse(struct ext_set *set, enum ext_where where, struct bytes *r);
void outer_extensions_build(const struct ext_set *set, struct builder *w);
int early_data_parse(struct ext_set *set, enum ext_where where, struct bytes *r);

/* Notes what is wrong and returns @code. */
static inline int ext_bad(struct ext_set *set, int code, const char *why)
{
	set->why = why;
	return code;
}

#endif
