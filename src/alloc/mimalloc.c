/* SPDX-License-Identifier: MIT */
/*
 * mimalloc 2 and 3. Options are variables MIMALLOC_NAME, in any case, read before main.
 *
 * Sources: its readme and src/options.c of 2.3.2 and 3.3.2. Names change with the version: 2.0.x has
 * DECOMMIT_DELAY, later ones PURGE_DELAY. So the library is asked for its own list.
 */
#include "alloc/allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/own-variable.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/xalloc.h"
#include "identify/variables.h"
#include "identify/version.h"

#define VARIABLE "MIMALLOC_"
#define ASK VARIABLE "VERBOSE=1"
/* Options that it counts in KiB, whether or not it says so. */
#define IN_KIB "reserve_os_memory arena_reserve minimal_purge_size arena_max_object_size"

/* Reasons that several remedies share. */
#define ASKS_FOR_HUGE \
	"asks for transparent huge pages where none are reserved: one fault for 2M instead of 512"
#define KEPT_MS "free pages are kept that many milliseconds before they are given back"

static const struct setting_info settings[] = {
	{
		.key = "purge_delay",
		.aliases = VARIABLE "PURGE_DELAY",
		.elsewhere = "decommit_delay reset_delay",
		.kind = SETTING_MS,
		.min = -1,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULTS({ NULL, "10" }, { "3", "2500" }, { "3.0.2", "1000" }),
		.search = "0 100 1000 10000 -1",
		.scale = SCALE_POWERS,
		.since = "2.1",
		.why = "how long free pages are kept before they are given back and fault again; 0: not at all, -1: for good",
		.risk = "free pages stay resident; with -1 memory never shrinks",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_REFAULTS,
			.direction = REMEDY_UP,
			.values = "1000 10000 -1",
			.why = KEPT_MS,
			.risk = "free pages stay resident that long; with -1 for good",
		}),
	},
	{
		.key = "decommit_delay",
		.aliases = VARIABLE "DECOMMIT_DELAY",
		.elsewhere = "purge_delay",
		.kind = SETTING_MS,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("25"),
		.search = "0 25 1000 10000",
		.scale = SCALE_POWERS,
		.below = "2.1",
		.why = "as purge_delay, which is its name from 2.1 on",
		.risk = "free pages stay resident",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_REFAULTS,
			.direction = REMEDY_UP,
			.values = "1000 10000",
			.why = KEPT_MS,
			.risk = "free pages stay resident that long",
		}),
	},
	{
		.key = "arena_purge_mult",
		.aliases = VARIABLE "ARENA_PURGE_MULT",
		.kind = SETTING_INT,
		.min = 0,
		.max = 100000,
		.defaults = SETTING_DEFAULTS({ NULL, "10" }, { "3", "1" }),
		.search = "1 10 100",
		.not_beside = "purge_delay=0 purge_delay=-1",
		.scale = SCALE_POWERS,
		.since = "2.1",
		.why = "free pages of an arena are kept this many times as long as purge_delay",
		.risk = "as purge_delay",
	},
	{
		.key = "purge_decommits",
		.aliases = VARIABLE "PURGE_DECOMMITS",
		.elsewhere = "reset_decommits",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("true"),
		.search = "false",
		.not_beside = "purge_delay=-1",
		.since = "2.1",
		.why = "true: pages go by MADV_DONTNEED; false: by MADV_FREE, which costs nothing if they are used again soon",
		.risk = "false: resident memory looks higher than it is until the kernel needs it",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_REFAULTS,
				.values = "0",
				.why = "pages go by MADV_FREE: using them again soon costs no fault",
				.risk = "resident memory looks higher than it is until the kernel needs it",
			},
			{
				.symptoms = SYMPTOM_LAZY_FREE,
				.values = "1",
				.why = "free pages go by MADV_DONTNEED, at once for the kernel's figures",
				.risk = "each use of such a page faults again",
			}),
	},
	{
		.key = "minimal_purge_size",
		.aliases = VARIABLE "MINIMAL_PURGE_SIZE",
		.kind = SETTING_SIZE,
		.max = 1 << 30,
		.fallback = "64K (2M with allow_thp=2)",
		.search = "64K 512K 2M",
		.not_beside = "purge_delay=-1",
		.scale = SCALE_POWERS,
		.since = "3",
		.why = "smaller pieces are not given back",
		.risk = "small free pieces stay resident",
	},
	{
		.key = "allow_thp",
		.aliases = VARIABLE "ALLOW_THP",
		.kind = SETTING_INT,
		.max = 2,
		.defaults = SETTING_DEFAULT("1"),
		.search = "0 1 2",
		.since = "2.3",
		.why = "0: no transparent huge pages in this process; 2 (version 3): also give back 2M at a time",
		.risk = "0: more faults and TLB misses; 1: one fault may clear 2M",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_HUGE_PAGES,
			.values = "0",
			.why = "no transparent huge pages in this process",
			.risk = "more faults and TLB misses for memory that is used in full",
		}),
	},
	{
		.key = "allow_large_os_pages",
		.aliases = VARIABLE "ALLOW_LARGE_OS_PAGES",
		.elsewhere = "large_os_pages",
		.kind = SETTING_INT,
		.max = 2,
		/* As the libraries 3.0.1 and 3.3.2 say; 2: huge pages by madvise alone. */
		.defaults = SETTING_DEFAULTS({ NULL, "0" }, { "3.0", "2" }, { "3.1", "0" }),
		.search = "0 1",
		.since = "2.1",
		.why = "memory from huge pages that the administrator reserved",
		.risk = "memory in steps of 2M, which is never given back",
		/* From 2.3 on it asks for transparent huge pages without being told to (allow_thp). */
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_GROWTH,
			.values = "1",
			.below = "2.3",
			.why = ASKS_FOR_HUGE,
			.risk = "memory in steps of 2M, which is never given back",
		}),
	},
	{
		.key = "large_os_pages",
		.aliases = VARIABLE "LARGE_OS_PAGES",
		.elsewhere = "allow_large_os_pages",
		.kind = SETTING_INT,
		.max = 2,
		.defaults = SETTING_DEFAULT("0"),
		.search = "0 1",
		.below = "2.1",
		.why = "as allow_large_os_pages, which is its name from 2.1 on",
		.risk = "memory in steps of 2M, which is never given back",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_GROWTH,
			.values = "1",
			.why = ASKS_FOR_HUGE,
			.risk = "memory in steps of 2M, which is never given back",
		}),
	},
	{
		.key = "arena_eager_commit",
		.aliases = VARIABLE "ARENA_EAGER_COMMIT",
		.elsewhere = "eager_region_commit",
		.kind = SETTING_INT,
		.max = 2,
		.fallback = "2: only where the kernel overcommits",
		.search = "0 1 2",
		.since = "2.1",
		.why = "whether an arena is made usable at once or piece by piece with mprotect",
		.risk = "1 counts against the commit limit",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_COMMITS,
			.values = "1",
			.why = "an arena is made usable at once instead of piece by piece",
			.risk = "all of it counts where vm.overcommit_memory is 2",
		}),
	},
	{
		.key = "arena_reserve",
		.aliases = VARIABLE "ARENA_RESERVE",
		.kind = SETTING_SIZE,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("1G"),
		.search = "64M 1G 4G",
		.scale = SCALE_POWERS,
		.since = "2.1",
		.why = "address space taken in one mmap",
		.risk = "address space only, unless it is committed",
	},
	{
		.key = "reserve_os_memory",
		.aliases = VARIABLE "RESERVE_OS_MEMORY",
		.kind = SETTING_SIZE,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("0"),
		.search = "0 512M",
		.scale = SCALE_POWERS,
		.why = "memory taken at the start, and never given back",
		.risk = "that much memory is committed from the start",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_MAPPED_BLOCKS,
			.direction = REMEDY_UP,
			.fit = FIT_RESIDENT,
			.values = "512M 64G",
			.why = "large blocks are cut from memory that is reserved once, instead of mapped and unmapped one by one",
			.risk = "that much counts where vm.overcommit_memory is 2; what was used stays resident longer",
		}),
	},
	{
		.key = "eager_commit_delay",
		.aliases = VARIABLE "EAGER_COMMIT_DELAY",
		.kind = SETTING_INT,
		.max = 1 << 20,
		.defaults = SETTING_DEFAULT("1"),
		.search = "0 1 4",
		.scale = SCALE_STEPS,
		.below = "3",
		.why = "the first segments of each thread are committed piece by piece",
		.risk = "0: short threads commit more than they use",
	},
};

static bool recognise(const struct elf_object *object)
{
	return elf_object_defines(object, "mi_version") || elf_object_defines(object, "mi_malloc");
}

static void ask_version(void *handle, struct strbuf *answer)
{
	int (*version)(void);

	*(void **)&version = dlsym(handle, "mi_version");
	if (version)
		strbuf_addf(answer, "%d", version());
}

static char *version(const char *answer, const char *path, const struct elf_object *object)
{
	return mimalloc_version(atoi(answer));
}

/* "option 'arena_reserve': 1048576 KiB", with or without "mimalloc: " before it. */
static void read_option(const char *line, struct option_map *ret)
{
	const char *key = strstr(line, "option '");

	if (!key)
		return;
	key += strlen("option '");
	const char *end = strstr(key, "': ");
	if (!end)
		return;
	_cleanup_free_ char *name = xstrndup(key, (size_t)(end - key));
	long long value = atoll(end + 3);
	if (list_has(IN_KIB, " ", name) && __builtin_mul_overflow(value, 1024, &value))
		return;
	_cleanup_free_ char *text = xasprintf("%lld", value);
	option_map_set(ret, name, text);
}

static int hear(const char *text, struct option_map *ret, struct error *err)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *line, *rest = copy;

	while ((line = strsep(&rest, "\n"))) {
		const char *complaint = strstr(line, "environment option ");

		if (complaint && strstr(complaint, "invalid value"))
			return error_set(err, ERROR_USAGE, EINVAL, "mimalloc refuses it: %s",
					 complaint);
		read_option(line, ret);
	}
	return 0;
}

static void ask_run(const char *const *env, struct assignments *ret)
{
	assignments_addf(ret, ASK);
	for (size_t i = 0; env && env[i]; i++)
		assignments_addf(ret, "%s", env[i]);
}

/*
 * Source: include/mimalloc/types.h of 2.3.2 (MI_SMALL_OBJ_SIZE_MAX, MI_MEDIUM_OBJ_SIZE_MAX) and 3.3.2 (MI_SMALL_MAX_OBJ_SIZE, MI_MEDIUM_MAX_OBJ_SIZE,
 * MI_LARGE_MAX_OBJ_SIZE), on 64-bit machines. A request counts by the size of its class: 84 KiB of medium pages are reached by requests
 * up to the class of 80 KiB.
 */
static const struct size_threshold thresholds[] = {
	{
		.name = "small pages",
		.value = "8K",
		.since = "2.3",
		.below = "3",
		.text = "larger blocks come from pages of 512 KiB, not of 64",
	},
	{
		.name = "medium pages",
		.value = "64K",
		.since = "2.3",
		.below = "3",
		.text = "larger blocks are pages of their own",
	},
	{
		.name = "small pages",
		.value = "10K",
		.since = "3.3",
		.text = "larger blocks come from pages of 512 KiB, not of 64",
	},
	{
		.name = "medium pages",
		.value = "80K",
		.since = "3.3",
		.text = "larger blocks come from pages of 4 MiB",
	},
	{
		.name = "large pages",
		.value = "512K",
		.since = "3.3",
		.text = "larger blocks are pages of their own",
	},
	{ 0 },
};

const struct allocator allocator_mimalloc = {
	.name = "mimalloc",
	.description = "Microsoft's: free lists for each page, sharded by thread",
	.filenames = (const char *const[]){ "libmimalloc.so.[0-9]*", "libmimalloc.so", NULL },
	.functions = (const char *const[]){ "mi_*", "_mi_*", NULL },
	.remedy = "apt-get install libmimalloc3 (libmimalloc2.0 on Debian 12), or: make allocators",
	.remedy_installed =
		"apt-get install libmimalloc3 (libmimalloc2.0 on Debian 12), or in madvisor's source: "
		"make allocators install",
	.variables = mimalloc_variables,
	.separator = '=',
	.upper_case = true,
	.stem = VARIABLE,
	.tells_all = true,
	.truth = { "0", "1" },
	.truths = "true yes on false no off",
	.reads = READS_UNITS,
	.any_case = true,
	.settings = settings,
	.setting_count = ARRAY_SIZE(settings),
	.example = "PURGE_DELAY=100",
	.thresholds = thresholds,
	.recognise = recognise,
	.ask_version = ask_version,
	.version = version,
	.assign = own_variable_assign,
	.variable = own_variable_name,
	.ask_run = ask_run,
	.ask = ASK,
	.hear = hear,
};
