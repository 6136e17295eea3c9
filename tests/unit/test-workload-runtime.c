/* SPDX-License-Identifier: MIT */
/* The task runtime: its queues one by one, then whole pools, where every task must run once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "runtime/idle.h"
#include "runtime/queue.h"
#include "runtime/scheduler.h"

static struct queue queue, other;
static struct injection injection;
static struct task tasks[3 * QUEUE_SLOTS];

static int setup(void **state)
{
	(void)state;
	queue = (struct queue){ 0 };
	other = (struct queue){ 0 };
	injection = (struct injection){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++)
		tasks[i] = (struct task){ .id = i };
	return 0;
}

static void push(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		queue_push(&queue, &tasks[i], &injection);
}

static void test_queue_order(void **state)
{
	(void)state;
	assert_true(queue_empty(&queue));
	assert_null(queue_pop(&queue));
	for (size_t round = 0; round < 3; round++) {
		push(0, QUEUE_SLOTS);
		for (size_t i = 0; i < QUEUE_SLOTS; i++)
			assert_ptr_equal(queue_pop(&queue), &tasks[i]);
		assert_null(queue_pop(&queue));
	}
	assert_true(injection_empty(&injection));
}

/* The older half of a full ring and the task that did not fit, in order, to the shared queue. */
static void test_queue_overflow(void **state)
{
	(void)state;
	push(0, QUEUE_SLOTS + 1);
	for (size_t i = 0; i < QUEUE_SLOTS / 2; i++)
		assert_ptr_equal(injection_take_one(&injection), &tasks[i]);
	assert_ptr_equal(injection_take_one(&injection), &tasks[QUEUE_SLOTS]);
	assert_null(injection_take_one(&injection));
	for (size_t i = QUEUE_SLOTS / 2; i < QUEUE_SLOTS; i++)
		assert_ptr_equal(queue_pop(&queue), &tasks[i]);
	assert_null(queue_pop(&queue));
}

static void test_queue_steal(void **state)
{
	(void)state;
	assert_null(queue_steal(&queue, &other));
	push(0, 1);
	assert_ptr_equal(queue_steal(&queue, &other), &tasks[0]);
	assert_true(queue_empty(&queue) && queue_empty(&other));
	push(0, 101);
	/* 51 of 101: the first is returned, the other 50 are the thief's. */
	assert_ptr_equal(queue_steal(&queue, &other), &tasks[0]);
	for (size_t i = 1; i < 51; i++)
		assert_ptr_equal(queue_pop(&other), &tasks[i]);
	assert_null(queue_pop(&other));
	for (size_t i = 51; i < 101; i++)
		assert_ptr_equal(queue_pop(&queue), &tasks[i]);
}

static void test_injection_shares(void **state)
{
	(void)state;
	for (size_t i = 0; i < 10; i++)
		injection_push(&injection, &tasks[i], &tasks[i], 1);
	/* 10 for 4 workers: 10 / 4 + 1 = 3, one of them returned. */
	assert_ptr_equal(injection_take(&injection, &queue, 4), &tasks[0]);
	assert_ptr_equal(queue_pop(&queue), &tasks[1]);
	assert_ptr_equal(queue_pop(&queue), &tasks[2]);
	assert_null(queue_pop(&queue));
	for (size_t i = 3; i < 10; i++)
		assert_ptr_equal(injection_take_one(&injection), &tasks[i]);
	assert_null(injection_take(&injection, &queue, 4));
}

static void test_idle(void **state)
{
	struct idle idle;

	(void)state;
	idle_init(&idle, 3);
	assert_int_equal(idle_pick(&idle), -1); /* nobody sleeps */
	assert_true(idle_search_begin(&idle));
	assert_true(idle_search_begin(&idle));
	assert_false(idle_search_begin(&idle)); /* two of three is enough */
	idle_sleep(&idle, 2, true);
	assert_int_equal(idle_pick(&idle), -1); /* one searches already */
	assert_true(idle_search_end(&idle));
	assert_int_equal(idle_pick(&idle), 2);
	assert_false(idle_cancel(&idle, 2)); /* it was picked */
	assert_int_equal(idle_awake(&idle), 3);
	idle_sleep(&idle, 2, true);
	assert_true(idle_cancel(&idle, 2));
	assert_int_equal(idle_awake(&idle), 3);
}

/* One owner pushes and pops while thieves steal; each of many tasks must come out once. */
#define STRESS_TASKS 200000

static _Atomic unsigned char seen[STRESS_TASKS];
static _Atomic bool stress_over;

static void see(struct task *task)
{
	atomic_fetch_add(&seen[task->id], 1);
}

static void *thief_main(void *argument)
{
	struct queue *mine = argument;

	while (!atomic_load(&stress_over)) {
		struct task *task = queue_steal(&queue, mine);
		for (; task; task = queue_pop(mine))
			see(task);
		task = injection_take(&injection, mine, 2);
		for (; task; task = queue_pop(mine))
			see(task);
	}
	return NULL;
}

static void test_stress(void **state)
{
	static struct queue thieves[2];
	struct task *many = calloc(STRESS_TASKS, sizeof(*many)), *task;
	pthread_t threads[ARRAY_SIZE(thieves)];

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thief_main, &thieves[i]), 0);
	for (size_t i = 0; i < STRESS_TASKS; i++) {
		many[i].id = i;
		queue_push(&queue, &many[i], &injection);
		if (i % 3 == 0 && (task = queue_pop(&queue)))
			see(task);
	}
	while ((task = queue_pop(&queue)))
		see(task);
	atomic_store(&stress_over, true);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	while ((task = injection_take_one(&injection)))
		see(task);
	for (size_t i = 0; i < STRESS_TASKS; i++)
		assert_int_equal(atomic_load(&seen[i]), 1);
	free(many);
}

struct pool_run {
	struct scheduler scheduler;
	struct task_group group;
	_Atomic uint64_t ran;
};

static struct pool_run run;

static void leaf(struct task *task, struct worker *worker)
{
	(void)task;
	(void)worker;
	atomic_fetch_add(&run.ran, 1);
}

/* Spawns a binary tree of tasks: ids 2i and 2i + 1 below 4096. */
static void branch(struct task *task, struct worker *worker)
{
	uint64_t id = task->id;

	for (uint64_t child = 2 * id; child < 2 * id + 2 && child < 4096; child++)
		scheduler_spawn_local(worker, task_new(&worker->source, TASK_BYTES_MIN, branch,
						       &run.group, child));
	leaf(task, worker);
}

static uint64_t freed(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < run.scheduler.workers; i++)
		sum += run.scheduler.worker[i].freed;
	return sum;
}

static void pool_pass(unsigned int workers, enum source_kind kind)
{
	struct source source;
	uint64_t outside = 0;

	source_init(&source, kind);
	atomic_store(&run.ran, 0);
	assert_int_equal(scheduler_init(&run.scheduler, workers, kind), 0);
	for (int round = 0; round < 20; round++) {
		task_group_init(&run.group, 1000 + 4095);
		for (uint64_t i = 0; i < 1000; i++)
			outside += scheduler_spawn_remote(&run.scheduler,
							  task_new(&source, TASK_BYTES_DEFAULT,
								   leaf, &run.group, i),
							  &source);
		outside += scheduler_spawn_remote(
			&run.scheduler, task_new(&source, TASK_BYTES_MIN, branch, &run.group, 1),
			&source);
		task_group_wait(&run.group);
		if (round % 5 == 0) /* from a standing start, too */
			scheduler_quiesce(&run.scheduler);
	}
	scheduler_quiesce(&run.scheduler);
	assert_int_equal(atomic_load(&run.ran), 20 * (1000 + 4095));
	assert_int_equal(freed() + outside, 20 * (1000 + 4095));
	scheduler_release(&run.scheduler);
	source_release(&source);
}

static void test_pools(void **state)
{
	(void)state;
	for (unsigned int workers = 1; workers <= 8; workers++)
		pool_pass(workers, workers % 2 ? SOURCE_MALLOC : SOURCE_POOL);
}

/*
 * One task at a time, spawned at every moment of the workers' falling asleep: nobody comes after it to
 * wake them, so a wake-up that is lost shows as a test that never ends.
 */
static void test_single_tasks(void **state)
{
	struct source source = { NULL };

	(void)state;
	assert_int_equal(scheduler_init(&run.scheduler, 2, SOURCE_MALLOC), 0);
	for (unsigned int i = 0; i < 30000; i++) {
		for (volatile unsigned int pause = 0; pause < i * 7 % 20000; pause++)
			;
		task_group_init(&run.group, 1);
		scheduler_spawn_remote(&run.scheduler,
				       task_new(&source, TASK_BYTES_MIN, leaf, &run.group, i),
				       &source);
		task_group_wait(&run.group);
	}
	scheduler_release(&run.scheduler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_queue_order, setup),
		cmocka_unit_test_setup(test_queue_overflow, setup),
		cmocka_unit_test_setup(test_queue_steal, setup),
		cmocka_unit_test_setup(test_injection_shares, setup),
		cmocka_unit_test_setup(test_idle, setup),
		cmocka_unit_test_setup(test_stress, setup),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_single_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
