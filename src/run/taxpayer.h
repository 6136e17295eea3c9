/* SPDX-License-Identifier: MIT */
/*
 * run/taxpayer: the subject of an explanation: of all programs under a command or process, the one
 * that the kernel worked most for, and its allocator.
 */
#ifndef MADVISOR_RUN_TAXPAYER_H
#define MADVISOR_RUN_TAXPAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "launch/census.h"

/* Zero-initialised: unknown. */
struct taxpayer {
	bool as_named; /* it is the program that the user named, with no new facts; else: */
	struct identification program; /* without heaps if unknown */
	bool is_another;               /* it differs from the program named */
	char *path;                    /* of its file; NULL if unknown */
	pid_t pid;
	size_t processes;
	double share_pct;   /* of the kernel's work for allocators; of page faults if unmeasured */
	char **environment; /* that it was started with; NULL: unknown */
	char *unknown;      /* why its allocator is unknown; NULL if known */
	char *others; /* programs with other allocators, by share: "a (glibc 2.36) 12%, …"; NULL: none */
};

/*
 * Finds it in a settled census. named: the program that the user named, identified by its file or
 * as a running process. file: the name that the command was started by; NULL: a process.
 */
void taxpayer_find(struct census *census, const struct identification *named, const char *file,
		   struct taxpayer *ret) __attribute__((nonnull(1, 2, 4)));

void taxpayer_release(struct taxpayer *taxpayer);

#endif
