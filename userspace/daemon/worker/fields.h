/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A worker's side of what the keeper does with keys. */
#ifndef SEALSOCKD_FIELDS_H
#define SEALSOCKD_FIELDS_H

#include "ipc.h"
#include "sealsock.h"

/*
 * The fields of what the library asks a key for, with what is to follow the head in @body. Returns
 * the op; 0: it is of no known form.
 */
enum ipc_op key_fields(const struct sealsock_request *r, uint8_t *body, size_t room, size_t *n);

#endif
