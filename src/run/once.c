/* SPDX-License-Identifier: MIT */
#include "run/once.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "launch/offspring.h"
#include "probe/rungs.h"
#include "run/side-command.h"

/* A case as the contender runs it. */
static const struct compare_case *find_item(const struct compare *compare, size_t case_index,
					    size_t contender_index)
{
	enum contender_role role = compare->result->contenders[contender_index].role;
	bool is_baseline = role == ROLE_BASELINE || role == ROLE_TWIN;

	return compare->baseline_cases && is_baseline ? &compare->baseline_cases[case_index]
						      : &compare->cases[case_index];
}

static int run_bare(struct compare *compare, const struct program *program,
		    const struct trial *trial, struct result *result, struct program_record *record,
		    enum trial_end *ret_end, struct error *err)
{
	struct server server = compare->server;

	server.load = find_item(compare, trial->case_index, trial->contender_index)->load;
	return server.load ? server_trial(&server, program, &compare->setup, trial, result, record,
					  ret_end, err)
			   : program_trial(program, &compare->setup, trial, result, record, ret_end,
					   err);
}

/* One run with its --prepare and --conclude commands. */
int compare_run_once(struct compare *compare, const struct program *program,
		     const struct trial *trial, struct result *result,
		     struct program_record *record, enum trial_end *ret_end, struct error *err)
{
	const struct compare_case *item =
		find_item(compare, trial->case_index, trial->contender_index);
	const struct identity *identity = &compare->setup.identity;
	bool interrupted = false;
	int r = item->prepare
			? side_command_run("--prepare", item->prepare, identity, &interrupted, err)
			: 0;
	/* Background processes of --prepare stay for the run and for --conclude. */
	size_t kept = item->prepare ? offspring_keep_all() : 0;

	if (interrupted)
		*ret_end = TRIAL_INTERRUPTED;
	else if (r == 0)
		r = run_bare(compare, program, trial, result, record, ret_end, err);
	if (r == 0 && item->conclude)
		r = side_command_run("--conclude", item->conclude, identity, NULL, err);
	if (item->prepare)
		offspring_keep_only(kept);
	if (item->prepare || item->conclude)
		(void)offspring_kill_all(0);
	return r;
}

struct program compare_program(const struct compare *compare, size_t case_index,
			       size_t contender_index)
{
	struct program program = compare->program;

	program.argv = find_item(compare, case_index, contender_index)->argv;
	return program;
}

/* Takes back the rows of runs that are not part of the experiment. */
static void drop_runs(struct result *result, size_t kept)
{
	for (; result->run_count > kept; result->run_count--) {
		free(result->runs[result->run_count - 1].probe);
		free(result->runs[result->run_count - 1].error);
	}
}

/* An untimed run; its row is dropped. *ret_error: the reason of a failure; caller frees. */
int compare_run_untimed(struct compare *compare, const struct program *program, size_t case_index,
			size_t contender_index, const struct probe *probe,
			struct program_record *record, enum trial_end *ret_end, char **ret_error,
			struct error *err)
{
	const struct trial trial = { case_index, contender_index, 0, false, probe };
	struct result *result = compare->result;
	size_t kept = result->run_count;
	int r = compare_run_once(compare, program, &trial, result, record, ret_end, err);

	if (r == 0 && *ret_end == TRIAL_FAILED)
		*ret_error = xstrdup(result->runs[kept].error);
	drop_runs(result, kept);
	return r;
}
