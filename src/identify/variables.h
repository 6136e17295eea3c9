/* SPDX-License-Identifier: MIT */
/*
 * identify/variables: the environment variables that allocators read, as globs for fnmatch(3) in any case, each list
 * ending with NULL. One list for both uses: identify shows what is set, alloc keeps a contender's environment clean.
 *
 * Sources: mallopt(3) and glibc's manual/tunables.texi; jemalloc(3); mimalloc's readme; docs/tcmalloc.adoc of
 * gperftools; src/tbbmalloc of oneTBB.
 */
#ifndef MADVISOR_IDENTIFY_VARIABLES_H
#define MADVISOR_IDENTIFY_VARIABLES_H

#include <stdbool.h>

extern const char *const glibc_variables[];
extern const char *const jemalloc_variables[];
extern const char *const mimalloc_variables[];
extern const char *const tbb_variables[];
extern const char *const tcmalloc_variables[];

/* Whether one of the globs matches. NULL: none. */
bool variables_match(const char *const *globs, const char *name) __attribute__((nonnull(2), pure));
/* Whether one of the lists above has it. */
bool variables_known(const char *name) __attribute__((nonnull, pure));

#endif
