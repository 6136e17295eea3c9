/* SPDX-License-Identifier: MIT */
/* A run of which the observer lost so much that no share of it means anything: what is known, and how to look again. */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/rule.h"

static void say_remedy(const struct subject *subject, struct strbuf *text)
{
	if (subject_known(subject, METRIC_LOST_FAULTS) > 0)
		strbuf_addstr(
			text,
			" Pages found no room in the observer's tables, or keeping track of them took too long: "
			"look again with a higher --observer-memory, at a part of it, or at one process (-p).");
	else
		strbuf_addstr(text, " Look again, for longer, or when the machine does less else.");
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !(subject->lost_pct > LOST_PCT))
		return false;
	strbuf_addstr(&text, "No verdict: the observer lost ");
	format_count(&text, subject_get(subject, METRIC_OBSERVER_LOSSES));
	strbuf_addstr(&text, " events beside ");
	format_count(&text, subject->faults);
	strbuf_addstr(&text,
		      " page faults, more than 1%: what the faults are due to is not known.");
	if (!isnan(subject_system_pct(subject))) {
		strbuf_addstr(&text, " The kernel takes ");
		say_pct(&text, subject_system_pct(subject));
		strbuf_addstr(&text, " of the program's CPU time in all.");
	}
	say_remedy(subject, &text);
	finding->confidence = CONFIDENCE_BOUNDED;
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_SYS_NS, METRIC_MINOR_FAULTS,
			 METRIC_OBSERVER_LOSSES, METRIC_LOST_FAULTS, METRIC_PEAK_RSS_BYTES);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_lost_sight = {
	.id = "lost-sight",
	.description = "the observer lost more than 1% of what happened: no verdict",
	.examine = examine,
};
