/* SPDX-License-Identifier: MIT */
#include "alloc/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/configure.h"
#include "alloc/setting.h"
#include "alloc/spec.h"
#include "base/array.h"
#include "base/slip.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

static const char *version_or_nothing(const struct library *library)
{
	return library->version ? library->version : "";
}

/* The error for a name without a library: unknown, not installed, or not in that version. */
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
	const struct library_refusal *refusal = library_set_find_refusal(libraries, spec->name);
	if (refusal) {
		int r = error_set(err, ERROR_USAGE, EPERM, "%s", refusal->why);

		error_hint(err, "%s", refusal->hint ? refusal->hint : "name another library");
		return r;
	}
	if (known) {
		int r = error_set(err, ERROR_MACHINE, ENOENT, "%s is not on this machine",
				  spec->name);

		error_hint(err, "get it: %s", allocator_remedy(known));
		return r;
	}
	struct slip slip;

	slip_init(&slip, spec->name);
	for (size_t i = 0; i < allocator_count; i++) {
		strbuf_addf(&names, "%s%s", i ? ", " : "", allocators[i]->name);
		slip_consider(&slip, allocators[i]->name);
	}
	int r = error_set(err, ERROR_USAGE, ENOENT, "there is no allocator '%s'", spec->name);
	if (slip.best)
		error_hint(err, "did you mean %s? known are %s", slip.best, names.buf);
	else
		error_hint(err, "known are %s; any other joins as %s=/path/lib.so", names.buf,
			   spec->name);
	return r;
}

/* A library given by path under a known allocator's name must be that allocator. */
static int open_given(const struct contender_spec *spec, const struct rights *rights,
		      struct library *ret, struct error *err)
{
	const struct allocator *claimed = allocator_by_name(spec->name);
	int r = library_open(spec->path, spec->name, rights, ret, err);

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

/* *ret is borrowed from the set, or points to *given, which is filled. */
static int find_library(const struct contender_spec *spec, const struct library_set *libraries,
			struct library *given, const struct library **ret, struct error *err)
{
	*ret = given;
	if (!strcmp(spec->name, CONTENDER_SELF)) {
		int r = error_set(err, ERROR_USAGE, EINVAL,
				  "contender 'self': the name is reserved");

		error_hint(err,
			   "it stands for a program's own allocator; built-in cases have none");
		return r;
	}
	if (spec->path)
		return open_given(spec, libraries->rights, given, err);
	*ret = library_set_find(libraries, spec->name, spec->version);
	if (!*ret)
		return refuse_name(spec, libraries, err);
	int r = library_check_preload(*ret, err);
	if (r < 0)
		error_prefix(err, "contender '%s'", spec->name);
	return r;
}

/* Notes for the user that limit the figures of this contender. */
static void add_notes(const struct contender_spec *spec, const struct draft *draft,
		      struct strbuf *notes)
{
	const struct library *library = draft->library;
	_cleanup_free_ char *missing = spec->path ? library_missing_functions(library) : NULL;

	_cleanup_strbuf_ struct strbuf lines = STRBUF_INIT;

	if (missing && *missing)
		strbuf_addf(&lines,
			    "%s defines no %s: the C library serves those, and a block of "
			    "one may be freed by the other\n",
			    library->path, missing);
	if (library->allocator->traps)
		library->allocator->traps(draft->translated, draft->count, &lines);
	/* Contenders of one allocator would repeat the note. */
	if (!strstr(notes->buf, lines.buf))
		strbuf_addstr(notes, lines.buf);
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
		r = draft_configure(spec, &draft, err);
	if (r < 0) {
		_cleanup_free_ char *shown =
			contender_spec_format(spec, draft.library->allocator->separator);

		error_prefix(err, "contender '%s'", shown);
		return r;
	}
	if (notes)
		add_notes(spec, &draft, notes);
	const struct library *library = draft.library;
	ret->name = draft_name(&draft, spec);
	ret->role = ROLE_CONTENDER;
	if (library->allocator != &allocator_custom)
		ret->allocator = xstrdup(library->allocator->name);
	if (library->version)
		ret->version = xstrdup(library->version);
	if (library->origin != LIBRARY_LIBC)
		ret->library = xstrdup(library->path);
	ret->proof = draft_proof(&draft);
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

/* The newest library of each name that can be preloaded. */
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
