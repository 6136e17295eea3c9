/* SPDX-License-Identifier: MIT */
/*
 * explain/explain: from a recorded result to findings: where the kernel time goes, why, and what to set.
 *
 * Layer: above model, beside report. Sees the document alone, never a process: the same document
 * gives the same findings anywhere. A rule names a symptom, and the catalogue of settings, passed
 * by the caller, names the remedy; the caller maps it to the variable that a certain program reads
 * (see struct finding_setting).
 *
 * A prediction is computed from measured time, never from a count, and is judged by a verification run:
 * rounds of the program with a finding's settings against the program without.
 */
#ifndef MADVISOR_EXPLAIN_EXPLAIN_H
#define MADVISOR_EXPLAIN_EXPLAIN_H

#include "model/result.h"
#include "model/setting.h"

/*
 * Replaces findings[]: for each case and each contender that took part and was not replaced by a pool,
 * what the rules see in its runs. The account of its kernel time comes first, then what costs most.
 */
void result_explain(struct result *result, const struct setting_catalogue *catalogue)
	__attribute__((nonnull));

/*
 * Replaces findings[] after a shootout: for each case and each contender that is faster or slower
 * than the baseline by wall time, why, in one line: where the CPU time goes that one of them takes
 * more, by the rounds, and what the kernel does there, by the observed ones
 * (FINDING_KERNEL_DIFFERENCE and its like). Leaves out ties, unclear verdicts and those judged by a
 * metric of the user's own. Summaries must be there.
 */
void result_explain_differences(struct result *result, const struct setting_catalogue *catalogue)
	__attribute__((nonnull));

/*
 * Fills in what the rounds measured: the gain of finding `index` under the contender `verified`,
 * against the contender that the finding is about, from the summaries; and judges it
 * (finding_judge()) by the margin and the noise of the rounds. Adds the settings' effect on memory
 * and on wall time to its text.
 */
void finding_verify(struct result *result, size_t index, size_t verified) __attribute__((nonnull));

/*
 * Puts the findings about each program in order: its account, those with a real gain by how much it is, those
 * with a predicted gain by how much that is, those that were refuted.
 */
void result_rank_findings(struct result *result) __attribute__((nonnull));

/*
 * The name of the contender that would verify a finding: the finding's own with its settings,
 * "self[dirty_decay_ms:30000]". Caller frees. NULL without a setting that an allocator reads. Keys
 * must not have been bound to variables yet.
 */
char *finding_contender_name(const struct result *result, const struct finding *finding)
	__attribute__((nonnull, warn_unused_result));

/* The ids of all rules, in their order, NULL-terminated. Static. */
const char *const *explain_rule_ids(void) __attribute__((returns_nonnull));

#endif
