/* SPDX-License-Identifier: MIT */
#include "alloc/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/ask.h"
#include "alloc/prove.h"
#include "alloc/resolve.h"
#include "alloc/setting.h"
#include "alloc/spec.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"

static const char *injected_text(const struct library *library)
{
	if (library->origin == LIBRARY_LIBC)
		return "none: the C library's own";
	return *library->prefix ? "linked in" : "LD_PRELOAD";
}

/* Tries the library as a contender of its own. */
static void try_library(struct inventory_row *row, const struct library *library,
			const struct library_set *libraries, const char *workload)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };
	struct contender contender = { 0 };

	int r = library_check_preload(library, &err);
	if (r == 0)
		r = contender_spec_parse(row->name, &spec, &err);
	if (r == 0)
		r = contender_resolve(&spec, libraries, &contender, NULL, &err);
	if (r == 0 && workload)
		r = contender_prove(&contender, workload, libraries->rights, &err);
	if (r < 0) {
		row->state = INVENTORY_FAILED;
		row->problem = TAKE_PTR(err.message);
	} else if (workload) {
		row->state = INVENTORY_PROVEN;
		row->proof = TAKE_PTR(contender.proof);
	}
	contender_release(&contender);
}

static void describe_linked(struct inventory_row *row, const struct library *library)
{
	_cleanup_free_ char *variable = library_variable(library);

	row->state = INVENTORY_LINKED;
	row->problem =
		xasprintf("cannot be preloaded (it defines %smalloc): serves programs linked "
			  "with it, which read %s",
			  library->prefix, variable);
}

static void add_library(struct inventory *inventory, const struct library *library,
			const struct library_set *libraries, const char *workload)
{
	struct inventory_row *row = ARRAY_PUSH(inventory->rows, inventory->count, inventory->alloc);

	row->name = library_contender_name(libraries, library);
	row->description = library->allocator->description;
	row->version = library->version ? xstrdup(library->version) : NULL;
	row->path = xstrdup(library->path);
	row->injected = injected_text(library);
	row->state = INVENTORY_UNTRIED;
	if (*library->prefix)
		describe_linked(row, library);
	else
		try_library(row, library, libraries, workload);
}

static void add_refusal(struct inventory *inventory, const struct library_refusal *refusal)
{
	struct inventory_row *row = ARRAY_PUSH(inventory->rows, inventory->count, inventory->alloc);

	row->name = xstrdup(refusal->name);
	row->path = xstrdup(refusal->path);
	row->injected = "LD_PRELOAD";
	row->state = INVENTORY_FAILED;
	row->problem = xstrdup(refusal->why);
}

static void add_missing(struct inventory *inventory, const struct allocator *allocator)
{
	struct inventory_row *row = ARRAY_PUSH(inventory->rows, inventory->count, inventory->alloc);

	row->name = xstrdup(allocator->name);
	row->description = allocator->description;
	row->injected = "LD_PRELOAD";
	row->state = INVENTORY_MISSING;
	row->remedy = allocator_remedy(allocator);
}

void inventory_init(struct inventory *inventory, const struct library_set *libraries,
		    const char *workload)
{
	size_t next = 0;

	*inventory = (struct inventory){ 0 };
	for (size_t i = 0; i < allocator_count; i++) {
		if (!library_set_find(libraries, allocators[i]->name, NULL) &&
		    !library_set_find_refusal(libraries, allocators[i]->name))
			add_missing(inventory, allocators[i]);
		while (next < libraries->count && libraries->items[next].allocator == allocators[i])
			add_library(inventory, &libraries->items[next++], libraries, workload);
	}
	while (next < libraries->count)
		add_library(inventory, &libraries->items[next++], libraries, workload);
	for (size_t i = 0; i < libraries->refusal_count; i++)
		add_refusal(inventory, &libraries->refusals[i]);
}

void inventory_release(struct inventory *inventory)
{
	if (!inventory)
		return;
	for (size_t i = 0; i < inventory->count; i++) {
		struct inventory_row *row = &inventory->rows[i];

		free(row->name);
		free(row->version);
		free(row->path);
		free(row->proof);
		free(row->problem);
	}
	free(inventory->rows);
	*inventory = (struct inventory){ 0 };
}

/* A value from the library, in the form in which a user would write it. Caller frees. */
static char *fallback_text(const struct setting_info *info, const char *value)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint64_t bytes;

	if (info->kind == SETTING_SIZE && parse_u64(value, &bytes) == 0)
		format_size_exact(&text, bytes);
	else if (info->kind == SETTING_BOOL)
		strbuf_addstr(&text, setting_values_equal(value, "true") ? "true" : "false");
	else
		strbuf_addstr(&text, value);
	return strbuf_detach(&text);
}

/* Fills in the facts from this machine's library about a setting of the catalogue. */
static void compare_with_library(struct setting_row *row, const struct library *library,
				 const struct setting_info *info, const struct option_map *options)
{
	const struct setting *used = option_map_find(options, info->key);
	const char *other = NULL;

	for (size_t i = 0; i < options->count && !used; i++)
		if (list_has(info->elsewhere, " ", options->items[i].key))
			other = options->items[i].key;
	if (!used && other) {
		_cleanup_free_ char *name = setting_key_text(library->allocator, other);

		row->note = xasprintf("%s %s calls it %s", library->name, library->version, name);
	} else if (!used && library->allocator->tells_all) {
		row->note = xasprintf("%s %s does not have it", library->name, library->version);
	}
	/* Unset tunables read as 0, which is not their default. */
	if (!used || !used->value || library->origin == LIBRARY_LIBC)
		return;
	free(row->fallback);
	row->fallback = fallback_text(info, used->value);
}

static void add_settings(struct setting_table *table, const struct allocator *allocator,
			 const struct library *library)
{
	_cleanup_option_map_ struct option_map options = { 0 };
	bool told = library && allocator->setting_count &&
		    library_ask_options(library, NULL, &options, NULL) == 0;

	for (size_t i = 0; i < allocator->setting_count; i++) {
		const struct setting_info *info = &allocator->settings[i];
		struct setting_row *row = ARRAY_PUSH(table->rows, table->count, table->alloc);

		row->allocator = allocator->name;
		row->key = setting_key_text(allocator, info->key);
		row->variable = allocator->variable(allocator, "", info->key);
		row->fallback = setting_default_text(info);
		row->range = setting_range_text(info);
		row->search = info->search;
		row->why = info->why;
		row->risk = info->risk;
		if (told)
			compare_with_library(row, library, info, &options);
	}
}

void setting_table_init(struct setting_table *table, const struct library_set *libraries,
			const char *allocator)
{
	*table = (struct setting_table){ 0 };
	for (size_t i = 0; i < allocator_count; i++)
		if (!allocator || !strcmp(allocators[i]->name, allocator))
			add_settings(table, allocators[i],
				     library_set_find(libraries, allocators[i]->name, NULL));
}

void setting_table_release(struct setting_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++) {
		struct setting_row *row = &table->rows[i];

		free(row->key);
		free(row->variable);
		free(row->fallback);
		free(row->range);
		free(row->note);
	}
	free(table->rows);
	*table = (struct setting_table){ 0 };
}
