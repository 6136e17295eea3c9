/* SPDX-License-Identifier: MIT */
/*
 * run/taxpayer: the program that the kernel worked most for, of all that a command started or a process has under it,
 * and which allocator serves it: what an explanation is about.
 */
#ifndef MADVISOR_RUN_TAXPAYER_H
#define MADVISOR_RUN_TAXPAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "launch/census.h"

/* Zero-initialised it is not known. */
struct taxpayer {
	bool as_named; /* it is the program that was named, of which nothing new was learnt; else: */
	struct identification program; /* without heaps where it is not known */
	bool is_another;               /* than the program that was named */
	char *path;                    /* of its file; NULL where not even that is known */
	pid_t pid;
	size_t processes;
	double share_pct; /* of the kernel's work for allocators; of page faults where that was not measured */
	char **environment; /* that it was started with; NULL: not known */
	char *unknown;      /* why its allocator is not known; NULL where it is */
	char *others; /* programs with another allocator and a part of the work: "a (glibc 2.36) 12%, …"; NULL: none */
};

/*
 * From a census that was settled. named: what was explained, as identified by its file, or as the process that it
 * is. file: the name under which that was started, for a command; NULL: it is a process.
 */
void taxpayer_find(struct census *census, const struct identification *named, const char *file,
		   struct taxpayer *ret) __attribute__((nonnull(1, 2, 4)));

void taxpayer_release(struct taxpayer *taxpayer);

#endif
