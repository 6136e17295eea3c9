/* SPDX-License-Identifier: MIT */
#include "runtime/scheduler.h"

#include <sched.h>
#include <time.h>

#include "now.h"
#include "runtime/futex.h"

/* Of a worker that finds nothing, before it sleeps; a sleep and a wake cost ~10 us. */
enum { SEARCH_SPINS = 100, SEARCH_YIELDS = 4 };
enum { LIFO_RUNS_MAX = 3, INJECTION_FIRST_EVERY = 61 };

static void worker_wake(struct scheduler *scheduler, int index)
{
	if (index < 0)
		return;
	struct worker *worker = &scheduler->worker[index];
	atomic_store_explicit(&worker->wake, 1, memory_order_release);
	futex_wake(&worker->wake, 1);
}

static void notify(struct scheduler *scheduler)
{
	worker_wake(scheduler, idle_pick(&scheduler->idle));
}

bool scheduler_spawn_remote(struct scheduler *scheduler, struct task *task, struct source *source)
{
	uint32_t bytes = task->bytes;

	injection_push(&scheduler->injection, task, task, 1);
	notify(scheduler);
	if (!task_let_go(task, 0))
		return false;
	source_free(source, task, bytes);
	return true;
}

static void worker_let_go(struct worker *worker, struct task *task, uint32_t flags)
{
	uint32_t bytes = task->bytes;

	if (task_let_go(task, flags)) {
		source_free(&worker->source, task, bytes);
		worker->freed++;
	}
}

void scheduler_spawn_local(struct worker *worker, struct task *task)
{
	struct task *before = worker->lifo;

	worker->lifo = task;
	if (before) {
		queue_push(&worker->queue, before, &worker->scheduler->injection);
		notify(worker->scheduler);
	}
	worker_let_go(worker, task, 0);
}

/* A task of the worker's own, newest first but not for ever. */
static struct task *next_own(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	struct task *task;

	if (++worker->tick % INJECTION_FIRST_EVERY == 0) {
		task = injection_take_one(&scheduler->injection);
		if (task)
			return task;
	}
	task = worker->lifo;
	if (task && worker->lifo_runs < LIFO_RUNS_MAX) {
		worker->lifo = NULL;
		worker->lifo_runs++;
		return task;
	}
	worker->lifo_runs = 0;
	if (task) {
		worker->lifo = NULL;
		queue_push(&worker->queue, task, &scheduler->injection);
	}
	return queue_pop(&worker->queue);
}

static struct task *steal(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	unsigned int count = scheduler->workers;

	/* xorshift (Marsaglia 2003): the first worker to steal from. */
	worker->dice ^= worker->dice << 13;
	worker->dice ^= worker->dice >> 7;
	worker->dice ^= worker->dice << 17;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int victim = (unsigned int)((worker->dice + i) % count);
		if (victim == worker->index)
			continue;
		struct task *task = queue_steal(&scheduler->worker[victim].queue, &worker->queue);
		if (task)
			return task;
	}
	return injection_take(&scheduler->injection, &worker->queue, count);
}

/* Another worker's task; searches as long as that is cheaper than sleeping. */
static struct task *search(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;

	if (!worker->searching && !idle_search_begin(&scheduler->idle))
		return NULL;
	worker->searching = true;
	for (int i = 0; i < SEARCH_SPINS + SEARCH_YIELDS; i++) {
		struct task *task = steal(worker);
		if (task)
			return task;
		if (i < SEARCH_SPINS)
			cpu_relax();
		else
			sched_yield();
	}
	return NULL;
}

static struct task *next_task(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;
	struct task *task = next_own(worker);

	if (!task)
		task = injection_take(&scheduler->injection, &worker->queue, scheduler->workers);
	if (!task)
		task = search(worker);
	if (task && worker->searching) {
		worker->searching = false;
		/* A task found suggests more: the last searcher wakes the next. */
		if (idle_search_end(&scheduler->idle))
			notify(scheduler);
	}
	return task;
}

static bool work_anywhere(struct scheduler *scheduler)
{
	if (!injection_empty(&scheduler->injection))
		return true;
	for (unsigned int i = 0; i < scheduler->workers; i++)
		if (!queue_empty(&scheduler->worker[i].queue))
			return true;
	return false;
}

static void worker_sleep(struct worker *worker)
{
	struct scheduler *scheduler = worker->scheduler;

	idle_sleep(&scheduler->idle, worker->index, worker->searching);
	worker->searching = true; /* every wake, our own included, counts us as searching */
	if (work_anywhere(scheduler) && idle_cancel(&scheduler->idle, worker->index))
		return;
	while (!atomic_load_explicit(&worker->wake, memory_order_acquire))
		futex_wait(&worker->wake, 0);
	atomic_store_explicit(&worker->wake, 0, memory_order_relaxed);
}

static void run_task(struct worker *worker, struct task *task)
{
	struct task_group *group = task->group;

	atomic_fetch_or_explicit(&task->state, TASK_RUNNING, memory_order_acquire);
	if (task->spawned_ns)
		histogram_add(worker->latency, now_since(task->spawned_ns));
	task->run(task, worker);
	worker->ran++;
	worker_let_go(worker, task, TASK_COMPLETE);
	task_group_leave(group);
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct scheduler *scheduler = worker->scheduler;

	source_init(&worker->source, scheduler->kind);
	while (!atomic_load_explicit(&scheduler->stop, memory_order_acquire)) {
		struct task *task = next_task(worker);
		if (task)
			run_task(worker, task);
		else
			worker_sleep(worker);
	}
	source_release(&worker->source);
	return NULL;
}

static void worker_init(struct worker *worker, struct scheduler *scheduler, unsigned int index)
{
	worker->scheduler = scheduler;
	worker->index = index;
	worker->dice = index + UINT64_C(0x9e3779b97f4a7c15);
	worker->latency = memory_map(sizeof(*worker->latency));
}

int scheduler_init(struct scheduler *scheduler, unsigned int workers, enum source_kind kind)
{
	*scheduler = (struct scheduler){ .workers = workers, .kind = kind };
	idle_init(&scheduler->idle, workers);
	scheduler->worker = memory_map(workers * sizeof(*scheduler->worker));
	for (unsigned int i = 0; i < workers; i++)
		worker_init(&scheduler->worker[i], scheduler, i);
	for (unsigned int i = 0; i < workers; i++) {
		struct worker *worker = &scheduler->worker[i];
		int r = pthread_create(&worker->thread, NULL, worker_main, worker);
		if (r) {
			scheduler->workers = i;
			return -r;
		}
	}
	return 0;
}

void scheduler_release(struct scheduler *scheduler)
{
	atomic_store(&scheduler->stop, 1);
	for (unsigned int i = 0; i < scheduler->workers; i++)
		worker_wake(scheduler, (int)i);
	for (unsigned int i = 0; i < scheduler->workers; i++)
		pthread_join(scheduler->worker[i].thread, NULL);
	for (unsigned int i = 0; i < scheduler->workers; i++)
		memory_unmap(scheduler->worker[i].latency, sizeof(struct histogram));
	memory_unmap(scheduler->worker, scheduler->workers * sizeof(*scheduler->worker));
	scheduler->worker = NULL;
}

void scheduler_quiesce(struct scheduler *scheduler)
{
	const struct timespec pause = { .tv_nsec = 20000 };

	while (idle_awake(&scheduler->idle))
		nanosleep(&pause, NULL);
}
