// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Which calls the supervisor is asked about. Only registers can be looked at here: addresses, and
 * what kind a descriptor is, are the supervisor's to find out.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/run.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define NATIVE_ARCH AUDIT_ARCH_S390X
#else
#error "which processor is this?"
#endif

/* Calls with this bit are x32's, on x86-64; other processors number none so high. */
#define X32_BIT 0x40000000u

bool filter_is_native(const struct seccomp_data *data)
{
	return data->arch == NATIVE_ARCH && !((uint32_t)data->nr & X32_BIT);
}

enum { ROOM = 128 };

struct program {
	struct sock_filter code[ROOM];
	unsigned short n;
};

static void put(struct program *p, unsigned int code, unsigned int yes, unsigned int no,
		uint32_t k)
{
	if (p->n == ROOM)
		abort();	/* it is always the same one */
	p->code[p->n++] = (struct sock_filter){
		.code = (uint16_t)code, .jt = (uint8_t)yes, .jf = (uint8_t)no, .k = k,
	};
}

static void load(struct program *p, size_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* The half of it that an int is. */
static void load_arg(struct program *p, unsigned int n)
{
	bool big_endian = htonl(1) == 1;

	load(p, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) +
	     (big_endian ? sizeof(uint32_t) : 0));
}

static void end(struct program *p, uint32_t what)
{
	put(p, BPF_RET | BPF_K, 0, 0, what);
}

static void end_if(struct program *p, uint32_t value, uint32_t what)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
	end(p, what);
}

static void end_if_bit(struct program *p, uint32_t bit, uint32_t what)
{
	put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bit);
	end(p, what);
}

/* What is put until block_end() is for @value only, and must not go on behind it. */
static unsigned short block_begin(struct program *p, uint32_t value)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, value);
	return p->n;
}

static void block_end(struct program *p, unsigned short from)
{
	p->code[from - 1].jf = (uint8_t)(p->n - from);
}

/* A call whose flags, in argument @arg, may make a connection. */
static void watch_flags(struct program *p, uint32_t nr, unsigned int arg)
{
	unsigned short block = block_begin(p, nr);

	load_arg(p, arg);
	end_if_bit(p, MSG_FASTOPEN, SECCOMP_RET_USER_NOTIF);
	end(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
}

/* What would go on as TCP, but cannot be asked for TLS, is not there: programs do without it. */
static void watch_socket(struct program *p)
{
	static const uint32_t domains[] = { AF_INET, AF_INET6 };
	unsigned short block = block_begin(p, __NR_socket), inner;

	load_arg(p, 0);
	end_if(p, AF_SMC, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	for (int i = 0; i < 2; i++) {
		inner = block_begin(p, domains[i]);
		load_arg(p, 2);
		end_if(p, IPPROTO_MPTCP, SECCOMP_RET_ERRNO | EPROTONOSUPPORT);
		end_if(p, PROTO_SMC, SECCOMP_RET_ERRNO | EPROTONOSUPPORT);
		end(p, SECCOMP_RET_ALLOW);
		block_end(p, inner);
	}
	end(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
}

/* The machine's own calls, with their number loaded. */
static void watch_native(struct program *p)
{
	end_if(p, 0xffffffffu, SECCOMP_RET_ALLOW);	/* a tracer's: no call */
	end_if_bit(p, X32_BIT, SECCOMP_RET_USER_NOTIF);
	end_if(p, __NR_connect, SECCOMP_RET_USER_NOTIF);
	end_if(p, __NR_listen, SECCOMP_RET_USER_NOTIF);
	end_if(p, __NR_io_uring_setup, SECCOMP_RET_USER_NOTIF);
#ifdef __NR_socketcall
	/* s390x: what it is to do, and to what, is in memory. */
	end_if(p, __NR_socketcall, SECCOMP_RET_USER_NOTIF);
#endif
	watch_flags(p, __NR_sendto, 3);
	watch_flags(p, __NR_sendmsg, 2);
	watch_flags(p, __NR_sendmmsg, 3);
	watch_socket(p);
	end(p, SECCOMP_RET_ALLOW);
}

/* Those of a processor of half the width: whatever may make a socket, or use one so. */
static void watch_foreign(struct program *p)
{
#if defined(__x86_64__)
	static const uint32_t calls[] = {
		102 /* socketcall */, 359 /* socket */, 362 /* connect */, 363 /* listen */,
		345 /* sendmmsg */, 369 /* sendto */, 370 /* sendmsg */, 425 /* io_uring_setup */,
	};

	load(p, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		end_if(p, calls[i], SECCOMP_RET_USER_NOTIF);
	end(p, SECCOMP_RET_ALLOW);
#else
	end(p, SECCOMP_RET_USER_NOTIF);
#endif
}

int filter_install(void)
{
	struct program p = { 0 };
	struct sock_fprog prog = { .filter = p.code };
	unsigned short block;
	int fd;

	load(&p, offsetof(struct seccomp_data, arch));
	block = block_begin(&p, NATIVE_ARCH);
	load(&p, offsetof(struct seccomp_data, nr));
	watch_native(&p);
	block_end(&p, block);
	watch_foreign(&p);
	prog.len = p.n;
	/* Whoever may, need not give up that programs gain rights by being started. */
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			  &prog);
	if (fd >= 0 || errno != EACCES)
		return fd;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &prog);
}
