/* SPDX-License-Identifier: MIT */
#include "model/document-effect.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "model/document-internal.h"

#define COUNT_MAX (1ull << 53)

static int read_reason(const struct node *row, enum effect_reason *ret)
{
	_cleanup_free_ char *name = NULL;
	int r = node_text(row, "reason", DOCUMENT_NAME_MAX, &name);

	if (r < 0)
		return r;
	int reason = effect_reason_by_name(name);
	if (reason < 0)
		return node_bad(row, "reason", "is none of the words for it");
	*ret = (enum effect_reason)reason;
	return 0;
}

static int read_program(const struct node *row, void *ctx)
{
	struct effect *effect = ctx;
	struct effect_program *program =
		ARRAY_PUSH(effect->programs, effect->program_count, effect->program_alloc);
	int r = node_text_or_null(row, "path", DOCUMENT_TEXT_MAX, &program->path);

	if (r < 0 || (r = read_reason(row, &program->reason)) < 0 ||
	    (r = node_text_or_null(row, "object", DOCUMENT_TEXT_MAX, &program->object)) < 0 ||
	    (r = node_text_or_null(row, "allocator", DOCUMENT_NAME_MAX, &program->allocator)) < 0 ||
	    (r = node_text_or_null(row, "set_with", DOCUMENT_TEXT_MAX, &program->set_with)) < 0 ||
	    (r = node_count_or_null(row, "processes", COUNT_MAX, &program->processes)) < 0)
		return r;
	return node_number_or_null(row, "cpu_pct", 0, 100, &program->cpu_pct);
}

int document_read_effect(const struct node *row, struct effect *effect)
{
	int r = node_count_or_null(row, "processes", COUNT_MAX, &effect->processes);

	if (r == 0 && effect->processes)
		r = node_count(row, "without", 0, effect->processes, &effect->without);
	if (r < 0 || (r = node_number_or_null(row, "cpu_ns", 0, 1e18, &effect->cpu_ns)) < 0 ||
	    (r = node_number_or_null(row, "without_pct", 0, 100, &effect->without_pct)) < 0 ||
	    (r = node_text_or_null(row, "source", DOCUMENT_NAME_MAX, &effect->source)) < 0)
		return r;
	return node_each(row, "programs", DOCUMENT_ROWS_MAX, read_program, effect);
}
