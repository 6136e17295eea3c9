/* SPDX-License-Identifier: MIT */
/* Why a contender is faster or slower than the baseline: findings of their own, shown beside the verdicts. */
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/produce.h"

static const struct summary *verdict_behind(const struct production *production,
					    const struct finding *finding)
{
	const struct summary *summary =
		judged_of(production, finding->case_index, finding->contender_index);

	return finding_is_difference(finding) && summary && summary->has_verdict &&
			       summary->ratio > 0
		       ? summary
		       : NULL;
}

/* One case, one direction, one kind of reason: said in one line. */
struct group {
	size_t case_index;
	const char *id;
	enum verdict verdict;
};

static bool is_in(const struct production *production, const struct group *group,
		  const struct finding *finding)
{
	const struct summary *summary = verdict_behind(production, finding);

	return summary && finding->case_index == group->case_index &&
	       summary->verdict == group->verdict && !strcmp(finding->id, group->id);
}

/* The one farthest from the baseline speaks for the group. */
static const struct finding *speaker_of(const struct production *production,
					const struct group *group)
{
	const struct result *result = production->result;
	const struct finding *speaker = NULL;
	double farthest = -1;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (!is_in(production, group, finding))
			continue;
		double distance = fabs(log(verdict_behind(production, finding)->ratio));
		if (distance > farthest) {
			farthest = distance;
			speaker = finding;
		}
	}
	return speaker;
}

static void add_others(const struct production *production, const struct group *group,
		       const struct finding *speaker, struct strbuf *sb)
{
	const struct result *result = production->result;
	const char *before = " Likewise ";

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (finding == speaker || !is_in(production, group, finding))
			continue;
		strbuf_addf(sb, "%s%s (", before,
			    result->contenders[finding->contender_index].name);
		format_ratio(sb, verdict_behind(production, finding)->ratio);
		strbuf_addch(sb, ')');
		before = ", ";
	}
	if (*before == ',')
		strbuf_addch(sb, '.');
}

static bool say_group(const struct production *production, const struct group *group, bool headed)
{
	const struct result *result = production->result;
	const struct finding *speaker = speaker_of(production, group);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!speaker)
		return headed;
	if (!headed)
		production->emitter->heading(production->self, "Why");
	strbuf_addf(&sb, "%s: %s ", result->cases[group->case_index].name,
		    result->contenders[speaker->contender_index].name);
	add_verdict(&sb, production, verdict_behind(production, speaker));
	strbuf_addf(&sb, ": %s.", speaker->text);
	add_others(production, group, speaker, &sb);
	production->emitter->note(production->self, NOTE_PLAIN, sb.buf);
	return true;
}

/* Less time outside the kernel is not shown: it needs no remedy. */
static const struct {
	const char *id;
	enum verdict verdict;
} shown[] = {
	{ FINDING_KERNEL_DIFFERENCE, VERDICT_SLOWER },
	{ FINDING_USER_DIFFERENCE, VERDICT_SLOWER },
	{ FINDING_WAIT_DIFFERENCE, VERDICT_SLOWER },
	{ FINDING_KERNEL_DIFFERENCE, VERDICT_FASTER },
};

void produce_why(const struct production *production)
{
	bool headed = false;

	for (size_t c = 0; production->result->finding_count && c < production->result->case_count;
	     c++)
		for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
			const struct group group = { c, shown[i].id, shown[i].verdict };

			headed = say_group(production, &group, headed);
		}
}

void say_why_of(const struct production *production, size_t contender_index)
{
	const struct result *result = production->result;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (finding->case_index == 0 && finding->contender_index == contender_index &&
		    verdict_behind(production, finding))
			say(production, NOTE_DETAIL, "%s", finding->text);
	}
}
