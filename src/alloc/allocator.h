/* SPDX-License-Identifier: MIT */
/*
 * alloc/allocator: the registry: everything that is particular to one allocator, behind one struct.
 *
 * Layer: the bottom of alloc/. Each allocator is one file with one `const struct allocator`, and one row
 * in registry.c. Nothing outside alloc/ knows an allocator's name; docs/HOWTO-allocator.md tells how to
 * add one, man/madvisor-contenders.7 describes their settings to the user.
 */
#ifndef MADVISOR_ALLOC_ALLOCATOR_H
#define MADVISOR_ALLOC_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identify/elf-object.h"
#include "alloc/options.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"
#include "model/setting.h"

struct library;

struct allocator {
	const char *name;
	const char *description;
	/* How its library is called in the system's directories (glob), best first. NULL: none of its own. */
	const char *const *filenames;
	/* Other libraries that it consists of (glob); NULL: none. */
	const char *const *parts;
	/* How its functions are called where it is linked into a program (glob); NULL: not to be told. */
	const char *const *functions;
	/* The command that gets it where it is missing; NULL where it cannot be missing. */
	const char *remedy;
	/* Environment variables it reads (glob, any case): taken away from the user's environment. */
	const char *const *variables;

	char separator;       /* between key and value, as its users write it: ':' or '=' */
	bool upper_case;      /* its keys are shown in capitals */
	bool tells_all;       /* it names every option that the library has */
	const char *truth[2]; /* how it reads false and true */
	/* What joins the value of its variable with what the user has in there for others; 0: nothing. */
	char join;
	/* What stands between two settings in its variable; 0: each setting has a variable of its own. */
	char append;
	/* How all variables begin where each setting has one of its own: "MIMALLOC_"; NULL elsewhere. */
	const char *stem;
	const struct setting_info *settings;
	size_t setting_count;
	const char *example;     /* of settings that often help, as in brackets; NULL: none */
	const char *no_settings; /* why there are none; NULL where there are */

	/* Whether a library is this allocator, under a prefix or not, told by what it defines. */
	bool (*recognise)(const struct elf_object *object);
	/* The prefix of its function names ("_rjem_"), "" without one. NULL: it is never prefixed. Caller frees. */
	char *(*prefix)(const struct elf_object *object);
	/*
	 * Questions to a loaded library (a handle of dlopen(3)); run in another process, which ends after the answer.
	 * ask_version() writes what version() reads; ask_values() writes a line "key value" for each option that it tells.
	 * NULL: it cannot be asked so.
	 */
	void (*ask_version)(void *handle, struct strbuf *answer);
	void (*ask_values)(void *handle, struct strbuf *answer);
	/*
	 * "5.3.0", from the answer of an unprefixed library (then object is NULL), or without one ("") from the texts of
	 * its file, in a confined child. Caller frees. NULL: not known.
	 */
	char *(*version)(const char *answer, const char *path, const struct elf_object *object);

	/* The part of "NAME=value" that is not for this allocator, or NULL: drop all. Caller frees. */
	char *(*leave)(const char *assignment);
	/* Appends the assignment(s) that carry the settings (values already translated) to `env`. */
	void (*assign)(const struct allocator *allocator, const struct setting *settings,
		       size_t count, struct assignments *env);
	/*
	 * The variable that a build with this prefix ("": none) reads: "_RJEM_MALLOC_CONF"; with a key, how a user
	 * sets it: "_RJEM_MALLOC_CONF=tcache_max:VALUE". Caller frees.
	 */
	char *(*variable)(const struct allocator *allocator, const char *prefix, const char *key);
	/*
	 * How the library is asked what it uses (alloc/ask): one of three. ask_run() appends the assignments under
	 * which a program that it serves says so on standard error, for hear(), with these added ones (NULL: none).
	 * list_options() reads the names from its file; ask_values() may tell values. options() does it all by itself,
	 * for what is no library. Its own complaint about a setting is ERROR_USAGE -EINVAL.
	 */
	void (*ask_run)(const char *const *env, struct assignments *ret);
	void (*list_options)(const struct allocator *allocator, const char *path,
			     const struct elf_object *object, struct option_map *ret);
	int (*options)(const struct library *library, const char *const *env,
		       struct option_map *ret, struct error *err);
	/*
	 * For an allocator that is linked into a program, so that no library can be asked: what makes it say, when
	 * the program runs, whether it takes its settings; and what it said, in the program's standard error. hear()
	 * is ERROR_USAGE -EINVAL with its complaint, or fills in what it uses. Optional, both or neither.
	 */
	const char *ask; /* one more setting, or an assignment where each has a variable of its own */
	int (*hear)(const char *text, struct option_map *ret, struct error *err);
	/* A rule beyond the range: refuses a value that the library would ignore silently. Optional. */
	int (*check)(const struct library *library, const struct setting_info *info, int64_t value,
		     struct error *err);
	/* Adds a line for each trap the settings, taken together, walk into. Optional. */
	void (*traps)(const struct setting *settings, size_t count, struct strbuf *notes);
};

extern const struct allocator allocator_glibc;
extern const struct allocator allocator_jemalloc;
extern const struct allocator allocator_mimalloc;
extern const struct allocator allocator_snmalloc;
extern const struct allocator allocator_tcmalloc;
extern const struct allocator allocator_tbb;
/* Any other library that defines malloc; not among allocators[]. */
extern const struct allocator allocator_custom;

/* All known ones, the C library's first. */
extern const struct allocator *const allocators[];
extern const size_t allocator_count;

/*
 * The rows of all of them, and of what is an allocator for explain alone (Go's): for whoever may not see alloc/. Static.
 */
const struct setting_catalogue *allocator_catalogue(void) __attribute__((returns_nonnull));
/* What the Go runtime can be told; alloc/go.c. */
extern const struct setting_group go_settings;

/* By name, or NULL. */
const struct allocator *allocator_by_name(const char *name) __attribute__((nonnull));
/* Which one a library is; allocator_custom where none claims it. Never NULL. */
const struct allocator *allocator_of(const struct elf_object *object)
	__attribute__((nonnull, returns_nonnull));

#endif
