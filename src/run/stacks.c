/* SPDX-License-Identifier: MIT */
#include "run/stacks.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "alloc/frame-role.h"
#include "alloc/stack-owner.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "run/lock-tally.h"
#include "run/owner-tally.h"
#include "stacks/symbolise.h"

enum {
	CUT_PERMILLE_TO_MENTION = 50,
};

static bool event_of(uint32_t kind, struct stack *stack)
{
	static const int calls[TAX_CALLS] = {
		[TAX_CALL_DONTNEED] = PURGE_DONTNEED + 1, [TAX_CALL_FREE] = PURGE_FREE + 1,
		[TAX_CALL_MMAP] = PURGE_MMAP + 1,         [TAX_CALL_MUNMAP] = PURGE_MUNMAP + 1,
		[TAX_CALL_MREMAP] = PURGE_MREMAP + 1,     [TAX_CALL_BRK] = PURGE_BRK + 1,
		[TAX_CALL_FUTEX] = PURGE_FUTEX + 1,
	};
	static const int faults[TAX_FAULTS] = {
		[TAX_FAULT_DONTNEED] = PURGE_DONTNEED + 1, [TAX_FAULT_FREE] = PURGE_FREE + 1,
		[TAX_FAULT_MUNMAP] = PURGE_MUNMAP + 1,     [TAX_FAULT_BRK] = PURGE_BRK + 1,
		[TAX_FAULT_MREMAP] = PURGE_MREMAP + 1,     [TAX_FAULT_MMAP] = PURGE_MMAP + 1,
	};
	int cause = kind < TAX_CALLS        ? calls[kind]
		    : kind < TAX_STACK_CALL ? faults[kind - TAX_CALLS]
					    : 0;

	stack->event = kind == TAX_CALL_FUTEX ? STACK_LOCK
		       : kind < TAX_CALLS     ? STACK_PURGE
					      : STACK_REFAULT;
	stack->cause = (enum purge_cause)(cause - 1);
	return cause > 0;
}

static char *name_of(const struct stack_frame *frame)
{
	if (frame->function)
		return xstrdup(frame->function);
	if (!frame->module)
		return xstrdup("[unknown]");
	return xasprintf("%s+0x%" PRIx64, path_name(frame->module), frame->offset);
}

static void add_frame(struct result *result, const struct stack_frame *source,
		      const struct identification *program)
{
	struct frame *frame = result_add_frame(result);

	*frame = (struct frame){
		.function = name_of(source),
		.module = source->module ? xstrdup(source->module) : NULL,
		.file = source->file ? xstrdup(source->file) : NULL,
		.line = source->line,
		.inlined = source->inlined,
		.role = frame_role(program, source->function, source->module),
	};
}

/* Whose doing the innermost call of a stack is. */
static enum owner owner_of(const struct result *result, const struct stack_traces *traces,
			   const struct stack_trace *trace, const struct identification *program,
			   uint32_t first_frame)
{
	_cleanup_free_ struct code_place *places = xcalloc(trace->frame_count + 1, sizeof(*places));

	for (size_t i = 0; i < trace->frame_count; i++) {
		const struct stack_frame *frame = &traces->frames[trace->frames[i]];

		places[i] = (struct code_place){
			.function = frame->function,
			.module = frame->module,
			.role = result->frames[first_frame + trace->frames[i]].role,
		};
	}
	return stack_owner(program, places, trace->frame_count, !trace->cut);
}

/* A page is touched by whoever uses it, whose ever doing its loss was: a refault's owner is its purge's. */
static enum owner owner_of_event(const struct stack *stack, const struct stack_trace *trace,
				 enum owner by_stack)
{
	bool is_file = trace->area == TAX_AREA_FILE || trace->area == TAX_AREA_CODE;

	if (stack->event != STACK_PURGE)
		return OWNER_UNKNOWN;
	return by_stack == OWNER_MAPPING && is_file ? OWNER_FILES : by_stack;
}

static void add_stack(struct result *result, const struct stack_trace *trace, enum owner by_stack,
		      uint32_t first_frame)
{
	struct stack stack = { .run_index = result->run_count - 1 };

	if (!event_of(trace->kind, &stack))
		return;
	stack.process = xstrdup(trace->process);
	stack.cut = trace->cut;
	stack.pages = trace->pages;
	stack.samples = trace->samples;
	stack.frames = xcalloc(trace->frame_count + 1, sizeof(*stack.frames));
	stack.frame_count = trace->frame_count;
	for (size_t i = 0; i < trace->frame_count; i++)
		stack.frames[i] = first_frame + trace->frames[trace->frame_count - 1 - i];
	stack.owner = owner_of_event(&stack, trace, by_stack);
	*result_add_stack(result) = stack;
}

static void add_stacks(struct result *result, const struct stack_traces *traces,
		       const struct identification *program, uint32_t first_frame)
{
	struct owner_tally *tally = owner_tally_new();

	for (size_t i = 0; i < traces->trace_count; i++) {
		const struct stack_trace *trace = &traces->traces[i];
		enum owner owner = owner_of(result, traces, trace, program, first_frame);

		if (owner_tally_wants(trace))
			owner_tally_add(tally, trace, owner);
		else
			add_stack(result, trace, owner, first_frame);
	}
	owner_tally_take(tally, result);
	owner_tally_free(tally);
}

/* Whose locks the calls of futex are for becomes figures of the run. */
static void add_locks(struct result *result, const struct stack_traces *traces,
		      uint32_t first_frame)
{
	struct lock_tally tally = { 0 };

	for (size_t i = 0; i < traces->trace_count; i++)
		lock_tally_add(&tally, &traces->traces[i], result->frames + first_frame);
	lock_tally_metrics(&tally, &result->runs[result->run_count - 1].metrics);
}

static void note_cuts(struct result *result, const struct stack_traces *traces)
{
	uint64_t pages = 0, cut = 0;

	for (size_t i = 0; i < traces->trace_count; i++) {
		if (traces->traces[i].kind == TAX_CALL_FUTEX ||
		    traces->traces[i].kind == TAX_CALL_WAIT)
			continue;
		pages += traces->traces[i].pages;
		cut += traces->traces[i].cut ? traces->traces[i].pages : 0;
	}
	/* If they end at a file that was left out, another note reports that. */
	for (size_t i = 0; i < traces->harmful_count; i++)
		if (!traces->harmful[i].names_only)
			return;
	if (!pages || cut * 1000 / pages < CUT_PERMILLE_TO_MENTION)
		return;
	if (traces->too_deep)
		result_add_note(
			result,
			"%.0f%% of the stacks lack their outer functions: most of these are "
			"deeper than the %d KiB that are copied",
			100 * (double)cut / (double)pages, TAX_STACK_BYTES / 1024);
	else
		result_add_note(result,
				"%.0f%% of the stacks lack their outer functions: %s has no unwind "
				"tables there; build it with -fasynchronous-unwind-tables, or with "
				"-fno-omit-frame-pointer",
				100 * (double)cut / (double)pages,
				traces->cut_in ? traces->cut_in : "code without a file");
}

static void note_harmful(struct result *result, const struct stack_traces *traces)
{
	for (size_t i = 0; i < traces->harmful_count; i++) {
		const struct harmful_file *file = &traces->harmful[i];
		_cleanup_strbuf_ struct strbuf path = STRBUF_INIT;

		strbuf_add_escaped(&path, file->path);
		result_add_note(result, "%s %s: a reader of %s %s",
				file->names_only ? "functions have no names in" : "stacks end at",
				path.buf, file->names_only ? "its symbols" : "this file",
				file->why);
	}
}

static void note_losses(struct result *result, const struct stack_log *log,
			const struct stack_traces *traces)
{
	if (log->lost)
		result_add_note(result,
				"%" PRIu64 " of %" PRIu64
				" stacks could not be taken: shares are of the others",
				log->lost, log->lost + log->stack_count);
	if (traces->unread)
		result_add_note(result,
				"%" PRIu64
				" of %zu stacks were not read: there was not enough time",
				traces->unread, log->stack_count);
	note_harmful(result, traces);
	note_cuts(result, traces);
}

void stacks_add(struct result *result, const struct stack_log *log,
		const struct identification *program, const struct identity *identity)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct stack_traces traces;
	uint32_t first_frame = (uint32_t)result->frame_count;
	const struct rights *rights = identity->change ? &identity->rights : &rights_nobody;

	if (!log)
		return;
	if (symbolise(log, rights, &traces, &err) < 0) {
		result_add_note(result, "%s", err.message);
		return;
	}
	for (size_t i = 0; i < traces.frame_count; i++)
		add_frame(result, &traces.frames[i], program);
	add_stacks(result, &traces, program, first_frame);
	add_locks(result, &traces, first_frame);
	note_losses(result, log, &traces);
	stack_traces_release(&traces);
}
