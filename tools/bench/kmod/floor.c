// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the cipher alone, through the crypto API, on contiguous memory: what sealing and opening
 * a record costs at least. Reading /proc/sealsock_floor runs it; lines are
 *
 *	call CIPHER seal|open LENGTH NANOSECONDS
 *	memory CIPHER BYTES
 *
 * a call over LENGTH bytes with the additional data of TLS 1.3, out of place; and the memory of one
 * transform with a key. In a guest whose clock counts instructions a nanosecond is an instruction.
 *
 * Reading /proc/sealsock_floor_memory measures what memory costs beside that, by a real clock:
 *
 *	over CIPHER seal SOURCE NANOSECONDS
 *
 * a call over a full record whose source is the next one of SOURCE bytes, and whose destination is
 * one of few buffers used in turn, as with records on their way.
 */
#include <crypto/aead.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define AAD		5
#define TAG		16
#define ORDER		3	/* pages of one buffer: a full record and what belongs to it */
#define RUNS		9
#define TRANSFORMS	1000
#define RECORD		16385	/* a full record's plaintext, with the content type */
#define PASSES		5
#define IN_TURN		8	/* buffers that are written to */
#define SOURCE_MAX	(64 << 20)
#define SOURCES_MAX	(SOURCE_MAX / RECORD)

static const struct cipher {
	const char *name, *aead;
	unsigned int key;
} ciphers[] = {
	{ "AES-128-GCM", "gcm(aes)", 16 },
	{ "AES-256-GCM", "gcm(aes)", 32 },
	{ "CHACHA20-POLY1305", "rfc7539(chacha20,poly1305)", 32 },
	{ "AES-128-CCM", "ccm(aes)", 16 },
	{ "SM4-GCM", "gcm(sm4)", 16 },
	{ "SM4-CCM", "ccm(sm4)", 16 },
	{ "ARIA-128-GCM", "gcm(aria)", 16 },
	{ "ARIA-256-GCM", "gcm(aria)", 32 },
};

static const unsigned int lengths[] = { 1, 17, 65, 257, 1025, 4097, 16385 };

/* One call: additional data, then text and tag on whole pages, one behind the other. */
struct bench {
	struct crypto_aead *aead;
	struct aead_request *req;
	struct crypto_wait wait;
	struct scatterlist in[2], out[2];
	u8 *src, *dst;
	u8 aad[AAD];
	u8 nonce[16];
};

static struct crypto_aead *new_aead(const struct cipher *c)
{
	struct crypto_aead *aead;
	unsigned int tries = 0;
	u8 key[32];
	int err;

	/* A clock that counts instructions leaps while modprobe waits for its disk. */
	do {
		aead = crypto_alloc_aead(c->aead, 0, 0);
	} while (IS_ERR(aead) && PTR_ERR(aead) == -ETIMEDOUT && ++tries < 10);
	if (IS_ERR(aead))
		return aead;
	get_random_bytes(key, sizeof(key));
	err = crypto_aead_setkey(aead, key, c->key);
	if (!err)
		err = crypto_aead_setauthsize(aead, TAG);
	if (!err)
		return aead;
	crypto_free_aead(aead);
	return ERR_PTR(err);
}

static void prepare(struct bench *b, bool seal, unsigned int len)
{
	sg_init_table(b->in, 2);
	sg_init_table(b->out, 2);
	sg_set_buf(&b->in[0], b->aad, AAD);
	sg_set_buf(&b->out[0], b->aad, AAD);
	sg_set_buf(&b->in[1], seal ? b->src : b->dst, len + TAG);
	sg_set_buf(&b->out[1], seal ? b->dst : b->src, len + TAG);
	b->nonce[0] = 2;	/* CCM: three bytes of length; the others take any */
	aead_request_set_callback(b->req, CRYPTO_TFM_REQ_MAY_BACKLOG | CRYPTO_TFM_REQ_MAY_SLEEP,
				  crypto_req_done, &b->wait);
	aead_request_set_crypt(b->req, b->in, b->out, len + (seal ? 0 : TAG), b->nonce);
	aead_request_set_ad(b->req, AAD);
}

/* What looking at the clock costs. */
static u64 clock_cost(void)
{
	u64 cost = U64_MAX;
	unsigned int i;

	for (i = 0; i < RUNS; i++) {
		u64 t0 = ktime_get_ns();

		cost = min(cost, ktime_get_ns() - t0);
	}
	return cost;
}

/* Sets *cost to the least of some runs, each without what looking at the clock costs. */
static int time_call(struct bench *b, bool seal, unsigned int len, u64 *cost)
{
	unsigned int i;

	*cost = U64_MAX;
	for (i = 0; i < RUNS; i++) {
		u64 start, n;
		int err;

		prepare(b, seal, len);
		start = ktime_get_ns();
		err = crypto_wait_req(seal ? crypto_aead_encrypt(b->req) :
				      crypto_aead_decrypt(b->req), &b->wait);
		n = ktime_get_ns() - start;
		if (err)
			return err;
		*cost = min(*cost, n);
	}
	*cost -= clock_cost();
	return 0;
}

static int measure(struct seq_file *m, const struct cipher *c, struct bench *b, unsigned int len)
{
	u64 cost;
	int err;

	err = time_call(b, true, len, &cost);
	if (err)
		return err;
	seq_printf(m, "call %s seal %u %llu\n", c->name, len, cost);
	err = time_call(b, false, len, &cost);
	if (!err)
		seq_printf(m, "call %s open %u %llu\n", c->name, len, cost);
	return err;
}

static unsigned long free_pages_now(void)
{
	struct sysinfo si;

	si_meminfo(&si);
	return si.freeram;
}

/* All of @all stay until the end, so that nobody gets pages another cipher has left behind. */
static int measure_memory(struct seq_file *m, const struct cipher *c, struct crypto_aead **all)
{
	unsigned long before = free_pages_now(), after;
	unsigned int n;

	for (n = 0; n < TRANSFORMS; n++) {
		struct crypto_aead *aead = new_aead(c);

		if (IS_ERR(aead))
			return PTR_ERR(aead);
		all[n] = aead;
		cond_resched();
	}
	after = free_pages_now();
	seq_printf(m, "memory %s %lu\n", c->name,
		   (before - min(before, after)) * PAGE_SIZE / TRANSFORMS);
	return 0;
}

static int measure_cipher(struct seq_file *m, const struct cipher *c, struct bench *b)
{
	unsigned int i;
	int err = 0;

	b->aead = new_aead(c);
	if (IS_ERR(b->aead))
		return PTR_ERR(b->aead);
	b->req = aead_request_alloc(b->aead, GFP_KERNEL);
	if (!b->req)
		err = -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(lengths) && !err; i++)
		err = measure(m, c, b, lengths[i]);
	aead_request_free(b->req);
	crypto_free_aead(b->aead);
	return err;
}

static int measure_all(struct seq_file *m, struct bench *b, struct crypto_aead **all)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++) {
		err = measure_cipher(m, &ciphers[i], b);
		if (!err)
			err = measure_memory(m, &ciphers[i], all + i * TRANSFORMS);
		if (err == -ENOENT)
			seq_printf(m, "missing %s\n", ciphers[i].name);
		else if (err)
			return err;
	}
	return 0;
}

static int show(struct seq_file *m, void *unused)
{
	const unsigned int n = ARRAY_SIZE(ciphers) * TRANSFORMS;
	struct crypto_aead **all = kvcalloc(n, sizeof(*all), GFP_KERNEL);
	struct bench *b = kzalloc(sizeof(*b), GFP_KERNEL);
	unsigned int i;
	int err = -ENOMEM;

	if (!all || !b)
		goto free;
	crypto_init_wait(&b->wait);
	b->src = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, ORDER);
	b->dst = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, ORDER);
	if (b->src && b->dst)
		err = measure_all(m, b, all);
	free_pages((unsigned long)b->src, ORDER);
	free_pages((unsigned long)b->dst, ORDER);
	for (i = 0; i < n; i++)
		if (all[i])
			crypto_free_aead(all[i]);
free:
	kfree(b);
	kvfree(all);
	return err;
}

/* What is sealed, a record each, and what is written to in turn. */
struct sources {
	u8 *src[SOURCES_MAX];
	u8 *dst[IN_TURN];
};

static int seal_one(struct bench *b, u8 *src, u8 *dst)
{
	b->src = src;
	b->dst = dst;
	prepare(b, true, RECORD);
	return crypto_wait_req(crypto_aead_encrypt(b->req), &b->wait);
}

/* The least of some passes over all of @n sources, a record of it. */
static int time_pass(struct bench *b, struct sources *s, unsigned int n, u64 *cost)
{
	unsigned int pass, i;

	*cost = U64_MAX;
	for (pass = 0; pass < PASSES; pass++) {
		u64 start = ktime_get_ns();
		int err = 0;

		for (i = 0; i < n && !err; i++)
			err = seal_one(b, s->src[i], s->dst[i % IN_TURN]);
		if (err)
			return err;
		*cost = min(*cost, (ktime_get_ns() - start) / n);
		cond_resched();
	}
	return 0;
}

static int measure_sources(struct seq_file *m, struct bench *b, struct sources *s)
{
	static const unsigned int sizes[] = { 1 << 20, 4 << 20, SOURCE_MAX };
	unsigned int i, k, n;
	u64 cost;
	int err;

	for (i = 0; i < 2; i++) {	/* AES-128-GCM, AES-256-GCM */
		b->aead = new_aead(&ciphers[i]);
		if (IS_ERR(b->aead))
			return PTR_ERR(b->aead);
		b->req = aead_request_alloc(b->aead, GFP_KERNEL);
		err = b->req ? 0 : -ENOMEM;
		for (k = 0; k < ARRAY_SIZE(sizes) && !err; k++) {
			n = sizes[k] / RECORD;
			err = time_pass(b, s, n, &cost);
			if (!err)
				seq_printf(m, "over %s seal %u %llu\n", ciphers[i].name, sizes[k],
					   cost);
		}
		aead_request_free(b->req);
		crypto_free_aead(b->aead);
		if (err)
			return err;
	}
	return 0;
}

static int show_memory(struct seq_file *m, void *unused)
{
	struct sources *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	struct bench *b = kzalloc(sizeof(*b), GFP_KERNEL);
	unsigned int i;
	int err = s && b ? 0 : -ENOMEM;

	for (i = 0; i < IN_TURN + SOURCES_MAX && !err; i++) {
		u8 **at = i < IN_TURN ? &s->dst[i] : &s->src[i - IN_TURN];

		*at = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, ORDER);
		if (!*at)
			err = -ENOMEM;
	}
	if (!err) {
		crypto_init_wait(&b->wait);
		err = measure_sources(m, b, s);
	}
	for (i = 0; s && i < IN_TURN + SOURCES_MAX; i++)
		free_pages((unsigned long)(i < IN_TURN ? s->dst[i] : s->src[i - IN_TURN]), ORDER);
	kfree(b);
	kvfree(s);
	return err;
}

static int open_memory(struct inode *inode, struct file *file)
{
	return single_open_size(file, show_memory, NULL, PAGE_SIZE);
}

static const struct proc_ops memory_ops = {
	.proc_open = open_memory,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

/* All lines fit, so that nothing is measured twice. */
static int open_floor(struct inode *inode, struct file *file)
{
	return single_open_size(file, show, NULL, 4 * PAGE_SIZE);
}

static const struct proc_ops floor_ops = {
	.proc_open = open_floor,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int __init floor_init(void)
{
	if (!proc_create("sealsock_floor", 0400, NULL, &floor_ops))
		return -ENOMEM;
	if (proc_create("sealsock_floor_memory", 0400, NULL, &memory_ops))
		return 0;
	remove_proc_entry("sealsock_floor", NULL);
	return -ENOMEM;
}

static void __exit floor_exit(void)
{
	remove_proc_entry("sealsock_floor_memory", NULL);
	remove_proc_entry("sealsock_floor", NULL);
}

module_init(floor_init);
module_exit(floor_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Cost of the ciphers that TLS records use, through the crypto API");
