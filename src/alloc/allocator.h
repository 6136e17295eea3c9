/* SPDX-License-Identifier: MIT */
/*
 * alloc/allocator: the registry: one struct with everything specific to an allocator.
 *
 * Layer: the bottom of alloc/. Each allocator is one file with one `const struct allocator`, and
 * one row in registry.c. Code outside alloc/ is independent of allocators' names;
 * docs/HOWTO-allocator.md tells how to add one, man/madvisor-contenders.7 describes their settings.
 */
#ifndef MADVISOR_ALLOC_ALLOCATOR_H
#define MADVISOR_ALLOC_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identify/elf-object.h"
#include "alloc/options.h"
#include "alloc/threshold.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"
#include "model/setting.h"

struct library;

/* How an allocator reads a number in its variable. */
enum setting_reading {
	READS_PLAIN,  /* a plain number, and nothing behind it */
	READS_PREFIX, /* it stops at the first letter: "64M" is 64 */
	READS_UNITS,  /* a plain number; sizes with K, M, G */
};

struct allocator {
	const char *name;
	const char *description;
	/* Names of its library in the system's directories (glob), best first. NULL: none. */
	const char *const *filenames;
	/* Other libraries that it consists of (glob); NULL: none. */
	const char *const *parts;
	/* Names of its functions when linked into a program (glob); NULL: not distinctive. */
	const char *const *functions;
	/* The command that installs it; NULL if every machine has it. */
	const char *remedy;
	const char *remedy_installed; /* the same outside of a build folder; NULL: no other */
	/* Environment variables it reads (glob, any case): removed from the user's environment. */
	const char *const *variables;

	char separator;       /* between key and value, as its users write it: ':' or '=' */
	bool upper_case;      /* its keys are shown in capitals */
	bool tells_all;       /* it names every option that the library has */
	bool any_case;        /* it reads the names of its variables in any case */
	const char *truth[2]; /* how it reads false and true */
	const char *truths; /* other words for them that it takes, separated by spaces; NULL: none */
	enum setting_reading reads;
	/* Separator between its value and the user's other contents of the variable; 0: none. */
	char join;
	/* Separator of settings in its variable; 0: each setting has its own variable. */
	char append;
	/* Prefix of the variables if each setting has its own: "MIMALLOC_"; else NULL. */
	const char *stem;
	const struct setting_info *settings;
	size_t setting_count;
	const char *example;     /* of settings that often help, as in brackets; NULL: none */
	const char *no_settings; /* why it has none; NULL if it has some */
	const struct size_threshold *thresholds; /* ended by one without a value; NULL: none known */

	/* Whether a library is this allocator, with a prefix or not, by the symbols it defines. */
	bool (*recognise)(const struct elf_object *object);
	/* The prefix of its function names ("_rjem_"), "" without one. NULL: it is never prefixed. Caller frees. */
	char *(*prefix)(const struct elf_object *object);
	/*
	 * Queries to a loaded library (a handle of dlopen(3)); run in a child that exits next.
	 * ask_version() writes the input of version(); ask_values() writes a line "key value" for
	 * each option that it reports. NULL: not supported.
	 */
	void (*ask_version)(void *handle, struct strbuf *answer);
	void (*ask_values)(void *handle, struct strbuf *answer);
	/*
	 * "5.3.0", from the answer of an unprefixed library (then object is NULL), or without an
	 * answer ("") from the texts of its file, in a confined child. Caller frees. NULL: not
	 * known.
	 */
	char *(*version)(const char *answer, const char *path, const struct elf_object *object);

	/* "NAME=value" without this allocator's part, or NULL: drop all. Caller frees. */
	char *(*leave)(const char *assignment);
	/* Appends the assignment(s) for the settings (values already translated) to `env`. */
	void (*assign)(const struct allocator *allocator, const struct setting *settings,
		       size_t count, struct assignments *env);
	/*
	 * The variable that a build with this prefix ("": none) reads: "_RJEM_MALLOC_CONF"; with a
	 * key, the syntax to set it: "_RJEM_MALLOC_CONF=tcache_max:VALUE". Caller frees.
	 */
	char *(*variable)(const struct allocator *allocator, const char *prefix, const char *key);
	/*
	 * Three ways to get the options in use (alloc/ask). ask_run() appends assignments under
	 * which a program that the library serves prints them on standard error, for hear(), with
	 * these added ones (NULL: none). list_options() reads the names from its file; ask_values()
	 * may tell values. options() does everything, for an allocator without a library. If the
	 * allocator rejects a setting: ERROR_USAGE -EINVAL.
	 */
	void (*ask_run)(const char *const *env, struct assignments *ret);
	void (*list_options)(const struct allocator *allocator, const char *path,
			     const struct elf_object *object, struct option_map *ret);
	int (*options)(const struct library *library, const char *const *env,
		       struct option_map *ret, struct error *err);
	/*
	 * For an allocator that is linked into a program: `ask` makes it print on the program's
	 * standard error whether it accepts its settings; hear() parses that: ERROR_USAGE -EINVAL
	 * with its error message, or the options in use. Optional, both or neither.
	 */
	const char *ask; /* one more setting, or an assignment if each has its own variable */
	int (*hear)(const char *text, struct option_map *ret, struct error *err);
	/* A rule beyond the range: refuses a value that the library would ignore silently. Optional. */
	int (*check)(const struct library *library, const struct setting_info *info, int64_t value,
		     struct error *err);
	/* Adds a line for each unwanted interaction of the settings. Optional. */
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
 * The settings of all of them, and of Go's, which only explain uses: for code that may not include
 * alloc/. Static.
 */
const struct setting_catalogue *allocator_catalogue(void) __attribute__((returns_nonnull));
/* The settings of the Go runtime; alloc/go.c. */
extern const struct setting_group go_settings;
/* Why the runtime does not take the value of one of its variables; NULL: it does. Static. */
const char *go_refuses(const char *variable, const char *value) __attribute__((nonnull, pure));

/* By name, or NULL. */
const struct allocator *allocator_by_name(const char *name) __attribute__((nonnull));
/* What gets it, here: where madvisor runs from its build folder, installed, or from a package. NULL if every machine has it. */
const char *allocator_remedy(const struct allocator *allocator) __attribute__((nonnull));
/* The allocator that a library is; allocator_custom if unknown. Never NULL. */
const struct allocator *allocator_of(const struct elf_object *object)
	__attribute__((nonnull, returns_nonnull));

#endif
