/* SPDX-License-Identifier: MIT */
/* Reads the conditions of a document; it has none where nobody set one. */
#include "model/document-gates.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/document-internal.h"

static int read_index(const struct node *row, const char *key, const struct result *result,
		      size_t (*find)(const struct result *result, const char *name), size_t *ret)
{
	_cleanup_free_ char *name = NULL;
	int r = node_text(row, key, DOCUMENT_NAME_MAX, &name);

	if (r < 0)
		return r;
	*ret = find(result, name);
	return *ret == SIZE_MAX ? node_bad(row, key, "is not in this document") : 0;
}

/* The decision, the metric and the side of the limit. */
static int read_words(const struct node *row, struct gate *gate)
{
	_cleanup_free_ char *decision = NULL, *metric = NULL, *beyond = NULL;
	int r = node_text(row, "decision", DOCUMENT_NAME_MAX, &decision);

	if (r < 0 || (r = node_text(row, "metric", DOCUMENT_NAME_MAX, &metric)) < 0 ||
	    (r = node_text(row, "beyond", DOCUMENT_NAME_MAX, &beyond)) < 0)
		return r;
	int number = gate_decision_by_name(decision);
	if (number < 0)
		return node_bad(row, "decision", "is none of undecided, holds and does-not-hold");
	gate->decision = (enum gate_decision)number;
	gate->metric = metric_by_key(metric);
	if (gate->metric == METRIC_COUNT)
		return node_bad(row, "metric", "is no metric");
	gate->above = !strcmp(beyond, "above");
	return gate->above || !strcmp(beyond, "below")
		       ? 0
		       : node_bad(row, "beyond", "is neither above nor below");
}

static int read_gate(const struct node *row, void *ctx)
{
	struct result *result = ctx;
	struct gate *gate = result_add_gate(result);
	uint64_t rounds = 0;
	int r = node_text(row, "condition", DOCUMENT_TEXT_MAX, &gate->condition);

	if (r < 0 ||
	    (r = read_index(row, "contender", result, result_find_contender,
			    &gate->contender_index)) < 0 ||
	    (r = read_index(row, "case", result, result_find_case, &gate->case_index)) < 0 ||
	    (r = node_bool(row, "any_case", &gate->any_case)) < 0 ||
	    (r = read_words(row, gate)) < 0 ||
	    (r = node_number_or_null(row, "limit", 0, 1e9, &gate->limit)) < 0 ||
	    (r = node_number_or_null(row, "ratio", 0, 1e300, &gate->ratio)) < 0 ||
	    (r = node_number_or_null(row, "ratio_low", 0, 1e300, &gate->ratio_low)) < 0 ||
	    (r = node_number_or_null(row, "ratio_high", 0, 1e300, &gate->ratio_high)) < 0 ||
	    (r = node_number_or_null(row, "noise_floor_pct", 0, 1e9, &gate->noise_floor_pct)) < 0 ||
	    (r = node_count(row, "rounds", 0, UINT32_MAX, &rounds)) < 0)
		return r;
	gate->rounds = (unsigned int)rounds;
	gate->across = json_is_true(json_object_get(row->json, "across"));
	return 0;
}

int document_read_gates(const struct node *root, struct result *result)
{
	return json_object_get(root->json, "gates")
		       ? node_each(root, "gates", DOCUMENT_GATES_MAX, read_gate, result)
		       : 0;
}
