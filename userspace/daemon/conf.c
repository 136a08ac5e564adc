// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Lines to sections, keys and values. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"

void complain(struct complaints *c, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	c->count++;
	fprintf(c->out, "%s:", c->path);
	if (line)
		fprintf(c->out, "%u:", line);
	fputc(' ', c->out);
	va_start(ap, fmt);
	vfprintf(c->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->out);
}

/* Where the reading stands: which section, and what of it has been said. */
struct reader {
	struct conf *conf;
	struct complaints *c;
	unsigned int line;
	const char *section;		/* NULL: none yet, or one that is wrong */
	bool skip;			/* … and was complained about */
	void *at;			/* what the section fills */
	uint64_t seen;			/* keys, by their place in conf_keys */
};

static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return s;
}

static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n && !s[n] && n < CONF_NAME;
}

/* One more of @n things of @size at *all, whose first member is the name; NULL: it is there. */
static void *add_named(struct reader *r, void **all, unsigned int *n, size_t size,
		       const char *name)
{
	char *more;
	unsigned int i;

	for (i = 0; i < *n; i++)
		if (!strcmp(*(char **)((char *)*all + i * size), name))
			return NULL;
	more = conf_alloc(r->conf, (*n + 1) * size);
	if (*n)
		memcpy(more, *all, *n * size);
	*all = more;
	more += *n * size;
	*(char **)more = conf_strdup(r->conf, name);
	(*n)++;
	return more;
}

static void *open_named(struct reader *r, const char *kind, const char *name, unsigned int **line)
{
	struct conf *conf = r->conf;
	void *at = NULL;

	if (!strcmp(kind, "credential")) {
		r->section = "credential";
		at = add_named(r, (void **)&conf->credentials, &conf->n_credentials,
			       sizeof(*conf->credentials), name);
		*line = at ? &((struct conf_credential *)at)->line : NULL;
	} else if (!strcmp(kind, "trust")) {
		r->section = "trust";
		at = add_named(r, (void **)&conf->trusts, &conf->n_trusts, sizeof(*conf->trusts),
			       name);
		*line = at ? &((struct conf_trust *)at)->line : NULL;
	} else if (!strcmp(kind, "profile")) {
		r->section = "profile";
		at = add_named(r, (void **)&conf->profiles, &conf->n_profiles,
			       sizeof(*conf->profiles), name);
		*line = at ? &((struct conf_profile *)at)->line : NULL;
	}
	return at;
}

/* "helper", or a kind and a name. */
static void open_section(struct reader *r, char *text)
{
	static const char sections[] =
		"sections are [helper], [credential NAME], [trust NAME] and [profile NAME]";
	char *name = text + strcspn(text, " \t");
	unsigned int *line = NULL;

	r->section = NULL;
	r->skip = true;
	r->seen = 0;
	if (*name)
		*name++ = '\0';
	name = trim(name);
	if (!strcmp(text, "helper") && !*name) {
		r->section = "helper";
		r->at = r->conf;
		r->skip = false;
		return;
	}
	if (strcmp(text, "credential") && strcmp(text, "trust") && strcmp(text, "profile")) {
		complain(r->c, r->line, "[%.64s]: %s", text, sections);
		return;
	}
	if (!is_name(name)) {
		complain(r->c, r->line, "[%s]: a name has 1 to %d of A-Za-z0-9._-", text,
			 CONF_NAME - 1);
		return;
	}
	r->at = open_named(r, text, name, &line);
	if (!r->at) {
		complain(r->c, r->line, "[%s %s] is there already", text, name);
		return;
	}
	*line = r->line;
	r->skip = false;
}

static const struct conf_key *find_key(const char *section, const char *name)
{
	const struct conf_key *k;

	for (k = conf_keys; k->name; k++)
		if (!strcmp(k->section, section) && !strcmp(k->name, name))
			return k;
	return NULL;
}

static void take_value(struct reader *r, const char *name, char *value)
{
	const struct conf_key *k = find_key(r->section, name);
	uint64_t bit;

	if (!k) {
		complain(r->c, r->line, "\"%.64s\" is no key of [%s]", name, r->section);
		return;
	}
	bit = 1ull << (k - conf_keys);
	if (!k->repeat && r->seen & bit) {
		complain(r->c, r->line, "\"%s\" is there already", name);
		return;
	}
	r->seen |= bit;
	if (!*value) {
		complain(r->c, r->line, "\"%s\" has no value", name);
		return;
	}
	k->set(r->conf, k, (char *)r->at + k->offset, value, r->line, r->c);
}

static void take_line(struct reader *r, char *text)
{
	char *equals, *end;

	text = trim(text);
	if (!*text || *text == '#' || *text == ';')
		return;
	if (*text == '[') {
		end = strchr(text, ']');
		if (end && !end[1]) {
			*end = '\0';
			open_section(r, trim(text + 1));
			return;
		}
		r->skip = true;
		complain(r->c, r->line, "a section has no \"]\" at its end");
		return;
	}
	if (r->skip)
		return;
	if (!r->section) {
		complain(r->c, r->line, "a line before the first section");
		r->skip = true;
		return;
	}
	equals = strchr(text, '=');
	if (!equals) {
		complain(r->c, r->line, "\"%.64s\": lines are KEY = VALUE", text);
		return;
	}
	*equals = '\0';
	take_value(r, trim(text), trim(equals + 1));
}

bool conf_parse(const char *text, size_t n, struct conf *conf, struct complaints *c)
{
	struct reader r = { .conf = conf, .c = c };
	const char *end;
	char *line;
	size_t len;

	*conf = (struct conf){
		.handshakes = 4096, .signatures = 5000, .sessions = 1000, .tickets = 1,
		.log = CONF_LOG_FAILURES, .log_rate = 20, .watch = 5,
	};
	for (; n; text += len, n -= len) {
		end = memchr(text, '\n', n);
		len = end ? (size_t)(end - text) + 1 : n;
		r.line++;
		if (memchr(text, '\0', len)) {
			complain(c, r.line, "a NUL byte");
			continue;
		}
		line = conf_alloc(conf, len + 1);
		memcpy(line, text, len);
		take_line(&r, line);
	}
	conf_complete(conf, c);
	return !c->count;
}

/* The whole of a file; NULL with errno. */
static char *read_whole(const char *path, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(CONF_FILE_MAX + 1);
	ssize_t got = 0;

	*n = 0;
	while (text && *n <= CONF_FILE_MAX) {
		got = read(fd, text + *n, CONF_FILE_MAX + 1 - *n);
		if (got <= 0)
			break;
		*n += (size_t)got;
	}
	if (text && (got < 0 || *n > CONF_FILE_MAX)) {
		if (got >= 0)
			errno = EFBIG;
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

bool conf_read(const char *path, struct conf *conf, struct complaints *c)
{
	size_t n;
	char *text = read_whole(path, &n);
	bool good;

	*conf = (struct conf){ 0 };
	if (!text) {
		complain(c, 0, "cannot read it: %s", strerror(errno));
		return false;
	}
	good = conf_parse(text, n, conf, c);
	free(text);
	return good;
}

/* Among @n things of @size whose first member is the name. */
static const void *find(const void *all, unsigned int n, size_t size, const char *name,
			const char *unnamed)
{
	const char *p = all;
	unsigned int i;

	if (!*name)
		name = unnamed ? unnamed : "";
	for (i = 0; i < n; i++, p += size)
		if (!strcmp(*(char *const *)p, name))
			return p;
	return NULL;
}

const struct conf_credential *conf_credential(const struct conf *conf, const char *name)
{
	return find(conf->credentials, conf->n_credentials, sizeof(*conf->credentials), name,
		    conf->credential);
}

const struct conf_trust *conf_trust(const struct conf *conf, const char *name)
{
	return find(conf->trusts, conf->n_trusts, sizeof(*conf->trusts), name, conf->trust);
}

const struct conf_profile *conf_profile(const struct conf *conf, const char *name)
{
	return find(conf->profiles, conf->n_profiles, sizeof(*conf->profiles), name,
		    conf->profile);
}
