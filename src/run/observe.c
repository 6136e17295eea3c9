/* SPDX-License-Identifier: MIT */
#include "run/observe.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc/retention.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "run/retained.h"
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

static char **marked_environment(const struct program *program, const struct identity *identity,
				 const struct contender *contender)
{
	static const char *const mark[] = { OBSERVED_VARIABLE "=1", NULL };
	char **own = program_environment(program, identity, contender);
	char **marked = environment_with(own, mark);

	strv_free(own);
	return marked;
}

static void look_at_memory(void *context, pid_t pid, uint64_t now_ns)
{
	retained_watch_tick(context, pid, now_ns);
}

static int launch_command(const struct observation *observation, const struct program *program,
			  const struct trial_setup *setup, struct census *census,
			  struct retained_watch *retained, const struct witness *witness,
			  struct outcome *ret, struct error *err)
{
	char **env =
		marked_environment(program, &setup->identity, &observation->result->contenders[0]);
	if (witness->library) {
		char **asked = retention_environment(witness, env);

		strv_free(env);
		env = asked;
	}
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
		.census = census,
		.look = observation->retained ? look_at_memory : NULL,
		.look_context = retained,
		.input = program->input,
		.output = program->output,
	};
	int r = launch_run(&launch, ret, err);

	strv_free(env);
	return r;
}

static void add_stacks(const struct observation *observation, const struct taxpayer *taxpayer,
		       const struct stack_log *log)
{
	bool is_known = !taxpayer->as_named && !taxpayer->unknown;

	if (observation->stacks)
		stacks_add(observation->result, log,
			   is_known ? &taxpayer->program : observation->named,
			   observation->identity);
}

int observe_command(const struct observation *observation, const struct program *program,
		    const struct trial_setup *setup, struct observed *ret,
		    struct taxpayer *ret_taxpayer, struct error *err)
{
	_cleanup_outcome_ struct outcome outcome = OUTCOME_INIT;
	_cleanup_(census_freep) struct census *census = census_new();
	struct result *result = observation->result;
	_cleanup_free_ struct retained_watch *retained = xcalloc(1, sizeof(*retained));
	_cleanup_witness_ struct witness witness = WITNESS_INIT;
	const struct identity *identity = &setup->identity;
	/* Without it the end is not told of; the looks are. */
	if (observation->retained &&
	    witness_open(&witness, identity->change ? identity->rights.uid : geteuid(),
			 identity->change ? identity->rights.gid : getegid(), NULL) < 0)
		witness = (struct witness)WITNESS_INIT;
	int r = launch_command(observation, program, setup, census, retained, &witness, &outcome,
			       err);

	if (r < 0) {
		retained_watch_release(retained);
		return r;
	}
	taxpayer_find(census, observation->named, program->argv[0], ret_taxpayer);
	fill_run(result_add_run(result), observation, &outcome);
	if (observation->retained)
		retained_watch_finish(retained, result, result->run_count - 1);
	struct retention retention;
	if (witness.library && retention_read(&witness, &retention) == 0)
		retained_add_end(result, result->run_count - 1, &retention);
	if (observation->keep)
		observation->keep(observation->context);
	add_stacks(observation, ret_taxpayer, outcome.stacks);
	if (outcome.probe_note)
		result_add_note(result, "%s", outcome.probe_note);
	/* Without the end of its last line. */
	struct strbuf *said = &outcome.err_text;
	while (said->len && isspace((unsigned char)said->buf[said->len - 1]))
		said->buf[--said->len] = '\0';
	*ret = (struct observed){
		.end = outcome.end,
		.had_to_be_killed = outcome.had_to_be_killed,
		.exit_status = outcome.exit_status,
		.left_behind = outcome.left_behind,
		.said = strbuf_detach(said),
	};
	return 0;
}

void observed_release(struct observed *observed)
{
	free(observed->said);
}
