// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Events of sealsock_config_trace(). */
#include "trace/names.h"
#include "record/watch.h"

/* @of: what a step of the key schedule takes, in the notation of its RFC. */
static const struct {
	const char *name;
	const char *of;
} keys[TRACE_KEYS] = {
	[TRACE_SHARED_SECRET] = { "shared secret",
		"(EC)DHE of our private key and the peer's key share" },
	[TRACE_EARLY_SECRET] = { "early secret", "HKDF-Extract(0, PSK, or 0 without one)" },
	[TRACE_BINDER_KEY] = { "binder_key", "Derive-Secret(early secret, \"res binder\", \"\")" },
	[TRACE_HANDSHAKE_SECRET] = { "handshake secret",
		"HKDF-Extract(Derive-Secret(early secret, \"derived\", \"\"), shared secret)" },
	[TRACE_CLIENT_HANDSHAKE] = { "client_handshake_traffic_secret",
		"Derive-Secret(handshake secret, \"c hs traffic\", ClientHello…ServerHello)" },
	[TRACE_SERVER_HANDSHAKE] = { "server_handshake_traffic_secret",
		"Derive-Secret(handshake secret, \"s hs traffic\", ClientHello…ServerHello)" },
	[TRACE_MASTER13] = { "master secret",
		"HKDF-Extract(Derive-Secret(handshake secret, \"derived\", \"\"), 0)" },
	[TRACE_CLIENT_TRAFFIC] = { "client_application_traffic_secret_0",
		"Derive-Secret(master secret, \"c ap traffic\", ClientHello…server Finished)" },
	[TRACE_SERVER_TRAFFIC] = { "server_application_traffic_secret_0",
		"Derive-Secret(master secret, \"s ap traffic\", ClientHello…server Finished)" },
	[TRACE_EXPORTER] = { "exporter_master_secret",
		"Derive-Secret(master secret, \"exp master\", ClientHello…server Finished)" },
	[TRACE_RESUMPTION] = { "resumption_master_secret",
		"Derive-Secret(master secret, \"res master\", ClientHello…client Finished)" },
	[TRACE_CLIENT_KEY] = { "client write key", NULL },
	[TRACE_SERVER_KEY] = { "server write key", NULL },
	[TRACE_CLIENT_IV] = { "client write IV", NULL },
	[TRACE_SERVER_IV] = { "server write IV", NULL },
	[TRACE_NEXT_CLIENT] = { "client_application_traffic_secret_N+1",
		"HKDF-Expand-Label(client_application_traffic_secret_N, \"traffic upd\", \"\")" },
	[TRACE_NEXT_SERVER] = { "server_application_traffic_secret_N+1",
		"HKDF-Expand-Label(server_application_traffic_secret_N, \"traffic upd\", \"\")" },
	[TRACE_PRE_MASTER] = { "pre-master secret",
		"(EC)DHE shared secret, or what the client chose (RSA)" },
	[TRACE_MASTER12] = { "master secret",
		"PRF(pre-master secret, \"master secret\", client random + server random)" },
	[TRACE_EXTENDED_MASTER] = { "extended master secret",
		"PRF(pre-master secret, \"extended master secret\", session_hash)" },
	[TRACE_KEY_BLOCK] = { "key block",
		"PRF(master secret, \"key expansion\", server random + client random)" },
	[TRACE_CLIENT_MAC] = { "client write MAC key", "from the key block" },
	[TRACE_SERVER_MAC] = { "server write MAC key", "from the key block" },
};

/* Keys and IVs are made differently in the two versions. */
static const char *made_of(enum trace_key key, uint16_t version)
{
	if (keys[key].of)
		return keys[key].of;
	if (version == VERSION_TLS12)
		return "from the key block";
	if (key == TRACE_CLIENT_KEY || key == TRACE_SERVER_KEY)
		return "HKDF-Expand-Label(traffic secret, \"key\", \"\", key length)";
	return "HKDF-Expand-Label(traffic secret, \"iv\", \"\", 12)";
}

static uint16_t version_of(const struct channel *c)
{
	if (!c->suite)
		return 0;
	return c->suite->id >> 8 == 0x13 ? VERSION_TLS13 : VERSION_TLS12;
}

static void tell(const struct channel *c, struct sealsock_trace_event *e, struct bytes b)
{
	/* The channel is the connection's first member (conn.h). */
	e->conn = (const struct sealsock_conn *)c;
	e->role = c->cfg->role;
	e->version = version_of(c);
	e->cipher = c->suite ? c->suite->id : 0;
	e->step = c->step;
	e->bytes = b.p;
	e->len = b.n;
	c->cfg->trace(c->cfg->trace_arg, e);
}

static void message(const struct channel *c, enum sealsock_direction dir, bool encrypted,
		    struct bytes whole)
{
	struct sealsock_trace_event e = {
		.kind = SEALSOCK_TRACE_MESSAGE,
		.direction = dir,
		.encrypted = encrypted,
		.type = whole.p[0],
		.name = trace_message_name(whole),
	};

	tell(c, &e, whole);
}

static void alert(const struct channel *c, enum sealsock_direction dir, bool encrypted,
		  struct bytes content)
{
	struct sealsock_trace_event e = {
		.kind = SEALSOCK_TRACE_ALERT,
		.direction = dir,
		.encrypted = encrypted,
	};

	if (content.n == 2)
		e.type = content.p[1];
	e.name = content.n == 2 ? sealsock_alert_name(content.p[1]) : "malformed alert";
	tell(c, &e, content);
}

static void ccs(const struct channel *c, enum sealsock_direction dir)
{
	static const uint8_t one = 1;
	struct sealsock_trace_event e = {
		.kind = SEALSOCK_TRACE_CCS,
		.direction = dir,
		.name = "ChangeCipherSpec",
	};

	tell(c, &e, bytes_of(&one, 1));
}

static void secret(const struct channel *c, enum trace_key key, struct bytes value)
{
	struct sealsock_trace_event e = {
		.kind = SEALSOCK_TRACE_KEYS,
		.type = key,
		.name = keys[key].name,
		.made_of = made_of(key, version_of(c)),
	};

	if (!c->cfg->trace_secrets)
		value.p = NULL;
	tell(c, &e, value);
}

static void path(const struct channel *c, struct bytes ders)
{
	struct sealsock_trace_event e = {
		.kind = SEALSOCK_TRACE_PATH,
		.name = "certification path",
		.made_of = ders.n ? "the peer's certificates and the anchors" :
				    "the same chain was found right before",
	};

	tell(c, &e, ders);
}

/*
 * Did the record that is being handled come sealed? In TLS 1.3 its header says so: a server takes
 * unsealed alerts for a while. Where the kernel opens records, the library never has one at hand.
 */
static bool came_sealed(const struct channel *c)
{
	if (!c->in.n)
		return true;
	if (version_of(c) == VERSION_TLS12)
		return record_keyed(&c->rx);
	return c->in.p[0] == SEAL_TYPE_DATA;
}

static void received(const struct channel *c, struct bytes whole)
{
	message(c, SEALSOCK_DIR_RECEIVED, came_sealed(c), whole);
}

/* Encrypted as a record is not, but nobody on the way reads it. */
static void inner(const struct channel *c, enum sealsock_direction dir, struct bytes whole)
{
	struct sealsock_trace_event e = {
		.kind = SEALSOCK_TRACE_INNER,
		.direction = dir,
		.encrypted = true,
		.type = whole.p[0],
		.name = "inner ClientHello",
	};

	tell(c, &e, whole);
}

static void alert_received(const struct channel *c, struct bytes content)
{
	alert(c, SEALSOCK_DIR_RECEIVED, came_sealed(c), content);
}

static void output(const struct channel *c, uint8_t type, struct bytes content)
{
	/* Where the kernel seals there is a secret, but no key any more. */
	bool sealed = record_keyed(&c->tx) || c->tx_secret.n;
	struct bytes header, whole;
	uint32_t len;
	uint8_t t;

	if (type == SEAL_TYPE_ALERT)
		alert(c, SEALSOCK_DIR_SENT, sealed, content);
	if (type != SEAL_TYPE_HANDSHAKE)
		return;
	while (content.n) {
		header = content;
		if (!rd_u8(&header, &t) || !rd_u24(&header, &len) ||
		    !rd_bytes(&content, TRACE_HEADER + (size_t)len, &whole))
			return;		/* whatever is sent consists of whole messages */
		message(c, SEALSOCK_DIR_SENT, sealed, whole);
	}
}

static const struct watch watch = {
	.on_received = received,
	.on_inner = inner,
	.on_alert_received = alert_received,
	.on_ccs = ccs,
	.on_secret = secret,
	.on_path = path,
	.on_output = output,
};

int sealsock_config_trace(struct sealsock_config *cfg, sealsock_trace_fn fn, void *arg)
{
	int err = config_open(cfg);

	if (err)
		return err;
	cfg->watch = fn ? &watch : NULL;
	cfg->trace = fn;
	cfg->trace_arg = arg;
	return 0;
}

int sealsock_config_trace_secrets(struct sealsock_config *cfg, bool on)
{
	int err = config_open(cfg);

	if (err)
		return err;
	cfg->trace_secrets = on;
	return 0;
}
