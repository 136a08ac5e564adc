// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Structures of older and newer headers than the library's, and the pointer for callbacks. */
#include "pair.h"
#include "tap.h"

struct newer_info {
	struct sealsock_info known;
	uint64_t more;
};

struct newer_env {
	struct sealsock_env known;
	void (*more)(void);
};

static void more(void)
{
}

static int seen_by_verify(void *arg, struct sealsock_conn *conn)
{
	*(void **)arg = sealsock_conn_user(conn);
	return 0;
}

int main(void)
{
	struct sealsock_config *cc = sealsock_config_new(SEALSOCK_CLIENT), *sc;
	struct newer_env env = { .known = test_env };
	struct sealsock_conn *c, *s;
	struct newer_info info;
	void *seen = NULL;
	uint16_t two[2] = { 0, 0x5555 };
	int mine;

	ok_int(sealsock_config_env_sized(cc, &env.known, sizeof(env)), 0, "a newer structure");
	env.more = more;
	ok_int(sealsock_config_env_sized(cc, &env.known, sizeof(env)), SEALSOCK_ERR_INVALID,
	       "of which the library would have to know more");
	ok_int(sealsock_config_env_sized(cc, &env.known, offsetof(struct sealsock_env, alloc)), 0,
	       "an older one");
	sealsock_config_unref(cc);

	cc = client_config();
	sc = server_config(CERT_P256);
	sealsock_config_on_verify(cc, seen_by_verify, &seen);
	c = client_conn(cc);
	s = sealsock_conn_new(sc);
	ok(!sealsock_conn_user(c), "no pointer at first");
	sealsock_conn_set_user(c, &mine);
	ok(shake_hands(c, s, 0) && seen == &mine, "then the caller's, in its callback");
	memset(&info, 0xff, sizeof(info));
	sealsock_conn_info_sized(c, &info.known, sizeof(info));
	ok(info.known.version == 0x0304 && info.more == 0, "info of a newer header");
	sealsock_conn_info_sized(c, (struct sealsock_info *)two, sizeof(two[0]));
	ok(two[0] == 0x0304 && two[1] == 0x5555, "and of an older one");
	sealsock_conn_free(c);
	sealsock_conn_free(s);
	sealsock_config_unref(cc);
	sealsock_config_unref(sc);
	free_test_identities();
	return done();
}
