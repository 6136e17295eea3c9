/* SPDX-License-Identifier: MIT */
/*
 * The C library's own allocator. Nothing is preloaded; settings go into GLIBC_TUNABLES.
 *
 * Sources: the C library manual, "Memory Allocation Tunables" (2.42); mallopt(3); ld.so(8).
 */
#include "alloc/allocator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc/library.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "identify/variables.h"

#define TUNABLES "GLIBC_TUNABLES"
#define MALLOC_PREFIX "glibc.malloc."

/* Until 2.41 larger blocks never enter the thread cache; 64-bit machines. */
#define TCACHE_MAX_BEFORE_2_42 1032

/* Reasons and risks that several remedies share. */
#define KEEP_BLOCKS \
	"blocks up to this come from the heap, not from an mmap of their own; trim_threshold alone would freeze it at 128K"
#define FRAGMENTS "large blocks may fragment the heap"

static const struct setting_info settings[] = {
	{
		.key = "trim_threshold",
		.aliases = "MALLOC_TRIM_THRESHOLD_ M_TRIM_THRESHOLD glibc.malloc.trim_threshold",
		.kind = SETTING_SIZE,
		.max = INT64_MAX,
		.fallback = "128K, grows to twice mmap_threshold",
		.search = "1M 16M 128M 512M",
		.scale = SCALE_POWERS,
		.with = "mmap_threshold",
		.why = "free memory at the top of the heap beyond this goes back by brk, and faults again",
		.risk = "that much free memory stays resident; alone it also freezes mmap_threshold at 128K",
		.remedies = REMEDIES(
			{
				.symptoms =
					SYMPTOM_HEAP_TRIM | SYMPTOM_MAPPED_BLOCKS | SYMPTOM_COMMITS,
				.direction = REMEDY_UP,
				.fit = FIT_RESIDENT,
				.values = "64M 1G",
				.why = "free memory at the end of a heap is kept up to this, instead of given back and faulted in again",
				.risk = "that much free memory stays resident, in each arena",
			},
			{
				.symptoms = SYMPTOM_RETAINED,
				.direction = REMEDY_DOWN,
				.values = "128K",
				.why = "what is free at the end of a heap goes back from here on, however large the blocks were",
				.risk = "what goes back and is used again faults again",
			}),
	},
	{
		.key = "mmap_threshold",
		.aliases = "MALLOC_MMAP_THRESHOLD_ M_MMAP_THRESHOLD glibc.malloc.mmap_threshold",
		.kind = SETTING_SIZE,
		.max = INT64_MAX,
		.fallback = "128K, grows to 32M as large blocks are freed",
		.search = "128K 4M 64M 1G",
		.scale = SCALE_POWERS,
		.with = "trim_threshold",
		.why = "larger blocks are each mapped and unmapped: every use faults all their pages",
		.risk = "a high value fragments the heap; alone it also freezes trim_threshold",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_HEAP_TRIM | SYMPTOM_COMMITS,
				.direction = REMEDY_UP,
				.values = "32M",
				.why = KEEP_BLOCKS,
				.risk = FRAGMENTS,
			},
			{
				.symptoms = SYMPTOM_MAPPED_BLOCKS,
				.direction = REMEDY_UP,
				.fit = FIT_BLOCK,
				.values = "32M 1G",
				.why = KEEP_BLOCKS,
				.risk = FRAGMENTS,
			},
			{
				.symptoms = SYMPTOM_RETAINED,
				.direction = REMEDY_DOWN,
				.values = "128K",
				.why = "larger blocks keep mappings of their own, which go back whole when they are freed",
				.risk = "each such block is mapped, faulted in and unmapped anew",
			}),
	},
	{
		.key = "top_pad",
		.aliases = "MALLOC_TOP_PAD_ M_TOP_PAD glibc.malloc.top_pad",
		.kind = SETTING_SIZE,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("128K"),
		.search = "1M 16M 64M",
		.scale = SCALE_POWERS,
		.why = "how much more than needed the heap grows each time: fewer brk calls",
		.risk = "that much more address space, and memory once touched, for each arena; freezes both thresholds",
		/* malloc/arena.c, new_heap(): a heap of HEAP_MAX_SIZE (64M) is made usable in full. */
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_COMMITS,
			.direction = REMEDY_UP,
			.values = "64M",
			.why = "a heap of a thread, 64M of addresses, is made usable at once; with less than 64M it still grows block by block",
			.risk = "no memory until it is touched, but all of it counts where vm.overcommit_memory is 2, and free ends of heaps are kept",
		}),
	},
	{
		.key = "mmap_max",
		.aliases = "MALLOC_MMAP_MAX_ M_MMAP_MAX glibc.malloc.mmap_max",
		.kind = SETTING_INT,
		.max = INT32_MAX,
		.defaults = SETTING_DEFAULT("65536"),
		.search = "0",
		.why = "0: no block is mapped on its own, so none is unmapped",
		.risk = "large blocks fragment the heap; freezes both thresholds",
	},
	{
		.key = "arena_max",
		.aliases = "MALLOC_ARENA_MAX M_ARENA_MAX glibc.malloc.arena_max",
		.kind = SETTING_INT,
		.min = 1,
		.max = INT64_MAX,
		.fallback = "8 for each CPU",
		.search = "1 2 4",
		.scale = SCALE_STEPS,
		.why = "each arena keeps free memory of its own: many threads, much memory",
		.risk = "threads wait for each other's arena lock",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_ARENA_BLOAT,
				.direction = REMEDY_DOWN,
				.values = "4 2",
				.each_value = true,
				.why = "fewer arenas: what one thread frees, others use",
				.risk = "threads wait for each other's arena lock",
			},
			{
				.symptoms = SYMPTOM_LOCKED_ARENAS,
				.direction = REMEDY_UP,
				.fit = FIT_CPUS,
				.values = "8",
				.if_set = true,
				.why = "as many arenas as without a cap: threads no longer wait for each other's",
				.risk = "each arena keeps free memory of its own: it was capped for that, most likely",
			}),
	},
	{
		.key = "arena_test",
		.aliases = "MALLOC_ARENA_TEST M_ARENA_TEST glibc.malloc.arena_test",
		.kind = SETTING_INT,
		.min = 1,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("8"),
		.search = "1 2 8",
		.scale = SCALE_STEPS,
		.not_beside = "arena_max",
		.why = "arenas made before the CPUs are counted to limit them",
		.risk = "as arena_max",
	},
	{
		.key = "tcache_max",
		.aliases = "glibc.malloc.tcache_max",
		.kind = SETTING_SIZE,
		.max = 4 << 20,
		.defaults = SETTING_DEFAULT("1032"),
		.search = "1032 32K 256K",
		.scale = SCALE_POWERS,
		.since = "2.26",
		.why = "larger blocks go to the shared arena, under its lock; before 2.42 none above 1032 is kept",
		.risk = "memory kept by each thread, tcache_count blocks of each size",
	},
	{
		.key = "tcache_count",
		.aliases = "glibc.malloc.tcache_count",
		.kind = SETTING_INT,
		.max = UINT16_MAX,
		.defaults = SETTING_DEFAULT("7"),
		.search = "7 64 512 1000",
		.scale = SCALE_POWERS,
		.since = "2.26",
		.why = "blocks of each size that a thread keeps: fewer trips to the arena",
		.risk = "memory kept by each thread",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_LOCKED_ARENAS,
			.direction = REMEDY_UP,
			.values = "64 1000",
			.each_value = true,
			.why = "each thread keeps more blocks of a size: fewer trips to an arena that other threads have locked",
			.risk = "memory kept by each thread, so many blocks of each size",
		}),
	},
	{
		.key = "hugetlb",
		.aliases = "glibc.malloc.hugetlb",
		.kind = SETTING_INT,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("0"),
		.search = "0 1",
		.since = "2.35",
		.why = "1: ask for transparent huge pages, one fault for 2M instead of 512",
		.risk = "memory in steps of 2M; 2, or a size of pages, needs huge pages reserved by the administrator",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_HUGE_PAGES,
				.values = "0",
				.if_set = true,
				.why = "no longer asks for transparent huge pages",
				.risk = "more faults and TLB misses for memory that is used in full",
			},
			{
				.symptoms = SYMPTOM_GROWTH,
				.values = "1",
				.why = "asks for transparent huge pages: one fault for 2M that the heap grows by, instead of 512",
				.risk = "memory in steps of 2M, and dear copies after a fork",
			}),
	},
	{
		.key = "mxfast",
		.aliases = "M_MXFAST glibc.malloc.mxfast",
		.kind = SETTING_SIZE,
		.max = 160,
		.fallback = "128 (64-bit)",
		.search = "0 160",
		.why = "blocks up to this are kept apart, unmerged",
		.risk = "fragmentation",
	},
};

static bool recognise(const struct elf_object *object)
{
	return elf_object_defines(object, "gnu_get_libc_version");
}

/* GLIBC_TUNABLES without malloc's; the other variables are only malloc's. */
static char *leave(const char *assignment)
{
	_cleanup_strbuf_ struct strbuf left = STRBUF_INIT;

	if (strncmp(assignment, TUNABLES "=", strlen(TUNABLES "=")))
		return NULL;
	_cleanup_free_ char *copy = xstrdup(assignment + strlen(TUNABLES "="));
	char *tunable, *rest = copy;
	while ((tunable = strsep(&rest, ":")))
		if (*tunable && strncmp(tunable, MALLOC_PREFIX, strlen(MALLOC_PREFIX)))
			strbuf_addf(&left, "%s%s", left.len ? ":" : TUNABLES "=", tunable);
	return left.len ? strbuf_detach(&left) : NULL;
}

static void assign(const struct allocator *allocator, const struct setting *items, size_t count,
		   struct assignments *env)
{
	_cleanup_strbuf_ struct strbuf value = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&value, "%s" MALLOC_PREFIX "%s=%s", i ? ":" : "", items[i].key,
			    items[i].value);
	assignments_addf(env, TUNABLES "=%s", value.buf);
}

static char *variable(const struct allocator *allocator, const char *prefix, const char *key)
{
	return key ? xasprintf(TUNABLES "=" MALLOC_PREFIX "%s=VALUE", key) : xstrdup(TUNABLES);
}

/* The dynamic loader lists the tunables with the values it accepted: ld.so(8), 2.33 on. */
static int options(const struct library *library, const char *const *env, struct option_map *ret,
		   struct error *err)
{
	_cleanup_elf_object_ struct elf_object *self = NULL;
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	int r = elf_object_open("/proc/self/exe", &self, err);

	if (r < 0)
		return r;
	const char *loader = elf_object_interpreter(self);
	if (!loader)
		return error_set(err, ERROR_MACHINE, ENOSYS, "there is no dynamic loader");
	const struct confined confined = { .rights = library->rights };
	const struct spawn spawn = {
		.argv = (const char *const[]){ loader, "--list-tunables", NULL },
		.env = env,
		.confined = &confined,
	};
	r = spawn_capture(&spawn, &result, err);
	if (r < 0)
		return r;
	option_map_read_tunables(ret, result.out.buf, MALLOC_PREFIX);
	if (ret->count)
		return 0;
	r = error_set(err, ERROR_MACHINE, ENOSYS,
		      "%s --list-tunables lists none: glibc %s is too old "
		      "to show which settings it accepts",
		      loader, library->version);
	error_hint(err, "measure glibc without settings, or use glibc 2.33 or later");
	return r;
}

static int check(const struct library *library, const struct setting_info *info, int64_t value,
		 struct error *err)
{
	int r;

	if (!strcmp(info->key, "hugetlb") && value > 2 && (value & (value - 1))) {
		r = error_set(err, ERROR_USAGE, EINVAL,
			      "hugetlb takes 0, 1, 2 or a size of huge pages in bytes, not '%lld'",
			      (long long)value);
		error_hint(err, "grep Hugepagesize /proc/meminfo says which size there is");
		return r;
	}
	if (strcmp(info->key, "tcache_max") != 0 || value <= TCACHE_MAX_BEFORE_2_42 ||
	    version_compare(library->version, "2.42") >= 0)
		return 0;
	r = error_set(err, ERROR_USAGE, EINVAL,
		      "tcache_max: glibc %s ignores values above %d without a word",
		      library->version, TCACHE_MAX_BEFORE_2_42);
	error_hint(err, "larger blocks enter the thread cache from glibc 2.42 on");
	return r;
}

static bool is_set(const struct setting *items, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(items[i].key, key))
			return true;
	return false;
}

/* Source: mallopt(3): setting any of the four disables the dynamic adjustment of both thresholds. */
static void traps(const struct setting *items, size_t count, struct strbuf *notes)
{
	static const char *const freezing[] = { "trim_threshold", "mmap_threshold", "top_pad",
						"mmap_max" };
	bool trim = is_set(items, count, "trim_threshold");
	bool map = is_set(items, count, "mmap_threshold");

	for (size_t i = 0; i < ARRAY_SIZE(freezing); i++) {
		if (!is_set(items, count, freezing[i]))
			continue;
		if (trim && map)
			return;
		strbuf_addf(notes,
			    "setting %s stops glibc from adjusting its thresholds; %s%s%s left at "
			    "128K: set both\n",
			    freezing[i], trim ? "" : "trim_threshold", trim || map ? "" : " and ",
			    map ? "" : "mmap_threshold");
		return;
	}
}

/* malloc/malloc.c, request2size(): a chunk is the request and a size field, rounded up to 16 bytes (64-bit machines). */
static uint64_t last_in_chunk_below(uint64_t chunk_bytes)
{
	uint64_t largest = chunk_bytes ? (chunk_bytes - 1) & ~UINT64_C(15) : 0;

	return largest > sizeof(size_t) ? largest - sizeof(size_t) : 0;
}

/* Source: malloc/malloc.c of 2.36: MAX_TCACHE_SIZE, _int_free(), sysmalloc(), munmap_chunk() via __libc_free(). */
static const struct size_threshold thresholds[] = {
	{
		.name = "tcache_max",
		.key = "tcache_max",
		.value = "1032",
		.since = "2.26",
		.text = "larger blocks bypass the thread cache",
	},
	{
		.name = "FASTBIN_CONSOLIDATION_THRESHOLD",
		.value = "64K",
		.last_below = last_in_chunk_below,
		.text = "freeing a larger block may give back the free end of its heap",
	},
	{
		.name = "mmap_threshold",
		.key = "mmap_threshold",
		.value = "128K",
		.last_below = last_in_chunk_below,
		.text = "larger blocks are mapped; freeing the first raises mmap_threshold to its size, and trim_threshold to twice that",
	},
	{ 0 },
};

const struct allocator allocator_glibc = {
	.name = "glibc",
	.description = "the C library's own (ptmalloc)",
	.variables = glibc_variables,
	.functions = (const char *const[]){ "_int_malloc",
					    "_int_free*",
					    "_int_realloc",
					    "_int_memalign",
					    "sysmalloc*",
					    "systrim*",
					    "heap_trim*",
					    "shrink_heap*",
					    "new_heap*",
					    "arena_get2*",
					    "malloc_consolidate*",
					    "munmap_chunk*",
					    "mremap_chunk*",
					    "__libc_malloc",
					    "__libc_calloc",
					    "__libc_realloc",
					    "__libc_free",
					    "__libc_memalign",
					    "__malloc",
					    "__calloc",
					    "__realloc",
					    "__free",
					    "__cfree",
					    "__posix_memalign",
					    "tcache_*",
					    "__malloc_arena_thread_freeres",
					    NULL },
	.separator = '=',
	.tells_all = true,
	.truth = { "0", "1" },
	.reads = READS_PREFIX,
	.join = ':',
	.append = ':',
	.settings = settings,
	.setting_count = ARRAY_SIZE(settings),
	.example = "mmap_threshold=64M,trim_threshold=64M",
	.thresholds = thresholds,
	.recognise = recognise,
	.leave = leave,
	.assign = assign,
	.variable = variable,
	.options = options,
	.check = check,
	.traps = traps,
};
