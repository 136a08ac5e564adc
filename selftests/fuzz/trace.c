// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The trace's decoders. First byte: kind of event and version; second: which suite; then the
 * message. Fields must lie in the message, in its order, and be text that a terminal can take.
 */
#include "fuzz.h"
#include "sealsock.h"

struct look {
	const uint8_t *from, *to;
	unsigned int depth;
};

/* How many bytes follow the one that begins a sequence of UTF-8. */
static int tail_of(unsigned char c)
{
	MUST(c < 0x80 || (c >= 0xc2 && c <= 0xf4));
	return c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0x80 ? 1 : 0;
}

static void check_text(const char *p)
{
	int tail;

	while (*p) {
		MUST((unsigned char)*p >= 0x20 && *p != 0x7f);
		tail = tail_of((unsigned char)*p++);
		while (tail--)
			MUST(((unsigned char)*p++ & 0xc0) == 0x80);
	}
}

static void on_field(void *arg, const struct sealsock_trace_field *f)
{
	struct look *l = arg;

	MUST(f->name && f->value);
	if (f->len)
		MUST(f->bytes >= l->from && f->bytes + f->len <= l->to);
	/* A part comes after what it is a part of. */
	MUST(f->depth <= l->depth + 1);
	l->depth = f->depth;
	check_text(f->name);
	check_text(f->value);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t suites[] = { 0x1301, 0xc02b, 0xc02f, 0x009e, 0x009c, 0 };
	struct sealsock_trace_event e = { .name = "", .step = "" };
	struct look look;

	if (size < 2)
		return 0;
	e.kind = (enum sealsock_trace_kind)(data[0] & 3);
	e.version = data[0] & 4 ? 0x0303 : 0x0304;
	e.cipher = suites[data[1] % (sizeof(suites) / sizeof(suites[0]))];
	e.bytes = data + 2;
	e.len = size - 2;
	look = (struct look){ .from = e.bytes, .to = e.bytes + e.len };
	sealsock_trace_decode(&e, on_field, &look);
	return 0;
}
