/* SPDX-License-Identifier: MIT */
#include "alloc/configure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/ask.h"
#include "alloc/setting.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/xalloc.h"

#define HINT_LIST \
	"'madvisor list settings' shows the settings, 'madvisor list allocators' the allocators"

static const char *version_or_nothing(const struct library *library)
{
	return library->version ? library->version : "";
}

static void settings_free(struct setting *settings, size_t count)
{
	for (size_t i = 0; settings && i < count; i++) {
		free(settings[i].key);
		free(settings[i].value);
	}
	free(settings);
}

void draft_release(struct draft *draft)
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

/* This version's own name for the setting, if it differs. */
static const char *own_name(const struct draft *draft, const struct setting_info *info)
{
	for (size_t i = 0; i < draft->options.count; i++)
		if (list_has(info->elsewhere, " ", draft->options.items[i].key))
			return draft->options.items[i].key;
	return NULL;
}

/* The same for a name that the catalogue knows only from other versions. */
static const char *modern_name(const struct draft *draft, const char *key)
{
	const struct allocator *allocator = draft->library->allocator;

	for (size_t i = 0; i < allocator->setting_count; i++) {
		const struct setting_info *info = &allocator->settings[i];

		if (list_has(info->elsewhere, " ", key))
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
	_cleanup_free_ char *versions = info ? setting_versions_text(info) : NULL;
	const char *here = info ? own_name(draft, info) : modern_name(draft, key);
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s %s has no setting %s", library->name,
			  version_or_nothing(library), shown);

	if (here) {
		_cleanup_free_ char *name = setting_key_text(library->allocator, here);

		error_hint(err, "this version calls it %s", name);
	} else if (versions) {
		error_hint(err, "it is in version %s", versions);
	} else {
		hint_nearest(draft, key, err);
	}
	return r;
}

static bool is_given(const struct draft *draft, const char *key)
{
	for (size_t i = 0; i < draft->count; i++)
		if (!strcmp(draft->typed[i].key, key))
			return true;
	return false;
}

static int refuse_twice(const char *key, struct error *err)
{
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s is given twice", key);

	error_hint(err, "give it once; it may be written in more than one way");
	return r;
}

int draft_translate(const struct contender_spec *spec, struct draft *draft, struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	if (!allocator->setting_count) {
		int r = error_set(err, ERROR_USAGE, EINVAL, "%s", allocator->no_settings);

		error_hint(err, "ask for it without brackets");
		return r;
	}
	draft->typed = xcalloc(spec->setting_count, sizeof(struct setting));
	draft->translated = xcalloc(spec->setting_count, sizeof(struct setting));
	for (size_t i = 0; i < spec->setting_count; i++) {
		const struct setting *asked = &spec->settings[i];
		const struct setting_info *info = setting_info_find(allocator, asked->key);
		const char *key = info ? info->key : asked->key;
		int64_t number;

		if (is_given(draft, key))
			return refuse_twice(key, err);
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
	allocator->assign(allocator, draft->translated, draft->count, &draft->env);
	return 0;
}

/* The library refused the settings as a whole: the hint names the likely cause. */
static int explain_refusal(struct draft *draft, int r, struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	if (r != -EINVAL)
		return r;
	/* Without settings it lists its options. */
	option_map_release(&draft->options);
	if (library_ask_options(draft->library, NULL, &draft->options, NULL) < 0)
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

/* The library must have each setting, and use the requested value. */
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

int draft_configure(const struct contender_spec *spec, struct draft *draft, struct error *err)
{
	int r = draft_translate(spec, draft, err);

	if (r < 0)
		return r;
	r = library_ask_options(draft->library, (const char *const *)draft->env.items,
				&draft->options, err);
	if (r < 0)
		return explain_refusal(draft, r, err);
	return verify_settings(draft, err);
}

char *draft_name(const struct draft *draft, const struct contender_spec *spec)
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

/* The library's report on the settings, in one line; NULL if empty. */
char *draft_proof(const struct draft *draft)
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
