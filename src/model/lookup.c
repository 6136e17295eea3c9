/* SPDX-License-Identifier: MIT */
#include "model/lookup.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/xalloc.h"

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare(const void *a, const void *b)
{
	const struct summary *x = *(const struct summary *const *)a;
	const struct summary *y = *(const struct summary *const *)b;
	int order = compare_sizes(x->case_index, y->case_index);

	if (!order)
		order = compare_sizes(x->contender_index, y->contender_index);
	return order ? order : compare_sizes(x->metric, y->metric);
}

void lookup_init(struct lookup *lookup, const struct result *result)
{
	lookup->count = result->summary_count;
	lookup->sorted = xcalloc(lookup->count + 1, sizeof(struct summary *));
	for (size_t i = 0; i < lookup->count; i++)
		lookup->sorted[i] = &result->summaries[i];
	qsort(lookup->sorted, lookup->count, sizeof(struct summary *), compare);
}

void lookup_release(struct lookup *lookup)
{
	free(lookup->sorted);
	*lookup = (struct lookup){ 0 };
}

const struct summary *lookup_summary(const struct lookup *lookup, size_t case_index,
				     size_t contender_index, enum metric_id metric)
{
	const struct summary wanted = {
		.case_index = case_index,
		.contender_index = contender_index,
		.metric = metric,
	};
	const struct summary *key = &wanted;
	const struct summary *const *found =
		bsearch(&key, lookup->sorted, lookup->count, sizeof(struct summary *), compare);

	return found ? *found : NULL;
}

double lookup_estimate(const struct lookup *lookup, size_t case_index, size_t contender_index,
		       enum metric_id metric)
{
	const struct summary *summary = lookup_summary(lookup, case_index, contender_index, metric);

	return summary ? summary->estimate : NAN;
}

static bool has_children(const struct lookup *lookup, const struct result *result, size_t baseline)
{
	for (size_t c = 0; c < result->case_count; c++)
		if (lookup_estimate(lookup, c, baseline, METRIC_CHILD_FAULTS) > 0)
			return true;
	return false;
}

/*
 * Whether the group's peak of a summary's contender says more than that of its largest process. It holds no pages of files
 * that were in memory before, so for a few small processes it is the smaller of the two.
 */
static bool is_tree_larger(const struct lookup *lookup, const struct summary *process)
{
	const struct summary *tree = lookup_summary(
		lookup, process->case_index, process->contender_index, METRIC_PEAK_TREE_BYTES);

	return tree && tree->estimate >= process->estimate;
}

enum metric_id lookup_memory_metric(const struct lookup *lookup, const struct result *result)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);

	if (baseline == SIZE_MAX || !has_children(lookup, result, baseline))
		return METRIC_PEAK_RSS_BYTES;
	for (size_t i = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];

		if (summary->metric == METRIC_PEAK_RSS_BYTES && !is_tree_larger(lookup, summary))
			return METRIC_PEAK_RSS_BYTES;
	}
	return METRIC_PEAK_TREE_BYTES;
}
