/* SPDX-License-Identifier: MIT */
#include "alloc/preload.h"

#include <errno.h>
#include <string.h>

#include "alloc/allocator.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

/* heaps[0] is the program's own allocator. */
static const struct heap *first_heap(const struct identification *program)
{
	return program->heap_count ? &program->heaps[0] : NULL;
}

/* "it uses jemalloc 5.3.1, which is linked in". Caller frees. */
static char *describe(const struct heap *heap)
{
	const char *version = heap->version ? heap->version : "";

	if (!heap->allocator || heap->how != HEAP_LINKED_IN)
		return NULL;
	return xasprintf("it uses %s%s%s, which is linked in", heap->allocator, *version ? " " : "",
			 version);
}

/* A hint for a heap that cannot be replaced. */
static void hint_way_out(const struct identification *program, const struct heap *heap,
			 struct error *err)
{
	const struct allocator *known = heap->allocator ? allocator_by_name(heap->allocator) : NULL;
	bool is_dynamic = strcmp(program->kind, "static") && strcmp(program->kind, "go");

	if (is_dynamic && heap->how != HEAP_LINKED_IN)
		error_hint(err, "compare a copy of it that has no special rights: `cp` makes one");
	else if (known && known->example && heap->env_var)
		error_hint(err,
			   "tune it through %s with --contenders 'self,self[%s]', or rebuild it %s",
			   heap->env_var, known->example,
			   is_dynamic ? "without an allocator of its own" : "as a dynamic program");
	else if (heap->set_with)
		error_hint(err,
			   "it is set with %s: compare scripts that set it, or rebuild the program",
			   heap->set_with);
	else
		error_hint(err, "%srebuild the program with another allocator, and compare the two",
			   heap->nothing_to_set ? "it reads no settings: " : "");
}

static int refuse_musl(const struct identification *program, struct error *err)
{
	error_set(err, ERROR_USAGE, EPERM,
		  "%s: its C library is musl, and the allocators here are built for glibc",
		  program->target);
	error_hint(err, "build the program with glibc, or link it with another allocator");
	return -EPERM;
}

int program_check_preload(const struct identification *program, struct error *err)
{
	const struct heap *heap = first_heap(program);

	if (!heap)
		return 0;
	if (heap->how == HEAP_LIBC && heap->allocator && !strcmp(heap->allocator, "musl"))
		return refuse_musl(program, err);
	if (heap->preload_replaceable != TRISTATE_NO)
		return 0;
	_cleanup_free_ char *what = describe(heap);
	error_set(err, ERROR_USAGE, EPERM, "LD_PRELOAD has no effect on %s: %s%s%s",
		  program->target, what ? what : "", what && heap->preload_reason ? "; " : "",
		  heap->preload_reason ? heap->preload_reason : "");
	hint_way_out(program, heap, err);
	return -EPERM;
}
