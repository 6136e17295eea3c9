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
	{ PURGE_BRK, METRIC_REFAULTS_BRK, METRIC_BRK_SHRINK_NS },
	/* These two mostly take nothing away: their time is their callers'. */
	{ PURGE_MREMAP, METRIC_REFAULTS_MREMAP, METRIC_COUNT },
	{ PURGE_MMAP, METRIC_REFAULTS_MMAP, METRIC_COUNT },
};

/* Calls that take nothing away, and faults that are no refaults. */
static const struct {
	enum metric_id calls, ns;
} takers[] = {
	{ METRIC_MMAP_CALLS, METRIC_MMAP_NS },
	{ METRIC_MREMAP_CALLS, METRIC_MREMAP_NS },
	{ METRIC_BRK_CALLS, METRIC_BRK_NS },
	{ METRIC_MPROTECT_CALLS, METRIC_MPROTECT_NS },
	{ METRIC_POPULATE_CALLS, METRIC_POPULATE_NS },
};

static const enum metric_id touches[] = {
	METRIC_FIRST_TOUCH_FAULTS,
	METRIC_COW_FAULTS,
	METRIC_REPEAT_FAULTS,
	METRIC_UNKNOWN_FAULTS,
};

/* Added to a sample for its error, so that a small one without exception is not taken for certain (Agresti and Coull). */
#define PSEUDO_SAMPLES 4.0

static bool is_run_of(const struct subject *subject, size_t run_index)
{
	const struct run *run =
		run_index < subject->result->run_count ? &subject->result->runs[run_index] : NULL;

	return run && run->case_index == subject->case_index &&
	       run->contender_index == subject->contender_index;
}

static bool is_about(const struct subject *subject, const struct stack *stack)
{
	return is_run_of(subject, stack->run_index);
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

void owner_parts_of_metric(const struct subject *subject, enum metric_id metric,
			   struct owner_parts *ret)
{
	const struct result *result = subject->result;
	double weight[OWNERS] = { 0 }, all = 0;

	*ret = (struct owner_parts){ 0 };
	/* Of several runs, the mean. */
	for (size_t i = 0; i < result->owner_share_count; i++) {
		const struct owner_share *share = &result->owner_shares[i];

		if (share->metric != metric || !is_run_of(subject, share->run_index))
			continue;
		weight[share->owner] += share->part;
		ret->error[share->owner] = fmax(ret->error[share->owner], share->error);
		all += share->part;
	}
	for (int i = 0; i < OWNERS; i++) {
		ret->part[i] = all > 0 ? weight[i] / all : NAN;
		if (!(all > 0))
			ret->error[i] = NAN;
	}
}

/* Adds a number of faults and a time to their owners; to nobody's known doing where no sample tells. */
static void account_add(struct owners_account *account, const struct owner_parts *parts,
			enum owner otherwise, double faults, bool are_refaults, double ns)
{
	bool is_known = !isnan(parts->part[0]);

	for (int i = 0; i < OWNERS; i++) {
		double part = is_known ? parts->part[i] : i == (int)otherwise;

		account->faults[i] += part * faults;
		account->refaults[i] += are_refaults ? part * faults : 0;
		account->ns[i] += part * ns;
		if (is_known && part > 0)
			account->error_ns[i] =
				hypot(account->error_ns[i], parts->error[i] * known(ns));
	}
	account->all_ns += ns;
}

static void add_purges(const struct subject *subject, struct owners_account *account)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		double refaults = known(subject_get(subject, kinds[i].refaults));
		double ns = subject_faults_ns(subject, refaults);
		struct owner_parts parts;

		if (isnan(ns) && refaults == 0)
			ns = 0;
		if (kinds[i].ns != METRIC_COUNT)
			ns += known(subject_get(subject, kinds[i].ns));
		owner_parts_of(subject, kinds[i].cause, &parts);
		account_add(account, &parts, OWNER_UNKNOWN, refaults, true, ns);
	}
}

static void add_takers(const struct subject *subject, struct owners_account *account)
{
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
		double ns = known(subject_get(subject, takers[i].ns));
		struct owner_parts parts;

		if (takers[i].ns == METRIC_BRK_NS)
			ns -= known(subject_get(subject, METRIC_BRK_SHRINK_NS));
		owner_parts_of_metric(subject, takers[i].calls, &parts);
		account_add(account, &parts, OWNER_UNKNOWN, 0, false, fmax(ns, 0));
	}
}

static void add_touches(const struct subject *subject, struct owners_account *account)
{
	for (size_t i = 0; i < ARRAY_SIZE(touches); i++) {
		double faults = known(subject_get(subject, touches[i]));
		double ns = faults > 0 ? subject_faults_ns(subject, faults) : 0;
		bool is_dear = touches[i] == METRIC_FIRST_TOUCH_FAULTS &&
			       subject_faults_ns(subject, 1) >= DEAR_FAULT_NS;
		struct owner_parts parts;

		owner_parts_of_metric(subject, touches[i], &parts);
		account_add(account, &parts,
			    touches[i] == METRIC_COW_FAULTS ? OWNER_FORK : OWNER_UNKNOWN, faults,
			    false, is_dear ? 0 : ns);
		/* Whose pages the huge ones are, by their time, was not seen. */
		if (is_dear) {
			account->ns[OWNER_UNKNOWN] += ns;
			account->all_ns += ns;
		}
	}
}

void owners_account(const struct subject *subject, struct owners_account *ret)
{
	const struct owner_parts exec = { .part = { [OWNER_EXEC] = 1 } };

	*ret = (struct owners_account){ 0 };
	add_purges(subject, ret);
	add_takers(subject, ret);
	add_touches(subject, ret);
	account_add(ret, &exec, OWNER_EXEC, 0, false, subject->start_ns);
}

bool owners_are_known(const struct owners_account *account)
{
	double faults = 0;

	if (account->all_ns > 0)
		return account->ns[OWNER_UNKNOWN] < account->all_ns / 2;
	for (int i = 0; i < OWNERS; i++)
		faults += account->faults[i];
	return account->faults[OWNER_UNKNOWN] < faults / 2;
}

static int compare_shares(const void *a, const void *b)
{
	double x = ((const double *)a)[0], y = ((const double *)b)[0];

	return (x < y) - (x > y);
}

void say_owners(const struct owners_account *account, struct strbuf *text)
{
	bool is_timed = account->all_ns > 0;
	const double *of = is_timed ? account->ns : account->faults;
	double shares[OWNERS][2], all = 0;
	const char *before = "";

	for (int i = 0; i < OWNERS; i++)
		all += of[i];
	for (int i = 0; i < OWNERS; i++) {
		shares[i][0] = 100 * of[i] / all;
		shares[i][1] = i;
	}
	qsort(shares, OWNERS, sizeof(shares[0]), compare_shares);
	for (int i = 0; i < OWNERS && shares[i][0] >= 0.5; i++) {
		int owner = (int)shares[i][1];
		double error_pct = 196 * account->error_ns[owner] / all;

		strbuf_addf(text, "%s%s %.0f%%", before, owner_label((enum owner)owner),
			    shares[i][0]);
		if (is_timed && error_pct >= 1 && error_pct < shares[i][0])
			strbuf_addf(text, " (±%.0f)", error_pct);
		before = ", ";
	}
}

bool owners_allocator_purges_most(const struct subject *subject)
{
	double allocators = 0, all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		double part = owners_allocator_part(subject, kinds[i].cause);
		double pages = known(subject_get(subject, kinds[i].refaults));
		double cost_ns = known(subject_faults_ns(subject, pages));

		if (kinds[i].ns != METRIC_COUNT)
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
