/* SPDX-License-Identifier: MIT */
#include "run/taxpayer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* Programs with a smaller share of the work are not mentioned. */
#define WORTH_PCT 5.0

/* "glibc 2.36"; NULL if unknown. Caller frees. */
static char *describe_allocator(const struct identification *program)
{
	const struct heap *heap = program->heap_count ? &program->heaps[0] : NULL;

	if (!heap || !heap->allocator)
		return NULL;
	return xasprintf("%s%s%s", heap->allocator, heap->version ? " " : "",
			 heap->version ? heap->version : "");
}

/*
 * Identifies a program that ended before it was identified or fully loaded, by its file, if that is
 * unchanged, with the environment that it had.
 */
static int identify_later(const struct census_program *program, struct identification *ret,
			  struct error *err)
{
	struct stat st;

	if (program->failure)
		return error_set(err, ERROR_MACHINE, EACCES, "%s", program->failure);
	if (!program->inode || stat(program->path, &st) < 0 || st.st_dev != program->device ||
	    st.st_ino != program->inode)
		return error_set(err, ERROR_MACHINE, ENOENT, "%s could not be looked at",
				 path_name(program->path));
	return identify_file(program->path, program->environment, ret, err);
}

/* Whether it is the program that the user named, or the interpreter of a named script. */
static bool is_named(const struct census_program *program, const struct identification *named)
{
	return (named->path && !strcmp(program->path, named->path)) ||
	       (named->interpreter && !strcmp(program->path, named->interpreter));
}

static char *describe_others(struct census *census, const char *allocator)
{
	struct strbuf text = STRBUF_INIT;
	double unseen_pct;
	size_t count;
	const struct census_program *programs = census_programs(census, &count, &unseen_pct);

	for (size_t i = 1; allocator && i < count && programs[i].share_pct >= WORTH_PCT; i++) {
		_cleanup_free_ char *others =
			programs[i].known ? describe_allocator(&programs[i].found) : NULL;

		if (others && strcmp(others, allocator) != 0)
			strbuf_addf(&text, "%s%s (%s) %.0f%%", text.len ? ", " : "",
				    path_name(programs[i].path), others, programs[i].share_pct);
	}
	if (text.len)
		return strbuf_detach(&text);
	strbuf_release(&text);
	return NULL;
}

static void take_program(struct census_program *first, struct taxpayer *ret)
{
	ret->path = TAKE_PTR(first->path);
	ret->environment = TAKE_PTR(first->environment);
	ret->pid = first->pid;
	ret->processes = first->processes;
	ret->share_pct = first->share_pct;
	if (first->known) {
		ret->program = first->found;
		first->found = (struct identification){ 0 };
	}
}

void taxpayer_find(struct census *census, const struct identification *named, const char *file,
		   struct taxpayer *ret)
{
	struct census_program *first = census_first(census);
	_cleanup_error_ struct error err = ERROR_INIT;

	*ret = (struct taxpayer){ 0 };
	if (!first) {
		ret->as_named =
			file && !named->interpreter && census_is_root(census, path_name(file));
		if (!ret->as_named)
			ret->unknown = xstrdup("most of this was done by processes that ended "
					       "before they could be looked at");
		return;
	}
	ret->is_another = !is_named(first, named);
	if (!first->known && identify_later(first, &first->found, &err) < 0)
		ret->unknown = xstrdup(err.message);
	else
		first->known = true;
	_cleanup_free_ char *allocator = first->known ? describe_allocator(&first->found) : NULL;
	ret->others = describe_others(census, allocator);
	take_program(first, ret);
}

void taxpayer_release(struct taxpayer *taxpayer)
{
	identification_release(&taxpayer->program);
	free(taxpayer->path);
	strv_free(taxpayer->environment);
	free(taxpayer->unknown);
	free(taxpayer->others);
}
