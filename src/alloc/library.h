/* SPDX-License-Identifier: MIT */
/*
 * alloc/library: finds the allocators' libraries on this machine.
 *
 * A library is looked for in three places, in this order:
 *   built      DIR/SUBDIR/allocator.info (key=value lines, written by allocators/build) in the
 *		directories of MADVISOR_ALLOCATOR_PATH, "allocators" beside the madvisor executable or
 *		one level above, and the installed one
 *   system     the dynamic loader's directories (its defaults and /etc/ld.so.conf)
 *   given      NAME=/path/lib.so
 * Its version comes from the library itself if possible, else from allocator.info.
 *
 * Life cycle: library_set_discover() once, any number of look-ups, library_set_release(). A set owns
 * its libraries; pointers into it are valid until its release.
 */
#ifndef MADVISOR_ALLOC_LIBRARY_H
#define MADVISOR_ALLOC_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "alloc/allocator.h"
#include "base/error.h"
#include "base/rights.h"

enum library_origin {
	LIBRARY_LIBC, /* the C library's own: nothing is preloaded */
	LIBRARY_BUILT,
	LIBRARY_SYSTEM,
	LIBRARY_GIVEN,
};

struct library {
	const struct allocator *allocator; /* allocator_custom if unknown */
	char *name;                        /* "jemalloc", "jemalloc-rjem" */
	char *path;                        /* absolute, without symbolic links */
	char *version;                     /* NULL: not known */
	char *prefix; /* of its functions; "" for a library that can be preloaded */
	unsigned int
		functions; /* that its file defines: library_function_bit() of alloc/library-file */
	const struct rights
		*rights; /* with which it is loaded to be asked; borrowed; NULL: madvisor's own */
	enum library_origin origin;
};

/* A library that was found but is unsafe to load (identify/loadable), so it was skipped. */
struct library_refusal {
	char *name; /* of the presumed allocator */
	char *path;
	char *why; /* "/x/libjemalloc.so.2 is not loaded as root: /x can be written by user eve" */
	char *hint;
};

struct library_set {
	struct library *items; /* in the registry's order, the newest version of each first */
	size_t count, alloc;
	struct library_refusal *refusals;
	size_t refusal_count, refusal_alloc;
	const struct rights *rights; /* as in struct library_search; never NULL after discovery */
};

/* Where to look. Both arrays are NULL-terminated and owned. */
struct library_search {
	char **built_dirs;
	char **system_dirs;
	const struct rights *
		rights; /* for loading libraries; borrowed, must outlive the set. NULL: the caller's */
};

#define _cleanup_library_ __attribute__((cleanup(library_release)))
#define _cleanup_library_set_ __attribute__((cleanup(library_set_release)))
#define _cleanup_library_search_ __attribute__((cleanup(library_search_release)))

/* This machine's directories. installed_dir (may be NULL) is where an installed madvisor keeps its own. */
void library_search_init(struct library_search *search, const char *installed_dir)
	__attribute__((nonnull(1)));
void library_search_release(struct library_search *search);

/*
 * Finds all libraries; the C library's allocator is always among them. Unreadable ones are left
 * out; those that may not be loaded with these rights are recorded as refused.
 */
void library_set_discover(struct library_set *set, const struct library_search *search)
	__attribute__((nonnull));
void library_set_release(struct library_set *set);

/*
 * The newest library of that name ("jemalloc", "jemalloc-rjem") whose version is, or starts with the
 * components of, `version` (NULL: any). NULL if not found.
 */
const struct library *library_set_find(const struct library_set *set, const char *name,
				       const char *version) __attribute__((nonnull(1, 2)));

/* The first refused library that is presumed to be this allocator; NULL without one. */
const struct library_refusal *library_set_find_refusal(const struct library_set *set,
						       const char *name) __attribute__((nonnull));

/*
 * The contender text that selects exactly this library of the set: "jemalloc", "jemalloc@5.3.0",
 * or "jemalloc=/path". Caller frees.
 */
char *library_contender_name(const struct library_set *set, const struct library *library)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * For a library that the user named: reads its file, and loads it to ask for its version if the
 * allocator can tell, both in confined children. ERROR_USAGE: it is missing, not a shared library,
 * for another machine, or may not be loaded with these rights (NULL: the caller's; must outlive
 * *ret). name NULL: that of the allocator it turns out to be.
 */
int library_open(const char *path, const char *name, const struct rights *rights,
		 struct library *ret, struct error *err)
	__attribute__((nonnull(1, 4), warn_unused_result));
void library_release(struct library *library);

/*
 * Whether it can serve malloc by a preload: it defines malloc, calloc, realloc and free under their
 * own names, and LD_PRELOAD can hold its path. Otherwise ERROR_USAGE with the reason.
 */
int library_check_preload(const struct library *library, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
/* The environment variable(s) it reads, to be shown: "_RJEM_MALLOC_CONF", "MIMALLOC_*". Caller frees. */
char *library_variable(const struct library *library)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/* The optional functions of the family (posix_memalign, …) that it lacks, or "". Caller frees. */
char *library_missing_functions(const struct library *library)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* The file of the C library that this process runs on. Caller frees. */
char *library_libc_path(void) __attribute__((returns_nonnull, warn_unused_result));

#endif
