// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Which extension may stand where: the table of RFC 8446 §4.2 with those of TLS 1.2 (RFC 5077,
 * 5746, 6066, 7366, 7627, 8422) and Encrypted Client Hello (RFC 9849), and the walk over a block.
 */
#include "ext/ext.h"

#define CH	EXT_IN_CH
#define SH	EXT_IN_SH
#define HRR	EXT_IN_HRR
#define EE	EXT_IN_EE
#define CT	EXT_IN_CT
#define CR	EXT_IN_CR
#define NST	EXT_IN_NST
#define SH12	EXT_IN_SH12

/* A row without functions is refused in the wrong place, and otherwise ignored. */
static const struct {
	uint16_t type;
	uint8_t where;
	const char *name;
	ext_build_fn build;
	ext_parse_fn parse;
} rows[EXT_COUNT] = {
	[EXT_SERVER_NAME] = { 0, CH | EE | SH12, "server_name", server_name_build,
			      server_name_parse },
	[EXT_MAX_FRAGMENT_LENGTH] = { 1, CH | EE | SH12, "max_fragment_length", NULL, NULL },
	[EXT_STATUS_REQUEST] = { 5, CH | CR | CT | SH12, "status_request", status_request_build,
				 status_request_parse },
	[EXT_SUPPORTED_GROUPS] = { 10, CH | EE | SH12, "supported_groups", supported_groups_build,
				   supported_groups_parse },
	[EXT_EC_POINT_FORMATS] = { 11, CH | SH12, "ec_point_formats", point_formats_build,
				   point_formats_parse },
	[EXT_SIGNATURE_ALGORITHMS] = { 13, CH | CR, "signature_algorithms", sigalgs_build,
				       sigalgs_parse },
	[EXT_SIGNATURE_ALGORITHMS_CERT] = { 50, CH | CR, "signature_algorithms_cert", NULL,
					    sigalgs_cert_parse },
	[EXT_USE_SRTP] = { 14, CH | EE | SH12, "use_srtp", NULL, NULL },
	[EXT_HEARTBEAT] = { 15, CH | EE | SH12, "heartbeat", NULL, NULL },
	[EXT_ALPN] = { 16, CH | EE | SH12, "application_layer_protocol_negotiation",
		       alpn_build, alpn_parse },
	[EXT_SIGNED_CERTIFICATE_TIMESTAMP] = { 18, CH | CR | CT | SH12,
					       "signed_certificate_timestamp", NULL, NULL },
	[EXT_CLIENT_CERTIFICATE_TYPE] = { 19, CH | EE | SH12, "client_certificate_type", NULL,
					  NULL },
	[EXT_SERVER_CERTIFICATE_TYPE] = { 20, CH | EE | SH12, "server_certificate_type", NULL,
					  NULL },
	[EXT_PADDING] = { 21, CH, "padding", padding_build, padding_parse },
	[EXT_ENCRYPT_THEN_MAC] = { 22, CH | SH12, "encrypt_then_mac", empty_build, empty_parse },
	[EXT_EXTENDED_MASTER_SECRET] = { 23, CH | SH12, "extended_master_secret", empty_build,
					 empty_parse },
	[EXT_RECORD_SIZE_LIMIT] = { 28, CH | EE | SH12, "record_size_limit",
				    record_size_limit_build, record_size_limit_parse },
	[EXT_SESSION_TICKET] = { 35, CH | SH12, "session_ticket", session_ticket_build,
				 session_ticket_parse },
	[EXT_EARLY_DATA] = { 42, CH | EE | NST, "early_data", NULL, early_data_parse },
	[EXT_PSK_KEY_EXCHANGE_MODES] = { 45, CH, "psk_key_exchange_modes", psk_modes_build,
					 psk_modes_parse },
	[EXT_CERTIFICATE_AUTHORITIES] = { 47, CH | CR, "certificate_authorities",
					  authorities_build, authorities_parse },
	[EXT_OID_FILTERS] = { 48, CR, "oid_filters", NULL, NULL },
	[EXT_POST_HANDSHAKE_AUTH] = { 49, CH, "post_handshake_auth", empty_build, empty_parse },
	[EXT_KEY_SHARE] = { 51, CH | SH | HRR, "key_share", key_share_build, key_share_parse },
	[EXT_COOKIE] = { 44, CH | HRR, "cookie", cookie_build, cookie_parse },
	[EXT_SUPPORTED_VERSIONS] = { 43, CH | SH | HRR, "supported_versions",
				     supported_versions_build, supported_versions_parse },
	[EXT_RENEGOTIATION_INFO] = { 0xff01, CH | SH12, "renegotiation_info",
				     renegotiation_build, renegotiation_parse },
	/* Where TLS 1.2 is spoken it answers nothing. */
	[EXT_ENCRYPTED_CLIENT_HELLO] = { 0xfe0d, CH | HRR | EE | SH12, "encrypted_client_hello",
					 encrypted_client_hello_build,
					 encrypted_client_hello_parse },
	/* It stands in what is encrypted, and nowhere else. */
	[EXT_ECH_OUTER_EXTENSIONS] = { 0xfd00, 0, "ech_outer_extensions", NULL, NULL },
	[EXT_PRE_SHARED_KEY] = { 41, CH | SH, "pre_shared_key", pre_shared_key_build,
				 pre_shared_key_parse },
};

static enum ext_id row_of(uint16_t type)
{
	unsigned int i;

	for (i = 0; i < EXT_COUNT; i++)
		if (rows[i].type == type)
			break;
	return (enum ext_id)i;
}

uint16_t ext_type(enum ext_id id)
{
	return rows[id].type;
}

const char *ext_name(uint16_t type)
{
	enum ext_id id = row_of(type);

	return id < EXT_COUNT ? rows[id].name : "extension";
}

/* RFC 8701 §3.1: of different lengths, the first without content. */
static void build_grease(uint16_t type, size_t len, struct builder *w)
{
	static const uint8_t zeros[1];

	if (!type)
		return;
	wr_u16(w, type);
	wr_vec16(w, bytes_of(zeros, len));
}

static void build_those(const struct ext_set *set, enum ext_where where, uint32_t which,
			struct builder *w)
{
	unsigned int i;
	size_t body;

	for (i = 0; i < EXT_COUNT; i++) {
		if (!(which & EXT_BIT(i)) || !rows[i].build)
			continue;
		wr_u16(w, rows[i].type);
		body = wr_open(w, 2);
		rows[i].build(set, where, w);
		wr_close(w, body, 2);
	}
}

void ext_build(const struct ext_set *set, enum ext_where where, struct builder *w)
{
	uint32_t last = set->present & EXT_BIT(EXT_PRE_SHARED_KEY), run = set->present & set->run;
	size_t block = wr_open(w, 2);

	build_grease(set->grease[0], 0, w);
	build_those(set, where, set->present & ~last & ~run, w);
	if (run && set->run_outside)
		outer_extensions_build(set, w);
	else
		build_those(set, where, run, w);
	build_grease(set->grease[1], 1, w);
	/* RFC 8446 §4.2.11: pre_shared_key is the last of all. */
	build_those(set, where, last, w);
	wr_close(w, block, 2);
}

/* Blocks that may only answer what was offered; the others may hold what we do not know. */
static bool answers(enum ext_where where)
{
	return where & (SH | SH12 | HRR | EE | CT);
}

/* RFC 8446 §4.2: a cookie may come in a HelloRetryRequest without having been offered. */
static bool unoffered(enum ext_id id, enum ext_where where, uint32_t offered)
{
	if (!answers(where) || (where == HRR && id == EXT_COOKIE))
		return false;
	return id == EXT_COUNT || !(offered & EXT_BIT(id));
}

static int parse_one(struct ext_set *set, enum ext_where where, enum ext_id id,
		     struct bytes body, uint32_t offered)
{
	int err;

	if (id < EXT_COUNT && !(rows[id].where & where))
		return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "not allowed in this message");
	if (unoffered(id, where, offered))
		return ext_bad(set, SEALSOCK_ERR_UNOFFERED_EXT, "was not offered");
	if (id == EXT_COUNT)
		return 0;
	set->present |= EXT_BIT(id);
	if (!rows[id].parse)
		return 0;
	err = rows[id].parse(set, where, &body);
	if (!err && body.n)
		return ext_bad(set, SEALSOCK_ERR_DECODE, "has bytes after its end");
	return err;
}

bool seen16_has(const struct seen16 *s, uint16_t v)
{
	unsigned int i;

	if (s->n == SEEN_FEW)
		return s->bits[v >> 3] >> (v & 7) & 1;
	for (i = 0; i < s->n; i++)
		if (s->few[i] == v)
			return true;
	return false;
}

static void set_bit(struct seen16 *s, uint16_t v)
{
	s->bits[v >> 3] |= (uint8_t)(1 << (v & 7));
}

bool seen16_add(struct seen16 *s, uint16_t v)
{
	unsigned int i;

	if (seen16_has(s, v))
		return true;
	if (s->n == SEEN_FEW) {
		set_bit(s, v);
		return false;
	}
	s->few[s->n++] = v;
	if (s->n == SEEN_FEW) {
		memset(s->bits, 0, sizeof(s->bits));
		for (i = 0; i < SEEN_FEW; i++)
			set_bit(s, s->few[i]);
	}
	return false;
}

int ext_parse(struct ext_set *set, enum ext_where where, struct bytes block, uint32_t offered)
{
	struct seen16 seen;
	struct bytes body;
	uint16_t type;
	int err;

	seen.n = 0;
	while (block.n) {
		set->bad_type = 0;
		if (!rd_u16(&block, &type) || !rd_vec16(&block, 0, 0xffff, &body))
			return ext_bad(set, SEALSOCK_ERR_DECODE, "block of extensions is cut off");
		set->bad_type = type;
		if (seen16_add(&seen, type))
			return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "appears twice");
		/* RFC 8446 §4.2.11: nothing may follow pre_shared_key in a ClientHello. */
		if (where == CH && set->present & EXT_BIT(EXT_PRE_SHARED_KEY))
			return ext_bad(set, SEALSOCK_ERR_ILLEGAL, "follows pre_shared_key");
		err = parse_one(set, where, row_of(type), body, offered);
		if (err)
			return err;
	}
	return 0;
}

bool ext_block_find(struct bytes block, uint16_t type, struct bytes *body)
{
	uint16_t t;

	while (rd_u16(&block, &t) && rd_vec16(&block, 0, 0xffff, body))
		if (t == type)
			return true;
	return false;
}

bool ext_block_has(struct bytes block, uint16_t type)
{
	struct bytes body;

	return ext_block_find(block, type, &body);
}
