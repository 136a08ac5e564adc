// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Clocks of the benchmark: wall time, processor time, and cycles where the kernel gives them. */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

static int perf_fd = -2;	/* -1: it cannot be had */
static const char *perf_why = "";

static void perf_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_hv = 1,
	};

	perf_fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (perf_fd < 0) {
		perf_why = errno == EACCES || errno == EPERM ?
			"not allowed (kernel.perf_event_paranoid is above 1)" : strerror(errno);
		perf_fd = -1;
	}
}

bool bench_cycles_there(const char **why)
{
	if (perf_fd == -2)
		perf_open();
	*why = perf_why;
	return perf_fd >= 0;
}

static double now(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double cycles(void)
{
	uint64_t n;

	if (perf_fd < 0 || read(perf_fd, &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

/*
 * Long no-operations that nothing else has: an emulator that counts instructions by address sees
 * by them where measuring begins and ends (tools/bench/plugin.c).
 */
static inline void mark_start(void)
{
#ifdef __x86_64__
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c, 0x01" : : : "memory");
#endif
}

static inline void mark_stop(void)
{
#ifdef __x86_64__
	asm volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 0x53, 0x45, 0x4c, 0x02" : : : "memory");
#endif
}

void bench_meter_start(struct bench_meter *m)
{
	m->cycles = cycles();
	m->cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	m->wall = now(CLOCK_MONOTONIC);
	mark_start();
}

void bench_meter_stop(struct bench_meter *m)
{
	mark_stop();
	m->wall = now(CLOCK_MONOTONIC) - m->wall;
	m->cpu = now(CLOCK_PROCESS_CPUTIME_ID) - m->cpu;
	m->cycles = cycles() - m->cycles;
}

void bench_meter_resume(struct bench_meter *m)
{
	m->cycles = cycles() - m->cycles;
	m->cpu = now(CLOCK_PROCESS_CPUTIME_ID) - m->cpu;
	m->wall = now(CLOCK_MONOTONIC) - m->wall;
	mark_start();
}

void bench_meter_pause(struct bench_meter *m)
{
	bench_meter_stop(m);
}
