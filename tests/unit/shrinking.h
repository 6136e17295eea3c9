/* SPDX-License-Identifier: MIT */
/* A file that loses its end and gets it back, again and again, while it is read: its reader may end by SIGBUS. */
#ifndef MADVISOR_TESTS_SHRINKING_H
#define MADVISOR_TESTS_SHRINKING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

struct shrinking {
	int fd; /* borrowed, as are the contents */
	const char *contents;
	size_t bytes;
	_Atomic bool done;
	pthread_t thread;
};

static void *shrink_and_grow(void *argument)
{
	struct shrinking *shrinking = argument;

	while (!shrinking->done)
		if (ftruncate(shrinking->fd, 4096) < 0 ||
		    pwrite(shrinking->fd, shrinking->contents, shrinking->bytes, 0) < 0)
			abort();
	return NULL;
}

/* Until shrinking_stop(). */
static void shrinking_start(struct shrinking *shrinking)
{
	if (pthread_create(&shrinking->thread, NULL, shrink_and_grow, shrinking) != 0)
		abort();
}

static void shrinking_stop(struct shrinking *shrinking)
{
	shrinking->done = true;
	pthread_join(shrinking->thread, NULL);
}

#endif
