/* SPDX-License-Identifier: MIT */
#include "report/marks.h"

#include <math.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "report/emitter.h"

/* Differences below this part of the baseline do not count as a direction. */
#define DIRECTION_PART 0.01
/* More footnotes about modes than this are summed up in one line. */
#define NOTES_SHOWN 12

bool marks_are_contrary(const struct production *production, size_t case_index,
			size_t contender_index)
{
	if (production->baseline == SIZE_MAX || contender_index == production->baseline ||
	    contender_index == production->limit)
		return false;
	const struct summary *baseline = judged_of(production, case_index, production->baseline);
	const struct summary *summary = judged_of(production, case_index, contender_index);
	if (!baseline || !summary)
		return false;
	double by_medians = summary->estimate / baseline->estimate - 1;
	double by_ratio = summary->ratio - 1;
	return fabs(by_medians) > DIRECTION_PART && fabs(by_ratio) > DIRECTION_PART &&
	       (by_medians > 0) != (by_ratio > 0);
}

static bool has_modes(const struct production *production, size_t case_index,
		      size_t contender_index)
{
	const struct summary *summary =
		contender_index == SIZE_MAX ? NULL
					    : judged_of(production, case_index, contender_index);

	return summary && summary_has_modes(summary);
}

bool marks_have_modes(const struct production *production)
{
	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i <= production->contender_count; i++)
			if (has_modes(production, c,
				      i ? production->contenders[i - 1] : production->baseline))
				return true;
	return false;
}

bool marks_of_program(const struct production *production)
{
	const struct result *result = production->result;
	const size_t same[] = { production->baseline, result_find_role(result, ROLE_TWIN) };

	for (size_t c = 0; c < result->case_count; c++)
		for (size_t i = 0; i < 2; i++)
			if (has_modes(production, c, same[i]) &&
			    !judged_of(production, c, same[i])->modes.in_stretches)
				return true;
	return false;
}

static void add_figure(struct strbuf *sb, const struct production *production, double value)
{
	const struct cell cell = {
		.kind = CELL_VALUE,
		.unit = metric_info(production->metric)->unit,
		.value = value,
	};

	cell_text(sb, &cell, false);
}

static void say_modes_of(const struct production *production, size_t case_index,
			 size_t contender_index)
{
	const struct result *result = production->result;
	const struct modes *modes = &judged_of(production, case_index, contender_index)->modes;
	size_t all = modes->low_count + modes->high_count;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, MODES_MARK " two modes: ");
	if (result->case_count > 1)
		strbuf_addf(&sb, "%s under ", result->cases[case_index].name);
	strbuf_addf(&sb, "%s: ", result->contenders[contender_index].name);
	add_figure(&sb, production, modes->low);
	strbuf_addf(&sb, " in %zu of %zu runs (%.0f%%), ", modes->low_count, all,
		    100 * (double)modes->low_count / (double)all);
	add_figure(&sb, production, modes->high);
	strbuf_addf(&sb, " in %zu (%.0f%%), ", modes->high_count,
		    100 * (double)modes->high_count / (double)all);
	strbuf_addstr(&sb, modes->in_stretches
				   ? "in stretches of time: the machine changed speed meanwhile"
				   : "from run to run");
	production->emitter->note(production->self, NOTE_FOOT, sb.buf);
}

static void say_contrary(const struct production *production, size_t case_index)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	bool modes = has_modes(production, case_index, production->baseline);

	for (size_t i = 0; i < production->contender_count; i++) {
		size_t contender = production->contenders[i];

		if (!marks_are_contrary(production, case_index, contender))
			continue;
		strbuf_addf(&names, "%s%s", names.len ? ", " : "",
			    result->contenders[contender].name);
		modes |= has_modes(production, case_index, contender);
	}
	if (names.len)
		say(production, NOTE_FOOT,
		    CONTRARY_MARK
		    " %s: ratio and medians disagree for %s: the ratio compares the runs of each "
		    "round with each other, and %s. The verdict goes by the ratio.",
		    result->cases[case_index].name, names.buf,
		    modes ? "a median of two modes is that of the one with more runs"
			  : "the rounds differed more than the contenders");
}

void say_marks(const struct production *production)
{
	size_t said = 0;

	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i <= production->contender_count; i++) {
			size_t contender = i ? production->contenders[i - 1] : production->baseline;

			if (has_modes(production, c, contender) && said++ < NOTES_SHOWN)
				say_modes_of(production, c, contender);
		}
	if (said > NOTES_SHOWN)
		say(production, NOTE_FOOT, MODES_MARK " and %zu more: see summaries[] in the JSON",
		    said - NOTES_SHOWN);
	for (size_t c = 0; c < production->result->case_count; c++)
		say_contrary(production, c);
}
