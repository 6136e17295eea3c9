/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include "runtime/futex.h"

static void await_turn(struct crew *crew, uint32_t seen)
{
	while (atomic_load_explicit(&crew->turn, memory_order_acquire) == seen)
		futex_wait(&crew->turn, seen);
}

static void *member_main(void *argument)
{
	struct crew_member *member = argument;
	struct crew *crew = member->crew;

	for (uint32_t seen = 0;; seen++) {
		await_turn(crew, seen);
		if (crew->stop)
			return NULL;
		crew->job(crew->context, member->index);
		if (atomic_fetch_sub_explicit(&crew->busy, 1, memory_order_acq_rel) == 1)
			futex_wake(&crew->busy, 1);
	}
}

static void call(struct crew *crew)
{
	atomic_fetch_add_explicit(&crew->turn, 1, memory_order_release);
	futex_wake(&crew->turn, INT_MAX);
}

int crew_start(struct crew *crew, unsigned int count,
	       void (*job)(void *context, unsigned int index), void *context)
{
	*crew = (struct crew){ .job = job, .context = context };
	crew->members = memory_map(count * sizeof(*crew->members));
	for (unsigned int i = 0; i < count; i++) {
		struct crew_member *member = &crew->members[i];
		*member = (struct crew_member){ .crew = crew, .index = i };
		int r = pthread_create(&member->thread, NULL, member_main, member);
		if (r) {
			crew_stop(crew);
			return -r;
		}
		crew->count++;
	}
	return 0;
}

void crew_run(struct crew *crew)
{
	uint32_t busy;

	atomic_store_explicit(&crew->busy, crew->count, memory_order_relaxed);
	call(crew);
	while ((busy = atomic_load_explicit(&crew->busy, memory_order_acquire)))
		futex_wait(&crew->busy, busy);
}

void crew_stop(struct crew *crew)
{
	if (!crew->members)
		return;
	crew->stop = true;
	call(crew);
	for (unsigned int i = 0; i < crew->count; i++)
		pthread_join(crew->members[i].thread, NULL);
	crew->members = NULL;
}
