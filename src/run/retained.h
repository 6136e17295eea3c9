/* SPDX-License-Identifier: MIT */
/*
 * run/retained: looks at the memory of what is explained, by heap/look, and keeps the rows for the document: of a process
 * one at the end; of a command two, the look with most resident and the last one before its end.
 *
 * A look reads for up to some seconds. While a command runs, a thread of madvisor's does it, so that its probe is served
 * meanwhile.
 */
#ifndef MADVISOR_RUN_RETAINED_H
#define MADVISOR_RUN_RETAINED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "alloc/retention.h"
#include "heap/look.h"
#include "model/result.h"

/* One look that was taken. */
struct retained_look {
	bool taken;
	pid_t pid;
	double after_ns;
	struct memory_look look;
};

/* Zero-initialised: no look yet. */
struct retained_watch {
	pthread_t thread;
	bool running;
	atomic_bool done;
	struct retained_look now, peak, last;
	size_t looks;
	int failed; /* of the last look: a negative errno */
	char *why;  /* and its message; owned */
	uint64_t began_ns, next_ns;
};

/* For a command, at every tick: begins a look at the process when one is due. */
void retained_watch_tick(struct retained_watch *watch, pid_t pid, uint64_t now_ns)
	__attribute__((nonnull));
/* Ends it: adds rows for run number run_index, and a note where no look succeeded. */
void retained_watch_finish(struct retained_watch *watch, struct result *result, size_t run_index)
	__attribute__((nonnull));
/* Ends it without rows. */
void retained_watch_release(struct retained_watch *watch) __attribute__((nonnull));

/* Looks at a process once. Adds a row, or a note that says why there is none. */
void retained_add_now(struct result *result, size_t run_index, pid_t pid, double after_ns)
	__attribute__((nonnull));

/* A row of what an allocator said at the end of a command. */
void retained_add_end(struct result *result, size_t run_index, const struct retention *retention)
	__attribute__((nonnull));

/* Fills a row in. */
void retained_from_look(struct retained *retained, const struct memory_look *look)
	__attribute__((nonnull));

#endif
