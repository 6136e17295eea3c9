/* SPDX-License-Identifier: MIT */
/* Calls a jemalloc by its prefixed names. */
#include <stddef.h>
#include <stdio.h>

extern void *_rjem_malloc(size_t size);
extern void _rjem_free(void *memory);

int main(void)
{
	char *volatile text = _rjem_malloc(100);

	snprintf(text, 100, "ready");
	puts(text);
	_rjem_free(text);
	return 0;
}
