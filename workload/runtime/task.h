/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/task: a spawned task, one heap cell as an async runtime makes it.
 *
 * A cell is a header (state, queue link, function), the future (what the case stores) and a trailer
 * at the end of the cell (the waiter). Two parties hold it: the scheduler, until it has run, and
 * the spawner's handle, dropped right after spawning. The last to let go frees the cell.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_TASK_H
#define MADVISOR_WORKLOAD_RUNTIME_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "source.h"

#define TASK_BYTES_DEFAULT 128
#define TASK_BYTES_MIN 64
#define TASK_BYTES_MAX (UINT32_C(1) << 20)

struct worker;
struct task;

/* Tasks that are waited for together. */
struct task_group {
	CACHE_APART _Atomic uint64_t left;
	_Atomic uint32_t done; /* futex */
};

void task_group_init(struct task_group *group, uint64_t tasks);
/* Returns when every task of the group has run and its worker has let go of it. */
void task_group_wait(struct task_group *group);
void task_group_finish(struct task_group *group);

/* One task is over. The last one wakes the waiter; the group may be gone right after. */
static inline void task_group_leave(struct task_group *group)
{
	if (atomic_fetch_sub_explicit(&group->left, 1, memory_order_acq_rel) == 1)
		task_group_finish(group);
}

/* Runs on a worker; worker is borrowed for the call. */
typedef void task_fn(struct task *task, struct worker *worker);

/* task->state: life cycle below, holders above. */
enum {
	TASK_RUNNING = 1 << 0,
	TASK_COMPLETE = 1 << 1,
	TASK_HOLDER = 1 << 4,
};

struct task_trailer {
	void *waiter;  /* NULL, as the handle is dropped */
	uint64_t seal; /* ~id: shows that the cell was written and is still whole */
};

struct task {
	/* header */
	_Atomic uint32_t state;
	uint32_t bytes; /* of the whole cell */
	struct task *next;
	task_fn *run;
	struct task_group *group;
	/* future */
	uint64_t id;
	uint64_t spawned_ns; /* 0: not sampled */
};

static inline struct task_trailer *task_trailer(struct task *task)
{
	return (struct task_trailer *)((char *)task + task->bytes) - 1;
}

/* bytes: TASK_BYTES_MIN to TASK_BYTES_MAX, a multiple of 8. */
static inline struct task *task_new(struct source *source, uint32_t bytes, task_fn *run,
				    struct task_group *group, uint64_t id)
{
	struct task *task = source_alloc(source, bytes);

	atomic_init(&task->state, 2 * TASK_HOLDER);
	task->bytes = bytes;
	task->next = NULL;
	task->run = run;
	task->group = group;
	task->id = id;
	task->spawned_ns = 0;
	*task_trailer(task) = (struct task_trailer){ .waiter = NULL, .seal = ~id };
	return task;
}

/* Lets go, setting `flags` in the same step. True for the last holder, which must free the cell. */
static inline bool task_let_go(struct task *task, uint32_t flags)
{
	/* `flags` are clear before, so adding sets them. */
	uint32_t state =
		atomic_fetch_add_explicit(&task->state, flags - TASK_HOLDER, memory_order_acq_rel);
	return state / TASK_HOLDER == 1;
}

#endif
