/* SPDX-License-Identifier: MIT */
/*
 * Pages that come without a fault, as the program has asked the kernel to fill its memory in: by MAP_POPULATE, by mlock, or
 * for all that it maps by mlockall. Where the allocator maps them and gives them back, mmap-threshold has the cure.
 */
#include "base/units.h"
#include "explain/finding.h"
#include "explain/purge.h"
#include "explain/rule.h"

#define LEAST_BYTES (16.0 * 1024 * 1024)

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	double pages = subject_get(subject, METRIC_POPULATED_PAGES);
	double ns = subject_known(subject, METRIC_POPULATE_NS) +
		    subject_known(subject, METRIC_MMAP_NS) + subject_known(subject, METRIC_BRK_NS);

	if (way > 0 || !(pages * subject->page_bytes >= LEAST_BYTES) ||
	    !(subject_share_pct(subject, ns) >= NO_TAX_PCT) ||
	    purge_filled_anew(subject) >= pages / 2)
		return false;
	say_share(&text, subject, ns);
	format_count(&text, pages);
	strbuf_addstr(&text, " pages, ");
	format_bytes(&text, pages * subject->page_bytes);
	strbuf_addstr(&text, ", came without a page fault, at ");
	format_bytes(&text, subject_get(subject, METRIC_PEAK_RSS_BYTES));
	strbuf_addstr(
		&text,
		" at a time: the kernel fills memory in, by MAP_POPULATE, mlock or mlockall, "
		"because the program asks for that. Nothing is proposed for it. To ask once, for "
		"memory that is then kept, or not at all where it is not all used, is less work.");
	finding->confidence = finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_POPULATED_PAGES,
			 METRIC_POPULATE_CALLS, METRIC_POPULATE_NS, METRIC_MMAP_CALLS,
			 METRIC_MMAP_NS, METRIC_PEAK_RSS_BYTES);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_populated = {
	.id = "populated",
	.description = "the kernel fills memory in before it is touched, as the program asks",
	.examine = examine,
};
