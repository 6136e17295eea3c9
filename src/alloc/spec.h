/* SPDX-License-Identifier: MIT */
/*
 * alloc/spec: parses the text of a contender. Pure: nothing is looked up.
 *
 *	list      := contender ("," contender)*
 *	contender := NAME ["@" VERSION] ["[" settings "]"]
 *	           | NAME "=" PATH ["[" settings "]"]
 *	           | "all"
 *	settings  := setting (("," | ";") setting)*
 *	setting   := KEY (":" | "=") VALUE
 *
 * NAME is of letters, digits, "-", "_", "." and "+", and starts with a letter or digit. PATH holds
 * a "/" and no "[", "]" or ",". The first ":" or "=" ends KEY, which may begin with "_". Spaces around any part are ignored.
 * "limit" is reserved; "self" is the user's program with its own allocator, and takes only
 * settings. alloc/resolve checks whether names, versions, keys and values exist.
 *
 * Life cycle: zero-initialise, parse, release. The texts are owned by the spec.
 */
#ifndef MADVISOR_ALLOC_SPEC_H
#define MADVISOR_ALLOC_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/result.h"

/* Limits, above any plausible text. */
#define CONTENDER_SPEC_TEXT_MAX 65536 /* bytes */
#define CONTENDER_SPEC_SETTINGS_MAX 64
#define CONTENDER_LIST_MAX 64

/* The name of the program's own allocator; with settings, "self[key:value]". */
#define CONTENDER_SELF "self"
/* Whether a contender's name is SELF, with settings or as the twin ("self:twin"). */
bool contender_name_is_self(const char *name) __attribute__((nonnull, pure));

/* Whether nothing is injected into it: `self`, or one of two builds of the user's program. */
bool contender_is_own(const struct contender *contender) __attribute__((nonnull, pure));

struct contender_spec {
	char *name;    /* "jemalloc"; NULL for "all" */
	char *version; /* "5.3.0", or NULL: the newest */
	char *path;    /* of a library, as typed, or NULL */
	struct setting *settings;
	size_t setting_count, setting_alloc;
	bool all; /* every allocator found */
};

struct contender_list {
	struct contender_spec *items;
	size_t count, alloc;
};

#define _cleanup_contender_spec_ __attribute__((cleanup(contender_spec_release)))
#define _cleanup_contender_list_ __attribute__((cleanup(contender_list_release)))

/*
 * One contender, or a list of them. -EINVAL with ERROR_USAGE describes the error in the text; the
 * result is then empty. A list never holds the same contender twice.
 */
int contender_spec_parse(const char *text, struct contender_spec *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
int contender_list_parse(const char *text, struct contender_list *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * The text again, with `separator` between key and value and "," between settings: parsing it gives the
 * same spec. Caller frees.
 */
char *contender_spec_format(const struct contender_spec *spec, char separator)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

void contender_spec_release(struct contender_spec *spec);
void contender_list_release(struct contender_list *list);

#endif
