/* SPDX-License-Identifier: MIT */
#include "runtime/task.h"

#include "runtime/futex.h"

void task_group_init(struct task_group *group, uint64_t tasks)
{
	atomic_init(&group->done, 0);
	atomic_init(&group->left, tasks);
}

void task_group_finish(struct task_group *group)
{
	atomic_store_explicit(&group->done, 1, memory_order_release);
	futex_wake(&group->done, 1);
}

void task_group_wait(struct task_group *group)
{
	while (!atomic_load_explicit(&group->done, memory_order_acquire))
		futex_wait(&group->done, 0);
}
