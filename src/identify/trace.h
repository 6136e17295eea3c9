/* SPDX-License-Identifier: MIT */
/*
 * identify/trace: the traces that allocators and language runtimes leave in a file: symbols,
 * and in stripped files texts, sections and bytes. One table; a new allocator or runtime is a few
 * rows of it.
 *
 * The table has only traces that are unique to an allocator or runtime: a program that merely
 * mentions jemalloc, or sets its variable, does not match. Pure: reads only the object.
 */
#ifndef MADVISOR_IDENTIFY_TRACE_H
#define MADVISOR_IDENTIFY_TRACE_H

#include "identify/elf-object.h"

enum trace_of {
	/* allocators */
	TRACE_GLIBC,
	TRACE_MUSL,
	TRACE_JEMALLOC,
	TRACE_MIMALLOC,
	TRACE_SNMALLOC,
	TRACE_TCMALLOC,
	TRACE_TBB,
	TRACE_MOZJEMALLOC,
	TRACE_PARTITION,
	TRACE_RPMALLOC,
	TRACE_HOARD,
	TRACE_SCUDO,
	TRACE_ASAN,
	TRACE_ZIG,
	TRACE_ALLOCATOR_COUNT,
	/* details of an allocator */
	TRACE_GLIBC_VERSION = TRACE_ALLOCATOR_COUNT,
	TRACE_MUSL_VERSION,
	TRACE_MUSL_OLD,
	TRACE_JEMALLOC_VERSION,
	TRACE_JEMALLOC_VARIABLE,
	TRACE_MIMALLOC_3,
	TRACE_SNMALLOC_VERSION,
	TRACE_TCMALLOC_VERSION,
	TRACE_TBB_VERSION,
	/* languages and runtimes */
	TRACE_RUST,
	TRACE_RUST_SHIM, /* the function through which Rust code allocates was not optimised away */
	TRACE_RUST_DEFAULT, /* its default allocator, the C library's, is in use */
	TRACE_RUST_CALLOC,  /* calloc is called, as the default allocator does */
	TRACE_GO,
	TRACE_GO_VERSION,
	TRACE_GCCGO,
	TRACE_JAVA,
	TRACE_V8,
	TRACE_JSC,
	TRACE_NODE,
	TRACE_PYTHON,
	TRACE_PYPY,
	TRACE_RUBY,
	TRACE_PHP,
	TRACE_ERLANG,
	TRACE_R,
	TRACE_OCAML,
	TRACE_HASKELL,
	TRACE_SBCL,
	TRACE_POSTGRES,
	TRACE_APR,
	TRACE_MONO,
	TRACE_BOEHM,
	TRACE_GCC,
	TRACE_NONSTANDARD,      /* an allocator's own functions are called beside malloc */
	TRACE_MALLOC_CALL,      /* malloc is called */
	TRACE_DLOPEN,           /* dlopen is called */
	TRACE_DLOPEN_ALLOCATOR, /* an allocator's library is named */
	TRACE_COUNT,
};

struct traces {
	/*
	 * The first trace of each, borrowed from the object: a text (or the matched part of it),
	 * and the name of a symbol. NULL without one.
	 */
	const char *text[TRACE_COUNT];
	const char *symbol[TRACE_COUNT];
	/*
	 * The prefix of jemalloc's functions ("_rjem_"), not terminated; length 0 without one.
	 */
	const char *jemalloc_prefix;
	size_t jemalloc_prefix_len;
	uint64_t mi_version_at; /* address of mi_version(); 0 without one */
	/*
	 * Addresses of malloc, and of each allocator's own function that malloc is another name of
	 * where it takes malloc over (mi_malloc); 0 without one.
	 */
	uint64_t malloc_at;
	uint64_t own_malloc_at[TRACE_ALLOCATOR_COUNT];
};

/* Collects them all. What it finds lives as long as the object. */
void traces_collect(const struct elf_object *object, struct traces *ret) __attribute__((nonnull));

/*
 * "5.3.0", from the file alone: nothing is run. For mimalloc "2" or "3" if the file says no more.
 * Caller frees; NULL if the file does not say.
 */
char *traces_version(const struct traces *traces, enum trace_of of, const struct elf_object *object)
	__attribute__((nonnull, warn_unused_result));

/* Texts before a version, and for Go its offset: traces_collect() keeps bytes from these on. */
#define TRACE_SNMALLOC_CRATE "snmalloc-sys-"
#define TRACE_GO_BUILD_INFO "\xff Go buildinf:"
/* Its length is the byte before. From the end of the magic. */
#define TRACE_GO_VERSION_AT (33 - 14)

static inline const char *traces_first(const struct traces *traces, enum trace_of of)
{
	return traces->symbol[of] ? traces->symbol[of] : traces->text[of];
}

#endif
