/* SPDX-License-Identifier: MIT */
#include "model/document-sweep.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "model/document-internal.h"
#include "model/document-values.h"
#include "model/sweep-curves.h"

#define CHANGE_MAX 1e12

static json_t *threshold_json(const struct sweep_threshold *threshold)
{
	if (!threshold->name)
		return json_null();
	json_t *object = must(json_object());
	set(object, "name", text(threshold->name));
	set(object, "value", number((double)threshold->value));
	set(object, "text", text(threshold->text));
	return object;
}

static json_t *cliff_json(const struct result *result, const struct sweep_cliff *cliff)
{
	json_t *object = must(json_object()), *by = must(json_array());

	if (cliff->by_time)
		append(by, json_string(metric_info(result->command.metric)->key));
	if (cliff->by_faults)
		append(by, json_string("minor_faults"));
	set(object, "contender", text(result->contenders[cliff->contender_index].name));
	set(object, "by", by);
	set(object, "low", number((double)sweep_value(result, cliff->low_case)));
	set(object, "high", number((double)sweep_value(result, cliff->high_case)));
	set(object, "low_case", text(result->cases[cliff->low_case].name));
	set(object, "high_case", text(result->cases[cliff->high_case].name));
	set(object, "narrow", json_boolean(cliff->is_narrow));
	set(object, "settled", json_boolean(cliff->is_settled));
	set(object, "common", json_boolean(cliff->is_common));
	set(object, "time_change", number(cliff->time_change));
	set(object, "faults_low", number(cliff->faults_low));
	set(object, "faults_high", number(cliff->faults_high));
	set(object, "threshold", threshold_json(&cliff->threshold));
	return object;
}

json_t *sweep_json(const struct result *result)
{
	const struct sweep *sweep = result->sweep;
	json_t *object = must(json_object()), *cliffs = must(json_array());

	for (size_t i = 0; i < sweep->cliff_count; i++)
		append(cliffs, cliff_json(result, &sweep->cliffs[i]));
	set(object, "parameter", text(sweep->parameter));
	set(object, "unit", text(sweep->unit));
	set(object, "low", number((double)sweep->axis.low));
	set(object, "high", number((double)sweep->axis.high));
	set(object, "logarithmic", json_boolean(sweep->axis.logarithmic));
	set(object, "rounds", json_integer(sweep->rounds));
	set(object, "cliffs", cliffs);
	return object;
}

static int read_threshold(const struct node *row, struct sweep_threshold *threshold)
{
	struct node node;
	json_t *json = json_object_get(row->json, "threshold");

	if (!json || json_is_null(json))
		return 0;
	int r = node_object(row, "threshold", &node);
	if (r < 0 || (r = node_text(&node, "name", DOCUMENT_NAME_MAX, &threshold->name)) < 0 ||
	    (r = node_count(&node, "value", 0, (uint64_t)DOCUMENT_INTEGER_MAX, &threshold->value)) <
		    0)
		return r;
	return node_text(&node, "text", DOCUMENT_TEXT_MAX, &threshold->text);
}

/* What jumps: a list of two words at most. */
static int read_by(const struct node *row, const struct result *result, struct sweep_cliff *cliff)
{
	const char *judged = metric_info(result->command.metric)->key;
	char **words = NULL;
	int r = node_text_list(row, "by", 2, &words);

	for (size_t i = 0; r == 0 && words && words[i]; i++) {
		cliff->by_time = cliff->by_time || !strcmp(words[i], judged);
		cliff->by_faults = cliff->by_faults || !strcmp(words[i], "minor_faults");
	}
	strv_free(words);
	if (r == 0 && !cliff->by_time && !cliff->by_faults)
		return node_bad(row, "by",
				"is neither minor_faults nor what contenders are judged by");
	return r;
}

static int read_case(const struct node *row, const char *key, const struct result *result,
		     size_t *ret)
{
	_cleanup_free_ char *name = NULL;
	int r = node_text(row, key, DOCUMENT_NAME_MAX, &name);

	if (r < 0)
		return r;
	*ret = result_find_case(result, name);
	return *ret == SIZE_MAX ? node_bad(row, key, "is none of cases[]") : 0;
}

static int read_cliff(const struct node *row, void *ctx)
{
	struct result *result = ctx;
	struct sweep_cliff *cliff = sweep_add_cliff(result->sweep);
	_cleanup_free_ char *name = NULL;
	int r = node_text(row, "contender", DOCUMENT_TEXT_MAX, &name);

	if (r < 0 || (r = read_by(row, result, cliff)) < 0 ||
	    (r = read_case(row, "low_case", result, &cliff->low_case)) < 0 ||
	    (r = read_case(row, "high_case", result, &cliff->high_case)) < 0 ||
	    (r = node_bool(row, "narrow", &cliff->is_narrow)) < 0 ||
	    (r = node_bool(row, "settled", &cliff->is_settled)) < 0 ||
	    (r = node_bool(row, "common", &cliff->is_common)) < 0 ||
	    (r = node_number_or_null(row, "time_change", 0, CHANGE_MAX, &cliff->time_change)) < 0 ||
	    (r = node_number_or_null(row, "faults_low", 0, CHANGE_MAX, &cliff->faults_low)) < 0 ||
	    (r = node_number_or_null(row, "faults_high", 0, CHANGE_MAX, &cliff->faults_high)) < 0 ||
	    (r = read_threshold(row, &cliff->threshold)) < 0)
		return r;
	cliff->contender_index = result_find_contender(result, name);
	return cliff->contender_index == SIZE_MAX
		       ? node_bad(row, "contender", "is none of contenders[]")
		       : 0;
}

static int read_axis(const struct node *node, struct cliff_axis *axis)
{
	int r = node_count(node, "low", 0, (uint64_t)DOCUMENT_INTEGER_MAX, &axis->low);

	if (r < 0 ||
	    (r = node_count(node, "high", 1, (uint64_t)DOCUMENT_INTEGER_MAX, &axis->high)) < 0 ||
	    (r = node_bool(node, "logarithmic", &axis->logarithmic)) < 0)
		return r;
	if (axis->high <= axis->low || (axis->logarithmic && !axis->low))
		return node_bad(node, "high", "leaves no range");
	return 0;
}

int document_read_sweep(const struct node *root, struct result *result)
{
	struct node node;
	uint64_t rounds = 0;
	int r;

	if (!json_object_get(root->json, "sweep"))
		return 0;
	struct sweep *sweep = result->sweep = sweep_new();
	r = node_object(root, "sweep", &node);
	if (r < 0 ||
	    (r = node_text(&node, "parameter", DOCUMENT_NAME_MAX, &sweep->parameter)) < 0 ||
	    (r = node_text_or_null(&node, "unit", DOCUMENT_NAME_MAX, &sweep->unit)) < 0 ||
	    (r = read_axis(&node, &sweep->axis)) < 0 ||
	    (r = node_count(&node, "rounds", 1, DOCUMENT_ROWS_MAX, &rounds)) < 0)
		return r;
	sweep->rounds = (unsigned int)rounds;
	return node_each(&node, "cliffs", DOCUMENT_ROWS_MAX, read_cliff, result);
}
