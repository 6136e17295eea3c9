/* SPDX-License-Identifier: MIT */
/*
 * Allocators other than glibc's map large blocks on their own, too, and unmap them when they are freed: mimalloc those that
 * fit into none of its arenas, musl from 128 KiB on (src/malloc/mallocng/malloc.c, MMAP_THRESHOLD), jemalloc without `retain`.
 */
#include "explain/finding.h"
#include "explain/purge.h"
#include "explain/remedy.h"
#include "explain/rule.h"

/* Smaller ones may be tables of the allocator's own, or stacks. */
#define LEAST_BYTES (128.0 * 1024)

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double block_bytes = subject_mean(subject, METRIC_MUNMAP_BYTES, METRIC_MUNMAP_CALLS);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || subject_served_by(subject, "glibc") || !*subject->allocator ||
	    !(block_bytes >= LEAST_BYTES) || !purge_is_costly(&purge_munmap, subject))
		return false;
	purge_describe(&purge_munmap, subject, &text, finding);
	strbuf_addf(&text, "%s maps such blocks one by one, and unmaps each when it is freed",
		    subject->allocator);
	if (!purge_is_told(&purge_munmap, subject)) {
		say_untold(subject, &text);
		finding->confidence *= 0.5;
	} else if (!remedy_take_all(subject, SYMPTOM_MAPPED_BLOCKS, finding)) {
		strbuf_addstr(&text, "; no setting of it is known to keep them: blocks that the "
				     "program uses again do, or another allocator");
	}
	strbuf_addch(&text, '.');
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_mapped_blocks = {
	.id = "mapped-blocks",
	.description = "an allocator other than glibc's maps and unmaps large blocks one by one",
	.examine = examine,
};
