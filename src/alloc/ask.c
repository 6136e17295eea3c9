/* SPDX-License-Identifier: MIT */
#include "alloc/ask.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "alloc/inject.h"
#include "alloc/introspect.h"
#include "base/cleanup.h"
#include "base/spawn.h"

char *library_ask_version(const struct library *library, const struct elf_object *object)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;

	if (!allocator->version)
		return NULL;
	/* The functions of a prefixed library have other names, and its texts say the same. */
	if (allocator->ask_version && !*library->prefix &&
	    library_ask(library->path, NULL, allocator->ask_version, &answer) < 0)
		strbuf_truncate(&answer, 0);
	return allocator->version(answer.buf, library->path, object);
}

/* Has true(1) say, run under the library, what that uses. */
static int ask_run(const struct library *library, const char *const *env, struct option_map *ret,
		   struct error *err)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	_cleanup_assignments_ struct assignments all = { 0 };

	allocator->ask_run(env, &all);
	int r = library_run(library, (const char *const *)all.items, &result, err);
	if (r == 0)
		r = allocator->hear(result.err.buf, ret, err);
	if (r < 0)
		return r;
	if (result.exit_status != 0)
		return error_set(err, ERROR_USAGE, EINVAL, "true(1) fails with it (exit status %d)",
				 result.exit_status);
	if (!ret->count)
		return error_set(err, ERROR_MACHINE, EPROTO,
				 "%s does not say which settings it uses", library->path);
	return 0;
}

/* Without an answer the values stay untold. */
static void ask_values(const struct library *library, const char *const *env,
		       struct option_map *ret)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	char **changes = injection_changes(NULL, allocator, env, environ);
	int r = library_ask(library->path, (const char *const *)changes, allocator->ask_values,
			    &answer);

	strv_free(changes);
	if (r == 0)
		option_map_read_values(ret, answer.buf);
}

int library_ask_options(const struct library *library, const char *const *env,
			struct option_map *ret, struct error *err)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_elf_object_ struct elf_object *object = NULL;

	if (allocator->options)
		return allocator->options(library, env, ret, err);
	if (allocator->ask_run)
		return ask_run(library, env, ret, err);
	if (!allocator->list_options)
		return error_set(err, ERROR_USAGE, ENOSYS, "%s", allocator->no_settings);
	int r = elf_object_open(library->path, &object, err);
	if (r < 0)
		return r;
	allocator->list_options(allocator, library->path, object, ret);
	if (allocator->ask_values)
		ask_values(library, env, ret);
	return 0;
}
