/* SPDX-License-Identifier: MIT */
/* `madvisor compare`: the user's own command under every contender. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/command.h"
#include "cmd/contenders.h"
#include "cmd/measure.h"
#include "cmd/scan.h"
#include "run/compare.h"
#include "run/references.h"

enum {
	OPTION_PREPARE = 0x5000,
	OPTION_CONCLUDE,
	OPTION_WARMUP,
	OPTION_SHELL,
	OPTION_INPUT,
	OPTION_METRIC,
	OPTION_HIGHER_IS_BETTER,
};

struct compare_options {
	struct measure measure;
	char **command; /* borrowed from argv, NULL-terminated */
	const char *prepare;
	const char *conclude;
	const char *shell; /* NULL: none */
	const char *input;
	unsigned int warmups;
	bool ignore_failure;
	struct extraction metric; /* without a name: none */
	bool higher_is_better;
	struct scan scan;
	struct compare_case *cases; /* owned, with their texts */
	size_t case_count;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is run:", 1 },
	{ "parameter", 'P', "NAME=A,B,…", 0, "once for each value, {NAME} replaced by it", 1 },
	{ "prepare", OPTION_PREPARE, "CMD", 0, "shell command before each run, not timed", 1 },
	{ "conclude", OPTION_CONCLUDE, "CMD", 0, "shell command after each run, not timed", 1 },
	{ "warmup", OPTION_WARMUP, "N", 0, "untimed runs of each contender first (0)", 1 },
	{ "shell", OPTION_SHELL, "SHELL", 0, "run the command by SHELL -c; 'none' by default", 1 },
	{ "input", OPTION_INPUT, "FILE", 0, "its standard input (/dev/null)", 1 },
	{ "ignore-failure", 'i', NULL, 0, "an exit status other than 0 counts too", 1 },
	{ "metric", OPTION_METRIC, "NAME=REGEX", 0,
	  "judge by a number that it prints: the regular expression's first group", 1 },
	{ "higher-is-better", OPTION_HIGHER_IS_BETTER, NULL, 0, "more of --metric is better", 1 },
	{ 0 },
};

__attribute__((noreturn)) static void refuse(struct error *err)
{
	exit(command_fail(err));
}

static unsigned int parse_warmups(const char *arg)
{
	struct error err = ERROR_INIT;
	uint64_t count;

	if (parse_u64(arg, &count) == 0 && count <= 10000)
		return (unsigned int)count;
	error_set(&err, ERROR_USAGE, EINVAL, "not a number of warm-up runs: '%s'", arg);
	error_hint(&err, "give a whole number");
	refuse(&err);
}

static void parse_scan(struct scan *scan, const char *arg)
{
	struct error err = ERROR_INIT;

	if (scan_add(scan, arg, &err) < 0)
		refuse(&err);
}

static void parse_metric(struct extraction *metric, const char *arg)
{
	struct error err = ERROR_INIT;

	extraction_release(metric);
	if (extraction_parse(arg, metric, &err) < 0)
		refuse(&err);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct compare_options *compare = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &compare->measure;
		return 0;
	case 'P':
		parse_scan(&compare->scan, arg);
		return 0;
	case OPTION_PREPARE:
		compare->prepare = arg;
		return 0;
	case OPTION_CONCLUDE:
		compare->conclude = arg;
		return 0;
	case OPTION_WARMUP:
		compare->warmups = parse_warmups(arg);
		return 0;
	case OPTION_SHELL:
		compare->shell = strcmp(arg, "none") ? arg : NULL;
		return 0;
	case OPTION_INPUT:
		compare->input = arg;
		return 0;
	case 'i':
		compare->ignore_failure = true;
		return 0;
	case OPTION_METRIC:
		parse_metric(&compare->metric, arg);
		return 0;
	case OPTION_HIGHER_IS_BETTER:
		compare->higher_is_better = true;
		return 0;
	case ARGP_KEY_ARGS:
		compare->command = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The words of a command as one line for a shell. Caller frees. */
static char *join(char *const *words)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; words[i]; i++)
		strbuf_addf(&sb, "%s%s", i ? " " : "", words[i]);
	return strbuf_detach(&sb);
}

/* The command of one combination, in a shell or as it is. Free with strv_free(). */
static char **build_argv(const struct compare_options *compare, size_t combination)
{
	char **argv = NULL;
	size_t count = 0, alloc = 0;

	if (compare->shell) {
		_cleanup_free_ char *line = join(compare->command);

		*ARRAY_PUSH(argv, count, alloc) = xstrdup(compare->shell);
		*ARRAY_PUSH(argv, count, alloc) = xstrdup("-c");
		*ARRAY_PUSH(argv, count, alloc) = scan_substitute(&compare->scan, combination, line);
	} else {
		for (size_t i = 0; compare->command[i]; i++)
			*ARRAY_PUSH(argv, count, alloc) =
				scan_substitute(&compare->scan, combination, compare->command[i]);
	}
	*ARRAY_PUSH(argv, count, alloc) = NULL;
	return argv;
}

static void build_cases(struct compare_options *compare)
{
	struct result *result = &compare->measure.result;

	compare->case_count = scan_combinations(&compare->scan);
	compare->cases = xcalloc(compare->case_count, sizeof(*compare->cases));
	for (size_t i = 0; i < compare->case_count; i++) {
		_cleanup_free_ char *suffix = scan_describe(&compare->scan, i);
		char **argv = build_argv(compare, i);
		struct case_info *item = result_add_case(result);

		item->name = xasprintf("command%s", suffix);
		item->description = join(argv);
		compare->cases[i] = (struct compare_case){
			.argv = (const char *const *)argv,
			.prepare = scan_substitute(&compare->scan, i, compare->prepare),
			.conclude = scan_substitute(&compare->scan, i, compare->conclude),
		};
	}
}

static void release(struct compare_options *compare)
{
	for (size_t i = 0; i < compare->case_count; i++) {
		strv_free((char **)compare->cases[i].argv);
		free((char *)compare->cases[i].prepare);
		free((char *)compare->cases[i].conclude);
	}
	free(compare->cases);
	scan_release(&compare->scan);
	extraction_release(&compare->metric);
	measure_release(&compare->measure);
}

/* What is wrong before anything runs. */
static int check_request(const struct compare_options *compare, struct error *err)
{
	if (!compare->command || !compare->command[0]) {
		error_set(err, ERROR_USAGE, EINVAL, "no command to compare");
		error_hint(err, "put it behind --: madvisor compare -- ./program args");
		return -EINVAL;
	}
	if (compare->higher_is_better && !compare->metric.name) {
		error_set(err, ERROR_USAGE, EINVAL, "--higher-is-better without --metric");
		error_hint(err, "say with --metric 'name=REGEX' what is better when it is higher");
		return -EINVAL;
	}
	if (compare->input && access(compare->input, R_OK) < 0) {
		error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", compare->input,
			  strerror(errno));
		error_hint(err, "name a file that holds its standard input");
		return -EINVAL;
	}
	return 0;
}

/* By what contenders are judged. */
static void choose_metric(struct compare_options *options_given)
{
	struct command *command = &options_given->measure.result.command;

	if (!options_given->metric.name)
		return;
	command->metric = METRIC_CUSTOM;
	command->metric_name = xstrdup(options_given->metric.name);
	command->metric_higher_is_better = options_given->higher_is_better;
}

/* Who takes part, for the program of every case. */
static int resolve_contenders(struct compare_options *options_given, struct error *err)
{
	struct measure *measure = &options_given->measure;
	const char *program = options_given->cases[0].argv[0];
	int r = measure_resolve_for_program(measure, program, err);

	for (size_t i = 1; r == 0 && i < options_given->case_count; i++)
		if (strcmp(options_given->cases[i].argv[0], program) != 0)
			r = measure_check_program(measure, options_given->cases[i].argv[0], err);
	if (r < 0)
		return r;
	result_add_twin(&measure->result);
	return measure_check_failifs(measure, err);
}

static int run(struct compare_options *options_given, int argc, char **argv, struct error *err)
{
	struct measure *measure = &options_given->measure;
	int r = check_request(options_given, err);

	if (r < 0)
		return r;
	build_cases(options_given);
	r = measure_prepare(measure, "compare", argc, argv, err);
	if (r == 0)
		r = resolve_contenders(options_given, err);
	if (r < 0)
		return r;
	choose_metric(options_given);
	struct compare compare = {
		.result = &measure->result,
		.cases = options_given->cases,
		.setup = measure->setup,
		.rule = measure->rule,
		.program = { .input = options_given->input,
			     .ignore_failure = options_given->ignore_failure,
			     .metric = options_given->metric.name ? &options_given->metric : NULL },
		.warmups = options_given->warmups,
		.lenient = measure_takes_all(measure),
		.observer = measure->observer,
		.progress = measure_progress,
		.context = measure,
	};
	return compare_run(&compare, err);
}

static int compare_main(int argc, char **argv)
{
	static struct argp_child children[2];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "-- COMMAND [ARG…]",
		.doc = "Runs your command under every contender, in random order within rounds, and compares "
		       "time and memory. Says so where an allocator cannot be replaced in it, and where its "
		       "output changes.",
		.children = children,
	};
	struct compare_options compare = { 0 };
	struct error err = ERROR_INIT;

	children[0] = (struct argp_child){ measure_argp(), 0, NULL, 0 };
	measure_init(&compare.measure);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &compare);
	int r = run(&compare, argc, argv, &err);
	int status = measure_finish(&compare.measure, r, &err);
	release(&compare);
	return status;
}

const struct command_entry command_compare = {
	"compare",
	"your own command under every allocator",
	compare_main,
};
