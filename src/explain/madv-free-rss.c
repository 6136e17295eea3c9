/* SPDX-License-Identifier: MIT */
/*
 * Pages that went by MADV_FREE stay resident until the kernel needs them (madvise(2)): resident
 * memory looks like a leak, and counts against a container's limit until then.
 */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/rule.h"

#define MIB (1024.0 * 1024)
#define LEAST_BYTES (16 * MIB)
/* Below this size a program does not look like a leak. */
#define LEAST_RESIDENT_BYTES (128 * MIB)

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double freed_bytes = subject_get(subject, METRIC_MADVISE_FREE_BYTES);
	double rss_bytes = subject_get(subject, METRIC_PEAK_RSS_BYTES);
	double reclaimed_bytes = subject_known(subject, METRIC_REFAULTS_FREE) * subject->page_bytes;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	/* Pages that were reclaimed, and so refaulted, were not resident. */
	if (way > 0 || !(freed_bytes >= LEAST_BYTES) || !(rss_bytes >= LEAST_RESIDENT_BYTES) ||
	    !(freed_bytes >= rss_bytes / 4) || reclaimed_bytes > freed_bytes / 2)
		return false;
	strbuf_addstr(&text, "This is no leak: ");
	say_calls(&text, subject, METRIC_MADVISE_FREE_CALLS, METRIC_MADVISE_FREE_BYTES,
		  "gave away");
	strbuf_addstr(
		&text,
		" by madvise(MADV_FREE), which the kernel takes only when it runs short. Until "
		"then they count as resident: up to ");
	format_bytes(&text, fmin(freed_bytes, rss_bytes));
	strbuf_addstr(&text, " of ");
	format_bytes(&text, rss_bytes);
	strbuf_addstr(&text, "; LazyFree in /proc/PID/smaps_rollup tells them apart");
	remedy_take_all(subject, SYMPTOM_LAZY_FREE, finding);
	if (!finding->setting_count)
		strbuf_addstr(&text, ". No setting of this allocator changes that");
	strbuf_addch(&text, '.');
	finding->gain_metric = METRIC_MEAN_RSS_BYTES;
	finding->confidence = 0.8;
	FINDING_EVIDENCE(finding, subject, METRIC_PEAK_RSS_BYTES, METRIC_MEAN_RSS_BYTES,
			 METRIC_MADVISE_FREE_CALLS, METRIC_MADVISE_FREE_BYTES,
			 METRIC_REFAULTS_FREE);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_madv_free_rss = {
	.id = "madv-free-rss",
	.description = "memory given away by MADV_FREE still counts as resident",
	.examine = examine,
};
