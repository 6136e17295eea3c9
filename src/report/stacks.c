/* SPDX-License-Identifier: MIT */
/* The places in the program that most purges and refaults come from. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "report/produce.h"

enum {
	PLACES_SHOWN = 5,
	/* Names of C++ and Rust may fill a page. */
	PLACE_MAX_BYTES = 48,
	CALLER_MAX_BYTES = 28,
	PERMILLE_SHOWN = 10,
	CALLERS_SHOWN = 2, /* with a wrapper of malloc the place alone says little */
};

enum {
	COLUMN_PLACE,
	COLUMN_SHARE,
	COLUMN_CALL,
	COLUMN_CALLERS,
	COLUMN_WAY,
	COLUMN_PAGES,
	COLUMN_SAMPLES,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[COLUMN_PLACE] = { .title = "place" },
	[COLUMN_SHARE] = { .title = "share", .numeric = true },
	[COLUMN_CALL] = { .title = "call", .explanation = "that takes the pages away" },
	[COLUMN_CALLERS] = { .title = "called from",
			     .explanation = "innermost first",
			     .dispensable = 1 },
	[COLUMN_WAY] = { .title = "by way of",
			 .explanation = "what the place itself calls",
			 .dispensable = 2 },
	[COLUMN_PAGES] = { .title = "pages",
			   .explanation = "estimated from the stacks that were taken",
			   .numeric = true,
			   .dispensable = 3 },
	[COLUMN_SAMPLES] = { .title = "stacks",
			     .explanation = "that were taken of it",
			     .numeric = true,
			     .dispensable = 4 },
};

/* Stacks that leave the program at the same place, called from the same, by the same way. */
struct shared_place {
	char *name;
	char *callers;
	char *way;
	const char *call; /* static */
	uint64_t pages;
	uint64_t samples;
};

struct places {
	struct shared_place *items;
	size_t count, alloc;
	uint64_t pages; /* of all of them */
	uint64_t samples;
};

/* The name, its middle left out where it is too long; between characters, not in them. */
static void add_short(struct strbuf *sb, const char *name, size_t max)
{
	size_t len = strlen(name), head = max * 5 / 8, tail = len;

	if (len <= max) {
		strbuf_addstr(sb, name);
		return;
	}
	tail = len - (max - head - 3);
	while (head && ((unsigned char)name[head] & 0xc0) == 0x80)
		head--;
	while (((unsigned char)name[tail] & 0xc0) == 0x80)
		tail++;
	strbuf_add(sb, name, head);
	strbuf_addf(sb, "...%s", name + tail);
}

/* "push_block (channel.c:123)" */
static char *describe(const struct frame *frame)
{
	struct strbuf sb = STRBUF_INIT;

	add_short(&sb, frame->function, PLACE_MAX_BYTES);
	if (frame->file) {
		strbuf_addf(&sb, " (%s", path_name(frame->file));
		if (frame->line)
			strbuf_addf(&sb, ":%u", frame->line);
		strbuf_addch(&sb, ')');
	}
	return strbuf_detach(&sb);
}

/* "payload_drop < receive_buffer" */
static char *describe_callers(const struct result *result, const struct stack *stack,
			      struct stack_place place)
{
	struct strbuf sb = STRBUF_INIT;
	size_t count = 0;

	for (size_t i = place.program; i != SIZE_MAX && i-- > 0 && count < CALLERS_SHOWN;) {
		const struct frame *frame = &result->frames[stack->frames[i]];

		if (frame->role != FRAME_PROGRAM)
			continue;
		strbuf_addstr(&sb, count++ ? " < " : "");
		add_short(&sb, frame->function, CALLER_MAX_BYTES);
	}
	return strbuf_detach(&sb);
}

/* "free in libjemalloc.so.2": where the program, or else the C library, hands over. */
static void add_callee(struct strbuf *sb, const struct frame *frame)
{
	const char *module = path_name(frame->module);

	/* A function name made from the module's already names the module. */
	if (!module || !strncmp(frame->function, module, strlen(module))) {
		add_short(sb, module ? module : frame->function, CALLER_MAX_BYTES);
		return;
	}
	add_short(sb, frame->function, CALLER_MAX_BYTES);
	strbuf_addf(sb, " in %s", module);
}

static char *describe_way(const struct result *result, const struct stack *stack,
			  struct stack_place place)
{
	struct strbuf sb = STRBUF_INIT;
	size_t next = place.program == SIZE_MAX ? 0 : place.program + 1;

	if (place.allocator != SIZE_MAX)
		next = place.allocator;
	if (next < stack->frame_count)
		add_callee(&sb, &result->frames[stack->frames[next]]);
	return strbuf_detach(&sb);
}

/* For stacks without code of the program: thread start-up, or the allocator's own threads. */
static char *describe_nobody(const struct result *result, const struct stack *stack,
			     struct stack_place place)
{
	struct strbuf sb = STRBUF_INIT;
	size_t i = place.allocator;

	if (stack->cut) {
		strbuf_addstr(&sb, "[not known: the stack is cut]");
		return strbuf_detach(&sb);
	}
	strbuf_addstr(&sb, "[no code of the program]");
	if (i != SIZE_MAX && i > 0) {
		strbuf_addch(&sb, ' ');
		add_short(&sb, result->frames[stack->frames[i - 1]].function, CALLER_MAX_BYTES);
	}
	return strbuf_detach(&sb);
}

static void add_stack(struct places *places, const struct result *result, const struct stack *stack)
{
	struct stack_place found = stack_place(result, stack);
	_cleanup_free_ char *name =
		found.program != SIZE_MAX ? describe(&result->frames[stack->frames[found.program]])
					  : describe_nobody(result, stack, found);
	_cleanup_free_ char *way = describe_way(result, stack, found);
	const char *call = purge_cause_label(stack->cause);
	_cleanup_free_ char *callers = describe_callers(result, stack, found);
	struct shared_place *place = NULL;

	for (size_t i = 0; i < places->count && !place; i++)
		if (places->items[i].call == call && !strcmp(places->items[i].name, name) &&
		    !strcmp(places->items[i].way, way) &&
		    !strcmp(places->items[i].callers, callers))
			place = &places->items[i];
	if (!place) {
		place = ARRAY_PUSH(places->items, places->count, places->alloc);
		place->name = TAKE_PTR(name);
		place->way = TAKE_PTR(way);
		place->call = call;
		place->callers = TAKE_PTR(callers);
	}
	place->pages += stack->pages;
	place->samples += stack->samples;
	places->pages += stack->pages;
	places->samples += stack->samples;
}

static int compare_places(const void *a, const void *b)
{
	const struct shared_place *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void produce_row(const struct production *production, const struct places *places,
			const struct shared_place *place)
{
	const struct cell cells[COLUMNS] = {
		[COLUMN_PLACE] = { .kind = CELL_TEXT, .text = place->name },
		[COLUMN_CALLERS] = { .kind = CELL_TEXT, .text = place->callers },
		[COLUMN_SHARE] = { .kind = CELL_PERCENT,
				   .value = 100 * (double)place->pages / (double)places->pages },
		[COLUMN_PAGES] = { .kind = CELL_VALUE,
				   .unit = UNIT_COUNT,
				   .value = (double)place->pages },
		[COLUMN_SAMPLES] = { .kind = CELL_VALUE,
				     .unit = UNIT_COUNT,
				     .value = (double)place->samples },
		[COLUMN_WAY] = { .kind = CELL_TEXT, .text = place->way },
		[COLUMN_CALL] = { .kind = CELL_TEXT, .text = place->call },
	};

	production->emitter->row(production->self, ROW_PLAIN, cells);
}

static void produce_rest(const struct production *production, const struct places *places,
			 size_t first)
{
	struct shared_place rest = { .name = (char[]){ "elsewhere" },
				     .callers = (char[]){ "" },
				     .way = (char[]){ "" },
				     .call = "" };

	for (size_t i = first; i < places->count; i++) {
		rest.pages += places->items[i].pages;
		rest.samples += places->items[i].samples;
	}
	if (rest.pages * 1000 / places->pages >= PERMILLE_SHOWN)
		produce_row(production, places, &rest);
}

static void produce_event(const struct production *production, enum stack_event event,
			  const char *title)
{
	const struct result *result = production->result;
	struct places places = { 0 };
	size_t shown = 0;

	for (size_t i = 0; i < result->stack_count; i++)
		if (result->stacks[i].event == event && result->stacks[i].pages)
			add_stack(&places, result, &result->stacks[i]);
	if (places.count) {
		qsort(places.items, places.count, sizeof(*places.items), compare_places);
		production->emitter->group_begin(production->self, title, NULL);
		while (shown < places.count && shown < PLACES_SHOWN &&
		       places.items[shown].pages * 1000 / places.pages >= PERMILLE_SHOWN)
			produce_row(production, &places, &places.items[shown++]);
		produce_rest(production, &places, shown);
		production->emitter->group_end(production->self);
	}
	for (size_t i = 0; i < places.count; i++) {
		free(places.items[i].name);
		free(places.items[i].way);
		free(places.items[i].callers);
	}
	free(places.items);
}

void produce_stacks(const struct production *production)
{
	static const struct table table = { TABLE_DETAIL, columns, COLUMNS };

	if (!production_is_explanation(production) || !production->result->stack_count)
		return;
	production->emitter->table_begin(production->self, &table);
	produce_event(production, STACK_PURGE, "Pages given back by");
	produce_event(production, STACK_REFAULT, "Refaulted by");
	production->emitter->table_end(production->self);
}
