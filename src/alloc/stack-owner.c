/* SPDX-License-Identifier: MIT */
#include "alloc/stack-owner.h"

#include <fnmatch.h>
#include <string.h>

#include "base/path.h"

/* Requests of a program to its allocator to give memory back. */
static const char *const trims[] = {
	"malloc_trim",
	"__malloc_trim",
	"mallctl",
	"mallctlbymib",
	"*je_mallctl*",
	"mi_collect*",
	"mi_heap_collect*",
	"MallocExtension_ReleaseFreeMemory*",
	"MallocExtension_ReleaseToSystem",
	"tcmalloc::MallocExtension::Release*",
	"MallocExtension::Release*",
	"scalable_allocation_command",
	NULL,
};

/*
 * Start, end and stacks of threads in glibc (nptl/allocatestack.c, nptl/nptl-stack.c) and musl. The outermost
 * function of a thread is reached only where no code of the program lies in between.
 */
static const char *const threads[] = {
	"pthread_create*",
	"__pthread_create*",
	"pthread_join*",
	"__pthread_join*",
	"pthread_timedjoin_np",
	"pthread_tryjoin_np",
	"pthread_clockjoin_np",
	"__pthread_clockjoin_ex",
	"pthread_detach*",
	"__pthread_detach*",
	"pthread_exit*",
	"__pthread_exit*",
	"thrd_create",
	"thrd_join",
	"allocate_stack*",
	"advise_stack_range*",
	"__nptl_*",
	"__free_stacks*",
	"__deallocate_stack*",
	"start_thread",
	"__unmapself",
	"clone",
	"clone3",
	"__clone*",
	NULL,
};

static const char *const loaders[] = { "ld-linux*", "ld-[0-9]*", "ld.so*", NULL };

static const char *const loading[] = {
	"dlopen*", "__dlopen*", "dlclose*", "__dlclose*", "_dl_*", "__libc_dlopen*", NULL,
};

/* Files of languages' runtimes: what they map themselves is their own heap, code or stacks. */
static const char *const runtimes[] = {
	"libjvm.so*",   "libj9*.so",    "node",          "libnode.so*",
	"libv8*.so*",   "beam.smp",     "libcoreclr.so", "libclrgc.so",
	"libmono*",     "libgc.so*",    "libmozjs*",     "libjavascriptcoregtk*",
	"libluajit*",   "libruby*.so*", "ruby*",         "libphp*.so*",
	"php*",         "cc1*",         "lto1",          "wasmtime",
	"libwasmtime*", "libgo.so*",    "bun",           NULL,
};

static const char *const runtime_functions[] = {
	"wasmtime*",   "<wasmtime*", "v8::*",     "runtime.*", "JSC::*", "bmalloc::*",
	"WTF::*",      "os::*",      "zend_mm_*", "GC_*",      "caml_*", "erts_*",
	"heap_page_*", "rb_gc_*",    "ggc_*",     "art::*",    "mono_*", NULL,
};

/* CPython's arenas (Objects/obmalloc.c); its other code maps on behalf of the program. */
static const char *const python_files[] = { "python*", "libpython*", NULL };
static const char *const python_heap[] = {
	"_PyObject_Arena*",
	"_PyMem_Arena*",
	"insert_to_freepool*",
	"new_arena*",
	"allocate_from_new_pool*",
	"pymalloc_*",
	"_PyObject_Free*",
	"_PyObject_Malloc*",
	"_PyObject_Realloc*",
	"PyObject_Free*",
	"PyObject_Malloc*",
	"PyObject_Realloc*",
	"PyMem_Free*",
	"PyMem_Malloc*",
	"PyMem_Realloc*",
	NULL,
};

static bool matches(const char *const *patterns, const char *text)
{
	for (; text && *patterns; patterns++)
		if (fnmatch(*patterns, text, 0) == 0)
			return true;
	return false;
}

static bool in_file(const char *const *patterns, const struct code_place *place)
{
	return place->module && matches(patterns, path_name(place->module));
}

/* The heap that lies in the file of this place, but for the C library's; NULL: none is known. */
static const struct heap *heap_in(const struct identification *program, const char *module)
{
	for (size_t i = 0; module && i < program->heap_count; i++) {
		const struct heap *heap = &program->heaps[i];

		if (heap->object && heap->how != HEAP_LIBC &&
		    !strcmp(path_name(heap->object), path_name(module)))
			return heap;
	}
	return NULL;
}

/* Whether the file holds the C library beside the program, as a static one does. */
static bool holds_c_library(const struct identification *program, const char *module)
{
	for (size_t i = 0; module && i < program->heap_count; i++) {
		const struct heap *heap = &program->heaps[i];

		if (heap->object && heap->how == HEAP_LIBC &&
		    !strcmp(path_name(heap->object), path_name(module)))
			return true;
	}
	return false;
}

/* The allocator's own code, or the program's request to it. */
static enum owner owner_in_allocator(const struct identification *program,
				     const struct code_place *places, size_t count)
{
	const struct heap *heap = heap_in(program, places[0].module);

	if (heap && heap != program->heaps)
		return OWNER_OTHER_ALLOCATOR;
	for (size_t i = 0; i < count && places[i].role != FRAME_PROGRAM; i++)
		if (matches(trims, places[i].function))
			return OWNER_TRIM;
	return OWNER_ALLOCATOR;
}

/*
 * The functions that map arenas are static, and have no name in a stripped interpreter: there the innermost of its frames is
 * nameless. Its mmap module is a file of its own, or has names.
 */
static bool is_pythons(const struct code_place *places, size_t count)
{
	size_t i;

	for (i = 0; i < count && in_file(python_files, &places[i]); i++) {
		if (matches(python_heap, places[i].function))
			return true;
		if (places[i].function)
			break;
	}
	return i > 0;
}

static enum owner owner_in_program(const struct identification *program,
				   const struct code_place *places, size_t count)
{
	const struct heap *heap = heap_in(program, places[0].module);

	if (is_pythons(places, count))
		return OWNER_RUNTIME;
	if (in_file(runtimes, &places[0]) || matches(runtime_functions, places[0].function))
		return OWNER_RUNTIME;
	/* A heap that is linked in, of whose functions the file has no names. */
	if (heap && !places[0].function)
		return heap == program->heaps ? OWNER_ALLOCATOR : OWNER_OTHER_ALLOCATOR;
	/* Stripped: the library's wrappers, its allocator and the program look alike. */
	if (!places[0].function && holds_c_library(program, places[0].module))
		return OWNER_UNKNOWN;
	return OWNER_MAPPING;
}

/*
 * A call that start_thread() makes itself, below clone(): glibc gives the stack of a thread that ends back there
 * (nptl/pthread_create.c, advise_stack_range()). Neither has a name without the C library's debug symbols. Its allocator,
 * which also works at a thread's end, calls from deeper.
 */
static bool is_start_of_thread(const struct code_place *places, size_t count)
{
	enum { CALL_START_CLONE = 3 };

	if (count != CALL_START_CLONE || !places[0].function || places[1].function ||
	    places[2].function)
		return false;
	for (size_t i = 0; i < count; i++)
		if (places[i].role != FRAME_RUNTIME || !places[i].module)
			return false;
	return true;
}

/*
 * What a program calls in the C library is exported, and so has a name wherever names could be read. Without one it may
 * be malloc as well as mmap.
 */
static bool is_nameless(const struct code_place *place)
{
	return place->role == FRAME_RUNTIME && place->module && !place->function;
}

enum owner stack_owner(const struct identification *program, const struct code_place *places,
		       size_t count, bool is_whole)
{
	for (size_t i = 0; i < count; i++) {
		const struct code_place *place = &places[i];

		if (matches(trims, place->function))
			return OWNER_TRIM;
		if (place->role == FRAME_ALLOCATOR)
			return owner_in_allocator(program, place, count - i);
		if (place->role == FRAME_PROGRAM && i && is_nameless(place - 1))
			return OWNER_UNKNOWN;
		if (place->role == FRAME_PROGRAM)
			return owner_in_program(program, place, count - i);
		if (in_file(loaders, place) || matches(loading, place->function))
			return OWNER_EXEC;
		if (matches(threads, place->function))
			return OWNER_THREADS;
	}
	return is_whole && is_start_of_thread(places, count) ? OWNER_THREADS : OWNER_UNKNOWN;
}
