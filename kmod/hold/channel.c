// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a helper has of a held socket: the bytes that TCP carries, and the last
 * word. Everything is done under the socket lock, without waiting: the program may
 * close the socket at any time. Nor does a helper wait for that lock, which its
 * program may keep.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <net/tcp.h>

#include "hold/hold.h"

/* Ticks, for what a helper would not repeat: any program but a hostile one lets go in them. */
#define PATIENCE	(HZ / 10)

/* Not the reapers': programs that keep their locks would hold up what nobody keeps. */
static struct workqueue_struct *closers;

int seal_channels_init(void)
{
	closers = alloc_workqueue("sealsock_close", WQ_UNBOUND, 0);
	return closers ? 0 : -ENOMEM;
}

void seal_channels_exit(void)
{
	destroy_workqueue(closers);
}

/* With the socket locked. */
void seal_channel_over(struct seal_channel *channel)
{
	channel->over = true;
	wake_up_interruptible_all(&channel->wait);
}

static void try_again(struct work_struct *work)
{
	struct seal_channel *channel = container_of(work, struct seal_channel, later.work);

	WRITE_ONCE(channel->busy, false);
	wake_up_interruptible_all(&channel->wait);
}

/* -EAGAIN: the program had the lock for so many ticks; whoever polls is told when to come again. */
static int lock(struct seal_channel *channel, unsigned int ticks)
{
	while (!seal_hold_trylock(channel->hold->sk)) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		if (!ticks--) {
			WRITE_ONCE(channel->busy, true);
			schedule_delayed_work(&channel->later, 1);
			return -EAGAIN;
		}
		schedule_timeout_interruptible(1);
	}
	return 0;
}

/* As lock(). -EPIPE, without the lock: there is nothing to read, write or decide. */
static int enter(struct seal_channel *channel, unsigned int ticks)
{
	int err = lock(channel, ticks);

	if (err || (!channel->over && !channel->released))
		return err;
	release_sock(channel->hold->sk);
	return -EPIPE;
}

static unsigned int ticks_of(const struct kiocb *iocb)
{
	return iocb->ki_filp->f_flags & O_NONBLOCK ? 0 : UINT_MAX;
}

static int actor(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset, size_t len)
{
	struct iov_iter *to = desc->arg.data;

	len = min(len, desc->count);
	if (to) {
		int err = skb_copy_datagram_iter(skb, offset, to, len);

		if (err) {
			desc->error = err;
			return err;
		}
	}
	desc->count -= len;
	return len;
}

/* With the lock: to @to, or nowhere. -EAGAIN: nothing has come. */
static ssize_t read_raw(struct sock *sk, struct iov_iter *to, size_t count)
{
	read_descriptor_t desc = { .arg.data = to, .count = count };
	int ret;

	/* Urgent bytes are bytes like others; read_sock() would never go past the first. */
	WRITE_ONCE(tcp_sk(sk)->urg_data, 0);
	ret = seal_ctx(sk)->base_ops->read_sock(sk, &desc, actor);
	if (ret)
		return ret;
	if (desc.error)
		return desc.error;
	return sk->sk_shutdown & RCV_SHUTDOWN || sock_flag(sk, SOCK_DONE) ? 0 : -EAGAIN;
}

/* Without the lock: would a read or write go on? */
static bool can_read(struct seal_channel *channel)
{
	const struct sock *sk = channel->hold->sk;

	return READ_ONCE(channel->over) || !skb_queue_empty_lockless(&sk->sk_receive_queue) ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN;
}

static bool can_write(struct seal_channel *channel)
{
	struct sock *sk = channel->hold->sk;
	struct socket *sock;

	if (READ_ONCE(channel->over) || sk_stream_is_writeable(sk))
		return true;
	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (sock)
		set_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_unlock();
	/* Said before looking again: TCP looks for it when it has room. */
	smp_mb__after_atomic();
	return sk_stream_is_writeable(sk);
}

/* What looked ready may not be, again and again: whoever waits can be interrupted all the same. */
static int wait_until(struct seal_channel *channel, bool (*ready)(struct seal_channel *channel))
{
	if (signal_pending(current))
		return -ERESTARTSYS;
	return wait_event_interruptible(channel->wait, ready(channel));
}

static ssize_t channel_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct seal_channel *channel = iocb->ki_filp->private_data;
	struct sock *sk = channel->hold->sk;
	size_t count = iov_iter_count(to);
	ssize_t ret;

	if (!count)
		return 0;
	for (;;) {
		ret = enter(channel, ticks_of(iocb));
		if (ret)
			return ret;
		ret = read_raw(sk, to, count);
		release_sock(sk);
		if (ret != -EAGAIN || iocb->ki_filp->f_flags & O_NONBLOCK)
			return ret;
		ret = wait_until(channel, can_read);
		if (ret)
			return ret;
	}
}

static ssize_t channel_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct seal_channel *channel = iocb->ki_filp->private_data;
	struct sock *sk = channel->hold->sk;
	size_t done = 0;
	ssize_t ret = 0;

	while (iov_iter_count(from)) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };

		ret = enter(channel, ticks_of(iocb));
		if (ret)
			break;
		msg.msg_iter = *from;
		ret = tcp_sendmsg_locked(sk, &msg, iov_iter_count(from));
		release_sock(sk);
		if (ret > 0) {
			iov_iter_advance(from, ret);
			done += ret;
			continue;
		}
		if (ret != -EAGAIN || iocb->ki_filp->f_flags & O_NONBLOCK)
			break;
		ret = wait_until(channel, can_write);
		if (ret)
			break;
	}
	return done ? done : ret;
}

static __poll_t channel_poll(struct file *file, struct poll_table_struct *wait)
{
	struct seal_channel *channel = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &channel->wait, wait);
	if (READ_ONCE(channel->busy))
		return 0;
	if (READ_ONCE(channel->message) || !list_empty_careful(&channel->messages))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(channel->over))
		return mask | EPOLLHUP | (READ_ONCE(channel->released) ? 0 : EPOLLERR | EPOLLIN);
	if (READ_ONCE(channel->released))
		return mask;
	return (can_read(channel) ? EPOLLIN | EPOLLRDNORM : 0) |
	       (can_write(channel) ? EPOLLOUT | EPOLLWRNORM : 0);
}

/* Takes what is to be told to the program. NULL: nothing. */
static void *copy_facts(const struct sealsock_release *req)
{
	if (!req->facts_len)
		return NULL;
	return vmemdup_user(u64_to_user_ptr(req->facts), req->facts_len);
}

static int release(struct seal_channel *channel, void __user *arg, size_t size)
{
	struct seal_hold *h = channel->hold;
	struct sealsock_release req;
	struct sock *sk = h->sk;
	void *facts;
	int err;

	err = copy_struct_from_user(&req, sizeof(req), arg, size);
	if (err)
		return err;
	if (req.flags || req.reserved || req.facts_len > SEALSOCK_FACTS_MAX)
		return -EINVAL;
	facts = copy_facts(&req);
	if (IS_ERR(facts))
		return PTR_ERR(facts);
	err = enter(channel, PATIENCE);
	if (err) {
		kvfree(facts);
		return err;
	}

	/* The keys' own callbacks go on top of those from before. */
	seal_hold_callbacks_off(sk, h);
	err = seal_managed_install(sk, USER_SOCKPTR(u64_to_user_ptr(req.managed)),
				   req.managed_len);
	if (err) {
		seal_hold_callbacks(sk, h);
		kvfree(facts);
	} else {
		h->facts = facts;
		h->facts_len = req.facts_len;
		channel->released = true;
		seal_hold_open(sk, h);
	}
	release_sock(sk);
	return err;
}

/* What has come is dropped: FIN is to follow what was written, not RST. */
static void end_orderly(struct sock *sk)
{
	read_raw(sk, NULL, INT_MAX);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	seal_ctx(sk)->base->shutdown(sk, SEND_SHUTDOWN);
}

static void fail(struct seal_channel *channel, int error)
{
	struct seal_hold *h = channel->hold;

	end_orderly(h->sk);
	seal_hold_fail(h->sk, h, error);
}

static int refuse(struct seal_channel *channel, void __user *arg, size_t size)
{
	struct seal_hold *h = channel->hold;
	struct sealsock_cause *cause;
	int err;

	cause = kmalloc(sizeof(*cause), GFP_KERNEL_ACCOUNT);
	if (!cause)
		return -ENOMEM;
	err = copy_struct_from_user(cause, sizeof(*cause), arg, size);
	if (!err && (!cause->error || cause->error > MAX_ERRNO || cause->reserved ||
		     cause->whose > SEALSOCK_ALERT_PEER ||
		     strnlen(cause->text, sizeof(cause->text)) == sizeof(cause->text)))
		err = -EINVAL;
	if (!err)
		err = enter(channel, PATIENCE);
	if (err) {
		kfree(cause);
		return err;
	}
	h->cause = cause;
	SEAL_INC(h->sk, HELDREFUSED);
	fail(channel, cause->error);
	release_sock(h->sk);
	return 0;
}

static int give(const struct seal_message *msg, struct sealsock_take *take)
{
	u32 room = take->len;

	take->len = msg->len;
	if (msg->len > room)
		return -EMSGSIZE;
	return copy_to_user(u64_to_user_ptr(take->buf), msg->bytes, msg->len) ? -EFAULT : msg->len;
}

/* With the lock: the program has the socket. */
static int take_live(struct seal_channel *channel, struct sealsock_take *take)
{
	struct sock *sk = channel->hold->sk;
	struct seal_managed *m = seal_ctx(sk)->managed;
	struct seal_message *msg;
	int ret;

	seal_managed_turn(sk);
	msg = list_first_entry_or_null(&m->messages, struct seal_message, node);
	ret = msg ? give(msg, take) : -EAGAIN;
	if (ret >= 0)
		seal_queue_take(m);
	channel->message = !list_empty(&m->messages);
	return ret;
}

/* With the lock: those that it left. */
static int take_left(struct seal_channel *channel, struct sealsock_take *take)
{
	struct seal_message *msg;
	int ret;

	channel->message = false;
	msg = list_first_entry_or_null(&channel->messages, struct seal_message, node);
	ret = msg ? give(msg, take) : -EPIPE;
	if (ret >= 0) {
		list_del(&msg->node);
		kvfree(msg);
	}
	return ret;
}

/*
 * As lock(), at once. Where it is over the program has closed the socket, and whoever has the lock
 * yet lets go of it: EAGAIN behind a hangup would be taken for the end.
 */
static int lock_to_take(struct seal_channel *channel)
{
	if (!READ_ONCE(channel->over))
		return lock(channel, 0);
	lock_sock(channel->hold->sk);
	return 0;
}

static int take_message(struct seal_channel *channel, void __user *arg, size_t size)
{
	struct sock *sk = channel->hold->sk;
	struct sealsock_take take;
	int ret;

	ret = copy_struct_from_user(&take, sizeof(take), arg, size);
	if (ret)
		return ret;
	if (take.reserved)
		return -EINVAL;
	if (!READ_ONCE(channel->released))
		return -ENOTCONN;
	ret = lock_to_take(channel);
	if (ret)
		return ret;
	ret = channel->over ? take_left(channel, &take) : take_live(channel, &take);
	release_sock(sk);
	if ((ret >= 0 || ret == -EMSGSIZE) && copy_to_user(arg, &take, min(size, sizeof(take))))
		return -EFAULT;
	return ret;
}

static long channel_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct seal_channel *channel = file->private_data;
	void __user *p = (void __user *)arg;
	size_t size = _IOC_SIZE(cmd);

	if (_IOC_TYPE(cmd) != _IOC_TYPE(SEALSOCK_RELEASE))
		return -ENOTTY;
	switch (_IOC_NR(cmd)) {
	case _IOC_NR(SEALSOCK_RELEASE):
		return release(channel, p, size);
	case _IOC_NR(SEALSOCK_REFUSE):
		return refuse(channel, p, size);
	case _IOC_NR(SEALSOCK_TAKE_MESSAGE):
		return take_message(channel, p, size);
	default:
		return -ENOTTY;
	}
}

/* With the lock: the helper has gone. Nothing is left of @channel. */
static void finish(struct seal_channel *channel)
{
	struct seal_hold *h = channel->hold;
	struct seal_message *msg, *next;
	struct sock *sk = h->sk;

	if (!channel->over && !channel->released) {
		SEAL_INC(sk, HELDABORTED);
		fail(channel, ECONNABORTED);
	}
	if (h->channel == channel)
		h->channel = NULL;
	release_sock(sk);
	list_for_each_entry_safe(msg, next, &channel->messages, node)
		kvfree(msg);
	seal_hold_put(h);
	sock_put(sk);
	kfree(channel);
}

static void close_later(struct work_struct *work)
{
	struct seal_channel *channel = container_of(work, struct seal_channel, close);

	lock_sock(channel->hold->sk);
	finish(channel);
}

static int channel_release(struct inode *inode, struct file *file)
{
	struct seal_channel *channel = file->private_data;

	cancel_delayed_work_sync(&channel->later);
	if (!channel->hold)
		kfree(channel);
	else if (seal_hold_trylock(channel->hold->sk))
		finish(channel);
	else
		queue_work(closers, &channel->close);
	return 0;
}

static const struct file_operations channel_fops = {
	.owner = THIS_MODULE,
	.read_iter = channel_read,
	.write_iter = channel_write,
	.poll = channel_poll,
	.unlocked_ioctl = channel_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = channel_release,
};

struct file *seal_channel_file(unsigned int flags)
{
	struct seal_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!channel)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&channel->wait);
	INIT_LIST_HEAD(&channel->messages);
	INIT_DELAYED_WORK(&channel->later, try_again);
	INIT_WORK(&channel->close, close_later);
	file = anon_inode_getfile("[sealsock]", &channel_fops, channel, O_RDWR | flags);
	if (IS_ERR(file))
		kfree(channel);
	return file;
}
