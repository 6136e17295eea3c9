/* SPDX-License-Identifier: MIT */
/*
 * Where the probe cannot tell faults apart: a process never has more pages than its peak memory, so that faults
 * beyond that many are on pages it had before. Where only the sum of several processes' faults and the largest
 * peak are known, the bound does not hold, which cannot be seen from here.
 */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/purge.h"
#include "explain/rule.h"

#define LEAST_FAULTS 10000

/* Whether the counted calls can account for the refaults. */
static bool explained(const struct subject *subject)
{
	return purge_is_costly(&purge_dontneed, subject) ||
	       purge_is_costly(&purge_munmap, subject) || purge_is_costly(&purge_brk, subject);
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double bound = subject_refaults_bound(subject);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || subject->classified || explained(subject) || !(bound >= LEAST_FAULTS) ||
	    !(bound >= subject->faults / 2) || !subject_may_be_taxed(subject))
		return false;
	strbuf_addstr(&text, "At least ");
	say_faults(&text, subject, bound);
	strbuf_addstr(&text,
		      " are on pages that the program had before: its peak memory has only ");
	format_count(&text, subject_get(subject, METRIC_PEAK_RSS_BYTES) / subject->page_bytes);
	strbuf_addstr(&text, " pages. ");
	if (!metrics_has(&subject->metrics, METRIC_REFAULTS_AT_LEAST))
		strbuf_addstr(&text, "(Unless it starts other processes, whose faults are counted "
				     "with its own.) ");
	if (!isnan(subject_system_pct(subject)))
		strbuf_addf(&text,
			    "The kernel took %.0f%% of its CPU time for everything it does. ",
			    subject_system_pct(subject));
	strbuf_addstr(&text, "Which call gives the pages away, and what that costs, the bpf probe "
			     "shows: run this as root, or see `madvisor doctor`.");
	finding->confidence = CONFIDENCE_BOUNDED;
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_SYS_NS, METRIC_MINOR_FAULTS,
			 METRIC_PEAK_RSS_BYTES, METRIC_REFAULTS_AT_LEAST);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_unseen_refaults = {
	.id = "unseen-refaults",
	.description = "more faults than the program ever had pages, of unknown cause",
	.examine = examine,
};
