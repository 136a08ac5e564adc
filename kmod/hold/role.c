// SPDX-License-Identifier: GPL-2.0-only
/* SEALSOCK_ROLE: from the user's bytes to a role that never changes. */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hold/hold.h"

/* A string that ends inside its array, zeros behind it. */
static bool is_string(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	return len < size && !memchr_inv(s + len, 0, size - len);
}

static bool is_alpn(const u8 *list, unsigned int len)
{
	unsigned int at = 0;

	while (at < len) {
		if (!list[at] || list[at] >= len - at)
			return false;
		at += 1 + list[at];
	}
	return true;
}

static bool check(const struct sealsock_role *r)
{
	bool serve = r->role == SEALSOCK_ROLE_SERVE;

	if (!serve && r->role != SEALSOCK_ROLE_CONNECT)
		return false;
	if (r->client_certificate > (serve ? SEALSOCK_CERT_REQUIRED : SEALSOCK_CERT_NONE))
		return false;
	if (serve && r->host[0])
		return false;
	return !r->flags && !r->reserved && r->alpn_len <= sizeof(r->alpn) &&
	       is_alpn(r->alpn, r->alpn_len) &&
	       !memchr_inv(r->alpn + r->alpn_len, 0, sizeof(r->alpn) - r->alpn_len) &&
	       is_string(r->credential, sizeof(r->credential)) &&
	       is_string(r->trust, sizeof(r->trust)) &&
	       is_string(r->profile, sizeof(r->profile)) && is_string(r->host, sizeof(r->host));
}

static int read_role(struct sealsock_role *asked, sockptr_t optval, unsigned int optlen)
{
	int err = 1;

	if (sockptr_is_null(optval) || optlen < sizeof(*asked))
		return -EINVAL;
	if (copy_from_sockptr(asked, optval, sizeof(*asked)))
		return -EFAULT;
	if (optlen > sizeof(*asked))
		err = check_zeroed_sockptr(optval, sizeof(*asked), optlen - sizeof(*asked));
	if (err < 1)
		return err ? err : -E2BIG;
	return check(asked) ? 0 : -EINVAL;
}

struct seal_role *seal_role_new(sockptr_t optval, unsigned int optlen)
{
	struct seal_role *role = kzalloc(sizeof(*role), GFP_KERNEL_ACCOUNT);
	int err;

	if (!role)
		return ERR_PTR(-ENOMEM);
	err = read_role(&role->asked, optval, optlen);
	if (err) {
		kfree(role);
		return ERR_PTR(err);
	}
	refcount_set(&role->users, 1);
	role->uid = current_euid();
	role->gid = current_egid();
	role->pid = get_pid(task_tgid(current));
#ifdef CONFIG_CGROUPS
	rcu_read_lock();
	role->cgroup = cgroup_id(task_dfl_cgroup(current));
	rcu_read_unlock();
#endif
	return role;
}

void seal_role_put(struct seal_role *role)
{
	if (!role || !refcount_dec_and_test(&role->users))
		return;
	put_pid(role->pid);
	kfree(role);
}
