// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/skmsg.h>
#include <net/tcp.h>

#include "attach.h"
#include "compat/compat.h"
#include "held.h"
#include "proto.h"
#include "seen/diag.h"
#include "seen/mib.h"
#include "seen/trace.h"
#include "uapi/sealsock.h"
#include "tables.h"
#include "ulp.h"

static bool aliased;

static bool has_psock(const struct sock *sk)
{
	bool ret;

	rcu_read_lock();
	ret = sk_psock(sk);
	rcu_read_unlock();
	return ret;
}

static int prepare(struct sock *sk)
{
	/* Sockmap in turn refuses sockets that have a ULP. */
	return has_psock(sk) ? -EINVAL : seal_proto_prepare(sk);
}

/* Called with the socket locked, by setsockopt(TCP_ULP). */
static int attach(struct sock *sk)
{
	struct seal_ctx *ctx;
	int err;

	err = prepare(sk);
	if (err)
		return err;
	ctx = seal_ctx_new(sock_net(sk), READ_ONCE(sk->sk_prot), READ_ONCE(sk->sk_socket->ops));
	if (!ctx)
		return -ENOMEM;

	write_lock_bh(&sk->sk_callback_lock);
	/* Release: whoever meets our operations finds the context complete. */
	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, ctx);
	seal_proto_update(sk);
	write_unlock_bh(&sk->sk_callback_lock);

	trace_sealsock_attach(sk);
	SEAL_INC(sk, ATTACHED);
	SEAL_INC(sk, CURRATTACHED);
	return 0;
}

static struct tcp_ulp_ops sealsock_ulp;

/*
 * A peer may have sent its Finished, a request and FIN at once: CLOSE_WAIT will do.
 * On a socket that is not connected yet, TLS is asked for.
 */
static int sealsock_init(struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
		return prepare(sk) ? : seal_hold_attach(sk, &sealsock_ulp);
	if (sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_CLOSE_WAIT)
		return -ENOTCONN;
	return attach(sk);
}

/* Under the kernel's own name, with the kernel's own conditions. */
static int tls_init(struct sock *sk)
{
	if (sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	return attach(sk);
}

COMPAT_GET_INFO(get_info, seal_get_info)
COMPAT_GET_INFO_SIZE(get_info_size, seal_get_info_size)

static struct tcp_ulp_ops sealsock_ulp = {
	.name = SEALSOCK_ULP_NAME,
	.owner = THIS_MODULE,
	.init = sealsock_init,
	.clone = seal_hold_clone,
	.release = seal_hold_release,
	.get_info = get_info,
	.get_info_size = get_info_size,
};

static struct tcp_ulp_ops tls_ulp = {
	.name = "tls",
	.owner = THIS_MODULE,
	.init = tls_init,
	.get_info = get_info,
	.get_info_size = get_info_size,
};

/*
 * The kernel's own tls.ko ignores that it could not register its name. If it
 * is loaded after us it works for nobody, and unloading it would take an
 * entry off a list it was never on. So it stays, for good.
 */
static int tls_loaded(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	if (state == MODULE_STATE_LIVE && !strcmp(mod->name, "tls") && try_module_get(mod))
		pr_notice("tls.ko was loaded while sealsock holds its name: keeping it\n");
	return NOTIFY_OK;
}

static struct notifier_block module_watch = {
	.notifier_call = tls_loaded,
};

static int alias_init(void)
{
	int err;

	err = register_module_notifier(&module_watch);
	if (err)
		return err;
	err = tcp_register_ulp(&tls_ulp);
	if (!err) {
		aliased = true;
		return 0;
	}

	unregister_module_notifier(&module_watch);
	pr_err("alias_tls=1: the name \"tls\" is taken, by the kernel's own TLS: unload tls.ko first, or load sealsock without alias_tls\n");
	return err;
}

static void alias_exit(void)
{
	if (!aliased)
		return;
	tcp_unregister_ulp(&tls_ulp);
	unregister_module_notifier(&module_watch);
}

int seal_ulp_init(bool alias)
{
	int err;

	if (alias) {
		err = alias_init();
		if (err)
			return err;
	}
	err = tcp_register_ulp(&sealsock_ulp);
	if (err)
		alias_exit();
	return err;
}

void seal_ulp_exit(void)
{
	tcp_unregister_ulp(&sealsock_ulp);
	alias_exit();
}
