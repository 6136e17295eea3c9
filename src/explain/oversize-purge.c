/* SPDX-License-Identifier: MIT */
/*
 * jemalloc 5.2 and later gives free extents of oversize_threshold (8 MiB) and more back at once, whatever
 * the decay times say: those of large blocks, and until 5.3.0 also smaller ones that have merged
 * (jemalloc issues 2208 and 2824; ChangeLog of 5.3.1).
 */
#include "base/units.h"
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/purge.h"
#include "explain/rule.h"

/* Purges this large are of extents near the threshold: part of one may have been purged before. */
#define OVERSIZE_BYTES (4.0 * 1024 * 1024)

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double purge_bytes =
		subject_mean(subject, METRIC_MADVISE_DONTNEED_BYTES, METRIC_MADVISE_DONTNEED_CALLS);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !(purge_bytes >= OVERSIZE_BYTES) ||
	    !purge_is_costly(&purge_dontneed, subject) ||
	    !remedy_take(subject, SYMPTOM_OVERSIZE, way, finding))
		return false;
	/* What is kept then merges with all else. */
	(void)remedy_take(subject, SYMPTOM_UNCUT, 0, finding);
	purge_describe(&purge_dontneed, subject, &text, finding);
	/* dontneed-refaults, which always holds with it, has said what happens. */
	strbuf_truncate(&text, 0);
	strbuf_addstr(&text, "These calls give ");
	format_bytes(&text, purge_bytes);
	strbuf_addstr(&text, " away at a time. ");
	strbuf_addstr(&text, "Purges this large are of what ");
	say_allocator(&text, subject);
	strbuf_addstr(
		&text,
		" calls oversize: free extents above oversize_threshold (8 MiB) are given back "
		"at once, whatever the decay time. Buffers of several megabytes come and go "
		"like that; before 5.3.1 also small ones whose free memory has merged.");
	finding->confidence *= 0.8; /* the use of the extents is not seen */
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_oversize_purge = {
	.id = "oversize-purge",
	.description = "jemalloc gives large free extents back at once",
	.examine = examine,
};
