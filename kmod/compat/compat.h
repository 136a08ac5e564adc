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
 * Gives the first @bytes of fragments to TCP, which takes references of its
 * own. Nobody writes to them from then on: TCP need not copy them for a
 * checksum, nor a receiver on this host to open them. Does not wait if @flags
 * has MSG_DONTWAIT. The number of bytes taken, or an error if none was.
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

/*
 * Operations whose prototypes differ: each macro defines a function of the
 * kernel's kind, which calls one that is the same everywhere. They stand where
 * the tables of operations are built.
 */

/* 6.5: before, a page of a sendfile() or splice() came by itself. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
int compat_sendpage_msg(struct msghdr *msg, struct bio_vec *vec, struct page *page, int offset,
			size_t size, int flags);

#define COMPAT_SENDPAGE(name, sendmsg)							\
static int name(struct sock *sk, struct page *page, int offset, size_t size, int flags)	\
{											\
	struct msghdr msg;								\
	struct bio_vec vec;								\
	int err = compat_sendpage_msg(&msg, &vec, page, offset, size, flags);		\
											\
	return err ? err : sendmsg(sk, &msg, size);					\
}
#define compat_set_sendpage(prot, ops, page, page_locked)				\
	((prot)->sendpage = (page), (ops)->sendpage_locked = (page_locked))
#else
#define COMPAT_SENDPAGE(name, sendmsg)
#define compat_set_sendpage(prot, ops, page, page_locked)	do { } while (0)
#endif

/* 6.5: the answer to an ioctl() goes to the kernel's memory; before, to the user's. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define COMPAT_IOCTL(name, base, number, answer)					\
static int name(struct sock *sk, int cmd, unsigned long arg)				\
{											\
	return cmd == (number) ? put_user(answer(sk), (int __user *)arg) :		\
				 base(sk)->ioctl(sk, cmd, arg);				\
}
#else
#define COMPAT_IOCTL(name, base, number, answer)					\
static int name(struct sock *sk, int cmd, int *karg)					\
{											\
	if (cmd != (number))								\
		return base(sk)->ioctl(sk, cmd, karg);					\
	*karg = answer(sk);								\
	return 0;									\
}
#endif

/* 7.1: recvmsg() lost its last argument. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define COMPAT_RECVMSG(name, recvmsg)							\
static int name(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len) \
{											\
	return recvmsg(sk, msg, len, flags);						\
}
#else
#define COMPAT_RECVMSG(name, recvmsg)							\
static int name(struct sock *sk, struct msghdr *msg, size_t len, int flags)		\
{											\
	return recvmsg(sk, msg, len, flags);						\
}
#endif

/* What such a recvmsg() is called by. */
static inline int compat_recvmsg(struct proto *prot, struct sock *sk, struct msghdr *msg,
				 size_t len, int flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
	return prot->recvmsg(sk, msg, len, flags, &msg->msg_namelen);
#else
	return prot->recvmsg(sk, msg, len, flags);
#endif
}

/* 6.19: addresses are of a type that says nothing of their length. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define compat_sockaddr struct sockaddr
#else
#define compat_sockaddr struct sockaddr_unsized
#endif

/* 6.10: what accept() takes came into a structure. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define COMPAT_ACCEPT(name, accept)							\
static int name(struct socket *sock, struct socket *newsock, int flags, bool kern)	\
{											\
	return accept(sock, newsock, flags);						\
}
#else
#define COMPAT_ACCEPT(name, accept)							\
static int name(struct socket *sock, struct socket *newsock, struct proto_accept_arg *arg) \
{											\
	return accept(sock, newsock, arg->flags);					\
}
#endif

/* A connection that waits in the queue of listener @sk; NULL: there is none. */
struct sock *compat_pull(struct proto *prot, struct sock *sk);

/* Gives @newsock, of an accept() on @sock, the connection @sk, which is locked. */
void compat_graft(struct socket *sock, struct socket *newsock, struct sock *sk);

/* 6.15: get_info() of a ULP learnt whether its reader has CAP_NET_ADMIN. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define COMPAT_GET_INFO(name, get_info)							\
static int name(struct sock *sk, struct sk_buff *skb)					\
{											\
	return get_info(sk, skb);							\
}
#define COMPAT_GET_INFO_SIZE(name, get_info_size)					\
static size_t name(const struct sock *sk)						\
{											\
	return get_info_size(sk);							\
}
#else
#define COMPAT_GET_INFO(name, get_info)							\
static int name(struct sock *sk, struct sk_buff *skb, bool net_admin)			\
{											\
	return get_info(sk, skb);							\
}
#define COMPAT_GET_INFO_SIZE(name, get_info_size)					\
static size_t name(const struct sock *sk, bool net_admin)				\
{											\
	return get_info_size(sk);							\
}
#endif

/* The addresses of a socket of IPv6. A kernel without it has no such sockets. */
#if IS_ENABLED(CONFIG_IPV6)
static inline const struct in6_addr *compat_v6_daddr(const struct sock *sk)
{
	return &sk->sk_v6_daddr;
}

static inline const struct in6_addr *compat_v6_rcv_saddr(const struct sock *sk)
{
	return &sk->sk_v6_rcv_saddr;
}
#else
static inline const struct in6_addr *compat_v6_daddr(const struct sock *sk)
{
	return NULL;
}

static inline const struct in6_addr *compat_v6_rcv_saddr(const struct sock *sk)
{
	return NULL;
}
#endif

#endif /* SEAL_COMPAT_H */
