// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel user of sockets, for tests: does on a socket of a test program what NVMe and SUNRPC do
 * on theirs, and gives the result back. No part of the module under test, and knows nothing of it.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tls.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/strparser.h>

#include "handshake.h"
#include "sealsock_kuser.h"

#define PAGES	(KUSER_MAX / PAGE_SIZE)

/**
 * struct listener - a reader by read_sock(), one per opened device
 * @sock: the socket, NULL if none
 * @data_ready: what sk_data_ready was before
 * @chains: it is called first
 * @work: reads all there is
 * @wait: for more in @buf
 * @buf: what was read
 * @have: bytes of it
 * @chunk: bytes taken at once
 * @error: of read_sock()
 * @eof: the stream has ended
 * @parses: strparser reads, not @work
 * @strp: if so
 */
struct listener {
	struct socket *sock;
	void (*data_ready)(struct sock *sk);
	bool chains;
	struct work_struct work;
	wait_queue_head_t wait;
	u8 *buf;
	size_t have;
	u32 chunk;
	int error;
	bool eof;
	bool parses;
	struct strparser strp;
};

/* A record's type, beside the data. */
union control {
	struct cmsghdr cmsg;
	u8 buf[CMSG_SPACE(sizeof(u8))];
};

static void control_set(struct msghdr *msg, union control *control, u8 type)
{
	memset(control, 0, sizeof(*control));
	control->cmsg.cmsg_level = SOL_TLS;
	control->cmsg.cmsg_type = TLS_SET_RECORD_TYPE;
	control->cmsg.cmsg_len = CMSG_LEN(sizeof(type));
	*(u8 *)CMSG_DATA(&control->cmsg) = type;
	msg->msg_control = control;
	msg->msg_controllen = control->cmsg.cmsg_len;
}

static u8 control_get(const union control *control)
{
	if (control->cmsg.cmsg_level != SOL_TLS || control->cmsg.cmsg_type != TLS_GET_RECORD_TYPE)
		return 0;
	return *(u8 *)CMSG_DATA(&control->cmsg);
}

/* Cuts memory into three pieces that match nothing. */
static int cut(struct kvec vec[3], u8 *mem, u32 len)
{
	u32 first = len / 3, second = len / 7;

	vec[0] = (struct kvec){ mem, first };
	vec[1] = (struct kvec){ mem + first, second };
	vec[2] = (struct kvec){ mem + first + second, len - first - second };
	return 3;
}

static int recv_memory(struct socket *sock, struct msghdr *msg, struct kuser_call *call, u8 *mem)
{
	struct kvec vec[3];

	return kernel_recvmsg(sock, msg, vec, cut(vec, mem, call->len), call->len, call->flags);
}

static int send_memory(struct socket *sock, struct msghdr *msg, struct kuser_call *call, u8 *mem)
{
	struct kvec vec[3];

	return kernel_sendmsg(sock, msg, vec, cut(vec, mem, call->len), call->len);
}

static void free_pages_of(struct bio_vec *vec)
{
	int i;

	for (i = 0; i < PAGES && vec[i].bv_page; i++)
		put_page(vec[i].bv_page);
	kvfree(vec);
}

/* Pages for @len bytes, the first of which starts 100 bytes into its page. */
static struct bio_vec *alloc_pages_for(u32 len, int *count)
{
	struct bio_vec *vec = kvcalloc(PAGES + 1, sizeof(*vec), GFP_KERNEL);
	u32 skip = len < KUSER_MAX ? 100 : 0;

	if (!vec)
		return NULL;
	for (*count = 0; len; ++*count) {
		struct bio_vec *v = &vec[*count];

		v->bv_page = alloc_page(GFP_KERNEL);
		if (!v->bv_page) {
			free_pages_of(vec);
			return NULL;
		}
		v->bv_offset = skip;
		v->bv_len = min_t(u32, len, PAGE_SIZE - skip);
		len -= v->bv_len;
		skip = 0;
	}
	return vec;
}

static int recv_pages(struct socket *sock, struct msghdr *msg, struct kuser_call *call, u8 *mem)
{
	struct iov_iter copy;
	struct bio_vec *vec;
	int n, ret;

	vec = alloc_pages_for(call->len, &n);
	if (!vec)
		return -ENOMEM;
	iov_iter_bvec(&msg->msg_iter, ITER_DEST, vec, n, call->len);
	ret = sock_recvmsg(sock, msg, call->flags);
	if (ret > 0) {
		iov_iter_bvec(&copy, ITER_SOURCE, vec, n, call->len);
		if (copy_from_iter(mem, ret, &copy) != ret)
			ret = -EFAULT;
	}
	free_pages_of(vec);
	return ret;
}

#ifdef MSG_SENDPAGE_NOTLAST

static int send_splice(struct socket *sock, struct msghdr *msg, struct bio_vec *vec, int n)
{
	int i, ret, sent = 0;

	for (i = 0; i < n; i++) {
		ret = kernel_sendpage(sock, vec[i].bv_page, vec[i].bv_offset, vec[i].bv_len,
				      i + 1 < n ? MSG_MORE | MSG_SENDPAGE_NOTLAST : 0);
		if (ret < 0)
			return sent ? sent : ret;
		sent += ret;
		if (ret < vec[i].bv_len)
			break;
	}
	return sent;
}

#else

static int send_splice(struct socket *sock, struct msghdr *msg, struct bio_vec *vec, int n)
{
	msg->msg_flags |= MSG_SPLICE_PAGES;
	return sock_sendmsg(sock, msg);
}

#endif

static int send_pages(struct socket *sock, struct msghdr *msg, struct kuser_call *call, u8 *mem)
{
	struct iov_iter copy;
	struct bio_vec *vec;
	int n, ret;

	vec = alloc_pages_for(call->len, &n);
	if (!vec)
		return -ENOMEM;
	iov_iter_bvec(&copy, ITER_DEST, vec, n, call->len);
	if (copy_to_iter(mem, call->len, &copy) != call->len) {
		ret = -EFAULT;
	} else {
		iov_iter_bvec(&msg->msg_iter, ITER_SOURCE, vec, n, call->len);
		ret = call->op == KUSER_SEND_SPLICE ? send_splice(sock, msg, vec, n) :
						      sock_sendmsg(sock, msg);
	}
	free_pages_of(vec);
	return ret;
}

static int do_recv(struct socket *sock, struct kuser_call *call)
{
	union control control = {};
	struct msghdr msg = {};
	u8 *mem;
	int ret;

	mem = kvzalloc(call->len, GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	if (!call->no_control) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	ret = call->op == KUSER_RECV ? recv_memory(sock, &msg, call, mem) :
				       recv_pages(sock, &msg, call, mem);
	call->type = control_get(&control);
	if (ret > 0 && copy_to_user(u64_to_user_ptr(call->buf), mem, ret))
		ret = -EFAULT;
	kvfree(mem);
	return ret;
}

static int do_send(struct socket *sock, struct kuser_call *call)
{
	struct msghdr msg = { .msg_flags = call->flags };
	union control control;
	u8 *mem;
	int ret;

	mem = kvmalloc(call->len, GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	if (call->type)
		control_set(&msg, &control, call->type);
	if (copy_from_user(mem, u64_to_user_ptr(call->buf), call->len))
		ret = -EFAULT;
	else if (call->op == KUSER_SEND)
		ret = send_memory(sock, &msg, call, mem);
	else
		ret = send_pages(sock, &msg, call, mem);
	kvfree(mem);
	return ret;
}

/* As nvme_tcp_data_ready(): under whatever locks TCP has, so only another context can read. */
static void listener_data_ready(struct sock *sk)
{
	struct listener *l;

	read_lock_bh(&sk->sk_callback_lock);
	l = sk->sk_user_data;
	if (l && l->chains)
		l->data_ready(sk);
	if (l)
		queue_work(system_wq, &l->work);
	read_unlock_bh(&sk->sk_callback_lock);
}

static int listener_actor(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset,
			  size_t len)
{
	struct listener *l = desc->arg.data;
	size_t n = min_t(size_t, len, KUSER_MAX - l->have);

	if (l->chunk)
		n = min_t(size_t, n, l->chunk);
	if (skb_copy_bits(skb, offset, l->buf + l->have, n))
		return -EFAULT;
	WRITE_ONCE(l->have, l->have + n);
	return n;
}

static void listener_work(struct work_struct *work)
{
	struct listener *l = container_of(work, struct listener, work);
	struct socket *sock = l->sock;
	struct sock *sk = sock->sk;
	int ret;

	lock_sock(sk);
	do {
		read_descriptor_t desc = { .arg.data = l, .count = 1 };

		ret = sock->ops->read_sock(sk, &desc, listener_actor);
	} while (ret > 0);
	if (ret < 0 && ret != -EAGAIN)
		WRITE_ONCE(l->error, ret);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		WRITE_ONCE(l->eof, true);
	release_sock(sk);
	wake_up(&l->wait);
}

/* As KCM and sockmap: reads in softirq where it can. */
static void parser_data_ready(struct sock *sk)
{
	struct listener *l;

	read_lock_bh(&sk->sk_callback_lock);
	l = sk->sk_user_data;
	if (l)
		strp_data_ready(&l->strp);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* A message begins with its length, these four bytes included. */
static int parser_parse(struct strparser *strp, struct sk_buff *skb)
{
	unsigned int offset = strp_msg(skb)->offset;
	__be32 len;

	if (skb->len < offset + sizeof(len))
		return 0;
	return skb_copy_bits(skb, offset, &len, sizeof(len)) ? -EPROTO : be32_to_cpu(len);
}

static void parser_rcv(struct strparser *strp, struct sk_buff *skb)
{
	struct listener *l = container_of(strp, struct listener, strp);
	struct strp_msg *msg = strp_msg(skb);
	size_t n = min_t(size_t, msg->full_len, KUSER_MAX - l->have);

	if (skb_copy_bits(skb, msg->offset, l->buf + l->have, n))
		WRITE_ONCE(l->error, -EFAULT);
	else
		WRITE_ONCE(l->have, l->have + n);
	kfree_skb(skb);
	wake_up(&l->wait);
}

static const struct strp_callbacks parser_callbacks = {
	.parse_msg = parser_parse,
	.rcv_msg = parser_rcv,
};

static int parser_start(struct listener *l, struct sock *sk)
{
	int err;

	lock_sock(sk);
	err = strp_init(&l->strp, sk, &parser_callbacks);
	release_sock(sk);
	return err;
}

static void parser_end(struct listener *l, struct sock *sk)
{
	lock_sock(sk);
	strp_stop(&l->strp);
	release_sock(sk);
	strp_done(&l->strp);
}

/* What is in the queue nobody tells of. */
static void listener_check(struct listener *l)
{
	if (l->parses)
		strp_check_rcv(&l->strp);
	else
		queue_work(system_wq, &l->work);
}

static int do_listen(struct listener *l, struct socket *sock, struct kuser_call *call)
{
	struct sock *sk = sock->sk;
	int err;

	if (l->sock)
		return -EBUSY;
	l->buf = kvmalloc(KUSER_MAX, GFP_KERNEL);
	if (!l->buf)
		return -ENOMEM;
	l->sock = sock;
	l->have = 0;
	l->error = 0;
	l->eof = false;
	l->chunk = call->chunk;
	l->chains = call->flags;
	l->parses = call->op == KUSER_PARSE;
	err = l->parses ? parser_start(l, sk) : 0;
	if (err) {
		kvfree(l->buf);
		l->sock = NULL;
		return err;
	}
	get_file(sock->file);

	write_lock_bh(&sk->sk_callback_lock);
	l->data_ready = sk->sk_data_ready;
	sk->sk_user_data = l;
	sk->sk_data_ready = l->parses ? parser_data_ready : listener_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	listener_check(l);
	return 0;
}

static int do_unlisten(struct listener *l, bool leave)
{
	struct sock *sk;

	if (!l->sock)
		return -EINVAL;
	sk = l->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	if (!leave)
		sk->sk_data_ready = l->data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	if (l->parses)
		parser_end(l, sk);
	cancel_work_sync(&l->work);
	fput(l->sock->file);
	l->sock = NULL;
	kvfree(l->buf);
	l->buf = NULL;
	return 0;
}

/* Gives out all that was read, and forgets it. An error comes when nothing is before it. */
static int do_read(struct listener *l, struct kuser_call *call)
{
	struct sock *sk;
	int ret;

	if (!l->sock)
		return -EINVAL;
	sk = l->sock->sk;
	wait_event_interruptible_timeout(l->wait, READ_ONCE(l->have) >= call->len ||
					 READ_ONCE(l->error) || READ_ONCE(l->eof), 60 * HZ);
	lock_sock(sk);
	ret = min_t(size_t, l->have, call->len);
	if (ret) {
		if (copy_to_user(u64_to_user_ptr(call->buf), l->buf, ret))
			ret = -EFAULT;
		else
			memmove(l->buf, l->buf + ret, l->have - ret);
		l->have -= max(ret, 0);
	} else if (l->error) {
		ret = l->error;
		l->error = 0;
	} else if (!l->eof) {
		ret = -ETIME;
	}
	release_sock(sk);
	/* There is room again, and what had failed may work. */
	listener_check(l);
	return ret;
}

/* A connection of a listener, as SUNRPC takes it; here its user is a program after all. */
static int accept_one(struct socket *sock, const struct kuser_call *call)
{
	struct socket *conn;
	struct file *file;
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	err = kernel_accept(sock, &conn, call->flags);
	if (!err) {
		file = sock_alloc_file(conn, 0, NULL);
		err = PTR_ERR_OR_ZERO(file);
	}
	if (err) {
		put_unused_fd(fd);
		return err;
	}
	fd_install(fd, file);
	return fd;
}

/* Are those bytes in the page that the caller's buffers are cut from? */
static int do_search(struct kuser_call *call)
{
	const struct page_frag *frag = &current->task_frag;
	u32 at, n = call->len;
	u8 bytes[64];

	if (!n || n > sizeof(bytes) || copy_from_user(bytes, u64_to_user_ptr(call->buf), n))
		return -EFAULT;
	if (!frag->page)
		return 0;
	for (at = 0; at + n <= page_size(frag->page); at++)
		if (!memcmp(page_address(frag->page) + at, bytes, n))
			return 1;
	return 0;
}

static int do_call(struct listener *l, struct kuser_call *call)
{
	struct socket *sock;
	int ret;

	if (!call->len && call->op <= KUSER_SEND_SPLICE)
		return -EINVAL;
	if (call->len > KUSER_MAX)
		return -EINVAL;
	sock = sockfd_lookup(call->fd, &ret);
	if (!sock)
		return ret;
	switch (call->op) {
	case KUSER_RECV:
	case KUSER_RECV_PAGES:
		ret = do_recv(sock, call);
		break;
	case KUSER_SEND:
	case KUSER_SEND_PAGES:
	case KUSER_SEND_SPLICE:
		ret = do_send(sock, call);
		break;
	case KUSER_LISTEN:
	case KUSER_PARSE:
		ret = do_listen(l, sock, call);
		break;
	case KUSER_READ:
		ret = do_read(l, call);
		break;
	case KUSER_UNLISTEN:
		ret = do_unlisten(l, call->flags);
		break;
	case KUSER_SEARCH:
		ret = do_search(call);
		break;
	case KUSER_HANDSHAKE:
		ret = kuser_handshake(sock, call);
		break;
	case KUSER_ACCEPT:
		ret = accept_one(sock, call);
		break;
	default:
		ret = -EINVAL;
	}
	sockfd_put(sock);
	return ret;
}

static long kuser_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct kuser_call call;
	int ret;

	if (cmd != KUSER_CALL)
		return -ENOTTY;
	if (copy_from_user(&call, (void __user *)arg, sizeof(call)))
		return -EFAULT;
	ret = do_call(file->private_data, &call);
	if (copy_to_user((void __user *)arg, &call, sizeof(call)))
		return -EFAULT;
	return ret;
}

static int kuser_open(struct inode *inode, struct file *file)
{
	struct listener *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	INIT_WORK(&l->work, listener_work);
	init_waitqueue_head(&l->wait);
	file->private_data = l;
	return 0;
}

static int kuser_release(struct inode *inode, struct file *file)
{
	struct listener *l = file->private_data;

	if (l->sock)
		do_unlisten(l, false);
	kfree(l);
	return 0;
}

static const struct file_operations kuser_fops = {
	.owner = THIS_MODULE,
	.open = kuser_open,
	.release = kuser_release,
	.unlocked_ioctl = kuser_ioctl,
};

static struct miscdevice kuser_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sealsock_kuser",
	.fops = &kuser_fops,
};

static int __init kuser_init(void)
{
	int err = misc_register(&kuser_device);

	if (!err)
		kuser_psk_init();
	return err;
}

static void __exit kuser_exit(void)
{
	misc_deregister(&kuser_device);
	kuser_psk_exit();
}

module_init(kuser_init);
module_exit(kuser_exit);
MODULE_DESCRIPTION("sealsock tests: a user of sockets inside the kernel");
MODULE_LICENSE("GPL");
