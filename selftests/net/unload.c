// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The module stays while a socket of it lives, to the last TCP state, and goes after that. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include "guard.h"
#include "peer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

static const struct suite suite = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 };

/* delete_module without waiting: 0, or errno. */
static int unload(void)
{
	return syscall(SYS_delete_module, "sealsock", O_NONBLOCK) ? errno : 0;
}

static int module_file(void)
{
	const char *kernel = getenv("SEALSOCK_KERNEL");
	char path[256];

	snprintf(path, sizeof(path), "build/kmod/%s/sealsock.ko", kernel ? kernel : "");
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Loads it again as it was. */
static int load(int file)
{
	return syscall(SYS_finit_module, file, strcmp(ulp_name(), "tls") ? "" : "alias_tls=1", 0);
}

FIXTURE(module)
{
	int file;
};

FIXTURE_SETUP(module)
{
	if (!ulp_is_ours())
		SKIP(return, "not the module under test");
	self->file = module_file();
	if (self->file < 0)
		SKIP(return, "no build/kmod/$SEALSOCK_KERNEL/sealsock.ko to load again");
}

FIXTURE_TEARDOWN(module)
{
	close(self->file);
}

/* It goes within seconds, and can be loaded again. */
#define EXPECT_UNLOADS() do {							\
	int tries, result = EAGAIN;						\
										\
	for (tries = 0; tries < 100 && result == EAGAIN; tries++) {		\
		usleep(100000);							\
		result = unload();						\
	}									\
	EXPECT_EQ(result, 0);							\
	if (!result)								\
		EXPECT_EQ(load(self->file), 0);					\
} while (0)

TEST_F(module, without_sockets)
{
	EXPECT_UNLOADS();
}

TEST_F(module, attached)
{
	int fd[2];

	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	EXPECT_EQ(unload(), EAGAIN);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	close(fd[0]);
	close(fd[1]);
	EXPECT_UNLOADS();
}

TEST_F(module, with_keys)
{
	struct keys keys;
	char c;
	int fd[2];

	keys_init(&keys, &suite, 0);
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	ASSERT_EQ(ulp_attach(fd[1]), 0);
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	ASSERT_EQ(keys_set(fd[1], TLS_RX, &keys), 0);
	EXPECT_EQ(unload(), EAGAIN);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	EXPECT_EQ(recv(fd[1], &c, 1, 0), 1);
	close(fd[0]);
	EXPECT_EQ(unload(), EAGAIN);
	close(fd[1]);
	EXPECT_UNLOADS();
}

/* Closed by the program, but TCP still has data to deliver: FIN_WAIT1, no file any more. */
TEST_F(module, orphan)
{
	uint8_t *data = pattern_alloc(4 * MIB);
	struct drain drain = {};
	struct keys keys;
	struct wire wire;
	size_t len = 0;
	ssize_t n;
	int fd[2], i;

	keys_init(&keys, &suite, 0);
	wire_init(&wire, &keys);
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	while ((n = send(fd[0], data + len, 50000, MSG_DONTWAIT)) > 0)
		len += n;
	ASSERT_GT(len, 0);
	close(fd[0]);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(unload(), EAGAIN);
		usleep(100000);
	}
	drain_start(&drain, fd[1], &wire, 0);
	EXPECT_TRUE(drain_end(&drain, &wire));
	EXPECT_EQ(drain.bytes, len);
	close(fd[1]);
	EXPECT_UNLOADS();
	free(data);
}

/* The peer was the first to close: LAST_ACK, with data before it that nobody reads. */
TEST_F(module, last_ack)
{
	uint8_t *data = pattern_alloc(4 * MIB);
	struct drain drain = {};
	struct keys keys;
	struct wire wire;
	size_t len = 0;
	ssize_t n;
	int fd[2];
	char c;

	keys_init(&keys, &suite, 0);
	wire_init(&wire, &keys);
	ASSERT_EQ(tcp_pair(AF_INET, fd), 0);
	ASSERT_EQ(ulp_attach(fd[0]), 0);
	ASSERT_EQ(keys_set(fd[0], TLS_TX, &keys), 0);
	ASSERT_EQ(shutdown(fd[1], SHUT_WR), 0);
	ASSERT_EQ(recv(fd[0], &c, 1, 0), 0);
	while ((n = send(fd[0], data + len, 50000, MSG_DONTWAIT)) > 0)
		len += n;
	close(fd[0]);
	EXPECT_EQ(unload(), EAGAIN);
	usleep(200000);
	EXPECT_EQ(unload(), EAGAIN);
	drain_start(&drain, fd[1], &wire, 0);
	EXPECT_TRUE(drain_end(&drain, &wire));
	EXPECT_EQ(drain.bytes, len);
	close(fd[1]);
	EXPECT_UNLOADS();
	free(data);
}

TEST_HARNESS_MAIN
