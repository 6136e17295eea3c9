/* SPDX-License-Identifier: MIT */
/*
 * Programs whose allocator gives memory back and takes it again, each by another mechanism of its own: in counts they look
 * alike, and each needs a knob of its own.
 *
 *   purge-kinds one   KIB ROUNDS        a buffer at a time is filled and freed
 *   purge-kinds some  KIB ROUNDS        four buffers between KIB and twice that are alive, each replaced in turn
 *   purge-kinds queue KIB ROUNDS        a thread fills buffers, another frees them, 64 of them are under way
 *   purge-kinds waves KIB ROUNDS MIB [PAUSE]   as many buffers as MIB holds are kept and then freed, in rounds; after
 *                                       each it sleeps for PAUSE milliseconds
 *   purge-kinds crowd KIB ROUNDS MIB    the same in two threads at once, half of it in each
 *
 * What they do is fixed: no randomness, and no clock but the pauses.
 */
#include <err.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KIB ((size_t)1024)

static char *fill(size_t bytes, int with)
{
	char *buffer = malloc(bytes);

	if (!buffer)
		err(1, "malloc");
	return memset(buffer, with, bytes);
}

static void one(size_t bytes, int rounds)
{
	for (int i = 0; i < rounds; i++)
		free(fill(bytes, i));
}

static void some(size_t bytes, int rounds)
{
	enum { LIVE = 4, STEPS = 7 };
	char *live[LIVE] = { 0 };

	for (int i = 0; i < rounds; i++) {
		free(live[i % LIVE]);
		live[i % LIVE] = fill(bytes + bytes * (size_t)(i * 3 % STEPS) / STEPS, i);
	}
	for (int i = 0; i < LIVE; i++)
		free(live[i]);
}

enum { UNDER_WAY = 64 };

static struct {
	sem_t free, full;
	char *slots[UNDER_WAY];
	int rounds;
} queue;

static void *receive(void *context)
{
	(void)context;
	for (int i = 0; i < queue.rounds; i++) {
		sem_wait(&queue.full);
		free(queue.slots[i % UNDER_WAY]);
		sem_post(&queue.free);
	}
	return NULL;
}

static void send_all(size_t bytes, int rounds)
{
	pthread_t receiver;

	sem_init(&queue.free, 0, UNDER_WAY);
	sem_init(&queue.full, 0, 0);
	queue.rounds = rounds;
	if (pthread_create(&receiver, NULL, receive, NULL))
		errx(1, "pthread_create");
	for (int i = 0; i < rounds; i++) {
		sem_wait(&queue.free);
		queue.slots[i % UNDER_WAY] = fill(bytes, i);
		sem_post(&queue.full);
	}
	pthread_join(receiver, NULL);
}

struct waves {
	size_t bytes, count;
	int rounds, pause_ms;
};

static void *surge(void *context)
{
	const struct waves *waves = context;
	const struct timespec pause = { .tv_sec = waves->pause_ms / 1000,
					.tv_nsec = waves->pause_ms % 1000 * 1000000L };
	char **kept = calloc(waves->count, sizeof(*kept));

	if (!kept)
		err(1, "calloc");
	for (int round = 0; round < waves->rounds; round++) {
		for (size_t i = 0; i < waves->count; i++)
			kept[i] = fill(waves->bytes, round);
		for (size_t i = 0; i < waves->count; i++)
			free(kept[i]);
		if (waves->pause_ms)
			nanosleep(&pause, NULL);
	}
	free(kept);
	return NULL;
}

static void crowd(struct waves *waves)
{
	pthread_t threads[2];

	waves->count /= 2;
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, surge, waves))
			errx(1, "pthread_create");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: purge-kinds KIND KIB ROUNDS [MIB [PAUSE]]");
	size_t bytes = (size_t)atoi(argv[2]) * KIB;
	int rounds = atoi(argv[3]);
	struct waves waves = { bytes, 0, rounds, argc > 5 ? atoi(argv[5]) : 0 };

	if (argc > 4)
		waves.count = (size_t)atoi(argv[4]) * KIB * KIB / bytes;
	if (!strcmp(argv[1], "one"))
		one(bytes, rounds);
	else if (!strcmp(argv[1], "some"))
		some(bytes, rounds);
	else if (!strcmp(argv[1], "queue"))
		send_all(bytes, rounds);
	else if (!strcmp(argv[1], "waves"))
		surge(&waves);
	else if (!strcmp(argv[1], "crowd"))
		crowd(&waves);
	else
		errx(2, "no such kind: '%s'", argv[1]);
	return 0;
}
