/* SPDX-License-Identifier: MIT */
/*
 * glibc's arenas other than the main one lie in heaps of their own, whose free end is given back by
 * madvise(MADV_DONTNEED) once it exceeds trim_threshold (malloc/arena.c, heap_trim() and shrink_heap()).
 */
#include "explain/finding.h"
#include "explain/huge.h"
#include "explain/remedy.h"
#include "explain/purge.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!subject_served_by(subject, "glibc") || !purge_is_costly(&purge_dontneed, subject))
		return false;
	if (way > 0)
		return way == 1 && purge_is_told(&purge_dontneed, subject) &&
		       huge_offer(subject, SYMPTOM_COMMITS, finding);
	purge_describe(&purge_dontneed, subject, &text, finding);
	strbuf_addstr(
		&text,
		"glibc trims its threads' heaps whenever more than trim_threshold is free at their "
		"end, and they grow again with the next blocks");
	if (!purge_is_told(&purge_dontneed, subject))
		say_untold(subject, &text);
	else if (!remedy_take_all(subject, SYMPTOM_HEAP_TRIM, finding))
		strbuf_addstr(&text,
			      "; both thresholds are set high already, so that this may be the "
			      "program's own malloc_trim");
	strbuf_addch(&text, '.');
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_heap_shrink = {
	.id = "heap-shrink",
	.description = "glibc's thread heaps shrink and grow again",
	.examine = examine,
};
