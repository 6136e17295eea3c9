/* SPDX-License-Identifier: MIT */
/*
 * churn: threads that allocate, write and free buffers, each its own.
 *
 * A thread keeps `live` buffers. An operation picks one of those places at random, checks and frees what
 * is there, and puts a new buffer in its stead. Latency is that of the whole operation, of every 32nd.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "crew.h"
#include "kernel.h"
#include "now.h"
#include "payload.h"
#include "threads.h"

#define SAMPLE_EVERY 32

struct churn_place {
	void *buffer;
	uint64_t mark; /* also tells the size */
};

struct churner {
	CACHE_APART struct source source;
	struct churn_place *places; /* `live` of them; owned */
	uint64_t dice, made, dropped, wrong;
	struct histogram latency;
};

struct churn {
	const struct workload_case *c;
	struct payload_plan plan;
	struct crew crew;
	enum source_kind kind;
	unsigned int threads;
	uint64_t quota; /* operations a thread does in this run */
	struct churner *churners;
};

static void place_empty(struct churn *churn, struct churner *churner, struct churn_place *place)
{
	size_t size = payload_size(&churn->plan, place->mark);

	if (!payload_drop(&churn->plan, &churner->source, place->buffer, size, place->mark))
		churner->wrong++;
	churner->dropped++;
	place->buffer = NULL;
}

static inline void churn_once(struct churn *churn, struct churner *churner)
{
	/* xorshift (Marsaglia 2003); its upper half scaled to the places. */
	churner->dice ^= churner->dice << 13;
	churner->dice ^= churner->dice >> 7;
	churner->dice ^= churner->dice << 17;
	struct churn_place *place =
		&churner->places[((churner->dice >> 32) * churn->c->live) >> 32];

	if (place->buffer)
		place_empty(churn, churner, place);
	place->mark = churner->made++;
	place->buffer = payload_make(&churn->plan, &churner->source,
				     payload_size(&churn->plan, place->mark), place->mark);
}

static void churn_job(void *context, unsigned int index)
{
	struct churn *churn = context;
	struct churner *churner = &churn->churners[index];

	if (!churner->source.pool)
		source_init(&churner->source, churn->kind);
	for (uint64_t i = 0; i < churn->quota; i++) {
		if (i % SAMPLE_EVERY) {
			churn_once(churn, churner);
			continue;
		}
		uint64_t then = now_ns();
		churn_once(churn, churner);
		histogram_add(&churner->latency, now_since(then));
	}
}

static void churner_release(struct churn *churn, struct churner *churner)
{
	for (uint64_t i = 0; i < churn->c->live; i++)
		if (churner->places[i].buffer)
			place_empty(churn, churner, &churner->places[i]);
	source_release(&churner->source);
	memory_unmap(churner->places, churn->c->live * sizeof(*churner->places));
}

static void churn_close(void *state)
{
	struct churn *churn = state;

	crew_stop(&churn->crew);
	for (unsigned int i = 0; i < churn->threads; i++)
		churner_release(churn, &churn->churners[i]);
	payload_plan_release(&churn->plan);
	memory_unmap(churn->churners, churn->threads * sizeof(*churn->churners));
	memory_unmap(churn, sizeof(*churn));
}

static int churn_open(const struct workload_case *c, enum source_kind kind, void **ret_state,
		      struct error *err)
{
	struct churn *churn = memory_map(sizeof(*churn));

	churn->c = c;
	churn->kind = kind;
	churn->threads = threads_or_cpus(c->threads);
	payload_plan_init(&churn->plan, c);
	churn->churners = memory_map(churn->threads * sizeof(*churn->churners));
	for (unsigned int i = 0; i < churn->threads; i++) {
		churn->churners[i].dice = i + UINT64_C(0x9e3779b97f4a7c15);
		churn->churners[i].places = memory_map(c->live * sizeof(struct churn_place));
	}
	int r = crew_start(&churn->crew, churn->threads, churn_job, churn);
	if (r < 0) {
		unsigned int threads = churn->threads;
		churn_close(churn);
		return error_set(err, ERROR_MACHINE, -r, "cannot start %u threads: %s", threads,
				 strerror(-r));
	}
	*ret_state = churn;
	return 0;
}

static void churn_run(void *state, uint64_t iterations)
{
	struct churn *churn = state;

	churn->quota = iterations * churn->c->operations;
	crew_run(&churn->crew);
}

static void churn_settle(void *state)
{
	(void)state; /* crew_run() returns when all of the crew is done */
}

static int churn_check(void *state, struct error *err)
{
	const struct churn *churn = state;
	uint64_t made = 0, gone = 0, live = 0, wrong = 0;

	for (unsigned int i = 0; i < churn->threads; i++) {
		const struct churner *churner = &churn->churners[i];
		made += churner->made;
		gone += churner->dropped;
		wrong += churner->wrong;
		for (uint64_t j = 0; j < churn->c->live; j++)
			live += churner->places[j].buffer != NULL;
	}
	if (wrong || made != gone + live)
		return error_set(err, ERROR_TARGET, EBADMSG,
				 "of %" PRIu64 " buffers made, %" PRIu64 " are live, %" PRIu64
				 " were freed and %" PRIu64 " had changed",
				 made, live, gone, wrong);
	return 0;
}

static void churn_latency_reset(void *state)
{
	struct churn *churn = state;

	for (unsigned int i = 0; i < churn->threads; i++)
		histogram_clear(&churn->churners[i].latency);
}

static void churn_latency_merge(void *state, struct histogram *into)
{
	struct churn *churn = state;

	for (unsigned int i = 0; i < churn->threads; i++)
		histogram_merge(into, &churn->churners[i].latency);
}

static uint64_t churn_operations(const void *state)
{
	const struct churn *churn = state;

	return churn->c->operations * churn->threads;
}

const struct kernel kernel_churn = {
	.family = FAMILY_CHURN,
	.latency_of = "free one buffer and allocate and write another, every 32nd",
	.open = churn_open,
	.run = churn_run,
	.settle = churn_settle,
	.check = churn_check,
	.latency_reset = churn_latency_reset,
	.latency_merge = churn_latency_merge,
	.operations = churn_operations,
	.close = churn_close,
};
