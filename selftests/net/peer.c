// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The other end of the connection, in a thread. */
#define _GNU_SOURCE

#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *drain_run(void *arg)
{
	struct drain *d = arg;
	uint8_t out[RECORD_MAX + 256];
	ssize_t n, wrong;
	uint8_t type;

	while (!d->want || d->bytes < d->want) {
		if (d->delay_us)
			usleep(d->delay_us);
		n = wire_recv(&d->wire, d->fd, &type, out);
		if (n == WIRE_EOF)
			break;
		if (n < 0) {
			snprintf(d->why, sizeof(d->why), "record %zu: %s", d->records, d->wire.why);
			break;
		}
		d->records++;
		if (type != TYPE_DATA) {
			d->controls++;
			continue;
		}
		wrong = pattern_check(out, d->bytes, n);
		if (wrong >= 0) {
			snprintf(d->why, sizeof(d->why), "wrong byte at %zu", d->bytes + wrong);
			break;
		}
		d->bytes += n;
		if ((size_t)n > d->largest)
			d->largest = n;
	}
	return NULL;
}

void drain_start(struct drain *drain, int fd, const struct wire *wire, size_t want)
{
	unsigned int delay = drain->delay_us;

	memset(drain, 0, sizeof(*drain));
	drain->fd = fd;
	drain->wire = *wire;
	drain->want = want;
	drain->delay_us = delay;
	if (pthread_create(&drain->thread, NULL, drain_run, drain))
		abort();
}

bool drain_end(struct drain *drain, struct wire *wire)
{
	pthread_join(drain->thread, NULL);
	*wire = drain->wire;
	if (drain->why[0])
		printf("# peer: %s (%zu records, %zu bytes)\n", drain->why, drain->records,
		       drain->bytes);
	return !drain->why[0];
}

static void *feed_run(void *arg)
{
	struct feed *f = arg;
	size_t done = 0;

	while (done < f->len) {
		size_t n = f->len - done;

		if (f->chunk && n > f->chunk)
			n = f->chunk;
		if (send_full(f->fd, f->data + done, n, 0)) {
			f->error = errno;
			break;
		}
		done += n;
	}
	return NULL;
}

void feed_start(struct feed *feed, int fd, const uint8_t *data, size_t len, size_t chunk)
{
	*feed = (struct feed){ .fd = fd, .data = data, .len = len, .chunk = chunk };
	if (pthread_create(&feed->thread, NULL, feed_run, feed))
		abort();
}

bool feed_end(struct feed *feed)
{
	pthread_join(feed->thread, NULL);
	return !feed->error;
}

size_t seal_pattern(struct wire *wire, size_t len, size_t size, size_t pad, uint8_t **out)
{
	size_t records = (len + size - 1) / size;
	uint8_t *data = pattern_alloc(len);
	size_t done, n, total = 0;

	*out = malloc(records * (size + pad + 64) + WIRE_MAX);
	if (!*out)
		abort();
	for (done = 0; done < len; done += n) {
		n = len - done < size ? len - done : size;
		total += wire_seal(wire, TYPE_DATA, data + done, n, pad, *out + total);
	}
	free(data);
	return total;
}
