/* SPDX-License-Identifier: MIT */
#include "cmd/tune-confirm.h"

#include "base/units.h"
#include "model/summarise.h"

/*
 * Rounds of each guard; where a budget bounds them: so few that what harms much is found at little cost, at first, of those that
 * look worse in one go, and of those that are not settled at the end.
 */
#define GUARD_ROUNDS 15
#define GUARD_ROUNDS_LOOK 4
#define GUARD_ROUNDS_FIRST 10
#define GUARD_ROUNDS_OPEN 80
#define GUARD_ROUNDS_MAX 30
#define GUARD_PART_OPEN \
	3 /* the part of what is left of the budget for those that look worse in the end */

static struct result *result_of(const struct confirmation *plan)
{
	return &plan->target->options->compare.measure.result;
}

static uint64_t spent_ns(const struct confirmation *plan)
{
	return clock_now_ns(&plan->target->clock.clock) - plan->started_ns;
}

static struct stopping_rule rule_of(const struct confirmation *plan, unsigned int rounds,
				    uint64_t end_ns)
{
	uint64_t now_ns = spent_ns(plan);

	return (struct stopping_rule){
		.rounds = plan->rounds ? plan->rounds : rounds,
		.budget_ns = plan->unbounded   ? 0
			     : end_ns > now_ns ? end_ns - now_ns
					       : NS_PER_SEC,
	};
}

/* Those whose memory grows with the length of the run cannot be recommended, however fast. */
static int find_growing(const struct confirmation *plan, struct error *err)
{
	struct result *result = result_of(plan);

	for (size_t i = 0; i < result->tuning->finalist_count; i++) {
		struct tuning_finalist *finalist = &result->tuning->finalists[i];
		bool grows;
		int r = target_grows(plan->target, &result->contenders[finalist->contender_index],
				     &grows, err);

		if (r < 0)
			return r;
		if (grows)
			finalist->end = FINALIST_GROWS;
	}
	return 0;
}

static void summarise(struct result *result)
{
	result_summarise(result, result->command.confidence);
	tuning_decide(result);
}

static bool is_bounded(const struct confirmation *plan)
{
	return plan->unbounded || plan->rounds;
}

static int run_guards(const struct confirmation *plan, size_t finalist, bool open_only,
		      unsigned int rounds, uint64_t end_ns, struct error *err)
{
	const struct stopping_rule rule = rule_of(plan, rounds, end_ns);
	int r = target_run_guards(plan->target, finalist, open_only, &rule, err);

	if (r == 0)
		summarise(result_of(plan));
	return r;
}

/* Whether rounds of the guards that look worse could still clear a finalist: none of the others is worse for certain. */
static bool is_open(const struct result *result, const struct tuning_finalist *finalist)
{
	if (finalist->end != FINALIST_UNSETTLED && finalist->end != FINALIST_GUARD)
		return false;
	return tuning_guard_open(result, finalist, finalist->case_index);
}

/*
 * More rounds, twice as many each time, of those guards alone that look worse: of many guards some do by chance. Few looks, as each
 * is one more chance to pass.
 */
static int clear_guards(const struct confirmation *plan, size_t finalist, uint64_t end_ns,
			struct error *err)
{
	struct result *result = result_of(plan);
	unsigned int rounds = GUARD_ROUNDS_FIRST;

	while (!result->partial && rounds < GUARD_ROUNDS_OPEN && spent_ns(plan) < end_ns &&
	       is_open(result, &result->tuning->finalists[finalist])) {
		rounds *= 2;
		int r = run_guards(plan, finalist, true, rounds, end_ns, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A look at all guards: false where one is beyond the margin for certain already, and more rounds of the others would be wasted. */
static int look_at_guards(const struct confirmation *plan, size_t finalist, uint64_t end_ns,
			  bool *ret_hopeful, struct error *err)
{
	struct result *result = result_of(plan);
	int r = run_guards(plan, finalist, false, GUARD_ROUNDS_LOOK, end_ns, err);

	*ret_hopeful = result->tuning->finalists[finalist].end != FINALIST_GUARD ||
		       is_open(result, &result->tuning->finalists[finalist]);
	return r;
}

/* One finalist: a few rounds of all guards, then more of those that look worse, then of all that are not settled. */
static int guard_one(const struct confirmation *plan, size_t finalist, uint64_t end_ns,
		     struct error *err)
{
	struct result *result = result_of(plan);
	uint64_t budget_ns = plan->budget_ns;
	bool hopeful;

	if (is_bounded(plan))
		return run_guards(plan, finalist, false, GUARD_ROUNDS, end_ns, err);
	int r = look_at_guards(plan, finalist, end_ns, &hopeful, err);

	if (r < 0 || result->partial || !hopeful)
		return r;
	r = run_guards(plan, finalist, false, GUARD_ROUNDS_FIRST - GUARD_ROUNDS_LOOK, end_ns, err);
	if (r == 0)
		r = clear_guards(plan, finalist, end_ns, err);
	if (r < 0 || result->partial || !tuning_recommended(result->tuning) ||
	    spent_ns(plan) >= budget_ns)
		return r;
	/* Some are left for those that look worse after that. */
	uint64_t now_ns = spent_ns(plan);
	r = run_guards(plan, finalist, false, GUARD_ROUNDS_MAX,
		       budget_ns - (budget_ns - now_ns) / GUARD_PART_OPEN, err);
	return r < 0 ? r : clear_guards(plan, finalist, budget_ns, err);
}

/* Finalists that have no guards yet, of which the time is for. Not for more than three: those that fail take a look only. */
static size_t count_waiting(const struct result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->tuning->finalist_count; i++)
		count += result->tuning->finalists[i].end == FINALIST_CONFIRMED;
	return count < TUNING_FINALISTS ? count : TUNING_FINALISTS;
}

/* The best that is confirmed is guarded; where a guard fails, the next one is, for which time is left. */
static int guard(const struct confirmation *plan, struct error *err)
{
	struct result *result = result_of(plan);
	size_t next;

	if (!target_guard_count(plan->target))
		return 0;
	while (!result->partial && !tuning_recommended(result->tuning) &&
	       (next = tuning_next_to_guard(result)) != SIZE_MAX) {
		uint64_t now_ns = spent_ns(plan), budget_ns = plan->budget_ns;
		uint64_t left_ns = budget_ns > now_ns ? budget_ns - now_ns : 0;
		int r = guard_one(plan, next, now_ns + left_ns / count_waiting(result), err);

		if (r < 0)
			return r;
	}
	return 0;
}

int tune_confirm(const struct confirmation *plan, struct error *err)
{
	struct result *result = result_of(plan);
	const struct stopping_rule rule = rule_of(plan, TUNE_CONFIRM_ROUNDS, plan->end_ns);
	int r = find_growing(plan, err);

	if (r == 0)
		r = target_confirm(plan->target, &rule, err);
	if (r < 0)
		return r;
	/* The guards' cases are decided only once they are run. */
	summarise(result);
	if (target_guard_count(plan->target))
		tuning_await_guards(result->tuning);
	return guard(plan, err);
}
