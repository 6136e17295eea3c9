/* SPDX-License-Identifier: MIT */
/*
 * workload/cases/classic: what the classic stress patterns share. docs/HOWTO-workload.md says where each comes from.
 *
 * Every block starts with a head that tells its size, and ends, if longer, with a byte of it. Whoever frees a block
 * checks both, so that one that was changed or freed before is noticed. Latency is that of malloc, of every 64th block
 * of a thread.
 */
#ifndef MADVISOR_WORKLOAD_CASES_CLASSIC_H
#define MADVISOR_WORKLOAD_CASES_CLASSIC_H

#include <stdatomic.h>
#include <string.h>

#include "crew.h"
#include "histogram.h"
#include "kernel.h"
#include "now.h"
#include "source.h"

#define CLASSIC_SAMPLE_EVERY 64
/* Random sizes repeat after this many blocks of a thread; a power of two. */
#define CLASSIC_SIZES 4096
/* Places where threads leave blocks for each other (mstress). */
#define CLASSIC_TRANSFER 1000

/* The blocks that a thread keeps: `live` places. */
struct classic_table {
	uint64_t held; /* blocks at its beginning, where it is used as a stack */
	uint64_t turn;
	void *blocks[];
};

struct classic_worker {
	CACHE_APART struct source source;
	unsigned int index;
	struct classic_table *table; /* the worker's at present; owned by the kernel */
	uint64_t dice, made, dropped, wrong;
	struct histogram latency;
};

struct classic {
	const struct workload_case *c;
	const struct classic_pattern *pattern;
	struct crew crew;
	enum source_kind kind;
	unsigned int threads;
	uint64_t quota; /* blocks that a thread allocates in this run */
	size_t table_bytes;
	char *tables; /* one more than threads; owned */
	struct classic_worker *workers;
	struct classic_worker opener;       /* the main thread, for what it allocates */
	struct classic_handover *handover;  /* xmalloc-test; owned */
	void *gifts[CASE_THREADS_MAX];      /* cache-scratch: a block for each thread */
	CACHE_APART _Atomic(void *) parked; /* the table that no thread has */
	CACHE_APART _Atomic(void *) transfer[CLASSIC_TRANSFER]; /* mstress */
	uint32_t sizes[CLASSIC_SIZES];
};

struct classic_pattern {
	enum case_shape shape;
	/* The size at a share (0 to 1) of all sizes from min to max, both at least 8. */
	double (*size)(double min, double max, double share);
	/* Allocates `quota` blocks. Called by each thread. */
	void (*work)(struct classic *classic, struct classic_worker *worker);
	/* By the main thread, before each run; NULL: nothing. */
	void (*prepare)(struct classic *classic);
};

extern const struct classic_pattern classic_larson, classic_sh6bench, classic_sh8bench,
	classic_glibc_simple, classic_glibc_thread, classic_mstress, classic_xmalloc_test,
	classic_cache_scratch, classic_cache_thrash, classic_alloc_test;

/* xmalloc-test: what passes batches from producers to consumers. */
struct classic_handover *classic_handover_new(const struct classic *classic)
	__attribute__((warn_unused_result));
/* Takes NULL. */
void classic_handover_free(struct classic_handover *handover);

/* Threads that allocate: in xmalloc-test only one half does. */
static inline unsigned int classic_makers(const struct classic *classic)
{
	return classic->c->shape == SHAPE_XMALLOC_TEST ? classic->threads / 2 : classic->threads;
}

static inline double classic_uniform(double min, double max, double share)
{
	return min + (max - min) * share;
}

/* Leaves the worker's table for others and takes the one that was left. */
static inline void classic_swap_tables(struct classic *classic, struct classic_worker *worker)
{
	worker->table =
		atomic_exchange_explicit(&classic->parked, worker->table, memory_order_acq_rel);
}

/* Uniform below bound, which is below 2^32: xorshift (Marsaglia 2003), its upper half scaled. */
static inline uint64_t classic_roll(struct classic_worker *worker, uint64_t bound)
{
	worker->dice ^= worker->dice << 13;
	worker->dice ^= worker->dice >> 7;
	worker->dice ^= worker->dice << 17;
	return ((worker->dice >> 32) * bound) >> 32;
}

static inline uint64_t classic_head(uint32_t size)
{
	return (uint64_t)(size * UINT32_C(0x9e3779b9)) << 32 | size;
}

static inline void *classic_make(const struct classic *classic, struct classic_worker *worker)
{
	uint32_t size = classic->sizes[worker->made % CLASSIC_SIZES];
	bool sampled = worker->made % CLASSIC_SAMPLE_EVERY == 0;
	uint64_t then = sampled ? now_ns() : 0, head = classic_head(size);
	unsigned char *block = source_alloc(&worker->source, size);

	if (sampled)
		histogram_add(&worker->latency, now_since(then));
	worker->made++;
	memcpy(block, &head, sizeof(head));
	if (size > sizeof(head))
		block[size - 1] = (unsigned char)size;
	return block;
}

/* Checks and frees; one that is not whole is counted and left, as nothing of it can be trusted. */
static inline void classic_drop(struct classic_worker *worker, void *block)
{
	const unsigned char *bytes = block;
	uint64_t head;

	memcpy(&head, block, sizeof(head));
	uint32_t size = (uint32_t)head;
	if (head != classic_head(size) || size < sizeof(head) ||
	    (size > sizeof(head) && bytes[size - 1] != (unsigned char)size)) {
		worker->wrong++;
		return;
	}
	head = 0;
	memcpy(block, &head, sizeof(head));
	source_free(&worker->source, block, size);
	worker->dropped++;
}

#endif
