/* SPDX-License-Identifier: MIT */
/* identify/analysis: memory managers of languages and servers, above malloc. */
#include "identify/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/list.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "identify/process.h"

static const struct {
	enum trace_of of;
	const char *name;
	const char *text;
} layers[] = {
	{ TRACE_PYTHON, "pymalloc",
	  "Python objects of up to 512 bytes live in its own arenas; malloc serves the rest; "
	  "PYTHONMALLOC=malloc sends all to malloc" },
	{ TRACE_PYPY, "PyPy heap",
	  "Python objects live in PyPy's own collected heap (PYPY_GC_* variables); malloc serves C code and "
	  "what is raw" },
	{ TRACE_V8, "V8 heap",
	  "JavaScript objects live in V8's own heap (--max-old-space-size); malloc serves buffers and "
	  "native code" },
	{ TRACE_JSC, "JavaScriptCore heap",
	  "JavaScript objects live in JavaScriptCore's own heap (JSC_* variables); malloc serves buffers and "
	  "native code" },
	{ TRACE_JAVA, "JVM heap",
	  "Java objects live in the JVM's own heap (-Xmx); malloc serves its native memory, direct "
	  "buffers and native libraries" },
	{ TRACE_RUBY, "Ruby heap",
	  "objects live in pages of its own heap; malloc serves those pages and whatever does not fit "
	  "a slot" },
	{ TRACE_PHP, "Zend memory manager",
	  "a request's memory comes from chunks of its own; USE_ZEND_ALLOC=0 sends it to malloc" },
	{ TRACE_ERLANG, "erts_alloc",
	  "Erlang's memory comes from carriers of its own (+M options); malloc serves native code and "
	  "what +M sends to it" },
	{ TRACE_R, "R heap",
	  "vectors of up to 128 bytes and all cells live in pages of R's own heap; malloc serves those pages "
	  "and each larger vector" },
	{ TRACE_OCAML, "OCaml heap",
	  "OCaml values live in the runtime's own heap (OCAMLRUNPARAM); malloc serves C code" },
	{ TRACE_HASKELL, "GHC heap",
	  "Haskell values live in the runtime's own heap (+RTS options); malloc serves C code" },
	{ TRACE_SBCL, "SBCL heap",
	  "Lisp objects live in SBCL's own dynamic space (--dynamic-space-size); malloc serves C code" },
	{ TRACE_POSTGRES, "memory contexts",
	  "palloc cuts its pieces out of blocks of 1 KiB to 8 MiB, which come from malloc" },
	{ TRACE_APR, "APR pools",
	  "pools cut their pieces out of blocks of 8 KiB and more, which come from malloc" },
	{ TRACE_MONO, "Mono heap",
	  ".NET objects live in the runtime's own heap; malloc serves native code" },
	{ TRACE_BOEHM, "Boehm collector", "GC_malloc has a heap of its own beside malloc's" },
	{ TRACE_GCC, "GCC's collector",
	  "trees and types live in a collected heap of its own (ggc); malloc serves the rest" },
	{ TRACE_GCCGO, "Go runtime", "Go code has a heap of its own (GOGC); malloc serves C code" },
};

static bool python_sends_all_to_malloc(const char *value)
{
	return !strcmp(value, "malloc") || !strcmp(value, "malloc_debug");
}

static bool is_zero(const char *value)
{
	return atoi(value) == 0;
}

/*
 * Variables that switch a layer off. Sources: Python's "Command line and environment",
 * PYTHONMALLOC; PHP's Zend/zend_alloc.c, start_memory_manager().
 */
static const struct {
	enum trace_of of;
	const char *variable;
	bool (*is_off)(const char *value);
} switches[] = {
	{ TRACE_PYTHON, "PYTHONMALLOC", python_sends_all_to_malloc },
	{ TRACE_PHP, "USE_ZEND_ALLOC", is_zero },
};

/* The assignment that switches the layer off, or NULL. Caller frees. */
static char *switched_off(const struct target_view *view, enum trace_of of)
{
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		const char *value = switches[i].of == of ? environment_value(view->environment,
									     switches[i].variable)
							 : NULL;

		if (value && switches[i].is_off(value))
			return xasprintf("%s=%s", switches[i].variable, value);
	}
	return NULL;
}

/*
 * libarrow has jemalloc and mimalloc linked in, and takes its buffers from one of them or from
 * malloc. Source: Arrow's cpp/src/arrow/memory_pool.cc, DefaultBackend().
 */
static void judge_arrow(const struct target_view *view, struct heap *heap)
{
	static const char variable[] = "ARROW_DEFAULT_MEMORY_POOL";
	const char *pool = environment_value(view->environment, variable);

	if (!heap->object || !heap->allocator || heap->how != HEAP_LINKED_IN ||
	    strncmp(path_name(heap->object), "libarrow.so", strlen("libarrow.so")) != 0)
		return;
	heap->chosen_by = xstrdup(variable);
	if (!pool || !list_has("system jemalloc mimalloc", " ", pool) ||
	    !strcmp(pool, heap->allocator))
		return;
	heap->unused = xasprintf("%s=%s", variable, pool);
}

/* Where Go is the program itself, it is a heap; in a library it is a layer. */
static void add_go_libraries(const struct target_view *view, struct identification *ret)
{
	for (size_t i = 1; i < view->scope->count; i++) {
		const struct scope_entry *entry = &view->scope->items[i];

		if (!traces_first(&entry->traces, TRACE_GO))
			continue;
		*ARRAY_PUSH(ret->layers, ret->layer_count, ret->layer_alloc) = (struct heap_layer){
			.name = xstrdup("Go runtime"),
			.text = xasprintf("%s has a heap of its own for Go code (GOGC)",
					  entry->path ? entry->path : entry->name),
		};
		return;
	}
}

static bool is_anywhere(const struct scope *scope, enum trace_of of)
{
	for (size_t i = 0; i < scope->count; i++)
		if (traces_first(&scope->items[i].traces, of))
			return true;
	return false;
}

void layers_add(const struct target_view *view, struct identification *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++)
		if (is_anywhere(view->scope, layers[i].of))
			*ARRAY_PUSH(ret->layers, ret->layer_count, ret->layer_alloc) =
				(struct heap_layer){ .name = xstrdup(layers[i].name),
						     .text = xstrdup(layers[i].text),
						     .unused = switched_off(view, layers[i].of) };
	add_go_libraries(view, ret);
	for (size_t i = 0; i < ret->heap_count; i++)
		judge_arrow(view, &ret->heaps[i]);
}
