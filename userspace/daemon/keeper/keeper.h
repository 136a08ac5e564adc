/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room keeper/: private keys, ticket keys, sessions of clients, in a process of its own. It
 * parses nothing that a peer sent, and does what the messages of ipc.h ask for. It sees the hall.
 */
#ifndef SEALSOCKD_KEEPER_H
#define SEALSOCKD_KEEPER_H

#include <stdbool.h>

#include "conf.h"

struct keeper;

/* @control: the parent's end of it is the parent's. NULL: no memory. */
struct keeper *keeper_new(int control, const struct conf *conf);

/*
 * Begins to sign, by this many threads. False, with errno: the process is not to go on. Threads are
 * not to be had any more when the sandbox is closed: this comes before.
 */
bool keeper_start(struct keeper *k, unsigned int threads);

/* Answers until the parent is gone: the process's exit status. */
int keeper_run(struct keeper *k);
void keeper_free(struct keeper *k);

#endif
