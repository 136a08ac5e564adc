/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Distinguished names (RFC 5280 §4.1.2.4, §7.1), as DER of a Name with its tag and length. */
#ifndef SEALSOCK_X509_DN_H
#define SEALSOCK_X509_DN_H

#include "base/wire.h"

/* Sets of attributes all the way, in DER? An empty name is valid too. */
bool dn_is_valid(struct bytes name);
bool dn_is_empty(struct bytes name);

/*
 * §7.1: the same attributes in the same order; in text, case and the amount of white space do not
 * count, nor which of the strings it is that have ASCII for ASCII (UTF8String and PrintableString
 * among them). Only ASCII letters have case here.
 */
bool dn_equal(struct bytes a, struct bytes b);

/* Is there text in a string of another kind, which is compared byte by byte? */
bool dn_has_other_text(struct bytes name);

/* Is @name @base, or below it (§4.2.1.10)? */
bool dn_within(struct bytes name, struct bytes base);

/* Is @name @base with the attributes of @set below it? And are two sets of attributes the same? */
bool dn_is_below(struct bytes name, struct bytes base, struct bytes set);
bool dn_same_set(struct bytes a, struct bytes b);

/* The same for names that are equal. */
uint32_t dn_hash(struct bytes name);

/* Calls @fn with each attribute's type and value until it returns true; returns whether one did. */
struct der;
typedef bool (*dn_fn)(void *arg, struct bytes oid, const struct der *value);
bool dn_any(struct bytes name, dn_fn fn, void *arg);

/* One line such as "CN=example.org,O=Example", most special first, printable ASCII, cut at @n. */
void dn_text(struct bytes name, char *out, size_t n);

#endif
