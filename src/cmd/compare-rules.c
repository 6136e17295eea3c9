/* SPDX-License-Identifier: MIT */
/* cmd/compare-options: which options go together. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "cmd/arguments.h"
#include "cmd/compare-options.h"

/* Checks that --higher-is-better names existing metrics. */
static int check_names(const struct compare_options *compare, struct error *err)
{
	const char *names = compare->higher_is_better_names;

	for (size_t len; names; names = names[len] ? names + len + 1 : NULL) {
		len = strcspn(names, ",");
		if (compare_options_find_metric(compare, names, len))
			continue;
		error_set(err, ERROR_USAGE, EINVAL,
			  "--higher-is-better names '%.*s', which is not a --metric", (int)len,
			  names);
		error_hint(err, "give the NAME of a --metric 'NAME=REGEX'");
		return -EINVAL;
	}
	return 0;
}

static bool mentions_build(const struct compare_options *compare)
{
	for (size_t i = 0; compare->command && compare->command[i]; i++)
		if (strstr(compare->command[i], COMPARE_BUILD))
			return true;
	return compare->server && strstr(compare->server, COMPARE_BUILD);
}

static bool has_parameter(const struct scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->count; i++)
		if (!strcmp(scan->parameters[i].name, name))
			return true;
	return false;
}

/* Each entry is a rule on combining options, with the remedy for a violation. */
int compare_options_check(const struct compare_options *compare, struct error *err)
{
	bool has_command = compare->command && compare->command[0];
	bool ready = compare->ready_port || compare->ready_regex;
	bool builds = compare->baseline_build, placed = builds && mentions_build(compare);
	const struct argument_rule rules[] = {
		{ has_command || compare->server, "no command to compare",
		  "put it behind --: madvisor compare -- ./program args" },
		{ !has_command || !compare->server, "both --server and a command",
		  "give the server's command line to --server, and what loads it to --load" },
		{ !compare->server || compare->load, "--server without --load",
		  "say with --load 'CMD' what the server is to do" },
		{ !compare->server || ready, "--server without --ready-port or --ready-regex",
		  "say how it shows that it is ready: --ready-port N, or --ready-regex REGEX" },
		{ compare->server || (!compare->load && !ready),
		  "--load, --ready-port and --ready-regex are for --server",
		  "give the server's command line to --server" },
		{ !compare->server || !compare->shell, "--shell does not go with --server",
		  "--load is run by sh; for the server write --server \"sh -c 'exec …'\"" },
		{ builds || !compare->build, "--build without --baseline-build",
		  "name the old build as well: --baseline-build OLD" },
		{ !builds || (!compare->measure.contenders && !compare->measure.baseline),
		  "--contenders and --baseline do not go with --baseline-build",
		  "the contenders are the two builds, old and new; compare allocators in a run of their own" },
		{ !placed || compare->build, COMPARE_BUILD " without --build",
		  "say what the new build has in its place: --build NEW" },
		{ placed || !compare->build, "--build, but no " COMPARE_BUILD " in the command",
		  "put it where the two builds differ: madvisor compare --baseline-build old.py --build "
		  "new.py -- python3 {build}" },
		{ placed || !builds || !compare->shell,
		  "--baseline-build with --shell, but no " COMPARE_BUILD " in the command",
		  "put it where the two builds differ, and give both: --baseline-build OLD --build NEW" },
		{ !builds || !has_parameter(&compare->scan, "build"),
		  "--parameter build, beside --baseline-build",
		  "give the parameter another name: {build} is the build" },
		{ !scan_swept(&compare->scan) || scan_combinations(&compare->scan) == 2,
		  "a range of -P beside several values of another",
		  "a sweep goes over one number: give each other parameter one value" },
		{ (!compare->higher_is_better && !compare->higher_is_better_names) ||
			  compare->metric_count,
		  "--higher-is-better without --metric",
		  "say with --metric 'name=REGEX' what is better when it is higher" },
	};

	if (arguments_check(rules, ARRAY_SIZE(rules), err) < 0 || check_names(compare, err) < 0)
		return -EINVAL;
	if (!compare->input || access(compare->input, R_OK) == 0)
		return 0;
	error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", compare->input, strerror(errno));
	error_hint(err, "name a file that holds its standard input");
	return -EINVAL;
}
