/* SPDX-License-Identifier: MIT */
#include "alloc/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/setting.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"

#define HINT_LIST \
	"'madvisor list settings' shows the settings, 'madvisor list allocators' the allocators"

static const char *version_or_nothing(const struct library *library)
{
	return library->version ? library->version : "";
}

/* The name itself, where no library bears it: unknown, not installed, or not in that version. */
static int refuse_name(const struct contender_spec *spec, const struct library_set *libraries,
		       struct error *err)
{
	const struct allocator *known = allocator_by_name(spec->name);
	const struct library *other = library_set_find(libraries, spec->name, NULL);
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;

	if (other) {
		for (size_t i = 0; i < libraries->count; i++)
			if (!strcmp(libraries->items[i].name, spec->name))
				strbuf_addf(&names, "%s%s", names.len ? ", " : "",
					    version_or_nothing(&libraries->items[i]));
		int r = error_set(err, ERROR_MACHINE, ENOENT, "there is no %s %s on this machine",
				  spec->name, spec->version);
		error_hint(err, "there is: %s", names.buf);
		return r;
	}
	if (known) {
		int r = error_set(err, ERROR_MACHINE, ENOENT, "%s is not on this machine",
				  spec->name);

		error_hint(err, "get it: %s", known->remedy);
		return r;
	}
	for (size_t i = 0; i < allocator_count; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "", allocators[i]->name);
	int r = error_set(err, ERROR_USAGE, ENOENT, "there is no allocator '%s'", spec->name);
	error_hint(err, "known are %s; any other joins as %s=/path/lib.so", names.buf, spec->name);
	return r;
}

/* A library given by its path must be what its name says, where the name is a known allocator's. */
static int open_given(const struct contender_spec *spec, struct library *ret, struct error *err)
{
	const struct allocator *claimed = allocator_by_name(spec->name);
	int r = library_open(spec->path, spec->name, ret, err);

	if (r < 0) {
		error_prefix(err, "contender '%s'", spec->name);
		return r;
	}
	if (claimed && ret->allocator != claimed) {
		r = error_set(err, ERROR_USAGE, EINVAL, "contender '%s': %s is %s, not %s",
			      spec->name, ret->path,
			      ret->allocator == &allocator_custom ? "another allocator"
								  : ret->allocator->name,
			      spec->name);
		error_hint(err, "give it another name");
		return r;
	}
	r = library_check_preload(ret, err);
	if (r < 0)
		error_prefix(err, "contender '%s'", spec->name);
	return r;
}

/* *ret is borrowed from the set, or is *given, which it fills. */
static int find_library(const struct contender_spec *spec, const struct library_set *libraries,
			struct library *given, const struct library **ret, struct error *err)
{
	*ret = given;
	if (spec->path)
		return open_given(spec, given, err);
	*ret = library_set_find(libraries, spec->name, spec->version);
	if (!*ret)
		return refuse_name(spec, libraries, err);
	int r = library_check_preload(*ret, err);
	if (r < 0)
		error_prefix(err, "contender '%s'", spec->name);
	return r;
}

/* What is known while a contender's settings are worked out. */
struct draft {
	const struct library *library;
	struct setting *typed;      /* canonical key, value as typed */
	struct setting *translated; /* canonical key, value as the allocator reads it */
	size_t count;
	struct assignments env;
	struct option_map options; /* what the library then uses */
};

#define _cleanup_draft_ __attribute__((cleanup(draft_release)))

static void settings_free(struct setting *settings, size_t count)
{
	for (size_t i = 0; settings && i < count; i++) {
		free(settings[i].key);
		free(settings[i].value);
	}
	free(settings);
}

static void draft_release(struct draft *draft)
{
	settings_free(draft->typed, draft->count);
	settings_free(draft->translated, draft->count);
	assignments_release(&draft->env);
	option_map_release(&draft->options);
}

static void hint_nearest(const struct draft *draft, const char *key, struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;
	const char *nearest = setting_suggest(allocator, &draft->options, key);

	if (nearest && strcmp(nearest, key)) {
		_cleanup_free_ char *shown = setting_key_text(allocator, nearest);

		error_hint(err, "did you mean %s? %s", shown, HINT_LIST);
	} else {
		error_hint(err, "%s", HINT_LIST);
	}
}

/* What this version calls the setting, if it has it under another name. */
static const char *own_name(const struct draft *draft, const struct setting_info *info)
{
	for (size_t i = 0; i < draft->options.count; i++)
		if (word_list_has(info->elsewhere, draft->options.items[i].key))
			return draft->options.items[i].key;
	return NULL;
}

/* The same for a name that the catalogue knows from other versions alone. */
static const char *modern_name(const struct draft *draft, const char *key)
{
	const struct allocator *allocator = draft->library->allocator;

	for (size_t i = 0; i < allocator->setting_count; i++) {
		const struct setting_info *info = &allocator->settings[i];

		if (word_list_has(info->elsewhere, key))
			return option_map_find(&draft->options, info->key) ? info->key
									   : own_name(draft, info);
	}
	return NULL;
}

static int refuse_key(const struct draft *draft, const char *key, struct error *err)
{
	const struct library *library = draft->library;
	const struct setting_info *info = setting_info_find(library->allocator, key);
	_cleanup_free_ char *shown = setting_key_text(library->allocator, key);
	const char *here = info ? own_name(draft, info) : modern_name(draft, key);
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s %s has no setting %s", library->name,
			  version_or_nothing(library), shown);

	if (here) {
		_cleanup_free_ char *name = setting_key_text(library->allocator, here);

		error_hint(err, "this version calls it %s", name);
	} else if (info && info->since) {
		error_hint(err, "it is in version %s", info->since);
	} else {
		hint_nearest(draft, key, err);
	}
	return r;
}

static int translate_settings(const struct contender_spec *spec, struct draft *draft,
			      struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	draft->typed = xcalloc(spec->setting_count, sizeof(struct setting));
	draft->translated = xcalloc(spec->setting_count, sizeof(struct setting));
	for (size_t i = 0; i < spec->setting_count; i++) {
		const struct setting *asked = &spec->settings[i];
		const struct setting_info *info = setting_info_find(allocator, asked->key);
		const char *key = info ? info->key : asked->key;
		int64_t number;

		for (size_t k = 0; k < draft->count; k++)
			if (!strcmp(draft->typed[k].key, key))
				return error_set(err, ERROR_USAGE, EINVAL, "%s is given twice",
						 key);
		struct setting *typed = &draft->typed[draft->count];
		struct setting *translated = &draft->translated[draft->count++];
		typed->key = xstrdup(key);
		typed->value = xstrdup(asked->value);
		translated->key = xstrdup(key);
		int r = setting_translate(allocator, info, asked->value, &translated->value,
					  &number, err);
		if (r == 0 && info && allocator->check)
			r = allocator->check(draft->library, info, number, err);
		if (r < 0)
			return r;
	}
	allocator->assign(draft->translated, draft->count, &draft->env);
	return 0;
}

/* The library's refusal of all settings together: the hint names the likely culprit. */
static int explain_refusal(struct draft *draft, int r, struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	if (r != -EINVAL)
		return r;
	/* Without settings it tells what it has. */
	option_map_release(&draft->options);
	if (allocator->options(draft->library, NULL, &draft->options, NULL) < 0)
		option_map_release(&draft->options);
	for (size_t i = 0; i < draft->count; i++) {
		const char *key = draft->translated[i].key;
		const struct setting_info *info = setting_info_find(allocator, key);

		if (!option_map_find(&draft->options, key)) {
			const char *here = info ? own_name(draft, info) : NULL;

			if (here)
				error_hint(err, "this version calls it %s", here);
			else if (!info)
				hint_nearest(draft, key, err);
		}
	}
	return r;
}

/* Each setting must be one the library has, and the value the one it now uses. */
static int verify_settings(const struct draft *draft, struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	for (size_t i = 0; i < draft->count; i++) {
		const char *key = draft->translated[i].key, *value = draft->translated[i].value;
		const struct setting *used = option_map_find(&draft->options, key);
		bool is_known = setting_info_find(allocator, key);

		if (!used && (allocator->tells_all || !is_known))
			return refuse_key(draft, key, err);
		if (!used || !used->value || setting_values_equal(used->value, value) ||
		    !strcmp(value, "default"))
			continue;
		_cleanup_free_ char *shown = setting_key_text(allocator, key);
		int r = error_set(err, ERROR_USAGE, EINVAL,
				  "%s %s does not accept %s=%s: it uses %s", draft->library->name,
				  version_or_nothing(draft->library), shown, draft->typed[i].value,
				  used->value);
		error_hint(err, "give a value that it takes; %s", HINT_LIST);
		return r;
	}
	return 0;
}

static int work_out_settings(const struct contender_spec *spec, struct draft *draft,
			     struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	if (!allocator->setting_count) {
		int r = error_set(err, ERROR_USAGE, EINVAL, "%s", allocator->no_settings);

		error_hint(err, "ask for it without brackets");
		return r;
	}
	int r = translate_settings(spec, draft, err);
	if (r < 0)
		return r;
	r = allocator->options(draft->library, (const char *const *)draft->env.items,
			       &draft->options, err);
	if (r < 0)
		return explain_refusal(draft, r, err);
	return verify_settings(draft, err);
}

/* What the user should know before he trusts the figures of this contender. */
static void add_notes(const struct contender_spec *spec, const struct draft *draft,
		      struct strbuf *notes)
{
	const struct library *library = draft->library;
	_cleanup_free_ char *missing = spec->path ? library_missing_functions(library) : NULL;

	if (missing && *missing)
		strbuf_addf(notes,
			    "%s defines no %s: the C library serves those, and a block of "
			    "one may be freed by the other\n",
			    library->path, missing);
	if (library->allocator->traps)
		library->allocator->traps(draft->translated, draft->count, notes);
}

/* The name it goes by: as asked for, with the keys and the separator that its users know. */
static char *canonical_name(const struct contender_spec *spec, const struct draft *draft)
{
	const struct allocator *allocator = draft->library->allocator;
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

	strbuf_addstr(&name, spec->name);
	if (spec->version)
		strbuf_addf(&name, "@%s", spec->version);
	for (size_t i = 0; i < draft->count; i++) {
		_cleanup_free_ char *key = setting_key_text(allocator, draft->typed[i].key);

		strbuf_addf(&name, "%c%s%c%s", i ? ',' : '[', key, allocator->separator,
			    draft->typed[i].value);
	}
	if (draft->count)
		strbuf_addch(&name, ']');
	return strbuf_detach(&name);
}

/* What the library said of the settings, in one line; NULL where there are none. */
static char *settings_proof(const struct draft *draft)
{
	_cleanup_strbuf_ struct strbuf proof = STRBUF_INIT;

	for (size_t i = 0; i < draft->count; i++) {
		const struct setting *setting = &draft->translated[i];
		const struct setting *used = option_map_find(&draft->options, setting->key);

		strbuf_addf(&proof, "%s%s=%s %s", i ? ", " : "", setting->key, setting->value,
			    used && used->value ? "in force" : "known");
	}
	return draft->count ? strbuf_detach(&proof) : NULL;
}

int contender_resolve(const struct contender_spec *spec, const struct library_set *libraries,
		      struct contender *ret, struct strbuf *notes, struct error *err)
{
	_cleanup_library_ struct library given = { 0 };
	_cleanup_draft_ struct draft draft = { 0 };

	*ret = (struct contender){ 0 };
	if (spec->all)
		return error_set(err, ERROR_USAGE, EINVAL, "'all' is not one contender");
	int r = find_library(spec, libraries, &given, &draft.library, err);
	if (r < 0)
		return r;
	if (spec->setting_count)
		r = work_out_settings(spec, &draft, err);
	if (r < 0) {
		_cleanup_free_ char *shown =
			contender_spec_format(spec, draft.library->allocator->separator);

		error_prefix(err, "contender '%s'", shown);
		return r;
	}
	if (notes)
		add_notes(spec, &draft, notes);
	const struct library *library = draft.library;
	ret->name = canonical_name(spec, &draft);
	ret->role = ROLE_CONTENDER;
	if (library->allocator != &allocator_custom)
		ret->allocator = xstrdup(library->allocator->name);
	if (library->version)
		ret->version = xstrdup(library->version);
	if (library->origin != LIBRARY_LIBC)
		ret->library = xstrdup(library->path);
	ret->proof = settings_proof(&draft);
	ret->setting_count = draft.count;
	ret->settings = TAKE_PTR(draft.typed);
	ret->env = TAKE_PTR(draft.env.items);
	return 0;
}

/* A list under construction. */
struct resolved {
	struct contender *items;
	size_t count, alloc;
};

static int add_resolved(struct resolved *all, const struct contender_spec *spec,
			const struct library_set *libraries, struct strbuf *notes,
			struct error *err)
{
	struct contender *contender = ARRAY_PUSH(all->items, all->count, all->alloc);
	int r = contender_resolve(spec, libraries, contender, notes, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i + 1 < all->count; i++) {
		if (strcmp(all->items[i].name, contender->name))
			continue;
		r = error_set(err, ERROR_USAGE, EINVAL, "contender '%s' is in the list twice",
			      contender->name);
		error_hint(err, "name each once");
		return r;
	}
	return 0;
}

/* The newest of each name that can run; a library that cannot be preloaded is no contender. */
static int add_all(struct resolved *all, const struct library_set *libraries, struct strbuf *notes,
		   struct error *err)
{
	for (size_t i = 0; i < libraries->count; i++) {
		const struct library *library = &libraries->items[i];
		struct contender_spec spec = { .name = library->name };

		if (library_set_find(libraries, library->name, NULL) != library ||
		    library_check_preload(library, NULL) < 0)
			continue;
		int r = add_resolved(all, &spec, libraries, notes, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int contender_list_resolve(const struct contender_list *list, const struct library_set *libraries,
			   struct contender **ret, size_t *ret_count, struct strbuf *notes,
			   struct error *err)
{
	struct resolved all = { 0 };
	int r = 0;

	for (size_t i = 0; i < list->count && r == 0; i++)
		r = list->items[i].all ? add_all(&all, libraries, notes, err)
				       : add_resolved(&all, &list->items[i], libraries, notes, err);
	if (r < 0) {
		for (size_t i = 0; i < all.count; i++)
			contender_release(&all.items[i]);
		free(all.items);
		return r;
	}
	*ret = all.items;
	*ret_count = all.count;
	return 0;
}
