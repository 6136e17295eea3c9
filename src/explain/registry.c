/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "explain/rule.h"

const struct rule *const rules[] = {
	&rule_kernel_tax,
	&rule_no_kernel_tax,
	&rule_dontneed_refaults,
	&rule_oversize_purge,
	&rule_heap_shrink,
	&rule_brk_trim,
	&rule_mmap_threshold,
	&rule_mapped_blocks,
	&rule_zeroing_calloc,
	&rule_thp,
	&rule_mmap_lock,
	&rule_tlb_shootdown,
	&rule_madv_free_rss,
	&rule_arena_bloat,
	&rule_own_mapping,
	&rule_thread_stacks,
	&rule_populated,
	&rule_program_trim,
	&rule_runtime_heap,
	&rule_other_allocator,
	&rule_retained,
	&rule_fork_copies,
	&rule_file_mappings,
	&rule_exec,
	&rule_lost_sight,
	&rule_arena_growth,
	&rule_growth,
	&rule_allocator_lock,
	&rule_unseen_tax,
	&rule_unseen_refaults,
};
const size_t rule_count = ARRAY_SIZE(rules);
