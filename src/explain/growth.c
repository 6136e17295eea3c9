/* SPDX-License-Identifier: MIT */
/*
 * A heap that grows takes one fault for each page of 4 KiB. Transparent huge pages take one for 2 MiB, which clears
 * the same memory in one go. Whether that is a gain depends on how full the huge pages get, and on how readily this
 * machine finds 2 MiB in one piece: it is offered, and only rounds tell.
 */
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/huge.h"
#include "explain/purge.h"
#include "explain/remedy.h"
#include "explain/rule.h"

/* Of all faults: with fewer, what brings the others is worth more than huge pages for these. */
#define LEAST_PART 0.5

static bool growth_is_costly(const struct subject *subject)
{
	double touches = huge_first_touches(subject);
	double touches_ns = subject_faults_ns(subject, touches);

	if (!(touches * subject->page_bytes >= HUGE_LEAST_BYTES) ||
	    !(touches >= LEAST_PART * subject->faults))
		return false;
	/* An allocator that gives back what is asked for soon grows because of that: the purges' rules have the cure. */
	if (subject->classified && purge_is_costly(&purge_dontneed, subject))
		return false;
	if (subject->timed)
		return touches_ns / touches < DEAR_FAULT_NS &&
		       subject_share_pct(subject, touches_ns) >= NO_TAX_PCT;
	return subject_system_pct(subject) >= NO_TAX_PCT;
}

static void predict(const struct subject *subject, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	double touches = huge_first_touches(subject),
	       touches_ns = subject_faults_ns(subject, touches);
	double clear_ns = huge_clear_ns(subject, touches);

	if (!subject->timed || !(touches_ns > clear_ns) || !finding->setting_count)
		return;
	finding->predicted_gain_pct = subject_share_pct(subject, touches_ns - clear_ns);
	format_ns(&sb, touches_ns);
	strbuf_addstr(&sb, " in first touches, less ");
	format_ns(&sb, clear_ns);
	strbuf_addstr(&sb, " for clearing the same memory by 2 MiB (60 us each), of ");
	format_ns(&sb, subject->cpu_ns);
	strbuf_addstr(&sb, " CPU time, where all of it gets huge pages without a search for them");
	finding->prediction = strbuf_detach(&sb);
}

static void say_symptom(const struct subject *subject, struct strbuf *text)
{
	double touches = huge_first_touches(subject);

	say_share(text, subject, subject_faults_ns(subject, touches));
	say_faults(text, subject, touches);
	strbuf_addstr(text, subject->classified
				    ? " are first touches, by which it grew: "
				    : " at most are first touches, by which it grew: there are "
				      "hardly more faults than its memory had pages at its peak; ");
	format_bytes(text, touches * subject->page_bytes);
	strbuf_addstr(text, " in pages of ");
	format_bytes(text, subject->page_bytes);
	strbuf_addstr(text, ". ");
}

static void say_way(const struct subject *subject, const struct finding *finding,
		    struct strbuf *text)
{
	const char *thp = subject->result->host.thp;

	if (finding->setting_count)
		strbuf_addstr(text, "With transparent huge pages one fault brings 2 MiB. That may "
				    "cost memory, and time where the machine has to search for "
				    "them: some programs get slower, so verify");
	else if (thp && !strcmp(thp, "never"))
		strbuf_addstr(text, "Huge pages, which would take one fault for 2 MiB, are off on "
				    "this machine: `echo madvise > "
				    "/sys/kernel/mm/transparent_hugepage/enabled` as root lets "
				    "programs ask for them");
	else
		strbuf_addstr(text, "No setting of its allocator is known to avoid them; memory "
				    "that is used again instead of taken anew does");
}

static bool take(const struct subject *subject, unsigned int way, struct finding *finding)
{
	if (!huge_on_request(subject))
		return false;
	if (way == 0)
		return remedy_take(subject, SYMPTOM_GROWTH, 0, finding);
	/* Then all together, where there are several. */
	return way == 1 && remedy_take_all(subject, SYMPTOM_GROWTH, finding) &&
	       finding->setting_count > 1;
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!growth_is_costly(subject) || (!take(subject, way, finding) && way > 0))
		return false;
	if (way == 0) {
		say_symptom(subject, &text);
		say_way(subject, finding, &text);
		strbuf_addch(&text, '.');
	} else {
		strbuf_addstr(&text, "The same growth, its allocator's own tables included.");
	}
	/* What huge pages cost on this machine was not seen. */
	finding->confidence = 0.6 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MINOR_FAULTS, METRIC_FAULT_NS,
			 METRIC_FIRST_TOUCH_FAULTS, METRIC_PEAK_RSS_BYTES);
	predict(subject, finding);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_growth = {
	.id = "growth",
	.description = "memory that only grows takes a fault for each small page",
	.examine = examine,
};
