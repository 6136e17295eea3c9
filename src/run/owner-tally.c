/* SPDX-License-Identifier: MIT */
#include "run/owner-tally.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* Added to a sample for its error, so that a small one is not taken for certain (Agresti and Coull). */
#define PSEUDO_SAMPLES 4.0

struct weights {
	double of[OWNERS];
	double unplaced;       /* in anonymous memory of which it is not known who mapped it */
	double mapped[OWNERS]; /* of that of which it is known */
	double all, squares;
};

struct owner_tally {
	struct weights of[METRIC_COUNT];
};

static enum metric_id metric_of(uint32_t kind)
{
	static const enum metric_id touches[TAX_FAULTS] = {
		[TAX_FAULT_FIRST] = METRIC_FIRST_TOUCH_FAULTS,
		[TAX_FAULT_COW] = METRIC_COW_FAULTS,
		[TAX_FAULT_REPEAT] = METRIC_REPEAT_FAULTS,
		[TAX_FAULT_UNKNOWN] = METRIC_UNKNOWN_FAULTS,
	};
	static const enum metric_id calls[TAX_CALLS] = {
		[TAX_CALL_MMAP] = METRIC_MMAP_CALLS,
		[TAX_CALL_MREMAP] = METRIC_MREMAP_CALLS,
		[TAX_CALL_BRK] = METRIC_BRK_CALLS,
		[TAX_CALL_MPROTECT] = METRIC_MPROTECT_CALLS,
		[TAX_CALL_POPULATE] = METRIC_POPULATE_CALLS,
	};

	if (kind < TAX_CALLS)
		return METRIC_COUNT;
	enum metric_id metric =
		kind < TAX_STACK_CALL ? touches[kind - TAX_CALLS] : calls[kind - TAX_STACK_CALL];
	return metric ? metric : METRIC_COUNT;
}

_Static_assert(METRIC_WALL_NS == 0, "0 in the tables above is no count of faults or calls");

struct owner_tally *owner_tally_new(void)
{
	return xcalloc(1, sizeof(struct owner_tally));
}

void owner_tally_free(struct owner_tally *tally)
{
	free(tally);
}

bool owner_tally_wants(const struct stack_trace *trace)
{
	return metric_of(trace->kind) != METRIC_COUNT;
}

/* Whose a fault is, by its mapping; OWNERS: it is to be shared out as others in anonymous memory are. */
static enum owner owner_of_touch(const struct stack_trace *trace, enum owner by_stack)
{
	if (trace->kind == TAX_CALLS + TAX_FAULT_COW)
		return OWNER_FORK;
	switch ((enum tax_area)trace->area) {
	case TAX_AREA_CODE:
		return OWNER_EXEC;
	case TAX_AREA_FILE:
		return OWNER_FILES;
	case TAX_AREA_MAPPED:
		return by_stack;
	case TAX_AREA_STACK:
		return by_stack == OWNER_EXEC ? OWNER_EXEC : OWNER_THREADS;
	case TAX_AREA_HEAP:
		return OWNER_ALLOCATOR;
	case TAX_AREA_ANONYMOUS:
		/* What was mapped before madvisor looked is nobody's known doing. */
		if (trace->kind == TAX_CALLS + TAX_FAULT_UNKNOWN)
			return OWNER_UNKNOWN;
		return by_stack == OWNER_EXEC ? OWNER_EXEC : OWNERS;
	default:
		return OWNER_UNKNOWN;
	}
}

/* A mapping of a file is a file's, whoever makes it; the loader's are known. */
static enum owner owner_of_call(const struct stack_trace *trace, enum owner by_stack)
{
	bool is_file = trace->area == TAX_AREA_FILE || trace->area == TAX_AREA_CODE;

	return by_stack == OWNER_MAPPING && is_file ? OWNER_FILES : by_stack;
}

void owner_tally_add(struct owner_tally *tally, const struct stack_trace *trace,
		     enum owner by_stack)
{
	struct weights *weights = &tally->of[metric_of(trace->kind)];
	double weight = (double)trace->pages;
	bool is_call = trace->kind >= TAX_STACK_CALL;
	enum owner owner =
		is_call ? owner_of_call(trace, by_stack) : owner_of_touch(trace, by_stack);

	if (!trace->samples)
		return;
	weights->all += weight;
	weights->squares += weight * weight / (double)trace->samples;
	if (owner == OWNERS) {
		weights->unplaced += weight;
		return;
	}
	weights->of[owner] += weight;
	if (!is_call && trace->area == TAX_AREA_MAPPED)
		weights->mapped[owner] += weight;
}

/*
 * Anonymous memory that nobody was seen to map is shared out as that which somebody was; else it is the allocator's. Nothing of
 * it is the loader's: what that touches itself its stacks tell, and its few mappings say nothing of a program's.
 */
static double placed(const struct weights *weights, enum owner owner)
{
	double mapped = 0;

	for (int i = 0; i < OWNERS; i++)
		mapped += i == OWNER_EXEC ? 0 : weights->mapped[i];
	if (mapped > 0 && owner != OWNER_EXEC)
		return weights->of[owner] + weights->unplaced * weights->mapped[owner] / mapped;
	return weights->of[owner] +
	       (owner == OWNER_ALLOCATOR && !(mapped > 0) ? weights->unplaced : 0);
}

static double error_of(double part, double samples)
{
	double n = samples + PSEUDO_SAMPLES;
	double p = (part * samples + PSEUDO_SAMPLES / 2) / n;

	return sqrt(p * (1 - p) / n);
}

void owner_tally_take(const struct owner_tally *tally, struct result *result)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct weights *weights = &tally->of[id];

		for (int owner = 0; weights->all > 0 && owner < OWNERS; owner++) {
			double part = placed(weights, (enum owner)owner) / weights->all;

			if (!(part > 0))
				continue;
			*result_add_owner_share(result) = (struct owner_share){
				.run_index = result->run_count - 1,
				.metric = (enum metric_id)id,
				.owner = (enum owner)owner,
				.part = fmin(part, 1),
				.error = error_of(part,
						  weights->all * weights->all / weights->squares),
			};
		}
	}
}
