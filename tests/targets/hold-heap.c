/* SPDX-License-Identifier: MIT */
/*
 * Holds blocks of glibc's malloc in a way that is chosen, prints what mallinfo2(3) says of them, and waits:
 *
 *     hold-heap SHAPE [MIB]
 *
 * small       blocks of 48 bytes and more, of which one in 50 is kept: its pages cannot be given back
 * mixed       blocks of 16 bytes to 100 KiB, of which about half are kept
 * mapped      large blocks with mappings of their own, and some that are not
 * threads     blocks of eight threads that are at rest, each with an arena and a cache; most are freed
 * fast        blocks for the fastbins, freed without end
 * whole       all blocks are freed but the last: malloc_trim(3) gives nearly all back
 * idle        threads that have ended left arenas with much that is free
 * turns       as threads, but one thread after the other: with one arena they would use the same memory
 * full        as threads, and nothing is freed
 * damaged     small, with headers overwritten
 * racing      small, and then a thread that allocates and frees without end
 *
 * It prints, before it waits: arena uordblks fordblks fsmblks hblkhd hblks keepcost. On a line "info" of standard input it
 * prints them again; on "trim" it calls malloc_trim(0) and prints by how many bytes its resident memory shrank. At the end
 * of the input it ends.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, BLOCKS_MAX = 8 << 20 };

static void **blocks;
static size_t block_count;
static unsigned int seed = 7;

static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static void *filled(size_t bytes)
{
	char *block = malloc(bytes);

	if (!block)
		abort();
	memset(block, 0x5a, bytes);
	return block;
}

/* Of bytes to bytes + spread, until so much is taken. */
static void take(size_t all_bytes, size_t bytes, size_t spread)
{
	while (all_bytes > bytes + spread && block_count < BLOCKS_MAX) {
		size_t now = bytes + (spread ? next_random(&seed) * 7919u % spread : 0);

		blocks[block_count++] = filled(now);
		all_bytes -= now;
	}
}

static void keep_one_in(size_t part)
{
	for (size_t i = 0; i < block_count; i++)
		if (i % part)
			free(blocks[i]);
}

static pthread_barrier_t ready;

struct work {
	size_t bytes;
	const char *shape;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int is_shape(const struct work *work, const char *name)
{
	return !strcmp(work->shape, name);
}

static void *thread_main(void *argument)
{
	const struct work *work = argument;
	size_t count = work->bytes / 400, most = count;
	void **own = calloc(most, sizeof(*own));
	unsigned int state = (unsigned int)(uintptr_t)&state;

	if (is_shape(work, "turns"))
		pthread_mutex_lock(&turn);
	for (size_t i = 0; i < count; i++)
		own[i] = filled(16 + next_random(&state) % 768);
	for (size_t i = 0; i < count && !is_shape(work, "full"); i++)
		if (i % 10)
			free(own[i]);
	if (is_shape(work, "turns"))
		pthread_mutex_unlock(&turn);
	pthread_barrier_wait(&ready);
	if (!is_shape(work, "idle"))
		for (;;)
			pause();
	return NULL;
}

static void run_threads(const char *name, size_t bytes)
{
	static struct work work;
	pthread_t threads[THREADS];

	work.bytes = bytes / THREADS;
	work.shape = name;
	pthread_barrier_init(&ready, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread_main, &work) != 0)
			abort();
	pthread_barrier_wait(&ready);
	for (int i = 0; is_shape(&work, "idle") && i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Keeps the sum about the same. */
static void *race(void *unused)
{
	static void *slots[4096];
	unsigned int state = 1;

	(void)unused;
	for (;;) {
		unsigned int i = next_random(&state) % 4096;

		free(slots[i]);
		slots[i] = filled(16 + next_random(&state) % 2000);
	}
	return NULL;
}

/* Nothing here allocates: it would change what is told. */
static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(1);
}

/* From smaps_rollup: the counts in statm lag behind, by up to 32 pages a CPU. */
static size_t resident(void)
{
	char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	const char *line = strstr(text, "\nRss:");
	return line ? strtoul(line + 5, NULL, 10) * 1024 : 0;
}

static void say_info(void)
{
	struct mallinfo2 info = mallinfo2();
	char text[512];

	snprintf(text, sizeof(text), "%zu %zu %zu %zu %zu %zu %zu\n", info.arena, info.uordblks,
		 info.fordblks, info.fsmblks, info.hblkhd, info.hblks, info.keepcost);
	say(text);
}

static void say_trimmed(void)
{
	size_t before = resident();
	char text[64];

	malloc_trim(0);
	size_t after = resident();
	snprintf(text, sizeof(text), "%zu\n", before > after ? before - after : 0);
	say(text);
}

/* Sizes of kept blocks, so that the walk meets nonsense again and again. */
static void damage(void)
{
	for (size_t i = 0; i < block_count; i += 5000)
		memset((char *)blocks[i] - 8, 0xff, 8);
}

static void shape(const char *name, size_t bytes)
{
	if (!strcmp(name, "small") || !strcmp(name, "damaged") || !strcmp(name, "racing")) {
		take(bytes, 48, 160);
		keep_one_in(50);
	} else if (!strcmp(name, "mixed")) {
		take(bytes / 2, 16, 1000);
		take(bytes / 2, 2000, 100000);
		keep_one_in(2);
	} else if (!strcmp(name, "mapped")) {
		mallopt(M_MMAP_THRESHOLD, 128 * 1024);
		take(bytes * 3 / 4, 200000, 800000);
		take(bytes / 4, 1000, 50000);
		keep_one_in(3);
	} else if (!strcmp(name, "threads") || !strcmp(name, "idle") || !strcmp(name, "turns") ||
		   !strcmp(name, "full")) {
		run_threads(name, bytes);
	} else if (!strcmp(name, "fast")) {
		take(bytes, 24, 90);
		keep_one_in(4);
	} else if (!strcmp(name, "whole")) {
		/* By mallopt, so that free() itself gives nothing back. */
		mallopt(M_TRIM_THRESHOLD, 1 << 30);
		mallopt(M_TOP_PAD, 0);
		take(bytes, 4000, 9000);
		for (size_t i = 0; i + 1 < block_count; i++)
			free(blocks[i]);
	} else {
		abort();
	}
}

int main(int argc, char **argv)
{
	size_t bytes = (size_t)(argc > 2 ? atoi(argv[2]) : 64) << 20;
	pthread_t racer;
	char line[64];

	if (argc < 2)
		return 2;
	/* Not from the heap that is held. */
	blocks = valloc(BLOCKS_MAX * sizeof(*blocks));
	shape(argv[1], bytes);
	if (!strcmp(argv[1], "racing") && pthread_create(&racer, NULL, race, NULL) != 0)
		abort();
	if (!strcmp(argv[1], "damaged"))
		damage();
	say_info();
	while (read(0, line, sizeof(line)) > 0) {
		if (line[0] == 't')
			say_trimmed();
		else
			say_info();
	}
	_exit(0);
}
