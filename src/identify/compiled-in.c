/* SPDX-License-Identifier: MIT */
/* identify/analysis: the settings that jemalloc has from its build and from the program. */
#include "identify/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/elf.h"
#include "identify/keys.h"

/* Longer texts are not settings. */
#define CONF_MAX 4096
/* Texts of settings in one file, at most. */
#define CONFS_MAX 4

struct variable_search {
	const char *name;
	size_t prefix_len;
	bool exported_only;
	uint64_t address;
};

static bool visit_conf_symbol(const struct elf_symbol *symbol, void *context)
{
	struct variable_search *search = context;

	if (symbol->defined && symbol->value && !strcmp(symbol->name, search->name) &&
	    (symbol->dynamic || !search->exported_only))
		search->address = symbol->value;
	return false;
}

/*
 * The text of the malloc_conf variable: the program's overrides the allocator's own, which is
 * empty. NULL without one.
 */
static const char *find_conf_symbol(const struct target_view *view, struct heap *heap,
				    const struct scope_entry *holder, const char *prefix)
{
	_cleanup_free_ char *name = xasprintf("%smalloc_conf", prefix);

	for (size_t i = 0; i < view->scope->count; i++) {
		const struct scope_entry *entry = &view->scope->items[i];
		struct variable_search search = { .name = name, .exported_only = entry != holder };

		if (!entry->object || (entry->origin == SCOPE_LOADED && entry != holder))
			continue;
		elf_object_find_symbol(entry->object, visit_conf_symbol, &search);
		const char *text =
			search.address ? elf_pointed_text(entry->object, search.address) : NULL;
		if (!text || !*text || strlen(text) > CONF_MAX)
			continue;
		text_list_addf(&heap->evidence, "%s points to a text in %s", name,
			       entry->path ? entry->path : entry->name);
		return text;
	}
	return NULL;
}

struct conf_search {
	const char *texts[CONFS_MAX];
	size_t count;
};

static bool visit_conf_text(const char *text, void *context)
{
	struct conf_search *search = context;

	for (size_t i = 0; i < search->count; i++)
		if (!strcmp(search->texts[i], text))
			return false;
	if (strlen(text) <= CONF_MAX && is_jemalloc_conf(text))
		search->texts[search->count++] = text;
	return search->count == CONFS_MAX;
}

/*
 * jemalloc's --with-malloc-conf leaves a text without a symbol of its own, and so does malloc_conf
 * in a stripped file. A later setting overrides an earlier one; that of the symbol comes last.
 */
void heap_add_compiled_in(const struct target_view *view, struct heap *heap,
			  const struct scope_entry *holder, const char *prefix)
{
	_cleanup_strbuf_ struct strbuf all = STRBUF_INIT;
	struct conf_search search = { .count = 0 };
	const char *symbol = find_conf_symbol(view, heap, holder, prefix);

	if (holder->object)
		elf_object_find_text(holder->object, visit_conf_text, &search);
	for (size_t i = 0; i < search.count; i++) {
		if (symbol && !strcmp(search.texts[i], symbol))
			continue;
		strbuf_addf(&all, "%s%s", all.len ? "," : "", search.texts[i]);
		text_list_addf(&heap->evidence, "a text of settings in %s: \"%s\"",
			       holder->path ? holder->path : holder->name, search.texts[i]);
	}
	if (symbol)
		strbuf_addf(&all, "%s%s", all.len ? "," : "", symbol);
	if (all.len)
		heap->compiled_in = strbuf_detach(&all);
}
