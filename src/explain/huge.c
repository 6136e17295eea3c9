/* SPDX-License-Identifier: MIT */
#include "explain/huge.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "explain/finding.h"
#include "explain/owners.h"
#include "explain/purge.h"
#include "explain/remedy.h"

/* A huge page of 2 MiB is cleared in 60 us and more. */
#define CLEAR_NS_A_BYTE (60000.0 / (2 << 20))
/* Without classes: faults that must be on pages that it had before, at most this part, are no growth. */
#define MOST_REFAULTS 0.1

bool huge_on_request(const struct subject *subject)
{
	const char *thp = subject->result->host.thp;

	return thp && !strcmp(thp, "madvise");
}

double huge_first_touches(const struct subject *subject)
{
	struct owner_parts parts;

	owner_parts_of_metric(subject, METRIC_FIRST_TOUCH_FAULTS, &parts);
	/* Files, stacks and programs being started grow as well: no setting of an allocator reaches them. */
	if (subject->classified)
		return subject_get(subject, METRIC_FIRST_TOUCH_FAULTS) *
			       (isnan(parts.part[OWNER_ALLOCATOR]) ? 1
								   : parts.part[OWNER_ALLOCATOR]) -
		       purge_taken_anew(subject);
	return subject_refaults_bound(subject) <= MOST_REFAULTS * subject->faults ? subject->faults
										  : NAN;
}

double huge_clear_ns(const struct subject *subject, double touches)
{
	return touches * subject->page_bytes * CLEAR_NS_A_BYTE;
}

bool huge_offer(const struct subject *subject, enum symptom symptom, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	double touches = huge_first_touches(subject);
	double touches_ns = subject_faults_ns(subject, touches);
	double saved_ns = touches_ns - huge_clear_ns(subject, touches);

	if (!huge_on_request(subject) || !subject->classified ||
	    !(touches * subject->page_bytes >= HUGE_LEAST_BYTES) ||
	    !(subject_share_pct(subject, saved_ns) >= WORTH_PCT) ||
	    !remedy_take_all(subject, symptom, finding))
		return false;
	if (!remedy_take_all(subject, SYMPTOM_GROWTH, finding)) {
		finding_drop_settings(finding, 0);
		return false;
	}
	strbuf_addstr(&text, "The same, and huge pages for what the heaps grow by beside that: ");
	say_faults(&text, subject, touches);
	strbuf_addstr(&text, " are first touches, ");
	say_pct(&text, subject_share_pct(subject, touches_ns));
	strbuf_addstr(
		&text,
		" of its CPU time, and one fault then brings 2 MiB. An offer: it costs memory "
		"in steps of that, for every heap, and only rounds tell what it "
		"gains.");
	finding->text = strbuf_detach(&text);
	finding->confidence = 0.5 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MINOR_FAULTS, METRIC_FAULT_NS,
			 METRIC_FIRST_TOUCH_FAULTS, METRIC_PEAK_RSS_BYTES);
	return true;
}
