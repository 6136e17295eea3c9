/* SPDX-License-Identifier: MIT */
#include "runtime/queue.h"

#define HALF ((uint64_t)QUEUE_SLOTS / 2)

static struct task *slot_get(struct queue *queue, uint64_t position)
{
	return atomic_load_explicit(&queue->slots[position % QUEUE_SLOTS], memory_order_relaxed);
}

static void slot_set(struct queue *queue, uint64_t position, struct task *task)
{
	atomic_store_explicit(&queue->slots[position % QUEUE_SLOTS], task, memory_order_relaxed);
}

/* Moves the older half of a full ring, then `task`, to the shared queue. False: no longer full. */
static bool queue_overflow(struct queue *queue, uint64_t head, struct task *task,
			   struct injection *overflow)
{
	struct task *moved[HALF];

	for (uint64_t i = 0; i < HALF; i++)
		moved[i] = slot_get(queue, head + i);
	if (!atomic_compare_exchange_strong_explicit(&queue->head, &head, head + HALF,
						     memory_order_acq_rel, memory_order_relaxed))
		return false;
	for (uint64_t i = 0; i + 1 < HALF; i++)
		moved[i]->next = moved[i + 1];
	moved[HALF - 1]->next = task;
	task->next = NULL;
	injection_push(overflow, moved[0], task, HALF + 1);
	return true;
}

void queue_push(struct queue *queue, struct task *task, struct injection *overflow)
{
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

	for (;;) {
		/* Acquire: a thief's copy of a slot comes before our overwriting it. */
		uint64_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
		if (tail - head < QUEUE_SLOTS)
			break;
		if (queue_overflow(queue, head, task, overflow))
			return;
	}
	slot_set(queue, tail, task);
	/* Sequentially consistent: ordered before the look at who is idle, see idle.h. */
	atomic_store(&queue->tail, tail + 1);
}

struct task *queue_pop(struct queue *queue)
{
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);

	while (head < tail) {
		struct task *task = slot_get(queue, head);
		if (atomic_compare_exchange_weak_explicit(&queue->head, &head, head + 1,
							  memory_order_acq_rel,
							  memory_order_relaxed))
			return task;
	}
	return NULL;
}

struct task *queue_steal(struct queue *from, struct queue *into)
{
	uint64_t head = atomic_load_explicit(&from->head, memory_order_acquire);
	uint64_t mine = atomic_load_explicit(&into->tail, memory_order_relaxed);

	for (;;) {
		uint64_t tail = atomic_load_explicit(&from->tail, memory_order_acquire);
		/* An old head beside a new tail would give too many; the claim then fails anyway. */
		uint64_t count = tail > head ? tail - head : 0;
		count = count > QUEUE_SLOTS ? HALF : count - count / 2;
		if (!count)
			return NULL;
		struct task *first = slot_get(from, head);
		for (uint64_t i = 1; i < count; i++)
			slot_set(into, mine + i - 1, slot_get(from, head + i));
		if (!atomic_compare_exchange_strong_explicit(&from->head, &head, head + count,
							     memory_order_acq_rel,
							     memory_order_acquire))
			continue;
		atomic_store_explicit(&into->tail, mine + count - 1, memory_order_release);
		return first;
	}
}

void injection_push(struct injection *injection, struct task *first, struct task *last,
		    uint64_t count)
{
	lock_take(&injection->lock);
	if (injection->last)
		injection->last->next = first;
	else
		injection->first = first;
	injection->last = last;
	uint64_t before = atomic_load_explicit(&injection->count, memory_order_relaxed);
	atomic_store(&injection->count, before + count);
	lock_drop(&injection->lock);
}

/* How many of the waiting tasks one worker takes: its share and one, at most half a ring. */
static uint64_t fair_share(uint64_t waiting, unsigned int workers)
{
	uint64_t share = waiting / workers + 1;

	share = share > HALF ? HALF : share;
	return share > waiting ? waiting : share;
}

/* Takes `count` of `waiting` tasks off the list; they stay linked. Called with the lock held. */
static struct task *unlink_first(struct injection *injection, uint64_t waiting, uint64_t count)
{
	struct task *first = injection->first, *at = first;

	for (uint64_t i = 0; i < count; i++)
		at = at->next;
	injection->first = at;
	if (!at)
		injection->last = NULL;
	atomic_store(&injection->count, waiting - count);
	return first;
}

struct task *injection_take_one(struct injection *injection)
{
	struct task *first = NULL;

	if (injection_empty(injection))
		return NULL;
	lock_take(&injection->lock);
	uint64_t waiting = atomic_load_explicit(&injection->count, memory_order_relaxed);
	if (waiting)
		first = unlink_first(injection, waiting, 1);
	lock_drop(&injection->lock);
	return first;
}

struct task *injection_take(struct injection *injection, struct queue *into, unsigned int workers)
{
	if (injection_empty(injection))
		return NULL;
	lock_take(&injection->lock);
	uint64_t waiting = atomic_load_explicit(&injection->count, memory_order_relaxed);
	uint64_t count = fair_share(waiting, workers);
	struct task *first = unlink_first(injection, waiting, count);
	lock_drop(&injection->lock);
	if (!count)
		return NULL;

	uint64_t tail = atomic_load_explicit(&into->tail, memory_order_relaxed);
	struct task *at = first;
	for (uint64_t i = 1; i < count; i++) {
		at = at->next;
		slot_set(into, tail + i - 1, at);
	}
	atomic_store_explicit(&into->tail, tail + count - 1, memory_order_release);
	return first;
}
