/* SPDX-License-Identifier: MIT */
#include "cmd/explain-others.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/inject.h"
#include "alloc/library.h"
#include "alloc/resolve.h"
#include "alloc/spec.h"
#include "alloc/witness.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "explain/explain.h"
#include "run/observe.h"

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

/* Only what can work: preloading is for programs that call malloc through the loader. */
static bool can_be_replaced(const struct explain_options *explain)
{
	return explain->program.heap_count &&
	       identification_preload_replaceable(&explain->program) != TRISTATE_NO;
}

/* Whether its allocator was preloaded, so that without that the C library's serves it. */
static bool is_preloaded(const struct explain_options *explain)
{
	return explain->program.heaps[0].how == HEAP_PRELOADED;
}

static const char *value_of(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; environment && *environment; environment++)
		if (!strncmp(*environment, name, len) && (*environment)[len] == '=')
			return *environment + len + 1;
	return "";
}

/* Whether what is preloaded around the command gets to the program; where the command preloads itself, it does not. */
static bool preload_reaches(const struct explain_options *explain)
{
	return !explain->inner || (*value_of(explain->inner, OBSERVED_VARIABLE) &&
				   !strcmp(witness_preload_rest(value_of(explain->inner, PRELOAD)),
					   value_of(explain->environment, PRELOAD)));
}

/* Whether settings were proposed that, set around the command, do not get to the program. */
static bool is_out_of_reach(const struct result *result, const size_t *verified)
{
	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i].setting_count && verified[i] == SIZE_MAX)
			return true;
	return false;
}

/* What LD_PRELOAD is then: the contender's library, and what else the user preloads. Caller frees. */
static char *preload_under(const struct contender *contender, char *const *environment)
{
	char **changed = contender_environment(contender, environment);
	char *value = xstrdup(value_of(changed, PRELOAD));

	strv_free(changed);
	return value;
}

/* "mimalloc 2.0.9 instead of jemalloc 5.3.0, against growth: …" */
static char *describe(const struct contender *contender, const struct contender *own,
		      const char *cause)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strbuf_addstr(&text, contender->allocator);
	if (contender->version)
		strbuf_addf(&text, " %s", contender->version);
	if (!contender->library)
		strbuf_addstr(&text, ", by not preloading any,");
	strbuf_addf(&text, " instead of %s", own->allocator ? own->allocator : "its own allocator");
	if (own->allocator && own->version)
		strbuf_addf(&text, " %s", own->version);
	strbuf_addf(&text, ", against %s: tried, not predicted.", cause);
	return strbuf_detach(&text);
}

static void add_finding(struct explain_options *explain, const struct contender *contender,
			enum metric_id gain_metric, const char *cause)
{
	struct result *result = &explain->measure.result;
	struct finding *finding = result_add_finding(result);

	finding->id = xstrdup(FINDING_ANOTHER_ALLOCATOR);
	finding->case_index = 0;
	finding->contender_index = 0;
	finding->confidence = 0.3; /* a guess, from other programs */
	finding->gain_metric = gain_metric;
	finding->text = describe(contender, &result->contenders[0], cause);
	finding->settings = xcalloc(1, sizeof(*finding->settings));
	finding->setting_count = 1;
	finding->settings[0] = (struct finding_setting){
		.variable = xstrdup(PRELOAD),
		.value = preload_under(contender, explain->environment),
		.why = xasprintf("%s serves malloc in the program", contender->allocator),
		.risk = xstrdup(
			"another use of memory, and other faults of its own: test it as any "
			"change of a library"),
	};
	finding->env = xcalloc(2, sizeof(*finding->env));
	finding->env[0] = xasprintf(PRELOAD "=%s", finding->settings[0].value);
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
	*result_add_contender(result) = contender;
	return result->contender_count - 1;
}

/* One more to try, with its finding; false where there is none. */
static bool add_one(struct explain_options *explain, const struct library_set *libraries,
		    const char *name, const struct finding *cause, size_t **verified)
{
	struct result *result = &explain->measure.result;
	/* Adding a finding moves the others. */
	_cleanup_free_ char *id = xstrdup(cause->id);
	enum metric_id gain_metric =
		cause->gain_metric == METRIC_WALL_NS ? METRIC_WALL_NS : METRIC_CPU_NS;
	size_t contender = add_contender(explain, libraries, name);

	if (contender == SIZE_MAX)
		return false;
	add_finding(explain, &result->contenders[contender], gain_metric, id);
	*verified = xreallocarray(*verified, result->finding_count + 1, sizeof(**verified));
	(*verified)[result->finding_count - 1] = contender;
	return true;
}

size_t *explain_others_add(struct explain_options *explain, size_t *verified)
{
	struct result *result = &explain->measure.result;
	_cleanup_library_search_ struct library_search search = { 0 };
	struct library_set libraries = { 0 };
	size_t added = 0;

	if (!find_cause(result) || !can_be_replaced(explain) || is_out_of_reach(result, verified))
		return verified;
	if (!preload_reaches(explain)) {
		result_add_note(
			result,
			"other allocators were not tried: the command sets " PRELOAD
			" for the program, or starts it with an environment of its own, so that what "
			"madvisor preloads would not reach it. To have them tried, set it around madvisor: " PRELOAD
			"=LIBRARY madvisor explain --verify -- COMMAND");
		return verified;
	}
	library_search_init(&search, MADVISOR_LIBDIR);
	search.rights = &explain->measure.rights;
	library_set_discover(&libraries, &search);
	for (size_t i = 0; i < ARRAY_SIZE(candidates) && added < OTHERS; i++)
		added += add_one(explain, &libraries, candidates[i], find_cause(result), &verified);
	if (is_preloaded(explain))
		(void)add_one(explain, &libraries, "glibc", find_cause(result), &verified);
	library_set_release(&libraries);
	return verified;
}
