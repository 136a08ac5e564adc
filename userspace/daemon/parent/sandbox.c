// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parent/sandbox.h"
#include "worker/device.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#else
#error "which architecture do system calls of this one have?"
#endif

/* Calls without conditions. What an architecture does not have is left out. */
static const int calls[] = {
	SYS_read, SYS_write, SYS_pread64, SYS_close, SYS_sendmsg, SYS_recvmsg, SYS_fcntl,
	SYS_epoll_ctl, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_ppoll, SYS_fstat, SYS_newfstatat, SYS_lseek,
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_gettimeofday,
#ifdef SYS_time
	SYS_time,
#endif
	SYS_getrandom, SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,
	SYS_restart_syscall, SYS_exit, SYS_exit_group, SYS_sched_yield, SYS_sched_getaffinity,
};

/* Libraries look for files of configuration: they are told that there is none. */
static const int files[] = {
	SYS_openat, SYS_faccessat, SYS_readlinkat, SYS_statx,
#ifdef SYS_open
	SYS_open, SYS_access, SYS_stat, SYS_lstat, SYS_readlink,
#endif
};

static const unsigned int commands[] = { SEALSOCK_NEXT, SEALSOCK_RELEASE, SEALSOCK_REFUSE,
					 SEALSOCK_TAKE_MESSAGE };

static const unsigned int levels[] = { IPPROTO_TCP, SOL_TLS };
static const unsigned int key_commands[] = { KEYCTL_READ, KEYCTL_DESCRIBE, KEYCTL_CLEAR };

/* What callers' sockets take besides. */
static const int caller_calls[] = {
	SYS_sendto, SYS_recvfrom, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_shutdown,
	SYS_add_key,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { PROGRAM_MAX = 2 * (COUNT(calls) + COUNT(files) + COUNT(commands) + COUNT(levels) +
			  COUNT(key_commands) + COUNT(caller_calls)) + 50 };

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short n;
};

static void emit(struct program *p, struct sock_filter f)
{
	p->code[p->n++] = f;
}

#define LOAD(at) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at))
#define JUMP(op, v, yes, no) ((struct sock_filter)BPF_JUMP(BPF_JMP | (op) | BPF_K, v, yes, no))
#define ANSWER(v) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, v))

/* The low half of an argument; commands and protections have no other. */
#define LOW(i) (offsetof(struct seccomp_data, args[i]) + \
		4 * (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__))

static void emit_list(struct program *p, const int *list, size_t n, unsigned int answer)
{
	size_t i;

	for (i = 0; i < n; i++) {
		emit(p, JUMP(BPF_JEQ, (unsigned int)list[i], 0, 1));
		emit(p, ANSWER(answer));
	}
}

/* Memory that can be run is not to be had. */
static void emit_memory(struct program *p, int call)
{
	emit(p, JUMP(BPF_JEQ, (unsigned int)call, 0, 4));
	emit(p, LOAD(LOW(2)));
	emit(p, JUMP(BPF_JSET, PROT_EXEC, 0, 1));
	emit(p, ANSWER(SECCOMP_RET_KILL_PROCESS));
	emit(p, ANSWER(SECCOMP_RET_ALLOW));
}

/* A call of which these values of an argument are allowed. */
static void emit_values(struct program *p, int call, int arg, const unsigned int *v, size_t n)
{
	size_t i;

	emit(p, JUMP(BPF_JEQ, (unsigned int)call, 0, (uint8_t)(2 * n + 2)));
	emit(p, LOAD(LOW(arg)));
	for (i = 0; i < n; i++) {
		emit(p, JUMP(BPF_JEQ, v[i], 0, 1));
		emit(p, ANSWER(SECCOMP_RET_ALLOW));
	}
	emit(p, ANSWER(SECCOMP_RET_KILL_PROCESS));
}

bool sandbox_filter(enum sandbox kind)
{
	struct program p = { .n = 0 };
	struct sock_fprog prog = { .filter = p.code };

	emit(&p, LOAD(offsetof(struct seccomp_data, arch)));
	emit(&p, JUMP(BPF_JEQ, ARCH, 1, 0));
	emit(&p, ANSWER(SECCOMP_RET_KILL_PROCESS));
	emit(&p, LOAD(offsetof(struct seccomp_data, nr)));
	emit_list(&p, calls, COUNT(calls), SECCOMP_RET_ALLOW);
	emit_list(&p, files, COUNT(files), SECCOMP_RET_ERRNO | ENOENT);
	emit_memory(&p, SYS_mmap);
	emit_memory(&p, SYS_mprotect);
	if (kind == SANDBOX_WORKER)
		emit_values(&p, SYS_ioctl, 1, commands, COUNT(commands));
	if (kind == SANDBOX_CALLERS) {
		emit_values(&p, SYS_setsockopt, 1, levels, COUNT(levels));
		emit_values(&p, SYS_keyctl, 0, key_commands, COUNT(key_commands));
		emit_list(&p, caller_calls, COUNT(caller_calls), SECCOMP_RET_ALLOW);
	}
	emit(&p, ANSWER(SECCOMP_RET_KILL_PROCESS));
	prog.len = p.n;
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
}

/* Landlock: a set of rules with no rule in it. Where the kernel has none the filter does it. */
static bool close_files(void)
{
	struct {
		uint64_t handled_access_fs;
	} attr = { (1ull << 13) - 1 };	/* of its first edition: all that it knows */
	int fd, err;

#ifdef SYS_landlock_create_ruleset
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP;
	err = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return !err;
#else
	(void)attr, (void)fd, (void)err;
	return true;
#endif
}

static bool limit(int resource, rlim_t n)
{
	const struct rlimit r = { n, n };

	return !setrlimit(resource, &r);
}

static bool drop_bounds(void)
{
	unsigned int cap;

	for (cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return false;
	return true;
}

/* Root by name, who may do nothing but what the kernel asks of who answers it. */
static bool stay(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { 0 } };

	if (geteuid())
		return true;
	caps[0].effective = 1u << CAP_NET_ADMIN;
	caps[0].permitted = 1u << CAP_NET_ADMIN;
	return drop_bounds() && !setgroups(0, NULL) && !syscall(SYS_capset, &head, caps);
}

static bool become(uid_t uid, gid_t gid)
{
	if (geteuid())
		return true;
	return drop_bounds() && !setgroups(0, NULL) && !setresgid(gid, gid, gid) &&
	       !setresuid(uid, uid, uid) &&
	       setuid(0) && getuid() == uid && geteuid() == uid;
}

bool sandbox_lock_memory(void)
{
	return limit(RLIMIT_MEMLOCK, RLIM_INFINITY) &&
	       !mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

bool sandbox_enter(enum sandbox kind, uid_t uid, gid_t gid, unsigned int fds,
		   bool (*threads)(void *arg), void *arg, const char **what)
{
	*what = "limits";
	if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, fds) || !limit(RLIMIT_FSIZE, 0))
		return false;
	*what = "changing the user";
	if (kind == SANDBOX_CALLERS ? !stay() : !become(uid, gid))
		return false;
	*what = "closing it to other processes";
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return false;
	*what = "Landlock";
	if (!close_files())
		return false;
	*what = "threads";
	if (threads && !threads(arg))
		return false;
	*what = "limits";
	if (!limit(RLIMIT_NPROC, 0))
		return false;
	*what = "seccomp";
	return sandbox_filter(kind);
}
