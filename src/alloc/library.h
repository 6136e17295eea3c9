/* SPDX-License-Identifier: MIT */
/*
 * alloc/library: the allocators' libraries that this machine has.
 *
 * A library is looked for in three places, in this order:
 *   built      DIR/SUBDIR/allocator.info (key=value lines, written by allocators/build) in the
 *		directories of MADVISOR_ALLOCATOR_PATH, "allocators" beside the madvisor executable or
 *		one level above, and the installed one
 *   system     the dynamic loader's directories (its defaults and /etc/ld.so.conf)
 *   given      NAME=/path/lib.so
 * Its version comes from the library itself where it can tell, else from allocator.info.
 *
 * Life cycle: library_set_discover() once, any number of look-ups, library_set_release(). A set owns
 * its libraries; pointers into it live as long as it.
 */
#ifndef MADVISOR_ALLOC_LIBRARY_H
#define MADVISOR_ALLOC_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "alloc/allocator.h"
#include "base/error.h"

enum library_origin {
	LIBRARY_LIBC, /* the C library's own: nothing is preloaded */
	LIBRARY_BUILT,
	LIBRARY_SYSTEM,
	LIBRARY_GIVEN,
};

struct library {
	const struct allocator *allocator; /* allocator_custom where it is none that is known */
	char *name;                        /* "jemalloc", "jemalloc-rjem" */
	char *path;                        /* absolute, without symbolic links */
	char *version;                     /* NULL where not known */
	char *prefix;                      /* of its functions; "" where it can be preloaded */
	enum library_origin origin;
};

struct library_set {
	struct library *items; /* in the registry's order, the newest version of each first */
	size_t count, alloc;
};

/* Where to look. Both arrays are NULL-terminated and owned. */
struct library_search {
	char **built_dirs;
	char **system_dirs;
};

#define _cleanup_library_ __attribute__((cleanup(library_release)))
#define _cleanup_library_set_ __attribute__((cleanup(library_set_release)))
#define _cleanup_library_search_ __attribute__((cleanup(library_search_release)))

/* This machine's directories. installed_dir (may be NULL) is where an installed madvisor keeps its own. */
void library_search_init(struct library_search *search, const char *installed_dir)
	__attribute__((nonnull(1)));
void library_search_release(struct library_search *search);

/* Finds what there is; the C library's allocator is always in it. A library that cannot be read is left out. */
void library_set_discover(struct library_set *set, const struct library_search *search)
	__attribute__((nonnull));
void library_set_release(struct library_set *set);

/*
 * The newest library of that name ("jemalloc", "jemalloc-rjem") whose version is, or starts with the
 * components of, `version` (NULL: any). NULL where there is none.
 */
const struct library *library_set_find(const struct library_set *set, const char *name,
				       const char *version) __attribute__((nonnull(1, 2)));

/*
 * What to write to get exactly this library of the set as a contender: "jemalloc", "jemalloc@5.3.0",
 * or "jemalloc=/path". Caller frees.
 */
char *library_contender_name(const struct library_set *set, const struct library *library)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * Reads a library's file, and where it is an allocator that can tell its version, loads it into a
 * child process to ask: not for files whose code must not run (identify/elf-object reads those). ERROR_USAGE where it is not there, no shared library, or for another machine
 * than this one. name may be NULL: that of the allocator it turns out to be.
 */
int library_open(const char *path, const char *name, struct library *ret, struct error *err)
	__attribute__((nonnull(1, 3), warn_unused_result));
void library_release(struct library *library);

/*
 * Whether preloading it can make it serve malloc: it defines malloc, calloc, realloc and free under
 * their own names, and LD_PRELOAD can carry its path. ERROR_USAGE with the reason where not.
 */
int library_check_preload(const struct library *library, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
/* The environment variable(s) it reads, to be shown: "_RJEM_MALLOC_CONF", "MIMALLOC_*". Caller frees. */
char *library_variable(const struct library *library)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/* The optional functions of the family (posix_memalign, …) that it lacks, or "". Caller frees. */
char *library_missing_functions(const struct library *library)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
