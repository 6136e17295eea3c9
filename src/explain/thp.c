/* SPDX-License-Identifier: MIT */
/*
 * A fault that brings a transparent huge page clears or copies 2 MiB: a hundred times the work of a small
 * one. Worth it for memory that is used in full; not after a fork, or for sparse or short-lived memory.
 */
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/rule.h"

/* Faults of small pages bring 4 to 64 KiB, as the kernel maps some around. */
#define BYTES_A_FAULT (128.0 * 1024)

/* With fewer the rule stays silent. */
#define LEAST_FAULTS 100

/* Faults that may have brought a huge page: of memory that was not given away before. */
static double candidates(const struct subject *subject)
{
	return subject->classified ? subject_get(subject, METRIC_FIRST_TOUCH_FAULTS) +
					     subject_known(subject, METRIC_COW_FAULTS)
				   : subject->faults;
}

static bool faults_are_dear(const struct subject *subject)
{
	double fault_ns = subject_get(subject, METRIC_FAULT_NS);

	if (!(candidates(subject) >= LEAST_FAULTS) ||
	    !(subject_get(subject, METRIC_PEAK_RSS_BYTES) >= BYTES_A_FAULT * candidates(subject)))
		return false;
	if (!isnan(fault_ns))
		return fault_ns / subject->faults >= DEAR_FAULT_NS &&
		       subject_share_pct(subject, fault_ns) >= WORTH_PCT;
	return subject_get(subject, METRIC_SYS_NS) / subject->faults >= 2 * DEAR_FAULT_NS &&
	       subject_system_pct(subject) >= NO_TAX_PCT;
}

static void say_symptom(const struct subject *subject, struct strbuf *text)
{
	double fault_ns = subject_get(subject, METRIC_FAULT_NS);

	say_share(text, subject, fault_ns);
	strbuf_addstr(text, "A page fault takes ");
	format_ns(text, (isnan(fault_ns) ? subject_get(subject, METRIC_SYS_NS) : fault_ns) /
				subject->faults);
	strbuf_addf(
		text,
		" of %sCPU time on average, many times what a small page takes: transparent huge "
		"pages (here: %s) are cleared, or after a fork copied, 2 MiB at a time. ",
		isnan(fault_ns) ? "system " : "", subject->result->host.thp);
	if (subject_get(subject, METRIC_COW_FAULTS) > 0) {
		format_count(text, subject_get(subject, METRIC_COW_FAULTS));
		strbuf_addstr(text, " faults are copies after a fork. ");
	}
	if (!isnan(fault_ns))
		strbuf_addf(text,
			    "At most %.0f%% can be gained without them, less what small pages then "
			    "cost: only a run can tell",
			    subject_share_pct(subject, fault_ns));
	else
		strbuf_addstr(text, "What can be gained without them only a run can tell");
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	const char *thp = subject->result->host.thp;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !thp || !strcmp(thp, "never") || !faults_are_dear(subject))
		return false;
	say_symptom(subject, &text);
	remedy_take_all(subject, SYMPTOM_HUGE_PAGES, finding);
	if (!finding->setting_count)
		strbuf_addstr(&text, ". For the whole machine: `echo madvise > "
				     "/sys/kernel/mm/transparent_hugepage/enabled`");
	strbuf_addch(&text, '.');
	finding->confidence = 0.7 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_SYS_NS, METRIC_MINOR_FAULTS,
			 METRIC_FAULT_NS, METRIC_COW_FAULTS, METRIC_PEAK_RSS_BYTES);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_thp = {
	.id = "thp",
	.description = "faults that bring transparent huge pages are dear",
	.examine = examine,
};
