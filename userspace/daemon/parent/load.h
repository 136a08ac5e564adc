/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* From a configuration's file and those that it names to what workers are made with. */
#ifndef SEALSOCKD_LOAD_H
#define SEALSOCKD_LOAD_H

#include "material.h"

/*
 * Reads all files and says what is wrong with them. Keys get the ids from @first_key on; their
 * files are opened, and left open. False: it is of no use; it is to be freed in either case.
 */
bool material_load(const char *path, uint32_t first_key, struct material *m,
		   struct complaints *c);

/* For --check: reads the keys here, and says which do not belong to their chains. */
bool material_check_keys(const struct material *m, struct complaints *c);

/* Of the files as they are now. */
uint64_t material_print(const struct conf *conf, const char *path);

#endif
