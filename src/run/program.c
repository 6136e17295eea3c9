/* SPDX-License-Identifier: MIT */
#include "run/program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/inject.h"
#include "alloc/self.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "launch/failure.h"

const char program_metric_remedy[] =
	"the regular expression (regex(7)) is matched with each line by itself: try it with grep -E";

void program_record_release(struct program_record *record)
{
	run_output_release(&record->output);
	lineage_free(record->lineage);
	free(record->said);
	record->lineage = NULL;
	record->said = NULL;
}

struct run_output program_output(const struct launch *launch, const struct outcome *outcome)
{
	const struct printed *out = &outcome->out;
	size_t kept =
		out->head.len < OUTPUT_CHECK_HEAD_BYTES ? out->head.len : OUTPUT_CHECK_HEAD_BYTES;
	struct run_output output = {
		.exit_status = outcome->exit_status,
		.out_bytes = out->digest.bytes,
		.out_digest = digest_value(&out->digest),
		.err_digest = digest_value(&outcome->err_digest),
		.out_head_len = kept,
		.captured = launch->output == LAUNCH_CAPTURE,
	};

	if (kept)
		output.out_head = memcpy(xmalloc(kept), out->head.buf, kept);
	return output;
}

static void record_outcome(struct program_record *record, const struct program *program,
			   const struct launch *launch, struct outcome *outcome)
{
	_cleanup_free_ char *failure = failure_describe(launch, outcome, program->ignore_failure);

	if (record)
		*record = (struct program_record){
			.output = program_output(launch, outcome),
			.lineage = TAKE_PTR(outcome->lineage),
			.cpu_ns = outcome->metrics.value[METRIC_CPU_NS],
			.left_behind = outcome->left_behind,
			.remedy = failure ? failure_remedy(outcome, program->ignore_failure)
					  : program_metric_remedy,
			.said = strbuf_detach(&outcome->err_head),
		};
}

void program_take_metrics(struct run *run, const struct program *program,
			  const struct outcome *outcome)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	double *values = &run->metrics.value[METRIC_CUSTOM];

	for (size_t i = 0; i < program->metric_count && !run->error; i++)
		if (extract(&program->metrics[i], outcome, &values[i], &err) < 0)
			run->error = TAKE_PTR(err.message);
	for (size_t i = 0; i < program->metric_count && run->error; i++)
		values[i] = NAN; /* if one is missing, none counts */
}

static void fill_run(struct run *run, const struct program *program, const struct launch *launch,
		     const struct outcome *outcome)
{
	run->error = failure_describe(launch, outcome, program->ignore_failure);
	if (!run->error)
		program_take_metrics(run, program, outcome);
	if (run->error)
		return;
	metrics_fill(&run->metrics, &outcome->metrics);
	run->metrics.value[METRIC_WALL_NS] = (double)outcome->wall_ns;
}

char **program_environment(const struct program *program, const struct identity *identity,
			   const struct contender *contender)
{
	char *const *own = identity_environment(identity);
	char **env = program->asking ? self_asking_environment(contender, own)
				     : contender_environment(contender, own);

	if (!program->witness)
		return env;
	char **witnessed = witness_environment(program->witness, env);
	strv_free(env);
	return witnessed;
}

int program_trial(const struct program *program, const struct trial_setup *setup,
		  const struct trial *trial, struct result *result, struct program_record *record,
		  enum trial_end *ret_end, struct error *err)
{
	_cleanup_outcome_ struct outcome outcome = OUTCOME_INIT;
	char **env = program_environment(program, &setup->identity,
					 &result->contenders[trial->contender_index]);
	const struct launch launch = {
		.argv = program->argv,
		.env = env,
		.cpus = setup->cpus,
		.identity = &setup->identity,
		.probe = trial->probe,
		.census = program->census,
		.timeout_ns = setup->timeout_ns,
		.memory_max_bytes = setup->memory_max_bytes,
		.input = program->input,
		.output = program->metric_count ? LAUNCH_CAPTURE : program->output,
	};
	int r = launch_run(&launch, &outcome, err);

	strv_free(env);
	if (r < 0)
		return r;
	*ret_end = TRIAL_INTERRUPTED;
	if (outcome.end == LAUNCH_INTERRUPTED)
		return 0;
	struct run *run = trial_add_run(result, trial, outcome.exit_status);
	fill_run(run, program, &launch, &outcome);
	if (trial->observed && outcome.probe_note)
		result_add_note(result, "%s", outcome.probe_note);
	record_outcome(record, program, &launch, &outcome);
	*ret_end = run->error ? TRIAL_FAILED : TRIAL_DONE;
	return 0;
}
