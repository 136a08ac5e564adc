/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A configuration with the files it names: what workers are made with. Private keys are not among
 * it, only the files they are in, which the keeper reads.
 */
#ifndef SEALSOCKD_MATERIAL_H
#define SEALSOCKD_MATERIAL_H

#include "conf.h"

struct blob {
	char *p;
	size_t n;
};

/* A chain of a credential. @key_id: the keeper's name of its key; @key_fd: its file, or -1. */
struct chain {
	struct blob pem, staple;
	uint32_t key_id;
	int key_fd;
	int64_t from, until;		/* as sealsock_chain_dates() has them */
};

struct credential {
	const struct conf_credential *conf;
	struct chain *chains;
};

struct trust {
	const struct conf_trust *conf;
	struct blob *files, *crls;
	struct blob system;
};

struct material {
	struct conf conf;
	struct credential *credentials;	/* in the order of the configuration, as trusts are */
	struct trust *trusts;
	int ticket_keys_fd, ech_keys_fd; /* -1: none */
	struct blob ech_lists;		/* what the keys are for, PEM, without them */
	uint64_t print;			/* changes when any of the files does */
};

/* Closes the files of keys that are still open, too. */
void material_free(struct material *m);

/* Closes the files of keys, once the keeper has them. */
void material_close_keys(struct material *m);

/* How many keys there are. */
uint32_t material_keys(const struct material *m);

/* By name, as conf_credential() and conf_trust(). */
const struct credential *material_credential(const struct material *m, const char *name);
const struct trust *material_trust(const struct material *m, const char *name);

#endif
