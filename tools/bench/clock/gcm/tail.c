// SPDX-License-Identifier: GPL-2.0-only
/* What is registered: the one implementation that the parameter names. */
static const struct {
	const char *name;
	struct aead_alg *alg;
} all[] = {
	{ "aesni", aes_gcm_algs_aesni },
	{ "aesni_avx", aes_gcm_algs_aesni_avx },
	{ "vaes_avx10_256", aes_gcm_algs_vaes_avx10_256 },
	{ "vaes_avx10_512", aes_gcm_algs_vaes_avx10_512 },
};

static char *only = "aesni";
module_param(only, charp, 0);
static struct aead_alg *chosen;

static int __init clock_gcm_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].name, only))
			chosen = all[i].alg;
	return chosen ? crypto_register_aead(chosen) : -EINVAL;
}

static void __exit clock_gcm_exit(void)
{
	crypto_unregister_aead(chosen);
}

module_init(clock_gcm_init);
module_exit(clock_gcm_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("AES-GCM of x86 in User Mode Linux");
