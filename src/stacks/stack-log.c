/* SPDX-License-Identifier: MIT */
#include "stacks/stack-log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

struct stack_log *stack_log_new(void)
{
	return xcalloc(1, sizeof(struct stack_log));
}

static bool is_touch(const struct tax_stack *stack)
{
	return stack->kind >= TAX_CALLS && stack->kind < TAX_STACK_CALL;
}

static bool is_code(const struct stack_log *log, uint64_t inode)
{
	for (size_t i = 0; inode && i < log->file_count; i++)
		if (log->files[i].inode == inode)
			return true;
	return false;
}

/* The last call before a fault that mapped its page; NULL: none that was sampled. */
static const struct tax_stack *find_mapper(const struct stack_log *log,
					   const struct tax_stack *touch)
{
	const struct tax_stack *found = NULL;

	for (size_t i = 0; i < log->stack_count; i++) {
		const struct tax_stack *stack = log->stacks[i];

		if (stack->kind == TAX_STACK_CALL + TAX_CALL_MMAP && stack->tgid == touch->tgid &&
		    stack->ns <= touch->ns && touch->address - stack->address < stack->bytes &&
		    (!found || stack->ns > found->ns))
			found = stack;
	}
	return found;
}

static struct tax_stack *touch_as_mapped(const struct tax_stack *touch,
					 const struct tax_stack *mapper)
{
	size_t size = offsetof(struct tax_stack, stack) + mapper->stack_bytes;
	struct tax_stack *stack = xmalloc(size);

	memcpy(stack, mapper, size);
	stack->kind = touch->kind;
	stack->weight = touch->weight;
	stack->address = touch->address;
	stack->area = TAX_AREA_MAPPED;
	return stack;
}

void stack_log_settle(struct stack_log *log)
{
	for (size_t i = 0; i < log->stack_count; i++) {
		struct tax_stack *stack = log->stacks[i];

		if (stack->area == TAX_AREA_FILE && is_code(log, stack->inode))
			stack->area = TAX_AREA_CODE;
		if (!is_touch(stack) || stack->area != TAX_AREA_ANONYMOUS)
			continue;
		const struct tax_stack *mapper = find_mapper(log, stack);
		if (!mapper)
			continue;
		log->stacks[i] = touch_as_mapped(stack, mapper);
		free(stack);
	}
}

void stack_log_free(struct stack_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->stack_count; i++)
		free(log->stacks[i]);
	for (size_t i = 0; i < log->file_count; i++) {
		if (log->files[i].fd >= 0)
			close(log->files[i].fd);
		free(log->files[i].path);
	}
	free(log->stacks);
	free(log->events);
	free(log->files);
	free(log);
}
