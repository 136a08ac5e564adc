// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The table of rows. */
#include <fnmatch.h>
#include <string.h>

#include "bench/bench.h"

#define KIB	1024u
#define MIB	(1024u * KIB)

/* Some thousand calls, or some megabytes, a repetition. */
#define SMALL(label, bytes)						\
	{ .name = "send-" label, .about = "send of " label " a call", .kind = &bench_send, \
	  .size = (bytes), .amount = 3072 * (bytes), .flags = BENCH_BAR }
#define NODELAY(label, bytes)						\
	{ .name = "send-" label "-nodelay", .about = "send of " label " a call, TCP_NODELAY", \
	  .kind = &bench_send, .size = (bytes), .amount = 3072 * (bytes), .flags = BENCH_NODELAY }
#define LARGE(label, bytes)						\
	{ .name = "send-" label, .about = "send of " label " a call", .kind = &bench_send, \
	  .size = (bytes), .amount = 4 * MIB, .flags = BENCH_BAR }
#define CORES(label, bytes, mib)					\
	{ .name = "cores-" label, .about = "send of " label " a call, several processors", \
	  .kind = &bench_send, .size = (bytes), .amount = (mib) * MIB, .flags = BENCH_CORES }
#define RECV(label, bytes, total, bits)					\
	{ .name = "recv-" label, .about = "receive into " label, .kind = &bench_recv, \
	  .size = (bytes), .amount = (total), .flags = (bits) }
#define TALK(label, bytes, count)					\
	{ .name = "talk-" label, .about = "request and response of " label, \
	  .kind = &bench_talk, .size = (bytes), .amount = (count) * (bytes), \
	  .flags = BENCH_NODELAY }
#define UPDATE(label, text)						\
	{ .name = "update-" #label, .about = text, .kind = &bench_update_##label, \
	  .size = 1, .amount = 32, .flags = BENCH_NODELAY }
#define CIPHER(way, of, index, label, mib)				\
	{ .name = way "-64K-" label, .about = way " of 64K a call, " label, .kind = (of), \
	  .suite = (index), .size = 64 * KIB, .amount = (mib) * MIB, .flags = BENCH_CIPHERS }
#define SENDS(index, label, mib)	CIPHER("send", &bench_send, index, label, mib)
#define RECEIVES(index, label, mib)	CIPHER("recv", &bench_recv, index, label, mib)

const struct bench_row bench_rows[] = {
	{ .name = "sendfile", .about = "sendfile of a large file", .kind = &bench_sendfile,
	  .size = MIB, .amount = 4 * MIB, .flags = BENCH_BAR },
	{ .name = "sendfile-1M", .about = "sendfile of 1 MiB again and again", .size = MIB,
	  .kind = &bench_sendfile, .amount = 16 * MIB, .flags = BENCH_CACHES, .file = MIB },
	{ .name = "sendfile-64M", .about = "sendfile of 64 MiB again and again", .size = MIB,
	  .kind = &bench_sendfile, .amount = 64 * MIB, .flags = BENCH_CACHES, .file = 64 * MIB },
	SMALL("16", 16),
	SMALL("64", 64),
	SMALL("256", 256),
	SMALL("1K", KIB),
	SMALL("4K", 4 * KIB),
	NODELAY("16", 16),
	NODELAY("256", 256),
	NODELAY("1K", KIB),
	LARGE("16K", 16 * KIB),
	LARGE("64K", 64 * KIB),
	CORES("64K", 64 * KIB, 8),
	CORES("256K", 256 * KIB, 16),
	CORES("1M", MIB, 16),
	{ .name = "cores-sendfile", .about = "sendfile, several processors", .size = MIB,
	  .kind = &bench_sendfile, .amount = 16 * MIB, .flags = BENCH_CORES },
	{ .name = "splice", .about = "splice into the socket, 64K a call", .kind = &bench_splice,
	  .size = 64 * KIB, .amount = 4 * MIB },
	RECV("16", 16, MIB, 0),
	RECV("64", 64, MIB, 0),
	RECV("256", 256, MIB, BENCH_BAR),
	RECV("1K", KIB, 2 * MIB, BENCH_BAR),
	RECV("4K", 4 * KIB, 2 * MIB, BENCH_BAR),
	RECV("16K", 16 * KIB, 4 * MIB, 0),
	RECV("64K", 64 * KIB, 4 * MIB, BENCH_BAR),
	RECV("256K", 256 * KIB, 4 * MIB, 0),
	{ .name = "recv-64K-nopad", .about = "receive into 64K, TLS_RX_EXPECT_NO_PAD",
	  .kind = &bench_recv, .size = 64 * KIB, .amount = 4 * MIB, .flags = BENCH_NO_PAD },
	{ .name = "recv-64K-shared", .about = "receive into 64K, from a file on the same machine",
	  .kind = &bench_recv, .size = 64 * KIB, .amount = 4 * MIB, .flags = BENCH_SHARED },
	{ .name = "both-64K", .about = "both ends at once, 64K a call", .kind = &bench_both,
	  .size = 64 * KIB, .amount = 4 * MIB },
	TALK("1", 1, 1024),
	TALK("1K", KIB, 1024),
	TALK("16K", 16 * KIB, 256),
	UPDATE(data, "5 bytes received and answered, managed"),
	UPDATE(received, "KeyUpdate received, managed"),
	UPDATE(answered, "KeyUpdate received and answered, managed"),
	{ .name = "sendfile-1500", .about = "sendfile, packets of 1500, no offload",
	  .kind = &bench_sendfile, .size = MIB, .amount = 4 * MIB, .flags = BENCH_SMALL_MTU },
	{ .name = "recv-64K-1500", .about = "receive into 64K, packets of 1500, no offload",
	  .kind = &bench_recv, .size = 64 * KIB, .amount = 4 * MIB, .flags = BENCH_SMALL_MTU },
	SENDS(1, "1.3-AES-256-GCM", 4),
	RECEIVES(1, "1.3-AES-256-GCM", 4),
	SENDS(2, "1.3-CHACHA20-POLY1305", 4),
	RECEIVES(2, "1.3-CHACHA20-POLY1305", 4),
	SENDS(3, "1.3-AES-128-CCM", 2),
	RECEIVES(3, "1.3-AES-128-CCM", 2),
	SENDS(4, "1.3-SM4-GCM", 2),
	RECEIVES(4, "1.3-SM4-GCM", 2),
	SENDS(5, "1.3-SM4-CCM", 2),
	RECEIVES(5, "1.3-SM4-CCM", 2),
	SENDS(6, "1.2-AES-128-GCM", 4),
	RECEIVES(6, "1.2-AES-128-GCM", 4),
	SENDS(7, "1.2-AES-256-GCM", 4),
	RECEIVES(7, "1.2-AES-256-GCM", 4),
	SENDS(8, "1.2-CHACHA20-POLY1305", 4),
	RECEIVES(8, "1.2-CHACHA20-POLY1305", 4),
	SENDS(9, "1.2-AES-128-CCM", 2),
	RECEIVES(9, "1.2-AES-128-CCM", 2),
	SENDS(10, "1.2-ARIA-128-GCM", 2),
	RECEIVES(10, "1.2-ARIA-128-GCM", 2),
	SENDS(11, "1.2-ARIA-256-GCM", 2),
	RECEIVES(11, "1.2-ARIA-256-GCM", 2),
};

const unsigned int bench_row_count = sizeof(bench_rows) / sizeof(bench_rows[0]);

bool bench_listed(const char *name, const char *list)
{
	char pattern[64];

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n < sizeof(pattern)) {
			memcpy(pattern, list, n);
			pattern[n] = 0;
			if (!fnmatch(pattern, name, 0))
				return true;
		}
		list += n + (list[n] == ',');
	}
	return false;
}

bool bench_wanted(const struct bench_row *row, const char *list)
{
	return bench_listed(row->name, list) ||
	       (row->flags & BENCH_BAR && bench_listed("bars", list));
}
