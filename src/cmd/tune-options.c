/* SPDX-License-Identifier: MIT */
#include "cmd/tune-options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "cmd/arguments.h"
#include "cmd/command.h"

enum {
	OPTION_CASE = 0x6000,
	OPTION_CONTENDER,
	OPTION_CONTENDERS,
	OPTION_PREFER,
	OPTION_GUARD,
	OPTION_GUARD_MARGIN,
	OPTION_COMPARE_WITH,
	OPTION_TRIALS,
	OPTION_RESUME,
	OPTION_SEARCH,
};

static const struct argp_option options[] = {
	{ "case", OPTION_CASE, "CASE", 0, "a case of `madvisor list cases` in place of COMMAND",
	  1 },
	{ "contender", OPTION_CONTENDER, "NAME", 0,
	  "the allocator whose settings are searched: jemalloc, jemalloc@5.3.0, self; default: the program's own; of "
	  "a case glibc",
	  1 },
	{ "contenders", OPTION_CONTENDERS, "A,B,...", 0,
	  "search other allocators and their settings too: jemalloc,mimalloc; all that are found: all",
	  1 },
	{ "prefer", OPTION_PREFER, "WHAT", 0,
	  "balanced (default: twice the memory must bring 16% of the time), speed, memory", 1 },
	{ "guard", OPTION_GUARD, "CASE|CMD", 0,
	  "what must not get worse: a case, or a shell command where a command is tuned; several times; none; "
	  "default of a case: the others of its suite",
	  1 },
	{ "guard-margin", OPTION_GUARD_MARGIN, "PCT", 0, "and by how much at most (5%)", 1 },
	{ "trials", OPTION_TRIALS, "N", 0,
	  "runs of the search, in place of --budget: the same work on every machine", 1 },
	{ "search", OPTION_SEARCH, "KIND", 0,
	  "full (default); random or one-by-one, to hold it against", 1 },
	{ "resume", OPTION_RESUME, "FILE", OPTION_ARG_OPTIONAL,
	  "go on with a tuning that was killed or interrupted: its journal or result, or the newest",
	  1 },
	{ "compare-with", OPTION_COMPARE_WITH, "CONTENDER", 0,
	  "confirm these settings too: jemalloc[tcache_max:4096]; several times", 1 },
	{ 0 },
};

__attribute__((noreturn)) static void refuse(const char *hint, const char *fmt, const char *arg)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_USAGE, EINVAL, "%s: '%s'", fmt, arg);
	error_hint(&err, "%s", hint);
	exit(command_fail(&err));
}

static enum search_kind parse_search(const char *word)
{
	static const char *const words[] = {
		[SEARCH_FULL] = "full",
		[SEARCH_RANDOM] = "random",
		[SEARCH_ONE_BY_ONE] = "one-by-one",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word))
			return (enum search_kind)i;
	refuse("choose full, random or one-by-one", "--search", word);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct tune_options *tune = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &tune->compare;
		state->child_inputs[1] = &tune->compare.measure;
		return 0;
	case OPTION_CASE:
		tune->case_name = arg;
		return 0;
	case OPTION_CONTENDER:
		tune->contender = arg;
		return 0;
	case OPTION_CONTENDERS:
		tune->contenders = arg;
		return 0;
	case OPTION_PREFER:
		if (tuning_preference_by_name(arg) < 0)
			refuse("choose balanced, speed or memory", "--prefer", arg);
		tune->preference = (enum tuning_preference)tuning_preference_by_name(arg);
		return 0;
	case OPTION_GUARD:
		*ARRAY_PUSH(tune->guards, tune->guard_count, tune->guard_alloc) = arg;
		return 0;
	case OPTION_GUARD_MARGIN:
		if (parse_pct(arg, &tune->guard_margin_pct) < 0 || tune->guard_margin_pct <= 0 ||
		    tune->guard_margin_pct >= 1000)
			refuse("write it like 5 or 2.5%",
			       "not a percentage above 0: --guard-margin", arg);
		return 0;
	case OPTION_TRIALS:
		if (parse_u64(arg, &tune->trials) < 0 || tune->trials < TUNE_TRIALS_MIN ||
		    tune->trials > TUNE_TRIALS_MAX)
			refuse("a search that says anything takes 40 runs; 1000000 are the most",
			       "not a number of runs: --trials", arg);
		return 0;
	case OPTION_SEARCH:
		tune->search = parse_search(arg);
		return 0;
	case OPTION_RESUME:
		tune->resume = true;
		tune->resume_path = arg;
		return 0;
	case OPTION_COMPARE_WITH:
		*ARRAY_PUSH(tune->advised, tune->advised_count, tune->advised_alloc) = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *tune_argp(void)
{
	static struct argp_child children[3];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc =
			"--case CASE\n--resume [JOURNAL|RESULT]\n-- COMMAND [ARG...]\n--server CMD --load CMD (--ready-port N | --ready-regex REGEX)",
		.doc = "Searches the settings of an allocator, and with --contenders of others, for those under which a program is fastest at what memory, "
		       "confirms the best on fresh rounds, checks that nothing that is guarded gets worse, and says "
		       "what each setting is worth.",
		.children = children,
	};

	children[0] = (struct argp_child){ compare_command_argp(), 0, NULL, 0 };
	children[1] = (struct argp_child){ measure_common_argp(), 0, NULL, 0 };
	return &argp;
}

void tune_options_init(struct tune_options *tune)
{
	*tune = (struct tune_options){ .guard_margin_pct = 5 };
	compare_options_init(&tune->compare);
}

void tune_options_release(struct tune_options *tune)
{
	free(tune->guards);
	free(tune->advised);
	compare_options_release(&tune->compare);
}

bool tune_options_unguarded(const struct tune_options *tune)
{
	return tune->guard_count == 1 && !strcmp(tune->guards[0], "none");
}

/* The file after --resume is a word of its own: what would else be the command. */
static int take_resume_path(struct tune_options *tune, struct error *err)
{
	char **words = tune->compare.command;

	if (words && words[0] && (words[1] || tune->resume_path)) {
		error_set(err, ERROR_USAGE, EINVAL, "--resume with a command");
		error_hint(err, "name one journal or result; what is run, it says itself");
		return -EINVAL;
	}
	if (words && words[0])
		tune->resume_path = words[0];
	return 0;
}

int tune_options_parse(struct tune_options *tune, int argc, char **argv, struct resume *resume,
		       struct error *err)
{
	arguments_parse(tune_argp(), argc, argv, ARGP_IN_ORDER, tune);
	if (!tune->resume)
		return 0;
	int r = take_resume_path(tune, err);
	if (r == 0)
		r = resume_open(resume, tune->resume_path, err);
	if (r < 0)
		return r;
	tune_options_release(tune);
	tune_options_init(tune);
	char **words = resume->earlier.command.argv + 1;
	int count = 0;
	while (words[count])
		count++;
	arguments_parse(tune_argp(), count, words, ARGP_IN_ORDER, tune);
	char **command = tune->compare.command;
	arguments_parse(tune_argp(), argc, argv, ARGP_IN_ORDER, tune);
	tune->compare.command = command;
	tune->resume = true;
	tune->compare.measure.seed = resume->earlier.command.seed;
	tune->compare.measure.seed_given = true;
	return 0;
}

int tune_options_check(const struct tune_options *tune, struct error *err)
{
	const struct compare_options *compare = &tune->compare;
	bool has_command = (compare->command && compare->command[0]) || compare->server;
	const struct argument_rule rules[] = {
		{ tune->case_name || has_command, "nothing to tune",
		  "name a case, --case mpsc/16K/senders=5, or put a command behind --: madvisor tune -- ./program args" },
		{ !tune->case_name || !has_command, "both --case and a command",
		  "tune one of them" },
		{ tune->case_name == NULL || !compare->metric_count, "--metric is for a command",
		  "a case is judged by its time" },
		{ !compare->baseline_build, "--baseline-build does not go with tune",
		  "compare two builds with `madvisor compare`" },
		{ scan_combinations(&compare->scan) <= 1, "several values of a -P",
		  "a setting is found for one program: give the parameter one value, and guard the others: --guard" },
		{ compare->measure.rule.precision_pct <= 0, "--precision does not go with tune",
		  "give --budget, and --rounds for the rounds that confirm" },
		{ !tune->trials || !compare->measure.rule.budget_ns, "both --budget and --trials",
		  "give the time or the number of runs" },
		{ !tune->contender || !strchr(tune->contender, '['), "--contender with settings",
		  "name the allocator alone; settings to confirm go to --compare-with" },
		{ !tune->contender || !strchr(tune->contender, ','), "more than one --contender",
		  "it is what others are held against; allocators that are searched beside it go to --contenders" },
	};

	int r = arguments_check(rules, ARRAY_SIZE(rules), err);
	return r == 0 && has_command ? compare_options_check(compare, err) : r;
}
