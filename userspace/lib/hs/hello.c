// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The application's say in which configuration serves a client, before anything else is decided. */
#include "hs/alert.h"
#include "hs/hello.h"
#include "hs/hs.h"

enum { VERSIONS_MAX = 2, HOST_NAME = 256 };

/* Those that this library knows; a ClientHello without the extension is one of TLS 1.2. */
static size_t known_versions(const struct client_hello *ch, uint16_t out[VERSIONS_MAX])
{
	size_t i, n = 0;

	if (!(ch->ext.present & EXT_BIT(EXT_SUPPORTED_VERSIONS))) {
		out[0] = VERSION_TLS12;
		return ch->legacy_version >= VERSION_TLS12;
	}
	for (i = 0; i < u16_count(ch->ext.versions) && n < VERSIONS_MAX; i++) {
		uint16_t v = u16_at(ch->ext.versions, i);

		if ((v == VERSION_TLS12 || v == VERSION_TLS13) && (n == 0 || out[0] != v))
			out[n++] = v;
	}
	return n;
}

static int use(struct hs *hs, struct sealsock_config *chosen)
{
	int err = chosen == hs->ch->cfg ? 0 : channel_use(hs->ch, chosen);

	return err ? channel_fail_alert(hs->ch, SEALSOCK_ERR_CONFIG, ALERT_INTERNAL_ERROR,
					"the configuration chosen for this client cannot be used") :
		     0;
}

/* What the client offers; false: nothing that any configuration could take. */
static bool describe(const struct client_hello *ch, uint16_t versions[VERSIONS_MAX],
		     char name[HOST_NAME], struct sealsock_hello *out)
{
	*out = (struct sealsock_hello){ .versions = versions };
	out->version_count = known_versions(ch, versions);
	if (ch->ext.present & EXT_BIT(EXT_SERVER_NAME) && ch->ext.host_name.n < HOST_NAME) {
		memcpy(name, ch->ext.host_name.p, ch->ext.host_name.n);
		name[ch->ext.host_name.n] = '\0';
		out->sni = name;
	}
	if (ch->ext.present & EXT_BIT(EXT_ALPN)) {
		out->alpn = ch->ext.alpn.p;
		out->alpn_len = ch->ext.alpn.n;
	}
	return out->version_count;
}

int hello_ask_application(struct hs *hs, struct bytes body, hs_resume_fn resume)
{
	struct sealsock_config *cfg = hs->ch->cfg, *chosen = cfg;
	uint16_t versions[VERSIONS_MAX];
	struct sealsock_hello hello;
	struct client_hello ch;
	char name[HOST_NAME];
	int r;

	/* One that is malformed or too old is refused by whoever looks at it next. */
	if (!cfg->on_hello || client_hello_parse(body, &ch) || client_hello_parse_ext(&ch) ||
	    !describe(&ch, versions, name, &hello))
		return 0;
	/* The channel is the connection's first member. */
	r = cfg->on_hello(cfg->on_hello_arg, (struct sealsock_conn *)hs->ch, &hello, &chosen);
	if (r == SEALSOCK_WANT_ANSWER)
		return hs_wait(hs, SEALSOCK_REQUEST_HELLO, resume);
	if (r)
		return hs_refused(hs->ch, r, SEALSOCK_ERR_REJECTED,
				  "the application refused the client");
	return use(hs, chosen);
}
