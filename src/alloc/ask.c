/* SPDX-License-Identifier: MIT */
#include "alloc/ask.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "alloc/inject.h"
#include "alloc/introspect.h"
#include "alloc/library-file.h"
#include "base/cleanup.h"
#include "base/confined.h"
#include "base/spawn.h"

enum { VERSION_MAX = 64 };

/* Checks that an untrusted answer is a version. */
static bool is_version(const char *text)
{
	size_t len = strlen(text);

	return len <= VERSION_MAX && isdigit((unsigned char)*text) &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    ".+-_~") == len;
}

char *library_ask_version(const struct library *library)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;

	/* A prefixed library's functions have other names; its texts hold the same version. */
	if (!allocator->version || !allocator->ask_version || *library->prefix ||
	    library_ask(library, NULL, allocator->ask_version, &answer) < 0 || !answer.len)
		return NULL;
	_cleanup_free_ char *version = allocator->version(answer.buf, library->path, NULL);
	return version && is_version(version) ? TAKE_PTR(version) : NULL;
}

/* Runs true(1) with the library preloaded, under these assignments and no other allocator variable. */
static int run_true(const struct library *library, const char *const *env,
		    struct spawn_result *result, struct error *err)
{
	const char *preload = library->origin == LIBRARY_LIBC ? NULL : library->path;
	char **changes = injection_changes(preload, library->allocator, env, environ);
	const struct confined confined = { .rights = library->rights,
					   .memory_bytes = LIBRARY_MEMORY_BYTES };
	const struct spawn spawn = {
		.argv = (const char *const[]){ "true", NULL },
		.env = (const char *const *)changes,
		.confined = &confined,
	};
	int r = spawn_capture(&spawn, result, err);

	strv_free(changes);
	return r;
}

/* Runs true(1) under the library, which prints the options it uses. */
static int ask_run(const struct library *library, const char *const *env, struct option_map *ret,
		   struct error *err)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	_cleanup_assignments_ struct assignments all = { 0 };

	allocator->ask_run(env, &all);
	int r = run_true(library, (const char *const *)all.items, &result, err);
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

/* Without an answer the values stay unknown. */
static void ask_values(const struct library *library, const char *const *env,
		       struct option_map *ret)
{
	const struct allocator *allocator = library->allocator;
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	char **changes = injection_changes(NULL, allocator, env, environ);
	int r = library_ask(library, (const char *const *)changes, allocator->ask_values, &answer);

	strv_free(changes);
	if (r == 0)
		option_map_read_values(ret, answer.buf);
}

int library_ask_options(const struct library *library, const char *const *env,
			struct option_map *ret, struct error *err)
{
	const struct allocator *allocator = library->allocator;

	if (allocator->options)
		return allocator->options(library, env, ret, err);
	if (allocator->ask_run)
		return ask_run(library, env, ret, err);
	if (!allocator->list_options)
		return error_set(err, ERROR_USAGE, ENOSYS, "%s", allocator->no_settings);
	int r = library_file_options(library->path, library->rights, allocator, ret, err);
	if (r < 0)
		return r;
	if (allocator->ask_values)
		ask_values(library, env, ret);
	return 0;
}
