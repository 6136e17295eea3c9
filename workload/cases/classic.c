/* SPDX-License-Identifier: MIT */
/*
 * classic: the stress patterns that allocators have been compared by for decades, as far as they go with threads that
 * live as long as the process. Here is what is common; the patterns are in classic-tables.c and classic-threads.c.
 */
#include "cases/classic.h"

#include <errno.h>
#include <inttypes.h>

#include "base/array.h"
#include "threads.h"

static const struct classic_pattern *const patterns[] = {
	&classic_larson,       &classic_xmalloc_test, &classic_cache_scratch, &classic_cache_thrash,
	&classic_sh6bench,     &classic_sh8bench,     &classic_mstress,       &classic_glibc_simple,
	&classic_glibc_thread, &classic_alloc_test,
};

static const struct classic_pattern *pattern_of(enum case_shape shape)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (patterns[i]->shape == shape)
			return patterns[i];
	return patterns[0];
}

static struct classic_table *table_at(const struct classic *classic, unsigned int i)
{
	return (struct classic_table *)(classic->tables + i * classic->table_bytes);
}

static void classic_job(void *context, unsigned int index)
{
	struct classic *classic = context;
	struct classic_worker *worker = &classic->workers[index];

	if (!worker->source.pool)
		source_init(&worker->source, classic->kind);
	classic->pattern->work(classic, worker);
}

/* Calls use for each block that is left. */
static void each_left(struct classic *classic,
		      void (*use)(struct classic_worker *worker, void *block),
		      struct classic_worker *worker)
{
	for (unsigned int i = 0; i <= classic->threads; i++)
		for (uint64_t j = 0; j < classic->c->live; j++)
			if (table_at(classic, i)->blocks[j])
				use(worker, table_at(classic, i)->blocks[j]);
	for (unsigned int i = 0; i < CLASSIC_TRANSFER; i++) {
		void *block = atomic_load_explicit(&classic->transfer[i], memory_order_relaxed);
		if (block)
			use(worker, block);
	}
}

static void count(struct classic_worker *worker, void *block)
{
	(void)block;
	worker->dropped++;
}

static int classic_check(void *state, struct error *err)
{
	struct classic *classic = state;
	struct classic_worker left = { .index = 0 };
	uint64_t made = classic->opener.made, gone = 0, wrong = 0;

	for (unsigned int i = 0; i < classic->threads; i++) {
		made += classic->workers[i].made;
		gone += classic->workers[i].dropped;
		wrong += classic->workers[i].wrong;
	}
	each_left(classic, count, &left);
	if (wrong || made != gone + left.dropped)
		return error_set(err, ERROR_TARGET, EBADMSG,
				 "of %" PRIu64 " blocks made, %" PRIu64 " are live, %" PRIu64
				 " were freed and %" PRIu64 " had changed",
				 made, left.dropped, gone, wrong);
	return 0;
}

static void classic_close(void *state)
{
	struct classic *classic = state;

	crew_stop(&classic->crew);
	each_left(classic, classic_drop, &classic->opener);
	for (unsigned int i = 0; i < classic->threads; i++)
		source_release(&classic->workers[i].source);
	source_release(&classic->opener.source);
	classic_handover_free(classic->handover);
	memory_unmap(classic->tables, (classic->threads + 1) * classic->table_bytes);
	memory_unmap(classic->workers, classic->threads * sizeof(*classic->workers));
	memory_unmap(classic, sizeof(*classic));
}

/* Sizes of equal shares, in random order, the same in every run. */
static void sizes_init(struct classic *classic)
{
	const struct workload_case *c = classic->c;
	struct classic_worker shuffler = { .dice = 1 };

	for (unsigned int i = 0; i < CLASSIC_SIZES; i++) {
		double share = (i + 0.5) / CLASSIC_SIZES;
		uint64_t j = classic_roll(&shuffler, i + 1);
		classic->sizes[i] = classic->sizes[j];
		classic->sizes[j] = (uint32_t)classic->pattern->size((double)c->size_min,
								     (double)c->size_max, share);
	}
}

static int classic_open(const struct workload_case *c, enum source_kind kind, void **ret_state,
			struct error *err)
{
	struct classic *classic = memory_map(sizeof(*classic));

	classic->c = c;
	classic->kind = kind;
	classic->pattern = pattern_of(c->shape);
	classic->threads = threads_or_cpus(c->threads);
	sizes_init(classic);
	source_init(&classic->opener.source, kind);
	classic->table_bytes = sizeof(struct classic_table) + c->live * sizeof(void *);
	classic->table_bytes =
		(classic->table_bytes + 2 * CACHE_LINE - 1) & ~(size_t)(2 * CACHE_LINE - 1);
	classic->tables = memory_map((classic->threads + 1) * classic->table_bytes);
	classic->workers = memory_map(classic->threads * sizeof(*classic->workers));
	for (unsigned int i = 0; i < classic->threads; i++) {
		struct classic_worker *worker = &classic->workers[i];
		worker->index = i;
		worker->table = table_at(classic, i);
		worker->dice = i + UINT64_C(0x9e3779b97f4a7c15);
	}
	atomic_store_explicit(&classic->parked, table_at(classic, classic->threads),
			      memory_order_relaxed);
	if (c->shape == SHAPE_XMALLOC_TEST)
		classic->handover = classic_handover_new(classic);
	int r = crew_start(&classic->crew, classic->threads, classic_job, classic);
	if (r < 0) {
		unsigned int threads = classic->threads;
		classic_close(classic);
		return error_set(err, ERROR_MACHINE, -r, "cannot start %u threads: %s", threads,
				 strerror(-r));
	}
	*ret_state = classic;
	return 0;
}

static void classic_run(void *state, uint64_t iterations)
{
	struct classic *classic = state;

	classic->quota = iterations * classic->c->operations;
	if (classic->pattern->prepare)
		classic->pattern->prepare(classic);
	crew_run(&classic->crew);
}

static void classic_settle(void *state)
{
	(void)state; /* crew_run() returns when all of the crew is done */
}

static void classic_latency_reset(void *state)
{
	struct classic *classic = state;

	for (unsigned int i = 0; i < classic->threads; i++)
		histogram_clear(&classic->workers[i].latency);
}

static void classic_latency_merge(void *state, struct histogram *into)
{
	struct classic *classic = state;

	for (unsigned int i = 0; i < classic->threads; i++)
		histogram_merge(into, &classic->workers[i].latency);
}

static uint64_t classic_operations(const void *state)
{
	const struct classic *classic = state;

	return classic->c->operations * classic_makers(classic);
}

const struct kernel kernel_classic = {
	.family = FAMILY_CLASSIC,
	.latency_of = "malloc, every 64th of a thread",
	.open = classic_open,
	.run = classic_run,
	.settle = classic_settle,
	.check = classic_check,
	.latency_reset = classic_latency_reset,
	.latency_merge = classic_latency_merge,
	.operations = classic_operations,
	.close = classic_close,
};
