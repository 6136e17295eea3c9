/* SPDX-License-Identifier: MIT */
#include "run/effect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"

/* Programs named; the shares are of all. */
enum { PROGRAMS_MAX = 20 };

static enum effect_reason reason_of(const struct lineage_image *image,
				    const struct testimony *testimony,
				    const struct image_heap *heap)
{
	return heap                  ? EFFECT_OWN
	       : testimony           ? EFFECT_OTHER
	       : image->is_static    ? EFFECT_STATIC
	       : image->is_secure    ? EFFECT_PRIVILEGED
	       : image->is_foreign   ? EFFECT_FOREIGN
	       : image->is_preloaded ? EFFECT_SILENT
				     : EFFECT_ENVIRONMENT;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The row of a program without the contender; runs of the same file for the same reason share one. */
static struct effect_program *row_of(struct effect *effect, const struct lineage_image *image,
				     enum effect_reason reason, const char *object)
{
	const char *path = *image->path ? image->path : NULL;

	for (size_t i = 0; i < effect->program_count; i++) {
		struct effect_program *program = &effect->programs[i];

		if (program->reason == reason && is_same(program->path, path) &&
		    is_same(program->object, object))
			return program;
	}
	struct effect_program *program =
		ARRAY_PUSH(effect->programs, effect->program_count, effect->program_alloc);
	*program = (struct effect_program){
		.path = path ? xstrdup(path) : NULL,
		.reason = reason,
		.object = object ? xstrdup(object) : NULL,
	};
	return program;
}

static int compare_programs(const void *a, const void *b)
{
	const struct effect_program *x = a, *y = b;

	return x->cpu_pct > y->cpu_pct ? -1 : x->cpu_pct < y->cpu_pct;
}

static void sort_and_cut(struct effect *effect)
{
	if (effect->program_count)
		qsort(effect->programs, effect->program_count, sizeof(*effect->programs),
		      compare_programs);
	for (; effect->program_count > PROGRAMS_MAX; effect->program_count--)
		effect_program_release(&effect->programs[effect->program_count - 1]);
}

static void judge_by_lineage(const struct testimonies *testimonies, const struct lineage *lineage,
			     const struct image_heaps *heaps, struct effect *ret)
{
	double total_ns = 0, without_ns = 0;

	for (size_t i = 0; i < lineage->count; i++)
		total_ns += (double)lineage->images[i].cpu_ns;
	for (size_t i = 0; i < lineage->count; i++) {
		const struct lineage_image *image = &lineage->images[i];
		const struct testimony *testimony =
			image->key ? testimonies_find(testimonies, image->key) : NULL;

		const struct image_heap *heap = heaps ? image_heaps_of(heaps, image->path) : NULL;

		ret->processes += image->processes;
		/* malloc may be the contender's, but the program's memory is of its own. */
		if (testimony && testimony->serves && !heap)
			continue;
		struct effect_program *program =
			row_of(ret, image, reason_of(image, testimony, heap),
			       testimony && !heap ? testimony->object : NULL);
		if (heap && !program->processes) {
			program->allocator = xstrdup(heap->allocator);
			program->set_with = heap->set_with ? xstrdup(heap->set_with) : NULL;
		}
		ret->without += image->processes;
		without_ns += (double)image->cpu_ns;
		program->processes += image->processes;
		program->cpu_pct += 100 * (double)image->cpu_ns / total_ns;
	}
	ret->cpu_ns = total_ns;
	ret->without_pct = total_ns > 0 ? 100 * without_ns / total_ns : NAN;
	ret->source = xstrdup("ptrace");
	sort_and_cut(ret);
}

/*
 * A program that ended by _exit(2), exec or a signal spoke at its start alone: what the others took is then a
 * lower bound, which may be enough.
 */
static void judge_by_witness(const struct testimonies *testimonies, double tree_cpu_ns,
			     struct effect *ret)
{
	bool all_ended = true;
	double with_ns = 0;

	for (size_t i = 0; i < testimonies->count; i++) {
		const struct testimony *testimony = &testimonies->items[i];

		all_ended &= testimony->ends > 0;
		with_ns += testimony->serves ? (double)testimony->cpu_ns : 0;
	}
	ret->cpu_ns = tree_cpu_ns;
	if (!(tree_cpu_ns > 0))
		return;
	double without_pct = fmin(fmax(100 * (1 - with_ns / tree_cpu_ns), 0), 100);
	if (!all_ended && without_pct > EFFECT_SAID_PCT)
		return;
	ret->without_pct = without_pct;
	ret->source = xstrdup("witness");
}

void effect_judge(const struct testimonies *testimonies, const struct lineage *lineage,
		  const struct image_heaps *heaps, double tree_cpu_ns, struct effect *ret)
{
	if (lineage && lineage->complete)
		judge_by_lineage(testimonies, lineage, heaps, ret);
	else
		judge_by_witness(testimonies, tree_cpu_ns, ret);
}
