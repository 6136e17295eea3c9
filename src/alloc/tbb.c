/* SPDX-License-Identifier: MIT */
/*
 * oneTBB's scalable allocator. libtbbmalloc_proxy, which is preloaded, sends malloc and free to
 * libtbbmalloc beside it, which does the work and reads the environment.
 *
 * Sources: oneTBB's documentation of TBB_MALLOC_USE_HUGE_PAGES and
 * TBB_MALLOC_SET_HUGE_SIZE_THRESHOLD; version 2021.8.
 */
#include "alloc/allocator.h"

#include <string.h>

#include "alloc/own-variable.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "identify/variables.h"
#include "identify/version.h"

#define VARIABLE "TBB_MALLOC_"

static const struct setting_info settings[] = {
	{
		.key = "use_huge_pages",
		.aliases = VARIABLE "USE_HUGE_PAGES",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("false"),
		.search = "true",
		.why = "memory from huge pages, reserved or transparent",
		.risk = "memory in steps of 2M",
	},
	{
		.key = "set_huge_size_threshold",
		.aliases = VARIABLE "SET_HUGE_SIZE_THRESHOLD",
		.kind = SETTING_SIZE,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("64M"),
		.search = "64M 1G",
		.scale = SCALE_POWERS,
		.why = "larger free blocks go back at once, and fault again when they are used",
		.risk = "larger free blocks stay resident",
	},
};

static bool recognise(const struct elf_object *object)
{
	return elf_object_defines(object, "__TBB_malloc_proxy") ||
	       elf_object_defines(object, "__TBB_malloc_safer_free") ||
	       elf_object_defines(object, "scalable_malloc");
}

/* The library that does the work: the proxy needs it, and it lies in the same folder. */
static struct elf_object *open_worker(const char *path, const struct elf_object *proxy)
{
	_cleanup_free_ char *folder = path_folder(path);
	const char *needed;

	for (size_t i = 0; (needed = elf_object_needed(proxy, i)); i++) {
		if (strncmp(needed, "libtbbmalloc", strlen("libtbbmalloc")))
			continue;
		_cleanup_free_ char *file = xasprintf("%s/%s", folder, needed);
		struct elf_object *worker;

		if (elf_object_open(file, &worker, NULL) == 0)
			return worker;
	}
	return NULL;
}

static bool is_version_line(const char *text, void *context)
{
	return strstr(text, "TBBmalloc: VERSION");
}

static char *version(const char *answer, const char *path, const struct elf_object *object)
{
	_cleanup_elf_object_ struct elf_object *worker = open_worker(path, object);
	const char *text = elf_object_find_text(worker ? worker : object, is_version_line, NULL);

	return text ? tbb_version(text) : NULL;
}

/* It reports no values; the names are in its data. */
static void list_options(const struct allocator *allocator, const char *path,
			 const struct elf_object *object, struct option_map *ret)
{
	_cleanup_elf_object_ struct elf_object *worker = open_worker(path, object);

	own_variable_list(allocator, path, worker ? worker : object, ret);
}

const struct allocator allocator_tbb = {
	.name = "tbb",
	.description = "oneTBB's scalable allocator, through its proxy",
	.filenames = (const char *const[]){ "libtbbmalloc_proxy.so.[0-9]*", NULL },
	.parts = (const char *const[]){ "libtbbmalloc.so*", NULL },
	.functions = (const char *const[]){ "scalable_*", "rml::*", NULL },
	.remedy = "apt-get install libtbbmalloc2",
	.variables = tbb_variables,
	.separator = '=',
	.upper_case = true,
	.stem = VARIABLE,
	.tells_all = true,
	.truth = { "0", "1" },
	.settings = settings,
	.setting_count = ARRAY_SIZE(settings),
	.recognise = recognise,
	.version = version,
	.assign = own_variable_assign,
	.variable = own_variable_name,
	.list_options = list_options,
};
