/* SPDX-License-Identifier: MIT */
/* model/retained: what was resident in a process, and what of it was free inside its allocator. */
#ifndef MADVISOR_MODEL_RETAINED_H
#define MADVISOR_MODEL_RETAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum retained_id {
#define RETAINED(id, key, label) RETAINED_##id,
#include "model/retained.def"
#undef RETAINED
	RETAINED_COUNT,
};

enum retained_when {
	RETAINED_PEAK, /* of a command: at the look with most resident */
	RETAINED_LAST, /* of a command: at the last look before its end */
	RETAINED_NOW,  /* of a process: at the end of the observation */
	RETAINED_END,  /* of a command: as its allocator itself said at its end */
	RETAINED_WHEN_COUNT,
};

/* More sizes than this are not kept. */
#define RETAINED_SIZES_MAX 16u

/* Blocks of about one size, and what free memory they hold. */
struct retained_size {
	double block_bytes; /* the largest block in the class, for the program's malloc() */
	double live_blocks, live_bytes;
	double cached_blocks; /* in threads' caches */
	double free_bytes;
	double held_bytes; /* free, on pages that blocks of this size keep */
};

struct retained {
	size_t run_index;
	enum retained_when when;
	uint64_t pid;
	double after_ns; /* from the start of the observation */
	char *allocator; /* whose heap the figures are of; NULL: none */
	char *doubt;     /* why the heap's figures may be off; NULL: no reason */
	char *unknown;   /* why there are none; NULL: there are */
	/* The environment or mallopt(3) set a threshold, so that none grows by itself; false also where it is not known. */
	bool thresholds_fixed;
	double value[RETAINED_COUNT];
	struct retained_size sizes[RETAINED_SIZES_MAX]; /* that hold most first */
	size_t size_count;
};

/* All figures unknown. */
void retained_init(struct retained *retained) __attribute__((nonnull));
void retained_release(struct retained *retained) __attribute__((nonnull));

/* "resident_bytes"; the label or NULL. Static. */
const char *retained_key(enum retained_id id) __attribute__((returns_nonnull, const));
const char *retained_label(enum retained_id id) __attribute__((const));
/* "peak", "last", "now", and back; -1 for an unknown name. Static. */
const char *retained_when_name(enum retained_when when) __attribute__((returns_nonnull, const));
int retained_when_by_name(const char *name) __attribute__((nonnull, pure));

#endif
