/* SPDX-License-Identifier: MIT */
/*
 * jemalloc 5.x. A build with the prefix p_ names its functions p_malloc and so on, reads P_MALLOC_CONF,
 * and cannot be preloaded.
 *
 * Sources: jemalloc(3) and TUNING.md of 5.3.1; limits from what 5.3.0 and 5.3.1 accept.
 */
#include "alloc/allocator.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/variables.h"
#include "identify/version.h"

#define CONF "MALLOC_CONF"
#define COMPLAINT "<jemalloc>: "
/* abort_conf makes it abort on a wrong setting; stats_print_opts: options only, as JSON. */
#define ASK "abort_conf:true,stats_print:true,stats_print_opts:Jmdablxeh"

/* Reasons and risks that several remedies share. */
#define AT_ONCE \
	"larger blocks go back to their arena at once, where the next request finds them, instead of in bulk from another thread's cache"
#define SPLITS "large free extents are split: more fragmentation for programs that mix sizes"
#define NONE_OVERSIZE \
	"no extent is too large to be kept: large free memory stays as long as any other"
#define KEPT_LARGE \
	"large free blocks stay resident for dirty_decay_ms, or free memory grows where extents of all sizes merge"
#define LOCKS "a lock for each larger block: slower where one thread allocates and frees them"

static const struct setting_info settings[] = {
	{
		.key = "lg_extent_max_active_fit",
		.kind = SETTING_INT,
		.min = 0,
		.max = 64,
		.defaults = SETTING_DEFAULT("6"),
		.search = "4 8 10 16",
		.scale = SCALE_STEPS,
		.since = "5.1",
		.why = "how much larger a free extent in use may be than what is asked, before another is taken",
		.risk = "higher: large extents are split more often",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_MERGED_EXTENTS | SYMPTOM_UNCUT,
				.direction = REMEDY_UP,
				.values = "16",
				.why = "free memory that has merged into extents more than 64 times larger than a request is used for it, instead of new memory",
				.risk = SPLITS,
			},
			{
				.symptoms = SYMPTOM_REFAULTS,
				.direction = REMEDY_UP,
				.values = "10 16",
				.why = "free memory that has merged into extents more than 64 times larger than a request is not used for it but given back in large pieces; this has it used",
				.risk = SPLITS,
			}),
	},
	{
		.key = "tcache_max",
		.elsewhere = "lg_tcache_max",
		.kind = SETTING_SIZE,
		.min = 0,
		.max = 8 << 20,
		.clamps = SETTING_CLAMPS_ABOVE,
		.defaults = SETTING_DEFAULT("32K"),
		.search = "1K 4K 64K 1M 8M",
		.scale = SCALE_POWERS,
		.since = "5.3",
		.not_beside = "tcache=false",
		.why = "larger blocks bypass the thread cache; what a thread keeps is given back in bulk when it is flushed",
		.risk = "smaller: a lock for each larger block; larger: memory kept by each thread",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_REFAULTS,
			.direction = REMEDY_DOWN,
			.values = "4096",
			.why = AT_ONCE,
			.risk = LOCKS,
		}),
	},
	{
		.key = "lg_tcache_max",
		.kind = SETTING_INT,
		.min = 0,
		.max = 23,
		.defaults = SETTING_DEFAULT("15"),
		.search = "10 12 16 20 23",
		.scale = SCALE_STEPS,
		.not_beside = "tcache=false",
		.why = "as tcache_max, as a power of two: what versions before 5.3 know",
		.risk = "as tcache_max",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_REFAULTS,
			.direction = REMEDY_DOWN,
			.values = "12",
			.since = "5.0",
			.below = "5.3",
			.why = AT_ONCE,
			.risk = LOCKS,
		}),
	},
	{
		.key = "dirty_decay_ms",
		.kind = SETTING_MS,
		.min = -1,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("10000"),
		.search = "0 1000 5000 30000 -1",
		.scale = SCALE_POWERS,
		.since = "5.0",
		.why = "how long free pages are kept before they are given back and fault again; 0: not at all, -1: for good",
		.risk = "free pages stay resident; with -1 memory may grow without bound",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_MERGED_EXTENTS,
				.direction = REMEDY_UP,
				.values = "-1",
				.why = "free pages are kept, those of oversize extents too, which go at once otherwise: they are used again instead of faulting again",
				.risk = "memory stays at its peak",
			},
			{
				.symptoms = SYMPTOM_REFAULTS,
				.direction = REMEDY_UP,
				.values = "30000 -1",
				.why = "free pages are kept longer before they are given back",
				.risk = "free pages stay resident that long; with -1 memory may grow without bound",
			},
			{
				.symptoms = SYMPTOM_RETAINED,
				.direction = REMEDY_DOWN,
				.values = "1000 0",
				.why = "free pages are given back sooner",
				.risk = "what goes back and is used again faults again",
			}),
	},
	{
		.key = "muzzy_decay_ms",
		.kind = SETTING_MS,
		.min = -1,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULTS({ NULL, "10000" }, { "5.2", "0" }),
		.search = "0 30000 -1",
		.scale = SCALE_POWERS,
		.since = "5.0",
		.with = "dirty_decay_ms",
		.why = "above 0, pages first go by MADV_FREE, which costs nothing if they are used again soon",
		.risk = "resident memory looks higher than it is until the kernel needs it",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_LAZY_FREE,
			.values = "0",
			.why = "free pages go by MADV_DONTNEED, at once for the kernel's figures",
			.risk = "each use of such a page faults again",
		}),
	},
	{
		.key = "background_thread",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("false"),
		.search = "true",
		.since = "5.0",
		.why = "a thread gives pages back on time; otherwise it happens during malloc and free",
		.risk = "more threads in the process; trouble with fork in some programs",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_RETAINED,
			.direction = REMEDY_EXACT,
			.values = "true",
			.why = "a thread of the allocator's gives free pages back on time, also while the program is at rest",
			.risk = "more threads in the process; trouble with fork in some programs",
		}),
	},
	{
		.key = "max_background_threads",
		.kind = SETTING_INT,
		.min = 1,
		.max = 4096,
		.fallback = "one for each CPU, at most 4",
		.search = "1 2",
		.scale = SCALE_STEPS,
		.since = "5.1",
		.with = "background_thread",
		.why = "how many threads give pages back",
		.risk = "too few fall behind",
	},
	{
		.key = "narenas",
		.kind = SETTING_INT,
		.min = 1,
		.max = 4094, /* MALLOCX_ARENA_LIMIT is 4095 */
		.clamps = SETTING_CLAMPS_ABOVE,
		.choices = "default",
		.fallback = "4 for each CPU",
		.search = "1 2 4",
		.scale = SCALE_STEPS,
		.not_beside = "percpu_arena",
		.why = "each arena keeps free pages of its own, and gives them back on its own",
		.risk = "fewer arenas: threads wait for each other",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_LOCKED_ARENAS,
			.direction = REMEDY_UP,
			.fit = FIT_CPUS,
			.values = "4",
			.if_set = true,
			.why = "as many arenas as without a cap: threads no longer wait for each other's",
			.risk = "each arena keeps free pages of its own: it was capped for that, most likely",
		}),
	},
	{
		.key = "percpu_arena",
		.kind = SETTING_CHOICE,
		.choices = "disabled percpu phycpu",
		.defaults = SETTING_DEFAULT("disabled"),
		.search = "percpu phycpu",
		.since = "5.0",
		.why = "an arena for each CPU instead of for threads: memory freed by one thread is near the next",
		.risk = "misbehaves where the process is limited to some CPUs",
	},
	{
		.key = "tcache",
		.kind = SETTING_BOOL,
		.defaults = SETTING_DEFAULT("true"),
		.search = "false",
		.why = "blocks that a thread keeps for itself",
		.risk = "without it every malloc takes a lock",
	},
	{
		.key = "tcache_nslots_large",
		.kind = SETTING_INT,
		.min = 1,
		.max = 2048,
		.clamps = SETTING_CLAMPS_BELOW | SETTING_CLAMPS_ABOVE,
		.defaults = SETTING_DEFAULT("20"),
		.search = "20 50 200",
		.scale = SCALE_POWERS,
		.since = "5.3",
		.not_beside = "tcache=false",
		.why = "large blocks of each size that a thread keeps before it gives them back",
		.risk = "memory kept by each thread",
	},
	{
		.key = "tcache_nslots_small_max",
		.kind = SETTING_INT,
		.min = 1,
		.max = 2048,
		.clamps = SETTING_CLAMPS_BELOW | SETTING_CLAMPS_ABOVE,
		.defaults = SETTING_DEFAULT("200"),
		.search = "200 500 2000",
		.scale = SCALE_POWERS,
		.since = "5.3",
		.not_beside = "tcache=false",
		.why = "small blocks of each size that a thread keeps",
		.risk = "memory kept by each thread",
	},
	{
		.key = "lg_tcache_nslots_mul",
		.kind = SETTING_INT,
		.min = -16,
		.max = 16,
		.defaults = SETTING_DEFAULT("1"),
		.search = "1 2 4",
		.scale = SCALE_STEPS,
		.since = "5.3",
		.not_beside = "tcache=false",
		.why = "blocks that a thread keeps, as a multiple of what one slab holds",
		.risk = "memory kept by each thread",
	},
	{
		.key = "oversize_threshold",
		.kind = SETTING_SIZE,
		.min = 0,
		.max = INT64_MAX,
		.defaults = SETTING_DEFAULT("8M"),
		.search = "0 64M 1G",
		.scale = SCALE_POWERS,
		.since = "5.2",
		.why = "larger blocks come from an arena that gives pages back at once; 0: none do",
		.risk = "large free blocks stay resident as long as others; the main arena of 5.3.0 does not obey it, and that of 5.3.1 not 0",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_OVERSIZE,
				.direction = REMEDY_UP,
				.values = "1G",
				.since = "5.3.1",
				.why = NONE_OVERSIZE,
				.risk = KEPT_LARGE,
			},
			{
				.symptoms = SYMPTOM_OVERSIZE,
				.values = "0",
				.below = "5.3",
				.why = NONE_OVERSIZE,
				.risk = KEPT_LARGE,
			}),
	},
	{
		.key = "thp",
		.kind = SETTING_CHOICE,
		.choices = "default always never",
		.defaults = SETTING_DEFAULT("default"),
		.search = "never always",
		.since = "5.1",
		.why = "transparent huge pages for the heap: fewer faults, each of which clears 2M",
		.risk = "always: memory in steps of 2M, dear copies after fork",
		.remedies = REMEDIES(
			{
				.symptoms = SYMPTOM_HUGE_PAGES,
				.values = "never",
				.why = "no transparent huge pages in its heap",
				.risk = "more faults and TLB misses for memory that is used in full",
			},
			{
				.symptoms = SYMPTOM_GROWTH,
				.values = "always",
				.why = "asks for transparent huge pages: one fault for 2M that the heap grows by, instead of 512",
				.risk = "memory in steps of 2M, and dear copies after a fork",
			}),
	},
	{
		.key = "metadata_thp",
		.kind = SETTING_CHOICE,
		.choices = "disabled auto always",
		.defaults = SETTING_DEFAULT("disabled"),
		.search = "auto",
		.since = "5.1",
		.why = "transparent huge pages for its own tables",
		.risk = "some more memory",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_GROWTH,
			.values = "always",
			.why = "asks for transparent huge pages for its own tables, which grow with the heap",
			.risk = "some more memory",
		}),
	},
	{
		.key = "retain",
		.kind = SETTING_BOOL,
		.fallback = "true (64-bit Linux)",
		.search = "false",
		.since = "5.0",
		.why = "address space is kept instead of unmapped: no munmap, no new mmap",
		.risk = "false: more munmap and mmap calls",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_MAPPED_BLOCKS,
			.values = "true",
			.if_set = true,
			.why = "free memory stays mapped, and is used again where it is",
			.risk = "address space, and free memory that is given back by madvise alone",
		}),
	},
	{
		.key = "dss",
		.kind = SETTING_CHOICE,
		.choices = "disabled primary secondary",
		.defaults = SETTING_DEFAULT("secondary"),
		.search = "primary",
		.why = "whether memory comes from brk or mmap first",
		.risk = "brk memory cannot be unmapped in the middle",
	},
};

static bool recognise(const struct elf_object *object)
{
	return elf_object_find_function(object, "*mallctl");
}

static char *prefix(const struct elf_object *object)
{
	if (elf_object_defines(object, "mallctl"))
		return xstrdup("");
	const char *name = elf_object_find_function(object, "*mallctl");
	return name ? xstrndup(name, strlen(name) - strlen("mallctl")) : NULL;
}

static void ask_version(void *handle, struct strbuf *answer)
{
	int (*control)(const char *name, void *old, size_t *old_size, void *new, size_t new_size);
	const char *version = NULL;
	size_t size = sizeof(version);

	*(void **)&control = dlsym(handle, "mallctl");
	if (control && control("version", &version, &size, NULL, 0) == 0 && version)
		strbuf_addstr(answer, version);
}

static bool is_version(const char *text, void *context)
{
	return jemalloc_writes_version(text);
}

static char *version(const char *answer, const char *path, const struct elf_object *object)
{
	const char *text = *answer ? answer : elf_object_find_text(object, is_version, NULL);

	return text ? jemalloc_version(text) : NULL;
}

static void assign(const struct allocator *allocator, const struct setting *items, size_t count,
		   struct assignments *env)
{
	_cleanup_strbuf_ struct strbuf value = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&value, "%s%s:%s", i ? "," : "", items[i].key, items[i].value);
	assignments_addf(env, CONF "=%s", value.buf);
}

/* The prefix is part of the variable's name, in capitals: INSTALL.md, --with-jemalloc-prefix. */
static char *variable(const struct allocator *allocator, const char *prefix, const char *key)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (const char *c = prefix; *c; c++)
		strbuf_addch(&text, (char)toupper((unsigned char)*c));
	strbuf_addstr(&text, CONF);
	if (key)
		strbuf_addf(&text, "=%s:VALUE", key);
	return strbuf_detach(&text);
}

static void read_option(const char *key, json_t *value, struct option_map *ret)
{
	_cleanup_free_ char *text = NULL;

	if (json_is_string(value))
		text = xstrdup(json_string_value(value));
	else if (json_is_boolean(value))
		text = xstrdup(json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		text = xasprintf("%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		text = xasprintf("%.17g", json_real_value(value));
	option_map_set(ret, key, text);
}

static void read_options(const char *text, struct option_map *ret)
{
	json_t *root = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *all = json_object_get(json_object_get(root, "jemalloc"), "opt");
	const char *key;
	json_t *value;

	json_object_foreach(all, key, value) read_option(key, value, ret);
	json_decref(root);
}

/* An error message about a setting precedes the document, on its own line. */
static int refuse_complaint(const char *text, const char *end, struct error *err)
{
	const char *line = strstr(text, COMPLAINT);

	if (!line || (end && line > end))
		return 0;
	line += strlen(COMPLAINT);
	return error_set(err, ERROR_USAGE, EINVAL, "jemalloc refuses it: %.*s",
			 (int)strcspn(line, "\n"), line);
}

static void ask_run(const char *const *env, struct assignments *ret)
{
	if (env && env[0])
		assignments_addf(ret, CONF "=" ASK ",%s", env[0] + strlen(CONF "="));
	else
		assignments_addf(ret, CONF "=" ASK);
}

/*
 * A linked-in one is asked with abort_conf alone, which aborts the program on an unknown setting
 * (jemalloc(3)), and reports no options.
 */
static int hear(const char *text, struct option_map *ret, struct error *err)
{
	const char *document = strstr(text, "{\"jemalloc\"");
	int r = refuse_complaint(text, document, err);

	if (r == 0 && document)
		read_options(document, ret);
	return r;
}

static void traps(const struct setting *items, size_t count, struct strbuf *notes)
{
	char target[256];
	ssize_t len = readlink("/etc/malloc.conf", target, sizeof(target) - 1);

	if (len > 0) {
		target[len] = '\0';
		strbuf_addstr(notes, "jemalloc also obeys /etc/malloc.conf: ");
		strbuf_add_escaped(notes, target);
		strbuf_addch(notes, '\n');
	}
	for (size_t i = 0; i < count; i++)
		if (!strcmp(items[i].key, "percpu_arena") && strcmp(items[i].value, "disabled"))
			strbuf_addstr(notes,
				      "jemalloc's percpu_arena misbehaves where a process is "
				      "limited to some CPUs\n");
}

/* lg_tcache_max is a power of two. */
static uint64_t two_to_the(uint64_t power)
{
	return power < 64 ? UINT64_C(1) << power : 0;
}

/* Source: 5.3.0, include/jemalloc/internal/sc.h: SC_SMALL_MAXCLASS with pages of 4 KiB; doc/jemalloc.xml. */
static const struct size_threshold thresholds[] = {
	{
		.name = "small classes",
		.value = "14K",
		.since = "5",
		.text = "larger blocks are extents of whole pages",
	},
	{
		.name = "tcache_max",
		.key = "tcache_max",
		.value = "32K",
		.since = "5.3",
		.text = "larger blocks bypass the thread cache",
	},
	{
		.name = "lg_tcache_max",
		.key = "lg_tcache_max",
		.value = "15",
		.below = "5.3",
		.last_below = two_to_the,
		.text = "larger blocks bypass the thread cache",
	},
	{
		.name = "oversize_threshold",
		.key = "oversize_threshold",
		.value = "8M",
		.since = "5.2",
		.text = "larger blocks come from an arena that gives pages back at once",
	},
	{ 0 },
};

const struct allocator allocator_jemalloc = {
	.name = "jemalloc",
	.description = "FreeBSD's, made for many threads and little fragmentation",
	.filenames = (const char *const[]){ "libjemalloc.so.[0-9]*", "libjemalloc.so", NULL },
	.functions = (const char *const[]){ "je_*", "_rjem_*", "*_je_*", "jemalloc_*", NULL },
	.remedy = "apt-get install libjemalloc2, or: make allocators",
	.remedy_installed =
		"apt-get install libjemalloc2, or in madvisor's source: make allocators install",
	.variables = jemalloc_variables,
	.separator = ':',
	.append = ',',
	.truth = { "false", "true" },
	.settings = settings,
	.setting_count = ARRAY_SIZE(settings),
	.example = "tcache_max:4096",
	.thresholds = thresholds,
	.recognise = recognise,
	.prefix = prefix,
	.ask_version = ask_version,
	.version = version,
	.assign = assign,
	.variable = variable,
	.ask_run = ask_run,
	.ask = "abort_conf:true",
	.hear = hear,
	.traps = traps,
};
