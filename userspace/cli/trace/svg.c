// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The drawing: two sides, an arrow for each message, a box where keys come about. */
#include <string.h>

#include "trace/trace.h"

/* All in the drawing's own units, which are pixels as long as the page is wide enough. */
enum {
	WIDTH = 960,
	LEFT = 130,		/* the client's line … */
	RIGHT = 830,		/* … and the server's */
	MIDDLE = (LEFT + RIGHT) / 2,
	TOP = 92,		/* below the heads */
	ROW = 58,
	BOX = 600,		/* a box of keys: width, … */
	BOX_HEAD = 30,		/* … its title, … */
	BOX_LINE = 20,		/* … and a line of it */
	GAP = 12,
};

/* How many key steps follow each other from @i on. */
static size_t key_run(const struct trace_log *log, size_t i)
{
	size_t n = 0;

	while (i + n < log->n && log->events[i + n].e.kind == SEALSOCK_TRACE_KEYS)
		n++;
	return n;
}

/* Paths go from nobody to nobody. */
static bool is_drawn(const struct trace_log *log, size_t i)
{
	return log->events[i].e.kind != SEALSOCK_TRACE_PATH;
}

static int box_height(size_t n)
{
	return BOX_HEAD + BOX_LINE * (int)((n + 1) / 2) + GAP;
}

static int height_of(const struct trace_log *log)
{
	int y = TOP;

	for (size_t i = 0; i < log->n;) {
		size_t n = key_run(log, i);

		y += n ? box_height(n) + GAP : is_drawn(log, i) ? ROW : 0;
		i += n ? n : 1;
	}
	return y + GAP;
}

static void head(FILE *f, int x, const char *who, const char *what)
{
	fprintf(f, "<rect class=\"head\" x=\"%d\" y=\"8\" width=\"220\" height=\"58\" rx=\"10\"/>\n"
		"<text class=\"who\" x=\"%d\" y=\"34\">%s</text>\n"
		"<text class=\"small\" x=\"%d\" y=\"54\">", x - 110, x, who, x);
	trace_html_text(f, what);
	fputs("</text>\n", f);
}

static void arrow(FILE *f, const struct trace_log *log, size_t i, int y)
{
	const struct trace_event *ev = &log->events[i];
	bool right = *trace_from(log, ev) == 'c', sealed = ev->e.encrypted;
	int from = right ? LEFT : RIGHT, to = right ? RIGHT : LEFT, back = right ? -1 : 1;
	const char *class = ev->e.kind == SEALSOCK_TRACE_CCS ? "mark" :
			    sealed ? "sealed" : "open";
	char size[24];

	fprintf(f, "<a href=\"#e%zu\"><g class=\"%s%s\" id=\"a%zu\">\n"
		"<rect class=\"band\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n"
		"<line class=\"arrow\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n"
		"<polygon class=\"tip\" points=\"%d,%d %d,%d %d,%d\"/>\n",
		i + 1, class, trace_fatal(ev) ? " fatal" : "", i + 1,
		LEFT + 6, y, RIGHT - LEFT - 12, ROW - 6,
		from - back * 14, y + 30, to + back * 10, y + 30,
		to + back * 2, y + 30, to + back * 14, y + 24, to + back * 14, y + 36);
	fprintf(f, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"13\"/>\n"
		"<text class=\"number\" x=\"%d\" y=\"%d\">%zu</text>\n"
		"<text class=\"name\" x=\"%d\" y=\"%d\">%s", from, y + 30, from, y + 34, i + 1,
		MIDDLE, y + 21, ev->e.kind == SEALSOCK_TRACE_ALERT ? "alert: " : "");
	trace_html_text(f, ev->e.name);
	fprintf(f, "</text>\n<use href=\"#%s\" x=\"%d\" y=\"%d\"/>\n"
		"<text class=\"small\" x=\"%d\" y=\"%d\">%s, %s</text>\n</g></a>\n",
		sealed ? "lock" : "eye", MIDDLE - 74, y + 42, MIDDLE + 8, y + 46,
		trace_size(ev, size), sealed ? "encrypted" : "in the clear");
}

static void box(FILE *f, const struct trace_log *log, size_t i, size_t n, int y)
{
	int x = MIDDLE - BOX / 2;

	fprintf(f, "<a href=\"#e%zu\"><g class=\"keys\" id=\"a%zu\">\n"
		"<rect class=\"band\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n"
		"<use href=\"#key\" x=\"%d\" y=\"%d\"/>\n"
		"<text class=\"title\" x=\"%d\" y=\"%d\">Both sides compute</text>\n",
		i + 1, i + 1, x, y, BOX, box_height(n), x + 20, y + 19, x + 40, y + 24);
	for (size_t k = 0; k < n; k++) {
		fprintf(f, "<text class=\"key\" x=\"%d\" y=\"%d\"><tspan class=\"no\">%zu</tspan> ",
			x + 20 + (k & 1 ? 290 : 0),
			y + BOX_HEAD + 16 + BOX_LINE * (int)(k / 2), i + k + 1);
		trace_html_text(f, log->events[i + k].e.name);
		fputs("</text>\n", f);
	}
	fputs("</g></a>\n", f);
}

static const char icons[] = "<defs>\n"
	"<g id=\"lock\"><path class=\"line\" d=\"M-4 -1v-3a4 4 0 0 1 8 0v3\"/>\n"
	"<rect class=\"fill\" x=\"-6\" y=\"-1\" width=\"12\" height=\"8\" rx=\"2\"/></g>\n"
	"<g id=\"eye\"><path class=\"line\" d=\"M-8 1Q0 -7 8 1Q0 9 -8 1z\"/>\n"
	"<circle class=\"fill\" cx=\"0\" cy=\"1\" r=\"2.5\"/></g>\n"
	"<g id=\"key\"><circle class=\"line\" cx=\"-4\" cy=\"0\" r=\"4\"/>\n"
	"<path class=\"line\" d=\"M0 0h10m-3 0v4m-3 -4v3\"/></g>\n</defs>\n";

void trace_print_svg(FILE *f, const struct trace_log *log)
{
	int height = height_of(log), y = TOP;
	bool client = log->role == SEALSOCK_CLIENT;

	fprintf(f, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"The handshake\">\n%s",
		WIDTH, height, icons);
	fprintf(f, "<line class=\"life\" x1=\"%d\" y1=\"66\" x2=\"%d\" y2=\"%d\"/>\n"
		"<line class=\"life\" x1=\"%d\" y1=\"66\" x2=\"%d\" y2=\"%d\"/>\n",
		LEFT, LEFT, height, RIGHT, RIGHT, height);
	head(f, LEFT, "Client", client ? "this program" : log->peer);
	head(f, RIGHT, "Server", client ? log->peer : "this program");
	for (size_t i = 0; i < log->n;) {
		size_t n = key_run(log, i);

		if (n) {
			box(f, log, i, n, y);
			y += box_height(n) + GAP;
			i += n;
		} else {
			if (is_drawn(log, i)) {
				arrow(f, log, i, y);
				y += ROW;
			}
			i++;
		}
	}
	fputs("</svg>\n", f);
}
