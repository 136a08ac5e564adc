/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* sealsockd's configuration file: what it says, and what is wrong with it. */
#ifndef SEALSOCKD_CONF_H
#define SEALSOCKD_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum {
	CONF_NAME = 64,			/* of a credential, trust or profile, with its NUL */
	CONF_LIST = 256,		/* entries of any list */
	CONF_FILE_MAX = 1 << 20,	/* bytes of the configuration */
};

/* What is wrong, one line each: "path:line: text". */
struct complaints {
	const char *path;
	FILE *out;
	unsigned int count;
};

void complain(struct complaints *c, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct conf_list {
	char **s;
	unsigned int n;
};

struct conf_numbers {
	uint32_t *v;
	unsigned int n;
};

/* A chain, its key and perhaps a staple. A bundle is both @chain and @key. */
struct conf_chain {
	char *chain, *key, *staple;
	unsigned int line;
};

/*
 * Who may use a credential: one of the users, or a member of one of the groups; root only
 * where neither is named. Where cgroups or ports are named, it must be one of these besides.
 */
struct conf_access {
	bool everybody;
	struct conf_numbers users;	/* uids, those of groups' members too */
	struct conf_numbers groups;	/* gids */
	struct conf_list cgroups;	/* "/system.slice/x.service": it, and what is below it */
	struct conf_numbers ports;	/* local ones */
};

struct conf_credential {
	char *name;
	unsigned int line;
	struct conf_chain *chains;
	unsigned int n_chains;
	struct conf_access access;
};

struct conf_trust {
	char *name;
	unsigned int line;
	struct conf_list files, crls;
	bool system;
};

struct conf_profile {
	char *name;
	unsigned int line;
	char *base, *rules, *versions, *ciphers, *groups, *sigalgs;
};

enum conf_log { CONF_LOG_ERRORS, CONF_LOG_FAILURES, CONF_LOG_HANDSHAKES };

struct conf {
	unsigned int workers;		/* 0: one for each processor */
	unsigned int handshakes;	/* at once, in one worker */
	unsigned int signatures;	/* a second, for one worker; 0: no limit */
	unsigned int sessions;		/* kept for clients */
	unsigned int tickets;		/* given to a client */
	unsigned int log;		/* enum conf_log */
	unsigned int log_rate;		/* lines a second */
	bool kernel;			/* the kernel's own sockets are served, too */
	unsigned int watch;		/* seconds between looks at the files; 0: never */
	char *worker_user, *keeper_user;
	char *ticket_keys;		/* NULL: made at random */
	char *ech_keys;			/* NULL: none */
	char *status;			/* path of the socket; NULL: none */
	char *credential, *trust, *profile; /* of programs that name none */
	uid_t worker_uid, keeper_uid;
	gid_t worker_gid, keeper_gid;

	struct conf_credential *credentials;
	unsigned int n_credentials;
	struct conf_trust *trusts;
	unsigned int n_trusts;
	struct conf_profile *profiles;
	unsigned int n_profiles;
	void *memory;			/* all of the above */
};

/*
 * Reads a configuration: what can be said about it without looking at other files. False: something
 * is wrong, and @c has all of it. It is to be freed in either case.
 */
bool conf_read(const char *path, struct conf *conf, struct complaints *c);
bool conf_parse(const char *text, size_t n, struct conf *conf, struct complaints *c);
void conf_free(struct conf *conf);

/* By name, "" the one of programs that name none. NULL: there is none. */
const struct conf_credential *conf_credential(const struct conf *conf, const char *name);
const struct conf_trust *conf_trust(const struct conf *conf, const char *name);
const struct conf_profile *conf_profile(const struct conf *conf, const char *name);

/*
 * conf_values.c, for conf.c: memory that lives as long as @conf, zeroed. The program ends where
 * there is none.
 */
void *conf_alloc(struct conf *conf, size_t n);
char *conf_strdup(struct conf *conf, const char *s);

/* A value's place, its bounds and its form. */
struct conf_key {
	const char *section, *name;
	void (*set)(struct conf *conf, const struct conf_key *key, void *at, char *value,
		    unsigned int line, struct complaints *c);
	size_t offset;
	uint32_t min, max;
	const char *words;		/* of an enumeration, separated by blanks */
	bool repeat;
};

extern const struct conf_key conf_keys[];

/* What is wrong between the parts, and what is left out; users are looked up. */
void conf_complete(struct conf *conf, struct complaints *c);

#endif
