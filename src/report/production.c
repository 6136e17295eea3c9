/* SPDX-License-Identifier: MIT */
#include "report/production.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/units.h"
#include "base/xalloc.h"

static int compare_indices(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Those of the headline, in the order of the result. */
static void choose_contenders(struct production *production)
{
	const struct headline *headline = &production->headline;

	production->contenders = xcalloc(headline->row_count + 1, sizeof(size_t));
	for (size_t i = 0; i < headline->row_count; i++)
		production->contenders[production->contender_count++] =
			headline->rows[i].contender_index;
	qsort(production->contenders, production->contender_count, sizeof(size_t), compare_indices);
}

void production_choose_metric(struct production *production, enum metric_id metric)
{
	const struct result *result = production->result;

	production->metric = metric;
	production->metric_label =
		metric == METRIC_WALL_NS ? "time" : result_metric_label(result, metric);
	production->higher_is_better = result_metric_better(result, metric) == BETTER_HIGHER;
}

void production_init(struct production *production, const struct result *result,
		     const struct emitter *emitter, void *self)
{
	*production = (struct production){
		.result = result,
		.emitter = emitter,
		.self = self,
		.baseline = result_find_role(result, ROLE_BASELINE),
		.limit = result_find_role(result, ROLE_LIMIT),
		.baseline_name = "baseline",
	};
	production_choose_metric(production, result->command.metric);
	if (production->baseline != SIZE_MAX)
		production->baseline_name = result->contenders[production->baseline].name;
	lookup_init(&production->lookup, result);
	loss_init(&production->loss, result);
	headline_init(&production->headline, result);
	choose_contenders(production);
	production->memory = production->headline.memory;
}

void production_release(struct production *production)
{
	lookup_release(&production->lookup);
	loss_release(&production->loss);
	headline_release(&production->headline);
	free(production->contenders);
}

bool production_is_explanation(const struct production *production)
{
	return result_is_explanation(production->result);
}

bool production_noise_is_known(const struct production *production)
{
	return result_noise_is_known(production->result);
}

struct cell cell_of_memory(const struct summary *memory)
{
	static const char *const words[] = {
		[VERDICT_UNCLEAR] = "unclear",
		[VERDICT_TIE] = "same",
		[VERDICT_FASTER] = "less",
		[VERDICT_SLOWER] = "more",
	};
	struct cell cell = cell_of_ratio(memory ? memory->ratio : NAN);

	if (!memory || !memory->has_verdict)
		return cell;
	cell.text = words[memory->verdict];
	cell.verdict = memory->verdict;
	cell.settled = memory->verdict == VERDICT_FASTER || memory->verdict == VERDICT_SLOWER;
	return cell;
}

const struct summary *judged_of(const struct production *production, size_t case_index,
				size_t contender_index)
{
	return lookup_summary(&production->lookup, case_index, contender_index, production->metric);
}

const struct summary *tuned_time_of(const struct production *production, size_t case_index,
				    const struct tuning_finalist *finalist)
{
	return judged_of(production, case_index, finalist->contender_index);
}

const struct summary *tuned_memory_of(const struct production *production, size_t case_index,
				      const struct tuning_finalist *finalist)
{
	return lookup_summary(&production->lookup, case_index, finalist->contender_index,
			      METRIC_PEAK_RSS_BYTES);
}

/* How far from being recommended: more rounds may do for some, and nothing for others. */
static int distance(const struct tuning_finalist *finalist)
{
	switch (finalist->end) {
	case FINALIST_UNSETTLED:
		return 0;
	case FINALIST_MEMORY:
	case FINALIST_GUARD:
		return 1;
	default:
		return 2;
	}
}

const struct tuning_finalist *tuned_nearest(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	const struct tuning_finalist *best = NULL;

	for (size_t i = 0; i < tuning->finalist_count; i++) {
		const struct tuning_finalist *finalist = &tuning->finalists[i];
		const struct summary *time = tuned_time_of(production, 0, finalist);

		if (!time || !time->has_verdict || time->verdict != VERDICT_FASTER)
			continue;
		if (!best || distance(finalist) < distance(best) ||
		    (distance(finalist) == distance(best) &&
		     time->ratio < tuned_time_of(production, 0, best)->ratio))
			best = finalist;
	}
	return best;
}

void add_verdict(struct strbuf *sb, const struct production *production, const struct summary *time)
{
	const char *than = production->baseline_name;

	bool by_time = production->metric == METRIC_WALL_NS;
	double gain = production->higher_is_better ? time->ratio : 1 / time->ratio;

	if (time->verdict == VERDICT_FASTER && time->ratio > 0)
		strbuf_addf(sb, "%.2fx %s than %s", gain, by_time ? "faster" : "better", than);
	else if (time->verdict == VERDICT_SLOWER && time->ratio > 0)
		strbuf_addf(sb, "%.2fx %s than %s", 1 / gain, by_time ? "slower" : "worse", than);
	else if (time->verdict == VERDICT_TIE)
		strbuf_addf(sb, "as %s as %s", by_time ? "fast" : "good", than);
	else
		strbuf_addf(sb, "not settled against %s", than);
	if (!by_time)
		strbuf_addf(sb, " by %s", production->metric_label);
}

void add_gain(struct strbuf *sb, const struct finding *finding, double gain_pct)
{
	strbuf_addf(sb, "%.0f%% %s %s", fabs(gain_pct), gain_pct < 0 ? "more" : "less",
		    metric_info(finding->gain_metric)->label);
}

void add_gain_interval(struct strbuf *sb, const struct finding *finding)
{
	double low = finding->measured_gain_pct_low, high = finding->measured_gain_pct_high;

	if (isnan(low) || isnan(high))
		return;
	if (low >= 0)
		strbuf_addf(sb, " (%.0f%% to %.0f%%)", low, high);
	else if (high <= 0)
		strbuf_addf(sb, " (%.0f%% to %.0f%%)", -high, -low);
	else
		strbuf_addf(sb, " (%.0f%% more to %.0f%% less)", -low, high);
}

void add_counted(struct strbuf *sb, size_t count, const char *noun)
{
	strbuf_addf(sb, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

void say(const struct production *production, enum note_kind kind, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	production->emitter->note(production->self, kind, sb.buf);
}

void say_losses(const struct production *production, double events)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!(events > 0))
		return;
	format_count(&sb, events);
	say(production, NOTE_FOOT,
	    LOSS_MARK " not exact: the observer lost %s event%s behind these counts", sb.buf,
	    events == 1 ? "" : "s");
}
