/* SPDX-License-Identifier: MIT */
/*
 * explain/rule: the registry: one known costly interaction of an allocator with the kernel.
 *
 * Layer: the bottom of explain/, above subject. Each rule is one file with one `const struct rule`, and
 * one row in registry.c. docs/HOWTO-rule.md says what each one looks for and how to add one.
 *
 * A rule must know its symptom from figures, give them as evidence, and say nothing where they were not
 * measured. It predicts a gain only from measured time.
 */
#ifndef MADVISOR_EXPLAIN_RULE_H
#define MADVISOR_EXPLAIN_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "explain/subject.h"
#include "model/result.h"

struct rule {
	const char *id;
	const char *description; /* one line */
	/*
	 * Whether it holds; then fills confidence, evidence, text, settings, prediction and
	 * predicted_gain_pct. Called for remedy 0 first and, as long as it holds, for further ones:
	 * other settings for the same symptom, each a finding of its own to be verified.
	 */
	bool (*examine)(const struct subject *subject, unsigned int way, struct finding *finding);
};

extern const struct rule rule_kernel_tax;
extern const struct rule rule_dontneed_refaults;
extern const struct rule rule_oversize_purge;
extern const struct rule rule_heap_shrink;
extern const struct rule rule_brk_trim;
extern const struct rule rule_mmap_threshold;
extern const struct rule rule_mapped_blocks;
extern const struct rule rule_zeroing_calloc;
extern const struct rule rule_thp;
extern const struct rule rule_mmap_lock;
extern const struct rule rule_tlb_shootdown;
extern const struct rule rule_madv_free_rss;
extern const struct rule rule_arena_bloat;
extern const struct rule rule_own_mapping;
extern const struct rule rule_thread_stacks;
extern const struct rule rule_populated;
extern const struct rule rule_program_trim;
extern const struct rule rule_runtime_heap;
extern const struct rule rule_other_allocator;
extern const struct rule rule_retained;
extern const struct rule rule_allocator_lock;
extern const struct rule rule_arena_growth;
extern const struct rule rule_growth;
extern const struct rule rule_fork_copies;
extern const struct rule rule_file_mappings;
extern const struct rule rule_exec;
extern const struct rule rule_unseen_tax;
extern const struct rule rule_unseen_refaults;
extern const struct rule rule_no_kernel_tax;
/* Where it holds, no rule about faults, calls and times is asked. */
extern const struct rule rule_lost_sight;

/* All of them, in the order in which they are asked. */
extern const struct rule *const rules[];
extern const size_t rule_count;

#endif
