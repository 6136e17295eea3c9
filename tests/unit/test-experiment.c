/* SPDX-License-Identifier: MIT */
/* The order and the ends of experiments, with trials that only pretend. */
#include "run/experiment.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "base/xalloc.h"
#include "launch/interrupt.h"

enum { CONTENDERS = 4 };

/* A world in which a trial takes a second and contender i takes base * (1 + i / 10) ns. */
struct world {
	struct result result;
	struct clock clock;
	uint64_t now_ns;
	size_t trials;
	size_t fail_contender; /* fails whenever it runs; SIZE_MAX: none */
	size_t interrupt_at;   /* trial that is interrupted; SIZE_MAX: none */
	int error;             /* what a trial returns */
	double spread;         /* relative noise of the times */
	struct outlook outlook;
	struct progress first_observed, last;
};

static uint64_t world_now(void *context)
{
	return ((struct world *)context)->now_ns;
}

static void world_init(struct world *world, size_t cases)
{
	static const enum contender_role roles[CONTENDERS] = { ROLE_BASELINE, ROLE_CONTENDER,
							       ROLE_TWIN, ROLE_LIMIT };
	static const char *const names[CONTENDERS] = { "base", "other", "base:twin", "limit" };

	*world = (struct world){ .fail_contender = SIZE_MAX, .interrupt_at = SIZE_MAX };
	world->clock = (struct clock){ world_now, world };
	result_init(&world->result);
	world->result.command.seed = 1;
	world->result.command.confidence = 0.95;
	world->result.command.margin_pct = 5;
	for (size_t i = 0; i < CONTENDERS; i++) {
		struct contender *contender = result_add_contender(&world->result);

		contender->name = xstrdup(names[i]);
		contender->role = roles[i];
	}
	for (size_t i = 0; i < cases; i++)
		result_add_case(&world->result)->name = xasprintf("case/%zu", i);
}

static int pretend(void *context, size_t case_index, size_t contender_index, unsigned int round,
		   bool observed, enum trial_end *ret_end, struct error *err)
{
	struct world *world = context;
	size_t number = world->trials++;

	world->now_ns += NS_PER_SEC;
	if (world->error)
		return error_set(err, ERROR_MACHINE, world->error, "no machine");
	*ret_end = TRIAL_INTERRUPTED;
	if (number == world->interrupt_at)
		return 0;
	struct run *run = result_add_run(&world->result);
	run->case_index = case_index;
	run->contender_index = contender_index;
	run->round = round;
	run->observed = observed;
	*ret_end = TRIAL_FAILED;
	if (contender_index == world->fail_contender) {
		run->error = xstrdup("failed");
		return 0;
	}
	double noise = 1 + world->spread * ((double)((number * 7919) % 13) - 6) / 6;
	run->metrics.value[METRIC_WALL_NS] = 1e6 * (1 + (double)contender_index / 10) * noise;
	if (observed)
		run->metrics.value[METRIC_MADVISE_DONTNEED_CALLS] = 42;
	*ret_end = TRIAL_DONE;
	return 0;
}

static void note_progress(void *context, const struct progress *progress)
{
	struct world *world = context;

	if (!strcmp(progress->phase, "observing") && !world->first_observed.phase)
		world->first_observed = *progress;
	world->last = *progress;
}

static void note_outlook(void *context, const struct outlook *outlook)
{
	struct world *world = context;

	assert_int_equal(world->trials, 0);
	world->outlook = *outlook;
}

static int run_world(struct world *world, struct stopping_rule rule, unsigned int observed_rounds)
{
	struct experiment experiment = {
		.result = &world->result,
		.rule = rule,
		.metric = METRIC_WALL_NS,
		.clock = &world->clock,
		.trial = pretend,
		.progress = note_progress,
		.outlook = note_outlook,
		.context = world,
		.observed_rounds = observed_rounds,
		.round_ns = world->result.case_count * CONTENDERS * NS_PER_SEC,
	};

	return experiment_run(&experiment, NULL);
}

static size_t count_runs(const struct world *world, size_t contender_index, bool observed)
{
	size_t count = 0;

	for (size_t i = 0; i < world->result.run_count; i++)
		count += world->result.runs[i].contender_index == contender_index &&
			 world->result.runs[i].observed == observed;
	return count;
}

static void every_contender_runs_once_a_round(void **state)
{
	struct world world;

	world_init(&world, 3);
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 6 }, 0), 0);
	assert_int_equal(world.result.run_count, 6 * 3 * CONTENDERS);
	for (size_t block = 0; block < 6 * 3; block++) {
		bool seen[CONTENDERS] = { false };

		for (size_t i = 0; i < CONTENDERS; i++) {
			const struct run *run = &world.result.runs[block * CONTENDERS + i];

			assert_int_equal(run->round, block / 3 + 1);
			assert_int_equal(run->case_index, block % 3);
			assert_false(seen[run->contender_index]);
			seen[run->contender_index] = true;
		}
	}
	assert_string_equal(world.result.command.stopped, "rounds");
	assert_false(world.result.partial);
	result_release(&world.result);
}

static void the_order_is_random_but_repeats_with_its_seed(void **state)
{
	struct world world, again;
	size_t first_places = 0;

	world_init(&world, 1);
	world_init(&again, 1);
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 40 }, 0), 0);
	assert_int_equal(run_world(&again, (struct stopping_rule){ .rounds = 40 }, 0), 0);
	for (size_t i = 0; i < world.result.run_count; i++) {
		assert_int_equal(world.result.runs[i].contender_index,
				 again.result.runs[i].contender_index);
		first_places += i % CONTENDERS == 0 && world.result.runs[i].contender_index == 0;
	}
	assert_in_range(first_places, 1, 30);
	result_release(&world.result);
	result_release(&again.result);
}

static void a_failing_contender_leaves_the_case_alone(void **state)
{
	struct world world;

	world_init(&world, 2);
	world.fail_contender = 1;
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 5 }, 1), 0);
	assert_int_equal(count_runs(&world, 1, false), 2); /* once in each case */
	assert_int_equal(count_runs(&world, 1, true), 0);
	assert_int_equal(count_runs(&world, 0, false), 10);
	assert_int_equal(experiment_failures(&world.result), 2);
	assert_null(result_find_summary(&world.result, 0, 1, METRIC_WALL_NS));
	result_release(&world.result);
}

static void an_interrupt_keeps_what_was_measured(void **state)
{
	struct world world;

	world_init(&world, 2);
	world.interrupt_at = 13;
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 5 }, 1), 0);
	assert_true(world.result.partial);
	assert_string_equal(world.result.command.stopped, "interrupted");
	assert_int_equal(world.result.run_count, 13);
	assert_non_null(result_find_summary(&world.result, 0, 0, METRIC_WALL_NS));
	result_release(&world.result);
}

static void an_error_keeps_what_was_measured(void **state)
{
	struct world world;

	world_init(&world, 1);
	world.error = EIO;
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 5 }, 0), -EIO);
	assert_true(world.result.partial);
	result_release(&world.result);
}

static void a_budget_is_kept(void **state)
{
	struct world world;

	world_init(&world, 2); /* a round takes eight seconds */
	assert_int_equal(
		run_world(&world, (struct stopping_rule){ .budget_ns = 60 * NS_PER_SEC }, 0), 0);
	assert_string_equal(world.result.command.stopped, "budget");
	assert_int_equal(world.result.run_count, 7 * 2 * CONTENDERS);
	result_release(&world.result);
}

static void precision_ends_a_quiet_experiment_early(void **state)
{
	struct world quiet, noisy;

	world_init(&quiet, 1);
	world_init(&noisy, 1);
	quiet.spread = 0.001;
	noisy.spread = 0.9;
	const struct stopping_rule rule = { .precision_pct = 2, .rounds = 30 };
	assert_int_equal(run_world(&quiet, rule, 0), 0);
	assert_int_equal(run_world(&noisy, rule, 0), 0);
	assert_string_equal(quiet.result.command.stopped, "precision");
	assert_string_equal(noisy.result.command.stopped, "rounds");
	assert_true(quiet.result.run_count < noisy.result.run_count);
	result_release(&quiet.result);
	result_release(&noisy.result);
}

/* One that fails in the first round has no interval, and never will: the others decide. */
static void a_failing_contender_does_not_keep_precision_waiting(void **state)
{
	struct world world;

	world_init(&world, 1);
	result_add_contender(&world.result)->name = xstrdup("failing");
	world.spread = 0.001;
	world.fail_contender = CONTENDERS;
	assert_int_equal(run_world(&world, (struct stopping_rule){ .precision_pct = 2 }, 0), 0);
	assert_string_equal(world.result.command.stopped, "precision");
	assert_in_range(count_runs(&world, 0, false), 5, 12);
	result_release(&world.result);

	world_init(&world, 1);
	world.fail_contender = 0; /* without the baseline nothing gets narrower */
	assert_int_equal(run_world(&world, (struct stopping_rule){ .precision_pct = 2 }, 0), 0);
	assert_int_equal(count_runs(&world, 1, false), 5);
	result_release(&world.result);
}

static struct outlook outlook_of(struct stopping_rule rule, unsigned int observed_rounds)
{
	struct world world;

	world_init(&world, 2); /* a round takes eight seconds */
	assert_int_equal(run_world(&world, rule, observed_rounds), 0);
	assert_int_equal(world.outlook.runs, 2 * CONTENDERS);
	assert_int_equal(world.outlook.case_count, 2);
	result_release(&world.result);
	return world.outlook;
}

static void what_will_run_is_told_before(void **state)
{
	struct outlook rounds = outlook_of((struct stopping_rule){ .rounds = 5 }, 1);
	struct outlook budget =
		outlook_of((struct stopping_rule){ .budget_ns = 60 * NS_PER_SEC }, 0);
	struct outlook both =
		outlook_of((struct stopping_rule){ .budget_ns = 60 * NS_PER_SEC, .rounds = 3 }, 0);
	struct outlook precise = outlook_of((struct stopping_rule){ .precision_pct = 50 }, 0);

	assert_int_equal(rounds.rounds, 5);
	assert_false(rounds.open_ended);
	assert_int_equal(rounds.expected_ns, 48 * NS_PER_SEC);
	assert_int_equal(budget.rounds, 0);
	assert_int_equal(budget.expected_ns, 60 * NS_PER_SEC);
	assert_int_equal(both.rounds, 3);
	assert_int_equal(both.expected_ns, 24 * NS_PER_SEC);
	assert_int_equal(precise.rounds, STOPPING_MAX_ROUNDS);
	assert_true(precise.open_ended);
	assert_int_equal(precise.expected_ns, 800 * NS_PER_SEC);
}

static bool undecided_until_18(void *context, size_t case_index, unsigned int round)
{
	(void)context;
	return case_index == 1 && round < 18;
}

/* The case that is decided stops; the other goes on. */
static void a_condition_goes_on_until_it_is_decided(void **state)
{
	struct world world;

	world_init(&world, 2);
	struct experiment experiment = {
		.result = &world.result,
		.rule = { .gated = true },
		.metric = METRIC_WALL_NS,
		.clock = &world.clock,
		.trial = pretend,
		.undecided = undecided_until_18,
		.context = &world,
	};
	assert_int_equal(experiment_run(&experiment, NULL), 0);
	assert_string_equal(world.result.command.stopped, "decided");
	assert_int_equal(count_runs(&world, 0, false), 5 + 18);
	result_release(&world.result);
}

static void observed_rounds_come_last_and_give_counts_alone(void **state)
{
	struct world world;

	world_init(&world, 2);
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 5 }, 1), 0);
	assert_int_equal(count_runs(&world, 0, true), 2);
	assert_int_equal(count_runs(&world, 1, true), 2);
	assert_int_equal(count_runs(&world, 2, true), 0); /* the twin */
	assert_int_equal(count_runs(&world, 3, true), 0); /* the limit */
	const struct summary *wall = result_find_summary(&world.result, 0, 1, METRIC_WALL_NS);
	assert_int_equal(wall->rounds, 5);
	const struct summary *calls =
		result_find_summary(&world.result, 0, 1, METRIC_MADVISE_DONTNEED_CALLS);
	assert_true(calls->estimate == 42);
	assert_int_equal(calls->rounds, 1);
	result_release(&world.result);
}

static void each_phase_has_a_progress_of_its_own(void **state)
{
	struct world world;

	world_init(&world, 2);
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 5 }, 1), 0);
	assert_int_equal(world.first_observed.done, 0);
	assert_int_equal(world.first_observed.elapsed_ns, 0);
	assert_int_equal(world.last.done, 3);
	assert_int_equal(world.last.total, 4); /* two contenders, two cases */
	assert_int_equal(world.last.elapsed_ns, 3 * NS_PER_SEC);
	result_release(&world.result);
}

static void a_withdrawn_contender_never_runs(void **state)
{
	struct world world;

	world_init(&world, 1);
	world.result.contenders[1].withdrawn = xstrdup("is no allocator");
	assert_int_equal(run_world(&world, (struct stopping_rule){ .rounds = 5 }, 1), 0);
	assert_int_equal(count_runs(&world, 1, false) + count_runs(&world, 1, true), 0);
	result_release(&world.result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_contender_runs_once_a_round),
		cmocka_unit_test(the_order_is_random_but_repeats_with_its_seed),
		cmocka_unit_test(a_failing_contender_leaves_the_case_alone),
		cmocka_unit_test(an_interrupt_keeps_what_was_measured),
		cmocka_unit_test(an_error_keeps_what_was_measured),
		cmocka_unit_test(a_budget_is_kept),
		cmocka_unit_test(precision_ends_a_quiet_experiment_early),
		cmocka_unit_test(a_failing_contender_does_not_keep_precision_waiting),
		cmocka_unit_test(a_condition_goes_on_until_it_is_decided),
		cmocka_unit_test(observed_rounds_come_last_and_give_counts_alone),
		cmocka_unit_test(each_phase_has_a_progress_of_its_own),
		cmocka_unit_test(what_will_run_is_told_before),
		cmocka_unit_test(a_withdrawn_contender_never_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
