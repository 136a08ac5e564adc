// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A plugin of QEMU's emulator: counts the guest's instructions by address, between the marks that
 * the benchmark's meter makes (userspace/cli/bench/meter.c). At the end it writes a line
 * "ADDRESS COUNT" for each block of instructions that was run.
 *
 * Argument: out=FILE.
 *
 * Debian's packages have no header for plugins: what is used of the interface, version 1, is
 * declared here. The emulator has one processor.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

typedef uint64_t plugin_id;

enum { INLINE_ADD = 0, NO_REGISTERS = 0 };

typedef void (*translated_fn)(plugin_id id, struct qemu_plugin_tb *tb);

bool qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translated_fn cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data), int flags,
					    void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*cb)(plugin_id id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

/* @run counts instructions always; @counted those between marks; @since: @run at the last mark. */
struct block {
	struct block *next;
	uint64_t addr, run, since, counted;
};

enum { BUCKETS = 1 << 16 };

static struct block *table[BUCKETS];
static const char *out_name;
static bool counting;

static struct block *block_at(uint64_t addr)
{
	struct block **head = &table[(addr >> 4 ^ addr) % BUCKETS], *b;

	for (b = *head; b; b = b->next)
		if (b->addr == addr)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->addr = addr;
	b->next = *head;
	*head = b;
	return b;
}

static void every_block(void (*f)(struct block *b))
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *b = table[i]; b; b = b->next)
			f(b);
}

static void begin(struct block *b)
{
	b->since = b->run;
}

static void end(struct block *b)
{
	b->counted += b->run - b->since;
}

static void start_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (!counting)
		every_block(begin);
	counting = true;
}

static void stop_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (counting)
		every_block(end);
	counting = false;
}

static void look_for_mark(struct qemu_plugin_insn *insn)
{
	static const uint8_t mark[] = { 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c };
	const uint8_t *code = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != sizeof(mark) + 1 || memcmp(code, mark, sizeof(mark)))
		return;
	if (code[sizeof(mark)] == 1)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, start_mark, NO_REGISTERS, NULL);
	else if (code[sizeof(mark)] == 2)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, stop_mark, NO_REGISTERS, NULL);
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD,
						 &block_at(qemu_plugin_tb_vaddr(tb))->run, n);
	for (size_t i = 0; i < n; i++)
		look_for_mark(qemu_plugin_tb_get_insn(tb, i));
}

static void finish(plugin_id id, void *data)
{
	FILE *f = fopen(out_name, "w");

	(void)id;
	(void)data;
	if (!f) {
		perror(out_name);
		return;
	}
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *b = table[i]; b; b = b->next)
			if (b->counted)
				fprintf(f, "%" PRIx64 " %" PRIu64 "\n", b->addr, b->counted);
	fclose(f);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out_name = strdup(argv[i] + 4);
	if (!out_name)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
