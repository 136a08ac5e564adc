// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Extensions taken apart for the eye. */
#include "ext/ech.h"
#include "trace/decode.h"

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, NEW_SESSION_TICKET = 4 };

static bool host_names(struct trace_out *o, struct bytes *r)
{
	struct bytes list, name;
	char text[300];
	uint8_t type;

	if (!r->n)
		return true;		/* a server's: it used the name */
	if (!rd_vec16(r, 1, 0xffff, &list))
		return false;
	while (rd_u8(&list, &type) && rd_vec16(&list, 1, 0xffff, &name))
		trace_field(o, type ? "name" : "host_name", name, "%s",
			    trace_text(name, text, sizeof(text)));
	return !list.n;
}

static bool alpn(struct trace_out *o, struct bytes *r)
{
	struct bytes list, name;
	char text[260 * 4];

	if (!rd_vec16(r, 1, 0xffff, &list))
		return false;
	while (rd_vec8(&list, 1, 0xff, &name)) {
		if (name.n == 2 && name.p[0] == name.p[1] && (name.p[0] & 0xf) == 0xa)
			trace_field(o, "protocol", name, "GREASE (0x%02x%02x)", name.p[0],
				    name.p[1]);
		else
			trace_field(o, "protocol", name, "%s",
				    trace_text(name, text, sizeof(text)));
	}
	return !list.n;
}

/* A vector of numbers, and nothing else. */
static bool numbers(struct trace_out *o, struct bytes *r, const char *part, enum trace_registry reg,
		    unsigned int len_bytes, unsigned int width)
{
	struct bytes list, raw;

	if (len_bytes == 1 ? !rd_vec8(r, 0, 0xff, &list) : !rd_vec16(r, 0, 0xffff, &list))
		return false;
	while (rd_bytes(&list, width, &raw))
		trace_number(o, part, reg,
			     width == 2 ? (unsigned int)raw.p[0] << 8 | raw.p[1] : raw.p[0], raw);
	return !list.n;
}

static bool group_list(struct trace_out *o, struct bytes *r)
{
	return numbers(o, r, "group", NAMES_GROUP, 2, 2);
}

static bool schemes(struct trace_out *o, struct bytes *r)
{
	return numbers(o, r, "scheme", NAMES_SCHEME, 2, 2);
}

static bool point_formats(struct trace_out *o, struct bytes *r)
{
	return numbers(o, r, "format", NAMES_POINT_FORMAT, 1, 1);
}

static bool psk_modes(struct trace_out *o, struct bytes *r)
{
	return numbers(o, r, "mode", NAMES_PSK_MODE, 1, 1);
}

static bool one16(struct trace_out *o, struct bytes *r, const char *name, enum trace_registry reg)
{
	struct bytes raw;

	if (!rd_bytes(r, 2, &raw))
		return false;
	trace_number(o, name, reg, (unsigned int)raw.p[0] << 8 | raw.p[1], raw);
	return true;
}

static bool versions(struct trace_out *o, struct bytes *r)
{
	if (o->message == CLIENT_HELLO)
		return numbers(o, r, "version", NAMES_VERSION, 1, 2);
	return one16(o, r, "selected_version", NAMES_VERSION);
}

static bool share(struct trace_out *o, struct bytes *r)
{
	struct bytes group, key;
	const char *name;
	unsigned int id;

	if (!rd_bytes(r, 2, &group) || !rd_vec16(r, 0, 0xffff, &key))
		return false;
	id = (unsigned int)group.p[0] << 8 | group.p[1];
	name = trace_name(NAMES_GROUP, id);
	trace_field(o, "share", key, "%s (0x%04x), public key of %zu bytes",
		    name ? name : "group", id, key.n);
	return true;
}

static bool key_share(struct trace_out *o, struct bytes *r)
{
	struct bytes list;

	if (o->retry)
		return one16(o, r, "selected_group", NAMES_GROUP);
	if (o->message != CLIENT_HELLO)
		return share(o, r);
	if (!rd_vec16(r, 0, 0xffff, &list))
		return false;
	if (!list.n)
		trace_field(o, "share", list, "none: asks for a HelloRetryRequest");
	while (list.n)
		if (!share(o, &list))
			return false;
	return true;
}

static bool identities(struct trace_out *o, struct bytes *r)
{
	struct bytes list, id, age;

	if (!rd_vec16(r, 0, 0xffff, &list))
		return false;
	while (rd_vec16(&list, 0, 0xffff, &id) && rd_bytes(&list, 4, &age))
		trace_field(o, "identity", id, "%zu bytes, hidden age 0x%02x%02x%02x%02x",
			    id.n, age.p[0], age.p[1], age.p[2], age.p[3]);
	return !list.n;
}

static bool pre_shared_key(struct trace_out *o, struct bytes *r)
{
	struct bytes list, binder;
	uint16_t chosen;

	if (o->message != CLIENT_HELLO) {
		struct bytes raw = *r;

		if (!rd_u16(r, &chosen))
			return false;
		trace_field(o, "selected_identity", bytes_of(raw.p, 2), "%u", chosen);
		return true;
	}
	if (!identities(o, r) || !rd_vec16(r, 0, 0xffff, &list))
		return false;
	while (rd_vec8(&list, 0, 0xff, &binder))
		trace_field(o, "binder", binder, "%zu bytes", binder.n);
	return !list.n;
}

static bool early_data(struct trace_out *o, struct bytes *r)
{
	struct bytes raw = *r;
	uint32_t max;

	if (o->message != NEW_SESSION_TICKET)
		return true;
	if (!rd_u32(r, &max))
		return false;
	trace_field(o, "max_early_data_size", bytes_of(raw.p, 4), "%u bytes", max);
	return true;
}

static bool cookie(struct trace_out *o, struct bytes *r)
{
	struct bytes raw;

	if (!rd_vec16(r, 0, 0xffff, &raw))
		return false;
	trace_opaque(o, "cookie", raw);
	return true;
}

static bool authorities(struct trace_out *o, struct bytes *r)
{
	struct bytes list, name;
	char text[400];

	if (!rd_vec16(r, 0, 0xffff, &list))
		return false;
	while (rd_vec16(&list, 0, 0xffff, &name))
		trace_field(o, "authority", name, "%s",
			    trace_name_der(name, text, sizeof(text)) ? text : "not a name in DER");
	return !list.n;
}

static bool record_size(struct trace_out *o, struct bytes *r)
{
	struct bytes raw = *r;
	uint16_t limit;

	if (!rd_u16(r, &limit))
		return false;
	trace_field(o, "limit", bytes_of(raw.p, 2), "%u bytes", limit);
	return true;
}

static bool status_request(struct trace_out *o, struct bytes *r)
{
	struct bytes type, ids, ext, response;

	/* TLS 1.3: in a CertificateEntry it is the answer; in a TLS 1.2 ServerHello it is empty. */
	if (o->message == SERVER_HELLO || !r->n)
		return true;
	if (!rd_bytes(r, 1, &type))
		return false;
	trace_number(o, "status_type", NAMES_STATUS_TYPE, type.p[0], type);
	if (o->message == 11) {
		if (!rd_vec24(r, 0, 0xffffff, &response))
			return false;
		trace_opaque(o, "response", response);
		return true;
	}
	return rd_vec16(r, 0, 0xffff, &ids) && rd_vec16(r, 0, 0xffff, &ext);
}

static bool renegotiation_info(struct trace_out *o, struct bytes *r)
{
	struct bytes raw;

	if (!rd_vec8(r, 0, 0xff, &raw))
		return false;
	trace_field(o, "renegotiated_connection", raw, "%s",
		    raw.n ? "the Finished before" : "empty: a first handshake");
	return true;
}

/* RFC 9849 §4: of a known version the parts that matter. */
static bool ech_configs(struct trace_out *o, struct bytes *r)
{
	struct ech_config c;
	struct bytes list;
	char name[300];

	if (!rd_vec16(r, 0, 0xffff, &list))
		return false;
	while (list.n) {
		if (!ech_config_next(&list, &c))
			return false;
		if (c.version == ECH_VERSION)
			trace_field(o, "config", c.whole, "%u, for %s", c.id,
				    trace_text(c.public_name, name, sizeof(name)));
		else
			trace_field(o, "config", c.whole, "of version 0x%04x", c.version);
	}
	return true;
}

static bool encrypted_client_hello(struct trace_out *o, struct bytes *r)
{
	struct bytes type, suite, id, enc, payload;

	if (o->message == SERVER_HELLO) {	/* a HelloRetryRequest */
		trace_field(o, "confirmation", *r, "%zu bytes: a proof, or random ones", r->n);
		*r = bytes_of(NULL, 0);
		return true;
	}
	if (o->message != CLIENT_HELLO)
		return ech_configs(o, r);
	if (!rd_bytes(r, 1, &type))
		return false;
	trace_field(o, "type", type, "%s", type.p[0] == 0 ? "outer" : type.p[0] == 1 ? "inner" :
		    "unknown");
	if (type.p[0])
		return true;
	if (!rd_bytes(r, 4, &suite) || !rd_bytes(r, 1, &id) || !rd_vec16(r, 0, 0xffff, &enc) ||
	    !rd_vec16(r, 0, 0xffff, &payload))
		return false;
	trace_field(o, "cipher_suite", suite, "KDF %u, AEAD %u",
		    (unsigned int)suite.p[0] << 8 | suite.p[1],
		    (unsigned int)suite.p[2] << 8 | suite.p[3]);
	trace_field(o, "config_id", id, "%u", id.p[0]);
	trace_field(o, "enc", enc, "public key of %zu bytes", enc.n);
	trace_field(o, "payload", payload, "%zu bytes: another ClientHello, or random ones",
		    payload.n);
	return true;
}

static const struct {
	uint16_t type;
	bool (*decode)(struct trace_out *o, struct bytes *r);
} decoders[] = {
	{ 0, host_names }, { 5, status_request }, { 10, group_list }, { 11, point_formats },
	{ 13, schemes }, { 16, alpn }, { 28, record_size }, { 41, pre_shared_key },
	{ 42, early_data }, { 43, versions }, { 44, cookie }, { 45, psk_modes },
	{ 47, authorities }, { 50, schemes }, { 51, key_share },
	{ 0xfe0d, encrypted_client_hello }, { 0xff01, renegotiation_info },
};

static bool one(struct trace_out *o, uint16_t type, struct bytes body)
{
	size_t i;

	for (i = 0; i < sizeof(decoders) / sizeof(decoders[0]); i++)
		if (decoders[i].type == type)
			return decoders[i].decode(o, &body) && !body.n;
	return true;		/* empty, or of no interest beyond its length */
}

bool trace_extensions(struct trace_out *o, struct bytes block)
{
	struct bytes body;
	const char *name;
	uint16_t type;
	bool ok;

	while (block.n) {
		if (!rd_u16(&block, &type) || !rd_vec16(&block, 0, 0xffff, &body))
			return false;
		name = trace_name(NAMES_EXTENSION, type);
		trace_field(o, name ? name : "extension", body, "0x%04x, %zu bytes", type, body.n);
		o->depth++;
		ok = one(o, type, body);
		if (!ok)
			trace_field(o, "malformed", body, "not of the form it should have");
		o->depth--;
	}
	return true;
}
