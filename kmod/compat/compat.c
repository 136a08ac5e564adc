// SPDX-License-Identifier: GPL-2.0-only
#include <asm/ioctls.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "rx/rx.h"
#include "seen/diag.h"
#include "tx/tx.h"

int compat_iter_pages(const struct iov_iter *iter, size_t bytes, struct bio_vec *pages)
{
	const struct bio_vec *vec = iter->bvec;
	size_t skip = iter->iov_offset;
	unsigned int n = 0;

	if (!iov_iter_is_bvec(iter) || iov_iter_count(iter) < bytes)
		return 0;
	for (; bytes; vec++, skip = 0) {
		size_t len = min(bytes, (size_t)vec->bv_len - skip);

		if (!len)
			continue;
		if (n == COMPAT_SPLICE_PAGES)
			return 0;
		bvec_set_page(&pages[n++], vec->bv_page, len, vec->bv_offset + skip);
		bytes -= len;
	}
	return n;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)

int compat_tcp_push(struct sock *sk, struct bio_vec *vec, unsigned int count,
		    unsigned int bytes, int flags)
{
	unsigned int i;
	int sent = 0;

	flags |= MSG_NO_SHARED_FRAGS;
	tcp_rate_check_app_limited(sk);
	for (i = 0; i < count; i++) {
		int more = i + 1 < count ? MSG_MORE | MSG_SENDPAGE_NOTLAST : 0;
		int ret = do_tcp_sendpages(sk, vec[i].bv_page, vec[i].bv_offset, vec[i].bv_len,
					   flags | more);

		if (ret < 0)
			return sent ? sent : ret;
		sent += ret;
		if (ret < vec[i].bv_len)
			break;
	}
	return sent;
}

/* One page of a sendfile() or splice(), as a message. */
static int sendpage_msg(struct msghdr *msg, struct bio_vec *vec, struct page *page,
			int offset, size_t size, int flags)
{
	if (flags & ~(MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_SENDPAGE_NOTLAST |
		      MSG_SENDPAGE_NOPOLICY))
		return -EOPNOTSUPP;

	bvec_set_page(vec, page, size, offset);
	memset(msg, 0, sizeof(*msg));
	msg->msg_flags = flags & (MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (flags & MSG_SENDPAGE_NOTLAST)
		msg->msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg->msg_iter, ITER_SOURCE, vec, 1, size);
	return 0;
}

static int compat_sendpage_locked(struct sock *sk, struct page *page, int offset,
				  size_t size, int flags)
{
	struct msghdr msg;
	struct bio_vec vec;
	int err;

	err = sendpage_msg(&msg, &vec, page, offset, size, flags);
	return err ? err : seal_tx_sendmsg_locked(sk, &msg, size);
}

static int compat_sendpage(struct sock *sk, struct page *page, int offset,
			   size_t size, int flags)
{
	int ret;

	lock_sock(sk);
	ret = compat_sendpage_locked(sk, page, offset, size, flags);
	release_sock(sk);
	return ret;
}

void compat_tx_ops(struct proto *prot, struct proto_ops *ops)
{
	prot->sendpage = compat_sendpage;
	ops->sendpage_locked = compat_sendpage_locked;
}

static int compat_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	if (cmd == SIOCINQ)
		return put_user(seal_rx_inq(sk), (int __user *)arg);
	return seal_ctx(sk)->base->ioctl(sk, cmd, arg);
}

#else

void compat_tx_ops(struct proto *prot, struct proto_ops *ops)
{
}

static int compat_ioctl(struct sock *sk, int cmd, int *karg)
{
	if (cmd != SIOCINQ)
		return seal_ctx(sk)->base->ioctl(sk, cmd, karg);
	*karg = seal_rx_inq(sk);
	return 0;
}

#endif

/* 7.1: recvmsg() lost its last argument. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
static int compat_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
			  int *addr_len)
{
	return seal_rx_recvmsg(sk, msg, len, flags);
}
#else
#define compat_recvmsg seal_rx_recvmsg
#endif

void compat_rx_ops(struct proto *prot)
{
	prot->recvmsg = compat_recvmsg;
	prot->ioctl = compat_ioctl;
}

/* 6.15: get_info() learnt whether its reader has CAP_NET_ADMIN. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define compat_get_info seal_get_info
#define compat_get_info_size seal_get_info_size
#else
static int compat_get_info(struct sock *sk, struct sk_buff *skb, bool net_admin)
{
	return seal_get_info(sk, skb);
}

static size_t compat_get_info_size(const struct sock *sk, bool net_admin)
{
	return seal_get_info_size(sk);
}
#endif

void compat_ulp_ops(struct tcp_ulp_ops *ops)
{
	ops->get_info = compat_get_info;
	ops->get_info_size = compat_get_info_size;
}
