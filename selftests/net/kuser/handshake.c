// SPDX-License-Identifier: GPL-2.0-only
/* Asks for TLS by net/handshake, where the kernel has it. */
#include <linux/net.h>
#include <linux/uaccess.h>
#include <net/sock.h>
#if IS_ENABLED(CONFIG_NET_HANDSHAKE)
#include <linux/completion.h>
#include <linux/key-type.h>
#include <linux/seq_file.h>
#include <net/handshake.h>
#include <keys/user-type.h>
#endif

#include "handshake.h"

#if IS_ENABLED(CONFIG_NET_HANDSHAKE)
struct handshake {
	struct completion over;
	int status;
	key_serial_t peer;
};

static void handshake_done(void *data, int status, key_serial_t peer)
{
	struct handshake *h = data;

	h->status = status;
	h->peer = peer;
	complete(&h->over);
}

static int ask(const struct tls_handshake_args *args, u32 how)
{
	if (how & KUSER_PSK)
		return how & KUSER_SERVER ? tls_server_hello_psk(args, GFP_KERNEL) :
					    tls_client_hello_psk(args, GFP_KERNEL);
	if (how & KUSER_SERVER)
		return tls_server_hello_x509(args, GFP_KERNEL);
	return how & KUSER_X509 ? tls_client_hello_x509(args, GFP_KERNEL) :
				  tls_client_hello_anon(args, GFP_KERNEL);
}

int kuser_handshake(struct socket *sock, const struct kuser_call *call)
{
	struct kuser_keys __user *to = u64_to_user_ptr(call->buf);
	struct handshake h = {};
	struct kuser_keys keys;
	struct tls_handshake_args args = {
		.ta_sock = sock, .ta_done = handshake_done, .ta_data = &h,
		.ta_timeout_ms = call->len,
	};
	int err, i;

	if (copy_from_user(&keys, to, sizeof(keys)))
		return -EFAULT;
	keys.name[sizeof(keys.name) - 1] = '\0';
	args.ta_peername = keys.name[0] ? keys.name : NULL;
	args.ta_keyring = keys.keyring;
	args.ta_my_cert = keys.cert;
	args.ta_my_privkey = keys.key;
	for (i = 0; i < ARRAY_SIZE(keys.psk); i++)
		if (keys.psk[i])
			args.ta_my_peerids[args.ta_num_peerids++] = keys.psk[i];
	init_completion(&h.over);
	err = ask(&args, call->flags);
	if (err)
		return err;
	if (!wait_for_completion_timeout(&h.over, msecs_to_jiffies(call->len))) {
		if (tls_handshake_cancel(sock->sk))
			return -ETIMEDOUT;
		wait_for_completion(&h.over);
	}
	return put_user(h.peer, &to->peer) ? -EFAULT : h.status;
}

static void psk_describe(const struct key *key, struct seq_file *m)
{
	seq_puts(m, key->description);
}

/* As NVMe has it; where that is there already, it is as good. */
static struct key_type psk_type = {
	.name = "psk",
	.preparse = user_preparse,
	.free_preparse = user_free_preparse,
	.instantiate = generic_key_instantiate,
	.revoke = user_revoke,
	.destroy = user_destroy,
	.describe = psk_describe,
	.read = user_read,
};

static bool psk_ours;

void kuser_psk_init(void)
{
	psk_ours = !register_key_type(&psk_type);
}

void kuser_psk_exit(void)
{
	if (psk_ours)
		unregister_key_type(&psk_type);
}
#else
void kuser_psk_init(void)
{
}

void kuser_psk_exit(void)
{
}

int kuser_handshake(struct socket *sock, const struct kuser_call *call)
{
	return -EOPNOTSUPP;
}
#endif
