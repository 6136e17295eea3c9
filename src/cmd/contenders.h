/* SPDX-License-Identifier: MIT */
/*
 * cmd/contenders: turns --contenders and --baseline into rows of the result. A part of
 * cmd/measure.
 */
#ifndef MADVISOR_CMD_CONTENDERS_H
#define MADVISOR_CMD_CONTENDERS_H

#include "alloc/library.h"
#include "identify/identify.h"
#include "base/error.h"
#include "cmd/measure.h"

/* For built-in cases: the baseline is glibc, and each is proven with the workload. */
int measure_resolve_contenders(struct measure *measure, const char *workload, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Adds to an identification by the program's file the heaps that only a run of it shows: those of libraries that it loads,
 * and of programs that it starts.
 */
struct program_look {
	void (*look)(void *context, struct identification *program);
	void *context;
};

/*
 * For a user's own program, such as argv[0]: the baseline is `self`, which changes nothing.
 * Contenders that cannot work according to the program's file are refused with reason and remedy:
 * ERROR_USAGE. A program that cannot be started is ERROR_TARGET. The run checks which allocator
 * serves it. look (NULL: none) is used where no heap of the file has the settings of a self[...].
 */
int measure_resolve_for_program(struct measure *measure, const char *program,
				const struct program_look *look, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* One of two builds of a program. Borrowed. */
struct build {
	const char *program; /* that is started */
	const char *text;    /* what tells it from the other */
};

/*
 * For two builds: `old`, the baseline, and `new`, each as it is, with its own allocator. ERROR_TARGET for
 * one that cannot be started.
 */
int measure_resolve_builds(struct measure *measure, const struct build *old,
			   const struct build *new, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));

/* identify_file() of a program to run; ERROR_TARGET if it cannot be run. */
int identify_program(const struct measure *measure, const char *program, struct identification *ret,
		     struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * If argv[0] is a version manager's shim, puts the file that it leads to in its place, and notes so in the result. *ret_file:
 * that text, owned by the caller; NULL: no shim.
 */
void measure_follow_shim(struct measure *measure, char **argv, char **ret_file)
	__attribute__((nonnull));

/* Where the program needs another allocator's library, has a contender of the C library's allocator preload that one before it. */
void contender_inject_libc(struct contender *contender, const struct identification *program,
			   const struct library_set *libraries) __attribute__((nonnull));

/* Whether contenders were given as "all": those that do not work are then left out. */
bool measure_takes_all(const struct measure *measure) __attribute__((nonnull));

/* Checks that the same contenders can run one more program, such as for another parameter value. */
int measure_check_program(const struct measure *measure, const char *program, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
