/* SPDX-License-Identifier: MIT */
/*
 * model/sweep: a result that is a sweep: one case at many values of one of its parameters, and where a contender jumps.
 *
 * The points are cases[] of the result, each with that parameter. A contender has two curves over them: its time (or what else it
 * is judged by) as a ratio to the limit's, and its page faults for each operation. stats/cliff finds where they jump.
 *
 * Against the limit, not against the baseline, because a jump of the baseline would be one of everybody else. A user's own
 * command has no limit: there the ratio is to the baseline, which has no such curve; where the two values of a jump are next to
 * each other, whose own time jumps tells whose it is.
 */
#ifndef MADVISOR_MODEL_SWEEP_H
#define MADVISOR_MODEL_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/cliff.h"

/* By what a contender's time has to change to jump, as a factor; and its faults. */
#define SWEEP_TIME_STEP 1.2
#define SWEEP_FAULTS_STEP 1.5
/* Faults for each operation, or for each run where operations are not counted, that are added before factors are taken: few are as good as none. */
#define SWEEP_FAULTS_FEW 0.5
#define SWEEP_FAULTS_FEW_OF_RUN 100.0

/* A size at which an allocator does something else by design. */
struct sweep_threshold {
	uint64_t value; /* the last one below it */
	char *name;     /* "tcache_max"; owned */
	char *text;     /* what changes there; owned */
};

struct sweep_cliff {
	size_t contender_index;
	size_t low_case, high_case; /* neighbours among the points: it lies between them */
	bool by_time, by_faults;    /* which of its curves jumps; one or both */
	bool is_narrow;             /* the two are close together */
	bool is_settled;            /* it is narrow, and was confirmed by further rounds */
	bool is_common; /* every contender's time, or else faults, jump there: the case does, not an allocator */
	double time_change; /* factor of the time's ratio to the reference's, of a baseline without one of its time; NAN: not known */
	double faults_low, faults_high; /* for each operation or run, at the two; NAN: not known */
	struct sweep_threshold threshold; /* that lies there; name NULL: none is known */
};

struct sweep {
	char *parameter; /* as cases[].parameters has it: "size" */
	char *unit;      /* "bytes"; NULL: a count */
	struct cliff_axis axis;
	unsigned int rounds; /* that a point has at least; those at a cliff have twice as many */
	struct sweep_cliff *cliffs;
	size_t cliff_count, cliff_alloc;
};

struct sweep *sweep_new(void) __attribute__((returns_nonnull, warn_unused_result));
void sweep_free(struct sweep *sweep);
struct sweep_cliff *sweep_add_cliff(struct sweep *sweep) __attribute__((nonnull, returns_nonnull));

#endif
