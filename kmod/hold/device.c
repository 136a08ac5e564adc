// SPDX-License-Identifier: GPL-2.0-only
/* /dev/sealsock: where helpers take handshakes that are due in their network namespace. */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "attach.h"
#include "compat/compat.h"
#include "hold/device.h"
#include "hold/hold.h"

/* So many whose program has the lock, in one call. */
enum { PASSED_OVER = 8 };

static int device_open(struct inode *inode, struct file *file)
{
	struct net *net = current->nsproxy->net_ns;
	struct seal_net *sn;

	if (!ns_capable(net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	sn = seal_net_get(net);
	file->private_data = sn;
	spin_lock_bh(&sn->holds.lock);
	WRITE_ONCE(sn->holds.helpers, sn->holds.helpers + 1);
	spin_unlock_bh(&sn->holds.lock);
	return 0;
}

/* The first that is due and, if @sockets, is no listener. With holds->lock. */
static struct seal_due *first_due(struct seal_holds *holds, bool sockets)
{
	struct seal_due *due;

	list_for_each_entry(due, &holds->due, node)
		if (!sockets || !due->serve)
			return due;
	return NULL;
}

/* The first socket that is due, with a reference; NULL: none. */
static struct sock *first_socket(struct seal_holds *holds, struct seal_hold **h)
{
	struct seal_due *due;
	struct sock *sk = NULL;

	spin_lock_bh(&holds->lock);
	due = first_due(holds, true);
	if (due) {
		*h = container_of(due, struct seal_hold, due);
		refcount_inc(&(*h)->users);
		sk = (*h)->sk;
		sock_hold(sk);
	}
	spin_unlock_bh(&holds->lock);
	return sk;
}

/* Its program has the lock. */
static void leave_to_deadline(struct seal_holds *holds, struct seal_hold *h)
{
	spin_lock_bh(&holds->lock);
	list_del_init(&h->due.node);
	spin_unlock_bh(&holds->lock);
}

/* Likewise: the others come first. */
static void put_off(struct seal_holds *holds, struct seal_hold *h)
{
	spin_lock_bh(&holds->lock);
	if (!list_empty(&h->due.node))
		list_move_tail(&h->due.node, &holds->due);
	spin_unlock_bh(&holds->lock);
}

/* The last helper has gone. */
static void abandon(struct seal_holds *holds)
{
	struct seal_hold *h;
	struct sock *sk;

	while (!READ_ONCE(holds->helpers) && (sk = first_socket(holds, &h))) {
		if (!seal_hold_trylock(sk)) {
			leave_to_deadline(holds, h);
		} else {
			if (h->state == SEAL_HOLD_DUE) {
				SEAL_INC(sk, HELDABORTED);
				seal_hold_fail(sk, h, ECONNABORTED);
			}
			release_sock(sk);
		}
		seal_hold_put(h);
		sock_put(sk);
	}
}

static int device_release(struct inode *inode, struct file *file)
{
	struct seal_net *sn = file->private_data;

	spin_lock_bh(&sn->holds.lock);
	WRITE_ONCE(sn->holds.helpers, sn->holds.helpers - 1);
	spin_unlock_bh(&sn->holds.lock);
	abandon(&sn->holds);
	seal_net_put(sn);
	return 0;
}

static __poll_t device_poll(struct file *file, struct poll_table_struct *wait)
{
	struct seal_net *sn = file->private_data;

	poll_wait(file, &sn->holds.wait, wait);
	return (list_empty_careful(&sn->holds.due) ? 0 : EPOLLIN | EPOLLRDNORM) |
	       (READ_ONCE(sn->holds.gone) ? EPOLLHUP : 0);
}

static void put_address(struct sealsock_address *to, bool v6, __be32 v4addr,
			const struct in6_addr *v6addr, u16 port, int scope)
{
	to->port = port;
	to->family = v6 && !ipv6_addr_v4mapped(v6addr) ? AF_INET6 : AF_INET;
	if (to->family == AF_INET) {
		memcpy(to->bytes, &v4addr, sizeof(v4addr));
		return;
	}
	memcpy(to->bytes, v6addr, sizeof(*v6addr));
	if (ipv6_addr_type(v6addr) & IPV6_ADDR_LINKLOCAL)
		to->scope = scope;
}

/* Of one that was taken. With the socket locked, or of a listener's, whose addresses stay. */
static void describe(const struct seal_hold *h, struct sealsock_due *due)
{
	const struct sock *sk = h->sk;
	const struct inet_sock *inet = inet_sk(sk);
	bool v6 = IS_ENABLED(CONFIG_IPV6) && sk->sk_family == AF_INET6;
	long left = h->timer.expires - jiffies;

	memset(due, 0, sizeof(*due));
	due->id = h->id;
	due->cgroup = h->role->cgroup;
	due->left = left > 0 ? jiffies_to_msecs(left) : 0;
	due->uid = from_kuid_munged(current_user_ns(), h->role->uid);
	due->gid = from_kgid_munged(current_user_ns(), h->role->gid);
	due->pid = pid_vnr(h->role->pid);
	due->role = h->role->asked;
	put_address(&due->local, v6, inet->inet_rcv_saddr, compat_v6_rcv_saddr(sk),
		    ntohs(inet->inet_sport), sk->sk_bound_dev_if);
	put_address(&due->remote, v6, inet->inet_daddr, compat_v6_daddr(sk),
		    ntohs(inet->inet_dport), sk->sk_bound_dev_if);
}

/* A socket of its program's. 0: taken; -EAGAIN: not any more; -EBUSY: its program has the lock. */
static int take_socket(struct seal_hold *h, struct sock *sk, struct seal_channel *channel,
		       struct sealsock_due *due)
{
	int err = -EAGAIN;

	if (!seal_hold_trylock(sk))
		return -EBUSY;
	if (h->state == SEAL_HOLD_DUE) {
		seal_hold_take(sk, h, channel);
		describe(h, due);
		err = 0;
	}
	release_sock(sk);
	return err;
}

/* One that is due. -EAGAIN: there is none; 1: look again; -EBUSY: its program has the lock. */
static int take_next(struct seal_holds *holds, struct seal_channel *channel,
		     struct sealsock_due *due)
{
	struct seal_serve *serve = NULL;
	struct seal_hold *h = NULL;
	struct seal_due *first;
	struct sock *sk;
	int err;

	spin_lock_bh(&holds->lock);
	first = first_due(holds, false);
	if (!first) {
		spin_unlock_bh(&holds->lock);
		return -EAGAIN;
	}
	if (first->serve) {
		serve = container_of(first, struct seal_serve, due);
		list_del_init(&first->node);
		refcount_inc(&serve->users);
		sk = serve->sk;
	} else {
		h = container_of(first, struct seal_hold, due);
		refcount_inc(&h->users);
		sk = h->sk;
	}
	sock_hold(sk);
	spin_unlock_bh(&holds->lock);

	if (serve) {
		err = seal_serve_pull(serve, sk, channel);
		if (!err)
			describe(channel->hold, due);
		/* There may be more, and others are due as well. */
		seal_serve_due(serve);
		seal_serve_put(serve);
	} else {
		err = take_socket(h, sk, channel, due);
		if (err == -EBUSY)
			put_off(holds, h);
		seal_hold_put(h);
	}
	sock_put(sk);
	return err == -EAGAIN ? 1 : err;
}

/* Programs that have the lock are passed over. Where all have, a tick goes by: polling goes on. */
static int take_any(struct seal_holds *holds, struct seal_channel *channel,
		    struct sealsock_due *due)
{
	unsigned int busy = 0;
	int err;

	do {
		err = take_next(holds, channel, due);
	} while (err == 1 || (err == -EBUSY && ++busy < PASSED_OVER));
	if (err == -EBUSY) {
		schedule_timeout_interruptible(1);
		err = -EAGAIN;
	}
	return err;
}

static int next(struct file *file, void __user *arg, size_t size)
{
	struct seal_net *sn = file->private_data;
	struct sealsock_due *due;
	struct file *channel;
	int fd, err;

	if (READ_ONCE(sn->holds.gone))
		return -ENODEV;
	if (list_empty_careful(&sn->holds.due))
		return -EAGAIN;
	due = kmalloc(sizeof(*due), GFP_KERNEL_ACCOUNT);
	if (!due)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	channel = fd < 0 ? ERR_PTR(fd) : seal_channel_file(file->f_flags & O_NONBLOCK);
	err = PTR_ERR_OR_ZERO(channel);
	if (!err) {
		/* Before anything is taken: what is answered has to find its place. */
		err = clear_user(arg, size) ? -EFAULT : 0;
		if (!err)
			err = take_any(&sn->holds, channel->private_data, due);
		if (!err && copy_to_user(arg, due, min(size, sizeof(*due))))
			err = -EFAULT;
		if (err)
			fput(channel);
	}
	kfree(due);
	if (!err) {
		fd_install(fd, channel);
		return fd;
	}
	if (fd >= 0)
		put_unused_fd(fd);
	return err;
}

static int counts(struct seal_holds *holds, void __user *arg, size_t size)
{
	struct sealsock_counts counts;

	spin_lock_bh(&holds->lock);
	counts = (struct sealsock_counts) {
		.helpers = holds->helpers,
		.waiting = holds->waiting,
		.taken = holds->taken,
		.ready = holds->ready,
	};
	spin_unlock_bh(&holds->lock);
	return clear_user(arg, size) || copy_to_user(arg, &counts, min(size, sizeof(counts))) ?
	       -EFAULT : 0;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct seal_net *sn = file->private_data;

	if (_IOC_TYPE(cmd) != _IOC_TYPE(SEALSOCK_NEXT))
		return -ENOTTY;
	switch (_IOC_NR(cmd)) {
	case _IOC_NR(SEALSOCK_NEXT):
		return next(file, (void __user *)arg, _IOC_SIZE(cmd));
	case _IOC_NR(SEALSOCK_COUNTS):
		return counts(&sn->holds, (void __user *)arg, _IOC_SIZE(cmd));
	default:
		return -ENOTTY;
	}
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.poll = device_poll,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sealsock",
	.mode = 0600,
	.fops = &device_fops,
};

int seal_device_init(void)
{
	int err = seal_channels_init();

	if (err)
		return err;
	err = seal_parking_init();
	if (err)
		goto err_channels;
	err = misc_register(&device);
	if (err)
		goto err_parking;
	return 0;

err_parking:
	seal_parking_exit();
err_channels:
	seal_channels_exit();
	return err;
}

void seal_device_exit(void)
{
	misc_deregister(&device);
	seal_channels_exit();
	seal_parking_exit();
}
