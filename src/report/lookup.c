/* SPDX-License-Identifier: MIT */
#include "report/lookup.h"

#include <math.h>
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
