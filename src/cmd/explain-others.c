/* SPDX-License-Identifier: MIT */
#include "cmd/explain-others.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/inject.h"
#include "alloc/library.h"
#include "alloc/resolve.h"
#include "alloc/spec.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/xalloc.h"
#include "explain/explain.h"

#define PRELOAD "LD_PRELOAD"

enum {
	OTHERS = 2,
};

/*
 * Those with heaps of threads that need no lock and that give memory back late come first. The order is a
 * judgement, not a measurement.
 */
static const char *const candidates[] = { "mimalloc", "tcmalloc", "jemalloc", "snmalloc" };

/* Findings that another allocator can be an answer to. */
static const char *const blaming[] = {
	"dontneed-refaults", "oversize-purge", "heap-shrink",    "brk-trim",
	"mmap-threshold",    "mapped-blocks",  "zeroing-calloc", "tlb-shootdown",
	"mmap-lock",         "allocator-lock", "arena-growth",   "growth",
};

/* The first finding that blames the allocator: the one that costs most. NULL: none does. */
static const struct finding *find_cause(const struct result *result)
{
	for (size_t i = 0; i < result->finding_count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(blaming); k++)
			if (!strcmp(result->findings[i].id, blaming[k]))
				return &result->findings[i];
	return NULL;
}

static bool is_preloaded_already(char *const *environment)
{
	for (; environment && *environment; environment++)
		if (!strncmp(*environment, PRELOAD "=", strlen(PRELOAD "=")) &&
		    (*environment)[strlen(PRELOAD "=")])
			return true;
	return false;
}

/* Only what can work: preloading is for programs that call malloc through the loader, and that nobody preloads yet. */
static bool can_be_replaced(const struct explain_options *explain)
{
	return explain->program.heap_count &&
	       identification_preload_replaceable(&explain->program) != TRISTATE_NO &&
	       !is_preloaded_already(explain->environment);
}

/* Whether settings were proposed that, set around the command, do not get to the program. */
static bool is_out_of_reach(const struct result *result, const size_t *verified)
{
	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i].setting_count && verified[i] == SIZE_MAX)
			return true;
	return false;
}

static void add_finding(struct result *result, const struct contender *contender,
			enum metric_id gain_metric, const char *cause)
{
	struct finding *finding = result_add_finding(result);

	finding->id = xstrdup(FINDING_ANOTHER_ALLOCATOR);
	finding->case_index = 0;
	finding->contender_index = 0;
	finding->confidence = 0.3; /* a guess, from other programs */
	finding->gain_metric = gain_metric;
	finding->text =
		xasprintf("%s %s instead of its own allocator, against %s: tried, not predicted.",
			  contender->allocator, contender->version ? contender->version : "",
			  cause);
	finding->settings = xcalloc(1, sizeof(*finding->settings));
	finding->setting_count = 1;
	finding->settings[0] = (struct finding_setting){
		.variable = xstrdup(PRELOAD),
		.value = xstrdup(contender->library),
		.why = xasprintf("%s serves malloc in the program", contender->allocator),
		.risk = xstrdup(
			"another use of memory, and other faults of its own: test it as any "
			"change of a library"),
	};
	finding->env = xcalloc(2, sizeof(*finding->env));
	finding->env[0] = xasprintf(PRELOAD "=%s", contender->library);
}

/* The contender's index; SIZE_MAX if this machine lacks it, or if it is the program's own. */
static size_t add_contender(struct explain_options *explain, const struct library_set *libraries,
			    const char *name)
{
	struct result *result = &explain->measure.result;
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };
	const char *own = result->contenders[0].allocator;
	struct contender contender;

	if ((own && !strcmp(own, name)) || contender_spec_parse(name, &spec, NULL) < 0 ||
	    contender_resolve(&spec, libraries, &contender, NULL, NULL) < 0)
		return SIZE_MAX;
	if (!contender.library) {
		contender_release(&contender);
		return SIZE_MAX;
	}
	*result_add_contender(result) = contender;
	return result->contender_count - 1;
}

size_t *explain_others_add(struct explain_options *explain, size_t *verified)
{
	struct result *result = &explain->measure.result;
	const struct finding *cause = find_cause(result);
	_cleanup_library_search_ struct library_search search = { 0 };
	struct library_set libraries = { 0 };
	size_t added = 0;

	if (!cause || !can_be_replaced(explain) || is_out_of_reach(result, verified))
		return verified;
	_cleanup_free_ char *id = xstrdup(cause->id);
	enum metric_id gain_metric =
		cause->gain_metric == METRIC_WALL_NS ? METRIC_WALL_NS : METRIC_CPU_NS;
	library_search_init(&search, MADVISOR_LIBDIR);
	search.rights = &explain->measure.rights;
	library_set_discover(&libraries, &search);
	for (size_t i = 0; i < ARRAY_SIZE(candidates) && added < OTHERS; i++) {
		size_t contender = add_contender(explain, &libraries, candidates[i]);

		if (contender == SIZE_MAX)
			continue;
		add_finding(result, &result->contenders[contender], gain_metric, id);
		verified = xreallocarray(verified, result->finding_count + 1, sizeof(*verified));
		verified[result->finding_count - 1] = contender;
		added++;
	}
	library_set_release(&libraries);
	return verified;
}
