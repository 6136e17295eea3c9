/* SPDX-License-Identifier: MIT */
/*
 * What a target says of how it is set and started: the values of allocators' variables, a script's first line, the
 * command line of a loader. The first byte chooses which of them the rest is.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/ineffective.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/loader-words.h"
#include "identify/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *allocator, *version, *variable;
} readers[] = {
	{ "jemalloc", "5.3.0", "MALLOC_CONF" },
	{ "glibc", "2.36", "GLIBC_TUNABLES" },
	{ "glibc", "2.41", "GLIBC_TUNABLES" },
	{ "glibc", NULL, "MALLOC_ARENA_MAX" },
	{ "mimalloc", "2", "MIMALLOC_PURGE_DELAY" },
	{ "tcmalloc", "2.10", "TCMALLOC_RELEASE_RATE" },
	{ "tbb", NULL, "TBB_MALLOC_USE_HUGE_PAGES" },
	{ "go", "1.24", "GOGC" },
	{ "go", "1.24", "GOMEMLIMIT" },
};

/* A row has a reason; what has no effect is not left among what is set. */
static void judge(size_t reader, const char *value)
{
	_cleanup_identification_ struct identification target = { 0 };
	struct heap *heap = ARRAY_PUSH(target.heaps, target.heap_count, target.heap_alloc);

	heap->serves = xstrdup("malloc");
	heap->allocator = xstrdup(readers[reader].allocator);
	heap->version = readers[reader].version ? xstrdup(readers[reader].version) : NULL;
	*ARRAY_PUSH(heap->settings, heap->setting_count, heap->setting_alloc) =
		(struct setting){ xstrdup(readers[reader].variable), xstrdup(value) };
	/* The same text as the name of a variable that nobody reads. */
	*ARRAY_PUSH(target.unread, target.unread_count, target.unread_alloc) =
		(struct setting){ xstrdup(value), xstrdup("1") };
	ineffective_find(&target);
	for (size_t i = 0; i < target.ineffective_count; i++)
		if (!*target.ineffective[i].reason)
			abort();
}

static void parse_script(const char *text)
{
	char *environment[] = { (char[]){ "HOME=/" }, NULL };
	_cleanup_free_ char *line = xasprintf("#!%s", text);
	_cleanup_script_line_ struct script_line parsed;

	script_line_parse(line, environment, &parsed);
	if (parsed.program && !*parsed.program && !parsed.changes)
		abort();
}

static void parse_loader(const char *text, size_t len)
{
	const char *end = text + len;
	struct loader_words words;

	loader_words_parse(text, len, &words);
	if (words.program && (words.program < text || words.program >= end))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	/* With a NUL behind it, as the readers of files add one. */
	_cleanup_free_ char *text = xmalloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	size_t kind = data[0] % (ARRAY_SIZE(readers) + 2);
	if (kind < ARRAY_SIZE(readers))
		judge(kind, text);
	else if (kind == ARRAY_SIZE(readers))
		parse_script(text);
	else
		parse_loader(text, size - 1);
	return 0;
}
