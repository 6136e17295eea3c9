/* SPDX-License-Identifier: MIT */
/*
 * spawn: tasks spawned into the work-stealing runtime, run, and freed by their last holder.
 *
 * local: one task inside the pool spawns all the others. remote: a thread outside does. chain: each
 * task spawns the next. An iteration ends when all its tasks have run. Latency is from spawn to run,
 * of every 64th task.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel.h"
#include "now.h"
#include "runtime/scheduler.h"
#include "threads.h"

#define SAMPLE_EVERY 64

struct spawn_case {
	struct scheduler scheduler;
	struct task_group group;
	const struct workload_case *c;
	struct source source;   /* of the main thread */
	uint64_t freed_outside; /* cells that the main thread freed */
	uint64_t spawned;       /* tasks, the local shape's root included */
	uint64_t ids;           /* sum of what those tasks' ids hash to */
	uint64_t ids_iteration; /* the same of one iteration */
};

/* Odd multiplier and a shift: sums of these show a task that ran twice in another's stead. */
static inline uint64_t id_hash(uint64_t id)
{
	uint64_t h = (id + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 29;
}

static struct spawn_case *task_spawn(struct task *task)
{
	return (struct spawn_case *)((char *)task->group - offsetof(struct spawn_case, group));
}

static inline struct task *make_task(struct spawn_case *spawn, struct source *source, task_fn *run,
				     uint64_t id)
{
	struct task *task = task_new(source, (uint32_t)spawn->c->task_size, run, &spawn->group, id);

	if (id % SAMPLE_EVERY == 0)
		task->spawned_ns = now_ns();
	return task;
}

/* The work of every task: shows that its cell is intact, and that it ran. */
static inline void task_note(struct task *task, struct worker *worker)
{
	uint64_t seal = task_trailer(task)->seal;

	worker->ids += id_hash(~seal);
}

static void leaf_run(struct task *task, struct worker *worker)
{
	task_note(task, worker);
}

static void chain_run(struct task *task, struct worker *worker)
{
	struct spawn_case *spawn = task_spawn(task);

	task_note(task, worker);
	if (task->id + 1 < spawn->c->operations)
		scheduler_spawn_local(worker,
				      make_task(spawn, &worker->source, chain_run, task->id + 1));
}

static void root_run(struct task *task, struct worker *worker)
{
	struct spawn_case *spawn = task_spawn(task);

	task_note(task, worker);
	for (uint64_t id = 0; id < spawn->c->operations; id++)
		scheduler_spawn_local(worker, make_task(spawn, &worker->source, leaf_run, id));
}

static void spawn_outside(struct spawn_case *spawn, task_fn *run, uint64_t id)
{
	struct task *task = make_task(spawn, &spawn->source, run, id);

	spawn->freed_outside += scheduler_spawn_remote(&spawn->scheduler, task, &spawn->source);
}

static void iterate(struct spawn_case *spawn)
{
	uint64_t tasks = spawn->c->operations;

	switch (spawn->c->shape) {
	case SHAPE_REMOTE:
		task_group_init(&spawn->group, tasks);
		for (uint64_t id = 0; id < tasks; id++)
			spawn_outside(spawn, leaf_run, id);
		break;
	case SHAPE_CHAIN:
		task_group_init(&spawn->group, tasks);
		spawn_outside(spawn, chain_run, 0);
		break;
	default:
		task_group_init(&spawn->group, tasks + 1);
		spawn_outside(spawn, root_run, tasks);
		break;
	}
	task_group_wait(&spawn->group);
}

static void spawn_run(void *state, uint64_t iterations)
{
	struct spawn_case *spawn = state;

	for (uint64_t i = 0; i < iterations; i++)
		iterate(spawn);
	spawn->ids += iterations * spawn->ids_iteration;
	spawn->spawned += iterations * (spawn->c->operations + (spawn->c->shape == SHAPE_LOCAL));
}

static void spawn_settle(void *state)
{
	scheduler_quiesce(&((struct spawn_case *)state)->scheduler);
}

static int spawn_check(void *state, struct error *err)
{
	struct spawn_case *spawn = state;
	uint64_t ran = 0, freed = spawn->freed_outside, ids = 0;

	for (unsigned int i = 0; i < spawn->scheduler.workers; i++) {
		ran += spawn->scheduler.worker[i].ran;
		freed += spawn->scheduler.worker[i].freed;
		ids += spawn->scheduler.worker[i].ids;
	}
	if (ran == spawn->spawned && freed == spawn->spawned && ids == spawn->ids)
		return 0;
	return error_set(err, ERROR_TARGET, EBADMSG,
			 "of %" PRIu64 " tasks spawned, %" PRIu64 " ran and %" PRIu64
			 " were freed%s",
			 spawn->spawned, ran, freed,
			 ids == spawn->ids ? "" : ", and not each of them once");
}

static void spawn_close(void *state)
{
	struct spawn_case *spawn = state;

	scheduler_release(&spawn->scheduler);
	source_release(&spawn->source);
	memory_unmap(spawn, sizeof(*spawn));
}

static int spawn_open(const struct workload_case *c, enum source_kind kind, void **ret_state,
		      struct error *err)
{
	struct spawn_case *spawn = memory_map(sizeof(*spawn));
	unsigned int workers = threads_or_cpus(c->threads);

	spawn->c = c;
	for (uint64_t id = 0; id < c->operations + (c->shape == SHAPE_LOCAL); id++)
		spawn->ids_iteration += id_hash(id);
	source_init(&spawn->source, kind);
	int r = scheduler_init(&spawn->scheduler, workers, kind);
	if (r < 0) {
		spawn_close(spawn);
		return error_set(err, ERROR_MACHINE, -r, "cannot start %u threads: %s", workers,
				 strerror(-r));
	}
	*ret_state = spawn;
	return 0;
}

static void spawn_latency_reset(void *state)
{
	struct spawn_case *spawn = state;

	for (unsigned int i = 0; i < spawn->scheduler.workers; i++)
		histogram_clear(spawn->scheduler.worker[i].latency);
}

static void spawn_latency_merge(void *state, struct histogram *into)
{
	struct spawn_case *spawn = state;

	for (unsigned int i = 0; i < spawn->scheduler.workers; i++)
		histogram_merge(into, spawn->scheduler.worker[i].latency);
}

static uint64_t spawn_operations(const void *state)
{
	return ((const struct spawn_case *)state)->c->operations;
}

const struct kernel kernel_spawn = {
	.family = FAMILY_SPAWN,
	.latency_of = "spawn to run, every 64th task",
	.open = spawn_open,
	.run = spawn_run,
	.settle = spawn_settle,
	.check = spawn_check,
	.latency_reset = spawn_latency_reset,
	.latency_merge = spawn_latency_merge,
	.operations = spawn_operations,
	.close = spawn_close,
};
