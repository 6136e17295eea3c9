/* SPDX-License-Identifier: MIT */
#include "cmd/tune-target.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/allocator.h"
#include "alloc/preload.h"
#include "alloc/prove.h"
#include "alloc/resolve.h"
#include "alloc/self.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "cmd/compare-plan.h"
#include "cmd/contenders.h"
#include "probe/rungs.h"
#include "run/bench.h"
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

int target_add_case(const struct target *target, struct result *result, const char *text,
		    struct error *err)
{
	char *name = NULL;
	int r = workload_resolve(&target->catalogue, text, &name, err);

	if (r < 0)
		return r;
	if (result_find_case(result, name) != SIZE_MAX) {
		free(name);
		return 0;
	}
	struct case_info *item = result_add_case(result);
	item->name = name;
	for (size_t i = 0; i < target->catalogue.count; i++)
		if (!strcmp(target->catalogue.cases[i].name, name))
			item->description = xstrdup(target->catalogue.cases[i].description);
	return workload_add_parameters(&target->catalogue, item, err);
}

int target_resolve_spec(struct target *target, const struct contender_spec *spec,
			struct contender *ret, struct error *err)
{
	if (spec->name && !strcmp(spec->name, CONTENDER_SELF)) {
		if (is_case(target)) {
			error_set(err, ERROR_USAGE, EINVAL,
				  "self is for a command, not for a case");
			error_hint(err, "name an allocator: --contender jemalloc");
			return -EINVAL;
		}
		return contender_resolve_self(spec, &target->program, &measure_of(target)->rights,
					      ret, NULL, err);
	}
	int r = contender_resolve(spec, &target->libraries, ret, NULL, err);
	if (r == 0 && !is_case(target))
		contender_inject_libc(ret, &target->program, &target->libraries);
	return r;
}

int target_resolve_text(struct target *target, const char *text, struct contender *ret,
			struct error *err)
{
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };
	int r = contender_spec_parse(text, &spec, err);

	if (r == 0 && spec.all) {
		error_set(err, ERROR_USAGE, EINVAL, "'%s' is no single contender", text);
		error_hint(err, "name one: jemalloc[tcache_max:4096]");
		r = -EINVAL;
	}
	return r < 0 ? r : target_resolve_spec(target, &spec, ret, err);
}

int target_resolve(void *context, size_t owner, const struct setting *settings, size_t count,
		   struct contender *ret, char **ret_reason, struct error *err)
{
	struct target *target = context;
	_cleanup_error_ struct error refused = ERROR_INIT;
	struct contender_spec spec = target->specs.items[owner];

	/* Read, but not changed: they are borrowed for the call. */
	spec.settings = (struct setting *)settings;
	spec.setting_count = spec.setting_alloc = count;
	int r = target_resolve_spec(target, &spec, ret, &refused);
	if (r == 0)
		return 1;
	if (refused.kind == ERROR_USAGE) {
		*ret_reason = TAKE_PTR(refused.message);
		return 0;
	}
	if (err) {
		*err = refused;
		refused = (struct error)ERROR_INIT;
	}
	return r;
}

static int run_case(struct target *target, const struct trial *trial, enum trial_end *ret_end,
		    struct error *err)
{
	return trial_run(&target->setup, trial, &target->scratch, ret_end, err);
}

/* Turns a run whose output is not what the default's was twice into a failed one. */
static void judge_output(struct target *target, struct program_record *record,
			 enum trial_end *ret_end)
{
	struct run *run = &target->scratch.runs[target->scratch.run_count - 1];
	enum output_part part =
		output_check_find(&target->output_check, 0, &record->output, OUTPUT_STATUS);

	if (part != OUTPUT_STATUS && part != OUTPUT_OUT)
		return;
	run->error = output_check_describe(&target->output_check, 0, part, &record->output);
	*ret_end = TRIAL_FAILED;
}

static void learn_output(struct target *target, struct program_record *record)
{
	if (target->outputs++ == 0) {
		target->first = record->output;
		record->output = (struct run_output){ 0 };
		return;
	}
	output_check_expect(&target->output_check, 0, &target->first, &record->output);
}

static int run_command(struct target *target, const struct trial *trial, enum trial_end *ret_end,
		       struct error *err)
{
	_cleanup_program_record_ struct program_record record = { 0 };
	struct program program = compare_program(&target->compare, 0, trial->contender_index);
	bool learning = trial->contender_index == 0 && target->outputs < 2;

	if (learning || (target->outputs >= 2 && output_check_reads_out(&target->output_check, 0)))
		program.output = LAUNCH_CAPTURE;
	target->compare.setup = target->setup;
	int r = compare_run_once(&target->compare, &program, trial, &target->scratch, &record,
				 ret_end, err);
	if (r < 0 || *ret_end != TRIAL_DONE || target->options->compare.ignore_output)
		return r;
	if (learning)
		learn_output(target, &record);
	else if (target->outputs >= 2 && trial->contender_index != 0)
		judge_output(target, &record, ret_end);
	return 0;
}

int target_trial(void *context, size_t contender_index, unsigned int round, enum trial_end *ret_end,
		 struct error *err)
{
	struct target *target = context;
	const struct trial trial = { 0, contender_index, round, false, &probe_rusage };

	return is_case(target) ? run_case(target, &trial, ret_end, err)
			       : run_command(target, &trial, ret_end, err);
}

static int open_case(struct target *target, struct error *err)
{
	const char *name = target->options->case_name;
	int r = workload_catalogue_load(&target->catalogue, err);

	if (r == 0)
		r = target_add_case(target, &measure_of(target)->result, name, err);
	if (r == 0)
		r = target_add_case(target, &target->scratch, name, err);
	return r;
}

static int open_command(struct target *target, struct error *err)
{
	struct compare_options *options = &target->options->compare;
	struct case_info *item = result_add_case(&target->scratch);
	int r = identify_program(&options->measure, options->cases[0].argv[0], &target->program,
				 err);

	if (r == 0 && (target->options->contenders ||
		       (target->options->contender &&
			strcmp(target->options->contender, CONTENDER_SELF) != 0)))
		r = program_check_preload(&target->program, err);
	item->name = xstrdup(options->measure.result.cases[0].name);
	target->compare = compare_of_options(options);
	target->compare.result = &target->scratch;
	output_check_init(&target->output_check, 1, 1);
	return r;
}

static int open_default(struct target *target, struct error *err)
{
	const char *text = target->options->contender;
	struct measure *measure = measure_of(target);
	struct contender contender = { 0 };

	if (!text)
		text = is_case(target) ? "glibc" : CONTENDER_SELF;
	int r = contender_spec_parse(
		text, ARRAY_PUSH(target->specs.items, target->specs.count, target->specs.alloc),
		err);
	if (r < 0)
		return r;
	library_search_init(&target->where, MADVISOR_LIBDIR);
	target->where.rights = &measure->rights;
	library_set_discover(&target->libraries, &target->where);
	r = target_resolve_text(target, text, &contender, err);
	if (r == 0 && is_case(target)) {
		r = contender_prove(&contender, target->catalogue.program, &measure->rights, err);
		if (r < 0)
			contender_release(&contender);
	}
	if (r < 0)
		return r;
	contender.role = ROLE_BASELINE;
	*result_add_contender(&measure->result) = contender;
	result_add_copy(&target->scratch, &measure->result.contenders[0], xstrdup(contender.name),
			ROLE_BASELINE);
	return 0;
}

static void copy_metric(const struct target *target)
{
	const struct command *from = &measure_of(target)->result.command;
	struct command *to = &((struct target *)target)->scratch.command;

	to->metric = from->metric;
	to->own_metric_count = from->own_metric_count;
	for (size_t i = 0; i < from->own_metric_count; i++)
		to->own_metrics[i] = (struct own_metric){
			from->own_metrics[i].name ? xstrdup(from->own_metrics[i].name) : NULL,
			from->own_metrics[i].higher_is_better,
		};
}

/* The confirmation does as much work as the search, and one that goes on as much as the earlier one. */
static int calibrate(struct target *target, struct error *err)
{
	struct case_info *item = &target->scratch.cases[0];
	int r = 0;

	item->iterations = target->resume ? resume_iterations(target->resume, item->name) : 0;
	if (!item->iterations)
		r = trial_calibrate(&target->setup, 0, 0, &target->scratch, err);
	measure_of(target)->result.cases[0].iterations = item->iterations;
	return r;
}

int target_open(struct target *target, struct tune_options *options, struct error *err)
{
	target->options = options;
	result_init(&target->scratch);
	int r = options->case_name ? open_case(target, err) : open_command(target, err);
	if (r == 0)
		r = open_default(target, err);
	if (r < 0)
		return r;
	copy_metric(target);
	target->setup = options->compare.measure.setup;
	target->setup.workload = target->catalogue.program;
	target->setup.min_time_ns = BENCH_MIN_TIME_NS;
	return is_case(target) ? calibrate(target, err) : 0;
}

void target_release(struct target *target)
{
	workload_catalogue_release(&target->catalogue);
	library_set_release(&target->libraries);
	library_search_release(&target->where);
	identification_release(&target->program);
	contender_list_release(&target->specs);
	output_check_release(&target->output_check);
	run_output_release(&target->first);
	result_release(&target->scratch);
}

int target_run_rounds(struct target *target, const struct rounds *rounds, struct error *err)
{
	struct measure *measure = measure_of(target);

	if (is_case(target)) {
		struct bench bench = {
			.result = rounds->result,
			.setup = measure->setup,
			.rule = rounds->rule,
			.clock = &target->clock.clock,
			.progress = rounds->progress,
			.keep = rounds->keep,
			.recall = rounds->recall,
			.context = rounds->context,
		};

		bench.setup.workload = target->catalogue.program;
		bench.setup.min_time_ns = BENCH_MIN_TIME_NS;
		return bench_run(&bench, err);
	}
	struct compare compare = compare_of_options(&target->options->compare);

	compare.result = rounds->result;
	compare.cases = rounds->cases;
	compare.rule = rounds->rule;
	compare.clock = &target->clock.clock;
	compare.lenient = true;
	compare.observer = NULL;
	/* None of compare's own calls: the context is another. */
	compare.announce = NULL;
	compare.outlook = NULL;
	compare.undecided = NULL;
	compare.progress = rounds->progress;
	compare.keep = rounds->keep;
	compare.recall = rounds->recall;
	compare.context = rounds->context;
	return compare_run(&compare, err);
}

static void confirm_progress(void *context, const struct progress *progress)
{
	measure_progress(measure_of(context), progress);
}

static bool confirm_recall(void *context, size_t case_index, size_t contender_index,
			   unsigned int round, enum trial_end *ret_end)
{
	struct target *target = context;
	const struct trial trial = { case_index, contender_index, round, false, NULL };

	return target_recall(target, &trial, ret_end);
}

int target_confirm(struct target *target, const struct stopping_rule *rule, struct error *err)
{
	const struct rounds rounds = {
		.result = &measure_of(target)->result,
		.cases = target->options->compare.cases,
		.rule = *rule,
		.progress = confirm_progress,
		.keep = target_keep,
		.recall = confirm_recall,
		.context = target,
	};

	return target_run_rounds(target, &rounds, err);
}

void target_keep(void *context)
{
	struct target *target = context;
	struct measure *measure = measure_of(target);

	measure_keep(measure);
	/* From here on the new journal has all that the old one had. */
	if (target->resume && measure->journal.fd >= 0 && !measure->journal.failed)
		resume_drop(target->resume);
}

bool target_recall(struct target *target, const struct trial *trial, enum trial_end *ret_end)
{
	double wall_ns;

	if (!target->resume ||
	    !resume_recall(target->resume, trial, &measure_of(target)->result, &wall_ns, ret_end))
		return false;
	target->clock.ahead_ns += (uint64_t)wall_ns;
	return true;
}
