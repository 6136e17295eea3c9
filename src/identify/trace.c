/* SPDX-License-Identifier: MIT */
#include "identify/trace.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "base/array.h"
#include "identify/elf.h"
#include "identify/version.h"

enum trace_where {
	DEFINED,  /* a symbol of either table that is defined */
	ENDING,   /* the same, matched by the end of its name */
	EXPORTED, /* a function for others to bind to */
	IMPORTED, /* a symbol that another object must define */
	TEXT,     /* a whole text (glob) */
};

/*
 * A pattern starts with two plain characters (ENDING excepted), which reject most candidates early.
 * A text's pattern has a character in brackets, so that madvisor's own copy of this table does not
 * match.
 *
 * Sources: jemalloc 5.2 to 5.3.1 src/; mimalloc 2.0 to 3.3 src/options.c; snmalloc 0.6 and 0.7
 * src/; gperftools 2.10 src/; oneTBB 2021 src/tbbmalloc; glibc 2.31 to 2.41 malloc/malloc.c; musl
 * 1.2 src/; and for the runtimes the symbols that Debian 12's packages show.
 */
static const struct {
	enum trace_of of;
	enum trace_where where;
	const char *pattern;
} rows[] = {
	{ TRACE_GLIBC, EXPORTED, "gnu_get_libc_version" },
	{ TRACE_GLIBC, DEFINED, "__libc_mallopt" },
	{ TRACE_GLIBC, TEXT, "malloc(): [c]orrupted*" },
	{ TRACE_GLIBC, TEXT, "malloc(): [m]emory corruption*" },
	{ TRACE_GLIBC, TEXT, "malloc(): [i]nvalid size*" },
	{ TRACE_GLIBC_VERSION, TEXT, "GNU C[ ]Library *release version *" },
	{ TRACE_MUSL, DEFINED, "__malloc_alloc_meta" },
	{ TRACE_MUSL, DEFINED, "__libc_malloc_impl" },
	{ TRACE_MUSL, DEFINED, "__bin_chunk" },
	{ TRACE_MUSL, TEXT, "No error[ ]information" },
	{ TRACE_MUSL_OLD, DEFINED, "__bin_chunk" },
	{ TRACE_MUSL_VERSION, TEXT, "musl[ ]libc (*" },
	{ TRACE_JEMALLOC, ENDING, "mallctl" },
	{ TRACE_JEMALLOC, TEXT, "<jemalloc>: Error[ ]*" },
	{ TRACE_JEMALLOC, TEXT, "<jemalloc>: Unsupported[ ]*" },
	{ TRACE_MIMALLOC, DEFINED, "mi_version" },
	{ TRACE_MIMALLOC, DEFINED, "mi_malloc" },
	{ TRACE_MIMALLOC, DEFINED, "_mi_malloc_generic" },
	{ TRACE_MIMALLOC, DEFINED, "_mi_options_init" },
	{ TRACE_MIMALLOC, TEXT, "mimalloc:[ ]warning: " },
	{ TRACE_MIMALLOC, TEXT, "environment option[ ]mimalloc_%s*" },
	{ TRACE_MIMALLOC_3, TEXT, "page_max_[c]andidates" },
	{ TRACE_SNMALLOC, DEFINED, "sn_rust_alloc" },
	{ TRACE_SNMALLOC, DEFINED, "sn_malloc" },
	{ TRACE_SNMALLOC, DEFINED, "_ZN8snmalloc*" },
	{ TRACE_SNMALLOC, TEXT, "Failed to initialise[ ]snmalloc*" },
	{ TRACE_SNMALLOC, TEXT, "Corruption in core locking[ ]primitive*" },
	{ TRACE_TCMALLOC, DEFINED, "tc_malloc" },
	{ TRACE_TCMALLOC, DEFINED, "TCMallocInternalMalloc" },
	{ TRACE_TCMALLOC, DEFINED, "_ZN8tcmalloc*" },
	{ TRACE_TCMALLOC, TEXT, "TCMALLOC_LARGE_ALLOC_REPORT[_]THRESHOLD" },
	{ TRACE_TCMALLOC_VERSION, TEXT, "gperftools[ ][0-9]*" },
	{ TRACE_TBB, DEFINED, "__TBB_malloc_proxy" },
	{ TRACE_TBB, DEFINED, "scalable_malloc" },
	{ TRACE_TBB, TEXT, "TBBmalloc:[ ]SPECIFICATION VERSION*" },
	{ TRACE_TBB_VERSION, TEXT, "TBBmalloc:[ ]SPECIFICATION VERSION*" },
	{ TRACE_MOZJEMALLOC, DEFINED, "moz_arena_malloc" },
	{ TRACE_MOZJEMALLOC, DEFINED, "jemalloc_stats_internal" },
	{ TRACE_MOZJEMALLOC, TEXT, ": (malloc) Error[ ]in munmap()*" },
	{ TRACE_PARTITION, DEFINED, "_ZN15partition_alloc*" },
	{ TRACE_PARTITION, TEXT, "PartitionAlloc[.]Partitions.Layout*" },
	{ TRACE_PARTITION, TEXT, "partition_alloc/[p]artitions*" },
	{ TRACE_RPMALLOC, DEFINED, "rpmalloc_initialize" },
	{ TRACE_HOARD, DEFINED, "xxmalloc" },
	{ TRACE_SCUDO, DEFINED, "__scudo_print_stats" },
	{ TRACE_SCUDO, TEXT, "Scudo[ ]ERROR: *" },
	{ TRACE_ASAN, DEFINED, "__asan_init" },
	{ TRACE_ASAN, DEFINED, "__tsan_init" },
	{ TRACE_ASAN, DEFINED, "__msan_init" },
	{ TRACE_ASAN, DEFINED, "__lsan_init" },
	/* Zig's std.heap: its other allocators take from these, from malloc, or from a buffer. */
	{ TRACE_ZIG, DEFINED, "heap.SmpAllocator.alloc*" },
	{ TRACE_ZIG, DEFINED, "heap.debug_allocator.*" },
	{ TRACE_ZIG, DEFINED, "heap.general_purpose_allocator.*" },
	{ TRACE_ZIG, DEFINED, "heap.PageAllocator.alloc*" },
	{ TRACE_RUST, ENDING, "__rust_alloc" },
	{ TRACE_RUST_SHIM, ENDING, "__rust_alloc" },
	{ TRACE_RUST, ENDING, "rust_begin_unwind" },
	{ TRACE_RUST_DEFAULT, ENDING, "__rdl_alloc" },
	{ TRACE_RUST_CALLOC, IMPORTED, "calloc" },
	{ TRACE_GO, DEFINED, "runtime.mallocgc" },
	{ TRACE_GCCGO, IMPORTED, "__go_runtime_error" },
	{ TRACE_GCCGO, IMPORTED, "runtime.newobject" },
	{ TRACE_JAVA, EXPORTED, "JNI_CreateJavaVM" },
	{ TRACE_JAVA, EXPORTED, "JLI_Launch" },
	{ TRACE_JAVA, IMPORTED, "JLI_Launch" },
	{ TRACE_V8, EXPORTED, "_ZN2v87Isolate*" },
	{ TRACE_JSC, EXPORTED, "JSGlobalContextCreate" },
	{ TRACE_NODE, EXPORTED, "node_module_register" },
	{ TRACE_PYTHON, EXPORTED, "PyObject_Malloc" },
	{ TRACE_PYPY, EXPORTED, "pypy_execute_source" },
	{ TRACE_RUBY, EXPORTED, "ruby_xmalloc" },
	{ TRACE_PHP, EXPORTED, "_emalloc" },
	{ TRACE_ERLANG, EXPORTED, "erts_alloc*" },
	{ TRACE_ERLANG, EXPORTED, "enif_alloc" },
	{ TRACE_R, EXPORTED, "Rf_allocVector" },
	{ TRACE_OCAML, DEFINED, "caml_startup*" },
	{ TRACE_HASKELL, DEFINED, "hs_init_ghc" },
	{ TRACE_HASKELL, TEXT, "unknown RTS[ ]option: %s" },
	{ TRACE_SBCL, EXPORTED, "allocate_lisp_dynamic_space" },
	{ TRACE_POSTGRES, EXPORTED, "MemoryContextAlloc" },
	{ TRACE_APR, EXPORTED, "apr_palloc" },
	{ TRACE_MONO, EXPORTED, "mono_gc_collect" },
	{ TRACE_BOEHM, EXPORTED, "GC_malloc" },
	{ TRACE_GCC, EXPORTED, "_Z*ggc_collect*" },
	{ TRACE_NONSTANDARD, IMPORTED, "mallocx" },
	{ TRACE_NONSTANDARD, IMPORTED, "mi_malloc" },
	{ TRACE_NONSTANDARD, IMPORTED, "tc_malloc" },
	{ TRACE_NONSTANDARD, IMPORTED, "scalable_malloc" },
	{ TRACE_MALLOC_CALL, IMPORTED, "malloc" },
	{ TRACE_DLOPEN, IMPORTED, "dlopen" },
	{ TRACE_DLOPEN_ALLOCATOR, TEXT, "libjemalloc[.]so*" },
	{ TRACE_DLOPEN_ALLOCATOR, TEXT, "libmimalloc*[.]so*" },
	{ TRACE_DLOPEN_ALLOCATOR, TEXT, "libtcmalloc*[.]so*" },
	{ TRACE_DLOPEN_ALLOCATOR, TEXT, "libsnmalloc*[.]so*" },
	{ TRACE_DLOPEN_ALLOCATOR, TEXT, "libtbbmalloc*[.]so*" },
};

/*
 * Index of rows of one kind by their first character; rows are chained by index.
 */
struct row_index {
	short first[256];
	short next[ARRAY_SIZE(rows)];
};

static void index_rows(struct row_index *index, bool texts)
{
	memset(index->first, -1, sizeof(index->first));
	for (size_t i = ARRAY_SIZE(rows); i-- > 0;) {
		if ((rows[i].where == TEXT) != texts || rows[i].where == ENDING)
			continue;
		short *first = &index->first[(unsigned char)rows[i].pattern[0]];

		index->next[i] = *first;
		*first = (short)i;
	}
}

struct collection {
	struct traces *traces;
	struct row_index symbols, texts;
};

static bool ends_with(const char *text, size_t len, const char *ending)
{
	size_t ending_len = strlen(ending);

	return len >= ending_len && !strcmp(text + len - ending_len, ending);
}

static bool suits(enum trace_where where, const struct elf_symbol *symbol)
{
	switch (where) {
	case DEFINED:
	case ENDING:
		return symbol->defined;
	case EXPORTED:
		return symbol->exported;
	case IMPORTED:
		return symbol->dynamic && !symbol->defined;
	case TEXT:
		break;
	}
	return false;
}

static bool matches(const char *pattern, const char *text)
{
	return pattern[1] == text[1] && fnmatch(pattern, text, 0) == 0;
}

/* A text with wildcards is a pattern, not a library's name. */
static bool is_plain(const char *text)
{
	return !strpbrk(text, "*?[");
}

/* "_rjem_mallctl": the shortest name is the function, not one of its helpers. */
static void note_prefix(struct traces *traces, const char *name, size_t len)
{
	size_t prefix = len - strlen("mallctl");

	if (traces->jemalloc_prefix && traces->jemalloc_prefix_len <= prefix)
		return;
	traces->jemalloc_prefix = name;
	traces->jemalloc_prefix_len = prefix;
}

static void visit_endings(struct traces *traces, const struct elf_symbol *symbol)
{
	size_t len = strlen(symbol->name);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].where != ENDING || !suits(ENDING, symbol) ||
		    !ends_with(symbol->name, len, rows[i].pattern))
			continue;
		if (!traces->symbol[rows[i].of])
			traces->symbol[rows[i].of] = symbol->name;
		if (rows[i].of == TRACE_JEMALLOC)
			note_prefix(traces, symbol->name, len);
	}
}

/* The functions that are malloc under an allocator's own name, in builds that override it. */
static void note_addresses(struct traces *traces, const struct elf_symbol *symbol)
{
	static const struct {
		const char *name;
		enum trace_of of;
	} own[] = {
		{ "mi_malloc", TRACE_MIMALLOC },     { "je_malloc", TRACE_JEMALLOC },
		{ "tc_malloc", TRACE_TCMALLOC },     { "sn_malloc", TRACE_SNMALLOC },
		{ "scalable_malloc", TRACE_TBB },    { "TCMallocInternalMalloc", TRACE_TCMALLOC },
		{ "moz_malloc", TRACE_MOZJEMALLOC }, { "rpmalloc", TRACE_RPMALLOC },
	};

	if (!symbol->defined || !symbol->value)
		return;
	if (!strcmp(symbol->name, "mi_version"))
		traces->mi_version_at = symbol->value;
	else if (!strcmp(symbol->name, "malloc"))
		traces->malloc_at = symbol->value;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(symbol->name, own[i].name))
			traces->own_malloc_at[own[i].of] = symbol->value;
}

static bool visit_symbol(const struct elf_symbol *symbol, void *context)
{
	struct collection *collection = context;
	struct traces *traces = collection->traces;
	short i = collection->symbols.first[(unsigned char)symbol->name[0]];

	for (; i >= 0; i = collection->symbols.next[i]) {
		if (traces->symbol[rows[i].of] || !suits(rows[i].where, symbol) ||
		    !matches(rows[i].pattern, symbol->name))
			continue;
		traces->symbol[rows[i].of] = symbol->name;
	}
	visit_endings(traces, symbol);
	note_addresses(traces, symbol);
	return false;
}

/* The whole text must be "MALLOC_CONF", "_RJEM_MALLOC_CONF", …; messages hold more. */
static bool is_jemalloc_variable(const char *text)
{
	size_t len = strlen(text);

	return ends_with(text, len, "MALLOC_CONF") &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == len;
}

/*
 * Keeps the first of each; of several variables the one with a prefix, which only a prefixed build
 * has.
 */
static void visit_jemalloc_text(struct traces *traces, const char *text)
{
	const char **variable = &traces->text[TRACE_JEMALLOC_VARIABLE];

	if (!traces->text[TRACE_JEMALLOC_VERSION] && isdigit((unsigned char)*text) &&
	    jemalloc_writes_version(text))
		traces->text[TRACE_JEMALLOC_VERSION] = text;
	else if ((isupper((unsigned char)*text) || *text == '_') && is_jemalloc_variable(text) &&
		 (!*variable || strlen(*variable) < strlen(text)))
		*variable = text;
}

static bool visit_text(const char *text, void *context)
{
	struct collection *collection = context;
	struct traces *traces = collection->traces;
	short i = collection->texts.first[(unsigned char)text[0]];

	for (; i >= 0; i = collection->texts.next[i])
		if (!traces->text[rows[i].of] && matches(rows[i].pattern, text) &&
		    (rows[i].of != TRACE_DLOPEN_ALLOCATOR || is_plain(text)))
			traces->text[rows[i].of] = text;
	visit_jemalloc_text(traces, text);
	return false;
}

/* "/rustc/" and the commit of the standard library's source, in the messages of panics. */
static bool is_rust_commit(const char *after, size_t left)
{
	for (size_t i = 0; i < 40; i++)
		if (i >= left || !isxdigit((unsigned char)after[i]))
			return false;
	return left > 40 && after[40] == '/';
}

/* The same from a distribution that builds the library from a release: "rustc-1.85.0/library/". */
static bool is_rust_release(const char *after, size_t left)
{
	static const char behind[] = "/library/";
	size_t len = 0;

	while (len < left && (isdigit((unsigned char)after[len]) || after[len] == '.'))
		len++;
	return len > 0 && left - len >= sizeof(behind) - 1 &&
	       !memcmp(after + len, behind, sizeof(behind) - 1);
}

/* "0.7.6/": the crate's version in the path of a source file. */
static bool is_crate_version(const char *after, size_t left)
{
	size_t len = 0;

	while (len < left && (isdigit((unsigned char)after[len]) || after[len] == '.'))
		len++;
	return len >= 3 && len < left && after[len] == '/';
}

/*
 * Layout (Go's runtime/debug, 1.18 and later): the magic, the pointer size, flags (2: the texts
 * follow in place), and at offset 32 the version with its length before it.
 */
static bool is_go_version(const char *after, size_t left)
{
	return left > TRACE_GO_VERSION_AT && (after[1] & 2) && after[TRACE_GO_VERSION_AT - 1] > 0 &&
	       (size_t)after[TRACE_GO_VERSION_AT - 1] <= left - TRACE_GO_VERSION_AT;
}

/* The linker of Go leaves these also where it was told to leave out symbols (-s -w). */
static const char *go_section(const struct elf_object *object)
{
	static const char *const names[] = { ".note.go.buildid", ".gopclntab",
					     ".data.rel.ro.gopclntab", ".go.buildinfo" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (elf_has_section(object, names[i]))
			return names[i];
	return NULL;
}

static bool is_any(const char *after, size_t left)
{
	return true;
}

/* Bun exports V8's functions for Node's modules; its engine is JavaScriptCore. */
static void tell_engine(const struct elf_object *object, struct traces *traces)
{
	if (!traces->symbol[TRACE_V8])
		return;
	traces->text[TRACE_JSC] = elf_find_bytes(object, "/JavaScriptCore/runtime/", is_any);
	if (traces->text[TRACE_JSC])
		traces->symbol[TRACE_V8] = NULL;
}

void traces_collect(const struct elf_object *object, struct traces *ret)
{
	struct collection collection = { .traces = ret };

	*ret = (struct traces){ 0 };
	index_rows(&collection.symbols, false);
	index_rows(&collection.texts, true);
	elf_object_find_symbol(object, visit_symbol, &collection);
	elf_object_find_text(object, visit_text, &collection);
	if (!ret->symbol[TRACE_RUST])
		ret->text[TRACE_RUST] = elf_find_bytes(object, "/rustc/", is_rust_commit);
	if (!traces_first(ret, TRACE_RUST))
		ret->text[TRACE_RUST] = elf_find_bytes(object, "/rustc-", is_rust_release);
	tell_engine(object, ret);
	ret->text[TRACE_GO] = go_section(object);
	if (traces_first(ret, TRACE_SNMALLOC))
		ret->text[TRACE_SNMALLOC_VERSION] =
			elf_find_bytes(object, TRACE_SNMALLOC_CRATE, is_crate_version);
	if (traces_first(ret, TRACE_GO))
		ret->text[TRACE_GO_VERSION] =
			elf_find_bytes(object, TRACE_GO_BUILD_INFO, is_go_version);
}
