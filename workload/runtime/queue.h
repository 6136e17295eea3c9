/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/queue: a worker's run queue and the queue that all workers share.
 *
 * The worker's is a ring of 256 slots. Only its owner adds, at the tail; owner and thieves take at the
 * head by compare-and-swap. A thief first copies half of what is there, then claims it by moving
 * the head; the owner overwrites a slot only after the head has passed it, and the 64-bit head
 * never comes back, so a claim that succeeds copied valid slots. When the ring is full, half of it
 * goes to the shared queue in one lot.
 *
 * The shared (injection) queue is a list through the tasks, under a lock.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_QUEUE_H
#define MADVISOR_WORKLOAD_RUNTIME_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "runtime/lock.h"
#include "runtime/task.h"

#define QUEUE_SLOTS 256

struct queue {
	CACHE_APART _Atomic uint64_t head; /* owner and thieves */
	CACHE_APART _Atomic uint64_t tail; /* owner */
	CACHE_APART _Atomic(struct task *) slots[QUEUE_SLOTS];
};

struct injection {
	CACHE_APART struct lock lock;
	struct task *first, *last;
	_Atomic uint64_t count; /* written with the lock held, read without */
};

/* All zero is empty, for both. */

/* Owner. A full ring sends half of itself and the task to the shared queue. */
void queue_push(struct queue *queue, struct task *task, struct injection *overflow);
/* Owner. The oldest task, or NULL. */
struct task *queue_pop(struct queue *queue);
/* Owner of `into`, which is empty: takes half of `from`. One of them is returned; NULL if none. */
struct task *queue_steal(struct queue *from, struct queue *into);

static inline bool queue_empty(struct queue *queue)
{
	return atomic_load(&queue->head) >= atomic_load(&queue->tail);
}

/* Any thread: tasks first to last, linked by next, `count` of them. */
void injection_push(struct injection *injection, struct task *first, struct task *last,
		    uint64_t count);
/* Owner of `into`, which is empty: takes a fair share for one of `workers`. One is returned. */
struct task *injection_take(struct injection *injection, struct queue *into, unsigned int workers);
/* The oldest, or NULL. */
struct task *injection_take_one(struct injection *injection);

static inline bool injection_empty(struct injection *injection)
{
	return !atomic_load(&injection->count);
}

#endif
