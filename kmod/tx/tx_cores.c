// SPDX-License-Identifier: GPL-2.0-only
/*
 * One large call on several processors (SEALSOCK_TX_CPUS). The caller fills
 * full records, whose numbers are given out in order, and offers them to
 * workers; whoever is free seals the oldest that nobody has taken, the caller
 * too. What is sealed goes to TCP in order, by the caller. Everything happens
 * while the caller holds the socket lock, and nothing of it is left when
 * seal_cores_send() returns: no worker ever touches the socket.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "crypt.h"
#include "seen/mib.h"
#include "tx/tx.h"
#include "uapi/sealsock.h"

enum {
	WORKERS = SEALSOCK_CPUS_MAX - 1,
	JOBS_A_CPU = 4,		/* records under way for each processor, SEAL_JOBS at most */
	LEAST = 3,		/* records that a call must have: below, waking costs more */
	LEAST_BODY = SZ_8K,	/* bytes of a record, likewise */
	SPIN_NS = 20000,	/* the caller waits for a worker so long before it sleeps */
	MOST_MISSED = 6,	/* 2^6 calls go by at most before workers are tried again */
};

/**
 * struct seal_job - one record under way
 * @rec: its memory, and the length of its plaintext
 * @src: plaintext, where that is pages of a file
 * @dst: what is sealed, and the plaintext otherwise
 * @seq: its sequence number
 * @content: bytes of plaintext without padding
 * @charged: bytes charged to the socket meanwhile
 * @type: of its content
 * @direct: from @src
 * @done: released by whoever sealed it, after @err
 * @err: what came of it
 * @rq: its request, the context behind it
 */
struct seal_job {
	struct seal_rec rec;
	struct scatterlist src[SEAL_SG];
	struct scatterlist dst[3];
	u64 seq;
	unsigned int content;
	int charged;
	u8 type;
	bool direct;
	bool done;
	int err;
	struct seal_request rq;
};

/* Processors do not share a line; contexts of requests are as the crypto API wants them. */
#define JOB_ALIGN	MAX(SMP_CACHE_BYTES, CRYPTO_MINALIGN)

/* A worker, @busy from when it is queued until it finds nothing to do. */
struct seal_worker {
	struct work_struct work;
	struct seal_cores *cores;
	unsigned int sealed;
	bool busy;
	bool used;
};

/**
 * struct seal_cores - the records under way: those from @emitted to @made
 * @made: records filled so far; released by the caller
 * @taken: of these, somebody seals or has sealed; whoever moves it has the record
 * @emitted: of these, the caller has taken back
 * @pending: bytes of the records under way
 * @wait: the caller, for a worker's record
 * @size: how many there may be at once
 * @stride: bytes from one job to the next
 * @workers: entries of @worker in use
 * @worker: who helps
 * @jobs: @size of them
 */
struct seal_cores {
	unsigned int made;
	atomic_t taken;
	unsigned int emitted;
	unsigned int pending;
	wait_queue_head_t wait;
	unsigned int size;
	unsigned int stride;
	unsigned int workers;
	struct seal_worker worker[WORKERS];
	u8 jobs[] __aligned(JOB_ALIGN);
};

/*
 * One seal_cores_send(). @bytes: of plaintext sealed; @own: records sealed by
 * the caller, in @own_ns; @waited_ns: what it waited for workers; @stop: no
 * more records.
 */
struct burst {
	struct sock *sk;
	struct seal_tx *tx;
	struct seal_cores *cores;
	struct msghdr *msg;
	int bytes;
	int err;
	unsigned int own;
	u64 own_ns;
	u64 waited_ns;
	u8 type;
	bool stop;
};

static struct workqueue_struct *queue;

static struct seal_job *job_at(struct seal_cores *cores, unsigned int i)
{
	return (void *)(cores->jobs + (i % cores->size) * cores->stride);
}

/* The oldest record that nobody seals yet is the caller's now; NULL: there is none. */
static struct seal_job *take(struct seal_cores *cores)
{
	int i = atomic_read(&cores->taken);

	do {
		/* Pairs with the release in fill(): the job is complete. */
		if (i == smp_load_acquire(&cores->made))
			return NULL;
	} while (!atomic_try_cmpxchg(&cores->taken, &i, i + 1));
	return job_at(cores, i);
}

static void run(struct seal_job *job)
{
	job->err = seal_crypt_run(&job->rq);
	/* Pairs with the acquire in is_done(). */
	smp_store_release(&job->done, true);
}

static bool is_done(const struct seal_job *job)
{
	/* Pairs with the release in run(). */
	return smp_load_acquire(&job->done);
}

static void work(struct work_struct *ws)
{
	struct seal_worker *worker = container_of(ws, struct seal_worker, work);
	struct seal_cores *cores = worker->cores;
	struct seal_job *job;

	while ((job = take(cores))) {
		run(job);
		worker->sealed++;
		if (wq_has_sleeper(&cores->wait))
			wake_up(&cores->wait);
	}
	/* Losing the race against offer() costs help, nothing else. */
	WRITE_ONCE(worker->busy, false);
}

/* Wakes one worker more if there is something left to take. */
static void offer(struct seal_cores *cores)
{
	unsigned int i;

	if (atomic_read(&cores->taken) == cores->made)
		return;
	for (i = 0; i < cores->workers; i++) {
		struct seal_worker *worker = &cores->worker[i];

		if (READ_ONCE(worker->busy))
			continue;
		WRITE_ONCE(worker->busy, true);
		worker->used = true;
		queue_work(queue, &worker->work);
		return;
	}
}

/* Cancels who was not started, waits for who is running. Records that workers sealed. */
static unsigned int dismiss(struct seal_cores *cores)
{
	unsigned int i, sealed = 0;

	for (i = 0; i < cores->workers; i++) {
		struct seal_worker *worker = &cores->worker[i];

		if (!worker->used)
			break;
		cancel_work_sync(&worker->work);
		sealed += worker->sealed;
	}
	return sealed;
}

/* For each burst anew: idle sockets are many. */
static struct seal_cores *cores_new(const struct seal_tx *tx, unsigned int records)
{
	unsigned int reqsize = crypto_aead_reqsize(tx->key->spare.aead);
	unsigned int stride = ALIGN(sizeof(struct seal_job) + reqsize, JOB_ALIGN);
	/* A caller that may run on few processors gets no more of them by asking others. */
	unsigned int workers = min3((unsigned int)tx->cpus, num_online_cpus(),
				    cpumask_weight(current->cpus_ptr)) - 1;
	unsigned int size = min(records, JOBS_A_CPU * (workers + 1));
	struct seal_cores *cores = NULL;
	unsigned int i;

	if (workers)
		cores = kzalloc(sizeof(*cores) + size * stride,
				GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (!cores)
		return NULL;
	cores->size = size;
	cores->stride = stride;
	cores->workers = workers;
	init_waitqueue_head(&cores->wait);
	for (i = 0; i < workers; i++) {
		INIT_WORK(&cores->worker[i].work, work);
		cores->worker[i].cores = cores;
	}
	return cores;
}

bool seal_cores_worth(struct sock *sk, struct seal_tx *tx, struct msghdr *msg)
{
	unsigned int most = seal_ctx(sk)->max_payload;

	if (most < LEAST_BODY || msg_data_left(msg) < LEAST * most)
		return false;
	if (tx->cores_skip) {
		tx->cores_skip--;
		return false;
	}
	/* A call from where memory is reclaimed depends on nobody else's memory. */
	return num_online_cpus() > 1 && sk->sk_allocation == GFP_KERNEL &&
	       current_gfp_context(GFP_KERNEL) == GFP_KERNEL;
}

/* As seal_tx_has_room(), with what is under way; a lower limit is for records in turn. */
static bool may_fill(const struct burst *b)
{
	const struct seal_cores *cores = b->cores;
	struct seal_tx *tx = b->tx;
	struct sock *sk = b->sk;

	return !b->stop && !fatal_signal_pending(current) &&
	       cores->made - cores->emitted < cores->size &&
	       msg_data_left(b->msg) >= seal_ctx(sk)->max_payload &&
	       READ_ONCE(sk->sk_wmem_queued) + (int)(tx->out_bytes + cores->pending) <
	       READ_ONCE(sk->sk_sndbuf) &&
	       !seal_tx_lowat(sk) && seal_tx_has_room(sk, tx) &&
	       !seal_seq_check(&tx->key->seq) && !seal_tx_limit(sk, tx, b->type);
}

/* Plaintext for the open record. The number of @pages that it stays in, 0: it was copied. */
static int fetch(struct burst *b, struct bio_vec *pages)
{
	struct seal_rec *rec = &b->tx->rec;
	int n = 0;

	if (compat_is_splice(b->msg) && rec->frame.page && !seal_reads_twice(b->tx->key))
		n = compat_iter_pages(&b->msg->msg_iter, rec->body.len, pages);
	if (n > 0) {
		iov_iter_advance(&b->msg->msg_iter, rec->body.len);
		rec->len = rec->body.len;
		return n;
	}
	n = seal_tx_copy(b->tx, b->msg);
	return min(n, 0);
}

/* The open record, filled, becomes a job of its own. */
static int make_job(struct burst *b, const struct bio_vec *pages, unsigned int count)
{
	struct seal_cores *cores = b->cores;
	struct seal_job *job = job_at(cores, cores->made);
	unsigned int content = b->tx->rec.len;
	struct seal_tx *tx = b->tx;
	struct seal_ends ends;
	int err;

	seal_rec_close(b->sk, tx, b->type, !count, &ends);
	seal_rec_target(job->dst, tx, &ends);
	if (count)
		seal_rec_source(job->src, pages, count, &ends);
	crypto_init_wait(&job->rq.wait);
	err = seal_crypt_prepare(tx->key, &job->rq, b->type, ends.prefix,
				 count ? job->src : job->dst, job->dst, tx->rec.len + ends.tail);
	if (err)
		return seal_tx_fail(b->sk, tx);

	job->rec = tx->rec;
	memset(&tx->rec, 0, sizeof(tx->rec));
	job->seq = tx->key->seq.next - 1;
	job->content = content;
	job->type = b->type;
	job->direct = count;
	job->done = false;
	sk_mem_charge(b->sk, job->charged);
	cores->pending += job->charged;
	/* Pairs with the acquire in take(). */
	smp_store_release(&cores->made, cores->made + 1);
	return 0;
}

/* One record more, if nothing is wrong. */
static int fill(struct burst *b)
{
	struct bio_vec pages[COMPAT_SPLICE_PAGES] __uninitialized;
	struct seal_rec *rec = &b->tx->rec;
	int count, err;

	err = seal_rec_begin(b->sk, b->tx, seal_ctx(b->sk)->max_payload, false);
	if (err)
		return err;
	job_at(b->cores, b->cores->made)->charged = rec->body.len + rec->frame.len;
	if (!sk_wmem_schedule(b->sk, rec->body.len + rec->frame.len))
		count = -ENOMEM;
	else
		count = fetch(b, pages);
	if (count < 0) {
		seal_rec_drop(b->sk, b->tx);
		return count;
	}
	return make_job(b, pages, count);
}

/* The oldest record back into tx->rec. */
static struct seal_job *take_back(struct burst *b)
{
	struct seal_job *job = job_at(b->cores, b->cores->emitted++);

	sk_mem_uncharge(b->sk, job->charged);
	b->cores->pending -= job->charged;
	b->tx->rec = job->rec;
	return job;
}

/* What is sealed, in order, goes out. An error is final for the direction or the connection. */
static int emit_done(struct burst *b)
{
	struct seal_cores *cores = b->cores;
	struct seal_tx *tx = b->tx;
	int err = 0;

	while (cores->emitted != cores->made && is_done(job_at(cores, cores->emitted))) {
		struct seal_job *job = take_back(b);

		if (job->err)
			return seal_tx_fail(b->sk, tx);
		seal_tx_sealed(b->sk, tx, job->type, job->content, job->seq, job->direct);
		b->bytes += job->content;
		if (!b->stop && !seal_tx_out_room(tx))
			err = seal_tx_push(b->sk, tx, MSG_MORE);
		if (err)
			b->stop = true;
		if (err && err != -EAGAIN)
			return err;
	}
	return 0;
}

/*
 * The oldest record is being sealed by a worker, if take() found none to be
 * sealed. To sleep and be woken takes longer than most records do.
 */
static void wait_for_oldest(struct seal_cores *cores)
{
	struct seal_job *job = job_at(cores, cores->emitted);
	u64 end = ktime_get_ns() + SPIN_NS;

	while (!is_done(job)) {
		if (need_resched() || ktime_get_ns() > end) {
			wait_event(cores->wait, is_done(job));
			return;
		}
		cpu_relax();
	}
}

/* Records behind one that failed: their numbers are used up, nothing of them is sent. */
static void discard(struct burst *b)
{
	struct seal_cores *cores = b->cores;
	struct seal_job *job;

	while ((job = take(cores)))
		job->done = true;
	while (cores->emitted != cores->made) {
		wait_for_oldest(cores);
		take_back(b);
		seal_rec_drop(b->sk, b->tx);
	}
}

/* The caller has nothing to fill and nothing to send: it seals, or waits for who does. */
static void lend_a_hand(struct burst *b)
{
	struct seal_job *job = take(b->cores);
	u64 start = ktime_get_ns();

	if (job) {
		run(job);
		b->own++;
		b->own_ns += ktime_get_ns() - start;
	} else {
		wait_for_oldest(b->cores);
		b->waited_ns += ktime_get_ns() - start;
	}
}

static void go(struct burst *b)
{
	struct seal_cores *cores = b->cores;
	int err;

	for (;;) {
		bool filled = may_fill(b);

		if (!filled && cores->emitted == cores->made)
			return;
		if (filled) {
			b->err = fill(b);
			b->stop = b->err;
			offer(cores);
		}
		err = emit_done(b);
		if (err) {
			b->err = err;
			discard(b);
			return;
		}
		if (!filled && cores->emitted != cores->made)
			lend_a_hand(b);
		cond_resched();
	}
}

/*
 * Where workers came late, or were kept from going on, so that the caller
 * would have sealed their records in the time it waited, no processor is
 * idle: not again for a while.
 */
static void learn(struct burst *b, unsigned int sealed)
{
	struct seal_tx *tx = b->tx;

	SEAL_ADD(b->sk, TXCORES, sealed);
	if (sealed && (!b->own || sealed * b->own_ns > b->own * b->waited_ns)) {
		tx->cores_missed = 0;
	} else if (b->bytes) {
		tx->cores_missed = min(tx->cores_missed + 1, (int)MOST_MISSED);
		tx->cores_skip = 1 << tx->cores_missed;
	}
}

int seal_cores_send(struct sock *sk, struct seal_tx *tx, struct msghdr *msg, u8 type, int *err)
{
	struct burst b = { .sk = sk, .tx = tx, .msg = msg, .type = type };
	size_t records = msg_data_left(msg) / seal_ctx(sk)->max_payload;

	if (seal_rec_open(tx) || records < LEAST || !seal_tx_has_room(sk, tx))
		return 0;
	b.cores = cores_new(tx, min_t(size_t, records, SEAL_JOBS));
	if (!b.cores)
		return 0;
	go(&b);
	learn(&b, dismiss(b.cores));
	kfree_sensitive(b.cores);
	*err = b.err;
	return b.bytes;
}

int seal_cores_init(void)
{
	queue = alloc_workqueue("sealsock", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return queue ? 0 : -ENOMEM;
}

void seal_cores_exit(void)
{
	destroy_workqueue(queue);
}
