/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"
#include "cmd/command.h"
#include "cmd/measure.h"
#include "probe/probe.h"

enum {
	OPTION_CONTENDERS = 0x2000,
	OPTION_BASELINE,
	OPTION_BUDGET,
	OPTION_PRECISION,
	OPTION_MARGIN,
	OPTION_SEED,
	OPTION_PROBE,
	OPTION_CPUS,
	OPTION_MEMORY_MAX,
	OPTION_OBSERVER_MEMORY,
	OPTION_TIMEOUT,
	OPTION_USER,
	OPTION_FAIL_IF,
	OPTION_FAIL_IF_UNCLEAR,
	OPTION_PROGRESS,
	OPTION_DETAILS,
};

/* `baseline`: who that is by default. */
#define CONTEST_OPTIONS(baseline)                                                                      \
	{                                                                                              \
		{ NULL, 0, NULL, 0, "Who takes part:", 10 },                                           \
			{ "contenders",                                                                \
			  OPTION_CONTENDERS,                                                           \
			  "A,B,...",                                                                   \
			  0,                                                                           \
			  "allocators, with settings in brackets: jemalloc[tcache_max:4096]; "         \
			  "mine=/path/lib.so; default: all that are found",                            \
			  10 },                                                                        \
			{ "baseline",                                                                  \
			  OPTION_BASELINE,                                                             \
			  "NAME",                                                                      \
			  0,                                                                           \
			  "what the others are compared with (" baseline ")",                          \
			  10 },                                                                        \
			{ "fail-if",                                                                   \
			  OPTION_FAIL_IF,                                                              \
			  "CONDITION",                                                                 \
			  0,                                                                           \
			  "exit with 1 where it holds: 'jemalloc slower 5%', 'mimalloc bigger 20% in " \
			  "mpsc/8/senders=1'; measures until that is decided, or --rounds (100) or "   \
			  "--budget are used up",                                                      \
			  40 },                                                                        \
			{ "fail-if-unclear",                                                           \
			  OPTION_FAIL_IF_UNCLEAR,                                                      \
			  NULL,                                                                        \
			  0,                                                                           \
			  "exit with 5 where a --fail-if could not be decided",                        \
			  40 },                                                                        \
			{ 0 },                                                                         \
	}

static const struct argp_option contest_options[] = CONTEST_OPTIONS("glibc");
static const struct argp_option program_options[] = CONTEST_OPTIONS("self: the program as it is");

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "How long:", 20 },
	{ "rounds", 'r', "N", 0, "rounds, each running every contender once (10)", 20 },
	{ "budget", OPTION_BUDGET, "TIME", 0, "as many rounds as fit: 90, 5m, 1h", 20 },
	{ "precision", OPTION_PRECISION, "PCT", 0,
	  "until every interval is this narrow, or --rounds (100) are done", 20 },
	{ NULL, 0, NULL, 0, "How:", 30 },
	{ "margin", OPTION_MARGIN, "PCT", 0, "differences within this are a tie (5%; explain: 2%)",
	  30 },
	{ "seed", OPTION_SEED, "N", 0, "repeat the random order of an earlier run", 30 },
	{ "probe", OPTION_PROBE, "RUNG", 0, "auto, or one of `madvisor list probes`", 30 },
	{ "cpus", OPTION_CPUS, "LIST", 0, "run on these CPUs alone: 0-3,6", 30 },
	{ "memory-max", OPTION_MEMORY_MAX, "SIZE", 0,
	  "stop a run that takes more (80% of what is available)", 30 },
	{ "observer-memory", OPTION_OBSERVER_MEMORY, "SIZE", 0,
	  "bound of the bpf probe's tables, which grow with what is touched (256M)", 30 },
	{ "timeout", OPTION_TIMEOUT, "TIME", 0, "stop a run that takes longer (60)", 30 },
	{ "user", OPTION_USER, "NAME", 0,
	  "run the measured program as this user (under sudo: who called it)", 30 },
	{ NULL, 0, NULL, 0, "What comes out:", 40 },
	{ "details", OPTION_DETAILS, NULL, 0,
	  "show every case and figure, not only what fits a screen", 40 },
	{ "quiet", 'q', NULL, 0, "no report and no progress", 40 },
	{ "progress", OPTION_PROGRESS, "WHEN", 0,
	  "auto (a line on a terminal, one per 30 s elsewhere), always, never", 40 },
	{ 0 },
};

/* Ends the program: argp cannot print our own error messages. */
__attribute__((noreturn)) static void refuse(struct error *err)
{
	exit(command_fail(err));
}

__attribute__((noreturn, format(printf, 2, 3))) static void refuse_value(const char *hint,
									 const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf message = STRBUF_INIT;
	struct error err = ERROR_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&message, fmt, ap);
	va_end(ap);
	error_set(&err, ERROR_USAGE, EINVAL, "%s", message.buf);
	error_hint(&err, "%s", hint);
	refuse(&err);
}

static unsigned int parse_rounds(const char *arg)
{
	uint64_t rounds;

	if (parse_u64(arg, &rounds) < 0 || rounds < 1 || rounds > 100000)
		refuse_value(
			"give a whole number from 1 on; 5 or more give intervals worth reading",
			"not a number of rounds: '%s'", arg);
	return (unsigned int)rounds;
}

static uint64_t parse_time(const char *option, const char *arg)
{
	uint64_t ns;

	if (parse_duration_ns(arg, &ns) < 0 || ns == 0)
		refuse_value("write seconds, or a number with a unit: 90, 1.5m, 500ms",
			     "not a duration: --%s '%s'", option, arg);
	return ns;
}

static double parse_percent(const char *option, const char *arg)
{
	double pct;

	if (parse_pct(arg, &pct) < 0 || pct <= 0 || pct >= 1000)
		refuse_value("write it like 5 or 2.5%", "not a percentage above 0: --%s '%s'",
			     option, arg);
	return pct;
}

static void parse_fail_if(struct measure *measure, const char *arg)
{
	struct error err = ERROR_INIT;
	struct failif *item =
		ARRAY_PUSH(measure->failifs, measure->failif_count, measure->failif_alloc);

	if (failif_parse(arg, item, &err) < 0)
		refuse(&err);
}

static void parse_progress(struct measure *measure, const char *arg)
{
	struct error err = ERROR_INIT;

	if (progress_mode_parse(arg, &measure->progress_mode, &err) < 0)
		refuse(&err);
}

/* How long and how: options with numbers. */
static error_t parse_numbers(int key, char *arg, struct measure *measure)
{
	switch (key) {
	case 'r':
		measure->rule.rounds = parse_rounds(arg);
		return 0;
	case OPTION_BUDGET:
		measure->rule.budget_ns = parse_time("budget", arg);
		return 0;
	case OPTION_PRECISION:
		measure->rule.precision_pct = parse_percent("precision", arg);
		return 0;
	case OPTION_MARGIN:
		measure->margin_pct = parse_percent("margin", arg);
		return 0;
	case OPTION_TIMEOUT:
		measure->timeout_ns = parse_time("timeout", arg);
		return 0;
	case OPTION_SEED:
		if (parse_u64(arg, &measure->seed) < 0)
			refuse_value("give a whole number", "not a seed: '%s'", arg);
		measure->seed_given = true;
		return 0;
	case OPTION_MEMORY_MAX:
		if (parse_size(arg, &measure->memory_max_bytes) < 0 || !measure->memory_max_bytes)
			refuse_value("write it like 512M or 2G", "not a size: --memory-max '%s'",
				     arg);
		return 0;
	case OPTION_OBSERVER_MEMORY:
		if (parse_size(arg, &probe_memory_bytes) < 0 ||
		    probe_memory_bytes < PROBE_MEMORY_MIN_BYTES)
			refuse_value("write it like 512M or 2G; 8M is the least",
				     "not a size: --observer-memory '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct measure *measure = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &measure->outputs;
		return 0;
	case OPTION_PROBE:
		measure->probe_name = arg;
		return 0;
	case OPTION_CPUS:
		measure->cpus_text = arg;
		return 0;
	case OPTION_USER:
		measure->user = arg;
		return 0;
	case OPTION_PROGRESS:
		parse_progress(measure, arg);
		return 0;
	case OPTION_DETAILS:
		measure->outputs.details = true;
		return 0;
	case 'q':
		measure->quiet = true;
		return 0;
	default:
		return parse_numbers(key, arg, measure);
	}
}

const struct argp *measure_common_argp(void)
{
	static struct argp_child children[2];
	static const struct argp argp = { .options = options,
					  .parser = parse_option,
					  .children = children };

	children[0] =
		(struct argp_child){ outputs_argp(), 0, "Files ('-' is standard output):", 50 };
	return &argp;
}

static error_t parse_contest_option(int key, char *arg, struct argp_state *state)
{
	struct measure *measure = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = measure;
		return 0;
	case OPTION_CONTENDERS:
		measure->contenders = arg;
		return 0;
	case OPTION_BASELINE:
		measure->baseline = arg;
		return 0;
	case OPTION_FAIL_IF:
		parse_fail_if(measure, arg);
		return 0;
	case OPTION_FAIL_IF_UNCLEAR:
		measure->fail_if_unclear = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Fills the children of one of the parsers below. */
static const struct argp *with_children(const struct argp *argp, struct argp_child *children)
{
	children[0] = (struct argp_child){ measure_common_argp(), 0, NULL, 0 };
	return argp;
}

const struct argp *measure_argp(void)
{
	static struct argp_child children[2];
	static const struct argp argp = { .options = contest_options,
					  .parser = parse_contest_option,
					  .children = children };

	return with_children(&argp, children);
}

const struct argp *measure_program_argp(void)
{
	static struct argp_child children[2];
	static const struct argp argp = { .options = program_options,
					  .parser = parse_contest_option,
					  .children = children };

	return with_children(&argp, children);
}
