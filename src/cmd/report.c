/* SPDX-License-Identifier: MIT */
/* `madvisor report`: render a saved result again. */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "cmd/command.h"
#include "cmd/journal.h"
#include "cmd/outputs.h"
#include "cmd/state.h"
#include "model/document.h"

struct report_request {
	struct outputs outputs;
	const char *path; /* NULL: the newest one */
	bool recover;     /* it is a journal */
};

enum { OPTION_FOLDED = 0x7000, OPTION_RECOVER };

static const struct argp_option options[] = {
	{ "folded", OPTION_FOLDED, "FILE", 0,
	  "stacks of purges and refaults of `madvisor explain`, for flame graphs", 0 },
	{ "recover", OPTION_RECOVER, NULL, 0,
	  "make a result of what a killed madvisor left: of the journal named, or the newest", 0 },
	{ 0 },
};

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
	case OPTION_RECOVER:
		request->recover = true;
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
	int r = remains_open(request->path, &remains, err);

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

static int render(const struct report_request *request, struct error *err)
{
	struct result result;

	int r = outputs_check(&request->outputs, err);
	if (r < 0)
		return r;
	result_init(&result);
	r = load(request, &result, err);
	if (r == 0)
		r = outputs_write(&request->outputs, &result, err);
	if (r == 0)
		r = outputs_show(&request->outputs, &result, err);
	result_release(&result);
	return r;
}

static int report_main(int argc, char **argv)
{
	static struct argp_child children[2];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[RESULT.json]\n--recover [JOURNAL]",
		.doc = "Renders a saved result, the newest one by default, on the terminal and in the "
		       "files named. '-' as the result is standard input.",
		.children = children,
	};
	struct report_request request = { 0 };
	struct error err = ERROR_INIT;

	children[0] =
		(struct argp_child){ outputs_argp(), 0, "Files ('-' is standard output):", 0 };
	argp_parse(&argp, argc, argv, 0, NULL, &request);
	int r = render(&request, &err);
	outputs_release(&request.outputs);
	if (!request.path)
		mention_remains();
	return r < 0 ? command_fail(&err) : (int)EXIT_DONE;
}

const struct command_entry command_report = {
	"report",
	"render a saved result again, in any format",
	report_main,
};
