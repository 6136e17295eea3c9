/* SPDX-License-Identifier: MIT */
/*
 * What a result comes to, in words (model/headline decides it): who is faster in how many cases and at what price, or where
 * the time of a program goes and what to set.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/marks.h"
#include "report/produce.h"

/* With more contenders than this only the best and the worst get a sentence; the table has all. */
#define SENTENCES 3

static const char *name_of(const struct production *production, size_t contender_index)
{
	return production->result->contenders[contender_index].name;
}

static const char *case_name(const struct production *production, size_t case_index)
{
	return production->result->cases[case_index].name;
}

static const char *faster_word(const struct production *production)
{
	return production->metric == METRIC_WALL_NS ? "faster" : "better";
}

static const char *slower_word(const struct production *production)
{
	return production->metric == METRIC_WALL_NS ? "slower" : "worse";
}

/* " by CPU time", where it is not the time that decides. */
static void add_by(struct strbuf *sb, const struct production *production)
{
	if (production->metric != METRIC_WALL_NS)
		strbuf_addf(sb, " by %s", production->metric_label);
}

/* "mimalloc is faster than glibc in 9 of 13 cases, slower in none (2 unclear)" */
static void add_lead(struct strbuf *sb, const struct production *production)
{
	const struct headline *headline = &production->headline;
	const struct headline_row *lead = &headline->rows[0];
	const size_t *verdicts = lead->judged.verdicts;
	size_t cases = production->result->case_count;

	if (verdicts[VERDICT_FASTER] || headline->row_count == 1) {
		strbuf_addf(sb, "%s is %s than %s", name_of(production, lead->contender_index),
			    faster_word(production), production->baseline_name);
		add_by(sb, production);
		if (verdicts[VERDICT_FASTER])
			strbuf_addf(sb, " in %zu of %zu cases", verdicts[VERDICT_FASTER], cases);
		else
			strbuf_addf(sb, " in none of %zu cases", cases);
		if (verdicts[VERDICT_SLOWER])
			strbuf_addf(sb, ", %s in %zu", slower_word(production),
				    verdicts[VERDICT_SLOWER]);
		else
			strbuf_addf(sb, ", %s in none", slower_word(production));
		if (verdicts[VERDICT_UNCLEAR])
			strbuf_addf(sb, " (%zu unclear)", verdicts[VERDICT_UNCLEAR]);
		return;
	}
	strbuf_addf(sb, "none of %zu contenders is %s than %s", headline->row_count,
		    faster_word(production), production->baseline_name);
	add_by(sb, production);
	strbuf_addf(sb, " in any of %zu cases", cases);
	if (headline->unclear)
		strbuf_addf(sb, " (%zu comparisons unclear)", headline->unclear);
}

/* "more memory: 1.78x the peak (1.70 to 1.85)" */
static void add_memory(struct strbuf *sb, const struct summary *memory)
{
	static const char *const words[] = {
		[VERDICT_UNCLEAR] = "memory not settled",
		[VERDICT_TIE] = "as much memory",
		[VERDICT_FASTER] = "less memory",
		[VERDICT_SLOWER] = "more memory",
	};

	if (!memory || isnan(memory->ratio)) {
		strbuf_addstr(sb, "peak memory was not measured");
		return;
	}
	strbuf_addf(sb, "%s: %.2fx the peak",
		    memory->has_verdict ? words[memory->verdict] : "memory", memory->ratio);
	if (summary_has_interval(memory))
		strbuf_addf(sb, " (%.2f to %.2f)", memory->ratio_low, memory->ratio_high);
}

/* Of one that failed, the warnings tell more; of one without effect, the table's footnote. */
static void add_no_verdict(struct strbuf *sb, const struct production *production,
			   size_t contender_index)
{
	const struct result *result = production->result;

	strbuf_addf(sb, "%s: ", name_of(production, contender_index));
	if (result_failed(result, 0, contender_index))
		strbuf_addstr(sb, "failed");
	else if (result_withheld(result, 0, contender_index))
		strbuf_addstr(sb, "no verdict: most of the CPU time ran without the contender");
	else
		strbuf_addstr(sb, "no verdict");
}

/* "mimalloc: 2.12x faster than glibc (0.46 to 0.48 of its time); more memory: 1.78x the peak" */
static void add_outcome(struct strbuf *sb, const struct production *production,
			size_t contender_index)
{
	const struct summary *time = judged_of(production, 0, contender_index);

	if (!time || !time->has_verdict) {
		add_no_verdict(sb, production, contender_index);
		return;
	}
	strbuf_addf(sb, "%s: ", name_of(production, contender_index));
	add_verdict(sb, production, time);
	if (summary_has_interval(time))
		strbuf_addf(sb, " (%.2f to %.2f of its %s)", time->ratio_low, time->ratio_high,
			    production->metric_label);
	strbuf_addstr(sb, "; ");
	add_memory(sb, lookup_summary(&production->lookup, 0, contender_index, production->memory));
}

static bool has_comparison(const struct production *production)
{
	return production->baseline != SIZE_MAX && production->headline.row_count &&
	       production->result->case_count;
}

static bool is_about_settings(const struct production *production)
{
	return production->result->tuning || production_is_explanation(production);
}

/* Over several cases: the means, and the case that speaks most against the leader. */
static void say_means(const struct production *production)
{
	const struct headline_row *lead = &production->headline.rows[0];
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (isnan(lead->judged.mean))
		return;
	strbuf_addf(&sb, "mean %s %.2fx", production->metric_label, lead->judged.mean);
	if (!isnan(lead->memory.mean))
		strbuf_addf(&sb, ", peak memory %.2fx", lead->memory.mean);
	strbuf_addf(&sb, "; worst %s %.2fx in %s", production->metric_label, lead->judged.worst,
		    case_name(production, lead->judged.worst_case));
	production->emitter->note(production->self, NOTE_PLAIN, sb.buf);
}

/* The case where some contender is farthest behind the baseline, unless the leader's worst is that. */
static void say_worst(const struct production *production)
{
	const struct headline *headline = &production->headline;
	const struct headline_count *worst = NULL;
	size_t who = SIZE_MAX;

	for (size_t i = 1; i < headline->row_count; i++) {
		const struct headline_count *judged = &headline->rows[i].judged;

		if (!judged->verdicts[VERDICT_SLOWER] || isnan(judged->worst) ||
		    (worst && (production->higher_is_better ? judged->worst >= worst->worst
							    : judged->worst <= worst->worst)))
			continue;
		worst = judged;
		who = headline->rows[i].contender_index;
	}
	if (worst)
		say(production, NOTE_PLAIN, "%s: %s in %s, %.2fx the %s of %s",
		    production->metric == METRIC_WALL_NS ? "slowest" : "worst",
		    name_of(production, who), case_name(production, worst->worst_case),
		    worst->worst, production->metric_label, production->baseline_name);
}

static void say_comparison(const struct production *production)
{
	const struct headline *headline = &production->headline;
	size_t sentences = headline->row_count <= SENTENCES ? headline->row_count : 1;
	_cleanup_strbuf_ struct strbuf lead = STRBUF_INIT;

	if (production->result->case_count > 1) {
		add_lead(&lead, production);
		production->emitter->note(production->self, NOTE_VERDICT, lead.buf);
		say_means(production);
		say_worst(production);
		return;
	}
	for (size_t i = 0; i < headline->row_count; i++) {
		size_t contender = headline->rows[i].contender_index;
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		/* Of many, the last in order is the other one that is told. */
		if (i >= sentences && i + 1 < headline->row_count)
			continue;
		add_outcome(&sb, production, contender);
		production->emitter->note(production->self, i ? NOTE_PLAIN : NOTE_VERDICT, sb.buf);
		say_why_of(production, contender);
	}
}

static void add_tuning(struct strbuf *sb, const struct production *production)
{
	const struct headline *headline = &production->headline;

	if (headline->finalist)
		strbuf_addf(sb, "%s is better than %s: ",
			    name_of(production, headline->finalist->contender_index),
			    production->baseline_name);
	if (headline->finalist)
		add_tuned_gain(sb, production, headline->finalist, false);
	else
		add_nothing(sb, production);
}

static void say_noise(const struct production *production)
{
	const struct headline *headline = &production->headline;

	if (!has_comparison(production))
		return;
	if (headline->noisy)
		say(production, NOTE_WARNING,
		    marks_of_program(production)
			    ? "noise %.1f%%, margin %g%%: %s differs from itself: its times have two modes"
			    : "noise %.1f%%, margin %g%%: %s differs from itself; --cpus may help",
		    headline->noise_pct, production->result->command.margin_pct,
		    production->baseline_name);
	else if (isnan(headline->noise_pct))
		say(production, NOTE_PLAIN, "noise unknown: too few rounds of %s against itself",
		    production->baseline_name);
	else
		say(production, NOTE_PLAIN,
		    "noise %.1f%%: two identical contenders, both %s, differed by this",
		    headline->noise_pct, production->baseline_name);
}

void produce_headline(const struct production *production)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (production->result->tuning) {
		add_tuning(&sb, production);
		if (production->baseline != SIZE_MAX)
			production->emitter->note(production->self, NOTE_VERDICT, sb.buf);
		if (production->baseline != SIZE_MAX && !production->headline.finalist)
			say_held_back(production);
	} else if (production_is_explanation(production)) {
		say_explanation(production);
	} else if (production->result->sweep) {
		say_sweep(production);
	} else if (has_comparison(production)) {
		say_comparison(production);
	}
	if (!production->result->tuning || production->baseline != SIZE_MAX)
		say_noise(production);
	if (is_about_settings(production))
		say_what_to_set(production);
}

void produce_headline_again(const struct production *production)
{
	const struct headline *headline = &production->headline;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (production->baseline == SIZE_MAX)
		return;
	if (production->result->tuning) {
		add_tuning(&sb, production);
	} else if (production_is_explanation(production)) {
		add_share(&sb, production);
		if (headline->advice != ADVICE_ABSENT && !headline->remedy) {
			strbuf_addstr(&sb, "; to set: ");
			add_nothing(&sb, production);
		}
	} else if (production->result->sweep) {
		add_sweep_verdict(&sb, production);
	} else if (has_comparison(production) && production->result->case_count > 1) {
		add_lead(&sb, production);
	} else if (has_comparison(production)) {
		add_outcome(&sb, production, headline->rows[0].contender_index);
	}
	if (!sb.len)
		return;
	if (!production->emitter->brief)
		production->emitter->heading(production->self, "In short");
	production->emitter->note(production->self, NOTE_VERDICT, sb.buf);
	if (headline->remedy)
		say_remedy_line(production);
	else if (headline->finalist)
		say_tuned_line(production);
}
