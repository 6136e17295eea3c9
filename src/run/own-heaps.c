/* SPDX-License-Identifier: MIT */
#include "run/own-heaps.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "launch/interrupt.h"
#include "probe/rungs.h"
#include "run/once.h"

/* Programs with a smaller share of the kernel's work are not mentioned. */
#define WORTH_PCT 5.0

/* "jemalloc 5.3.1". */
static void add_allocator(struct strbuf *sb, const struct heap *heap)
{
	strbuf_addf(sb, "%s%s%s", heap->allocator, heap->version ? " " : "",
		    heap->version ? heap->version : "");
}

/* Which variable sets it, and how self[...] reaches it beside the program's first heap. */
static void add_setting(struct strbuf *sb, const struct heap *heap, const struct heap *first)
{
	if (heap->chosen_by)
		strbuf_addf(sb, ". %s=%s chooses it", heap->chosen_by, heap->allocator);
	if (heap->env_var)
		strbuf_addf(sb, ". Its variable is %s: self[...] sets that by keys of %s",
			    heap->env_var, heap->allocator);
	else if (heap->nothing_to_set)
		strbuf_addstr(sb, ". It reads no settings");
	if (heap->env_var && first->allocator && first->env_var)
		strbuf_addf(sb, ", and %s by keys of %s", first->env_var, first->allocator);
}

static void note_heap(struct result *result, size_t case_index,
		      const struct identification *program, const struct heap *heap)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s: ", result->cases[case_index].name);
	strbuf_addf(&sb, "%s brings ", heap->object ? path_name(heap->object) : "a library");
	add_allocator(&sb, heap);
	strbuf_addf(&sb,
		    " of its own into %s: contenders do not replace that, and what it allocates is "
		    "the same under all that are preloaded",
		    program->path ? path_name(program->path) : "the program");
	add_setting(&sb, heap, &program->heaps[0]);
	result_add_note(result, "%s", sb.buf);
}

/* Not the program's first one, which a refusal or a contender is about. */
static bool is_beside(const struct identification *program, size_t index)
{
	const struct heap *heap = &program->heaps[index];

	return index > 0 && heap->allocator && !heap->unused &&
	       heap->preload_replaceable == TRISTATE_NO &&
	       (heap->how == HEAP_LOADED || heap->how == HEAP_LINKED_IN);
}

void own_heaps_note(struct result *result, size_t case_index, struct census *census)
{
	double unseen_pct;
	size_t count;
	const struct census_program *programs = census_programs(census, &count, &unseen_pct);

	for (size_t i = 0; i < count; i++) {
		const struct identification *found = &programs[i].found;

		if (!programs[i].known || programs[i].share_pct < WORTH_PCT)
			continue;
		for (size_t heap = 0; heap < found->heap_count; heap++)
			if (is_beside(found, heap))
				note_heap(result, case_index, found, &found->heaps[heap]);
	}
}

/* A result of its own, with one case, so that the look leaves nothing in the real one. */
static void fill(struct result *result, const struct compare *compare)
{
	result_init(result);
	*result_add_contender(result) = (struct contender){
		.name = xstrdup("self"),
		.role = ROLE_BASELINE,
	};
	result_add_case(result)->name = xstrdup(compare->result->cases[0].name);
}

void own_heaps_look(const struct compare *compare, struct identification *program)
{
	_cleanup_(census_freep) struct census *census = census_new();
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_free_ char *failure = NULL;
	struct result result;
	struct compare look = *compare;
	enum trial_end end = TRIAL_DONE;
	double unseen_pct;
	size_t count = 0;

	fill(&result, compare);
	look.result = &result;
	struct program as_it_is = compare_program(&look, 0, 0);
	as_it_is.output = LAUNCH_DISCARD;
	as_it_is.census = census;
	int r = compare_run_untimed(&look, &as_it_is, 0, 0, &probe_rusage, NULL, &end, &failure,
				    &err);
	struct census_program *programs =
		r == 0 && end == TRIAL_DONE ? census_programs(census, &count, &unseen_pct) : NULL;
	for (size_t i = 0; i < count; i++)
		for (size_t h = 0; programs[i].known && h < programs[i].found.heap_count; h++)
			identification_take_heap(program, &programs[i].found.heaps[h]);
	result_release(&result);
}
