/* SPDX-License-Identifier: MIT */
/* A library between a program and an allocator. */
#include <stdlib.h>

void *wrapped(void);

void *wrapped(void)
{
	return malloc(1);
}
