// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What stands in the log of what others say: nothing that a terminal would obey. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/log.h"
#include "tap.h"

static int from[2], err;

/* The line that came of it, without what is in front of all. */
static const char *line(void)
{
	static char text[2 * IPC_TEXT];
	ssize_t n;

	dup2(err, STDERR_FILENO);
	n = read(from[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return strncmp(text, "sealsockd: ", 11) ? "" : text + 11;
}

static void said(const char *text, const char *want, const char *name)
{
	dup2(from[1], STDERR_FILENO);
	log_text(IPC_FAILURE, text, strlen(text));
	ok(!strcmp(line(), want), "%s", name);
}

int main(void)
{
	static const char lines[] = "gr\303\266\303\237e\033.pem: RFC 9525 \302\2476.3\n";
	char longest[2 * IPC_TEXT];

	unsetenv("JOURNAL_STREAM");
	err = dup(STDERR_FILENO);
	if (err < 0 || pipe(from))
		return 1;
	said("a line", "a line\n", "what can be read");
	said("\033[2J\r\n\177", "?[2J???\n", "control characters");
	said("\2332J", "?2J\n", "those of eight bits");
	said("\302\2332J", "??2J\n", "those in UTF-8");
	said("\342\200\256elif\330\234", "???elif??\n", "what turns the text");
	said("\302", "?\n", "half a character");
	said("\301\233", "??\n", "one that is none");
	memset(longest, 'x', sizeof(longest));
	dup2(from[1], STDERR_FILENO);
	log_text(IPC_FAILURE, longest, sizeof(longest));
	ok(strlen(line()) == IPC_TEXT - 1, "a long one is cut");
	dup2(from[1], STDERR_FILENO);
	log_lines(IPC_FAILURE, lines);
	ok(!strcmp(line(), "gr\303\266\303\237e?.pem: RFC 9525 \302\2476.3\n"),
	   "letters stay");
	return done();
}
