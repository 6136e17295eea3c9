/* SPDX-License-Identifier: MIT */
#include "cmd/compare-options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/command.h"

enum {
	OPTION_PREPARE = 0x5000,
	OPTION_BASELINE_BUILD,
	OPTION_BUILD,
	OPTION_CONCLUDE,
	OPTION_SHELL,
	OPTION_INPUT,
	OPTION_METRIC,
	OPTION_HIGHER_IS_BETTER,
	OPTION_SERVER,
	OPTION_LOAD,
	OPTION_READY_PORT,
	OPTION_READY_REGEX,
	OPTION_READY_TIMEOUT,
	OPTION_STOP_TIMEOUT,
	OPTION_IGNORE_OUTPUT,
};

#define DEFAULT_READY_TIMEOUT_NS (30 * NS_PER_SEC)

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is run:", 1 },
	{ "parameter", 'P', "NAME=A,B,...", 0,
	  "once for each value, {NAME} replaced by it; NAME=A..B: at many values of a number: where does a "
	  "contender jump?",
	  1 },
	{ "baseline-build", OPTION_BASELINE_BUILD, "OLD", 0,
	  "compare two builds of a program, `old` and `new`: OLD in place of COMMAND, or of {build} in it",
	  1 },
	{ "build", OPTION_BUILD, "NEW", 0, "with {build} in COMMAND: what `new` has there", 1 },
	{ "prepare", OPTION_PREPARE, "CMD", 0, "shell command before each run, not timed", 1 },
	{ "conclude", OPTION_CONCLUDE, "CMD", 0, "shell command after each run, not timed", 1 },
	{ "warmup", 'w', "N", 0, "untimed runs of each contender first (0)", 1 },
	{ "shell", OPTION_SHELL, "SHELL", 0, "run the command by SHELL -c; 'none' by default", 1 },
	{ "input", OPTION_INPUT, "FILE", 0, "its standard input (/dev/null)", 1 },
	{ "ignore-failure", 'i', NULL, 0, "an exit status other than 0 counts too", 1 },
	{ "ignore-output", OPTION_IGNORE_OUTPUT, NULL, 0,
	  "an output that differs from the baseline's counts too", 1 },
	{ "metric", OPTION_METRIC, "NAME=REGEX", 0,
	  "judge by a number that it prints: the regular expression's first group; several times: the first "
	  "judges, the others get a table each",
	  1 },
	{ "higher-is-better", OPTION_HIGHER_IS_BETTER, "NAME,...", OPTION_ARG_OPTIONAL,
	  "more of every --metric, or of those named, is better", 1 },
	{ NULL, 0, NULL, 0, "Servers:", 2 },
	{ "server", OPTION_SERVER, "CMD", 0,
	  "the server to run under every contender, in place of COMMAND", 2 },
	{ "load", OPTION_LOAD, "CMD", 0, "shell command that loads it, in your own environment",
	  2 },
	{ "ready-port", OPTION_READY_PORT, "N", 0, "it is ready once it takes connections there",
	  2 },
	{ "ready-regex", OPTION_READY_REGEX, "REGEX", 0,
	  "it is ready once it prints a line that matches", 2 },
	{ "ready-timeout", OPTION_READY_TIMEOUT, "TIME", 0,
	  "how long it may take to get ready (30)", 2 },
	{ "stop-timeout", OPTION_STOP_TIMEOUT, "TIME", 0,
	  "how long it may take to end at SIGTERM (10)", 2 },
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

/* A name that every report and condition can hold: one line that is not empty. */
static const char *parse_name(const char *arg)
{
	struct error err = ERROR_INIT;

	if (*arg && !strpbrk(arg, "\n\t"))
		return arg;
	error_set(&err, ERROR_USAGE, EINVAL, "not a name: --command-name '%s'", arg);
	error_hint(&err, "give one line of text");
	refuse(&err);
}

static void parse_scan(struct scan *scan, const char *arg)
{
	struct error err = ERROR_INIT;

	if (scan_add(scan, arg, &err) < 0)
		refuse(&err);
}

static unsigned int parse_port(const char *arg)
{
	struct error err = ERROR_INIT;
	uint64_t port;

	if (parse_u64(arg, &port) == 0 && port >= 1 && port <= 65535)
		return (unsigned int)port;
	error_set(&err, ERROR_USAGE, EINVAL, "not a port: '%s'", arg);
	error_hint(&err, "give a number from 1 to 65535");
	refuse(&err);
}

static uint64_t parse_patience(const char *option, const char *arg)
{
	struct error err = ERROR_INIT;
	uint64_t ns;

	if (parse_duration_ns(arg, &ns) == 0 && ns > 0)
		return ns;
	error_set(&err, ERROR_USAGE, EINVAL, "not a duration: --%s '%s'", option, arg);
	error_hint(&err, "write seconds, or a number with a unit: 90, 1.5m, 500ms");
	refuse(&err);
}

static void parse_ready(struct compare_options *compare, const char *arg)
{
	struct error err = ERROR_INIT;
	char problem[256];

	if (compare->ready_regex)
		regfree(&compare->ready);
	int code = regcomp(&compare->ready, arg, REG_EXTENDED | REG_NOSUB);
	compare->ready_regex = arg;
	if (!code)
		return;
	regerror(code, &compare->ready, problem, sizeof(problem));
	error_set(&err, ERROR_USAGE, EINVAL, "--ready-regex '%s': %s", arg, problem);
	error_hint(&err, "regex(7) describes POSIX extended regular expressions");
	refuse(&err);
}

static error_t parse_server_option(int key, char *arg, struct compare_options *compare)
{
	switch (key) {
	case OPTION_SERVER:
		compare->server = arg;
		return 0;
	case OPTION_LOAD:
		compare->load = arg;
		return 0;
	case OPTION_READY_PORT:
		compare->ready_port = parse_port(arg);
		return 0;
	case OPTION_READY_REGEX:
		parse_ready(compare, arg);
		return 0;
	case OPTION_READY_TIMEOUT:
		compare->ready_timeout_ns = parse_patience("ready-timeout", arg);
		return 0;
	case OPTION_STOP_TIMEOUT:
		compare->stop_timeout_ns = parse_patience("stop-timeout", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct extraction *compare_options_find_metric(const struct compare_options *compare,
						     const char *name, size_t len)
{
	for (size_t i = 0; i < compare->metric_count; i++)
		if (strlen(compare->metrics[i].name) == len &&
		    !strncmp(compare->metrics[i].name, name, len))
			return &compare->metrics[i];
	return NULL;
}

static void parse_metric(struct compare_options *compare, const char *arg)
{
	struct error err = ERROR_INIT;

	if (compare->metric_count == METRIC_OWN_COUNT) {
		error_set(&err, ERROR_USAGE, E2BIG, "more than %d --metric", METRIC_OWN_COUNT);
		error_hint(&err, "take the others in a run of their own");
		refuse(&err);
	}
	struct extraction *metric = &compare->metrics[compare->metric_count];
	if (extraction_parse(arg, metric, &err) < 0)
		refuse(&err);
	if (compare_options_find_metric(compare, metric->name, strlen(metric->name))) {
		error_set(&err, ERROR_USAGE, EINVAL, "two --metric have the name %s", metric->name);
		error_hint(&err, "give each a name of its own");
		refuse(&err);
	}
	compare->metric_count++;
}

static void add_higher_is_better(struct compare_options *compare, const char *names)
{
	char *before = compare->higher_is_better_names;

	if (!names) {
		compare->higher_is_better = true;
		return;
	}
	compare->higher_is_better_names =
		before ? xasprintf("%s,%s", before, names) : xstrdup(names);
	free(before);
}

static error_t parse_command_option(int key, char *arg, struct argp_state *state)
{
	struct compare_options *compare = state->input;

	switch (key) {
	case 'P':
		parse_scan(&compare->scan, arg);
		return 0;
	case OPTION_BASELINE_BUILD:
		compare->baseline_build = arg;
		return 0;
	case OPTION_BUILD:
		compare->build = arg;
		return 0;
	case OPTION_PREPARE:
		compare->prepare = arg;
		return 0;
	case OPTION_CONCLUDE:
		compare->conclude = arg;
		return 0;
	case 'w':
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
	case OPTION_IGNORE_OUTPUT:
		compare->ignore_output = true;
		return 0;
	case OPTION_METRIC:
		parse_metric(compare, arg);
		return 0;
	case OPTION_HIGHER_IS_BETTER:
		add_higher_is_better(compare, arg);
		return 0;
	case ARGP_KEY_ARGS:
		compare->command = state->argv + state->next;
		return 0;
	default:
		return parse_server_option(key, arg, compare);
	}
}

static const struct argp_option name_options[] = {
	{ "command-name", 'n', "NAME", 0, "what the command is called in the result (command)", 1 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct compare_options *compare = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &compare->measure;
		state->child_inputs[1] = compare;
		return 0;
	case 'n':
		compare->name = parse_name(arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *compare_command_argp(void)
{
	static const struct argp argp = { .options = options, .parser = parse_command_option };

	return &argp;
}

const struct argp *compare_argp(void)
{
	static struct argp_child children[3];
	static const struct argp argp = {
		.options = name_options,
		.parser = parse_option,
		.args_doc =
			"-- COMMAND [ARG...]\n--server CMD --load CMD (--ready-port N | --ready-regex REGEX)",
		.doc = "Runs your command under every contender, in random order within rounds, and compares "
		       "time and memory. Says so where an allocator cannot be replaced in it, and where its "
		       "output changes.",
		.children = children,
	};

	children[0] = (struct argp_child){ measure_program_argp(), 0, NULL, 0 };
	children[1] = (struct argp_child){ compare_command_argp(), 0, NULL, 0 };
	return &argp;
}

void compare_options_init(struct compare_options *compare)
{
	*compare = (struct compare_options){
		.ready_timeout_ns = DEFAULT_READY_TIMEOUT_NS,
		.stop_timeout_ns = LAUNCH_GRACE_NS,
	};
	measure_init(&compare->measure);
}

void compare_case_release(struct compare_case *item)
{
	strv_free((char **)item->argv);
	free((char *)item->prepare);
	free((char *)item->conclude);
	free((char *)item->load);
}

void compare_options_release(struct compare_options *compare)
{
	for (size_t i = 0; i < compare->case_count; i++) {
		compare_case_release(&compare->cases[i]);
		if (compare->baseline_cases)
			compare_case_release(&compare->baseline_cases[i]);
	}
	free(compare->cases);
	free(compare->baseline_cases);
	if (compare->ready_regex)
		regfree(&compare->ready);
	scan_release(&compare->scan);
	free(compare->higher_is_better_names);
	for (size_t i = 0; i < compare->metric_count; i++)
		extraction_release(&compare->metrics[i]);
	measure_release(&compare->measure);
}

bool compare_options_higher_is_better(const struct compare_options *compare, const char *name)
{
	const char *names = compare->higher_is_better_names;
	bool named = false;

	for (size_t len; names && !named; names = names[len] ? names + len + 1 : NULL) {
		len = strcspn(names, ",");
		named = len == strlen(name) && !strncmp(names, name, len);
	}
	return named || compare->higher_is_better;
}
