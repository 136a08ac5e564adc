/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Trust anchors, found by name. */
#ifndef SEALSOCK_X509_STORE_H
#define SEALSOCK_X509_STORE_H

#include "x509/x509.h"

struct trust;

struct trust *trust_new(const struct sealsock_env *env);
void trust_free(struct trust *t);
unsigned int trust_count(const struct trust *t);

/* Takes out those beyond the first @n that were added. */
void trust_cut(struct trust *t, unsigned int n);

/* A copy of @der; one that is there already is not added again. CERT_BAD, NOMEM. */
int trust_add(struct trust *t, struct bytes der);

/* The next anchor of this name behind @after (NULL: the first), or NULL. It lives as @t does. */
const struct x509 *trust_next(const struct trust *t, struct bytes name, const struct x509 *after);

/* Is this very certificate an anchor? It then, or NULL. */
const struct x509 *trust_find(const struct trust *t, const struct x509 *self);

#endif
