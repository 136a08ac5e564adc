// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * caller CLIENT SERVER: both ends of a connection ask for TLS as NFS and NVMe do, from inside the
 * kernel (selftests/net/kuser), and data passes. Each end says what it has: psk:NAME:BYTES[:NAME of
 * another, of as many zeros], x509:NAME (NAME: the server's, "-" none),
 * x509:NAME:CERT.der:KEY.der, anon:NAME. Behind the first word "-user": its pre-shared keys are of
 * that type; or what has become of its key since: "-revoked", "-expired", "-gone", "-ring" (its
 * keyring is revoked). Prints how each ended.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../net/kuser/sealsock_kuser.h"

enum { PATIENCE = 60000, FILE_MAX = 16384 };

struct end {
	int fd, device, result;
	unsigned int how;
	struct kuser_keys keys;
};

static void die(const char *what)
{
	fprintf(stderr, "caller: %s: %s\n", what, strerror(errno));
	exit(9);
}

static int32_t add_key(const char *type, const char *name, const void *p, size_t n, int32_t ring)
{
	long serial = syscall(SYS_add_key, type, name, p, n, ring);

	if (serial < 0)
		die(name);
	/* Whoever has it, and its owner. */
	syscall(SYS_keyctl, KEYCTL_SETPERM, serial, 0x3f3f0000);
	return (int32_t)serial;
}

static int32_t add_file(const char *path, int32_t ring)
{
	char buf[FILE_MAX];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	if (n < 0)
		die(path);
	close(fd);
	return add_key("user", path, buf, (size_t)n, ring);
}

static void spoil(const char *how, int32_t key, int32_t ring)
{
	long r = 0;

	if (!strcmp(how, "revoked"))
		r = syscall(SYS_keyctl, KEYCTL_REVOKE, key);
	else if (!strcmp(how, "expired"))
		r = syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 1);
	else if (!strcmp(how, "gone"))
		r = syscall(SYS_keyctl, KEYCTL_INVALIDATE, key);
	else if (!strcmp(how, "ring"))
		r = syscall(SYS_keyctl, KEYCTL_REVOKE, ring);
	if (r < 0)
		die(how);
	if (!strcmp(how, "expired"))
		sleep(2);
}

static void prepare_psk(struct end *e, const char *type, const char *name, const char *bytes,
			const char *other, int32_t ring)
{
	char zeros[FILE_MAX];

	e->how |= KUSER_PSK;
	e->keys.psk[1] = add_key(type, name, bytes, strlen(bytes), ring);
	memset(zeros, '0', sizeof(zeros));
	if (other)
		e->keys.psk[0] = add_key(type, other, zeros, strlen(bytes), ring);
}

/* Its keys are in a keyring of its own. */
static void prepare(struct end *e, char *text, bool server)
{
	char *kind = strtok(text, ":"), *name = strtok(NULL, ":"), *one = strtok(NULL, ":");
	char *two = strtok(NULL, ":"), *how = strchr(kind, '-');
	int32_t ring = 0;

	if (how)
		*how++ = '\0';

	e->how = server ? KUSER_SERVER : 0;
	if (one)
		ring = add_key("keyring", server ? "server" : "client", NULL, 0,
			       KEY_SPEC_SESSION_KEYRING);
	e->keys.keyring = ring;
	if (!strcmp(kind, "psk"))
		prepare_psk(e, how && !strcmp(how, "user") ? "user" : "psk", name, one, two, ring);
	if (!strcmp(kind, "x509"))
		e->how |= KUSER_X509;
	if (!server && strcmp(kind, "psk") && strcmp(name, "-"))
		strncpy(e->keys.name, name, sizeof(e->keys.name) - 1);
	if (two && strcmp(kind, "psk")) {
		e->keys.cert = add_file(one, ring);
		e->keys.key = add_file(two, ring);
	}
	if (how)
		spoil(how, e->how & KUSER_PSK ? e->keys.psk[1] : e->keys.key, ring);
}

static void connect_both(int fd[2])
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&at, len) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&at, &len) ||
	    connect(fd[0], (struct sockaddr *)&at, len))
		die("connect");
	fd[1] = accept(l, NULL, NULL);
	close(l);
}

static int call(const struct end *e, unsigned int op, void *buf, size_t n, unsigned int flags)
{
	struct kuser_call c = {
		.fd = e->fd, .op = op, .buf = (uintptr_t)buf, .len = (uint32_t)n, .flags = flags,
	};
	int ret = ioctl(e->device, KUSER_CALL, &c);

	return ret < 0 ? -errno : ret;
}

static void *shake(void *arg)
{
	struct end *e = arg;

	e->result = call(e, KUSER_HANDSHAKE, &e->keys, PATIENCE, e->how);
	/* So that the other need not wait for its time to run out. */
	if (e->result)
		shutdown(e->fd, SHUT_RDWR);
	return NULL;
}

static bool passes(const struct end *from, const struct end *to)
{
	char text[] = "of the kernel, to the kernel", got[sizeof(text)] = "";

	return call(from, KUSER_SEND, text, sizeof(text), 0) == sizeof(text) &&
	       call(to, KUSER_RECV, got, sizeof(got), 0) == sizeof(got) && !strcmp(text, got);
}

static const char *word(int result)
{
	return result ? strerror(-result) : "done";
}

int main(int argc, char **argv)
{
	struct end end[2] = { 0 };
	pthread_t thread[2];
	int fd[2], i;

	if (argc != 3) {
		fprintf(stderr, "usage: caller CLIENT SERVER\n");
		return 2;
	}
	connect_both(fd);
	for (i = 0; i < 2; i++) {
		end[i].fd = fd[i];
		end[i].device = open("/dev/sealsock_kuser", O_RDWR);
		if (end[i].device < 0)
			die("/dev/sealsock_kuser");
		prepare(&end[i], argv[1 + i], i);
	}
	for (i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, shake, &end[i]);
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	printf("client: %s, server: %s, peers known: %d %d, data: %s\n", word(end[0].result),
	       word(end[1].result), end[0].keys.peer > 0, end[1].keys.peer > 0,
	       !end[0].result && !end[1].result && passes(&end[0], &end[1]) &&
	       passes(&end[1], &end[0]) ? "passes" : "none");
	return 0;
}
