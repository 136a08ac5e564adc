// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <net/tcp.h>

#include "attach.h"
#include "hold/device.h"
#include "managed/secret.h"
#include "pages.h"
#include "rx/rx.h"
#include "scratch.h"
#include "seen/netns.h"
#include "spare.h"
#include "tx/tx.h"
#include "ulp.h"

static bool alias_tls;
module_param(alias_tls, bool, 0444);
MODULE_PARM_DESC(alias_tls, "also answer to the ULP name \"tls\" (default: no)");

static int __init sealsock_module_init(void)
{
	int err;

	err = seal_spare_init();
	if (err)
		return err;
	err = seal_ctx_init();
	if (err)
		goto out_spare;
	err = seal_netns_init();
	if (err)
		goto out_ctx;
	err = seal_wake_init();
	if (err)
		goto out_netns;
	err = seal_cores_init();
	if (err)
		goto out_netns;
	err = seal_device_init();
	if (err)
		goto out_cores;
	err = seal_ulp_init(alias_tls);
	if (err)
		goto out_device;
	return 0;

out_device:
	seal_device_exit();
out_cores:
	seal_cores_exit();
out_netns:
	seal_netns_exit();
out_ctx:
	seal_ctx_exit();
out_spare:
	seal_spare_exit();
	return err;
}

static void __exit sealsock_module_exit(void)
{
	seal_ulp_exit();
	seal_device_exit();
	seal_cores_exit();
	seal_ctx_exit();
	seal_secret_exit();
	seal_spare_exit();
	seal_plain_exit();
	seal_pages_exit();
	seal_scratch_exit();
	seal_netns_exit();
}

module_init(sealsock_module_init);
module_exit(sealsock_module_exit);
MODULE_DESCRIPTION("TLS for ordinary sockets: the record layer as a TCP ULP");
MODULE_AUTHOR("The sealsock authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_ALIAS_TCP_ULP("sealsock");
