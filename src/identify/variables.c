/* SPDX-License-Identifier: MIT */
#include "identify/variables.h"

#include <fnmatch.h>
#include <stddef.h>

const char *const glibc_variables[] = {
	"GLIBC_TUNABLES",         "MALLOC_ARENA_MAX",
	"MALLOC_ARENA_TEST",      "MALLOC_TRIM_THRESHOLD_",
	"MALLOC_TOP_PAD_",        "MALLOC_MMAP_MAX_",
	"MALLOC_MMAP_THRESHOLD_", "MALLOC_PERTURB_",
	"MALLOC_CHECK_",          NULL,
};

/* A prefixed build reads a prefixed variable. */
const char *const jemalloc_variables[] = { "MALLOC_CONF", "*_MALLOC_CONF", NULL };

const char *const mimalloc_variables[] = { "MIMALLOC_*", NULL };

const char *const tbb_variables[] = { "TBB_MALLOC_*", "TBB_VERSION", NULL };

const char *const tcmalloc_variables[] = {
	"TCMALLOC_*",     "MALLOCSTATS",  "HEAPPROFILE", "HEAPCHECK",
	"HEAP_PROFILE_*", "HEAP_CHECK_*", NULL,
};

bool variables_match(const char *const *globs, const char *name)
{
	for (size_t i = 0; globs && globs[i]; i++)
		if (fnmatch(globs[i], name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

bool variables_known(const char *name)
{
	return variables_match(glibc_variables, name) ||
	       variables_match(jemalloc_variables, name) ||
	       variables_match(mimalloc_variables, name) || variables_match(tbb_variables, name) ||
	       variables_match(tcmalloc_variables, name);
}
