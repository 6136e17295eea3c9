/* SPDX-License-Identifier: MIT */
#include "explain/owners.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "explain/finding.h"

/* Of each kind of purge: the refaults after it, and the time of the calls. */
static const struct {
	enum purge_cause cause;
	enum metric_id refaults, ns;
} kinds[] = {
	{ PURGE_DONTNEED, METRIC_REFAULTS_DONTNEED, METRIC_MADVISE_DONTNEED_NS },
	{ PURGE_FREE, METRIC_REFAULTS_FREE, METRIC_MADVISE_FREE_NS },
	{ PURGE_MUNMAP, METRIC_REFAULTS_MUNMAP, METRIC_MUNMAP_NS },
	{ PURGE_BRK, METRIC_REFAULTS_BRK, METRIC_BRK_NS },
	{ PURGE_MREMAP, METRIC_REFAULTS_MREMAP, METRIC_MREMAP_NS },
	{ PURGE_MMAP, METRIC_REFAULTS_MMAP, METRIC_MMAP_NS },
};

/* Added to a sample for its error, so that a small one without exception is not taken for certain (Agresti and Coull). */
#define PSEUDO_SAMPLES 4.0

static bool is_about(const struct subject *subject, const struct stack *stack)
{
	const struct run *run = stack->run_index < subject->result->run_count
					? &subject->result->runs[stack->run_index]
					: NULL;

	return run && run->case_index == subject->case_index &&
	       run->contender_index == subject->contender_index;
}

static bool is_purge(const struct subject *subject, const struct stack *stack,
		     enum purge_cause cause)
{
	return stack->event == STACK_PURGE && stack->cause == cause && is_about(subject, stack);
}

static double error_of(double part, double samples)
{
	double n = samples + PSEUDO_SAMPLES;
	double p = (part * samples + PSEUDO_SAMPLES / 2) / n;

	return sqrt(p * (1 - p) / n);
}

void owner_parts_of(const struct subject *subject, enum purge_cause cause, struct owner_parts *ret)
{
	const struct result *result = subject->result;
	double pages[OWNERS] = { 0 }, all = 0, squares = 0;

	for (size_t i = 0; i < result->stack_count; i++) {
		const struct stack *stack = &result->stacks[i];

		if (!is_purge(subject, stack, cause) || !stack->samples)
			continue;
		pages[stack->owner] += (double)stack->pages;
		all += (double)stack->pages;
		squares += (double)stack->pages * (double)stack->pages / (double)stack->samples;
	}
	for (int i = 0; i < OWNERS; i++) {
		ret->part[i] = all > 0 ? pages[i] / all : NAN;
		/* Stacks stand for unequal numbers of pages: the size of an even sample that tells as much. */
		ret->error[i] = all > 0 ? error_of(ret->part[i], all * all / squares) : NAN;
	}
}

double owners_allocator_part(const struct subject *subject, enum purge_cause cause)
{
	struct owner_parts parts;

	owner_parts_of(subject, cause, &parts);
	double known = 1 - parts.part[OWNER_UNKNOWN];
	return known >= 0.5 ? parts.part[OWNER_ALLOCATOR] / known : NAN;
}

static double known(double value)
{
	return isnan(value) ? 0 : value;
}

struct owner_cost owner_cost_of(const struct subject *subject, enum owner owner)
{
	struct owner_cost cost = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct owner_parts parts;

		owner_parts_of(subject, kinds[i].cause, &parts);
		if (!(parts.part[owner] > 0))
			continue;
		cost.refaults += parts.part[owner] * known(subject_get(subject, kinds[i].refaults));
		/* mmap mostly takes nothing away. */
		if (kinds[i].cause != PURGE_MMAP)
			cost.calls_ns += parts.part[owner] * subject_get(subject, kinds[i].ns);
	}
	cost.refaults_ns = subject_faults_ns(subject, cost.refaults);
	return cost;
}

bool owners_allocator_purges_most(const struct subject *subject)
{
	double allocators = 0, all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		double part = owners_allocator_part(subject, kinds[i].cause);
		double pages = known(subject_get(subject, kinds[i].refaults));
		double cost_ns = known(subject_faults_ns(subject, pages));

		if (kinds[i].cause != PURGE_MMAP)
			cost_ns += known(subject_get(subject, kinds[i].ns));
		allocators += (isnan(part) ? 1 : part) * cost_ns;
		all += cost_ns;
	}
	return !(allocators < all / 2);
}

/* "own (w.c:9)" */
static void say_frame(const struct frame *frame, struct strbuf *text)
{
	strbuf_addstr(text, frame->function);
	if (!frame->file)
		return;
	strbuf_addf(text, " (%s", path_name(frame->file));
	if (frame->line)
		strbuf_addf(text, ":%u", frame->line);
	strbuf_addch(text, ')');
}

/* The code of the program that a stack leaves last; NULL: none. */
static const struct frame *frame_left(const struct subject *subject, const struct stack *stack)
{
	size_t at = stack_place(subject->result, stack).program;

	return at == SIZE_MAX ? NULL : &subject->result->frames[stack->frames[at]];
}

/* Pages by function, and the frame in it that has the most: a function may have several lines. */
struct function_pages {
	const struct frame *frame;
	double pages, most;
};

struct functions_pages {
	struct function_pages *items;
	size_t count, alloc;
	double pages;
};

static void tally_add(struct functions_pages *tallies, const struct frame *frame, double pages)
{
	struct function_pages *tally = NULL;

	tallies->pages += pages;
	if (!frame)
		return;
	for (size_t i = 0; i < tallies->count && !tally; i++)
		if (!strcmp(tallies->items[i].frame->function, frame->function))
			tally = &tallies->items[i];
	if (!tally) {
		tally = ARRAY_PUSH(tallies->items, tallies->count, tallies->alloc);
		*tally = (struct function_pages){ .frame = frame };
	}
	tally->pages += pages;
	if (pages <= tally->most)
		return;
	tally->most = pages;
	tally->frame = frame;
}

/* The busiest function of an event's stacks: of purges, those of the owner. */
static const struct frame *busiest(const struct subject *subject, enum stack_event event,
				   enum owner owner, const bool *causes, double *ret_part)
{
	const struct result *result = subject->result;
	struct functions_pages tallies = { 0 };
	const struct function_pages *best = NULL;

	for (size_t i = 0; i < result->stack_count; i++) {
		const struct stack *stack = &result->stacks[i];

		if (stack->event == event && causes[stack->cause] && is_about(subject, stack) &&
		    (event != STACK_PURGE || stack->owner == owner))
			tally_add(&tallies, frame_left(subject, stack), (double)stack->pages);
	}
	for (size_t i = 0; i < tallies.count; i++)
		if (!best || tallies.items[i].pages > best->pages)
			best = &tallies.items[i];
	const struct frame *frame = best ? best->frame : NULL;
	*ret_part = best ? best->pages / tallies.pages : NAN;
	free(tallies.items);
	return frame;
}

static void causes_of(const struct subject *subject, enum owner owner, double least, bool *causes)
{
	for (int i = 0; i < PURGE_CAUSES; i++) {
		struct owner_parts parts;

		owner_parts_of(subject, (enum purge_cause)i, &parts);
		causes[i] = parts.part[owner] > least;
	}
}

void say_owners_place(const struct subject *subject, enum owner owner, struct strbuf *text)
{
	bool causes[PURGE_CAUSES];
	double part;

	causes_of(subject, owner, 0, causes);
	const struct frame *frame = busiest(subject, STACK_PURGE, owner, causes, &part);
	if (!frame)
		return;
	strbuf_addstr(text, "in ");
	say_frame(frame, text);
	if (part < 0.995)
		strbuf_addf(text, " (%.0f%% of it)", 100 * part);
}

void say_owners_touch(const struct subject *subject, enum owner owner, struct strbuf *text)
{
	bool causes[PURGE_CAUSES];
	double part;

	/* Only where the refaults after such a call are mostly this owner's. */
	causes_of(subject, owner, 0.5, causes);
	const struct frame *frame = busiest(subject, STACK_REFAULT, owner, causes, &part);
	if (!frame)
		return;
	strbuf_addstr(text, "touched again in ");
	say_frame(frame, text);
	if (part < 0.995)
		strbuf_addf(text, " (%.0f%% of it)", 100 * part);
}
