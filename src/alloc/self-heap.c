/* SPDX-License-Identifier: MIT */
#include "alloc/self-heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "alloc/setting.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/keys.h"

static bool allocator_knows(const struct allocator *allocator, const char *key)
{
	return setting_info_find(allocator, key) || key_is_known(allocator->name, key);
}

static bool knows_all(const struct heap *heap, const struct contender_spec *spec)
{
	const struct allocator *allocator =
		heap->allocator && heap->env_var ? allocator_by_name(heap->allocator) : NULL;

	for (size_t i = 0; allocator && i < spec->setting_count; i++)
		if (!allocator_knows(allocator, spec->settings[i].key))
			return false;
	return allocator;
}

/* The length of a variable's name and the dot in front of a key; 0 without one. */
static size_t variable_prefix(const struct heap *heap, const char *key)
{
	size_t len = heap->env_var ? strlen(heap->env_var) : 0;

	return len && !strncmp(key, heap->env_var, len) && key[len] == '.' ? len + 1 : 0;
}

static const struct heap *heap_of_prefix(const struct identification *program, const char *key)
{
	for (size_t i = 0; i < program->heap_count; i++)
		if (variable_prefix(&program->heaps[i], key))
			return &program->heaps[i];
	return NULL;
}

static bool is_choice(const struct identification *program, const char *key)
{
	for (size_t i = 0; i < program->heap_count; i++)
		if (program->heaps[i].chosen_by && !strcmp(program->heaps[i].chosen_by, key))
			return true;
	return false;
}

/* The heap that an assignment chooses; NULL: the C library's malloc ("system"), or none. */
static const struct heap *chosen_heap(const struct identification *program,
				      const struct setting *choice)
{
	for (size_t i = 0; i < program->heap_count; i++) {
		const struct heap *heap = &program->heaps[i];

		if (heap->chosen_by && !strcmp(heap->chosen_by, choice->key) && heap->allocator &&
		    !strcmp(heap->allocator, choice->value))
			return heap;
	}
	return NULL;
}

static int refuse_choice(const struct identification *program, const struct setting *choice,
			 struct error *err)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT;
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s takes no '%s'", choice->key, choice->value);

	strbuf_addstr(&known, "system");
	for (size_t i = 0; i < program->heap_count; i++)
		if (program->heaps[i].chosen_by && program->heaps[i].allocator &&
		    !strcmp(program->heaps[i].chosen_by, choice->key))
			strbuf_addf(&known, ", %s", program->heaps[i].allocator);
	error_hint(err, "it takes: %s", known.buf);
	return r;
}

static void push_setting(struct contender_spec *spec, const char *key, const char *value)
{
	*ARRAY_PUSH(spec->settings, spec->setting_count, spec->setting_alloc) = (struct setting){
		.key = xstrdup(key),
		.value = xstrdup(value),
	};
}

/* Sorts the settings; *ret->heap is the one that is named or chosen, if one is. */
static int sort_settings(const struct contender_spec *spec, const struct identification *program,
			 struct self_heap *ret, struct error *err)
{
	const struct heap *named = NULL, *chosen = NULL;

	for (size_t i = 0; i < spec->setting_count; i++) {
		const struct setting *setting = &spec->settings[i];
		const struct heap *heap = heap_of_prefix(program, setting->key);

		if (is_choice(program, setting->key)) {
			chosen = chosen_heap(program, setting);
			if (!chosen && strcmp(setting->value, "system") != 0)
				return refuse_choice(program, setting, err);
			assignments_addf(&ret->choices, "%s=%s", setting->key, setting->value);
			continue;
		}
		if (heap && named && heap != named) {
			int r = error_set(err, ERROR_USAGE, EINVAL,
					  "its settings are for two allocators: %s and %s",
					  named->env_var, heap->env_var);
			error_hint(err, "give each its own contender");
			return r;
		}
		named = heap ? heap : named;
		push_setting(&ret->spec,
			     setting->key + (heap ? variable_prefix(heap, setting->key) : 0),
			     setting->value);
	}
	ret->heap = named ? named : chosen && !ret->spec.setting_count ? chosen : NULL;
	if (!ret->heap && chosen && knows_all(chosen, &ret->spec))
		ret->heap = chosen;
	return 0;
}

static int refuse_two(const struct heap *one, const struct heap *other,
		      const struct contender_spec *spec, struct error *err)
{
	int r = error_set(err, ERROR_USAGE, EINVAL,
			  "two allocators of the program have such settings: that of %s (%s) and "
			  "that of %s (%s)",
			  one->object ? one->object : "the program", one->env_var,
			  other->object ? other->object : "the program", other->env_var);

	error_hint(err, "say which: self[%s.%s:%s]", one->env_var, spec->settings[0].key,
		   spec->settings[0].value);
	return r;
}

/* By the names of the settings alone. */
static int find_by_keys(const struct identification *program, struct self_heap *ret,
			struct error *err)
{
	const struct heap *found = NULL;

	for (size_t i = 0; ret->spec.setting_count && i < program->heap_count; i++) {
		const struct heap *heap = &program->heaps[i];

		if (!knows_all(heap, &ret->spec))
			continue;
		if (found && found != &program->heaps[0] &&
		    strcmp(found->env_var, heap->env_var) != 0)
			return refuse_two(found, heap, &ret->spec, err);
		found = found ? found : heap;
	}
	ret->heap = found ? found : program->heap_count ? &program->heaps[0] : NULL;
	return 0;
}

int self_heap_find(const struct contender_spec *spec, const struct identification *program,
		   struct self_heap *ret, struct error *err)
{
	*ret = (struct self_heap){ .spec.name = xstrdup(CONTENDER_SELF) };
	int r = sort_settings(spec, program, ret, err);

	if (r == 0 && !ret->heap)
		r = find_by_keys(program, ret, err);
	if (r < 0) {
		_cleanup_free_ char *shown = contender_spec_format(spec, ':');

		error_prefix(err, "contender '%s'", shown);
	}
	return r;
}

/* A variable's name, alone or in front of a key. */
static bool looks_like_variable(const char *key)
{
	size_t len = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return len > 1 && (!key[len] || key[len] == '.');
}

static bool some_allocator_knows(const struct contender_spec *spec)
{
	for (size_t a = 0; a < allocator_count; a++) {
		const struct allocator *allocator = allocators[a];
		bool all = true;

		for (size_t i = 0; i < spec->setting_count; i++)
			all &= allocator_knows(allocator, spec->settings[i].key) ||
			       looks_like_variable(spec->settings[i].key);
		if (all)
			return true;
	}
	return false;
}

bool self_heap_is_elsewhere(const struct contender_spec *spec, const struct identification *program)
{
	bool has_unknown = false;

	for (size_t i = 0; i < spec->setting_count; i++) {
		const char *key = spec->settings[i].key;

		has_unknown |= looks_like_variable(key) && !heap_of_prefix(program, key) &&
			       !is_choice(program, key);
	}
	if (!has_unknown) {
		_cleanup_self_heap_ struct self_heap found = { 0 };

		if (self_heap_find(spec, program, &found, NULL) < 0 || !found.spec.setting_count ||
		    (found.heap && knows_all(found.heap, &found.spec)))
			return false;
	}
	return spec->setting_count && some_allocator_knows(spec);
}

void self_heap_release(struct self_heap *heap)
{
	contender_spec_release(&heap->spec);
	assignments_release(&heap->choices);
}
