/* SPDX-License-Identifier: MIT */
#include "run/observe.h"

#include <stdlib.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "run/stacks.h"

static void fill_run(struct run *run, const struct observation *observation,
		     const struct outcome *outcome)
{
	run->round = 1;
	run->observed = observation->probe != &probe_rusage;
	run->probe = xstrdup(observation->probe->name);
	run->exit_status = outcome->exit_status;
	run->metrics = outcome->metrics;
	run->metrics.value[METRIC_WALL_NS] = (double)outcome->wall_ns;
}

int observe_command(const struct observation *observation, const struct program *program,
		    const struct trial_setup *setup, struct observed *ret, struct error *err)
{
	_cleanup_outcome_ struct outcome outcome = OUTCOME_INIT;
	struct result *result = observation->result;
	char **env = program_environment(program, &result->contenders[0]);
	const struct launch launch = {
		.argv = program->argv,
		.env = env,
		.cpus = setup->cpus,
		.identity = &setup->identity,
		.probe = observation->stacks && observation->probe == &probe_bpf
				 ? &probe_bpf_stacks
				 : observation->probe,
		.timeout_ns = observation->duration_ns,
		.grace_ns = observation->grace_ns,
		.memory_max_bytes = setup->memory_max_bytes,
		.look_at_arenas = true,
		.input = program->input,
		.output = program->output,
	};
	int r = launch_run(&launch, &outcome, err);

	strv_free(env);
	if (r < 0)
		return r;
	fill_run(result_add_run(result), observation, &outcome);
	if (observation->stacks)
		stacks_add(result, outcome.stacks, observation->stacks, observation->identity);
	if (outcome.probe_note)
		result_add_note(result, "%s", outcome.probe_note);
	*ret = (struct observed){
		.end = outcome.end,
		.stubborn = outcome.stubborn,
		.exit_status = outcome.exit_status,
		.left_behind = outcome.left_behind,
		.said = strbuf_detach(&outcome.err_text),
	};
	return 0;
}

void observed_release(struct observed *observed)
{
	free(observed->said);
}
