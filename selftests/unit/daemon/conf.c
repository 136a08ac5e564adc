// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The helper's configuration: every key right, every key wrong, with the line where it is. */
#include <stdlib.h>

#include "certs.h"
#include "conf.h"
#include "tap.h"

static const char head[] = "[helper]\nworker-user = nobody\nkeeper-user = daemon\n";

/* Reads @text behind the head: what is said about it, to be freed. */
static char *complaints_of(const char *text, struct conf *conf)
{
	char *said = NULL, *whole = NULL;
	size_t n;
	struct complaints c = { .path = "c", .out = open_memstream(&said, &n) };

	NEED(c.out && asprintf(&whole, "%s%s", head, text) > 0);
	conf_parse(whole, strlen(whole), conf, &c);
	free(whole);
	fclose(c.out);
	return said;
}

static void wrong(const char *text, const char *want)
{
	struct conf conf;
	char *said = complaints_of(text, &conf), shown[64];

	snprintf(shown, sizeof(shown), "%s", text);
	for (char *p = shown; *p; p++)
		if (*p == '\n')
			*p = '|';
	if (!ok(strstr(said, want), "%s", shown))
		printf("# said: %s# want: %s\n", said, want);
	free(said);
	conf_free(&conf);
}

static void right(const char *text)
{
	struct conf conf;
	char *said = complaints_of(text, &conf);

	if (!ok(!*said, "%.*s: nothing is wrong", (int)strcspn(text, "\n"), text))
		printf("# %s\n", said);
	free(said);
	conf_free(&conf);
}

static void lines(void)
{
	wrong("workers\n", "c:4: \"workers\": lines are KEY = VALUE");
	wrong("colour = red\n", "c:4: \"colour\" is no key of [helper]");
	wrong("workers = 1\nworkers = 2\n", "c:5: \"workers\" is there already");
	wrong("workers =\n", "c:4: \"workers\" has no value");
	wrong("[house]\n", "c:4: [house]: sections are");
	wrong("[credential]\n", "c:4: [credential]: a name has");
	wrong("[credential a/b]\n", "c:4: [credential]: a name has");
	wrong("[helper\n", "c:4: a section has no \"]\"");
	wrong("[credential a]\nbundle = /b\n[credential a]\nbundle = /b\n",
	      "c:6: [credential a] is there already");
	wrong("[credential a]\n", "c:4: [credential a] has neither");
	wrong("[trust a]\n", "c:4: [trust a] has neither");
	wrong("[credential a]\nusers = *\n\n# comment\n; comment\nfoo = 1\n",
	      "c:9: \"foo\" is no key");
	right("  workers=2  \r\n# a comment\n\n; another\n");
}

/* Each key, a value that will not do, and what is said of it. */
static void each_key(void)
{
	static const char *const helper[][3] = {
		{ "workers", "65", "\"workers\" is a number from 0 to 64" },
		{ "workers", "-1", "\"workers\" is a number" },
		{ "workers", "two", "\"workers\" is a number" },
		{ "workers", "1 2", "\"workers\" is a number" },
		{ "handshakes", "0", "\"handshakes\" is a number from 1 to 100000" },
		{ "signatures", "x", "\"signatures\" is a number" },
		{ "sessions", "100001", "\"sessions\" is a number" },
		{ "tickets", "9", "\"tickets\" is a number from 0 to 8" },
		{ "log", "much", "\"log\" is one of: errors failures handshakes" },
		{ "log", "fail", "\"log\" is one of" },
		{ "log-rate", "0", "\"log-rate\" is a number from 1" },
		{ "watch", "3601", "\"watch\" is a number from 0" },
		{ "ticket-keys", "keys", "\"ticket-keys\" is a path" },
		{ "status", "status", "\"status\" is a path" },
		{ "credential", "nothing", "no [credential nothing]" },
		{ "trust", "nothing", "no [trust nothing]" },
		{ "profile", "nothing", "no [profile nothing]" },
	};
	static const char *const cred[][3] = {
		{ "chain", "web.pem", "\"chain\" is a path" },
		{ "key", "/web.key", "a \"key\" comes after its \"chain\"" },
		{ "bundle", "web.pem", "\"bundle\" is a path" },
		{ "staple", "/s", "a \"staple\" comes after" },
		{ "users", "no-such-user-here", "no user \"no-such-user-here\"" },
		{ "users", "root, no-such-user-here", "no user \"no-such-user-here\"" },
		{ "groups", "no-such-group-here", "no group \"no-such-group-here\"" },
		{ "cgroups", "system.slice", "\"cgroups\" is a path" },
		{ "ports", "65536", "\"65536\" is no port" },
		{ "ports", "443,http", "\"http\" is no port" },
	};
	static const char *const other[][3] = {
		{ "[trust t]\nsystem = perhaps\n", "c:5:", "\"system\" is yes or no" },
		{ "[trust t]\nfile = ca.pem\n", "c:5:", "\"file\" is a path" },
		{ "[trust t]\nsystem = yes\ncrl = ca.crl\n", "c:6:", "\"crl\" is a path" },
		{ "[profile p]\nbase = fast\n", "c:5:", "\"base\":" },
		{ "[profile p]\nbase = web\n", "c:5:", "\"base\" is one of" },
		{ "[profile p]\nrules = modern\n", "c:5:", "\"rules\" is one of" },
		{ "[profile p]\nversions = TLSv1.1\n", "c:5:", "\"versions\":" },
		{ "[profile p]\nciphers = NULL\n", "c:5:", "\"ciphers\":" },
		{ "[profile p]\ngroups = x25520\n", "c:5:", "\"groups\":" },
		{ "[profile p]\nsigalgs = md5\n", "c:5:", "\"sigalgs\":" },
	};
	char text[200], want[200];
	size_t i;

	for (i = 0; i < sizeof(helper) / sizeof(helper[0]); i++) {
		snprintf(text, sizeof(text), "%s = %s\n", helper[i][0], helper[i][1]);
		wrong(text, helper[i][2]);
	}
	for (i = 0; i < sizeof(cred) / sizeof(cred[0]); i++) {
		snprintf(text, sizeof(text), "[credential a]\n%s = %s\n", cred[i][0], cred[i][1]);
		snprintf(want, sizeof(want), "c:5: %s", cred[i][2]);
		wrong(text, cred[i][2]);
	}
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		wrong(other[i][0], other[i][1]);
		wrong(other[i][0], other[i][2]);
	}
	wrong("[credential a]\nchain = /a\nchain = /b\nkey = /c\n", "c:5: this chain has no key");
	wrong("[credential a]\nchain = /a\n", "c:5: this chain has no key");
	wrong("[credential a]\nbundle = /a\nkey = /b\n", "c:6: a \"key\" comes after");
	wrong("[credential a]\nbundle = /a\nstaple = /b\nstaple = /c\n", "c:7: a \"staple\" comes");
}

/* No key is without a value that is refused. */
static void all_tried(void)
{
	const struct conf_key *k;
	char text[200];

	for (k = conf_keys; k->name; k++) {
		if (strstr(k->name, "-user"))	/* they are in the head */
			continue;
		if (!strcmp(k->section, "helper"))
			snprintf(text, sizeof(text), "%s =\n", k->name);
		else
			snprintf(text, sizeof(text), "[%s x]\n%s =\n", k->section, k->name);
		wrong(text, "has no value");
	}
}

static void users(void)
{
	char *said = NULL;
	size_t n;
	struct complaints c = { .path = "c", .out = open_memstream(&said, &n) };
	static const char same[] = "[helper]\nworker-user = nobody\nkeeper-user = nobody\n";
	static const char root[] = "[helper]\nworker-user = root\nkeeper-user = no-such-user\n";
	struct conf conf;

	conf_parse(same, strlen(same), &conf, &c);
	conf_free(&conf);
	conf_parse(root, strlen(root), &conf, &c);
	conf_free(&conf);
	fclose(c.out);
	ok(strstr(said, "must be different users"), "worker and keeper as one user");
	ok(strstr(said, "the worker must not be root"), "a worker that is root");
	ok(strstr(said, "there is no user \"no-such-user\" to be the keeper"), "no keeper");
	free(said);
}

static void values(void)
{
	static const char text[] =
		"workers = 3\nhandshakes = 10\nlog = handshakes\ncredential = web\n"
		"[credential web]\nchain = /a.pem\nkey = /a.key\nstaple = /a.ocsp\nbundle = /b.pem\n"
		"users = root, 33\nusers = 34\ngroups = root\nports = 443 8443\n"
		"cgroups = /system.slice/ /user.slice\n"
		"[trust t]\nfile = /x\nfile = /y\nsystem = yes\n[profile p]\nbase = modern\n";
	struct conf conf;
	char *said = complaints_of(text, &conf);
	const struct conf_credential *web = conf_credential(&conf, "");
	const struct conf_trust *t = conf_trust(&conf, "t");

	if (!ok(!*said, "a whole configuration"))
		printf("# %s\n", said);
	free(said);
	ok(conf.workers == 3 && conf.handshakes == 10 && conf.log == CONF_LOG_HANDSHAKES &&
	   conf.tickets == 1 && conf.watch == 5, "numbers and defaults");
	ok(web && !strcmp(web->name, "web") && web->line == 8, "the credential without a name");
	ok(web->n_chains == 2 && !strcmp(web->chains[0].key, "/a.key") &&
	   !strcmp(web->chains[0].staple, "/a.ocsp") && web->chains[1].key == web->chains[1].chain,
	   "has two chains, one of them a bundle");
	ok(web->access.users.n >= 3 && web->access.groups.n == 1 && web->access.ports.n == 2 &&
	   web->access.ports.v[1] == 8443 && web->access.cgroups.n == 2 &&
	   !strcmp(web->access.cgroups.s[0], "/system.slice"), "and those who may use it");
	ok(t && t->files.n == 2 && t->system, "a trust");
	ok(conf_trust(&conf, "") && conf_trust(&conf, "")->system &&
	   conf_profile(&conf, "legacy") && conf_profile(&conf, "p") &&
	   !conf_profile(&conf, "x") && !conf_credential(&conf, "x"), "what is built in");
	conf_free(&conf);
}

int main(void)
{
	lines();
	each_key();
	all_tried();
	users();
	values();
	return done();
}
