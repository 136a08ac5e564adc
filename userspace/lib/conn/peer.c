// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the peer's certificate calls it. */
#include "conn/conn.h"
#include "x509/cert.h"
#include "x509/der.h"
#include "x509/gn.h"

static bool own_cert(const struct sealsock_conn *conn, struct x509 *x)
{
	struct finding f;
	struct bytes der;

	der.p = sealsock_conn_peer_cert(conn, 0, &der.n);
	return der.p && x509_parse(der, x, &f);
}

const void *sealsock_conn_peer_name(const struct sealsock_conn *conn, enum sealsock_name kind,
				    unsigned int i, size_t *n)
{
	static const enum gn_kind kinds[] = {
		[SEALSOCK_NAME_DNS] = GN_DNS, [SEALSOCK_NAME_IP] = GN_IP,
		[SEALSOCK_NAME_URI] = GN_URI, [SEALSOCK_NAME_EMAIL] = GN_EMAIL,
	};
	struct bytes san;
	struct x509 x;
	struct gn name;

	*n = 0;
	if (kind > SEALSOCK_NAME_EMAIL || !own_cert(conn, &x) || !x509_has(&x, X509_SAN))
		return NULL;
	san = x.ext[X509_SAN];
	if (!der_take(&san, DER_SEQUENCE, &san))
		return NULL;
	while (gn_next(&san, false, &name)) {
		if (name.kind != kinds[kind] || i--)
			continue;
		*n = name.value.n;
		return name.value.p;
	}
	return NULL;
}

const char *sealsock_conn_peer_spiffe(const struct sealsock_conn *conn, size_t *n)
{
	struct bytes id;
	struct x509 x;

	*n = 0;
	if (!own_cert(conn, &x) || !x509_spiffe(&x, &id))
		return NULL;
	*n = id.n;
	return (const char *)id.p;
}
