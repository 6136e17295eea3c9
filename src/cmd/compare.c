/* SPDX-License-Identifier: MIT */
/* `madvisor compare`: the user's own command, or server, under every contender. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "alloc/allocator.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/quote.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cmd/command.h"
#include "cmd/compare-options.h"
#include "cmd/contenders.h"
#include "explain/explain.h"
#include "run/compare.h"
#include "run/references.h"

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
		*ARRAY_PUSH(argv, count, alloc) =
			scan_substitute(&compare->scan, combination, line);
	} else {
		for (size_t i = 0; compare->command[i]; i++)
			*ARRAY_PUSH(argv, count, alloc) =
				scan_substitute(&compare->scan, combination, compare->command[i]);
	}
	*ARRAY_PUSH(argv, count, alloc) = NULL;
	return argv;
}

/* The words of a server's command line, quoted as for a shell (wordexp(3)). Free with strv_free(). */
static int split_server(const struct compare_options *compare, size_t combination, char ***ret,
			struct error *err)
{
	_cleanup_free_ char *line = scan_substitute(&compare->scan, combination, compare->server);
	wordexp_t words;
	size_t count = 0, alloc = 0;

	*ret = NULL;
	int code = wordexp(line, &words, WRDE_NOCMD | WRDE_UNDEF);
	if (code == 0 && words.we_wordc > 0) {
		for (size_t i = 0; i < words.we_wordc; i++)
			*ARRAY_PUSH(*ret, count, alloc) = xstrdup(words.we_wordv[i]);
		*ARRAY_PUSH(*ret, count, alloc) = NULL;
		wordfree(&words);
		return 0;
	}
	error_set(err, ERROR_USAGE, EINVAL, "--server '%s': %s", line,
		  code == WRDE_BADVAL   ? "an unknown variable"
		  : code == WRDE_SYNTAX ? "a quote is not closed"
		  : code == 0           ? "there is no command"
			      : "it holds a character that is a shell's alone, such as | or >");
	error_hint(err, "quote it, or let a shell run the server: sh -c 'exec …'");
	return -EINVAL;
}

static int build_case(struct compare_options *compare, size_t combination, struct error *err)
{
	struct case_info *item = result_add_case(&compare->measure.result);
	_cleanup_free_ char *suffix = scan_describe(&compare->scan, combination);
	struct compare_case *one = &compare->cases[combination];
	char **argv = NULL;
	int r = 0;

	if (compare->server)
		r = split_server(compare, combination, &argv, err);
	else
		argv = build_argv(compare, combination);
	if (r < 0)
		return r;
	*one = (struct compare_case){
		.argv = (const char *const *)argv,
		.prepare = scan_substitute(&compare->scan, combination, compare->prepare),
		.conclude = scan_substitute(&compare->scan, combination, compare->conclude),
		.load = scan_substitute(&compare->scan, combination, compare->load),
	};
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	quote_words(&line, one->argv);
	item->name = xasprintf("command%s", suffix);
	scan_add_parameters(&compare->scan, combination, item);
	item->description =
		one->load ? xasprintf("%s, under: %s", line.buf, one->load) : strbuf_detach(&line);
	return 0;
}

static int build_cases(struct compare_options *compare, struct error *err)
{
	int r = 0;

	compare->case_count = scan_combinations(&compare->scan);
	compare->cases = xcalloc(compare->case_count, sizeof(*compare->cases));
	for (size_t i = 0; r == 0 && i < compare->case_count; i++)
		r = build_case(compare, i, err);
	return r;
}

/* Chooses the metric that contenders are judged by. */
static void choose_metric(struct compare_options *options_given)
{
	struct command *command = &options_given->measure.result.command;

	if (options_given->server)
		command->metric = METRIC_CPU_NS;
	if (options_given->metric_count)
		command->metric = METRIC_CUSTOM;
	for (size_t i = 0; i < options_given->metric_count; i++)
		command->own_metrics[command->own_metric_count++] = (struct own_metric){
			xstrdup(options_given->metrics[i].name),
			compare_options_higher_is_better(options_given,
							 options_given->metrics[i].name),
		};
}

/* Resolves the contenders and checks them against the program of every case. */
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
	choose_metric(options_given);
	return measure_add_gates(measure, err);
}

static int run(struct compare_options *options_given, int argc, char **argv, struct error *err)
{
	struct measure *measure = &options_given->measure;
	int r = compare_options_check(options_given, err);

	if (r == 0)
		r = build_cases(options_given, err);
	if (r < 0)
		return r;
	r = measure_prepare(measure, RESULT_COMPARE, argc, argv, err);
	if (r == 0)
		r = resolve_contenders(options_given, err);
	if (r < 0)
		return r;
	struct compare compare = {
		.result = &measure->result,
		.cases = options_given->cases,
		.setup = measure->setup,
		.rule = measure->rule,
		.program = { .input = options_given->input,
			     .ignore_failure = options_given->ignore_failure,
			     .metrics = options_given->metrics,
			     .metric_count = options_given->metric_count },
		.server = { .port = options_given->ready_port,
			    .ready = options_given->ready_regex ? &options_given->ready : NULL,
			    .ready_timeout_ns = options_given->ready_timeout_ns,
			    .stop_timeout_ns = options_given->stop_timeout_ns },
		.warmups = options_given->warmups,
		.ignore_output = options_given->ignore_output,
		.lenient = measure_takes_all(measure),
		.observer = measure->observer,
		.progress = measure_progress,
		.keep = measure_keep,
		.undecided = measure_undecided,
		.context = measure,
	};
	r = compare_run(&compare, err);
	result_explain_differences(&measure->result, allocator_catalogue());
	return r;
}

static int compare_main(int argc, char **argv)
{
	struct compare_options compare;
	struct error err = ERROR_INIT;

	compare_options_init(&compare);
	argp_parse(compare_argp(), argc, argv, ARGP_IN_ORDER, NULL, &compare);
	int r = run(&compare, argc, argv, &err);
	int status = measure_finish(&compare.measure, r, &err);
	compare_options_release(&compare);
	return status;
}

const struct command_entry command_compare = {
	"compare",
	"your own command under every allocator",
	compare_main,
};
