// SPDX-License-Identifier: GPL-2.0-only
#include <net/inet_common.h>
#include <net/tcp.h>

#include "compat/compat.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#include <net/rps.h>
#endif

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

struct sock *compat_pull(struct proto *prot, struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	int err;

	return prot->accept(sk, O_NONBLOCK, &err, true);
#else
	struct proto_accept_arg arg = { .flags = O_NONBLOCK, .kern = true };

	return prot->accept(sk, &arg);
#endif
}

/* 7.2: charges the memory of the connection to whoever accepts it; before, pulling it did. */
void compat_graft(struct socket *sock, struct socket *newsock, struct sock *sk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
	sock_rps_record_flow(sk);
	sock_graft(sk, newsock);
	newsock->state = SS_CONNECTED;
#else
	__inet_accept(sock, newsock, sk);
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)

int compat_tcp_push(struct sock *sk, struct bio_vec *vec, unsigned int count,
		    unsigned int bytes, int flags)
{
	unsigned int i, sent = 0;

	flags |= MSG_NO_SHARED_FRAGS;
	tcp_rate_check_app_limited(sk);
	for (i = 0; i < count && sent < bytes; i++) {
		int len = min(vec[i].bv_len, bytes - sent);
		int more = sent + len < bytes ? MSG_MORE | MSG_SENDPAGE_NOTLAST : 0;
		int ret = do_tcp_sendpages(sk, vec[i].bv_page, vec[i].bv_offset, len,
					   flags | more);

		if (ret < 0)
			return sent ? sent : ret;
		sent += ret;
		if (ret < len)
			break;
	}
	return sent;
}

/* One page of a sendfile() or splice(), as a message. */
int compat_sendpage_msg(struct msghdr *msg, struct bio_vec *vec, struct page *page,
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

#endif
