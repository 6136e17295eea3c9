/* SPDX-License-Identifier: MIT */
#include "report/chart/words.h"

#include <math.h>

#include "base/units.h"

void words_add_name(struct strbuf *sb, const char *name)
{
	for (; *name; name++)
		strbuf_addch(sb, *name == '\n' ? ' ' : *name);
}

void words_add_ratio(struct strbuf *sb, const struct production *production, const char *metric)
{
	strbuf_addf(sb, "%s / that under %s", metric, production->baseline_name);
}

void words_add_interval(struct strbuf *sb, const struct summary *summary)
{
	format_ratio(sb, summary->ratio);
	if (summary_has_interval(summary) && !isnan(summary->ratio_low))
		strbuf_addf(sb, " (%.2f to %.2f)", summary->ratio_low, summary->ratio_high);
}

void words_add_outcome(struct strbuf *sb, const struct production *production, size_t case_index,
		       size_t contender_index)
{
	const struct result *result = production->result;
	const struct summary *time = judged_of(production, case_index, contender_index);
	const struct summary *memory = lookup_summary(&production->lookup, case_index,
						      contender_index, production->memory);

	words_add_name(sb, result->cases[case_index].name);
	strbuf_addch(sb, '\n');
	words_add_name(sb, result->contenders[contender_index].name);
	if (time && !isnan(time->ratio)) {
		strbuf_addf(sb, "\n%s: ", production->metric_label);
		words_add_interval(sb, time);
		if (time->has_verdict)
			strbuf_addf(sb, ", %s", verdict_name(time->verdict));
	}
	if (memory && !isnan(memory->ratio)) {
		strbuf_addstr(sb, "\npeak memory: ");
		words_add_interval(sb, memory);
	}
}
