/* SPDX-License-Identifier: MIT */
/* A library that takes its memory from a jemalloc linked into it, with settings compiled in. */
#include <stddef.h>

void *mallocx(size_t size, int flags);
const char *malloc_conf = "narenas:3";

void *own_take(size_t size)
{
	return mallocx(size, 0);
}
