/* SPDX-License-Identifier: MIT */
#include "model/document-retained.h"

#include <errno.h>

#include "base/cleanup.h"
#include "model/document-internal.h"
#include "model/document-values.h"

/* A member of a size, by its key. */
static const struct {
	const char *key;
	size_t offset;
} members[] = {
	{ "block_bytes", offsetof(struct retained_size, block_bytes) },
	{ "live_blocks", offsetof(struct retained_size, live_blocks) },
	{ "live_bytes", offsetof(struct retained_size, live_bytes) },
	{ "cached_blocks", offsetof(struct retained_size, cached_blocks) },
	{ "free_bytes", offsetof(struct retained_size, free_bytes) },
	{ "held_bytes", offsetof(struct retained_size, held_bytes) },
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static json_t *size_json(const struct retained_size *size)
{
	json_t *object = must(json_object());

	for (size_t i = 0; i < MEMBERS; i++)
		set(object, members[i].key,
		    number(*(const double *)((const char *)size + members[i].offset)));
	return object;
}

json_t *document_retained_json(const struct retained *retained)
{
	json_t *object = must(json_object()), *sizes = must(json_array());

	set(object, "run", json_integer((json_int_t)retained->run_index));
	set(object, "when", json_string(retained_when_name(retained->when)));
	set(object, "pid", json_integer((json_int_t)retained->pid));
	set(object, "after_ns", number(retained->after_ns));
	for (int id = 0; id < RETAINED_COUNT; id++)
		set(object, retained_key((enum retained_id)id), number(retained->value[id]));
	set(object, "thresholds_fixed", json_boolean(retained->thresholds_fixed));
	set(object, "allocator", text(retained->allocator));
	set(object, "doubt", text(retained->doubt));
	set(object, "unknown", text(retained->unknown));
	for (size_t i = 0; i < retained->size_count; i++)
		append(sizes, size_json(&retained->sizes[i]));
	set(object, "sizes", sizes);
	return object;
}

static int read_size(const struct node *row, void *ctx)
{
	struct retained *retained = ctx;
	struct retained_size *size = &retained->sizes[retained->size_count];
	int r = 0;

	for (size_t i = 0; r == 0 && i < MEMBERS; i++)
		r = node_number_or_null(row, members[i].key, 0, DOCUMENT_INTEGER_MAX,
					(double *)((char *)size + members[i].offset));
	retained->size_count += r == 0;
	return r;
}

static int read_row(const struct node *row, void *ctx)
{
	struct result *result = ctx;
	struct retained *retained = result_add_retained(result);
	_cleanup_free_ char *when = NULL;
	uint64_t run = 0;
	int r = node_count(row, "run", 0, DOCUMENT_ROWS_MAX, &run);

	if (r < 0 || (r = node_text(row, "when", DOCUMENT_NAME_MAX, &when)) < 0 ||
	    (r = node_count_or_null(row, "pid", INT32_MAX, &retained->pid)) < 0 ||
	    (r = node_number_or_null(row, "after_ns", 0, DOCUMENT_INTEGER_MAX,
				     &retained->after_ns)) < 0 ||
	    (r = node_bool(row, "thresholds_fixed", &retained->thresholds_fixed)) < 0 ||
	    (r = node_text_or_null(row, "allocator", DOCUMENT_NAME_MAX, &retained->allocator)) <
		    0 ||
	    (r = node_text_or_null(row, "doubt", DOCUMENT_TEXT_MAX, &retained->doubt)) < 0 ||
	    (r = node_text_or_null(row, "unknown", DOCUMENT_TEXT_MAX, &retained->unknown)) < 0)
		return r;
	for (int id = 0; r == 0 && id < RETAINED_COUNT; id++)
		r = node_number_or_null(row, retained_key((enum retained_id)id),
					id == RETAINED_DECAY ? -1 : 0, DOCUMENT_INTEGER_MAX,
					&retained->value[id]);
	if (r < 0)
		return r;
	if (run >= result->run_count)
		return node_bad(row, "run", "is none of runs[]");
	if (retained_when_by_name(when) < 0)
		return node_bad(row, "when", "is none of the words for it");
	retained->run_index = run;
	retained->when = (enum retained_when)retained_when_by_name(when);
	return node_each(row, "sizes", RETAINED_SIZES_MAX, read_size, retained);
}

int document_read_retained(const struct node *root, struct result *result)
{
	if (!json_object_get(root->json, "retained"))
		return 0;
	return node_each(root, "retained", DOCUMENT_ROWS_MAX, read_row, result);
}
