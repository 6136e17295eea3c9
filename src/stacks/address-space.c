/* SPDX-License-Identifier: MIT */
#include "stacks/address-space.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"

struct process_space {
	uint32_t tgid;
	size_t space;
};

struct replay {
	struct address_spaces *spaces;
	struct process_space *processes;
	size_t process_count, process_alloc;
};

static size_t add_space(struct replay *replay)
{
	struct address_spaces *spaces = replay->spaces;

	(void)ARRAY_PUSH(spaces->items, spaces->count, spaces->alloc);
	return spaces->count - 1;
}

static struct process_space *find_process(struct replay *replay, uint32_t tgid)
{
	/* The latest are the likeliest. */
	for (size_t i = replay->process_count; i-- > 0;)
		if (replay->processes[i].tgid == tgid)
			return &replay->processes[i];
	size_t space = add_space(replay);
	struct process_space *process =
		ARRAY_PUSH(replay->processes, replay->process_count, replay->process_alloc);
	*process = (struct process_space){ tgid, space };
	return process;
}

/* The process's space, its own to change. */
static struct address_space *own_space(struct replay *replay, struct process_space *process)
{
	struct address_space *items = replay->spaces->items;
	size_t former = process->space;

	if (!items[former].fixed)
		return &items[former];
	process->space = add_space(replay);
	items = replay->spaces->items;

	struct address_space *space = &items[process->space];
	space->count = space->alloc = items[former].count;
	space->mappings = xcalloc(space->count + 1, sizeof(*space->mappings));
	if (space->count)
		memcpy(space->mappings, items[former].mappings,
		       space->count * sizeof(*space->mappings));
	return space;
}

static void push_mapping(struct address_space *space, struct mapped_code mapping)
{
	*ARRAY_PUSH(space->mappings, space->count, space->alloc) = mapping;
}

/* Adds a mapping and removes the parts of others that it covers. */
static void add_mapping(struct address_space *space, struct mapped_code added)
{
	for (size_t i = space->count; i-- > 0;) {
		struct mapped_code former = space->mappings[i];

		if (former.end <= added.start || former.start >= added.end)
			continue;
		space->mappings[i] = space->mappings[--space->count];
		if (former.start < added.start) {
			struct mapped_code below = former;

			below.end = added.start;
			push_mapping(space, below);
		}
		if (former.end > added.end) {
			former.offset += added.end - former.start;
			former.start = added.end;
			push_mapping(space, former);
		}
	}
	push_mapping(space, added);
}

static void play(struct replay *replay, const struct mapping_event *event)
{
	struct process_space *process = find_process(replay, event->tgid);
	size_t parent;

	switch (event->change) {
	case MAPPING_ADDED:
		if (!event->bytes || event->start + event->bytes < event->start)
			return;
		add_mapping(own_space(replay, process),
			    (struct mapped_code){ event->start, event->start + event->bytes,
						  event->offset, event->file });
		return;
	case MAPPING_FORKED:
		parent = find_process(replay, event->parent)->space;
		replay->spaces->items[parent].fixed = true;
		find_process(replay, event->tgid)->space = parent;
		return;
	case MAPPING_CLEARED:
		process->space = add_space(replay);
		return;
	}
}

static int compare_events(const void *a, const void *b, void *context)
{
	const struct stack_log *log = context;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (log->events[x].ns != log->events[y].ns)
		return log->events[x].ns < log->events[y].ns ? -1 : 1;
	return (x > y) - (x < y);
}

static int compare_stacks(const void *a, const void *b, void *context)
{
	const struct stack_log *log = context;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (log->stacks[x]->ns != log->stacks[y]->ns)
		return log->stacks[x]->ns < log->stacks[y]->ns ? -1 : 1;
	return (x > y) - (x < y);
}

/* The indices 0 to count - 1, sorted. */
static size_t *sorted(size_t count, int (*compare)(const void *, const void *, void *),
		      const struct stack_log *log)
{
	size_t *order = xcalloc(count + 1, sizeof(*order));

	for (size_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), compare, (void *)log);
	return order;
}

void address_spaces_replay(const struct stack_log *log, struct address_spaces *ret)
{
	struct replay replay = { .spaces = ret };
	size_t *order = sorted(log->stack_count, compare_stacks, log);
	size_t *events = sorted(log->event_count, compare_events, log);
	size_t next = 0;

	*ret = (struct address_spaces){ 0 };
	ret->of_stack = xcalloc(log->stack_count + 1, sizeof(*ret->of_stack));
	for (size_t i = 0; i < log->stack_count; i++) {
		const struct tax_stack *stack = log->stacks[order[i]];

		while (next < log->event_count && log->events[events[next]].ns <= stack->ns)
			play(&replay, &log->events[events[next++]]);
		size_t space = find_process(&replay, stack->tgid)->space;
		ret->of_stack[order[i]] = space;
		ret->items[space].fixed = true;
		ret->items[space].weight += stack->weight;
	}
	free(order);
	free(events);
	free(replay.processes);
}

void address_spaces_release(struct address_spaces *spaces)
{
	for (size_t i = 0; i < spaces->count; i++)
		free(spaces->items[i].mappings);
	free(spaces->items);
	free(spaces->of_stack);
	*spaces = (struct address_spaces){ 0 };
}
