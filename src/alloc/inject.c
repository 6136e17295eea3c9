/* SPDX-License-Identifier: MIT */
#include "alloc/inject.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/library-file.h"
#include "alloc/options.h"
#include "alloc/spec.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/variables.h"

#define PRELOAD "LD_PRELOAD"

static char *variable_name(const char *assignment)
{
	return xstrndup(assignment, strcspn(assignment, "="));
}

/* The allocator that reads the variable, or NULL. */
static const struct allocator *reader_of(const char *assignment)
{
	_cleanup_free_ char *name = variable_name(assignment);

	for (size_t i = 0; i < allocator_count; i++)
		if (variables_match(allocators[i]->variables, name))
			return allocators[i];
	return NULL;
}

/* Whether a file defines malloc; cached, as every run of a measurement asks again. */
static bool defines_malloc(const char *path)
{
	static struct {
		char *path;
		bool does;
	} * known;
	static size_t count, alloc;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(known[i].path, path))
			return known[i].does;
	bool does = library_file_defines(path, NULL, "malloc");
	(void)ARRAY_PUSH(known, count, alloc);
	known[count - 1].path = xstrdup(path);
	known[count - 1].does = does;
	return does;
}

/* Whether a preloaded object is an allocator: by its file, or for a bare name, by the name. */
static bool is_allocator(const char *object)
{
	if (strchr(object, '/'))
		return defines_malloc(object);
	for (size_t i = 0; i < allocator_count; i++) {
		const char *const *patterns = allocators[i]->filenames;

		for (size_t k = 0; patterns && patterns[k]; k++)
			if (fnmatch(patterns[k], object, 0) == 0)
				return true;
	}
	return false;
}

/* Splits a user's LD_PRELOAD (ld.so(8): spaces or colons) into allocators and the rest. */
static void sort_preloads(const char *value, struct strbuf *kept, struct assignments *removed)
{
	_cleanup_free_ char *copy = xstrdup(value);
	char *object, *rest = copy;

	while ((object = strsep(&rest, " :"))) {
		if (!*object)
			continue;
		if (!is_allocator(object))
			strbuf_addf(kept, "%s%s", kept->len ? ":" : "", object);
		else if (removed)
			assignments_addf(removed, PRELOAD "=%s", object);
	}
}

static const char *environment_value(char *const *base, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; base[i]; i++)
		if (!strncmp(base[i], name, len) && base[i][len] == '=')
			return base[i] + len + 1;
	return NULL;
}

static void add_preload(struct assignments *changes, const char *library, char *const *base)
{
	const char *before = environment_value(base, PRELOAD);
	_cleanup_strbuf_ struct strbuf kept = STRBUF_INIT;

	if (before)
		sort_preloads(before, &kept, NULL);
	if (library)
		assignments_addf(changes, PRELOAD "=%s%s%s", library, kept.len ? ":" : "",
				 kept.buf);
	else if (kept.len)
		assignments_addf(changes, PRELOAD "=%s", kept.buf);
	else
		assignments_addf(changes, PRELOAD);
}

/* Removes the variables of all allocators, but keeps contents that belong to others. */
static void add_removals(struct assignments *changes, char *const *base)
{
	for (size_t i = 0; base[i]; i++) {
		const struct allocator *reader = reader_of(base[i]);
		_cleanup_free_ char *left = reader && reader->leave ? reader->leave(base[i]) : NULL;

		if (!reader)
			continue;
		_cleanup_free_ char *name = variable_name(base[i]);
		assignments_addf(changes, "%s", left ? left : name);
	}
}

static void add_settings(struct assignments *changes, const struct allocator *allocator,
			 const char *const *assignments, char *const *base)
{
	for (size_t i = 0; assignments && assignments[i]; i++) {
		_cleanup_free_ char *name = variable_name(assignments[i]);
		const char *before = environment_value(base, name);
		_cleanup_free_ char *whole = before ? xasprintf("%s=%s", name, before) : NULL;
		_cleanup_free_ char *left =
			whole && allocator && allocator->leave ? allocator->leave(whole) : NULL;

		if (left && allocator->join)
			assignments_addf(changes, "%s%c%s", left, allocator->join,
					 assignments[i] + strlen(name) + 1);
		else
			assignments_addf(changes, "%s", assignments[i]);
	}
}

char **injection_changes(const char *library, const struct allocator *allocator,
			 const char *const *assignments, char *const *base)
{
	struct assignments changes = { 0 };

	add_preload(&changes, library, base);
	add_removals(&changes, base);
	add_settings(&changes, allocator, assignments, base);
	return changes.items;
}

/* Whether a list of "key:value" has the key of a part, which is as long. */
static bool sets_key(const struct allocator *allocator, const char *list, const char *key,
		     size_t key_len)
{
	for (size_t len; *list; list += len + (list[len] != '\0')) {
		len = strcspn(list, (char[]){ allocator->append, '\0' });
		if (len > key_len && !strncmp(list, key, key_len) &&
		    list[key_len] == allocator->separator)
			return true;
	}
	return false;
}

/*
 * The settings of a list besides those of another. Parts without a value go, too: jemalloc reads nothing from such a part
 * on. Caller frees.
 */
static char *others_of(const struct allocator *allocator, const char *list, const char *newer)
{
	_cleanup_strbuf_ struct strbuf kept = STRBUF_INIT;

	for (size_t len; *list; list += len + (list[len] != '\0')) {
		const char *value;

		len = strcspn(list, (char[]){ allocator->append, '\0' });
		value = memchr(list, allocator->separator, len);
		if (!value || sets_key(allocator, newer, list, (size_t)(value - list)))
			continue;
		if (kept.len)
			strbuf_addch(&kept, allocator->append);
		strbuf_add(&kept, list, len);
	}
	return strbuf_detach(&kept);
}

/* Behind what else the user has in the variable. */
static char *joined(const struct contender *contender, const char *assignment, char *const *base)
{
	const struct allocator *allocator =
		contender->allocator ? allocator_by_name(contender->allocator) : NULL;
	size_t len = strcspn(assignment, "=") + 1;

	/* A variable that chooses an allocator is no list. */
	if (!contender->env_var || strlen(contender->env_var) != len - 1 ||
	    strncmp(assignment, contender->env_var, len - 1) != 0)
		return xstrdup(assignment);
	for (size_t i = 0; allocator && allocator->append && base[i]; i++)
		if (!strncmp(base[i], assignment, len) && base[i][len]) {
			_cleanup_free_ char *others =
				others_of(allocator, base[i] + len, assignment + len);

			return *others ? xasprintf("%.*s%s%c%s", (int)len, assignment, others,
						   allocator->append, assignment + len)
				       : xstrdup(assignment);
		}
	return xstrdup(assignment);
}

char **self_environment(const struct contender *contender, char *const *base)
{
	_cleanup_assignments_ struct assignments changes = { 0 };

	for (size_t i = 0; contender->env && contender->env[i]; i++) {
		_cleanup_free_ char *change = joined(contender, contender->env[i], base);

		assignments_addf(&changes, "%s", change);
	}
	return environment_with(base, (const char *const *)changes.items);
}

char **self_asking_environment(const struct contender *contender, char *const *base)
{
	const char *ask = allocator_by_name(contender->allocator)->ask;
	char **environment = self_environment(contender, base);
	_cleanup_free_ char *question =
		strchr(ask, '=') ? xstrdup(ask) : xasprintf("%s=%s", contender->env_var, ask);
	_cleanup_free_ char *change = joined(contender, question, environment);
	char **asking = environment_with(environment, (const char *const[]){ change, NULL });

	strv_free(environment);
	return asking;
}

char **contender_environment(const struct contender *contender, char *const *base)
{
	if (contender_is_own(contender))
		return self_environment(contender, base);

	const struct allocator *allocator =
		contender->allocator ? allocator_by_name(contender->allocator) : NULL;
	char **changes = injection_changes(contender->library, allocator,
					   (const char *const *)contender->env, base);
	char **environment = environment_with(base, (const char *const *)changes);

	strv_free(changes);
	return environment;
}

char **environment_removed(char *const *base)
{
	struct assignments removed = { 0 };
	const char *preloads = environment_value(base, PRELOAD);
	_cleanup_strbuf_ struct strbuf kept = STRBUF_INIT;

	if (preloads)
		sort_preloads(preloads, &kept, &removed);
	for (size_t i = 0; base[i]; i++) {
		const struct allocator *reader = reader_of(base[i]);
		_cleanup_free_ char *left = reader && reader->leave ? reader->leave(base[i]) : NULL;
		_cleanup_free_ char *name = variable_name(base[i]);

		if (reader && (!left || strcmp(left, base[i])))
			assignments_addf(&removed, "%s", name);
	}
	if (!removed.items)
		removed.items = xcalloc(1, sizeof(char *));
	return removed.items;
}
