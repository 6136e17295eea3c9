/* SPDX-License-Identifier: MIT */
/*
 * tcmalloc of gperftools. Options are variables TCMALLOC_NAME.
 *
 * Sources: docs/tcmalloc.adoc of gperftools 2.10. tcmalloc silently ignores unknown variables and
 * malformed values. So the variable's name must be in the library's data, and the value is checked
 * where a MallocExtension property tells it.
 */
#include "alloc/allocator.h"

#include <dlfcn.h>

#include "alloc/own-variable.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/variables.h"

#define VARIABLE "TCMALLOC_"

static const struct setting_info settings[] = {
	{
		.key = "aggressive_decommit",
		.aliases = VARIABLE "AGGRESSIVE_DECOMMIT",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("false"),
		.search = "true",
		.why = "true: every free span is given back at once, and faults again when it is used",
		.risk = "true: many more faults; false: more resident memory",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_REFAULTS,
			.values = "false",
			.if_set = true,
			.why = "free spans are no longer given back at once",
			.risk = "free memory stays resident: from 1 GB to 4 GB has been seen; look at both sides",
		}),
	},
	{
		.key = "release_rate",
		.aliases = VARIABLE "RELEASE_RATE",
		.kind = SETTING_DOUBLE,
		.max = 1000,
		.defaults = SETTING_DEFAULT("1.0"),
		.search = "0 0.1 1 5 10",
		.not_beside = "disable_memory_release",
		.scale = SCALE_POWERS,
		.why = "how eagerly free pages are given back; 0: never",
		.risk = "0: memory never shrinks",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_REFAULTS,
				.values = "0",
				.why = "free pages are not given back",
				.risk = "memory never shrinks: 4 times the memory has been seen; look at both sides",
			},
			{
				.symptoms = SYMPTOM_RETAINED,
				.direction = REMEDY_UP,
				.values = "10",
				.why = "free pages are given back sooner",
				.risk = "what goes back and is used again faults again",
			}),
	},
	{
		.key = "max_total_thread_cache_bytes",
		.aliases = VARIABLE "MAX_TOTAL_THREAD_CACHE_BYTES",
		.kind = SETTING_SIZE,
		.min = 512 << 10,
		.max = 1 << 30,
		.clamps = SETTING_CLAMPS_BELOW | SETTING_CLAMPS_ABOVE,
		.defaults = SETTING_DEFAULT("32M"),
		.search = "8M 32M 256M 1G",
		.scale = SCALE_POWERS,
		.why = "what all threads together keep; beyond it they trade blocks under a lock",
		.risk = "that much free memory stays resident",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_LOCKED_ARENAS,
			.direction = REMEDY_UP,
			.values = "256M",
			.why = "threads keep more, and go to the central lists less often",
			.risk = "that much free memory stays resident",
		}),
	},
	{
		.key = "disable_memory_release",
		.aliases = VARIABLE "DISABLE_MEMORY_RELEASE",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("false"),
		.search = "true",
		.why = "true: no page is ever given back",
		.risk = "memory never shrinks",
	},
	{
		.key = "heap_limit_mb",
		.aliases = VARIABLE "HEAP_LIMIT_MB",
		.kind = SETTING_INT,
		.max = INT64_MAX,
		.fallback = "0: none",
		.search = "0",
		.why = "near the limit, free pages are given back before more memory is taken",
		.risk = "beyond it malloc fails",
	},
	{
		.key = "transfer_num_obj",
		.aliases = VARIABLE "TRANSFER_NUM_OBJ",
		.kind = SETTING_INT,
		.min = 1,
		.max = 32768,
		.defaults = SETTING_DEFAULT("32"),
		.search = "32 128 512",
		.scale = SCALE_POWERS,
		.why = "blocks moved at once between a thread and the shared lists",
		.risk = "memory kept by each thread",
	},
	{
		.key = "skip_sbrk",
		.aliases = VARIABLE "SKIP_SBRK",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("false"),
		.search = "true",
		.why = "true: memory comes from mmap only",
		.risk = "none known",
	},
};

/* The options whose values are MallocExtension properties. */
static const struct {
	const char *key, *property;
} properties[] = {
	{ "max_total_thread_cache_bytes", "tcmalloc.max_total_thread_cache_bytes" },
	{ "aggressive_decommit", "tcmalloc.aggressive_memory_decommit" },
	{ "heap_limit_mb", "tcmalloc.heap_limit_mb" },
};

static bool recognise(const struct elf_object *object)
{
	return elf_object_defines(object, "tc_version") || elf_object_defines(object, "tc_malloc");
}

static void ask_version(void *handle, struct strbuf *answer)
{
	const char *(*version)(int *major, int *minor, const char **patch);
	int major = 0, minor = 0;
	const char *patch = "";

	*(void **)&version = dlsym(handle, "tc_version");
	if (version && version(&major, &minor, &patch))
		strbuf_addf(answer, "%d.%d%s", major, minor, patch ? patch : "");
}

static char *version(const char *answer, const char *path, const struct elf_object *object)
{
	return *answer ? xstrdup(answer) : NULL;
}

/* One line "key value" for each property. The first allocation makes it read its environment. */
static void ask_properties(void *handle, struct strbuf *answer)
{
	int (*property)(const char *name, size_t *value);
	void *(*allocate)(size_t size);

	*(void **)&allocate = dlsym(handle, "tc_malloc");
	*(void **)&property = dlsym(handle, "MallocExtension_GetNumericProperty");
	if (!allocate || !property || !allocate(1))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		size_t value;

		if (property(properties[i].property, &value))
			strbuf_addf(answer, "%s %zu\n", properties[i].key, value);
	}
}

const struct allocator allocator_tcmalloc = {
	.name = "tcmalloc",
	.description = "gperftools': a cache for each thread, spans behind it",
	.filenames = (const char *const[]){ "libtcmalloc_minimal.so.[0-9]*",
					    "libtcmalloc.so.[0-9]*", NULL },
	.functions = (const char *const[]){ "tc_*", "tcmalloc::*", "*tcmalloc*", NULL },
	.remedy = "apt-get install libtcmalloc-minimal4",
	.variables = tcmalloc_variables,
	.separator = '=',
	.upper_case = true,
	.stem = VARIABLE,
	.tells_all = true,
	.truth = { "0", "1" },
	.truths = "true t yes y false f no n",
	.reads = READS_PREFIX,
	.settings = settings,
	.setting_count = ARRAY_SIZE(settings),
	.recognise = recognise,
	.ask_version = ask_version,
	.version = version,
	.assign = own_variable_assign,
	.variable = own_variable_name,
	.list_options = own_variable_list,
	.ask_values = ask_properties,
};
