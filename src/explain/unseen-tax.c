/* SPDX-License-Identifier: MIT */
/* The account where neither the kernel's time nor the system time was seen: what was, and what that proves. */
#include <math.h>

#include "base/units.h"
#include "explain/account.h"
#include "explain/finding.h"
#include "explain/rule.h"

static void say_bound(const struct subject *subject, struct strbuf *text)
{
	double pages = subject_get(subject, METRIC_PEAK_RSS_BYTES) / subject->page_bytes;
	double bound = subject_refaults_bound(subject);

	if (isnan(bound))
		return;
	strbuf_addstr(text, ", and its peak memory has ");
	format_count(text, round(pages));
	strbuf_addstr(text, " pages: ");
	if (bound > 0) {
		strbuf_addstr(text, "at least ");
		format_count(text, round(bound));
		strbuf_addstr(text, " faults are on pages that it had before");
	} else {
		strbuf_addstr(text, "all of the faults may be growth");
	}
}

static void say_idle(const struct subject *subject, struct strbuf *text)
{
	strbuf_addstr(text, "It used no CPU time while it was watched, for ");
	format_ns(text, subject_get(subject, METRIC_WALL_NS));
	strbuf_addstr(text, ", and had ");
	format_count(text, subject->faults);
	strbuf_addstr(text, " page faults. Look while it works, or for longer: --duration.");
}

static void say_unseen(const struct subject *subject, struct strbuf *text)
{
	strbuf_addstr(text, "How much of its time the kernel takes, this probe does not see. It "
			    "saw ");
	format_count(text, subject->faults);
	strbuf_addstr(text, " page faults");
	say_bound(subject, text);
	strbuf_addstr(text, ". The bpf probe sees more: run this as root, or see `madvisor "
			    "doctor`.");
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !isnan(account_pct(subject)) || !(subject->faults >= 0))
		return false;
	if (subject->cpu_ns == 0)
		say_idle(subject, &text);
	else
		say_unseen(subject, &text);
	finding->confidence = CONFIDENCE_BOUNDED;
	FINDING_EVIDENCE(finding, subject, METRIC_MINOR_FAULTS, METRIC_PEAK_RSS_BYTES,
			 METRIC_MMAP_CALLS, METRIC_MUNMAP_CALLS, METRIC_MADVISE_DONTNEED_CALLS,
			 METRIC_BRK_CALLS);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_unseen_tax = {
	.id = "unseen-tax",
	.description = "how much the kernel works for the program was not seen",
	.examine = examine,
};
