// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The state table against RFC 8446 §A.1 and §A.2; every message that a state does not allow. */
#include "flight.h"
#include "hs/hs.h"
#include "mutual.h"
#include "tap.h"

/* The diagrams of the RFC, without 0-RTT: state, message, next. */
static const struct {
	enum hs_state from;
	unsigned int msg;
	enum hs_state to;
} diagram[] = {
	/* §A.1, client; WAIT_CERT_CR takes either message */
	{ HS_WAIT_SH, MSG_SERVER_HELLO, HS_WAIT_EE },
	{ HS_WAIT_SH, MSG_HELLO_RETRY_REQUEST, HS_WAIT_SH_AGAIN },
	{ HS_WAIT_SH_AGAIN, MSG_SERVER_HELLO, HS_WAIT_EE },
	{ HS_WAIT_EE, MSG_ENCRYPTED_EXTENSIONS, HS_WAIT_CERT_CR },
	{ HS_WAIT_EE, MSG_ENCRYPTED_EXTENSIONS, HS_WAIT_SERVER_FINISHED },	/* PSK */
	{ HS_WAIT_CERT_CR, MSG_CERTIFICATE, HS_WAIT_CV },
	{ HS_WAIT_CERT_CR, MSG_CERTIFICATE_REQUEST, HS_WAIT_CERT },
	{ HS_WAIT_CERT, MSG_CERTIFICATE, HS_WAIT_CV },
	{ HS_WAIT_CV, MSG_CERTIFICATE_VERIFY, HS_WAIT_SERVER_FINISHED },
	{ HS_WAIT_SERVER_FINISHED, MSG_FINISHED, HS_CONNECTED },
	/* §A.2, server; a retry waits for another ClientHello */
	{ HS_WAIT_CH, MSG_CLIENT_HELLO, HS_WAIT_CLIENT_FINISHED },
	{ HS_WAIT_CH, MSG_CLIENT_HELLO, HS_WAIT_CH_AGAIN },
	{ HS_WAIT_CH_AGAIN, MSG_CLIENT_HELLO, HS_WAIT_CLIENT_FINISHED },
	/* client authentication asked for: WAIT_CERT, with or without a certificate, WAIT_CV */
	{ HS_WAIT_CH, MSG_CLIENT_HELLO, HS_WAIT_CLIENT_CERT },
	{ HS_WAIT_CH_AGAIN, MSG_CLIENT_HELLO, HS_WAIT_CLIENT_CERT },
	{ HS_WAIT_CLIENT_CERT, MSG_CERTIFICATE, HS_WAIT_CLIENT_CV },
	{ HS_WAIT_CLIENT_CERT, MSG_CERTIFICATE, HS_WAIT_CLIENT_FINISHED },
	{ HS_WAIT_CLIENT_CV, MSG_CERTIFICATE_VERIFY, HS_WAIT_CLIENT_FINISHED },
	{ HS_WAIT_CLIENT_FINISHED, MSG_FINISHED, HS_CONNECTED },
};

enum { DIAGRAM_ROWS = sizeof(diagram) / sizeof(diagram[0]) };

static bool in_diagram(enum hs_state from, unsigned int msg, enum hs_state to)
{
	size_t i;

	for (i = 0; i < DIAGRAM_ROWS; i++)
		if (diagram[i].from == from && diagram[i].msg == msg && diagram[i].to == to)
			return true;
	return false;
}

static bool in_table(enum hs_state from, unsigned int msg, enum hs_state to)
{
	const struct hs_row *r = hs_find(from, msg);

	return r && (r->next == to || (r->other && r->other == to) ||
		     (r->third && r->third == to));
}

static void tables(void)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < DIAGRAM_ROWS; i++)
		if (!in_table(diagram[i].from, diagram[i].msg, diagram[i].to))
			good = false;
	ok(good, "every arrow of the diagrams is in the table");
	good = true;
	for (i = 0; i < hs_row_count13; i++) {
		const struct hs_row *r = &hs_rows13[i];

		if (!in_diagram(r->state, r->msg, r->next) ||
		    (r->other && !in_diagram(r->state, r->msg, r->other)) ||
		    (r->third && !in_diagram(r->state, r->msg, r->third)))
			good = false;
	}
	ok(good, "every row of the table is in the diagrams");
	/* Keys change, or it is the peer's turn, after these: nothing may share their record. */
	good = true;
	for (i = 0; i < hs_row_count13; i++) {
		const struct hs_row *r = &hs_rows13[i];
		bool turn = r->msg == MSG_SERVER_HELLO || r->msg == MSG_HELLO_RETRY_REQUEST ||
			    r->msg == MSG_CLIENT_HELLO || r->msg == MSG_FINISHED;

		if (r->last != turn)
			good = false;
	}
	ok(good, "the messages that end their record");
}

/* A connection in a state. */
struct stage {
	struct flight f;
	struct sealsock_conn *conn;
	bool sealed;
	struct sealer s;
};

static void give_sealed(struct stage *st, const void *p, size_t n)
{
	st->s.out.n = 0;
	sealer_add(&st->s, SEAL_TYPE_HANDSHAKE, p, n);
	feed_all(st->conn, st->s.out.p, st->s.out.n, 0);
}

static const uint8_t cert_request[] = { 13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3 };

static void early_client(struct stage *st, bool retry)
{
	struct sealsock_config *sc = server_config(CERT_P256);
	struct flight *f = &st->f;
	size_t moved;

	memset(f, 0, sizeof(*f));
	if (retry)
		sealsock_config_groups(sc, "secp256r1");
	f->cc = client_config();
	f->sc = sc;
	f->client = client_conn(f->cc);
	f->server = sealsock_conn_new(sc);
	buf_init(&f->plain, &test_env_full);
	carry(f->client, f->server, 0, &moved);
	if (retry)
		carry(f->server, f->client, 0, &moved);
	st->conn = f->client;
}

static void early_server(struct stage *st, bool retry)
{
	early_client(st, retry);
	st->conn = st->f.server;
	if (!retry) {
		sealsock_conn_free(st->f.server);
		st->f.server = sealsock_conn_new(st->f.sc);
		st->conn = st->f.server;
	}
}

static void go_to(struct stage *st, enum hs_state state)
{
	size_t i, have = 0;

	memset(st, 0, sizeof(*st));
	if (state == HS_WAIT_SH || state == HS_WAIT_SH_AGAIN) {
		early_client(st, state == HS_WAIT_SH_AGAIN);
	} else if (state == HS_WAIT_CH || state == HS_WAIT_CH_AGAIN) {
		early_server(st, state == HS_WAIT_CH_AGAIN);
	} else if (state == HS_WAIT_CLIENT_FINISHED) {
		flight_to_server(&st->f, NULL, NULL);
		st->conn = st->f.server;
		st->sealed = true;
	} else if (state == HS_WAIT_CLIENT_CERT || state == HS_WAIT_CLIENT_CV) {
		flight_to_server(&st->f, mutual_client(), mutual_server());
		st->conn = st->f.server;
		st->sealed = true;
		have = state == HS_WAIT_CLIENT_CV;
	} else {
		flight_to_client(&st->f, NULL, NULL);
		st->conn = st->f.client;
		st->sealed = true;
		have = state == HS_WAIT_EE ? 0 : state == HS_WAIT_CERT_CR ? 1 :
		       state == HS_WAIT_CERT ? 1 : state == HS_WAIT_CV ? 2 : 3;
	}
	if (!st->sealed)
		return;
	sealer_open(&st->s, st->conn, &st->f.secret);
	for (i = 0; i < have; i++)
		give_sealed(st, st->f.msg[i].p, st->f.msg[i].n);
	if (state == HS_WAIT_CERT)
		give_sealed(st, cert_request, sizeof(cert_request));
}

static void leave(struct stage *st)
{
	if (st->sealed)
		sealer_close(&st->s);
	flight_close(&st->f);
}

static bool allowed(enum hs_state state, unsigned int type)
{
	return hs_find(state, type) ||
	       (type == MSG_SERVER_HELLO && hs_find(state, MSG_HELLO_RETRY_REQUEST));
}

/* The message's header alone is enough to be refused. */
static bool refused(enum hs_state state, unsigned int type)
{
	uint8_t msg[4] = { (uint8_t)type }, rec[16];
	const struct sealsock_failure *f;
	struct stage st;
	bool good;

	go_to(&st, state);
	if (!st.conn->hs || st.conn->hs->state != state) {
		printf("# state %d was not reached\n", state);
		leave(&st);
		return false;
	}
	if (st.sealed)
		give_sealed(&st, msg, sizeof(msg));
	else
		feed_all(st.conn, rec, plain_record(22, msg, 4, rec), 0);
	f = sealsock_conn_error(st.conn);
	good = f->code == SEALSOCK_ERR_UNEXPECTED && f->alert == ALERT_UNEXPECTED_MESSAGE &&
	       f->direction == SEALSOCK_DIR_SENT && !strcmp(f->step, hs_state_name(state));
	if (!good)
		printf("# %s, type %u: %s\n", hs_state_name(state), type, f->text);
	leave(&st);
	return good;
}

int main(void)
{
	int state;
	unsigned int type;

	tables();
	for (state = HS_WAIT_SH; state < HS12_WAIT_CERT; state++) {
		unsigned int tried = 0, good = 0;

		for (type = 0; type < 256; type++) {
			/* Between these, all types are alike unassigned. */
			if (type == 30)
				type = 250;
			if (allowed((enum hs_state)state, type))
				continue;
			tried++;
			good += refused((enum hs_state)state, type);
		}
		ok_int(good, tried, "%s: every other message is refused",
		       hs_state_name((enum hs_state)state));
	}
	free_test_identities();
	return done();
}
