/* SPDX-License-Identifier: MIT */
/*
 * workload/crew: threads that all do one job, over and over, and sleep in between.
 *
 * Life: start, any number of crew_run, stop. Threads live as long as the crew, as in a server, so that
 * starting them and their allocator's per-thread set-up is not what is measured.
 */
#ifndef MADVISOR_WORKLOAD_CREW_H
#define MADVISOR_WORKLOAD_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

struct crew_member {
	struct crew *crew;
	unsigned int index;
	pthread_t thread;
};

struct crew {
	CACHE_APART _Atomic uint32_t turn; /* futex: a change is the call to work */
	CACHE_APART _Atomic uint32_t busy; /* futex: members not yet done */
	bool stop;                         /* read after a change of turn */
	unsigned int count;
	void (*job)(void *context, unsigned int index);
	void *context; /* borrowed */
	struct crew_member *members;
};

/* 0 or negative errno of thread creation; then nothing runs. */
int crew_start(struct crew *crew, unsigned int count,
	       void (*job)(void *context, unsigned int index), void *context);
/* Every member does the job once; returns when all are done. */
void crew_run(struct crew *crew);
/* Takes a crew that never started. */
void crew_stop(struct crew *crew);

#endif
