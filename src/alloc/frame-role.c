/* SPDX-License-Identifier: MIT */
#include "alloc/frame-role.h"

#include <fnmatch.h>
#include <string.h>

#include "alloc/allocator.h"
#include "base/array.h"
#include "base/path.h"

/* Entry points of allocators: malloc(3), C++'s operators, Rust's interface to its allocator. */
static const char *const allocation[] = {
	"malloc",
	"calloc",
	"realloc",
	"reallocarray",
	"free",
	"cfree",
	"free_sized",
	"free_aligned_sized",
	"posix_memalign",
	"aligned_alloc",
	"memalign",
	"valloc",
	"pvalloc",
	"malloc_trim",
	"malloc_usable_size",
	"strdup",
	"strndup",
	"operator new*",
	"operator delete*",
	"_Znw*",
	"_Zna*",
	"_ZdlPv*",
	"_ZdaPv*",
	"__rust_alloc*",
	"__rust_dealloc*",
	"__rust_realloc*",
	"__rdl_*",
	"__rg_*",
	"*::__rust_alloc*",
	"*::__rust_dealloc*",
	"*::__rust_realloc*",
	"*::__rdl_*",
	"*::__rg_*",
	"_R*___rust_*alloc*",
	"_R*___rdl_*",
	"*GlobalAlloc*",
	NULL,
};

/* Runtimes of languages, also compiled into the program. */
static const char *const plumbing[] = {
	"std::*",
	"__gnu_cxx::*",
	"core::*",
	"alloc::*",
	"<alloc::*",
	"<core::*",
	"<std::*",
	"<hashbrown::*",
	"hashbrown::*",
	"_ZNSt*",
	"_ZNKSt*",
	"_ZSt*",
	/* Of the C library, where it is linked in. */
	"__mem*",
	"memcpy*",
	"memset*",
	"memmove*",
	"__str*",
	"__libc_*",
	"_start",
	"start_thread",
	"__clone*",
	"clone",
	"madvise",
	"__madvise",
	"munmap",
	"__munmap",
	"mmap*",
	"__mmap*",
	"brk",
	"__brk",
	"sbrk",
	"__sbrk",
	"mremap",
	"__mremap",
	"syscall",
	NULL,
};

static const char *const runtime_modules[] = {
	"libc.so*",      "libc-[0-9]*", "libc.musl-*",   "ld-linux*",   "ld-musl-*",  "ld-[0-9]*",
	"ld.so*",        "libpthread*", "libm.so*",      "libm-[0-9]*", "libdl*.so*", "librt*.so*",
	"libstdc++.so*", "libc++.so*",  "libc++abi.so*", "libgcc_s*",   "[[]vdso]",   NULL,
};

static bool matches(const char *const *patterns, const char *text)
{
	for (; patterns && *patterns; patterns++)
		if (fnmatch(*patterns, text, 0) == 0)
			return true;
	return false;
}

static bool is_allocators_file(const struct identification *program, const char *module)
{
	for (size_t i = 0; i < allocator_count; i++)
		if (matches(allocators[i]->filenames, path_name(module)) ||
		    matches(allocators[i]->parts, path_name(module)))
			return true;
	for (size_t i = 0; i < program->heap_count; i++) {
		const struct heap *heap = &program->heaps[i];

		/* The C library, or a file with an allocator linked in, also holds other code. */
		if (heap->object &&
		    (heap->how == HEAP_NEEDED || heap->how == HEAP_PRELOADED ||
		     heap->how == HEAP_LOADED) &&
		    !strcmp(path_name(heap->object), path_name(module)))
			return true;
	}
	return false;
}

/* Only allocators known to serve the program: other code may use the same names. */
static bool is_allocators_function(const struct identification *program, const char *function)
{
	if (matches(allocation, function) || matches(allocator_glibc.functions, function))
		return true;
	for (size_t i = 0; i < program->heap_count; i++) {
		const char *name = program->heaps[i].allocator;
		const struct allocator *allocator = name ? allocator_by_name(name) : NULL;

		if (allocator && matches(allocator->functions, function))
			return true;
	}
	return false;
}

/* Whether the first crate of a Rust v0 name ("Cs" and a hash, RFC 2603) is the language's own. */
static bool is_rusts_own(const char *function)
{
	static const char *const crates[] = { "3std", "4core", "5alloc", "9hashbrown" };
	const char *crate = strncmp(function, "_R", 2) ? NULL : strstr(function, "Cs");

	crate = crate ? strchr(crate, '_') : NULL;
	for (size_t i = 0; crate && i < ARRAY_SIZE(crates); i++)
		if (!strncmp(crate + 1, crates[i], strlen(crates[i])))
			return true;
	return false;
}

/* Skips a template's return type: "char* std::fill_n<char*, int>(char*, int)". */
static const char *without_type(const char *function)
{
	const char *start = function;
	int depth = 0;

	for (const char *c = function; *c; c++) {
		if (*c == '<')
			depth++;
		else if (*c == '>' && depth)
			depth--;
		else if (*c == '(' && !depth && c > function)
			break;
		else if (*c == ' ' && !depth)
			start = c + 1;
	}
	return start;
}

enum frame_role frame_role(const struct identification *program, const char *function,
			   const char *module)
{
	if (module && is_allocators_file(program, module))
		return FRAME_ALLOCATOR;
	if (function && is_allocators_function(program, function))
		return FRAME_ALLOCATOR;
	if (module && matches(runtime_modules, path_name(module)))
		return FRAME_RUNTIME;
	if (function && (matches(plumbing, without_type(function)) || is_rusts_own(function)))
		return FRAME_RUNTIME;
	return FRAME_PROGRAM;
}
