/* SPDX-License-Identifier: MIT */
/* Parses what witnesses wrote: see src/witness/witness.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/witness.h"
#include "base/array.h"
#include "base/xalloc.h"

enum {
	/* More programs than this are not told apart. */
	PROGRAMS_MAX = 65536,
	/* Each other object takes files to be read: of more, none is taken for the contender's. */
	OBJECTS_MAX = 256,
};

static int compare_keys(const void *a, const void *b)
{
	const struct testimony *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

const struct testimony *testimonies_find(const struct testimonies *testimonies, uint64_t key)
{
	const struct testimony wanted = { .key = key };

	return testimonies->count ? bsearch(&wanted, testimonies->items, testimonies->count,
					    sizeof(*testimonies->items), compare_keys)
				  : NULL;
}

void testimonies_release(struct testimonies *testimonies)
{
	for (size_t i = 0; i < testimonies->count; i++)
		free(testimonies->items[i].object);
	free(testimonies->items);
	*testimonies = (struct testimonies){ 0 };
}

/* A number to the end of the text; false if it is none. */
static bool parse_number(const char *text, int base, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, base);
	return *text && *text != '-' && *text != '+' && !*end && !errno;
}

/* One line as a program's testimony; false if no witness wrote it. Borrows the object. */
static bool parse_line(char *line, struct testimony *ret)
{
	const char *kind = strsep(&line, "\t"), *key = strsep(&line, "\t");
	char *object = strsep(&line, "\t");
	bool is_end = !strcmp(kind, "end");

	if (!line || !*object || !parse_number(key, 16, &ret->key) ||
	    (!is_end && strcmp(kind, "start") != 0))
		return false;
	ret->object = object;
	ret->ends = is_end;
	return !is_end || parse_number(line, 10, &ret->cpu_ns);
}

/* Adds b to a, which has the same key; a program whose malloc changes counts as not served. */
static void merge(struct testimony *a, struct testimony *b)
{
	a->ends += b->ends;
	a->cpu_ns += b->cpu_ns;
	if (a->serves && !b->serves) {
		a->serves = false;
		a->object = b->object;
		b->object = NULL;
	}
	free(b->object);
}

static void merge_all(struct testimonies *testimonies)
{
	size_t kept = 0;

	if (!testimonies->count)
		return;
	qsort(testimonies->items, testimonies->count, sizeof(*testimonies->items), compare_keys);
	for (size_t i = 1; i < testimonies->count; i++) {
		if (testimonies->items[i].key == testimonies->items[kept].key)
			merge(&testimonies->items[kept], &testimonies->items[i]);
		else
			testimonies->items[++kept] = testimonies->items[i];
	}
	testimonies->count = kept + 1;
}

void testimonies_parse(char *text, bool (*serves)(const void *context, const char *object),
		       const void *context, struct testimonies *ret, size_t *ret_first)
{
	const char *last = NULL;
	bool last_serves = false, any = false;
	uint64_t first = 0;
	size_t objects = 0;
	char *line;

	*ret = (struct testimonies){ 0 };
	while ((line = strsep(&text, "\n")) && ret->count < PROGRAMS_MAX) {
		struct testimony said = { 0 };

		if (!parse_line(line, &said))
			continue;
		/* Files are compared, which takes system calls: mostly the object is the last one. */
		if (!last || strcmp(last, said.object) != 0)
			last_serves = objects++ < OBJECTS_MAX && serves(context, said.object);
		last = said.object;
		said.serves = last_serves;
		said.object = said.serves ? NULL : xstrdup(said.object);
		*ARRAY_PUSH(ret->items, ret->count, ret->alloc) = said;
		if (!any)
			first = said.key;
		any = true;
	}
	merge_all(ret);
	const struct testimony *found = any ? testimonies_find(ret, first) : NULL;
	*ret_first = found ? (size_t)(found - ret->items) : SIZE_MAX;
}
