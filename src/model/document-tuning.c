/* SPDX-License-Identifier: MIT */
#include "model/document-tuning.h"

#include <float.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document-internal.h"
#include "model/document-values.h"

#define RATIO_MAX 1e12

static json_t *trial_json(const struct tuning_trial *trial)
{
	json_t *object = must(json_object());

	set(object, "settings", text(trial->settings));
	set(object, "stage", json_string(tuning_stage_name(trial->stage)));
	set(object, "origin", text(trial->origin));
	set(object, "blocks", json_integer((json_int_t)trial->blocks));
	set(object, "time_ratio", number(trial->time));
	set(object, "time_ratio_low", number(trial->time_low));
	set(object, "time_ratio_high", number(trial->time_high));
	set(object, "memory_ratio", number(trial->memory));
	set(object, "rejected", text(trial->rejected));
	return object;
}

static json_t *proposal_json(const struct tuning_proposal *proposal)
{
	json_t *object = must(json_object());

	set(object, "finding", text(proposal->finding));
	set(object, "settings", text(proposal->settings));
	return object;
}

json_t *tuning_sample_json(const struct tuning_sample *sample)
{
	json_t *object = must(json_object());

	set(object, "settings", text(sample->settings));
	set(object, "block", json_integer((json_int_t)sample->block));
	set(object, "value", number(sample->value));
	set(object, "memory_bytes", number(sample->memory));
	set(object, "wall_ns", number(sample->wall_ns));
	set(object, "spent_ns", number(sample->spent_ns));
	set(object, "failure", text(sample->failure));
	return object;
}

static json_t *knob_json(const struct tuning_knob *knob)
{
	json_t *object = must(json_object());

	set(object, "key", text(knob->key));
	set(object, "value", text(knob->value));
	set(object, "kept", json_boolean(knob->kept));
	set(object, "without_ratio", number(knob->cost));
	set(object, "without_ratio_low", number(knob->cost_low));
	set(object, "without_ratio_high", number(knob->cost_high));
	set(object, "why", text(knob->why));
	set(object, "risk", text(knob->risk));
	return object;
}

static json_t *finalist_json(const struct result *result, const struct tuning_finalist *finalist)
{
	json_t *object = must(json_object());

	set(object, "contender", text(result->contenders[finalist->contender_index].name));
	set(object, "advised", json_boolean(finalist->advised));
	set(object, "search_ratio", number(finalist->search_ratio));
	set(object, "end", json_string(tuning_end_name(finalist->end)));
	set(object, "failed_guard",
	    finalist->case_index == SIZE_MAX ? json_null()
					     : text(result->cases[finalist->case_index].name));
	return object;
}

json_t *tuning_json(const struct result *result)
{
	const struct tuning *tuning = result->tuning;
	json_t *object = must(json_object());
	json_t *trials = must(json_array());
	json_t *proposals = must(json_array());
	json_t *samples = must(json_array());
	json_t *knobs = must(json_array());
	json_t *finalists = must(json_array());

	for (size_t i = 0; i < tuning->trial_count; i++)
		append(trials, trial_json(&tuning->trials[i]));
	for (size_t i = 0; i < tuning->proposal_count; i++)
		append(proposals, proposal_json(&tuning->proposals[i]));
	for (size_t i = 0; i < tuning->sample_count; i++)
		append(samples, tuning_sample_json(&tuning->samples[i]));
	for (size_t i = 0; i < tuning->knob_count; i++)
		append(knobs, knob_json(&tuning->knobs[i]));
	for (size_t i = 0; i < tuning->finalist_count; i++)
		append(finalists, finalist_json(result, &tuning->finalists[i]));
	set(object, "preference", json_string(tuning_preference_name(tuning->preference)));
	set(object, "guard_margin_pct", number(tuning->guard_margin_pct));
	set(object, "noise_pct", number(tuning->noise_pct));
	set(object, "blocks", json_integer((json_int_t)tuning->blocks));
	set(object, "search_ns", number(tuning->search_ns));
	set(object, "trials", trials);
	set(object, "proposals", proposals);
	set(object, "samples", samples);
	set(object, "knobs", knobs);
	set(object, "finalists", finalists);
	return object;
}

static int read_word(const struct node *row, const char *key, int (*by_name)(const char *name),
		     int *ret)
{
	_cleanup_free_ char *word = NULL;
	int r = node_text(row, key, DOCUMENT_NAME_MAX, &word);

	if (r < 0)
		return r;
	*ret = by_name(word);
	return *ret < 0 ? node_bad(row, key, "is none of the words for it") : 0;
}

static int read_ratio(const struct node *row, const char *key, double *ret)
{
	return node_number_or_null(row, key, 0, RATIO_MAX, ret);
}

static int read_trial(const struct node *row, void *ctx)
{
	struct tuning *tuning = ((struct result *)ctx)->tuning;
	struct tuning_trial *trial =
		ARRAY_PUSH(tuning->trials, tuning->trial_count, tuning->trial_alloc);
	int stage = 0, r = node_text(row, "settings", DOCUMENT_TEXT_MAX, &trial->settings);

	if (r < 0 || (r = read_word(row, "stage", tuning_stage_by_name, &stage)) < 0 ||
	    (r = node_text(row, "origin", DOCUMENT_TEXT_MAX, &trial->origin)) < 0 ||
	    (r = node_count(row, "blocks", 0, DOCUMENT_ROWS_MAX, &trial->blocks)) < 0 ||
	    (r = read_ratio(row, "time_ratio", &trial->time)) < 0 ||
	    (r = read_ratio(row, "time_ratio_low", &trial->time_low)) < 0 ||
	    (r = read_ratio(row, "time_ratio_high", &trial->time_high)) < 0 ||
	    (r = read_ratio(row, "memory_ratio", &trial->memory)) < 0)
		return r;
	trial->stage = (enum tuning_stage)stage;
	return node_text_or_null(row, "rejected", DOCUMENT_TEXT_MAX, &trial->rejected);
}

static int read_proposal(const struct node *row, void *ctx)
{
	struct tuning *tuning = ((struct result *)ctx)->tuning;
	struct tuning_proposal *proposal =
		ARRAY_PUSH(tuning->proposals, tuning->proposal_count, tuning->proposal_alloc);
	int r = node_text(row, "finding", DOCUMENT_NAME_MAX, &proposal->finding);

	return r < 0 ? r : node_text(row, "settings", DOCUMENT_TEXT_MAX, &proposal->settings);
}

static int read_sample(const struct node *row, void *ctx)
{
	struct tuning *tuning = ((struct result *)ctx)->tuning;
	struct tuning_sample *sample =
		ARRAY_PUSH(tuning->samples, tuning->sample_count, tuning->sample_alloc);
	int r = node_text(row, "settings", DOCUMENT_TEXT_MAX, &sample->settings);

	if (r < 0 || (r = node_count(row, "block", 1, DOCUMENT_ROWS_MAX, &sample->block)) < 0 ||
	    (r = node_number_or_null(row, "value", -DBL_MAX, DBL_MAX, &sample->value)) < 0 ||
	    (r = node_number_or_null(row, "memory_bytes", 0, DOCUMENT_INTEGER_MAX,
				     &sample->memory)) < 0 ||
	    (r = node_number_or_null(row, "wall_ns", 0, DOCUMENT_INTEGER_MAX, &sample->wall_ns)) <
		    0 ||
	    (r = node_number_or_null(row, "spent_ns", 0, DOCUMENT_INTEGER_MAX, &sample->spent_ns)) <
		    0)
		return r;
	return node_text_or_null(row, "failure", DOCUMENT_TEXT_MAX, &sample->failure);
}

/* Documents of earlier versions have neither. */
static int read_later_lists(const struct node *node, struct result *result)
{
	int r = 0;

	if (json_object_get(node->json, "proposals"))
		r = node_each(node, "proposals", DOCUMENT_SETTINGS_MAX, read_proposal, result);
	if (r == 0 && json_object_get(node->json, "samples"))
		r = node_each(node, "samples", DOCUMENT_ROWS_MAX, read_sample, result);
	return r;
}

static int read_knob(const struct node *row, void *ctx)
{
	struct tuning *tuning = ((struct result *)ctx)->tuning;
	struct tuning_knob *knob =
		ARRAY_PUSH(tuning->knobs, tuning->knob_count, tuning->knob_alloc);
	int r = node_text(row, "key", DOCUMENT_NAME_MAX, &knob->key);

	if (r < 0 || (r = node_text(row, "value", DOCUMENT_NAME_MAX, &knob->value)) < 0 ||
	    (r = node_bool(row, "kept", &knob->kept)) < 0 ||
	    (r = read_ratio(row, "without_ratio", &knob->cost)) < 0 ||
	    (r = read_ratio(row, "without_ratio_low", &knob->cost_low)) < 0 ||
	    (r = read_ratio(row, "without_ratio_high", &knob->cost_high)) < 0 ||
	    (r = node_text_or_null(row, "why", DOCUMENT_TEXT_MAX, &knob->why)) < 0)
		return r;
	return node_text_or_null(row, "risk", DOCUMENT_TEXT_MAX, &knob->risk);
}

static int read_finalist(const struct node *row, void *ctx)
{
	struct result *result = ctx;
	struct tuning *tuning = result->tuning;
	struct tuning_finalist *finalist =
		ARRAY_PUSH(tuning->finalists, tuning->finalist_count, tuning->finalist_alloc);
	_cleanup_free_ char *name = NULL, *guard = NULL;
	int end = 0, r = node_text(row, "contender", DOCUMENT_TEXT_MAX, &name);

	if (r < 0 || (r = node_bool(row, "advised", &finalist->advised)) < 0 ||
	    (r = read_ratio(row, "search_ratio", &finalist->search_ratio)) < 0 ||
	    (r = read_word(row, "end", tuning_end_by_name, &end)) < 0 ||
	    (r = node_text_or_null(row, "failed_guard", DOCUMENT_TEXT_MAX, &guard)) < 0)
		return r;
	finalist->end = (enum tuning_end)end;
	finalist->contender_index = result_find_contender(result, name);
	finalist->case_index = guard ? result_find_case(result, guard) : SIZE_MAX;
	if (finalist->contender_index == SIZE_MAX)
		return node_bad(row, "contender", "is none of contenders[]");
	return guard && finalist->case_index == SIZE_MAX
		       ? node_bad(row, "failed_guard", "is none of cases[]")
		       : 0;
}

int document_read_tuning(const struct node *root, struct result *result)
{
	struct node node;
	int preference = 0, r;

	if (result->kind != RESULT_TUNE)
		return 0;
	if (!result->case_count || result_find_role(result, ROLE_BASELINE) == SIZE_MAX)
		return node_bad(root, "cases", "lacks what was tuned");
	struct tuning *tuning = result->tuning = xcalloc(1, sizeof(*tuning));
	tuning->noise_pct = tuning->search_ns = NAN;
	/* One that was killed in the middle of the search has none. */
	if (!json_object_get(root->json, "tuning"))
		return 0;
	r = node_object(root, "tuning", &node);
	if (r < 0)
		return r;
	r = read_word(&node, "preference", tuning_preference_by_name, &preference);
	tuning->preference = (enum tuning_preference)preference;
	if (r < 0 ||
	    (r = node_number_or_null(&node, "guard_margin_pct", 0, 1e6,
				     &tuning->guard_margin_pct)) < 0 ||
	    (r = node_number_or_null(&node, "noise_pct", 0, 1e9, &tuning->noise_pct)) < 0 ||
	    (r = node_count(&node, "blocks", 0, DOCUMENT_ROWS_MAX, &tuning->blocks)) < 0 ||
	    (r = node_number_or_null(&node, "search_ns", 0, 1e18, &tuning->search_ns)) < 0 ||
	    (r = node_each(&node, "trials", DOCUMENT_ROWS_MAX, read_trial, result)) < 0 ||
	    (r = read_later_lists(&node, result)) < 0 ||
	    (r = node_each(&node, "knobs", DOCUMENT_SETTINGS_MAX, read_knob, result)) < 0)
		return r;
	return node_each(&node, "finalists", DOCUMENT_CONTENDERS_MAX, read_finalist, result);
}
