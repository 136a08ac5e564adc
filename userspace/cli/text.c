// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Text that others have said: harmless to a terminal, and always UTF-8. */
#include "cli.h"

/* What a terminal takes for a command, or what turns the text around it. */
static bool is_control(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },		/* C0, DEL, C1 */
		{ 0x61c, 0x61c }, { 0x200e, 0x200f },	/* marks of direction */
		{ 0x2028, 0x202e },			/* line ends, embeddings, overrides */
		{ 0x2066, 0x2069 },			/* isolates */
		{ 0xfeff, 0xfeff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Length of the UTF-8 character at @p (RFC 3629), its value in *@c; 0: it is none. */
static size_t utf8(const char *p, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)p;
	size_t len = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc0 ? 2 : 0;

	if (!len || len > n || u[0] > 0xf4)
		return 0;
	*c = len == 1 ? u[0] : u[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (u[i] & 0x3f);
	}
	if (*c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return len;
}

size_t cli_shown(const char *p, size_t n)
{
	uint32_t c;
	size_t len = n ? utf8(p, n, &c) : 0;

	return len && !is_control(c) ? len : 0;
}

void cli_text(FILE *f, const char *p, size_t n)
{
	size_t len;

	for (; n; p += len, n -= len) {
		len = cli_shown(p, n);
		if (len) {
			fwrite(p, 1, len, f);
			continue;
		}
		len = 1;
		fprintf(f, "\\x%02x", (unsigned char)*p);
	}
}
