/* SPDX-License-Identifier: MIT */
/*
 * identify/door: madvisor opens files for the confined child that identifies a target and lacks the
 * rights: /proc files that only root may read although the user owns the process (a server's worker
 * that dropped its rights), and for a target of root's, libraries in folders closed to others.
 *
 * Only these kinds are opened, read-only: regular files, and /proc/PID entries of this process.
 */
#ifndef MADVISOR_IDENTIFY_DOOR_H
#define MADVISOR_IDENTIFY_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/proc.h"

enum door_kind {
	DOOR_MAPS,
	DOOR_ENVIRON,
	DOOR_AUXV,
	DOOR_WORDS, /* its command line */
	DOOR_MEMORY,
	DOOR_PROGRAM, /* the file that it runs */
	DOOR_ROOT,    /* a place (O_PATH): its "/" */
	DOOR_MAPPED,  /* the file that is mapped at a range */
	DOOR_LIBRARY, /* an ELF file of root's, by its path below the target's root */
	DOOR_KIND_COUNT,
};

/* The parent's end. */
struct door {
	const struct proc *proc; /* NULL: the target is a file */
	bool opens_libraries;
	unsigned int given; /* requests so far; limited */
};

/* For struct confined: its context is a struct door. */
int door_serve(void *context, const void *request, size_t size);

/* In the child. A descriptor that it owns, or a negative errno. */
int door_open(enum door_kind kind) __attribute__((warn_unused_result));
int door_open_mapped(uint64_t start, uint64_t end) __attribute__((warn_unused_result));
int door_open_library(const char *path) __attribute__((nonnull, warn_unused_result));

#endif
