/* SPDX-License-Identifier: MIT */
/*
 * glibc's main heap ends at the program break. When more than trim_threshold is free at its end, free()
 * lowers the break, and the next malloc() raises it again (mallopt(3), M_TRIM_THRESHOLD).
 */
#include "explain/finding.h"
#include "explain/huge.h"
#include "explain/remedy.h"
#include "explain/purge.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	/* For an allocator other than glibc the owner of the break is not known. */
	if ((*subject->allocator && !subject_served_by(subject, "glibc")) ||
	    !purge_is_costly(&purge_brk, subject))
		return false;
	if (way > 0)
		return way == 1 && huge_offer(subject, SYMPTOM_HEAP_TRIM, finding);
	purge_describe(&purge_brk, subject, &text, finding);
	strbuf_addstr(
		&text,
		"The heap is trimmed whenever more than trim_threshold is free at its end, and "
		"grows again with the next blocks");
	if (!remedy_take_all(subject, SYMPTOM_HEAP_TRIM, finding))
		strbuf_addstr(&text,
			      *subject->allocator
				      ? "; both thresholds are set high already, so that this may "
					"be the program's own malloc_trim or sbrk"
				      : ": this is how glibc's malloc behaves, but which allocator "
					"serves this program could not be told");
	strbuf_addch(&text, '.');
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_brk_trim = {
	.id = "brk-trim",
	.description = "glibc's heap is trimmed by brk and grows again",
	.examine = examine,
};
