/* SPDX-License-Identifier: MIT */
/* `madvisor explain`: where a program's kernel time goes, why, and what to set. */
#include <argp.h>

#include "alloc/allocator.h"
#include "base/clock.h"
#include "base/idle.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/explain-look.h"
#include "cmd/explain-options.h"
#include "cmd/explain-subject.h"
#include "cmd/explain-verify.h"
#include "explain/explain.h"
#include "model/summarise.h"
#include "launch/interrupt.h"

static int run(struct explain_options *explain, int argc, char **argv, struct error *err)
{
	struct measure *measure = &explain->measure;
	struct result *result = &measure->result;
	int r = explain_options_check(explain, err);

	/* The process under watch, and its machine, go on as if nobody looked. */
	if (r == 0 && explain_is_running(explain))
		idle_begin();
	if (r == 0)
		r = measure_prepare(measure, RESULT_EXPLAIN, argc, argv, err);
	if (r == 0)
		r = explain_stacks_check(explain, err);
	if (r == 0)
		r = explain_subject_add(explain, err);
	if (r < 0)
		return r;
	explain_stacks_note_none(measure);
	if (!explain->verify)
		result->command.rounds_planned = 0;
	uint64_t started_ns = clock_now_ns(&clock_real);
	r = explain_is_running(explain) ? explain_look_at_running(explain, err)
					: explain_look_at_command(explain, err);
	if (r < 0)
		return r;
	result->partial = result->partial || interrupt_pending();
	result->command.elapsed_ns = (double)(clock_now_ns(&clock_real) - started_ns);
	result_summarise(result, result->command.confidence);
	result_explain(result, allocator_catalogue());
	measure_keep(measure);
	if (explain->verify)
		r = explain_verify(explain, err);
	const struct reach reach = explain_reach(explain);
	remedies_bind(result, &explain->program, &reach);
	return r;
}

static int explain_main(int argc, char **argv)
{
	struct explain_options explain;
	struct error err = ERROR_INIT;

	explain_options_init(&explain);
	arguments_parse(explain_argp(), argc, argv, ARGP_IN_ORDER, &explain);
	if (!explain_is_running(&explain) && explain.duration_ns)
		explain.measure.timeout_ns = explain.duration_ns;
	int r = run(&explain, argc, argv, &err);
	idle_end();
	int status = measure_finish(&explain.measure, r, &err);
	if (status == EXIT_DONE && explain.exit_status && !explain.ignore_failure)
		status = ERROR_TARGET;
	explain_options_release(&explain);
	return status;
}

const struct command_entry command_explain = {
	"explain",    "where a program's kernel time goes, why, and what to set",
	explain_main, explain_argp,
	true,
};
