// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Sockets, ULP, keys and counters for the record path's tests. */
#define _GNU_SOURCE

#include "sock.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* A broken pipe is a result to be looked at, not the end of the test. */
static void __attribute__((constructor)) ignore_sigpipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

const char *ulp_name(void)
{
	const char *name = getenv("SEALSOCK_TEST_ULP");

	return name && *name ? name : "sealsock";
}

bool ulp_is_ours(void)
{
	char answer = 'N';
	FILE *f;

	if (strcmp(ulp_name(), "tls"))
		return true;
	f = fopen("/sys/module/sealsock/parameters/alias_tls", "r");
	if (!f)
		return false;
	if (fread(&answer, 1, 1, f) != 1)
		answer = 'N';
	fclose(f);
	return answer == 'Y' || answer == '1';
}

int ulp_attach(int fd)
{
	const char *name = ulp_name();

	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, name, strlen(name) + 1);
}

int set_timeout(int fd, unsigned int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int tcp_listen(int family, struct sockaddr_storage *addr, socklen_t *len)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	memset(addr, 0, sizeof(*addr));
	addr->ss_family = family;
	if (family == AF_INET6) {
		in6->sin6_addr = in6addr_loopback;
		*len = sizeof(*in6);
	} else {
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*len = sizeof(*in);
	}
	if (!bind(fd, (struct sockaddr *)addr, *len) && !listen(fd, 8) &&
	    !getsockname(fd, (struct sockaddr *)addr, len))
		return fd;
	close(fd);
	return -1;
}

int tcp_pair(int family, int fd[2])
{
	struct sockaddr_storage addr;
	socklen_t len;
	int listener = tcp_listen(family, &addr, &len);
	int err;

	fd[0] = -1;
	fd[1] = -1;
	if (listener < 0)
		return -1;
	fd[0] = socket(family, SOCK_STREAM, 0);
	if (fd[0] < 0 || connect(fd[0], (struct sockaddr *)&addr, len))
		goto fail;
	fd[1] = accept(listener, NULL, NULL);
	if (fd[1] < 0 || set_timeout(fd[0], PATIENCE) || set_timeout(fd[1], PATIENCE))
		goto fail;
	close(listener);
	return 0;
fail:
	err = errno;
	close(listener);
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
	errno = err;
	return -1;
}

/* Every structure of <linux/tls.h> has iv, key, salt and sequence number in this order. */
#define LAYOUT(cipher)					\
	{ TLS_CIPHER_##cipher, TLS_CIPHER_##cipher##_IV_SIZE, TLS_CIPHER_##cipher##_KEY_SIZE, \
	  TLS_CIPHER_##cipher##_SALT_SIZE }

static const struct layout {
	uint16_t cipher;
	size_t iv, key, salt;
} layouts[] = {
	LAYOUT(AES_GCM_128),
	LAYOUT(AES_GCM_256),
	LAYOUT(AES_CCM_128),
	LAYOUT(CHACHA20_POLY1305),
	LAYOUT(SM4_GCM),
	LAYOUT(SM4_CCM),
	{ TLS_CIPHER_ARIA_GCM_128, 8, 16, 4 },
	{ TLS_CIPHER_ARIA_GCM_256, 8, 32, 4 },
};

static const struct layout *layout_of(uint16_t cipher)
{
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].cipher == cipher)
			return &layouts[i];
	abort();
}

struct key_parts keys_parts(struct keys *keys)
{
	const struct layout *layout = layout_of(keys->info.cipher_type);
	struct key_parts part = {
		.iv_len = layout->iv,
		.key_len = layout->key,
		.salt_len = layout->salt,
		.seq_len = 8,
	};

	part.iv = (uint8_t *)keys + sizeof(keys->info);
	part.key = part.iv + part.iv_len;
	part.salt = part.key + part.key_len;
	part.seq = part.salt + part.salt_len;
	return part;
}

static socklen_t keys_len(uint16_t cipher)
{
	const struct layout *layout = layout_of(cipher);

	return sizeof(struct tls_crypto_info) + layout->iv + layout->key + layout->salt + 8;
}

static void fill(uint8_t *p, size_t n, unsigned int seed)
{
	while (n--) {
		seed = seed * 1103515245u + 12345u;
		*p++ = seed >> 16;
	}
}

void keys_init(struct keys *keys, const struct suite *suite, unsigned int generation)
{
	unsigned int seed = suite->version * 31u + suite->cipher * 7u + generation * 1009u;
	struct key_parts part;

	memset(keys, 0, sizeof(*keys));
	keys->info.version = suite->version;
	keys->info.cipher_type = suite->cipher;
	keys->len = keys_len(suite->cipher);
	part = keys_parts(keys);
	fill(part.key, part.key_len, seed);
	fill(part.salt, part.salt_len, seed + 1);
	fill(part.iv, part.iv_len, seed + 2);
	part.iv[part.iv_len - 1] = 0xff;
	memset(part.seq, 0, part.seq_len);
	part.seq[part.seq_len - 1] = 0xfe;
}

int keys_set(int fd, int direction, const struct keys *keys)
{
	return setsockopt(fd, SOL_TLS, direction, &keys->info, keys->len);
}

ssize_t send_type(int fd, uint8_t type, const void *data, size_t len, int flags)
{
	union {
		char buf[CMSG_SPACE(sizeof(type))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(type));
	*CMSG_DATA(cmsg) = type;
	msg.msg_controllen = cmsg->cmsg_len;
	return sendmsg(fd, &msg, flags);
}

ssize_t recv_type(int fd, uint8_t *type, void *data, size_t len, int flags)
{
	union {
		char buf[CMSG_SPACE(sizeof(*type))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	*type = 0;
	n = recvmsg(fd, &msg, flags);
	if (n < 0)
		return n;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_TLS && cmsg->cmsg_type == TLS_GET_RECORD_TYPE)
		*type = *CMSG_DATA(cmsg);
	return n;
}

ssize_t recv_full(int fd, void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = recv(fd, (char *)data + done, len - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += n;
	}
	return done;
}

int send_full(int fd, const void *data, size_t len, int flags)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = send(fd, (const char *)data + done, len - done, flags);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += n;
	}
	return 0;
}

/*
 * 251 and 241 are prime to every record and page size: moved data cannot match by chance. One
 * period is kept, since processors are emulated and divisions dear.
 */
#define PERIOD	(251 * 241)

static uint8_t table[PERIOD];

/* Before the programs' own constructors, which use it. */
static void __attribute__((constructor(101))) fill_table(void)
{
	size_t i;

	for (i = 0; i < PERIOD; i++)
		table[i] = i % 251 ^ i / 251;
}

static const uint8_t *period(size_t i, size_t *left)
{
	i %= PERIOD;
	*left = PERIOD - i;
	return table + i;
}

void pattern(void *buf, size_t offset, size_t len)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		const uint8_t *p = period(offset + at, &n);

		if (n > len - at)
			n = len - at;
		memcpy((uint8_t *)buf + at, p, n);
	}
}

ssize_t pattern_check(const void *buf, size_t offset, size_t len)
{
	const uint8_t *b = buf;
	size_t at, n;

	for (at = 0; at < len; at += n) {
		const uint8_t *p = period(offset + at, &n);

		if (n > len - at)
			n = len - at;
		if (!memcmp(b + at, p, n))
			continue;
		while (b[at] == *p++)
			at++;
		return at;
	}
	return -1;
}

uint8_t *pattern_alloc(size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	if (!p)
		abort();
	pattern(p, 0, len);
	return p;
}

int pattern_file(size_t len)
{
	uint8_t *p = pattern_alloc(len);
	int fd = memfd_create("pattern", 0);

	if (fd < 0 || write(fd, p, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET))
		abort();
	free(p);
	return fd;
}

int poll_for(int fd, int events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, ms < 1000 ? ms : PATIENCE);

	return n <= 0 ? n : p.revents;
}

static long counter_in(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char word[64];
	long value;

	if (!f)
		return -1;
	while (fscanf(f, "%63s %ld", word, &value) == 2) {
		if (!strcmp(word, name)) {
			fclose(f);
			return value;
		}
	}
	fclose(f);
	return -1;
}

long counter(const char *name)
{
	return counter_in(ulp_is_ours() ? "/proc/net/sealsock_stat" : "/proc/net/tls_stat", name);
}

/* As /proc has it: 'R', 'S', … 0: it is not there. */
static char state_of(pid_t id)
{
	char path[64], text[512] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

bool falls_asleep(pid_t id)
{
	char state;
	int ms;

	for (ms = 0; ms < PATIENCE; ms += 5) {
		state = state_of(id);
		if (state == 'S')
			return true;
		if (!state || state == 'Z' || state == 'X')
			return false;
		usleep(5000);
	}
	return false;
}

bool threads_fall_asleep(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *e;
	bool all = dir;

	while (all && (e = readdir(dir)))
		if (*e->d_name != '.' && atoi(e->d_name) != syscall(SYS_gettid))
			all = falls_asleep(atoi(e->d_name));
	if (dir)
		closedir(dir);
	return all;
}

long module_users(void)
{
	char text[32] = "";
	int fd = open("/sys/module/sealsock/refcnt", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0;

	if (fd >= 0)
		close(fd);
	return ok ? atol(text) : -1;
}

bool module_users_back(long before)
{
	int tries;

	for (tries = 0; tries < 100 && module_users() != before; tries++)
		usleep(100000);
	return before >= 0 && module_users() == before;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

int sysctl_set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	return write_file(path, value) ? 0 : -1;
}

bool spare_ciphers(const char *most)
{
	return write_file("/sys/module/sealsock/parameters/spare_ciphers", most);
}
