/* SPDX-License-Identifier: MIT */
/*
 * base/array: growable arrays as three plain variables: items, count, alloc.
 *
 * ARRAY_PUSH(items, count, alloc) makes room for one more, zeroes it, counts it, and gives a pointer
 * to it. The pointer is good until the next push. The owner frees `items`.
 */
#ifndef MADVISOR_BASE_ARRAY_H
#define MADVISOR_BASE_ARRAY_H

#include <stddef.h>
#include <string.h>

#include "base/xalloc.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ARRAY_PUSH(items, count, alloc)                                                \
	({                                                                             \
		if ((count) == (alloc)) {                                              \
			(alloc) = (alloc) ? 2 * (alloc) : 8;                           \
			(items) = xreallocarray((items), (alloc), sizeof((items)[0])); \
		}                                                                      \
		memset(&(items)[(count)], 0, sizeof((items)[0]));                      \
		&(items)[(count)++];                                                   \
	})

#endif
