/* SPDX-License-Identifier: MIT */
#include "model/document-summary.h"

#include <math.h>

#include "base/cleanup.h"
#include "model/document-internal.h"
#include "model/document-node.h"

static int read_verdict(const struct node *row, struct summary *summary)
{
	_cleanup_free_ char *name = NULL;
	int r = node_text_or_null(row, "verdict", DOCUMENT_NAME_MAX, &name);

	if (r < 0 || !name)
		return r;
	int verdict = verdict_by_name(name);
	if (verdict < 0)
		return node_bad(row, "verdict", "is none of faster, slower, tie and unclear");
	summary->verdict = (enum verdict)verdict;
	summary->has_verdict = true;
	return 0;
}

static int read_ratio(const struct node *row, struct summary *summary)
{
	int r = node_number_or_null(row, "ratio", 0, 1e18, &summary->ratio);

	if (r < 0 ||
	    (r = node_number_or_null(row, "ratio_low", 0, 1e18, &summary->ratio_low)) < 0 ||
	    (r = node_number_or_null(row, "ratio_high", 0, 1e18, &summary->ratio_high)) < 0)
		return r;
	if (summary->ratio_low > summary->ratio_high)
		return node_bad(row, "ratio_low", "is above ratio_high");
	if (isnan(summary->ratio) && !isnan(summary->ratio_low))
		return node_bad(row, "ratio", "is null beside an interval");
	return 0;
}

/* Missing in documents of earlier versions. */
static int read_modes(const struct node *row, struct modes *ret)
{
	uint64_t low_runs = 0, high_runs = 0;
	struct node node;
	int r = 0;

	if (!json_is_object(json_object_get(row->json, "modes")))
		return 0;
	if ((r = node_object(row, "modes", &node)) < 0 ||
	    (r = node_number_or_null(&node, "low", 0, 1e18, &ret->low)) < 0 ||
	    (r = node_number_or_null(&node, "high", 0, 1e18, &ret->high)) < 0 ||
	    (r = node_number_or_null(&node, "border", 0, 1e18, &ret->border)) < 0 ||
	    (r = node_count(&node, "low_runs", 1, 1000000, &low_runs)) < 0 ||
	    (r = node_count(&node, "high_runs", 1, 1000000, &high_runs)) < 0 ||
	    (r = node_bool(&node, "in_stretches", &ret->in_stretches)) < 0)
		return r;
	if (!(ret->low > 0) || !(ret->low < ret->high))
		return node_bad(&node, "low", "is not above 0 and below high");
	ret->low_count = (size_t)low_runs;
	ret->high_count = (size_t)high_runs;
	return 0;
}

int document_read_summary(const struct node *row, struct summary *summary)
{
	uint64_t rounds = 0;
	int r = node_number_or_null(row, "estimate", 0, 1e18, &summary->estimate);

	if (r < 0 || (r = read_ratio(row, summary)) < 0 ||
	    (r = node_number_or_null(row, "headroom", 0, 1e18, &summary->headroom)) < 0 ||
	    (r = read_verdict(row, summary)) < 0 ||
	    (r = node_count(row, "rounds", 0, 1000000, &rounds)) < 0)
		return r;
	summary->rounds = (unsigned int)rounds;
	return read_modes(row, &summary->modes);
}
