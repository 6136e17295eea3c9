/* SPDX-License-Identifier: MIT */
/*
 * identify/door: what the confined child that identifies a target has madvisor open for it, which it may not itself:
 * files of a process that are root's to see, though its owner's it is (a worker of a server that gave up its rights), and
 * for a target of root's the libraries in folders that are closed to others.
 *
 * Only these kinds, only to be read, only regular files and what /proc/PID has of this one process.
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
	unsigned int given; /* so far: there is an end to it */
};

/* For struct confined: its context is a struct door. */
int door_serve(void *context, const void *request, size_t size);

/* In the child. A descriptor that it owns, or a negative errno. */
int door_open(enum door_kind kind) __attribute__((warn_unused_result));
int door_open_mapped(uint64_t start, uint64_t end) __attribute__((warn_unused_result));
int door_open_library(const char *path) __attribute__((nonnull, warn_unused_result));

#endif
