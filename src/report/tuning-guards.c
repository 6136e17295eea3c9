/* SPDX-License-Identifier: MIT */
/* What was guarded while settings were tuned: each guard with its interval, and what would settle those that are not. */
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/produce.h"

/* Of fewer rounds the width of an interval tells little but that they are few: so many are advised then. */
#define ROUNDS_TELLING 5
#define ROUNDS_ADVISED_FIRST 20
/* More rounds than these are no advice. */
#define ROUNDS_ADVISED_MAX 500
/* What a run takes beside what is measured of it: its start, its warm-up, the next one's start. */
#define OVERHEAD 1.4

static const char *guard_word(const struct production *production,
			      const struct tuning_finalist *finalist, size_t case_index)
{
	if (finalist->end == FINALIST_GUARD && finalist->case_index == case_index)
		return "worse";
	return tuning_guard_holds(production->result, finalist, case_index) ? "holds"
									    : "not settled";
}

size_t count_guards_held(const struct production *production,
			 const struct tuning_finalist *finalist)
{
	size_t held = 0;

	for (size_t i = 1; i < production->result->case_count; i++)
		held += !strcmp(guard_word(production, finalist, i), "holds");
	return held;
}

static bool is_guarded(const struct tuning_finalist *finalist)
{
	return finalist->end == FINALIST_RECOMMENDED || finalist->end == FINALIST_GUARD ||
	       finalist->end == FINALIST_UNSETTLED;
}

/* The finalist whose guards are shown: the recommended one, or what the guards hold back. */
static const struct tuning_finalist *guarded(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	const struct tuning_finalist *best = tuning_recommended(tuning);

	if (!best)
		best = tuned_nearest(production);
	for (size_t i = 0; !(best && is_guarded(best)) && i < tuning->finalist_count; i++)
		best = &tuning->finalists[i];
	return best && is_guarded(best) ? best : NULL;
}

/*
 * Rounds after which the interval of a ratio would lie on one side of the limit, were the estimate to stay: its
 * width falls with the square root of the rounds. 0: it does already.
 */
static double rounds_to_settle(const struct production *production, const struct summary *summary)
{
	double limit = log1p(production->result->tuning->guard_margin_pct / 100);
	double ratio, low, high;

	if (!summary || isnan(summary->ratio) || isnan(summary->ratio_low) ||
	    tuning_summary_holds(production->result, summary))
		return 0;
	ratio = log(summary->ratio);
	low = log(summary->ratio_low);
	high = log(summary->ratio_high);
	if (result_metric_better(production->result, summary->metric) == BETTER_HIGHER) {
		double swap = -low;

		ratio = -ratio;
		low = -high;
		high = swap;
	}
	/* Within the limit it has to stay below it, beyond it above 1. */
	double width = ratio < limit ? high - ratio : ratio - low;
	double room = ratio < limit ? limit - ratio : ratio;
	return ceil(summary->rounds * pow(width / room, 2));
}

/* Time of one round of all guards. */
static double round_ns(const struct production *production, const struct tuning_finalist *finalist)
{
	const struct result *result = production->result;
	double ns = 0;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		const struct summary *time = tuned_time_of(production, run->case_index, finalist);

		if (run->case_index > 0 && time && time->rounds &&
		    !isnan(run->metrics.value[METRIC_WALL_NS]))
			ns += run->metrics.value[METRIC_WALL_NS] / time->rounds;
	}
	return OVERHEAD * ns;
}

static void say_unsettled(const struct production *production,
			  const struct tuning_finalist *finalist, size_t unsettled)
{
	const struct result *result = production->result;
	double rounds = 0, most = 0;

	for (size_t i = 1; i < result->case_count; i++) {
		const struct summary *time = tuned_time_of(production, i, finalist);
		const struct summary *memory = tuned_memory_of(production, i, finalist);

		rounds = fmax(rounds, rounds_to_settle(production, time));
		rounds = fmax(rounds, rounds_to_settle(production, memory));
		most = fmax(most, time ? time->rounds : 0);
	}
	say(production, NOTE_PLAIN,
	    "not settled: not shown to be worse, nor to be within the margin, after %.0f round%s: %zu of "
	    "%zu guards",
	    most, most == 1 ? "" : "s", unsettled, result->case_count - 1);
	if (most < ROUNDS_TELLING)
		rounds = ROUNDS_ADVISED_FIRST;
	if (!(rounds > most) || rounds > ROUNDS_ADVISED_MAX) {
		say(production, NOTE_DETAIL,
		    "one of them lies too near the margin to be told by more rounds: a quieter machine, --cpus, or a "
		    "wider --guard-margin would settle it");
		return;
	}
	double budget_ns =
		result->command.elapsed_ns + (rounds - most) * round_ns(production, finalist);
	_cleanup_strbuf_ struct strbuf budget = STRBUF_INIT;
	format_ns(&budget, budget_ns);
	if (most < ROUNDS_TELLING)
		say(production, NOTE_DETAIL,
		    "so few rounds tell little; for %.0f: --rounds %.0f --budget %.0f (%s)", rounds,
		    rounds, ceil(budget_ns / (double)NS_PER_SEC), budget.buf);
	else
		say(production, NOTE_DETAIL,
		    "as wide as the intervals are, about %.0f rounds would settle them: --rounds %.0f "
		    "--budget %.0f (%s); or a quieter machine, or a wider --guard-margin",
		    rounds, rounds, ceil(budget_ns / (double)NS_PER_SEC), budget.buf);
}

void say_tuned_guards(const struct production *production)
{
	const struct result *result = production->result;
	const struct tuning_finalist *finalist = guarded(production);
	const struct column columns[] = {
		{ .title = "case" },
		{ .title = production->metric_label, .numeric = true },
		{ .title = "interval", .numeric = true },
		{ .title = "memory", .numeric = true },
		{ .title = "interval", .numeric = true, .dispensable = 1 },
		{ .title = "rounds", .numeric = true, .dispensable = 1 },
		{ .title = "" },
	};
	const struct table table = { TABLE_DETAIL, columns, ARRAY_SIZE(columns) };
	double limit = 1 + result->tuning->guard_margin_pct / 100;
	size_t unsettled = 0;
	bool any_small = false;

	if (result->case_count < 2 || !finalist)
		return;
	_cleanup_free_ char *heading = xasprintf("Guards: no worse than %g%% in time and memory",
						 result->tuning->guard_margin_pct);
	production->emitter->heading(production->self, heading);
	production->emitter->table_begin(production->self, &table);
	production->emitter->group_begin(production->self,
					 result->contenders[finalist->contender_index].name, NULL);
	for (size_t i = 1; i < result->case_count; i++) {
		const struct summary *time = tuned_time_of(production, i, finalist);
		const struct summary *memory = tuned_memory_of(production, i, finalist);
		const char *word = guard_word(production, finalist, i);
		const struct cell cells[] = {
			{ .kind = CELL_TEXT, .text = result->cases[i].name },
			{ .kind = CELL_RATIO, .value = time ? time->ratio : NAN },
			{ .kind = CELL_INTERVAL,
			  .low = time ? time->ratio_low : NAN,
			  .high = time ? time->ratio_high : NAN },
			cell_of_memory(memory),
			{ .kind = CELL_INTERVAL,
			  .low = memory ? memory->ratio_low : NAN,
			  .high = memory ? memory->ratio_high : NAN },
			{ .kind = CELL_VALUE,
			  .unit = UNIT_COUNT,
			  .value = time ? time->rounds : NAN },
			{ .kind = CELL_TEXT, .text = word },
		};

		unsettled += !strcmp(word, "not settled");
		any_small = any_small || (memory && memory->ratio_high > limit &&
					  tuning_is_small_memory(result, memory));
		production->emitter->row(production->self, ROW_PLAIN, cells);
	}
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
	if (any_small) {
		_cleanup_strbuf_ struct strbuf small = STRBUF_INIT;

		format_bytes(&small, TUNING_MEMORY_SMALL_BYTES);
		say(production, NOTE_PLAIN,
		    "memory: a median that is higher by less than %s holds, whatever its ratio",
		    small.buf);
	}
	if (unsettled)
		say_unsettled(production, finalist, unsettled);
}
