/* SPDX-License-Identifier: MIT */
/* `madvisor report`: render a saved result again. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/failif.h"
#include "cmd/journal.h"
#include "cmd/outputs.h"
#include "cmd/state.h"
#include "model/across.h"
#include "model/document.h"
#include "model/judge.h"

struct report_request {
	struct outputs outputs;
	const char *path;    /* NULL: the newest one */
	bool recover;        /* it is a journal */
	const char *against; /* an earlier result; NULL: none */
	bool despite[ACROSS_KINDS];
	struct failif *failifs;
	size_t failif_count, failif_alloc;
	bool fail_if_unclear;
};

enum {
	OPTION_FOLDED = 0x7000,
	OPTION_RECOVER,
	OPTION_AGAINST,
	OPTION_DESPITE,
	OPTION_FAIL_IF,
	OPTION_FAIL_IF_UNCLEAR,
	OPTION_DETAILS,
};

static const struct argp_option options[] = {
	{ "details", OPTION_DETAILS, NULL, 0,
	  "show every case and figure, not only what fits a screen", 0 },
	{ "folded", OPTION_FOLDED, "FILE", 0,
	  "stacks of purges and refaults of `madvisor explain`, for flame graphs", 0 },
	{ "recover", OPTION_RECOVER, NULL, 0,
	  "make a result of what a killed madvisor left: of the journal named, or the newest", 0 },
	{ "against", OPTION_AGAINST, "EARLIER", 0,
	  "compare its ratios with those of an earlier result of the same machine, kernel, allocators and "
	  "command",
	  0 },
	{ "despite", OPTION_DESPITE, "A,B,...", 0,
	  "compare all the same, though these differ: machine, kernel, allocator, command", 0 },
	{ "fail-if", OPTION_FAIL_IF, "CONDITION", 0,
	  "exit with 1 where it holds: 'jemalloc slower 5%'; with --against: than it was", 0 },
	{ "fail-if-unclear", OPTION_FAIL_IF_UNCLEAR, NULL, 0,
	  "exit with 5 where a --fail-if cannot be decided", 0 },
	{ 0 },
};

static void parse_despite(struct report_request *request, struct argp_state *state, char *list)
{
	for (char *name; (name = strsep(&list, ","));) {
		int kind = across_kind_by_name(name);

		if (kind < 0)
			argp_error(state,
				   "--despite '%s' is none of machine, kernel, allocator, command",
				   name);
		else
			request->despite[kind] = true;
	}
}

static void parse_fail_if(struct report_request *request, const char *text)
{
	struct error err = ERROR_INIT;

	if (failif_parse(text,
			 ARRAY_PUSH(request->failifs, request->failif_count, request->failif_alloc),
			 &err) < 0)
		exit(command_fail(&err));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct report_request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->outputs;
		return 0;
	case OPTION_FOLDED:
		outputs_add(&request->outputs, "folded", arg);
		return 0;
	case OPTION_DETAILS:
		request->outputs.details = true;
		return 0;
	case OPTION_RECOVER:
		request->recover = true;
		return 0;
	case OPTION_AGAINST:
		request->against = arg;
		return 0;
	case OPTION_DESPITE:
		parse_despite(request, state, arg);
		return 0;
	case OPTION_FAIL_IF:
		parse_fail_if(request, arg);
		return 0;
	case OPTION_FAIL_IF_UNCLEAR:
		request->fail_if_unclear = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->path)
			argp_error(state, "one result at a time");
		request->path = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Saves the result and deletes the journal, if that is in the state folder. */
static int keep_recovered(const struct remains *remains, const struct result *result,
			  struct error *err)
{
	_cleanup_free_ char *saved = NULL;
	int r = state_save(result, &saved, err);

	if (r < 0)
		return r;
	command_note("%zu row%s of a run that was killed: %s", result->run_count,
		     result->run_count == 1 ? "" : "s", saved);
	return remains->name ? state_remove(remains->name, err) : 0;
}

static int recover(const struct report_request *request, struct result *result, struct error *err)
{
	_cleanup_remains_ struct remains remains = REMAINS_INIT;
	int r = remains_open(request->path, NULL, &remains, err);

	if (r == 0)
		r = remains_load(&remains, result, err);
	return r < 0 ? r : keep_recovered(&remains, result, err);
}

static int load(const struct report_request *request, struct result *result, struct error *err)
{
	if (request->recover)
		return recover(request, result, err);
	return request->path ? document_load(request->path, result, err)
			     : state_load_last(result, err);
}

/* Mentions journals that results can be recovered from. */
static void mention_remains(void)
{
	char **paths = remains_list();

	for (size_t i = 0; paths[i]; i++)
		command_note(
			"a killed run has left %s: `madvisor report --recover` makes a result of "
			"it",
			paths[i]);
	strv_free(paths);
}

/* Conditions given now replace those that the run was given. */
static int take_conditions(const struct report_request *request, struct result *result,
			   struct error *err)
{
	int r = 0;

	if (request->failif_count)
		result_clear_gates(result);
	for (size_t i = 0; r == 0 && i < request->failif_count; i++)
		r = failif_add(&request->failifs[i], result, err);
	if (r == 0 && request->failif_count)
		result_judge_gates(result);
	return r;
}

static int show(const struct report_request *request, struct result *result, struct error *err)
{
	int r = outputs_write(&request->outputs, result, err);

	return r < 0 ? r : outputs_show(&request->outputs, result, err);
}

static int show_against(const struct report_request *request, struct result *result,
			struct error *err)
{
	struct result earlier;
	struct across across = { .despite = STRBUF_INIT };

	result_init(&earlier);
	int r = document_load(request->against, &earlier, err);
	if (r == 0)
		r = across_compare(result, &earlier, request->despite, &across, err);
	if (r == 0) {
		/* What the run was given is about it alone. */
		if (request->failif_count)
			across_judge_gates(&across, result);
		result->across = &across;
		r = show(request, result, err);
		result->across = NULL;
	}
	across_release(&across);
	result_release(&earlier);
	return r;
}

/* What the conditions that were given now have come to. */
static int status_of(const struct report_request *request, const struct result *result)
{
	bool unclear = false;

	for (size_t i = 0; request->failif_count && i < result->gate_count; i++) {
		if (result->gates[i].decision == GATE_HOLDS)
			return EXIT_FAIL_IF;
		unclear = unclear || result->gates[i].decision == GATE_UNDECIDED;
	}
	return unclear && request->fail_if_unclear ? EXIT_UNDECIDED : EXIT_DONE;
}

static int check_request(const struct report_request *request, struct error *err)
{
	bool despite = false;

	for (int kind = 0; kind < ACROSS_KINDS; kind++)
		despite = despite || request->despite[kind];
	if (despite && !request->against) {
		error_set(err, ERROR_USAGE, EINVAL, "--despite without --against");
		error_hint(err, "name the earlier result: --against EARLIER.json");
		return -EINVAL;
	}
	if (request->fail_if_unclear && !request->failif_count) {
		error_set(err, ERROR_USAGE, EINVAL, "--fail-if-unclear without --fail-if");
		error_hint(err, "say what is to be decided: --fail-if 'jemalloc slower 5%%'");
		return -EINVAL;
	}
	return outputs_check(&request->outputs, err);
}

static int render(const struct report_request *request, int *ret_status, struct error *err)
{
	struct result result;

	int r = check_request(request, err);
	if (r < 0)
		return r;
	result_init(&result);
	r = load(request, &result, err);
	if (r == 0)
		r = take_conditions(request, &result, err);
	if (r == 0)
		r = request->against ? show_against(request, &result, err)
				     : show(request, &result, err);
	*ret_status = status_of(request, &result);
	result_release(&result);
	return r;
}

static void release(struct report_request *request)
{
	for (size_t i = 0; i < request->failif_count; i++)
		failif_release(&request->failifs[i]);
	free(request->failifs);
	outputs_release(&request->outputs);
}

static const struct argp *report_argp(void)
{
	static struct argp_child children[2];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc =
			"[RESULT.json]\n[RESULT.json] --against EARLIER.json\n--recover [JOURNAL]",
		.doc = "Renders a saved result, the newest one by default, on the terminal and in the "
		       "files named. '-' as the result is standard input.",
		.children = children,
	};

	children[0] =
		(struct argp_child){ outputs_argp(), 0, "Files ('-' is standard output):", 0 };

	return &argp;
}

static int report_main(int argc, char **argv)
{
	struct report_request request = { 0 };
	struct error err = ERROR_INIT;

	arguments_parse(report_argp(), argc, argv, 0, &request);
	int status = EXIT_DONE;
	int r = render(&request, &status, &err);
	release(&request);
	if (!request.path)
		mention_remains();
	return r < 0 ? command_fail(&err) : status;
}

const struct command_entry command_report = {
	"report", "render a saved result again, in any format", report_main, report_argp, false,
};
