/* SPDX-License-Identifier: MIT */
#include "tune/space.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/version.h"
#include "base/xalloc.h"

/* A step between two values of SCALE_POWERS: more of them cost runs and tell little more. */
#define POWER_STEP 4
/* A range of whole numbers is filled up to this width. */
#define STEPS_MAX 16

static bool in_version(const struct setting_info *info, const char *version)
{
	if (!version)
		return !info->below;
	return (!info->since || version_compare(version, info->since) >= 0) &&
	       (!info->below || version_compare(version, info->below) < 0);
}

/* The number that a text stands for, "never" as the largest; false for a word. */
static bool number_of(const struct setting_info *info, const char *text, uint64_t *ret)
{
	if (!strcmp(text, "-1")) {
		*ret = UINT64_MAX;
		return true;
	}
	if (info->kind == SETTING_SIZE)
		return parse_size(text, ret) == 0;
	return (info->kind == SETTING_INT || info->kind == SETTING_MS) && parse_u64(text, ret) == 0;
}

static bool same_value(const struct setting_info *info, const char *a, const char *b)
{
	uint64_t x, y;

	if (number_of(info, a, &x) && number_of(info, b, &y))
		return x == y;
	return !strcmp(a, b);
}

/* Where a value belongs: before the first larger one. Words keep the catalogue's order. */
static size_t place_of(const struct knob *knob, const char *value)
{
	uint64_t number, other;
	size_t place = knob->count;

	if (!number_of(knob->info, value, &number))
		return place;
	while (place > 0 && number_of(knob->info, knob->values[place - 1], &other) &&
	       other > number)
		place--;
	return place;
}

static void add_value(struct knob *knob, const char *value, bool listed, const char *initial)
{
	if (initial && same_value(knob->info, value, initial))
		return;
	for (size_t i = 0; i < knob->count; i++)
		if (same_value(knob->info, value, knob->values[i]))
			return;
	size_t place = place_of(knob, value);
	if (knob->count == knob->alloc) {
		knob->alloc = knob->alloc ? 2 * knob->alloc : 8;
		knob->values = xreallocarray(knob->values, knob->alloc, sizeof(*knob->values));
		knob->listed = xreallocarray(knob->listed, knob->alloc, sizeof(*knob->listed));
	}
	memmove(knob->values + place + 1, knob->values + place,
		(knob->count - place) * sizeof(*knob->values));
	memmove(knob->listed + place + 1, knob->listed + place,
		(knob->count - place) * sizeof(*knob->listed));
	knob->values[place] = xstrdup(value);
	knob->listed[place] = listed;
	knob->count++;
}

/* The words of `text` as values. */
static void add_words(struct knob *knob, const char *text, const char *initial)
{
	_cleanup_free_ char *copy = text ? xstrdup(text) : NULL;
	char *rest = copy, *word;

	while (rest && (word = strsep(&rest, " ")))
		if (*word)
			add_value(knob, word, true, initial);
}

static void add_number(struct knob *knob, uint64_t number, const char *initial)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (knob->info->kind == SETTING_SIZE)
		format_size_exact(&sb, number);
	else
		strbuf_addf(&sb, "%" PRIu64, number);
	add_value(knob, sb.buf, false, initial);
}

/* Values between the listed ones, for moves in small steps. */
static void fill(struct knob *knob, const char *initial)
{
	uint64_t low = 0, high = 0, number;
	bool found = false;

	for (size_t i = 0; i < knob->count; i++) {
		if (!number_of(knob->info, knob->values[i], &number) || !number ||
		    number == UINT64_MAX)
			continue;
		low = found ? low : number;
		high = number;
		found = true;
	}
	if (!found)
		return;
	if (knob->info->scale == SCALE_STEPS && high - low <= STEPS_MAX)
		for (number = low + 1; number < high; number++)
			add_number(knob, number, initial);
	if (knob->info->scale == SCALE_POWERS)
		for (number = low; number <= high / POWER_STEP; number *= POWER_STEP)
			add_number(knob, number * POWER_STEP, initial);
}

/* Another name, under which an older version has what this one has under a newer name too. */
static bool is_second_name(const struct setting_group *group, const struct setting_info *info,
			   const char *version)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->items[i].search && in_version(&group->items[i], version) &&
		    list_has(group->items[i].elsewhere, " ", info->key))
			return true;
	return false;
}

static void build_knob(const struct setting_info *info, const char *version, struct knob *knob)
{
	const char *initial = setting_default_value(info, version);

	knob->info = info;
	add_words(knob, info->search, initial);
	for (const struct remedy *remedy = info->remedies; remedy && remedy->symptoms; remedy++)
		if (!remedy->if_set)
			add_words(knob, remedy->values, initial);
	fill(knob, initial);
}

static void knob_release(struct knob *knob)
{
	for (size_t i = 0; i < knob->count; i++)
		free(knob->values[i]);
	free(knob->values);
	free(knob->listed);
}

/* What stands in a space for the choice of an allocator. */
static const struct setting_info chooser_info = {
	.key = "allocator",
	.kind = SETTING_CHOICE,
	.scale = SCALE_LISTED,
	.why = "another allocator, preloaded: it keeps, cuts and gives back memory in its own way",
	.risk = "all of the program's memory is served by other code: try what else it does before you "
		"deploy it",
};

static void add_to_chooser(struct space *space, const char *name)
{
	if (space->allocator_count == 1) {
		space->chooser = SIZE_MAX;
		return;
	}
	if (space->chooser == SIZE_MAX) {
		space->chooser = space->count;
		*ARRAY_PUSH(space->knobs, space->count, space->alloc) =
			(struct knob){ .info = &chooser_info };
	}
	add_value(&space->knobs[space->chooser], name, true, NULL);
}

void space_add(struct space *space, const char *name, const struct setting_group *group,
	       const char *version)
{
	size_t owner = space->allocator_count;

	*ARRAY_PUSH(space->allocators, space->allocator_count, space->allocator_alloc) =
		xstrdup(name);
	add_to_chooser(space, name);
	for (size_t i = 0; group && i < group->count; i++) {
		const struct setting_info *info = &group->items[i];
		struct knob knob = { .owner = owner };

		if (!info->search || !in_version(info, version) ||
		    is_second_name(group, info, version))
			continue;
		build_knob(info, version, &knob);
		if (knob.count)
			*ARRAY_PUSH(space->knobs, space->count, space->alloc) = knob;
		else
			knob_release(&knob);
	}
}

void space_release(struct space *space)
{
	for (size_t i = 0; i < space->count; i++)
		knob_release(&space->knobs[i]);
	for (size_t i = 0; i < space->allocator_count; i++)
		free(space->allocators[i]);
	free(space->knobs);
	free(space->allocators);
	*space = (struct space){ 0 };
}

size_t space_find(const struct space *space, size_t owner, const char *key)
{
	for (size_t i = 0; i < space->count; i++)
		if (i != space->chooser && space->knobs[i].owner == owner &&
		    !strcmp(space->knobs[i].info->key, key))
			return i;
	return SIZE_MAX;
}

size_t space_chosen(const struct space *space, const size_t *choices)
{
	return space->chooser == SIZE_MAX ? 0 : choices[space->chooser];
}

void space_choose(const struct space *space, size_t *choices, size_t owner)
{
	memset(choices, 0, space->count * sizeof(*choices));
	if (space->chooser != SIZE_MAX)
		choices[space->chooser] = owner;
}

static size_t random_listed(const struct knob *knob, struct random *random)
{
	size_t choice;

	do
		choice = random_below(random, knob->count);
	while (!knob->listed[choice]);
	return choice + 1;
}

static void drop_foreign(const struct space *space, size_t *choices)
{
	size_t chosen = space_chosen(space, choices);

	for (size_t i = 0; i < space->count; i++)
		if (i != space->chooser && space->knobs[i].owner != chosen)
			choices[i] = 0;
}

/* Whether `word` is the knob, or the value that is chosen of it: "percpu_arena", "tcache=false". */
static bool is_named(const struct knob *knob, size_t choice, const char *word)
{
	size_t len = strlen(knob->info->key);

	return choice && !strncmp(word, knob->info->key, len) &&
	       (!word[len] || (word[len] == '=' &&
			       same_value(knob->info, word + len + 1, knob->values[choice - 1])));
}

/* Whether a knob has no effect beside another one, as that is set. */
static bool is_idle_beside(const struct space *space, const size_t *choices, size_t knob,
			   size_t other)
{
	const char *list = choices[knob] ? space->knobs[knob].info->not_beside : NULL;
	_cleanup_free_ char *copy = list ? xstrdup(list) : NULL;
	char *rest = copy, *word;

	if (space->knobs[knob].owner != space->knobs[other].owner)
		return false;
	while (rest && (word = strsep(&rest, " ")))
		if (is_named(&space->knobs[other], choices[other], word))
			return true;
	return false;
}

void space_set(const struct space *space, size_t *choices, size_t knob, size_t choice)
{
	choices[knob] = choice;
	for (size_t i = 0; choice && i < space->count; i++)
		if (is_idle_beside(space, choices, i, knob) ||
		    is_idle_beside(space, choices, knob, i))
			space_reset(space, choices, i);
}

void space_repair(const struct space *space, size_t *choices, struct random *random)
{
	drop_foreign(space, choices);
	for (size_t i = 0; i < space->count; i++) {
		const char *with = choices[i] ? space->knobs[i].info->with : NULL;
		size_t other = with ? space_find(space, space->knobs[i].owner, with) : SIZE_MAX;

		if (other != SIZE_MAX && !choices[other])
			choices[other] = random_listed(&space->knobs[other], random);
	}
	for (size_t i = 0; i < space->count; i++)
		for (size_t other = 0; choices[i] && other < space->count; other++)
			if (is_idle_beside(space, choices, i, other))
				space_reset(space, choices, i);
}

void space_reset(const struct space *space, size_t *choices, size_t knob)
{
	choices[knob] = 0;
	drop_foreign(space, choices);
	for (size_t i = 0; i < space->count; i++) {
		const char *with = choices[i] ? space->knobs[i].info->with : NULL;

		if (with && !strcmp(with, space->knobs[knob].info->key))
			choices[i] = 0;
	}
}

void space_describe(const struct space *space, const size_t *choices, struct strbuf *sb)
{
	size_t before = sb->len, chosen = space_chosen(space, choices);
	const char *separator = "";

	if (chosen) {
		strbuf_addstr(sb, space->allocators[chosen]);
		separator = ": ";
	}
	for (size_t i = 0; i < space->count; i++) {
		if (!choices[i] || i == space->chooser)
			continue;
		strbuf_addf(sb, "%s%s=%s", separator, space->knobs[i].info->key,
			    space->knobs[i].values[choices[i] - 1]);
		separator = ", ";
	}
	if (sb->len == before)
		strbuf_addstr(sb, "the default");
}

/* Calls `each` for every setting of a text; false once that returns false. */
static bool for_each_setting(const char *text,
			     bool (*each)(void *context, const char *key, const char *value),
			     void *context)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy, *item;

	while ((item = strsep(&rest, ","))) {
		char *key = item + strspn(item, " "), *value = strchr(key, '=');

		if (!value)
			return false;
		*value++ = '\0';
		if (!each(context, key, value))
			return false;
	}
	return true;
}

static bool is_known(void *context, const char *key, const char *value)
{
	return *value && space_find(context, 0, key) != SIZE_MAX;
}

static bool widen(void *context, const char *key, const char *value)
{
	struct space *space = context;

	add_value(&space->knobs[space_find(space, 0, key)], value, true, NULL);
	return true;
}

bool space_widen(struct space *space, const char *text)
{
	return for_each_setting(text, is_known, space) && for_each_setting(text, widen, space);
}

struct parsing {
	const struct space *space;
	size_t *choices;
};

static bool choose_value(void *context, const char *key, const char *value)
{
	const struct parsing *parsing = context;
	size_t place = space_find(parsing->space, 0, key);
	const struct knob *knob = &parsing->space->knobs[place];

	for (size_t i = 0; i < knob->count; i++)
		if (same_value(knob->info, value, knob->values[i]))
			parsing->choices[place] = i + 1;
	return true;
}

void space_parse(const struct space *space, const char *text, size_t *choices)
{
	struct parsing parsing = { space, choices };

	memset(choices, 0, space->count * sizeof(*choices));
	(void)for_each_setting(text, choose_value, &parsing);
}
