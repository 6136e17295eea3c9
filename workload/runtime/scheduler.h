/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/scheduler: a work-stealing runtime in miniature.
 *
 * N workers, each with a ring of 256 tasks, a LIFO slot for the task it spawned last, and a share of
 * one injection queue. A worker takes from its LIFO slot (three times in a row at most), its ring, the
 * injection queue (first of all once in 61 tasks, for fairness), then steals half of another's ring, and at
 * last spins a little and sleeps on a futex.
 *
 * Conservation is counted: each worker knows how many tasks it ran and how many cells it freed.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_SCHEDULER_H
#define MADVISOR_WORKLOAD_RUNTIME_SCHEDULER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "runtime/idle.h"
#include "runtime/queue.h"
#include "runtime/task.h"
#include "source.h"

struct scheduler;

struct worker {
	struct queue queue;
	CACHE_APART _Atomic uint32_t wake; /* set to wake the worker, which sleeps on it */
	CACHE_APART struct scheduler *scheduler;
	unsigned int index;
	bool searching;
	struct task *lifo;
	uint32_t lifo_runs, tick;
	uint64_t dice;
	struct source source;
	uint64_t ran, freed;       /* tasks run and cells freed by this worker */
	uint64_t ids;              /* sum of a hash of the ids that it ran */
	struct histogram *latency; /* spawn to run, of sampled tasks; owned */
	pthread_t thread;
};

struct scheduler {
	struct injection injection;
	struct idle idle;
	CACHE_APART _Atomic uint32_t stop;
	unsigned int workers;
	enum source_kind kind;
	struct worker *worker; /* `workers` of them; owned */
};

/* workers: 1 to IDLE_WORKERS_MAX. 0 or negative errno of thread creation. */
int scheduler_init(struct scheduler *scheduler, unsigned int workers, enum source_kind kind);
/* No task may be left. Ends and joins the workers. */
void scheduler_release(struct scheduler *scheduler);

/*
 * Spawns: the task's handle is dropped before return. From outside, the caller's source frees the cell
 * if the task is already done; returns whether it did. From inside, the worker counts that itself.
 */
bool scheduler_spawn_remote(struct scheduler *scheduler, struct task *task, struct source *source);
void scheduler_spawn_local(struct worker *worker, struct task *task);

/* Waits until every worker sleeps: what they counted may then be read and reset. */
void scheduler_quiesce(struct scheduler *scheduler);

#endif
