/* SPDX-License-Identifier: MIT */
/*
 * snmalloc. It reads no environment: all settings are fixed at build time.
 *
 * Source: its src/snmalloc/pal/pal_linux.h: pages are given back by MADV_FREE; clearing more than 16
 * pages is done by MADV_DONTNEED, so a large calloc faults by design.
 */
#include "alloc/allocator.h"

#include <string.h>

static bool speaks_of_snmalloc(const char *text, void *context)
{
	return strstr(text, "snmalloc");
}

/* Its shim exports only the standard names; texts in the file identify it. */
static bool recognise(const struct elf_object *object)
{
	return elf_object_has_symbol(object, "*snmalloc*") ||
	       elf_object_find_text(object, speaks_of_snmalloc, NULL);
}

/* Source: 0.7.6, src/snmalloc/ds_core/sizeclassconfig.h: MAX_SMALL_SIZECLASS_BITS. */
static const struct size_threshold thresholds[] = {
	{
		.name = "small classes",
		.value = "64K",
		.since = "0.7",
		.text = "larger blocks are chunks of their own, a power of two in size",
	},
	{ 0 },
};

const struct allocator allocator_snmalloc = {
	.name = "snmalloc",
	.description =
		"Microsoft Research's: blocks return to the thread they came from by message",
	.filenames = (const char *const[]){ "libsnmallocshim.so*", NULL },
	.functions = (const char *const[]){ "snmalloc::*", "*snmalloc::*", "sn_*", NULL },
	.remedy = "make allocators (needs cargo 1.68 or later, cmake and a C++ compiler)",
	.remedy_installed =
		"in madvisor's source: make allocators install (needs cargo 1.68 or later, cmake and a C++ compiler)",
	.separator = ':',
	.truth = { "0", "1" },
	.no_settings = "snmalloc reads no environment: there is nothing to set when it runs",
	.thresholds = thresholds,
	.recognise = recognise,
};
