/* SPDX-License-Identifier: MIT */
/*
 * snmalloc zeroes more than 16 pages by MADV_DONTNEED (src/snmalloc/pal/pal_linux.h): a large calloc
 * faults all its pages again, by design. It frees by MADV_FREE, so DONTNEED is nothing else.
 */
#include "explain/finding.h"
#include "explain/purge.h"
#include "explain/rule.h"

#define ZEROED_PAGES 16

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double bytes =
		subject_mean(subject, METRIC_MADVISE_DONTNEED_BYTES, METRIC_MADVISE_DONTNEED_CALLS);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !subject_served_by(subject, "snmalloc") ||
	    !(bytes > ZEROED_PAGES * subject->page_bytes) ||
	    !purge_is_costly(&purge_dontneed, subject))
		return false;
	purge_describe(&purge_dontneed, subject, &text, finding);
	strbuf_addstr(
		&text,
		"snmalloc zeroes large blocks by giving their pages away: this is calloc, by "
		"design, and no setting changes it. Where the program overwrites the block anyway, "
		"malloc instead of calloc avoids it; so does another allocator: "
		"`madvisor compare`.");
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_zeroing_calloc = {
	.id = "zeroing-calloc",
	.description = "snmalloc zeroes large blocks by MADV_DONTNEED",
	.examine = examine,
};
