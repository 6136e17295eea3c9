/* SPDX-License-Identifier: MIT */
#include "identify/version.h"

#include <string.h>

#include "base/xalloc.h"
#include "identify/elf.h"
#include "identify/trace.h"

/* "2.36" of "2.36." */
static char *number_at(const char *text)
{
	size_t len = strspn(text, "0123456789.");

	while (len && text[len - 1] == '.')
		len--;
	return len ? xstrndup(text, len) : NULL;
}

bool jemalloc_writes_version(const char *text)
{
	size_t digits = strspn(text, "0123456789.");
	const char *commit = strstr(text, "-g");

	return digits >= 5 && text[digits] == '-' && commit && commit[2] &&
	       strspn(commit + 2, "0123456789abcdef") == strlen(commit + 2) &&
	       strspn(text, "0123456789.-rc") >= (size_t)(commit - text);
}

char *jemalloc_version(const char *text)
{
	if (!jemalloc_writes_version(text) || !strncmp(text, "0.0.0", 5))
		return NULL;
	/* "5.3.0-0-g54eaed1": the release itself; another number counts the commits since then. */
	return strstr(text, "-0-g") ? number_at(text) : xstrdup(text);
}

char *mimalloc_version(int64_t number)
{
	if (number < 100 || number > 100000)
		return NULL;
	if (number >= 10000)
		return xasprintf("%d.%d.%d", (int)(number / 10000), (int)(number / 100 % 100),
				 (int)(number % 100));
	return xasprintf("%d.%d.%d", (int)(number / 100), (int)(number / 10 % 10),
			 (int)(number % 10));
}

char *tbb_version(const char *text)
{
	const char *line = strstr(text, "TBBmalloc: VERSION");

	return line ? number_at(line + strcspn(line, "0123456789")) : NULL;
}

/* Without a version number, texts that only version 3 has tell 3 from 2. */
static char *mimalloc_version_traced(const struct traces *traces, const struct elf_object *object)
{
	int64_t number =
		traces->mi_version_at ? elf_constant_of(object, traces->mi_version_at) : -1;

	return number >= 100 ? mimalloc_version(number)
			     : xstrdup(traces->text[TRACE_MIMALLOC_3] ? "3" : "2");
}

/* "musl libc (x86_64)"; its version is a separate text elsewhere. */
struct musl_search {
	char *version;
};

static bool visit_musl_text(const char *text, void *context)
{
	struct musl_search *search = context;
	size_t dots = 0;

	for (const char *c = text; *c; c++)
		dots += *c == '.';
	if (!search->version && dots == 2 && (text[0] == '0' || text[0] == '1') && text[1] == '.' &&
	    strspn(text, "0123456789.") == strlen(text))
		search->version = xstrdup(text);
	return search->version;
}

static char *musl_version(const struct traces *traces, const struct elf_object *object)
{
	struct musl_search search = { NULL };

	if (traces->text[TRACE_MUSL_VERSION])
		elf_object_find_text(object, visit_musl_text, &search);
	return search.version;
}

char *traces_version(const struct traces *traces, enum trace_of of, const struct elf_object *object)
{
	const char *text;

	switch (of) {
	case TRACE_GLIBC:
		text = traces->text[TRACE_GLIBC_VERSION];
		return text ? number_at(strstr(text, "release version ") + 16) : NULL;
	case TRACE_MUSL:
		return musl_version(traces, object);
	case TRACE_JEMALLOC:
		text = traces->text[TRACE_JEMALLOC_VERSION];
		return text ? jemalloc_version(text) : NULL;
	case TRACE_MIMALLOC:
		return mimalloc_version_traced(traces, object);
	case TRACE_SNMALLOC:
		text = traces->text[TRACE_SNMALLOC_VERSION];
		return text ? number_at(text + strlen(TRACE_SNMALLOC_CRATE)) : NULL;
	case TRACE_TCMALLOC:
		text = traces->text[TRACE_TCMALLOC_VERSION];
		return text ? number_at(text + strlen("gperftools ")) : NULL;
	case TRACE_TBB:
		text = traces->text[TRACE_TBB_VERSION];
		return text ? tbb_version(text) : NULL;
	case TRACE_GO:
		text = traces->text[TRACE_GO_VERSION];
		text = text ? text + strlen(TRACE_GO_BUILD_INFO) + TRACE_GO_VERSION_AT : NULL;
		return text && !strncmp(text, "go", 2) ? xstrndup(text + 2, (size_t)text[-1] - 2)
						       : NULL;
	default:
		return NULL;
	}
}
