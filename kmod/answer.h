/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SEAL_ANSWER_H
#define SEAL_ANSWER_H

#include <linux/uaccess.h>

/* Copies a small answer of getsockopt(), cut to what the caller has room for if @grow. */
static inline int seal_put_answer(char __user *optval, int __user *optlen, int len,
				  const void *answer, int size, bool grow)
{
	if (len < size) {
		if (!grow || len <= 0)
			return -EINVAL;
		size = len;
	}
	if (put_user(size, optlen) || copy_to_user(optval, answer, size))
		return -EFAULT;
	return 0;
}

#endif /* SEAL_ANSWER_H */
