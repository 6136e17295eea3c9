/* SPDX-License-Identifier: MIT */
#include "alloc/prove.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/allocator.h"
#include "alloc/inject.h"
#include "alloc/introspect.h"
#include "alloc/library-file.h"
#include "alloc/library.h"
#include "base/caller.h"
#include "base/cleanup.h"
#include "base/confined.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define SUFFIX "_object"

static bool same_file(const char *a, const char *b)
{
	struct stat st_a, st_b;

	return stat(a, &st_a) == 0 && stat(b, &st_b) == 0 && st_a.st_dev == st_b.st_dev &&
	       st_a.st_ino == st_b.st_ino;
}

/*
 * The name comes from the program, which is untrusted and may run another C library than madvisor:
 * then a confined child reads the file.
 */
static bool is_libc(const char *path)
{
	_cleanup_free_ char *ours = library_libc_path();

	return same_file(ours, path) || library_file_defines(path, NULL, "gnu_get_libc_version");
}

static bool serves(const struct contender *contender, const char *object)
{
	return contender->library ? same_file(contender->library, object) : is_libc(object);
}

/* Whether the C library may serve a function, because the contender's library lacks it. */
static bool lacks(const struct contender *contender, const char *function,
		  const struct rights *rights)
{
	_cleanup_library_file_ struct library_file file = { 0 };
	unsigned int bit = library_function_bit(function);

	return contender->library && bit &&
	       library_file_read(contender->library, rights, &file, NULL) == 0 &&
	       !(file.functions & bit);
}

static int refuse_object(const struct contender *contender, const char *function,
			 const char *object, struct error *err)
{
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;
	strbuf_add_escaped(&shown, object ? object : "an unknown object");
	int r = error_set(err, ERROR_MACHINE, EPERM,
			  "contender '%s': %s is served by %s, not by %s", contender->name,
			  function, shown.buf,
			  contender->library ? contender->library : "the C library");
	error_hint(err, "%s",
		   contender->library
			   ? "LD_PRELOAD had no effect: the program is linked statically, is "
			     "setuid, or brings its own allocator"
			   : "something preloads an allocator: see LD_PRELOAD and "
			     "/etc/ld.so.preload");
	return r;
}

int contender_check_object(const struct contender *contender, const char *object, struct error *err)
{
	return object && serves(contender, object)
		       ? 0
		       : refuse_object(contender, "malloc", object, err);
}

/* Parses a "NAME_object PATH" line; *ret_path is NULL for other lines. */
static char *split_line(char *line, const char **ret_path)
{
	char *space = strchr(line, ' ');
	size_t suffix = strlen(SUFFIX);

	*ret_path = NULL;
	if (!space)
		return NULL;
	*space = '\0';
	size_t len = strlen(line);
	if (len <= suffix || strcmp(line + len - suffix, SUFFIX))
		return NULL;
	line[len - suffix] = '\0';
	*ret_path = space + 1;
	return line;
}

/* Checks every line, and that malloc and free are among them. `functions` gets the names. */
static int check_report(const struct contender *contender, const struct rights *rights,
			char *report, struct strbuf *functions, struct error *err)
{
	bool has_malloc = false, has_free = false;
	char *line, *rest = report;

	while ((line = strsep(&rest, "\n"))) {
		const char *path;
		char *function = split_line(line, &path);

		if (!function)
			continue;
		if (!serves(contender, path) && !lacks(contender, function, rights))
			return refuse_object(contender, function, path, err);
		has_malloc |= !strcmp(function, "malloc");
		has_free |= !strcmp(function, "free");
		strbuf_addf(functions, "%s%s", functions->len ? ", " : "", function);
	}
	if (has_malloc && has_free)
		return 0;
	return error_set(err, ERROR_MACHINE, EPERM,
			 "contender '%s': the workload does not say what serves malloc and free",
			 contender->name);
}

/* Runs the workload's --prove under the contender. */
static int witness(const struct contender *contender, const char *workload,
		   const struct rights *rights, struct spawn_result *result, struct error *err)
{
	const struct allocator *allocator =
		contender->allocator ? allocator_by_name(contender->allocator) : NULL;
	char **changes = injection_changes(contender->library, allocator,
					   (const char *const *)contender->env, environ);
	const struct confined confined = { .rights = rights, .memory_bytes = LIBRARY_MEMORY_BYTES };
	const struct spawn spawn = {
		.argv = (const char *const[]){ workload, "--prove", NULL },
		.env = (const char *const *)changes,
		.confined = &confined,
	};
	int r = spawn_capture(&spawn, result, err);

	strv_free(changes);
	if (r < 0) {
		error_prefix(err, "contender '%s'", contender->name);
		return r;
	}
	if (result->exit_status == 0)
		return 0;
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;
	strbuf_truncate(&result->err, strcspn(result->err.buf, "\n"));
	strbuf_add_escaped(&shown, result->err.buf);
	return error_set(err, ERROR_MACHINE, EPERM,
			 "contender '%s': the workload does not run under it (exit status %d)%s%s",
			 contender->name, result->exit_status, shown.len ? ": " : "", shown.buf);
}

int contender_prove(struct contender *contender, const char *workload, const struct rights *rights,
		    struct error *err)
{
	const struct rights *whose = rights ? rights : &caller_get()->rights;
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	_cleanup_strbuf_ struct strbuf functions = STRBUF_INIT;
	int r = witness(contender, workload, whose, &result, err);

	if (r < 0)
		return r;
	r = check_report(contender, whose, result.out.buf, &functions, err);
	if (r < 0)
		return r;
	_cleanup_free_ char *settings = TAKE_PTR(contender->proof);
	contender->proof = xasprintf("serves %s%s%s", functions.buf, settings ? "; " : "",
				     settings ? settings : "");
	return 0;
}
