/* SPDX-License-Identifier: MIT */
/*
 * alloc/retention: what allocators said at the end of a program's processes that they keep, by the library that is preloaded
 * for it (src/witness/retained.c, alloc/witness). The text is the program's: anything may stand there.
 */
#ifndef MADVISOR_ALLOC_RETENTION_H
#define MADVISOR_ALLOC_RETENTION_H

#include <stddef.h>
#include <stdint.h>

#include "alloc/witness.h"

/* Bytes, where nothing else is said; NAN: it did not tell. */
struct retention {
	const char *allocator; /* static */
	uint64_t pid;
	double resident;   /* of the process */
	double live;       /* what the program has */
	double taken;      /* what the allocator keeps resident for it */
	double freeable;   /* whole free pages */
	double cached;     /* in threads' caches */
	double background; /* 1: threads of its own give pages back; 0: none */
	double decay_ms;   /* -1: never */
};

/* The line of the process with most resident. -ENODATA: there is no line of that form. */
int retention_parse(const char *text, struct retention *ret)
	__attribute__((nonnull, warn_unused_result));
/* The same of what a witness wrote; also -errno of reading. */
int retention_read(const struct witness *witness, struct retention *ret)
	__attribute__((nonnull, warn_unused_result));
/* The environment with the witness first in LD_PRELOAD, asked for this. Free with strv_free(). */
char **retention_environment(const struct witness *witness, char *const *environment)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
