// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Messages taken apart for the eye: RFC 8446 §4, RFC 5246 §7.4. Nothing is judged but whether the
 * bytes parse; the handshake has its own, stricter readers.
 */
#include <stdarg.h>
#include <stdio.h>

#include "trace/decode.h"

enum { VALUE_MAX = 1100 };

static void emit(struct trace_out *o, const char *name, struct bytes raw, const char *value)
{
	struct sealsock_trace_field f = {
		.depth = o->depth, .name = name, .value = value, .bytes = raw.p, .len = raw.n,
	};

	o->fn(o->arg, &f);
}

/* Takes away the beginning of a UTF-8 sequence whose end was cut off. */
static void trim(char *text)
{
	size_t n = strlen(text), back = 0, need;
	uint8_t lead;

	while (back < 3 && back < n && ((uint8_t)text[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back == n)
		return;
	lead = (uint8_t)text[n - 1 - back];
	need = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	if (need > back)
		text[n - 1 - back] = '\0';
}

void trace_field(struct trace_out *o, const char *name, struct bytes raw, const char *fmt, ...)
{
	char value[VALUE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	trim(value);
	emit(o, name, raw, value);
}

void trace_number(struct trace_out *o, const char *name, enum trace_registry r, unsigned int value,
		  struct bytes raw)
{
	const char *text = trace_name(r, value);
	int digits = raw.n > 1 ? 4 : 2;

	if (text)
		trace_field(o, name, raw, "%s (0x%0*x)", text, digits, value);
	else
		trace_field(o, name, raw, "0x%0*x", digits, value);
}

void trace_opaque(struct trace_out *o, const char *name, struct bytes raw)
{
	trace_field(o, name, raw, "%zu bytes", raw.n);
}

bool trace_list(struct trace_out *o, const char *name, const char *part, enum trace_registry r,
		unsigned int width, struct bytes list)
{
	struct bytes raw;
	unsigned int v;

	trace_field(o, name, list, "%zu", list.n / width);
	o->depth++;
	while (rd_bytes(&list, width, &raw)) {
		v = width == 2 ? (unsigned int)raw.p[0] << 8 | raw.p[1] : raw.p[0];
		trace_number(o, part, r, v, raw);
	}
	o->depth--;
	return !list.n;
}

/* How many bytes a UTF-8 sequence at the front has, 0 if it is none, or is not shown as it is. */
static size_t utf8(struct bytes r)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = r.p[0];
	size_t n, i;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f && c != '\\';
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || n > r.n)
		return 0;
	c &= 0x7f >> n;
	for (i = 1; i < n; i++) {
		if ((r.p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (r.p[i] & 0x3f);
	}
	/* No C1 controls, surrogates, or marks that turn the direction of what follows. */
	if (c < least[n] || c < 0xa0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

const char *trace_text(struct bytes raw, char *out, size_t size)
{
	size_t at = 0, n;
	struct bytes part;

	while (raw.n && at + 5 < size) {
		n = utf8(raw);
		rd_bytes(&raw, n ? n : 1, &part);
		if (n)
			memcpy(out + at, part.p, n);
		else
			snprintf(out + at, 5, "\\x%02x", part.p[0]);
		at += n ? n : 4;
	}
	out[at] = '\0';
	return out;
}

static bool number8(struct trace_out *o, const char *name, enum trace_registry r, struct bytes *m)
{
	struct bytes raw;

	if (!rd_bytes(m, 1, &raw))
		return false;
	trace_number(o, name, r, raw.p[0], raw);
	return true;
}

static bool number16(struct trace_out *o, const char *name, enum trace_registry r, struct bytes *m)
{
	struct bytes raw;

	if (!rd_bytes(m, 2, &raw))
		return false;
	trace_number(o, name, r, (unsigned int)raw.p[0] << 8 | raw.p[1], raw);
	return true;
}

static bool opaque(struct trace_out *o, const char *name, struct bytes *m, unsigned int len_bytes)
{
	struct bytes raw;

	if (len_bytes == 1 ? !rd_vec8(m, 0, 0xff, &raw) :
	    len_bytes == 2 ? !rd_vec16(m, 0, 0xffff, &raw) : !rd_vec24(m, 0, 0xffffff, &raw))
		return false;
	trace_opaque(o, name, raw);
	return true;
}

/* All that is left: what has no length of its own. */
static bool rest(struct trace_out *o, const char *name, struct bytes *m)
{
	struct bytes raw;

	rd_bytes(m, m->n, &raw);
	trace_opaque(o, name, raw);
	return true;
}

static bool extensions(struct trace_out *o, struct bytes *m)
{
	struct bytes block;
	bool ok;

	if (!rd_vec16(m, 0, 0xffff, &block))
		return false;
	trace_field(o, "extensions", block, "%s", block.n ? "" : "none");
	o->depth++;
	ok = trace_extensions(o, block);
	o->depth--;
	return ok;
}

/* Before TLS 1.3 a hello may end without any. */
static bool hello_extensions(struct trace_out *o, struct bytes *m)
{
	return !m->n || extensions(o, m);
}

static bool random_field(struct trace_out *o, struct bytes *m, const char *whose)
{
	static const uint8_t mark[] = "DOWNGRD";
	struct bytes raw;

	if (!rd_bytes(m, 32, &raw))
		return false;
	if (memcmp(raw.p + 24, mark, 7) == 0)
		trace_field(o, "random", raw, "the %s random; ends in the downgrade mark", whose);
	else if (o->retry)
		trace_field(o, "random", raw, "the value that says HelloRetryRequest");
	else
		trace_field(o, "random", raw, "the %s random", whose);
	return true;
}

static bool client_hello(struct trace_out *o, struct bytes *m)
{
	struct bytes suites, methods;
	size_t i;

	if (!number16(o, "legacy_version", NAMES_VERSION, m) || !random_field(o, m, "client") ||
	    !opaque(o, "session_id", m, 1) || !rd_vec16(m, 0, 0xffff, &suites) ||
	    !trace_list(o, "cipher_suites", "cipher_suite", NAMES_SUITE, 2, suites) ||
	    !rd_vec8(m, 0, 0xff, &methods))
		return false;
	for (i = 0; i < methods.n && !methods.p[i];)
		i++;
	trace_field(o, "compression_methods", methods, "%s",
		    i == methods.n ? "null: no compression" : "not only null");
	return hello_extensions(o, m);
}

static bool server_hello(struct trace_out *o, struct bytes *m)
{
	struct bytes method;

	if (!number16(o, "legacy_version", NAMES_VERSION, m) || !random_field(o, m, "server") ||
	    !opaque(o, "session_id", m, 1) || !number16(o, "cipher_suite", NAMES_SUITE, m) ||
	    !rd_bytes(m, 1, &method))
		return false;
	trace_field(o, "compression_method", method, "%s",
		    method.p[0] ? "not null" : "null: no compression");
	return hello_extensions(o, m);
}

static bool new_session_ticket(struct trace_out *o, struct bytes *m)
{
	struct bytes raw = *m, age;
	uint32_t lifetime;

	if (!rd_u32(m, &lifetime))
		return false;
	trace_field(o, "ticket_lifetime", bytes_of(raw.p, 4), "%u s", lifetime);
	if (o->version == 0x0303)
		return opaque(o, "ticket", m, 2);
	if (!rd_bytes(m, 4, &age))
		return false;
	trace_field(o, "ticket_age_add", age, "hides the ticket's age");
	return opaque(o, "ticket_nonce", m, 1) && opaque(o, "ticket", m, 2) && extensions(o, m);
}

static bool certificate(struct trace_out *o, struct bytes *m)
{
	struct bytes list, cert;
	unsigned int i = 0;
	bool ok = true;

	if (o->version != 0x0303 && !opaque(o, "certificate_request_context", m, 1))
		return false;
	if (!rd_vec24(m, 0, 0xffffff, &list))
		return false;
	trace_field(o, "certificate_list", list, "%s", list.n ? "" : "empty: there is none");
	o->depth++;
	while (ok && list.n) {
		ok = rd_vec24(&list, 0, 0xffffff, &cert);
		if (!ok)
			break;
		trace_field(o, "certificate", cert, "%u, %zu bytes", i++, cert.n);
		o->depth++;
		/* One that does not parse is shown as far as it does. */
		if (!trace_certificate(o, cert))
			trace_field(o, "malformed", cert, "not a certificate in DER");
		if (o->version != 0x0303)
			ok = extensions(o, &list);
		o->depth--;
	}
	o->depth--;
	return ok;
}

/* What a TLS 1.2 suite does for key exchange: its name says so. */
static bool exchange_is(const struct trace_out *o, const char *what)
{
	const char *name = trace_name(NAMES_SUITE, o->suite);
	size_t n = strlen(what);

	return name && strncmp(name, "TLS_", 4) == 0 && strncmp(name + 4, what, n) == 0;
}

static bool signature(struct trace_out *o, struct bytes *m)
{
	return number16(o, "algorithm", NAMES_SCHEME, m) && opaque(o, "signature", m, 2);
}

static bool server_key_exchange(struct trace_out *o, struct bytes *m)
{
	if (exchange_is(o, "ECDHE_"))
		return number8(o, "curve_type", NAMES_CURVE_TYPE, m) &&
		       number16(o, "named_curve", NAMES_GROUP, m) &&
		       opaque(o, "public", m, 1) && signature(o, m);
	if (exchange_is(o, "DHE_"))
		return opaque(o, "dh_p", m, 2) && opaque(o, "dh_g", m, 2) &&
		       opaque(o, "dh_Ys", m, 2) && signature(o, m);
	return rest(o, "params", m);
}

static bool client_key_exchange(struct trace_out *o, struct bytes *m)
{
	if (exchange_is(o, "ECDHE_"))
		return opaque(o, "ecdh_Yc", m, 1);
	if (exchange_is(o, "DHE_"))
		return opaque(o, "dh_Yc", m, 2);
	if (exchange_is(o, "RSA_"))
		return opaque(o, "encrypted_pre_master_secret", m, 2);
	return rest(o, "exchange_keys", m);
}

static bool authorities(struct trace_out *o, struct bytes *m)
{
	struct bytes list, name;
	char text[400];

	if (!rd_vec16(m, 0, 0xffff, &list))
		return false;
	trace_field(o, "certificate_authorities", list, "%s", list.n ? "" : "any");
	o->depth++;
	while (rd_vec16(&list, 0, 0xffff, &name))
		trace_field(o, "authority", name, "%s",
			    trace_name_der(name, text, sizeof(text)) ? text : "not a name in DER");
	o->depth--;
	return !list.n;
}

static bool certificate_request(struct trace_out *o, struct bytes *m)
{
	struct bytes types, schemes;

	if (o->version != 0x0303)
		return opaque(o, "certificate_request_context", m, 1) && extensions(o, m);
	return rd_vec8(m, 0, 0xff, &types) &&
	       trace_list(o, "certificate_types", "certificate_type", NAMES_CLIENT_CERT, 1,
			  types) &&
	       rd_vec16(m, 0, 0xffff, &schemes) &&
	       trace_list(o, "supported_signature_algorithms", "algorithm", NAMES_SCHEME, 2,
			  schemes) &&
	       authorities(o, m);
}

static bool certificate_status(struct trace_out *o, struct bytes *m)
{
	return number8(o, "status_type", NAMES_STATUS_TYPE, m) && opaque(o, "response", m, 3);
}

static bool finished(struct trace_out *o, struct bytes *m)
{
	return rest(o, "verify_data", m);
}

static bool key_update(struct trace_out *o, struct bytes *m)
{
	struct bytes raw;

	if (!rd_bytes(m, 1, &raw))
		return false;
	trace_field(o, "request_update", raw, "%s", raw.p[0] == 0 ? "update_not_requested" :
		    raw.p[0] == 1 ? "update_requested" : "not a value it may have");
	return true;
}

static bool nothing(struct trace_out *o, struct bytes *m)
{
	(void)o;
	(void)m;
	return true;
}

static const struct {
	uint8_t type;
	bool (*decode)(struct trace_out *o, struct bytes *m);
} decoders[] = {
	{ 0, nothing },			/* HelloRequest */
	{ 1, client_hello },
	{ 2, server_hello },
	{ 4, new_session_ticket },
	{ 5, nothing },			/* EndOfEarlyData */
	{ 8, extensions },		/* EncryptedExtensions */
	{ 11, certificate },
	{ 12, server_key_exchange },
	{ 13, certificate_request },
	{ 14, nothing },		/* ServerHelloDone */
	{ 15, signature },		/* CertificateVerify */
	{ 16, client_key_exchange },
	{ 20, finished },
	{ 22, certificate_status },
	{ 24, key_update },
};

static bool message(struct trace_out *o, struct bytes *m)
{
	struct bytes whole = *m, length;
	uint32_t n;
	uint8_t type;
	size_t i;

	if (!rd_u8(m, &type))
		return false;
	o->message = type;
	o->retry = strcmp(trace_message_name(whole), "HelloRetryRequest") == 0;
	trace_number(o, "msg_type", NAMES_MESSAGE, type, bytes_of(whole.p, 1));
	length = *m;
	if (!rd_u24(m, &n))
		return false;
	trace_field(o, "length", bytes_of(length.p, 3), "%u", n);
	for (i = 0; i < sizeof(decoders) / sizeof(decoders[0]); i++)
		if (decoders[i].type == type)
			return decoders[i].decode(o, m);
	return rest(o, "body", m);
}

/* From the leaf up: who stands there, and the little that tells certificates apart. */
static bool path(struct trace_out *o, struct bytes *m)
{
	struct bytes der;
	bool leaf = true;

	while (m->n) {
		if (!rd_vec24(m, 1, 0xffffff, &der) ||
		    !trace_path_step(o, leaf ? "leaf" : m->n ? "issuer" : "anchor", der))
			return false;
		leaf = false;
	}
	return true;
}

static bool alert(struct trace_out *o, struct bytes *m)
{
	struct bytes level, description;

	if (!rd_bytes(m, 1, &level) || !rd_bytes(m, 1, &description))
		return false;
	trace_field(o, "level", level, "%s", level.p[0] == 1 ? "warning" :
		    level.p[0] == 2 ? "fatal" : "unknown");
	trace_field(o, "description", description, "%s (%u)",
		    sealsock_alert_name(description.p[0]), description.p[0]);
	return true;
}

int sealsock_trace_decode(const struct sealsock_trace_event *event, sealsock_field_fn fn, void *arg)
{
	struct trace_out o = {
		.fn = fn, .arg = arg, .version = event->version, .suite = event->cipher,
	};
	struct bytes m = bytes_of(event->bytes, event->bytes ? event->len : 0);
	bool ok = true;

	switch (event->kind) {
	case SEALSOCK_TRACE_MESSAGE:
	case SEALSOCK_TRACE_INNER:
		ok = message(&o, &m);
		break;
	case SEALSOCK_TRACE_ALERT:
		ok = alert(&o, &m);
		break;
	case SEALSOCK_TRACE_CCS:
		trace_field(&o, "type", m, "change_cipher_spec");
		return 0;
	case SEALSOCK_TRACE_PATH:
		ok = path(&o, &m);
		break;
	case SEALSOCK_TRACE_KEYS:
		return 0;
	}
	if (ok && !m.n)
		return 0;
	o.depth = 0;
	trace_field(&o, "malformed", m, "%zu bytes that do not belong here", m.n);
	return SEALSOCK_ERR_DECODE;
}
