/* SPDX-License-Identifier: MIT */
/*
 * Any text as what the child that symbolises writes. What is accepted holds together: frames by their numbers, stacks
 * with most pages first, none of them twice.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "stacks/symbolise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_trace(const struct stack_traces *traces, const struct stack_trace *trace)
{
	if (!trace->process || !trace->frame_count || trace->kind >= TAX_STACK_KINDS ||
	    trace->area >= TAX_AREAS)
		abort();
	for (size_t i = 0; i < trace->frame_count; i++)
		if (trace->frames[i] >= traces->frame_count)
			abort();
}

static bool is_same(const struct stack_trace *x, const struct stack_trace *y)
{
	return x->kind == y->kind && x->area == y->area && x->cut == y->cut &&
	       x->frame_count == y->frame_count && !strcmp(x->process, y->process) &&
	       !memcmp(x->frames, y->frames, x->frame_count * sizeof(*x->frames));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xcalloc(1, size + 1);
	struct stack_traces traces;

	memcpy(text, data, size);
	if (stack_traces_parse(text, size, &traces) < 0) {
		if (traces.frames || traces.traces || traces.cut_in)
			abort();
		return 0;
	}
	for (size_t i = 0; i < traces.trace_count; i++) {
		check_trace(&traces, &traces.traces[i]);
		if (i && traces.traces[i].pages > traces.traces[i - 1].pages)
			abort();
		for (size_t k = 0; k < i; k++)
			if (is_same(&traces.traces[i], &traces.traces[k]))
				abort();
	}
	stack_traces_release(&traces);
	return 0;
}
