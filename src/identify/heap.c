/* SPDX-License-Identifier: MIT */
/*
 * identify/analysis: describes an allocator that was found: its variables and its settings in
 * force.
 */
#include "identify/analysis.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identify/elf.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/variables.h"

/* Longer compiled-in texts are not settings. */
#define CONF_MAX 4096
/* No allocator reads a variable with a longer name. */
#define VARIABLE_MAX 128
/* Suspicious variables in one environment, at most. */
#define UNREAD_MAX 64

/* jemalloc is absent: the variable differs between builds and is read from the file. */
static const struct knowledge {
	enum trace_of of;
	const char *name;
	const char *env_var;
	const char *set_with;
	/* Globs of the variables that it reads; NULL: none, or read from the file. */
	const char *const *variables;
	bool nothing_to_set;
} knowledge[] = {
	{ TRACE_GLIBC, "glibc", "GLIBC_TUNABLES", "GLIBC_TUNABLES=glibc.malloc.key=value:…",
	  glibc_variables, false },
	{ TRACE_MUSL, "musl", NULL, NULL, NULL, true },
	{ TRACE_JEMALLOC, "jemalloc", NULL, NULL, NULL, false },
	{ TRACE_MIMALLOC, "mimalloc", "MIMALLOC_*", "MIMALLOC_KEY=value", mimalloc_variables,
	  false },
	{ TRACE_SNMALLOC, "snmalloc", NULL, NULL, NULL, true },
	{ TRACE_TCMALLOC, "tcmalloc", "TCMALLOC_*", "TCMALLOC_KEY=value", tcmalloc_variables,
	  false },
	{ TRACE_TBB, "tbb", "TBB_MALLOC_*", "TBB_MALLOC_KEY=value", tbb_variables, false },
	{ TRACE_MOZJEMALLOC, "mozjemalloc", "MALLOC_OPTIONS", "MALLOC_OPTIONS=letters",
	  (const char *const[]){ "MALLOC_OPTIONS", NULL }, false },
	{ TRACE_PARTITION, "PartitionAlloc", NULL, NULL, NULL, true },
	{ TRACE_RPMALLOC, "rpmalloc", NULL, NULL, NULL, false },
	{ TRACE_HOARD, "hoard", NULL, NULL, NULL, false },
	{ TRACE_SCUDO, "scudo", "SCUDO_OPTIONS", "SCUDO_OPTIONS=key=value:…",
	  (const char *const[]){ "SCUDO_OPTIONS", NULL }, false },
	{ TRACE_ASAN, "sanitizer", "ASAN_OPTIONS", "ASAN_OPTIONS=key=value:…",
	  (const char *const[]){ "?SAN_OPTIONS", NULL }, false },
	{ TRACE_ZIG, "zig", NULL, NULL, NULL, true },
	{ TRACE_GO, "go", "GOGC", "GOGC=percent, GOMEMLIMIT=bytes",
	  (const char *const[]){ "GOGC", "GOMEMLIMIT", "GODEBUG", NULL }, false },
};

/* For libraries that were not found. */
static const struct {
	const char *pattern;
	enum trace_of of;
} names[] = {
	{ "libc.so.6", TRACE_GLIBC },
	{ "libc.musl-*", TRACE_MUSL },
	{ "libjemalloc.so*", TRACE_JEMALLOC },
	{ "libmimalloc*.so*", TRACE_MIMALLOC },
	{ "libtcmalloc*.so*", TRACE_TCMALLOC },
	{ "libsnmalloc*.so*", TRACE_SNMALLOC },
	{ "libtbbmalloc_proxy.so*", TRACE_TBB },
};

static const struct knowledge *knowledge_of(enum trace_of allocator)
{
	for (size_t i = 0; i < ARRAY_SIZE(knowledge); i++)
		if (knowledge[i].of == allocator)
			return &knowledge[i];
	return NULL;
}

static const struct knowledge *knowledge_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(knowledge); i++)
		if (!strcmp(knowledge[i].name, name))
			return &knowledge[i];
	return NULL;
}

static void setting_add(struct heap *heap, const char *key, const char *value)
{
	*ARRAY_PUSH(heap->settings, heap->setting_count, heap->setting_alloc) =
		(struct setting){ .key = xstrdup(key), .value = xstrdup(value) };
}

/* Whether the variable of this "NAME=value" is one that the heap's allocator reads. */
static bool reads_variable(const struct heap *heap, const char *name)
{
	const struct knowledge *known = heap->allocator ? knowledge_named(heap->allocator) : NULL;

	if (!known)
		return false;
	if (known->of == TRACE_JEMALLOC)
		return heap->env_var && !strcmp(heap->env_var, name);
	return variables_match(known->variables, name);
}

static void add_environment(const struct target_view *view, struct heap *heap)
{
	for (size_t i = 0; view->environment && view->environment[i]; i++) {
		const char *equals = strchr(view->environment[i], '=');
		_cleanup_free_ char *name =
			equals ? xstrndup(view->environment[i],
					  (size_t)(equals - view->environment[i]))
			       : NULL;

		if (name && reads_variable(heap, name))
			setting_add(heap, name, equals + 1);
	}
}

/* jemalloc(3): the settings are the target text of the symbolic link. */
static void add_config_file(const struct target_view *view, struct heap *heap)
{
	_cleanup_close_ int folder =
		heap->config_file ? scope_open_path(view->world, "/etc") : -ENOENT;
	char target[CONF_MAX];
	ssize_t len = folder < 0 ? -1
				 : readlinkat(folder, heap->config_file + strlen("/etc/"), target,
					      sizeof(target) - 1);

	if (len <= 0)
		return;
	target[len] = '\0';
	setting_add(heap, heap->config_file, target);
}

static char *lower(const char *text, size_t len)
{
	char *copy = xstrndup(text, len);

	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

/* Variable, file and compiled-in settings all have the build's prefix. */
static void describe_jemalloc(const struct target_view *view, struct heap *heap,
			      const struct scope_entry *entry)
{
	const char *variable = entry->traces.text[TRACE_JEMALLOC_VARIABLE];
	size_t base = strlen("MALLOC_CONF");

	if (!variable) {
		text_list_addf(&heap->evidence, "the variable it reads was not found");
		return;
	}
	_cleanup_free_ char *prefix = lower(variable, strlen(variable) - base);
	heap->env_var = xstrdup(variable);
	heap->config_file = xasprintf("/etc/%smalloc.conf", prefix);
	heap->set_with = xasprintf("%s=key:value,…", variable);
	text_list_addf(&heap->evidence, "text \"%s\": the variable it reads", variable);
	heap_add_compiled_in(view, heap, entry, prefix);
	if (entry->origin == SCOPE_PROGRAM && !elf_has_symbol_table(entry->object) &&
	    !heap->compiled_in)
		text_list_addf(&heap->evidence,
			       "stripped: settings compiled in (%smalloc_conf) may not show",
			       prefix);
}

static void describe(const struct target_view *view, struct heap *heap,
		     const struct scope_entry *entry, const struct knowledge *known)
{
	heap->allocator = xstrdup(known->name);
	heap->nothing_to_set = known->nothing_to_set;
	if (known->of == TRACE_JEMALLOC) {
		describe_jemalloc(view, heap, entry);
	} else {
		heap->env_var = known->env_var ? xstrdup(known->env_var) : NULL;
		heap->set_with = known->set_with ? xstrdup(known->set_with) : NULL;
	}
	if (view->secure_reason && heap->env_var)
		text_list_addf(&heap->evidence, "%s: the environment is not read",
			       view->secure_reason);
	else
		add_environment(view, heap);
	add_config_file(view, heap);
}

static void add_trace_evidence(struct heap *heap, const struct scope_entry *entry,
			       enum trace_of allocator)
{
	const char *where = entry->path ? entry->path : entry->name;
	const char *symbol = entry->traces.symbol[allocator];
	const char *text = entry->traces.text[allocator];

	if (symbol)
		text_list_addf(&heap->evidence, "symbol %s in %s", symbol, where);
	if (text)
		text_list_addf(&heap->evidence, "text \"%.*s\" in %s", (int)strcspn(text, "\n"),
			       text, where);
}

/* TBB's preloaded proxy only forwards; the library behind it has the version. */
static char *version_from_others(const struct target_view *view, enum trace_of allocator)
{
	for (size_t i = 0; allocator == TRACE_TBB && i < view->scope->count; i++) {
		const struct scope_entry *entry = &view->scope->items[i];
		char *version = entry->object
					? traces_version(&entry->traces, allocator, entry->object)
					: NULL;

		if (version)
			return version;
	}
	return NULL;
}

struct heap *heap_add(const struct target_view *view, struct identification *ret,
		      const struct scope_entry *entry, enum trace_of allocator, const char *serves,
		      enum heap_how how)
{
	const struct knowledge *known = knowledge_of(allocator);
	struct heap *heap = ARRAY_PUSH(ret->heaps, ret->heap_count, ret->heap_alloc);

	heap->serves = xstrdup(serves);
	heap->how = how;
	heap->object = entry->path ? xstrdup(entry->path) : NULL;
	if (!known)
		return heap;
	add_trace_evidence(heap, entry, allocator);
	heap->version = traces_version(&entry->traces, allocator, entry->object);
	if (!heap->version)
		heap->version = version_from_others(view, allocator);
	if (heap->version)
		text_list_addf(&heap->evidence, "its version is written in the file");
	describe(view, heap, entry, known);
	return heap;
}

static enum trace_of allocator_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fnmatch(names[i].pattern, name, 0) == 0)
			return names[i].of;
	return TRACE_COUNT;
}

bool is_allocator_name(const char *name)
{
	return allocator_named(name) != TRACE_COUNT;
}

struct heap *heap_add_by_name(const struct target_view *view, struct identification *ret,
			      const struct scope_entry *entry, const char *serves)
{
	enum trace_of allocator = allocator_named(entry->name);
	bool is_libc = allocator == TRACE_GLIBC || allocator == TRACE_MUSL;
	struct heap *heap =
		heap_add(view, ret, entry, TRACE_COUNT, serves, is_libc ? HEAP_LIBC : HEAP_NEEDED);

	if (entry->origin == SCOPE_PRELOADED)
		heap->how = HEAP_PRELOADED;
	text_list_addf(&heap->evidence, "needs %s, which is not here: told by its name",
		       entry->name);
	describe(view, heap, entry, knowledge_of(allocator));
	return heap;
}

/* Whether some heap reads the variable. */
static bool is_read(const struct identification *identification, const char *name)
{
	for (size_t i = 0; i < identification->heap_count; i++)
		if (reads_variable(&identification->heaps[i], name))
			return true;
	return false;
}

/*
 * A variable that may be meant for an allocator: one that some allocator reads, or one whose name
 * is like it.
 */
static bool is_suspicious(const char *name)
{
	static const char *const globs[] = { "*ALLOC*", "*ALOC*", "*TUNABLE*", NULL };
	/* Read by what is above malloc, and by other tools. */
	static const char *const others[] = { "PYTHONMALLOC*",
					      "USE_ZEND_ALLOC*",
					      "ARROW_DEFAULT_MEMORY_POOL",
					      "MALLOC_OPTIONS",
					      "MADVISOR_*",
					      "GLIBCXX_*",
					      "BASH_FUNC_*",
					      "TF_*",
					      "PYTORCH_*",
					      "CUDA_*",
					      "XLA_*",
					      "RUST*",
					      "CARGO_*",
					      NULL };

	return variables_known(name) ||
	       (variables_match(globs, name) && !variables_match(others, name));
}

void note_unread_variables(const struct target_view *view, struct identification *ret)
{
	for (size_t i = 0;
	     view->environment && view->environment[i] && ret->unread_count < UNREAD_MAX; i++) {
		const char *equals = strchr(view->environment[i], '=');
		_cleanup_free_ char *name =
			equals ? xstrndup(view->environment[i],
					  (size_t)(equals - view->environment[i]))
			       : NULL;

		if (!name || strlen(name) > VARIABLE_MAX || !is_suspicious(name) ||
		    is_read(ret, name))
			continue;
		if (view->secure_reason)
			identification_add_ineffective(
				ret, name, equals + 1,
				"the program gains rights, and reads no settings from the "
				"environment",
				NULL);
		else
			*ARRAY_PUSH(ret->unread, ret->unread_count, ret->unread_alloc) =
				(struct setting){ xstrdup(name), xstrdup(equals + 1) };
	}
}
