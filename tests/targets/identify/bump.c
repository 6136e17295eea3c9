/* SPDX-License-Identifier: MIT */
/* An allocator that nobody knows: it never gives anything back. */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *memory);

static _Alignas(16) char arena[1 << 20];
static _Atomic size_t used;

void *malloc(size_t size)
{
	size_t at = atomic_fetch_add(&used, (size + 31) & ~(size_t)15);

	return at + size + 16 < sizeof(arena) ? memcpy(arena + at, &size, sizeof(size)) + 16 : NULL;
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size);
}

void *realloc(void *old, size_t size)
{
	char *new = malloc(size);
	size_t old_size = 0;

	if (old)
		memcpy(&old_size, (char *)old - 16, sizeof(old_size));
	if (new &&old)
		memcpy(new, old, old_size < size ? old_size : size);
	return new;
}

void free(void *memory)
{
}
