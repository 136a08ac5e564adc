/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Generic netlink, as much of it as the family "handshake" takes. */
#ifndef SEALSOCKD_GENL_H
#define SEALSOCKD_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GENL_MAX = 4096 };

struct genl {
	int fd;				/* commands and their answers */
	uint16_t family;
	uint32_t seq;
	uint32_t group;			/* that was asked for */
	size_t n;			/* bytes of the message in @b */
	uint8_t b[GENL_MAX] __attribute__((aligned(8)));
};

/* Looks the family up, and its multicast group: 0, or an errno. ENOENT: there is none. */
int genl_open(struct genl *g, const char *family, const char *group);
void genl_close(struct genl *g);

/* A socket that becomes readable when the group is told something; -1 with errno. */
int genl_listen(const struct genl *g);

/* Takes what it was told: was there anything? */
bool genl_told(int fd);

/* A command: begun, filled with numbers, sent: 0 with the answer in @b, or an errno. */
void genl_begin(struct genl *g, uint8_t command);
void genl_put_u32(struct genl *g, uint16_t type, uint32_t v);
int genl_call(struct genl *g);

/* The answer's next attribute, *at 0 at first. False: there are no more. */
struct genl_attr {
	uint16_t type;
	const void *p;
	size_t n;
};

bool genl_next(const struct genl *g, size_t *at, struct genl_attr *a);

/* Those inside of one. */
bool genl_inside(const struct genl_attr *outer, size_t *at, struct genl_attr *a);

/* Its number; 0 where it is none. */
uint32_t genl_u32(const struct genl_attr *a);

#endif
