// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The key log, RFC 9850. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config.h"

enum { LINE_MAX_LEN = 64 + 2 * 32 + 2 * SECRET_MAX };

static char *hex(char *to, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*to++ = digits[p[i] >> 4];
		*to++ = digits[p[i] & 15];
	}
	return to;
}

void config_log_secret(const struct sealsock_config *cfg, const char *label,
		       const uint8_t client_random[32], const struct secret *secret)
{
	char line[LINE_MAX_LEN + 1];
	size_t n = strlen(label);
	char *at;

	if (!cfg->keylog)
		return;
	memcpy(line, label, n);
	at = line + n;
	*at++ = ' ';
	at = hex(at, client_random, 32);
	*at++ = ' ';
	at = hex(at, secret->b, secret->n);
	*at = '\0';
	cfg->keylog(cfg->keylog_arg, line);
	wipe(line, sizeof(line));
}

int sealsock_config_keylog(struct sealsock_config *cfg, sealsock_keylog_fn fn, void *arg)
{
	int err = config_open(cfg);

	if (err)
		return err;
	cfg->keylog = fn;
	cfg->keylog_arg = arg;
	return 0;
}

/* A line goes out in one write, so that processes that share the file do not mix theirs. */
static void write_line(void *arg, const char *text)
{
	const struct sealsock_config *cfg = arg;
	char line[LINE_MAX_LEN + 2];
	int n = snprintf(line, sizeof(line), "%s\n", text);
	ssize_t done;

	do
		done = write(cfg->keylog_fd, line, (size_t)n);
	while (done < 0 && errno == EINTR);
	wipe(line, sizeof(line));
}

int sealsock_config_keylog_file(struct sealsock_config *cfg, const char *path)
{
	int err = config_open(cfg);
	int fd;

	if (err)
		return err;
	fd = fd_apart(open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
	if (fd < 0)
		return config_fail(cfg, SEALSOCK_ERR_FILE, "cannot open key log %s: %s", path,
				   strerror(errno));
	if (cfg->keylog_fd >= 0)
		close(cfg->keylog_fd);
	cfg->keylog_fd = fd;
	cfg->keylog = write_line;
	cfg->keylog_arg = cfg;
	return 0;
}
