/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels the module builds for, 6.1 to 7.2. The
 * rest of the module is written for the newest; with support for the older
 * ones gone this folder can be deleted, call by call.
 */
#ifndef SEAL_COMPAT_H
#define SEAL_COMPAT_H

#include <linux/bvec.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/tcp.h>

struct tcp_ulp_ops;

/* 6.5: sendpage() gave way to sendmsg() with MSG_SPLICE_PAGES. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define COMPAT_SEND_FLAGS	0
#define compat_is_splice(msg)	false
#else
#define COMPAT_SEND_FLAGS	(MSG_SPLICE_PAGES | MSG_SENDPAGE_NOPOLICY)
#define compat_is_splice(msg)	((msg)->msg_flags & MSG_SPLICE_PAGES)
#endif

/* 6.4: where a reader's memory begins. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
static inline unsigned long compat_iter_addr(const struct iov_iter *iter)
{
	const void __user *base = iter_is_ubuf(iter) ? iter->ubuf : iter->iov->iov_base;

	return (unsigned long)base + iter->iov_offset;
}
#else
#define compat_iter_addr(iter)	((unsigned long)iter_iov_addr(iter))
#endif

/* 6.15: before, ciphers stopped wherever a page ends, in the middle of a piece too. */
#define COMPAT_WALK_PAGES	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0))

/*
 * 6.16: before, AES-GCM of x86, which keeps its state on the stack, came
 * wrapped: a request's context is another request, with nothing behind it.
 */
#define compat_aead_wraps(aead)								\
	(LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0) &&				\
	 strstarts(crypto_tfm_alg_driver_name(crypto_aead_tfm(aead)), "generic-gcm-"))

/* Pieces of memory that compat_iter_pages() finds at most. */
#define COMPAT_SPLICE_PAGES	20

/*
 * Gives fragments to TCP, which takes references of its own. Nobody writes to
 * them from then on: TCP need not copy them for a checksum, nor a receiver on
 * this host to open them. Does not wait if @flags has MSG_DONTWAIT. The number of bytes taken, or an error if none was.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
int compat_tcp_push(struct sock *sk, struct bio_vec *vec, unsigned int count,
		    unsigned int bytes, int flags);
#else
static __always_inline int compat_tcp_push(struct sock *sk, struct bio_vec *vec, unsigned int count,
					   unsigned int bytes, int flags)
{
	struct msghdr msg = { .msg_flags = MSG_SPLICE_PAGES | MSG_NO_SHARED_FRAGS | flags };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, vec, count, bytes);
	return tcp_sendmsg_locked(sk, &msg, bytes);
}
#endif

/*
 * The first @bytes of an iterator over pages, as at most COMPAT_SPLICE_PAGES
 * pieces, without references and without advancing. Returns their number; 0
 * if they are more, or if the iterator is of another kind.
 */
int compat_iter_pages(const struct iov_iter *iter, size_t bytes, struct bio_vec *pages);

/* 6.6: tables of sysctls come with their size; before, an empty entry ends them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define compat_register_sysctl(net, path, table, size) register_net_sysctl(net, path, table)
#else
#define compat_register_sysctl register_net_sysctl_sz
#endif

/* Sets what only some kernels have in the operations of a sending socket. */
void compat_tx_ops(struct proto *prot, struct proto_ops *ops);

/*
 * Sets what has another signature from kernel to kernel in the operations of
 * a receiving socket: recvmsg, and ioctl, which answers SIOCINQ.
 */
void compat_rx_ops(struct proto *prot);

/* Likewise for the ULP: get_info and get_info_size. */
void compat_ulp_ops(struct tcp_ulp_ops *ops);

#endif /* SEAL_COMPAT_H */
