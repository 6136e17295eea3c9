/* SPDX-License-Identifier: MIT */
/*
 * glibc maps each block above mmap_threshold on its own and unmaps it when it is freed. The threshold
 * grows with the blocks that are freed, up to 32 MiB, unless it or trim_threshold was set (mallopt(3)).
 */
#include "explain/finding.h"
#include "explain/heaps.h"
#include "explain/owners.h"
#include "explain/remedy.h"
#include "explain/purge.h"
#include "explain/rule.h"

/* The least that the threshold can grow from: smaller blocks are mapped only where it was set lower. */
#define LEAST_BYTES (128.0 * 1024)
/* The mean of all calls is that of the allocator's own if it has this part of the pages. */
#define NEARLY_ALL 0.95

static bool is_told_to_be_small(const struct subject *subject)
{
	return owners_allocator_part(subject, PURGE_MUNMAP) >= NEARLY_ALL;
}

/* What to do, or why nothing can be set. */
static void say_way(const struct subject *subject, bool is_small, struct finding *finding,
		    struct strbuf *text)
{
	if (!purge_is_told(&purge_munmap, subject)) {
		say_untold(subject, text);
	} else if (is_small && !subject_setting(subject, "mmap_threshold")) {
		strbuf_addstr(text,
			      "; no variable that was seen sets it so low: the program may, by "
			      "mallopt(M_MMAP_THRESHOLD), which goes before every variable");
	} else if (!remedy_take_all(subject, SYMPTOM_MAPPED_BLOCKS, finding)) {
		strbuf_addstr(text,
			      "; the thresholds are set high already, so that this may be the "
			      "program's own mmap");
	}
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double block_bytes = subject_mean(subject, METRIC_MUNMAP_BYTES, METRIC_MUNMAP_CALLS);
	bool is_small = !(block_bytes >= LEAST_BYTES);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !subject_served_by(subject, "glibc") ||
	    (is_small && !is_told_to_be_small(subject)) || heaps_are_unmapped(subject) ||
	    !purge_is_costly(&purge_munmap, subject))
		return false;
	purge_describe(&purge_munmap, subject, &text, finding);
	strbuf_addstr(&text,
		      "Blocks above mmap_threshold are each mapped, faulted in and unmapped again");
	say_way(subject, is_small, finding, &text);
	strbuf_addch(&text, '.');
	/* Threads' stacks and files are unmapped too. */
	finding->confidence *= 0.8;
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_mmap_threshold = {
	.id = "mmap-threshold",
	.description = "glibc maps and unmaps large blocks one by one",
	.examine = examine,
};
