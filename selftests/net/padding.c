// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* SEALSOCK_TX_PADDING: records of TLS 1.3 that hide how long their content is. */
#define _GNU_SOURCE

#include "kselftest_harness.h"
#include <uapi/sealsock.h>
#include "wired.h"

#include <sys/sendfile.h>

static uint8_t got[RECORD_MAX + 256];

static int set_padding(int fd, uint16_t value)
{
	return setsockopt(fd, SOL_TLS, SEALSOCK_TX_PADDING, &value, sizeof(value));
}

static size_t round_up(size_t n, size_t multiple, size_t most)
{
	n = (n + multiple - 1) / multiple * multiple;
	return n < most ? n : most;
}

/* One record of that content, padded to the multiple. */
#define EXPECT_PADDED(offset, length, multiple, most) do {				\
	EXPECT_RECORD(offset, length);							\
	ASSERT_EQ((length) + self->tx.pad, round_up(length, multiple, most));		\
} while (0)

/* TLS 1.2 refuses the option, and nothing more is to be seen there. */
#define ONLY_13() do {									\
	if (!self->v13) {								\
		ASSERT_EQ(set_padding(self->fd, 64), -1);				\
		ASSERT_EQ(errno, EINVAL);						\
		return;									\
	}										\
} while (0)

TEST_F(wired, told_by_getsockopt)
{
	uint16_t value = 1;
	socklen_t len = sizeof(value);
	int err = getsockopt(self->fd, SOL_TLS, SEALSOCK_TX_PADDING, &value, &len);

	ASSERT_EQ(err, self->v13 ? 0 : -1);
	ONLY_13();
	ASSERT_EQ(value, 0);
	ASSERT_EQ(set_padding(self->fd, 64), 0);
	ASSERT_EQ(getsockopt(self->fd, SOL_TLS, SEALSOCK_TX_PADDING, &value, &len), 0);
	ASSERT_EQ(value, 64);
}

TEST_F(wired, multiples)
{
	static const uint16_t multiples[] = { 1, 2, 16, 100, 4096, 10000, SEALSOCK_PADDING_FULL };
	static const size_t sizes[] = { 1, 15, 16, 17, 99, 4000, 4096, 8192, 12000, 16383, 16384 };
	uint8_t *data = pattern_alloc(RECORD_MAX);
	int i, j;

	ONLY_13();
	for (i = 0; i < ARRAY_SIZE(multiples); i++) {
		ASSERT_EQ(set_padding(self->fd, multiples[i]), 0);
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			ASSERT_EQ(send(self->fd, data, sizes[j], 0), sizes[j]);
			EXPECT_PADDED(0, sizes[j], multiples[i], RECORD_MAX);
		}
	}
	ASSERT_EQ(set_padding(self->fd, 0), 0);
	ASSERT_EQ(send(self->fd, data, 5, 0), 5);
	EXPECT_PADDED(0, 5, 1, RECORD_MAX);
	free(data);
}

TEST_F(wired, control_records)
{
	uint8_t type = 0;

	ONLY_13();
	ASSERT_EQ(set_padding(self->fd, 256), 0);
	ASSERT_EQ(send_type(self->fd, TYPE_ALERT, "\1\0", 2, 0), 2);
	ASSERT_EQ(wire_recv(&self->tx, self->peer, &type, got), 2);
	ASSERT_EQ(type, TYPE_ALERT);
	ASSERT_EQ(self->tx.pad, 254);
}

/* The limit of the peer counts padding in (RFC 8449 section 4). */
TEST_F(wired, within_the_largest_payload)
{
	uint8_t *data = pattern_alloc(RECORD_MAX);
	uint16_t limit = 1000;

	ONLY_13();
	ASSERT_EQ(setsockopt(self->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit, sizeof(limit)), 0);
	ASSERT_EQ(set_padding(self->fd, SEALSOCK_PADDING_FULL), 0);
	ASSERT_EQ(send(self->fd, data, 1500, 0), 1500);
	EXPECT_PADDED(0, 1000, SEALSOCK_PADDING_FULL, limit);
	EXPECT_PADDED(1000, 500, SEALSOCK_PADDING_FULL, limit);
	free(data);
}

TEST_F(wired, gathered)
{
	uint8_t *data = pattern_alloc(300);

	ONLY_13();
	ASSERT_EQ(set_padding(self->fd, 512), 0);
	ASSERT_EQ(send(self->fd, data, 100, MSG_MORE), 100);
	ASSERT_EQ(set_padding(self->fd, 0), -1);
	ASSERT_EQ(errno, EBUSY);
	ASSERT_EQ(send(self->fd, data + 100, 200, 0), 200);
	EXPECT_PADDED(0, 300, 512, RECORD_MAX);
	free(data);
}

TEST_F(wired, sendfile)
{
	size_t len = 50000, at;
	int file = pattern_file(len);
	uint8_t type;

	ONLY_13();
	ASSERT_EQ(set_padding(self->fd, SEALSOCK_PADDING_FULL), 0);
	ASSERT_EQ(sendfile(self->fd, file, NULL, len), len);
	ASSERT_EQ(shutdown(self->fd, SHUT_WR), 0);
	for (at = 0; at < len;) {
		ssize_t n = wire_recv(&self->tx, self->peer, &type, got);

		ASSERT_GT(n, 0);
		ASSERT_EQ(n + self->tx.pad, RECORD_MAX);
		ASSERT_EQ(pattern_check(got, at, n), -1);
		at += n;
	}
	ASSERT_EQ(at, len);
	close(file);
}

TEST_F(wired, refusals)
{
	uint32_t wide = 64;

	ONLY_13();
	ASSERT_EQ(set_padding(self->fd, SEALSOCK_PADDING_FULL + 1), -1);
	ASSERT_EQ(errno, EINVAL);
	ASSERT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_PADDING, &wide, sizeof(wide)), -1);
	ASSERT_EQ(errno, EINVAL);
	ASSERT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_PADDING, NULL, 2), -1);
	ASSERT_EQ(errno, EINVAL);
	ASSERT_EQ(setsockopt(self->fd, SOL_TLS, SEALSOCK_TX_PADDING, (void *)16, 2), -1);
	ASSERT_EQ(errno, EFAULT);
}

TEST_HARNESS_MAIN
