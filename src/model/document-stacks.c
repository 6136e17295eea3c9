/* SPDX-License-Identifier: MIT */
/* Reads the stacks of a document, and whose doing things were. Earlier versions wrote none. */
#include "model/document-stacks.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document-internal.h"

/* The enum value of a word, by `by_name`. */
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

/* Earlier versions did not tell. */
static int read_owner(const struct node *row, int *ret)
{
	return json_object_get(row->json, "owner") ? read_word(row, "owner", owner_by_name, ret)
						   : 0;
}

static int read_frame(const struct node *row, void *ctx)
{
	struct frame *frame = result_add_frame(ctx);
	uint64_t line = 0;
	int role = 0, r = node_text(row, "function", DOCUMENT_TEXT_MAX, &frame->function);

	if (r < 0 ||
	    (r = node_text_or_null(row, "module", DOCUMENT_TEXT_MAX, &frame->module)) < 0 ||
	    (r = node_text_or_null(row, "file", DOCUMENT_TEXT_MAX, &frame->file)) < 0 ||
	    (r = node_count_or_null(row, "line", UINT32_MAX, &line)) < 0 ||
	    (r = node_bool(row, "inlined", &frame->inlined)) < 0 ||
	    (r = read_word(row, "role", frame_role_by_name, &role)) < 0)
		return r;
	frame->line = (unsigned int)line;
	frame->role = (enum frame_role)role;
	return 0;
}

static int read_frame_list(const struct node *row, const struct result *result, struct stack *stack)
{
	json_t *list = json_object_get(row->json, "frames"), *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > DOCUMENT_DEPTH_OF_STACK_MAX)
		return node_bad(row, "frames", "is not a list of at most %u numbers",
				DOCUMENT_DEPTH_OF_STACK_MAX);
	stack->frames = xcalloc(json_array_size(list) + 1, sizeof(*stack->frames));
	json_array_foreach(list, i, item)
	{
		json_int_t index = json_is_integer(item) ? json_integer_value(item) : -1;

		if (index < 0 || (uint64_t)index >= result->frame_count)
			return node_bad(row, "frames", "has a number outside frames[]");
		stack->frames[stack->frame_count++] = (uint32_t)index;
	}
	return 0;
}

static int read_stack(const struct node *row, void *ctx)
{
	struct result *result = ctx;
	struct stack *stack = result_add_stack(result);
	uint64_t run = 0;
	int event = 0, cause = 0, owner = OWNER_UNKNOWN;
	int r = node_count(row, "run", 0, DOCUMENT_ROWS_MAX, &run);

	if (r < 0 || (r = read_word(row, "event", stack_event_by_name, &event)) < 0 ||
	    (r = read_word(row, "cause", purge_cause_by_name, &cause)) < 0 ||
	    (r = read_owner(row, &owner)) < 0 ||
	    (r = node_text(row, "process", DOCUMENT_NAME_MAX, &stack->process)) < 0 ||
	    (r = node_bool(row, "cut", &stack->cut)) < 0 ||
	    (r = node_count(row, "pages", 0, 1ull << 53, &stack->pages)) < 0 ||
	    (r = node_count(row, "samples", 0, 1ull << 53, &stack->samples)) < 0)
		return r;
	if (run >= result->run_count)
		return node_bad(row, "run", "is none of runs[]");
	stack->run_index = run;
	stack->event = (enum stack_event)event;
	stack->cause = (enum purge_cause)cause;
	stack->owner = (enum owner)owner;
	return read_frame_list(row, result, stack);
}

static int read_metric(const struct node *row, enum metric_id *ret)
{
	_cleanup_free_ char *key = NULL;
	int r = node_text(row, "metric", DOCUMENT_NAME_MAX, &key);

	if (r < 0)
		return r;
	*ret = metric_by_key(key);
	return *ret == METRIC_COUNT ? node_bad(row, "metric", "is no metric") : 0;
}

static int read_owner_share(const struct node *row, void *ctx)
{
	struct result *result = ctx;
	struct owner_share *share = result_add_owner_share(result);
	uint64_t run = 0;
	int owner = 0, r = node_count(row, "run", 0, DOCUMENT_ROWS_MAX, &run);

	if (r < 0 || (r = read_metric(row, &share->metric)) < 0 ||
	    (r = read_word(row, "owner", owner_by_name, &owner)) < 0 ||
	    (r = node_number_or_null(row, "part_pct", 0, 100, &share->part)) < 0 ||
	    (r = node_number_or_null(row, "error_pct", 0, 100, &share->error)) < 0)
		return r;
	if (run >= result->run_count)
		return node_bad(row, "run", "is none of runs[]");
	share->run_index = run;
	share->owner = (enum owner)owner;
	share->part /= 100;
	share->error /= 100;
	return 0;
}

int document_read_stacks(const struct node *root, struct result *result)
{
	int r = 0;

	if (json_object_get(root->json, "frames"))
		r = node_each(root, "frames", DOCUMENT_ROWS_MAX, read_frame, result);
	if (r == 0 && json_object_get(root->json, "stacks"))
		r = node_each(root, "stacks", DOCUMENT_ROWS_MAX, read_stack, result);
	if (r == 0 && json_object_get(root->json, "owners"))
		r = node_each(root, "owners", DOCUMENT_ROWS_MAX, read_owner_share, result);
	return r;
}
