/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The room bench/: a table of rows, each measured over the columns that the machine has. Beside the
 * verb, bench.c, it sees only the kernel's interface: tools/bench has it without the rest.
 *
 * A row moves bytes over a loopback connection in lock step, in one thread: one end does a burst
 * of calls, the other end takes or gives what belongs to them, again and again. So there are no
 * context switches. The end that is measured carries TLS; the other end is plain TCP, which throws
 * ciphertext away or replays recorded ciphertext, so that sending and receiving stay apart.
 *
 * "sealsock bench" runs these rows on the machine it is on; tools/bench runs them in a guest whose
 * clock counts instructions.
 */
#ifndef SEALSOCK_BENCH_H
#define SEALSOCK_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum {
	BENCH_REPS_MAX = 31,
	BENCH_RECORD = 16384,		/* plaintext of a full record */
	BENCH_WHY = 160,
};

/* Who makes and opens the records. */
enum bench_column {
	BENCH_PLAIN,		/* nobody: plain TCP */
	BENCH_TLS,		/* the kernel's own ULP "tls" */
	BENCH_SEALSOCK,
	BENCH_MANAGED,		/* the same, in managed mode */
	BENCH_OPENSSL,		/* libssl in this program */
	BENCH_OPENSSL_MAP,	/* the same, file contents from a mapping instead of read() */
	BENCH_COLUMNS,
};

/* A version with a cipher of <linux/tls.h>. */
struct bench_suite {
	const char *name;	/* "1.3 AES-128-GCM" */
	const char *cipher;	/* as the floor's module has it: "AES-128-GCM" */
	uint16_t version, type;
	uint8_t iv, key, salt, tag;
	uint8_t overhead;	/* bytes a record adds to its plaintext */
};

extern const struct bench_suite bench_suites[];
extern const unsigned int bench_suite_count;

/* What was measured over one repetition, and over all of them. */
struct bench_sum {
	double min, median, max;
};

struct bench_cell {
	bool done;
	bool absent;		/* the machine has not what it takes: no failure */
	char why[BENCH_WHY];	/* why it was not, otherwise */
	struct bench_sum wall;	/* ns, or instructions, per unit of the row */
	struct bench_sum alone;	/* BENCH_CORES: the same by one processor */
	struct bench_sum cpu;	/* ns of this program's processor time per unit */
	struct bench_sum cycles;	/* per unit; 0 where they cannot be counted */
	double bytes;		/* payload of one repetition */
	double records;		/* of it, per unit */
};

struct bench_lane;

/* How one kind of row works. Each returns 0, or -1 with the lane's why. */
struct bench_kind {
	int (*open)(struct bench_lane *lane);
	int (*step)(struct bench_lane *lane);	/* one burst: adds to lane->bytes, ->calls */
	int (*check)(struct bench_lane *lane);	/* was it all right? Sets lane->records */
	bool per_call;		/* the row's unit is a call (an exchange) and not a byte */
	bool metered;		/* step says itself what is measured: lane->meter */
	bool seals, opens;	/* which cipher calls belong to its floor */
	unsigned int columns;	/* bits of those it can have */
};

extern const struct bench_kind bench_send, bench_sendfile, bench_splice, bench_recv, bench_both,
	bench_talk, bench_update_received, bench_update_answered, bench_update_data;

struct bench_row {
	const char *name, *about;
	const struct bench_kind *kind;
	unsigned int suite;	/* index in bench_suites */
	size_t size;		/* bytes a call */
	size_t amount;		/* bytes of one repetition */
	unsigned int flags;
	size_t file;		/* sendfile: bytes of the file, sent again and again; 0: 4 MiB */
};

enum {
	BENCH_NODELAY = 1,	/* TCP_NODELAY */
	BENCH_SMALL_MTU = 2,	/* loopback of 1500 bytes a packet, no segmentation offload */
	BENCH_NO_PAD = 4,	/* TLS_RX_EXPECT_NO_PAD */
	BENCH_BAR = 8,		/* a row that the project has a bar for */
	BENCH_CIPHERS = 16,	/* one of the set over all ciphers: no OpenSSL */
	BENCH_CORES = 32,	/* SEALSOCK_TX_CPUS: all processors, in turn with one alone */
	BENCH_SHARED = 64,	/* replayed by sendfile: from pages that others may write to */
	BENCH_CACHES = 128,	/* about what memory costs, which instructions do not tell */
};

extern const struct bench_row bench_rows[];
extern const unsigned int bench_row_count;

/* True if one of the patterns of fnmatch(3) in @list, between commas, fits @name. */
bool bench_listed(const char *name, const char *list);
/* The same for a row, where "bars" stands for all rows that have one. */
bool bench_wanted(const struct bench_row *row, const char *list);

/* What was spent, or, while it runs, when that began. */
struct bench_meter {
	double wall, cpu, cycles;
};

/* One connection being measured. */
struct bench_lane {
	const struct bench_row *row;
	enum bench_column column;
	size_t amount;		/* of one repetition */
	unsigned int reps;
	int a, b;		/* the end that is measured; the other one */
	int file;		/* plaintext to send, or what the other end replays */
	off_t at, file_len;
	size_t feed_record;	/* bytes of one record of a replay */
	size_t burst;		/* bytes, or calls, of one step */
	const uint8_t *map;	/* of file */
	uint8_t *buf;
	int pipe[2];
	struct bench_ssl *ssl;
	uint64_t bytes, calls;	/* payload moved, calls made */
	uint64_t wire;		/* bytes seen by the other end */
	double records;
	struct bench_meter meter;	/* where the row's kind is metered */
	char why[BENCH_WHY];
};

/* Notes a failure: "what: strerror(errno)" where errno is not 0. Returns -1. */
int bench_fail(struct bench_lane *lane, const char *what);

/* ---- pair.c: sockets, keys ---- */

/* A connected loopback pair, non-blocking, with large buffers where they can be had. */
int bench_pair(struct bench_lane *lane);
/* Attaches the column's ULP to @fd and installs the key of TLS_TX or TLS_RX (or both: 0). */
int bench_keys(struct bench_lane *lane, int fd, int direction);
/* SEALSOCK_TX_CPUS of a. */
int bench_cpus(struct bench_lane *lane, unsigned int cpus);
const char *bench_ulp(enum bench_column column);	/* NULL: not one of the kernel */
bool bench_in_kernel(enum bench_column column);
/* Throws away what has come to b; -1 on errors only. */
int bench_drain(struct bench_lane *lane);
/* Waits until a or b can go on; -1 when nothing happens for a second. */
int bench_wait(struct bench_lane *lane, int fd, short events);
/* Everything that was sent has come to b. */
int bench_settle(struct bench_lane *lane);

/* ---- data.c: what is sent ---- */

/* The byte of the test pattern at an offset. */
void bench_pattern(uint8_t *buf, size_t offset, size_t len);
/* A file in memory with @len bytes of the pattern: lane->file, mapped at lane->map. */
int bench_plain_file(struct bench_lane *lane, size_t len);
/*
 * What b replays: records of @size bytes of the pattern, @len bytes of payload in all, sealed as
 * the lane's column will open them; for plain TCP the payload alone.
 */
int bench_replay_file(struct bench_lane *lane, size_t size, size_t len);

/* ---- ssl.c: libssl, loaded when it is there ---- */

bool bench_ssl_there(const char **why);
/* A connected pair of SSL objects; what the server's end writes goes to a. */
int bench_ssl_open(struct bench_lane *lane);
void bench_ssl_close(struct bench_ssl *ssl);
/* As write() and read() on a; -1 with errno EAGAIN. */
ssize_t bench_ssl_write(struct bench_lane *lane, const void *buf, size_t len);
ssize_t bench_ssl_read(struct bench_lane *lane, void *buf, size_t len);
/* The client's end seals @len bytes; the record is copied to @out (its length). */
ssize_t bench_ssl_seal(struct bench_lane *lane, const void *buf, size_t len, void *out,
		       size_t size);

/* ---- meter.c ---- */

void bench_meter_start(struct bench_meter *m);
void bench_meter_stop(struct bench_meter *m);	/* the difference is in @m then */
/* Likewise, added to what is in @m already. */
void bench_meter_resume(struct bench_meter *m);
void bench_meter_pause(struct bench_meter *m);
bool bench_cycles_there(const char **why);

/* ---- run.c ---- */

struct bench_options {
	unsigned int reps;	/* repetitions */
	double scale;		/* of each row's amount */
	unsigned int columns;	/* bits */
	bool instructions;	/* the clock counts instructions */
};

/* Can the column be had here? Otherwise *why says what is missing. */
bool bench_column_there(enum bench_column column, const char **why);
const char *bench_column_name(enum bench_column column);

/* Measures one row. */
void bench_run(const struct bench_row *row, const struct bench_options *opt,
	       struct bench_cell cell[BENCH_COLUMNS]);

/* Smallest, median and largest of @n figures, which it sorts. */
struct bench_sum bench_summary(double *v, unsigned int n);
void bench_close_lane(struct bench_lane *lane);

/* ---- hold.c: many connections at once ---- */

enum { BENCH_HOLD_COUNTS = 4 };

extern const unsigned int bench_hold_counts[BENCH_HOLD_COUNTS];

struct bench_held {
	bool done;
	char why[BENCH_WHY];
	double memory;			/* bytes of kernel memory that ULP and keys of a
					 * connection take, cipher included; 0: not measured
					 */
	struct bench_sum first;		/* a new one: from its keys to its first answer */
	struct bench_sum served;	/* over the connections: one request and its answer */
};

void bench_hold(enum bench_column column, unsigned int n, struct bench_held *result);

/* For who holds connections of its own: @n pairs of descriptors; an empty lane; a reset, so that no
 * port stays occupied.
 */
bool bench_raise_limit(unsigned int n);
void bench_start_lane(struct bench_lane *lane, const struct bench_row *row,
		      enum bench_column column);
void bench_hang_up(struct bench_lane *lane);

/* ---- crowd.c: a few busy connections among many idle ones ---- */

enum { BENCH_CROWD_COUNTS = 2, BENCH_CROWD_BUSY = 100 };

extern const unsigned int bench_crowd_idle[BENCH_CROWD_COUNTS];

struct bench_crowd {
	bool done;
	char why[BENCH_WHY];
	struct bench_sum cost;		/* over the rounds: ns a byte of all that was moved */
	struct bench_sum each;		/* over the busy connections: ns that each took */
};

/* @rounds requests and answers on each of BENCH_CROWD_BUSY connections, beside @idle others. */
void bench_crowd(enum bench_column column, unsigned int idle, unsigned int rounds,
		 struct bench_crowd *result);

/* ---- floor.c: the cipher alone, from the measuring module of tools/bench ---- */

bool bench_floor_there(void);
/* One call of @suite's cipher over @len bytes, content type included; 0 if it was not measured. */
double bench_floor_call(const struct bench_suite *suite, bool seal, double len);
/* Bytes of one transform of the crypto API with its key; 0 if it was not measured. */
double bench_floor_memory(const struct bench_suite *suite);
/* F of a row: plain TCP and one cipher call a record, per unit; 0 if it cannot be told. */
double bench_floor(const struct bench_row *row, const struct bench_cell cell[BENCH_COLUMNS]);

/* ---- net.c ---- */

/* A network namespace of our own with a small loopback; 0, or -1 with *why. */
int bench_net_enter(const char **why);
void bench_net_leave(void);

/* ---- print.c ---- */

void bench_print_head(FILE *f, const struct bench_options *opt);
void bench_print_row(FILE *f, const struct bench_row *row,
		     const struct bench_cell cell[BENCH_COLUMNS]);
void bench_json_head(FILE *f, const struct bench_options *opt);
void bench_json_row(FILE *f, const struct bench_row *row, bool first,
		    const struct bench_cell cell[BENCH_COLUMNS]);
/* The same as throughput: a line for each column. */
void bench_print_wall_head(FILE *f);
void bench_print_wall(FILE *f, const struct bench_row *row,
		      const struct bench_cell cell[BENCH_COLUMNS]);
/* Held connections: a list of their own behind the rows. */
void bench_json_middle(FILE *f);
void bench_print_crowd(FILE *f, unsigned int idle, const struct bench_crowd crowd[BENCH_COLUMNS]);
void bench_json_crowd(FILE *f, unsigned int idle, const struct bench_crowd crowd[BENCH_COLUMNS]);
void bench_print_held(FILE *f, unsigned int n, const struct bench_held held[BENCH_COLUMNS]);
void bench_json_held(FILE *f, unsigned int n, bool first,
		     const struct bench_held held[BENCH_COLUMNS]);
void bench_json_tail(FILE *f);

#endif
