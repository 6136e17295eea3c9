/* SPDX-License-Identifier: MIT */
#include "cmd/explain-look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/spec.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/explain-subject.h"
#include "probe/rungs.h"
#include "stacks/symbolise.h"
#include "run/observe.h"
#include "run/taxpayer.h"

#define DEFAULT_DURATION_NS (10 * NS_PER_SEC)

static void show_progress(struct measure *measure, uint64_t elapsed_ns, uint64_t duration_ns)
{
	const struct progress progress = {
		.phase = "observing",
		.case_name = "command",
		.contender_name = CONTENDER_SELF,
		.elapsed_ns = elapsed_ns,
		.budget_ns = duration_ns,
	};

	measure_progress(measure, &progress);
}

static bool has_stacks(const struct measure *measure)
{
	return measure->observer == &probe_bpf && symbolise_check(NULL) == 0;
}

int explain_stacks_check(const struct explain_options *explain, struct error *err)
{
	const struct measure *measure = &explain->measure;
	const char *lost = measure->result.command.probe_lost;

	if (!explain->folded || has_stacks(measure))
		return 0;
	if (measure->observer == &probe_bpf)
		return symbolise_check(err);
	error_set(err, ERROR_MACHINE, ENOTSUP, "--folded: only the bpf probe takes stacks%s%s",
		  lost ? ": " : "", lost ? lost : "");
	error_hint(err, "`madvisor doctor` says what the bpf probe lacks here");
	return -ENOTSUP;
}

void explain_stacks_note_none(struct measure *measure)
{
	_cleanup_error_ struct error why = ERROR_INIT;

	if (measure->observer == &probe_bpf && symbolise_check(&why) < 0)
		result_add_note(&measure->result,
				"not who purges and who refaults: %s (remedy: %s)", why.message,
				why.hint);
}

static void process_progress(void *context, uint64_t elapsed_ns)
{
	struct explain_options *explain = context;

	show_progress(&explain->measure, elapsed_ns, explain->duration_ns);
}

/* Only the bpf rung can attach to a running process; the others report figures from /proc. */
static int choose_rung_for_process(struct measure *measure, struct error *err)
{
	struct command *command = &measure->result.command;

	if (measure->observer == &probe_bpf)
		return 0;
	if (measure->observer && strcmp(measure->probe_name, "auto") != 0) {
		error_set(err, ERROR_USAGE, EINVAL, "the %s probe cannot look at a running process",
			  measure->observer->name);
		error_hint(err, "leave out --probe, or start the program with madvisor: "
				"madvisor explain -- ./program");
		return -EINVAL;
	}
	if (measure->observer) {
		free(command->probe);
		command->probe = xstrdup(probe_rusage.name);
		measure->observer = NULL;
	}
	return 0;
}

static void keep_row(void *context)
{
	struct explain_options *explain = context;

	measure_keep(&explain->measure);
}

int explain_look_at_running(struct explain_options *explain, struct error *err)
{
	struct measure *measure = &explain->measure;
	int r = choose_rung_for_process(measure, err);

	if (r < 0)
		return r;
	if (!explain->duration_ns)
		explain->duration_ns = DEFAULT_DURATION_NS;
	const struct observation observation = {
		.result = &measure->result,
		.probe = measure->observer ? measure->observer : &probe_rusage,
		.named = &explain->program,
		.stacks = has_stacks(measure),
		.retained = true,
		.identity = &measure->setup.identity,
		.duration_ns = explain->duration_ns,
		.progress = process_progress,
		.keep = keep_row,
		.context = explain,
	};
	struct taxpayer taxpayer = { 0 };
	r = observe_running(&observation, &explain->running, &taxpayer, err);
	if (r == 0)
		r = explain_subject_follow(explain, &taxpayer, err);
	taxpayer_release(&taxpayer);
	return r;
}

static void note_end(struct explain_options *explain, const struct observed *observed)
{
	struct result *result = &explain->measure.result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	int status = observed->exit_status;

	switch (observed->end) {
	case LAUNCH_TIMEOUT:
		format_ns(&sb, (double)explain->measure.timeout_ns);
		result_add_note(result, "the program was stopped after %s", sb.buf);
		strbuf_truncate(&sb, 0);
		format_ns(&sb, (double)explain->grace_ns);
		if (observed->had_to_be_killed)
			result_add_note(result,
					"it did not end within %s of SIGTERM, and was killed",
					sb.buf);
		return;
	case LAUNCH_MEMORY:
		format_bytes(&sb, (double)explain->measure.setup.memory_max_bytes);
		result_add_note(result,
				"the program was stopped: it used more memory than %s "
				"(--memory-max)",
				sb.buf);
		explain->exit_status = status;
		return;
	case LAUNCH_INTERRUPTED:
		result->partial = true;
		return;
	case LAUNCH_EXITED:
		break;
	}
	explain->exit_status = status;
	if (observed->left_behind)
		result_add_note(result, "it left %zu processes running, which were killed",
				observed->left_behind);
	if (!status)
		return;
	if (status > 128)
		result_add_note(result, "the program was killed by signal %d (%s)", status - 128,
				strsignal(status - 128));
	else
		result_add_note(result, "the program ended with exit status %d", status);
	if (observed->said && *observed->said && !explain->show_output)
		result_add_note(result, "it said: %s", observed->said);
}

struct program explain_program(const struct explain_options *explain)
{
	return (struct program){
		.argv = (const char *const *)explain->command,
		.input = explain->input,
		.ignore_failure = explain->ignore_failure,
		.output = explain->show_output ? LAUNCH_INHERIT : LAUNCH_DISCARD,
	};
}

int explain_look_at_command(struct explain_options *explain, struct error *err)
{
	struct measure *measure = &explain->measure;
	const struct program program = explain_program(explain);
	struct observed observed = { 0 };
	struct taxpayer taxpayer = { 0 };
	const struct observation observation = {
		.result = &measure->result,
		.probe = measure->observer ? measure->observer : &probe_rusage,
		.named = &explain->program,
		.stacks = has_stacks(measure),
		.retained = explain->retained,
		.identity = &measure->setup.identity,
		.duration_ns = measure->timeout_ns,
		.grace_ns = explain->grace_ns,
		.keep = keep_row,
		.context = explain,
	};

	show_progress(measure, 0, measure->timeout_ns);
	int r = observe_command(&observation, &program, &measure->setup, &observed, &taxpayer, err);
	if (r == 0)
		note_end(explain, &observed);
	if (r == 0)
		r = explain_subject_follow(explain, &taxpayer, err);
	observed_release(&observed);
	taxpayer_release(&taxpayer);
	return r;
}
