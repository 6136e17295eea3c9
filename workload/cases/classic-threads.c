/* SPDX-License-Identifier: MIT */
/* classic: the patterns that are about other threads: xmalloc-test, cache-scratch, cache-thrash. */
#include <math.h>
#include <semaphore.h>

#include "cases/classic.h"
#include "runtime/lock.h"

/* Writes to a block between its malloc and its free. */
#define CACHE_WRITES 1000

/* A batch of blocks, from the case's source as they are. */
struct batch {
	uint64_t count;
	void *blocks[];
};

/* Batches on the way, first come first served. */
struct classic_handover {
	sem_t free, filled;
	struct lock lock;
	unsigned int places, first, last; /* the counters only grow */
	struct batch *batches[CASE_THREADS_MAX];
};

struct classic_handover *classic_handover_new(const struct classic *classic)
{
	struct classic_handover *handover = memory_map(sizeof(*handover));

	handover->places = classic_makers(classic);
	sem_init(&handover->free, 0, handover->places);
	sem_init(&handover->filled, 0, 0);
	return handover;
}

void classic_handover_free(struct classic_handover *handover)
{
	if (!handover)
		return;
	sem_destroy(&handover->free);
	sem_destroy(&handover->filled);
	memory_unmap(handover, sizeof(*handover));
}

static void sem_take(sem_t *sem)
{
	while (sem_wait(sem) < 0)
		; /* EINTR alone */
}

static void hand_over(struct classic_handover *handover, struct batch *batch)
{
	sem_take(&handover->free);
	lock_take(&handover->lock);
	handover->batches[handover->last++ % handover->places] = batch;
	lock_drop(&handover->lock);
	sem_post(&handover->filled);
}

static struct batch *take_over(struct classic_handover *handover)
{
	sem_take(&handover->filled);
	lock_take(&handover->lock);
	struct batch *batch = handover->batches[handover->first++ % handover->places];
	lock_drop(&handover->lock);
	sem_post(&handover->free);
	return batch;
}

static size_t batch_bytes(const struct classic *classic)
{
	return sizeof(struct batch) + classic->c->live * sizeof(void *);
}

static void produce(struct classic *classic, struct classic_worker *worker)
{
	uint64_t live = classic->c->live;

	for (uint64_t left = classic->quota; left;) {
		struct batch *batch = source_alloc(&worker->source, batch_bytes(classic));
		batch->count = left < live ? left : live;
		for (uint64_t i = 0; i < batch->count; i++)
			batch->blocks[i] = classic_make(classic, worker);
		left -= batch->count;
		hand_over(classic->handover, batch);
	}
}

static void consume(struct classic *classic, struct classic_worker *worker)
{
	uint64_t makers = classic_makers(classic), consumers = classic->threads - makers;
	uint64_t each = (classic->quota + classic->c->live - 1) / classic->c->live,
		 all = each * makers;
	uint64_t mine = all / consumers + (worker->index - makers < all % consumers);

	for (uint64_t i = 0; i < mine; i++) {
		struct batch *batch = take_over(classic->handover);
		for (uint64_t j = 0; j < batch->count; j++)
			classic_drop(worker, batch->blocks[j]);
		source_free(&worker->source, batch, batch_bytes(classic));
	}
}

/* One half of the threads allocates, the other half frees. */
static void xmalloc_test(struct classic *classic, struct classic_worker *worker)
{
	if (worker->index < classic_makers(classic))
		produce(classic, worker);
	else
		consume(classic, worker);
}

/* Powers of two and what lies half-way between them, all equally likely. */
static double powers_and_halves(double min, double max, double share)
{
	double half = floor(share * (2 * log2(max / min) + 1)), power = min * exp2(floor(half / 2));

	return fmin(fmod(half, 2) != 0 ? power * 1.5 : power, max);
}

/* The main thread allocates a small block for each thread, all in one line where the allocator puts them so. */
static void give(struct classic *classic)
{
	for (unsigned int i = 0; i < classic->threads; i++)
		classic->gifts[i] = classic_make(classic, &classic->opener);
}

static void write_much(void *block)
{
	volatile uint64_t *head = block;

	for (int i = 0; i < CACHE_WRITES; i++)
		*head = *head;
}

/* Lines that the allocator shares out to several threads wander from one to the other with each write. */
static void cache_thrash(struct classic *classic, struct classic_worker *worker)
{
	for (uint64_t i = 0; i < classic->quota; i++) {
		void *block = classic_make(classic, worker);
		write_much(block);
		classic_drop(worker, block);
	}
}

/* Frees its gift first: an allocator that gives that memory to this thread again lets threads share the line. */
static void cache_scratch(struct classic *classic, struct classic_worker *worker)
{
	classic_drop(worker, classic->gifts[worker->index]);
	cache_thrash(classic, worker);
}

const struct classic_pattern classic_xmalloc_test = { SHAPE_XMALLOC_TEST, powers_and_halves,
						      xmalloc_test, NULL };
const struct classic_pattern classic_cache_scratch = { SHAPE_CACHE_SCRATCH, classic_uniform,
						       cache_scratch, give };
const struct classic_pattern classic_cache_thrash = { SHAPE_CACHE_THRASH, classic_uniform,
						      cache_thrash, NULL };
