/* SPDX-License-Identifier: MIT */
/*
 * The storm: free pages go by madvise(MADV_DONTNEED), and the next use of each faults. Not glibc, whose
 * heaps shrink by the same call (heap-shrink), nor snmalloc, which zeroes by it (zeroing-calloc).
 */
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/purge.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (subject_served_by(subject, "glibc") || subject_served_by(subject, "snmalloc") ||
	    !purge_is_costly(&purge_dontneed, subject))
		return false;
	if (!remedy_purge_less(subject, way, finding) && way > 0)
		return false;
	purge_describe(&purge_dontneed, subject, &text, finding);
	if (way > 0) {
		strbuf_truncate(&text, 0);
		strbuf_addstr(&text, "The same refaults, against which this may help instead.");
		finding->text = strbuf_detach(&text);
		return true;
	}
	if (*subject->allocator)
		say_allocator(&text, subject);
	else
		strbuf_addstr(&text, "Its allocator");
	strbuf_addstr(&text, " gives free memory back and soon takes it again");
	if (!finding->setting_count)
		strbuf_addstr(&text,
			      *subject->allocator
				      ? "; no setting of it is known to change that"
				      : "; which allocator it is could not be told, so neither "
					"can what to set");
	strbuf_addch(&text, '.');
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_dontneed_refaults = {
	.id = "dontneed-refaults",
	.description =
		"free pages are given back by MADV_DONTNEED, and fault again when they are used",
	.examine = examine,
};
