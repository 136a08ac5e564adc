// SPDX-License-Identifier: GPL-2.0-only
/* Stands in for the module: one that a leaked reference keeps from being unloaded. */
#include <linux/module.h>

static int __init held_init(void)
{
	__module_get(THIS_MODULE);
	return 0;
}
module_init(held_init);

static void __exit held_exit(void)
{
}
module_exit(held_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module that cannot be unloaded, for the runner's own tests");
