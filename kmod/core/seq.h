/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Sequence numbers: 64 bits that must not wrap (RFC 8446 section 5.3), and
 * the eight explicit nonce bytes of TLS 1.2, which count along with them.
 */
#ifndef SEAL_CORE_SEQ_H
#define SEAL_CORE_SEQ_H

#include "types.h"

/*
 * @next: sequence number of the next record
 * @explicit_next: what the next record carries as its explicit nonce
 * @used: records since this key was installed
 */
struct seal_seq {
	u64 next;
	u64 explicit_next;
	u64 used;
};

void seal_seq_start(struct seal_seq *seq, u64 first, u64 first_explicit);

/*
 * 0 if a record may be made with the current number. -EBADMSG: no more
 * records under this key. The last number is given up, as the kernel's own
 * TLS does: that there is none after it shows before it is used.
 */
static inline int seal_seq_check(const struct seal_seq *seq)
{
	return seq->next == UINT64_MAX ? -EBADMSG : 0;
}

/* To be called once for each record sealed or opened, after it was. */
static inline void seal_seq_advance(struct seal_seq *seq)
{
	seq->used++;
	seq->next++;
	/*
	 * The explicit nonce may wrap on its own: it starts anywhere and
	 * repeats only after 2^64 records, which the sequence does not allow.
	 */
	seq->explicit_next++;
}

#endif /* SEAL_CORE_SEQ_H */
