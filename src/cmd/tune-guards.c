/* SPDX-License-Identifier: MIT */
/* What must not get worse: runs of a contender on other cases or commands. A part of cmd/tune. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "cmd/compare-plan.h"
#include "cmd/tune-target.h"
#include "probe/rungs.h"
#include "run/once.h"
#include "run/references.h"

static struct measure *measure_of(const struct target *target)
{
	return &target->options->compare.measure;
}

static bool is_case(const struct target *target)
{
	return target->options->case_name != NULL;
}

/* The cases of the first suite that has the case, but for itself. */
static int add_suite(const struct target *target, struct result *result, struct error *err)
{
	const struct workload_catalogue *catalogue = &target->catalogue;
	const char *name = measure_of(target)->result.cases[0].name;
	const struct workload_item *own = NULL;
	int r = 0;

	for (size_t i = 0; i < catalogue->count; i++)
		if (!strcmp(catalogue->cases[i].name, name))
			own = &catalogue->cases[i];
	if (!own || !own->suites)
		return 0;
	_cleanup_free_ char *suite = xstrndup(own->suites, strcspn(own->suites, ","));
	for (size_t i = 0; r == 0 && i < catalogue->count; i++)
		if (&catalogue->cases[i] != own &&
		    workload_item_in_suite(&catalogue->cases[i], suite))
			r = target_add_case(target, result, catalogue->cases[i].name, err);
	return r;
}

static int add_guard_cases(const struct target *target, struct result *result, struct error *err)
{
	const struct tune_options *options = target->options;
	int r = options->guard_count ? 0 : add_suite(target, result, err);

	for (size_t i = 0; r == 0 && i < options->guard_count; i++)
		r = target_add_case(target, result, options->guards[i], err);
	return r;
}

/* Shell commands as cases, named as typed. Free the array and each argv. */
static struct compare_case *add_guard_commands(const struct target *target, struct result *result)
{
	const struct tune_options *options = target->options;
	struct compare_case *cases = xcalloc(options->guard_count + 1, sizeof(*cases));

	for (size_t i = 0; i < options->guard_count; i++) {
		const char **argv = xcalloc(4, sizeof(*argv));
		struct case_info *item = result_add_case(result);

		argv[0] = "/bin/sh";
		argv[1] = "-c";
		argv[2] = options->guards[i];
		cases[i].argv = argv;
		item->name = xasprintf("guard %zu", i + 1);
		item->description = xstrdup(options->guards[i]);
	}
	return cases;
}

size_t target_guard_count(const struct target *target)
{
	struct result cases;

	if (tune_options_unguarded(target->options))
		return 0;
	if (!is_case(target))
		return target->options->guard_count;
	result_init(&cases);
	size_t count = add_guard_cases(target, &cases, NULL) == 0 ? cases.case_count : 0;
	result_release(&cases);
	return count;
}

static void free_guard_commands(struct compare_case *cases, size_t count)
{
	for (size_t i = 0; cases && i < count; i++)
		free((void *)cases[i].argv);
	free(cases);
}

/* One untimed run of each guard command. */
static int try_commands(struct target *target, struct result *guards, struct error *err)
{
	struct compare_case *cases = add_guard_commands(target, guards);
	struct compare compare = compare_of_options(&target->options->compare);
	int r = 0;

	compare.result = guards;
	compare.cases = cases;
	for (size_t i = 0; r == 0 && i < guards->case_count; i++) {
		const struct program program = compare_program(&compare, i, 0);
		enum trial_end end = TRIAL_DONE;
		_cleanup_free_ char *failure = NULL;

		r = compare_run_untimed(&compare, &program, i, 0, &probe_rusage, NULL, &end,
					&failure, err);
		if (r == 0 && failure) {
			r = error_set(err, ERROR_TARGET, ECHILD, "--guard '%s' fails by itself: %s",
				      guards->cases[i].description, failure);
			error_hint(err, "give a command that succeeds under the default");
		}
	}
	free_guard_commands(cases, guards->case_count);
	return r;
}

int target_try_guards(struct target *target, struct error *err)
{
	const struct result *result = &measure_of(target)->result;
	struct result guards;
	int r = 0;

	if (tune_options_unguarded(target->options))
		return 0;
	result_init(&guards);
	result_add_copy(&guards, &result->contenders[result_find_role(result, ROLE_BASELINE)],
			xstrdup("default"), ROLE_BASELINE);
	/* A case of the workload runs if it exists. */
	r = is_case(target) ? add_guard_cases(target, &guards, err)
			    : try_commands(target, &guards, err);
	result_release(&guards);
	return r;
}

/* The rounds of one contender on the guards, whose rows go to the document as they come. */
struct guarding {
	struct target *target;
	struct result guards; /* contenders: default, the contender */
	size_t contenders[2]; /* of the document */
	size_t *cases;        /* for each guard: its place in the document; NULL: not placed yet */
	unsigned int *rounds; /* for each guard: rounds that the document had before */
	size_t merged;        /* rows of guards that the document has */
};

/* The place of a guard in the document, which has it from an earlier finalist, or gets it. */
static size_t place_case(const struct target *target, const struct case_info *item)
{
	struct result *into = &measure_of(target)->result;

	/* It was resolved for the guards. */
	if (is_case(target) && target_add_case(target, into, item->name, NULL) < 0)
		abort();
	if (result_find_case(into, item->name) == SIZE_MAX) {
		struct case_info *copy = result_add_case(into);

		copy->name = xstrdup(item->name);
		copy->description = item->description ? xstrdup(item->description) : NULL;
	}
	size_t known = result_find_case(into, item->name);
	into->cases[known].iterations = item->iterations;
	return known;
}

/* Rounds of a case that are in the document: later ones go on counting. */
static unsigned int rounds_of(const struct result *result, size_t case_index)
{
	unsigned int rounds = 0;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].case_index == case_index && result->runs[i].round > rounds)
			rounds = result->runs[i].round;
	return rounds;
}

static void place_cases(struct guarding *guarding)
{
	struct result *into = &measure_of(guarding->target)->result;
	struct result *guards = &guarding->guards;

	if (guarding->cases)
		return;
	guarding->cases = xcalloc(guards->case_count + 1, sizeof(*guarding->cases));
	guarding->rounds = xcalloc(guards->case_count + 1, sizeof(*guarding->rounds));
	for (size_t i = 0; i < guards->case_count; i++) {
		guarding->cases[i] = place_case(guarding->target, &guards->cases[i]);
		guarding->rounds[i] = rounds_of(into, guarding->cases[i]);
	}
}

/* Copies new rows to the document. */
static void merge(struct guarding *guarding)
{
	struct result *into = &measure_of(guarding->target)->result;
	struct result *guards = &guarding->guards;

	place_cases(guarding);
	for (; guarding->merged < guards->run_count; guarding->merged++) {
		const struct run *from = &guards->runs[guarding->merged];
		struct run *run = result_add_run(into);

		*run = *from;
		run->probe = from->probe ? xstrdup(from->probe) : NULL;
		run->error = from->error ? xstrdup(from->error) : NULL;
		run->round += guarding->rounds[from->case_index];
		run->case_index = guarding->cases[from->case_index];
		run->contender_index = guarding->contenders[from->contender_index];
	}
}

static void guard_progress(void *context, const struct progress *progress)
{
	const struct guarding *guarding = context;

	measure_progress(measure_of(guarding->target), progress);
}

static void guard_keep(void *context)
{
	struct guarding *guarding = context;

	merge(guarding);
	target_keep(guarding->target);
}

/* A row that an earlier process left in its document becomes one of the guards again. */
static bool guard_recall(void *context, size_t case_index, size_t contender_index,
			 unsigned int round, enum trial_end *ret_end)
{
	struct guarding *guarding = context;
	struct result *into = &measure_of(guarding->target)->result;

	place_cases(guarding);
	const struct trial trial = {
		.case_index = guarding->cases[case_index],
		.contender_index = guarding->contenders[contender_index],
		.round = round + guarding->rounds[case_index],
	};
	size_t before = into->run_count;
	if (!target_recall(guarding->target, &trial, ret_end))
		return false;
	/* It goes the way that all rows go. */
	struct run *run = result_add_run(&guarding->guards);
	*run = into->runs[before];
	run->case_index = case_index;
	run->contender_index = contender_index;
	run->round = round;
	into->run_count = before;
	return true;
}

static void use_iterations(struct guarding *guarding)
{
	const struct target *target = guarding->target;

	for (size_t i = 0; i < guarding->guards.case_count; i++) {
		struct case_info *item = &guarding->guards.cases[i];
		const struct result *document = &measure_of(target)->result;
		size_t known = result_find_case(document, item->name);

		if (known != SIZE_MAX)
			item->iterations = document->cases[known].iterations;
		else if (target->resume)
			item->iterations = resume_iterations(target->resume, item->name);
	}
}

static void begin(struct guarding *guarding, size_t contender_index)
{
	const struct target *target = guarding->target;
	const struct result *result = &measure_of(target)->result;
	const struct contender *contender = &result->contenders[contender_index];
	struct result *guards = &guarding->guards;

	result_init(guards);
	guards->kind = result->kind;
	guards->command.seed = result->command.seed + contender_index;
	guards->command.confidence = result->command.confidence;
	guards->command.margin_pct = result->command.margin_pct;
	guards->command.metric = is_case(target) || result->command.metric != METRIC_CUSTOM
					 ? result->command.metric
					 : METRIC_WALL_NS;
	guarding->contenders[0] = result_find_role(result, ROLE_BASELINE);
	guarding->contenders[1] = contender_index;
	result_add_copy(guards, &result->contenders[guarding->contenders[0]], xstrdup("default"),
			ROLE_BASELINE);
	/* No twin: a guard is judged by its interval alone, and a third of the runs would go into it. */
	result_add_copy(guards, contender, xstrdup(contender->name), ROLE_CONTENDER);
}

/* Whether the guard, as the rounds so far show it, is one of those that are to be run. */
static bool is_wanted(const struct guarding *guarding, const struct tuning_finalist *finalist,
		      size_t guard, bool open_only)
{
	const struct result *document = &measure_of(guarding->target)->result;
	size_t known = result_find_case(document, guarding->guards.cases[guard].name);

	if (known == SIZE_MAX)
		return !open_only;
	return open_only ? tuning_guard_open(document, finalist, known)
			 : !tuning_guard_settled(document, finalist, known);
}

/* Leaves out the guards that more rounds would tell nothing of, or that are not open. */
static void drop_unwanted(struct guarding *guarding, const struct tuning_finalist *finalist,
			  bool open_only, struct compare_case *cases)
{
	struct result *guards = &guarding->guards;
	size_t kept = 0;

	for (size_t i = 0; i < guards->case_count; i++) {
		if (is_wanted(guarding, finalist, i, open_only)) {
			const struct case_info item = guards->cases[kept];

			guards->cases[kept] = guards->cases[i];
			guards->cases[i] = item;
			if (cases) {
				const struct compare_case command = cases[kept];

				cases[kept] = cases[i];
				cases[i] = command;
			}
			kept++;
		}
	}
	while (guards->case_count > kept)
		result_drop_case(guards);
}

int target_run_guards(struct target *target, size_t finalist_index, bool open_only,
		      const struct stopping_rule *rule, struct error *err)
{
	struct result *result = &measure_of(target)->result;
	const struct tuning_finalist *finalist = &result->tuning->finalists[finalist_index];
	struct guarding guarding = { .target = target };
	struct compare_case *cases = NULL;
	int r = 0;

	begin(&guarding, finalist->contender_index);
	if (is_case(target))
		r = add_guard_cases(target, &guarding.guards, err);
	else
		cases = add_guard_commands(target, &guarding.guards);
	size_t count = guarding.guards.case_count;
	drop_unwanted(&guarding, finalist, open_only, cases);
	use_iterations(&guarding);
	const struct rounds rounds = {
		.result = &guarding.guards,
		.cases = cases,
		.rule = *rule,
		.progress = guard_progress,
		.keep = guard_keep,
		.recall = guard_recall,
		.context = &guarding,
	};
	if (r == 0 && guarding.guards.case_count)
		r = target_run_rounds(target, &rounds, err);
	merge(&guarding);
	result->partial = result->partial || guarding.guards.partial;
	for (size_t i = 0; i < guarding.guards.note_count; i++)
		result_add_note(result, "%s", guarding.guards.notes[i]);
	free_guard_commands(cases, count);
	result_release(&guarding.guards);
	free(guarding.cases);
	free(guarding.rounds);
	return r;
}
