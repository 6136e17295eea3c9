/* SPDX-License-Identifier: MIT */
/*
 * tcmalloc of gperftools. Options are variables TCMALLOC_NAME.
 *
 * Sources: docs/tcmalloc.adoc of gperftools 2.10. It says nothing about a variable it does not know or
 * understand. So the variable's name must be in the library's data, and where the library can be asked for
 * the value (MallocExtension properties), it is.
 */
#include "alloc/allocator.h"

#include <string.h>
#include <unistd.h>

#include "alloc/inject.h"
#include "alloc/introspect.h"
#include "alloc/library.h"
#include "alloc/setting.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "identify/variables.h"

#define VARIABLE "TCMALLOC_"

static const struct setting_info settings[] = {
	{
		.key = "release_rate",
		.aliases = VARIABLE "RELEASE_RATE",
		.kind = SETTING_DOUBLE,
		.max = 1000,
		.fallback = "1.0",
		.search = "0 0.1 1 5 10",
		.why = "how eagerly free pages are given back; 0: never",
		.risk = "0: memory never shrinks",
	},
	{
		.key = "aggressive_decommit",
		.aliases = VARIABLE "AGGRESSIVE_DECOMMIT",
		.kind = SETTING_BOOL,
		.fallback = "false",
		.search = "true",
		.why = "true: every free span is given back at once, and faults again when it is used",
		.risk = "true: many more faults; false: more resident memory",
	},
	{
		.key = "max_total_thread_cache_bytes",
		.aliases = VARIABLE "MAX_TOTAL_THREAD_CACHE_BYTES",
		.kind = SETTING_SIZE,
		.min = 512 << 10,
		.max = 1 << 30,
		.fallback = "32M",
		.search = "8M 32M 256M 1G",
		.why = "what all threads together keep; beyond it they trade blocks under a lock",
		.risk = "that much free memory stays resident",
	},
	{
		.key = "disable_memory_release",
		.aliases = VARIABLE "DISABLE_MEMORY_RELEASE",
		.kind = SETTING_BOOL,
		.fallback = "false",
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
		.fallback = "32",
		.search = "32 128 512",
		.why = "blocks moved at once between a thread and the shared lists",
		.risk = "memory kept by each thread",
	},
	{
		.key = "skip_sbrk",
		.aliases = VARIABLE "SKIP_SBRK",
		.kind = SETTING_BOOL,
		.fallback = "false",
		.search = "true",
		.why = "true: memory comes from mmap only",
		.risk = "none known",
	},
};

/* The options whose value a property tells. */
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

	*(void **)&version = library_symbol(handle, "tc_version");
	if (version && version(&major, &minor, &patch))
		strbuf_addf(answer, "%d.%d%s", major, minor, patch ? patch : "");
}

static char *version(const char *path, const struct elf_object *object)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;

	if (library_ask(path, NULL, ask_version, &answer) < 0 || !answer.len)
		return NULL;
	return strbuf_detach(&answer);
}

static void assign(const struct setting *items, size_t count, struct assignments *env)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *key = setting_key_text(&allocator_tcmalloc, items[i].key);

		assignments_addf(env, VARIABLE "%s=%s", key, items[i].value);
	}
}

static char *variable(const char *prefix, const char *key)
{
	if (!key)
		return xstrdup(VARIABLE "*");
	_cleanup_free_ char *name = setting_key_text(&allocator_tcmalloc, key);

	return xasprintf(VARIABLE "%s=VALUE", name);
}

static bool add_variable(const char *text, void *context)
{
	struct option_map *ret = context;
	size_t prefix = strlen(VARIABLE);

	if (!strncmp(text, VARIABLE, prefix) &&
	    strspn(text + prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == strlen(text + prefix))
		option_map_set(ret, text + prefix, NULL);
	return false;
}

/* One line "key value" for each property. The first allocation makes it read its environment. */
static void ask_properties(void *handle, struct strbuf *answer)
{
	int (*property)(const char *name, size_t *value);
	void *(*allocate)(size_t size);

	*(void **)&allocate = library_symbol(handle, "tc_malloc");
	*(void **)&property = library_symbol(handle, "MallocExtension_GetNumericProperty");
	if (!allocate || !property || !allocate(1))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		size_t value;

		if (property(properties[i].property, &value))
			strbuf_addf(answer, "%s %zu\n", properties[i].key, value);
	}
}

static int options(const struct library *library, const char *const *env, struct option_map *ret,
		   struct error *err)
{
	_cleanup_elf_object_ struct elf_object *object = NULL;
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	int r = elf_object_open(library->path, &object, err);

	if (r < 0)
		return r;
	elf_object_find_text(object, add_variable, ret);
	char **changes = injection_changes(NULL, &allocator_tcmalloc, env, environ);
	/* Without an answer the values stay untold. */
	r = library_ask(library->path, (const char *const *)changes, ask_properties, &answer);
	strv_free(changes);
	char *line, *rest = answer.buf;
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		char *value = strchr(line, ' ');

		if (value)
			*value++ = '\0';
		if (value && option_map_find(ret, line))
			option_map_set(ret, line, value);
	}
	return 0;
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
	.tells_all = true,
	.truth = { "0", "1" },
	.settings = settings,
	.setting_count = ARRAY_SIZE(settings),
	.recognise = recognise,
	.version = version,
	.assign = assign,
	.variable = variable,
	.options = options,
};
