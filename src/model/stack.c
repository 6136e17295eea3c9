/* SPDX-License-Identifier: MIT */
#include "model/stack.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/result.h"

static const char *const roles[] = {
	[FRAME_PROGRAM] = "program",
	[FRAME_RUNTIME] = "runtime",
	[FRAME_ALLOCATOR] = "allocator",
};

static const char *const events[] = {
	[STACK_PURGE] = "purge",
	[STACK_REFAULT] = "refault",
	[STACK_LOCK] = "lock",
};

static const struct {
	const char *name;
	const char *label;
} causes[PURGE_CAUSES] = {
	[PURGE_DONTNEED] = { "dontneed", "madvise(DONTNEED)" },
	[PURGE_FREE] = { "free", "madvise(FREE)" },
	[PURGE_MUNMAP] = { "munmap", "munmap" },
	[PURGE_BRK] = { "brk", "brk" },
	[PURGE_MREMAP] = { "mremap", "mremap" },
	[PURGE_MMAP] = { "mmap", "mmap over it" },
	[PURGE_FUTEX] = { "futex", "futex" },
};

static int find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

const char *frame_role_name(enum frame_role role)
{
	return roles[role];
}

int frame_role_by_name(const char *name)
{
	return find(roles, ARRAY_SIZE(roles), name);
}

const char *stack_event_name(enum stack_event event)
{
	return events[event];
}

int stack_event_by_name(const char *name)
{
	return find(events, ARRAY_SIZE(events), name);
}

const char *purge_cause_name(enum purge_cause cause)
{
	return causes[cause].name;
}

int purge_cause_by_name(const char *name)
{
	for (int i = 0; i < PURGE_CAUSES; i++)
		if (!strcmp(causes[i].name, name))
			return i;
	return -1;
}

const char *purge_cause_label(enum purge_cause cause)
{
	return causes[cause].label;
}

/*
 * All frames inside the allocator's outermost one count as the allocator's. Frames between it and
 * the program, such as the language's containers, are skipped.
 */
struct stack_place stack_place(const struct result *result, const struct stack *stack)
{
	struct stack_place place = { SIZE_MAX, SIZE_MAX };
	size_t end = stack->frame_count;

	for (size_t i = 0; i < stack->frame_count && place.allocator == SIZE_MAX; i++)
		if (result->frames[stack->frames[i]].role == FRAME_ALLOCATOR)
			place.allocator = end = i;
	while (end > 0 && place.program == SIZE_MAX)
		if (result->frames[stack->frames[--end]].role == FRAME_PROGRAM)
			place.program = end;
	return place;
}

void frame_release(struct frame *frame)
{
	free(frame->function);
	free(frame->module);
	free(frame->file);
}

void stack_release(struct stack *stack)
{
	free(stack->process);
	free(stack->frames);
}
