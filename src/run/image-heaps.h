/* SPDX-License-Identifier: MIT */
/*
 * run/image-heaps: which programs of a lineage bring an allocator of their own that LD_PRELOAD does
 * not replace: it is in their file, as Go's, and serves them though malloc may be another's.
 */
#ifndef MADVISOR_RUN_IMAGE_HEAPS_H
#define MADVISOR_RUN_IMAGE_HEAPS_H

#include <stddef.h>

#include "probe/lineage.h"

struct image_heap {
	char *path;      /* of the program */
	char *allocator; /* its name; NULL: it has none of its own */
	char *set_with;  /* how it is set; or NULL */
};

struct image_heaps {
	struct image_heap *items;
	size_t count, alloc;
};

#define _cleanup_image_heaps_ __attribute__((cleanup(image_heaps_release)))

/*
 * Looks at the files of the programs with a fiftieth of the CPU time or more. `environment` is that of
 * the command. A file that cannot be identified is passed over.
 */
void image_heaps_find(const struct lineage *lineage, char *const *environment,
		      struct image_heaps *ret) __attribute__((nonnull));

/* That of a program; NULL without one. Borrowed. */
const struct image_heap *image_heaps_of(const struct image_heaps *heaps, const char *path)
	__attribute__((nonnull, pure));

void image_heaps_release(struct image_heaps *heaps) __attribute__((nonnull));

#endif
