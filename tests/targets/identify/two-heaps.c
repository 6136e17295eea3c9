/* SPDX-License-Identifier: MIT */
/*
 * What a Rust program with two allocators looks like in a file: the shims of the compiler, of which one leads to the
 * global allocator, and the functions of two allocators. Its global one is jemalloc; -DGLOBAL_MIMALLOC: mimalloc.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define VISIBLE __attribute__((noinline, used))

const char *volatile rust =
	"/rustc/17067e9ac6d7ecb70e50f92c1944e545188d2359/library/std/src/panicking.rs";
const char *volatile mimalloc_text = "mimalloc: warning: ";
const char *volatile jemalloc_text = "<jemalloc>: Error in munmap(): ";

static char memory[1 << 16];
static size_t used;

static void *take(size_t size)
{
	used += (size + 15) & ~(size_t)15;
	return memory + used;
}

VISIBLE int _rjem_mallctl(const char *name)
{
	return name != NULL;
}

VISIBLE void *_rjem_malloc(size_t size)
{
	__asm__("");
	return take(size);
}

VISIBLE void *mi_malloc(size_t size)
{
	__asm__("" ::"r"(1));
	return take(size);
}

VISIBLE void *__rg_alloc(size_t size)
{
#ifdef GLOBAL_MIMALLOC
	char *block = mi_malloc(size);
#else
	char *block = _rjem_malloc(size);
#endif
	block[0] = 1;
	return block;
}

VISIBLE void *__rust_alloc(size_t size)
{
	return __rg_alloc(size);
}

int main(void)
{
	_rjem_mallctl("version");
	_rjem_malloc(1);
	mi_malloc(1);
	printf("%p %s %s %s\n", __rust_alloc(16), rust, mimalloc_text, jemalloc_text);
	free(malloc(1));
	return 0;
}
