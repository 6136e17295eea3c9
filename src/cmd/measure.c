/* SPDX-License-Identifier: MIT */
#include "cmd/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/command.h"
#include "cmd/state.h"
#include "machine/host.h"
#include "model/judge.h"
#include "probe/rungs.h"
#include "machine/cpus.h"
#include "launch/interrupt.h"
#include "machine/memory.h"
#include "launch/offspring.h"

#define DEFAULT_ROUNDS 10
#define DEFAULT_TIMEOUT_NS (60 * NS_PER_SEC)
#define CONFIDENCE 0.95

void measure_init(struct measure *measure)
{
	*measure = (struct measure){
		.probe_name = "auto",
		.margin_pct = VERDICT_MARGIN_PCT,
		.timeout_ns = DEFAULT_TIMEOUT_NS,
		.journal = JOURNAL_INIT,
	};
	result_init(&measure->result);
}

void measure_release(struct measure *measure)
{
	for (size_t i = 0; i < measure->failif_count; i++)
		failif_release(&measure->failifs[i]);
	free(measure->failifs);
	outputs_release(&measure->outputs);
	journal_release(&measure->journal);
	identity_release(&measure->setup.identity);
	rights_release(&measure->rights);
	result_release(&measure->result);
}

static char *utc_now(void)
{
	char text[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return xstrdup(text);
}

static uint64_t fresh_seed(void)
{
	uint32_t seed; /* short enough to be typed again */

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint32_t)clock_now_ns(&clock_real);
	return seed;
}

static void describe_command(struct measure *measure, enum result_kind kind, int argc, char **argv)
{
	const char *name = result_kind_name(kind);
	struct command *command = &measure->result.command;

	measure->result.kind = kind;
	command->name = xstrdup(name);
	command->argv = xcalloc((size_t)argc + 2, sizeof(*command->argv));
	command->argv[0] = xstrdup("madvisor");
	command->argv[1] = xstrdup(name);
	for (int i = 1; i < argc; i++)
		command->argv[i + 1] = xstrdup(argv[i]);
	command->started = utc_now();
	command->seed = measure->seed_given ? measure->seed : fresh_seed();
	command->rounds_planned = measure->rule.rounds;
	command->confidence = CONFIDENCE;
	command->margin_pct = measure->margin_pct;
	command->cpus = measure->cpus_text ? xstrdup(measure->cpus_text) : NULL;
}

static int choose_probe(struct measure *measure, struct error *err)
{
	struct command *command = &measure->result.command;
	const struct probe *probe;
	int r = probe_select(measure->probe_name, &probe, &command->probe_lost, err);

	if (r < 0)
		return r;
	command->probe = xstrdup(probe->name);
	command->probe_hooks = probe->hooks ? xstrdup(probe->hooks()) : NULL;
	measure->observer = probe == &probe_rusage ? NULL : probe;
	return 0;
}

static void find_rights(struct measure *measure)
{
	const struct identity *identity = &measure->setup.identity;

	if (identity->change)
		rights_of_user(identity->rights.uid, identity->rights.gid, &measure->rights);
	else
		rights_of_user(geteuid(), getegid(), &measure->rights);
}

static int check_conditions(const struct measure *measure, struct error *err)
{
	if (measure->failif_count || !measure->fail_if_unclear)
		return 0;
	error_set(err, ERROR_USAGE, EINVAL, "--fail-if-unclear without --fail-if");
	error_hint(err, "say what is to be decided: --fail-if 'jemalloc slower 5%%'");
	return -EINVAL;
}

int measure_prepare(struct measure *measure, enum result_kind kind, int argc, char **argv,
		    struct error *err)
{
	struct trial_setup *setup = &measure->setup;
	int r = check_conditions(measure, err);

	if (r == 0)
		r = outputs_check(&measure->outputs, err);
	if (r == 0 && measure->cpus_text) {
		r = cpus_parse(measure->cpus_text, &measure->cpus, err);
		setup->cpus = &measure->cpus;
	}
	if (r == 0)
		r = identity_resolve(measure->user, &setup->identity, err);
	if (r == 0)
		r = interrupt_install(err);
	if (r < 0)
		return r;
	find_rights(measure);
	measure->rule.gated = measure->failif_count > 0;
	if (!measure->rule.rounds && !measure->rule.budget_ns && measure->rule.precision_pct <= 0 &&
	    !measure->rule.gated)
		measure->rule.rounds = DEFAULT_ROUNDS;
	setup->timeout_ns = measure->timeout_ns;
	setup->memory_max_bytes = measure->memory_max_bytes
					  ? measure->memory_max_bytes
					  : memory_max_default_bytes(&rootfs_real);
	measure->result.tool_version = xstrdup(MADVISOR_VERSION);
	host_describe(&rootfs_real, &measure->result.host);
	describe_command(measure, kind, argc, argv);
	progress_display_init(&measure->display,
			      measure->quiet ? PROGRESS_NEVER : measure->progress_mode,
			      &clock_real);
	offspring_adopt();
	return choose_probe(measure, err);
}

int measure_add_gates(struct measure *measure, struct error *err)
{
	for (size_t i = 0; i < measure->failif_count; i++) {
		int r = failif_add(&measure->failifs[i], &measure->result, err);

		if (r < 0)
			return r;
	}
	return 0;
}

void measure_announce(void *context, const char *text)
{
	struct measure *measure = context;

	progress_display_clear(&measure->display);
	if (!measure->quiet)
		command_note("%s", text);
}

bool measure_undecided(void *context, size_t case_index, unsigned int round)
{
	const struct measure *measure = context;
	const struct result *result = &measure->result;
	bool covered = false;

	for (size_t i = 0; i < result->gate_count; i++) {
		if (gate_needs_rounds(&result->gates[i], result, case_index))
			return true;
		covered = covered || gate_covers(&result->gates[i], case_index);
	}
	/* A case that no condition is about gets as many rounds as without conditions. */
	return !covered && round < DEFAULT_ROUNDS;
}

void measure_keep(void *context)
{
	struct measure *measure = context;
	struct error err = ERROR_INIT;

	if (journal_keep(&measure->journal, &measure->result, &err) == 0)
		return;
	progress_display_clear(&measure->display);
	command_warn(&err);
}

void measure_progress(void *context, const struct progress *progress)
{
	struct measure *measure = context;

	progress_display_update(&measure->display, progress);
}

void measure_outlook(void *context, const struct outlook *outlook)
{
	struct measure *measure = context;

	progress_display_outlook(&measure->display, outlook);
}

/* Whether a condition of the result has come out that way. */
static bool any_gate(const struct result *result, enum gate_decision decision)
{
	for (size_t i = 0; i < result->gate_count; i++)
		if (result->gates[i].decision == decision)
			return true;
	return false;
}

/* A line for each condition. A terminal that shows the report has them there. */
static void say_gates(const struct measure *measure, bool report_shown)
{
	const struct result *result = &measure->result;

	if (report_shown && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO))
		return;
	for (size_t i = 0; i < result->gate_count; i++) {
		_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

		gate_describe(&result->gates[i], result, &line);
		command_say("madvisor: --fail-if %s", line.buf);
	}
}

/*
 * Saves the result; returns its path, caller frees. A failure is only a warning: see cmd/state.h.
 */
static char *save_state(struct measure *measure)
{
	struct error err = ERROR_INIT;
	char *path = NULL;

	/* Without a result the journal stays: `madvisor report --recover`. */
	if (state_save(&measure->result, &path, &err) < 0 ||
	    journal_remove(&measure->journal, &err) < 0)
		command_warn(&err);
	return path;
}

/* Failed runs are rows of the report; the exit status reports them to scripts. */
static int status_of(const struct measure *measure)
{
	if (measure->result.partial)
		return ERROR_INTERRUPTED;
	if (experiment_failures(&measure->result))
		return ERROR_TARGET;
	if (any_gate(&measure->result, GATE_HOLDS))
		return EXIT_FAIL_IF;
	if (measure->fail_if_unclear && any_gate(&measure->result, GATE_UNDECIDED))
		return EXIT_UNDECIDED;
	return EXIT_DONE;
}

int measure_finish(struct measure *measure, int status, struct error *err)
{
	_cleanup_error_ struct error output_err = ERROR_INIT;

	progress_display_clear(&measure->display);
	if (!measure->result.run_count && !measure->result.tuning)
		return status < 0 ? command_fail(err) : (int)ERROR_INTERRUPTED;
	result_judge_gates(&measure->result);
	_cleanup_free_ char *saved = save_state(measure);
	/* Before the report, whose verdict is the last thing to be read. */
	if (!measure->quiet && saved)
		command_say("saved: %s", saved);
	int r = outputs_write(&measure->outputs, &measure->result, &output_err);
	if (!measure->quiet && r == 0)
		r = outputs_show(&measure->outputs, &measure->result, &output_err);
	fflush(stdout);
	say_gates(measure, !measure->quiet && r == 0);
	if (status < 0)
		return command_fail(err);
	if (r < 0)
		return command_fail(&output_err);
	return status_of(measure);
}
