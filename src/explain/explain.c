/* SPDX-License-Identifier: MIT */
#include "explain/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "explain/owners.h"
#include "explain/rule.h"

/* Remedies tried for each rule and subject, at most. */
#define WAYS_MAX 3

static void examine(struct result *result, const struct subject *subject, const struct rule *rule)
{
	for (unsigned int way = 0; way < WAYS_MAX; way++) {
		struct finding *finding = result_add_finding(result);

		finding->id = xstrdup(rule->id);
		finding->case_index = subject->case_index;
		finding->contender_index = subject->contender_index;
		if (!rule->examine(subject, way, finding)) {
			result_remove_finding(result, result->finding_count - 1);
			return;
		}
	}
}

/* Findings as sort keys: which subject, the account first, then by predicted gain, then as they came. */
struct ranked {
	struct finding finding;
	size_t place;
};

static double rank_of(const struct finding *finding)
{
	if (finding_is_account(finding))
		return INFINITY;
	/* Measured gains first, then predicted ones, refuted ones last. */
	if (finding->judgement == JUDGEMENT_REFUTED)
		return -1e9;
	if (finding_gained(finding))
		return 1e6 + finding->measured_gain_pct;
	return isnan(finding->predicted_gain_pct) ? -1 : finding->predicted_gain_pct;
}

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	double x_rank = rank_of(&x->finding), y_rank = rank_of(&y->finding);

	if (x_rank != y_rank)
		return x_rank > y_rank ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static void sort_findings(struct finding *findings, size_t count)
{
	struct ranked *ranked = xcalloc(count + 1, sizeof(*ranked));

	for (size_t i = 0; i < count; i++)
		ranked[i] = (struct ranked){ findings[i], i };
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < count; i++)
		findings[i] = ranked[i].finding;
	free(ranked);
}

/* Writes down whose doing the CPU time is that the kernel spends on memory: as parts of cpu_ns. */
static void note_owners(struct result *result, const struct subject *subject)
{
	struct owners_account account;
	size_t run = 0;

	owners_account(subject, &account);
	while (run < result->run_count &&
	       (result->runs[run].case_index != subject->case_index ||
		result->runs[run].contender_index != subject->contender_index ||
		!result->runs[run].observed))
		run++;
	if (!subject->timed || run == result->run_count || !owners_are_known(&account))
		return;
	for (int i = 0; i < OWNERS; i++) {
		double part = account.ns[i] / subject->cpu_ns;

		if (part > 0)
			*result_add_owner_share(result) = (struct owner_share){
				.run_index = run,
				.metric = METRIC_CPU_NS,
				.owner = (enum owner)i,
				.part = fmin(part, 1),
				.error = account.error_ns[i] / subject->cpu_ns,
			};
	}
}

static void forget_owners(struct result *result)
{
	size_t kept = 0;

	for (size_t i = 0; i < result->owner_share_count; i++)
		if (result->owner_shares[i].metric != METRIC_CPU_NS)
			result->owner_shares[kept++] = result->owner_shares[i];
	result->owner_share_count = kept;
}

/* Where too much was lost, only those that read what memory holds. */
static bool is_asked(const struct subject *subject, const struct rule *rule)
{
	bool is_lossy = subject->lost_pct > LOST_PCT;

	return rule == &rule_lost_sight ? is_lossy : !is_lossy || rule == &rule_retained;
}

static void explain_subject(struct result *result, const struct subject *subject)
{
	if (!(subject->lost_pct > LOST_PCT))
		note_owners(result, subject);
	for (size_t i = 0; i < rule_count; i++)
		if (is_asked(subject, rules[i]))
			examine(result, subject, rules[i]);
}

void result_rank_findings(struct result *result)
{
	size_t first = 0;

	/* Each subject's are together, and stay so. */
	for (size_t i = 1; i <= result->finding_count; i++) {
		const struct finding *a = &result->findings[first], *b = &result->findings[i];

		if (i < result->finding_count && a->case_index == b->case_index &&
		    a->contender_index == b->contender_index)
			continue;
		sort_findings(result->findings + first, i - first);
		first = i;
	}
}

void result_explain(struct result *result, const struct setting_catalogue *catalogue)
{
	while (result->finding_count)
		result_remove_finding(result, result->finding_count - 1);
	forget_owners(result);
	for (size_t c = 0; c < result->case_count; c++)
		for (size_t i = 0; i < result->contender_count; i++) {
			enum contender_role role = result->contenders[i].role;
			struct subject subject;

			if (role != ROLE_TWIN && role != ROLE_LIMIT &&
			    subject_init(&subject, result, catalogue, c, i))
				explain_subject(result, &subject);
		}
	result_rank_findings(result);
}

const char *const *explain_rule_ids(void)
{
	static const char *ids[32];

	_Static_assert(ARRAY_SIZE(ids) > 20, "room for the rules and the end");
	for (size_t i = 0; i < rule_count && i + 1 < ARRAY_SIZE(ids); i++)
		ids[i] = rules[i]->id;
	return ids;
}
