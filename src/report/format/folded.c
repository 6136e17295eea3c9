/* SPDX-License-Identifier: MIT */
/*
 * Stacks in the form that flame graphs are drawn from (flamegraph.pl, inferno, speedscope): a line for each, the
 * process and its functions from the outermost on, ';' between them, then a space and the number of pages. The
 * innermost "function" is the event, in brackets: "[refault after madvise(DONTNEED)]".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/emitter.h"

/* A line in the making, with its number apart: lines that are the same are one. */
struct fold {
	char *text;
	uint64_t pages;
};

/* One name of a line: nothing in it may look like the end of a name or of the line. */
static void add_name(struct strbuf *line, const char *name)
{
	size_t start = line->len;

	strbuf_add_escaped(line, name);
	for (char *c = line->buf + start; *c; c++)
		if (*c == ';')
			*c = ':';
	strbuf_addch(line, ';');
}

static char *text_of(const struct result *result, const struct stack *stack)
{
	struct strbuf line = STRBUF_INIT;

	add_name(&line, stack->process);
	if (stack->cut)
		strbuf_addstr(&line, "[cut];");
	for (size_t i = 0; i < stack->frame_count; i++)
		add_name(&line, result->frames[stack->frames[i]].function);
	strbuf_addf(&line, "[%s %s]",
		    stack->event == STACK_PURGE  ? "purge by"
		    : stack->event == STACK_LOCK ? "lock by"
						 : "refault after",
		    purge_cause_label(stack->cause));
	return strbuf_detach(&line);
}

static int compare_folds(const void *a, const void *b)
{
	return strcmp(((const struct fold *)a)->text, ((const struct fold *)b)->text);
}

static int write_folded(const struct result *result, const struct report_options *options,
			struct strbuf *out, struct error *err)
{
	_cleanup_free_ struct fold *folds = xcalloc(result->stack_count + 1, sizeof(*folds));
	size_t count = result->stack_count;

	for (size_t i = 0; i < count; i++)
		folds[i] = (struct fold){ text_of(result, &result->stacks[i]),
					  result->stacks[i].pages };
	qsort(folds, count, sizeof(*folds), compare_folds);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && !strcmp(folds[i].text, folds[i + 1].text))
			folds[i + 1].pages += folds[i].pages;
		else
			strbuf_addf(out, "%s %" PRIu64 "\n", folds[i].text, folds[i].pages);
	}
	for (size_t i = 0; i < count; i++)
		free(folds[i].text);
	return 0;
}

const struct report_format report_folded = {
	.name = "folded",
	.description = "stacks of purges and refaults, for flame graphs",
	.write = write_folded,
};
