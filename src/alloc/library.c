/* SPDX-License-Identifier: MIT */
#include "alloc/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <gnu/libc-version.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/ask.h"
#include "alloc/info.h"
#include "alloc/library-file.h"
#include "identify/loadable.h"
#include "base/array.h"
#include "base/caller.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "base/xalloc.h"

enum { INFO_MAX = 1 << 16 };

/* Reads allocator.info; O_NONBLOCK, as it may be a FIFO. */
static bool read_info(const char *path, struct strbuf *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       strbuf_read_fd(ret, fd, INFO_MAX) == 0;
}

/* The allocator.info beside a library, if it names that library. */
static bool read_info_beside(const char *path, struct strbuf *ret)
{
	_cleanup_free_ char *folder = path_folder(path);
	_cleanup_free_ char *file = xasprintf("%s/" INFO_FILE, folder);

	if (!read_info(file, ret))
		return false;
	_cleanup_free_ char *named = info_value(ret->buf, "library");
	return named && !strcmp(named, path_name(path));
}

/* "jemalloc" with prefix "_rjem_" is "jemalloc-rjem". */
static char *prefixed_name(const char *name, const char *prefix)
{
	_cleanup_free_ char *tail = xstrdup(prefix + strspn(prefix, "_"));
	size_t len = strlen(tail);

	while (len && tail[len - 1] == '_')
		tail[--len] = '\0';
	return len ? xasprintf("%s-%s", name, tail) : xstrdup(name);
}

/* Fills in the library's identity: from the library itself, else from allocator.info beside it. */
static void identify(struct library *library, struct library_file *file, const char *name)
{
	_cleanup_strbuf_ struct strbuf info = STRBUF_INIT;
	bool has_info = read_info_beside(library->path, &info);
	_cleanup_free_ char *noted_name = has_info ? info_value(info.buf, "name") : NULL;

	library->allocator = file->allocator;
	library->prefix = TAKE_PTR(file->prefix);
	library->functions = file->functions;
	library->version = library_ask_version(library);
	if (!library->version)
		library->version = TAKE_PTR(file->version);
	if (!library->version && has_info)
		library->version = info_value(info.buf, "version");
	if (name)
		library->name = xstrdup(name);
	else if (library->allocator == &allocator_custom && noted_name)
		library->name = xstrdup(noted_name);
	else
		library->name = prefixed_name(library->allocator->name, library->prefix);
}

int library_open(const char *path, const char *name, const struct rights *rights,
		 struct library *ret, struct error *err)
{
	const struct rights *whose = rights ? rights : &caller_get()->rights;
	_cleanup_library_file_ struct library_file file = { 0 };
	_cleanup_free_ char *real = realpath(path, NULL);

	*ret = (struct library){ 0 };
	if (!real) {
		int r = error_set(err, ERROR_USAGE, errno, "%s: %s", path, strerror(errno));

		error_hint(err, "name a file that is there and that you may read");
		return r;
	}
	/* A safe target does not make the link safe, so both are checked. */
	int r = loadable_check_given(path, whose, err);
	if (r == 0)
		r = loadable_check_given(real, whose, err);
	if (r == 0)
		r = library_file_read(real, whose, &file, err);
	if (r < 0)
		return r;
	ret->path = TAKE_PTR(real);
	ret->origin = LIBRARY_GIVEN;
	ret->rights = whose;
	identify(ret, &file, name);
	return 0;
}

void library_release(struct library *library)
{
	if (!library)
		return;
	free(library->name);
	free(library->path);
	free(library->version);
	free(library->prefix);
	*library = (struct library){ 0 };
}

static int refuse_preload(const struct library *library, const char *why, const char *hint,
			  struct error *err)
{
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s: %s", library->path, why);

	error_hint(err, "%s", hint);
	return r;
}

char *library_variable(const struct library *library)
{
	const struct allocator *allocator = library->allocator;

	return allocator->variable ? allocator->variable(allocator, library->prefix, NULL)
				   : xstrdup("no variable");
}

static bool defines(const struct library *library, const char *function)
{
	return library->functions & library_function_bit(function);
}

int library_check_preload(const struct library *library, struct error *err)
{
	static const char *const needed[] = { "malloc", "free", "calloc", "realloc" };
	_cleanup_strbuf_ struct strbuf why = STRBUF_INIT, hint = STRBUF_INIT;

	if (library->origin == LIBRARY_LIBC)
		return 0;
	if (*library->prefix) {
		strbuf_addf(&why,
			    "cannot be preloaded: its functions are called %smalloc and so on",
			    library->prefix);
		_cleanup_free_ char *reads = library_variable(library);
		strbuf_addf(&hint,
			    "name an unprefixed build; this one serves only programs linked "
			    "with it, which read %s",
			    reads);
		return refuse_preload(library, why.buf, hint.buf, err);
	}
	if (defines(library, "gnu_get_libc_version"))
		return refuse_preload(library, "is a C library, which cannot be preloaded",
				      "the running one's allocator is the contender glibc", err);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (defines(library, needed[i]))
			continue;
		strbuf_addf(&why, "defines no %s: it is %s", needed[i],
			    i ? "no complete allocator" : "no allocator");
		return refuse_preload(library, why.buf, "name the allocator's own shared library",
				      err);
	}
	/* ld.so(8): both separate the entries of LD_PRELOAD, and "$" starts a token. */
	if (strpbrk(library->path, " :$"))
		return refuse_preload(library,
				      "LD_PRELOAD cannot carry a path with ' ', ':' or '$'",
				      "copy it, or link to it, elsewhere", err);
	return 0;
}

char *library_missing_functions(const struct library *library)
{
	static const char *const wanted[] = { "posix_memalign", "aligned_alloc", "memalign",
					      "malloc_usable_size" };
	_cleanup_strbuf_ struct strbuf missing = STRBUF_INIT;

	if (library->origin != LIBRARY_LIBC)
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (!defines(library, wanted[i]))
				strbuf_addf(&missing, "%s%s", missing.len ? ", " : "", wanted[i]);
	return strbuf_detach(&missing);
}

/* The registry's order, then newest first, then in the order found. */
static int library_order(const struct library *a, const struct library *b)
{
	size_t rank_a = allocator_count, rank_b = allocator_count;

	for (size_t i = 0; i < allocator_count; i++) {
		if (allocators[i] == a->allocator)
			rank_a = i;
		if (allocators[i] == b->allocator)
			rank_b = i;
	}
	if (rank_a != rank_b)
		return rank_a < rank_b ? -1 : 1;
	int names = strcmp(a->name, b->name);
	return names ? names : -version_compare(a->version, b->version);
}

/* A library has several names: links to one file. */
static bool set_has(const struct library_set *set, const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	for (size_t i = 0; real && i < set->count; i++)
		if (!strcmp(set->items[i].path, real))
			return true;
	return false;
}

/* Inserts the library into the set, in order; takes ownership. */
static void set_insert(struct library_set *set, struct library *library)
{
	(void)ARRAY_PUSH(set->items, set->count, set->alloc);
	size_t place = set->count - 1;
	while (place > 0 && library_order(&set->items[place - 1], library) > 0) {
		set->items[place] = set->items[place - 1];
		place--;
	}
	set->items[place] = *library;
	*library = (struct library){ 0 };
}

char *library_libc_path(void)
{
	Dl_info where;
	char *path = NULL;

	if (dladdr((void *)(uintptr_t)gnu_get_libc_version, &where) && where.dli_fname)
		path = realpath(where.dli_fname, NULL);
	return path ? path : xstrdup("libc.so.6");
}

static void add_libc(struct library_set *set)
{
	struct library libc = {
		.allocator = &allocator_glibc,
		.name = xstrdup(allocator_glibc.name),
		.version = xstrdup(gnu_get_libc_version()),
		.path = library_libc_path(),
		.prefix = xstrdup(""),
		.origin = LIBRARY_LIBC,
		.rights = set->rights,
	};

	set_insert(set, &libc);
}

/* Takes ownership of the error. */
static void add_refusal(struct library_set *set, const char *name, const char *path,
			struct error *err)
{
	_cleanup_strbuf_ struct strbuf shown_name = STRBUF_INIT, shown_path = STRBUF_INIT;

	for (size_t i = 0; i < set->refusal_count; i++)
		if (!strcmp(set->refusals[i].why, err->message))
			return;
	strbuf_add_escaped(&shown_name, name);
	strbuf_add_escaped(&shown_path, path);
	*ARRAY_PUSH(set->refusals, set->refusal_count, set->refusal_alloc) =
		(struct library_refusal){
			.name = strbuf_detach(&shown_name),
			.path = strbuf_detach(&shown_path),
			.why = TAKE_PTR(err->message),
			.hint = TAKE_PTR(err->hint),
		};
}

/* name: of the presumed allocator. */
static void add_file(struct library_set *set, const char *name, const char *path,
		     enum library_origin origin)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct library library;

	if (set_has(set, path))
		return;
	int r = library_open(path, NULL, set->rights, &library, &err);
	if (r == -EPERM && err.message)
		add_refusal(set, name, path, &err);
	if (r < 0)
		return;
	library.origin = origin;
	set_insert(set, &library);
}

/* A folder that allocators/build filled. */
static void add_built(struct library_set *set, const char *info_path)
{
	_cleanup_strbuf_ struct strbuf info = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	_cleanup_free_ char *folder = path_folder(info_path);

	if (loadable_check_folder(folder, set->rights, &err) < 0) {
		add_refusal(set, path_name(folder), folder, &err);
		return;
	}
	if (!read_info(info_path, &info))
		return;
	_cleanup_free_ char *path = info_library_path(info_path, info.buf);
	if (path)
		add_file(set, path_name(folder), path, LIBRARY_BUILT);
}

/* Adds the libraries a glob finds; a system library only if it is the allocator of its name. */
static void add_matches(struct library_set *set, const char *name, const char *dir,
			const char *pattern, enum library_origin origin)
{
	_cleanup_free_ char *whole = xasprintf("%s/%s", dir, pattern);
	glob_t found;

	if (glob(whole, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (origin == LIBRARY_BUILT)
			add_built(set, found.gl_pathv[i]);
		else
			add_file(set, name, found.gl_pathv[i], origin);
	}
	globfree(&found);
}

/* Only the first filename pattern with a match counts: variants of one version are left out. */
static void add_system(struct library_set *set, const struct allocator *allocator,
		       char *const *dirs)
{
	size_t before = set->count;

	for (size_t i = 0; allocator->filenames && allocator->filenames[i]; i++) {
		for (size_t d = 0; dirs[d]; d++)
			add_matches(set, allocator->name, dirs[d], allocator->filenames[i],
				    LIBRARY_SYSTEM);
		if (set->count > before)
			return;
	}
}

void library_set_discover(struct library_set *set, const struct library_search *search)
{
	*set = (struct library_set){
		.rights = search->rights ? search->rights : &caller_get()->rights,
	};
	add_libc(set);
	for (size_t d = 0; search->built_dirs[d]; d++)
		add_matches(set, NULL, search->built_dirs[d], "*/" INFO_FILE, LIBRARY_BUILT);
	for (size_t i = 0; i < allocator_count; i++)
		add_system(set, allocators[i], search->system_dirs);
}

void library_set_release(struct library_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		library_release(&set->items[i]);
	for (size_t i = 0; i < set->refusal_count; i++) {
		free(set->refusals[i].name);
		free(set->refusals[i].path);
		free(set->refusals[i].why);
		free(set->refusals[i].hint);
	}
	free(set->items);
	free(set->refusals);
	*set = (struct library_set){ 0 };
}

/* "5.3" matches 5.3.0 and 5.3.1, but not 5.30. */
static bool version_matches(const char *version, const char *wanted)
{
	size_t len = strlen(wanted);

	return version && !strncmp(version, wanted, len) && strchr(".-+", version[len]);
}

const struct library *library_set_find(const struct library_set *set, const char *name,
				       const char *version)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->items[i].name, name) &&
		    (!version || version_matches(set->items[i].version, version)))
			return &set->items[i];
	return NULL;
}

const struct library_refusal *library_set_find_refusal(const struct library_set *set,
						       const char *name)
{
	size_t len = strlen(name);

	/* A folder of allocators/build is called "jemalloc-5.3.1". */
	for (size_t i = 0; i < set->refusal_count; i++)
		if (!strncmp(set->refusals[i].name, name, len) &&
		    strchr("-", set->refusals[i].name[len]))
			return &set->refusals[i];
	return NULL;
}

char *library_contender_name(const struct library_set *set, const struct library *library)
{
	if (library_set_find(set, library->name, NULL) == library)
		return xstrdup(library->name);
	if (library->version && library_set_find(set, library->name, library->version) == library)
		return xasprintf("%s@%s", library->name, library->version);
	return xasprintf("%s=%s", library->name, library->path);
}
