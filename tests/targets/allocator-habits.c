/* SPDX-License-Identifier: MIT */
/*
 * Programs that pay for one habit of their allocator each, by the first argument:
 *
 *   arenas   two threads keep 8,000 blocks of 24 KiB each and free them, in rounds: heaps of threads grow block by block
 *   small    four threads keep 60,000 blocks of 1 KiB each and free them, in rounds: the same by smaller blocks
 *   grow     100,000 blocks of 1 KiB a round are kept: first touches alone
 *   regrow   a block grows twofold up to 32 MiB by realloc(), and is freed
 *   blocks   a block of 50 MB, above every allocator's caches, comes and goes
 *   locks    eight threads allocate and free batches of small blocks: they meet at its locks
 *   populate the program maps 8 MiB itself, which the kernel fills in (MAP_POPULATE), and unmaps them
 *   locked   mlockall(), then blocks of 40 MiB, more than any threshold, come and go: the kernel populates each mapping
 *
 * A second argument is the number of rounds, if not the default. What they do is fixed: no clock, no randomness.
 */
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *allocate(size_t bytes)
{
	char *block = malloc(bytes);

	if (!block)
		err(1, "malloc");
	return block;
}

struct keeper {
	size_t blocks, bytes;
	int rounds;
};

/* Blocks are freed in the order in which they came, as a queue's are. */
static void *keep_and_free(void *context)
{
	const struct keeper *keeper = context;
	char **blocks = allocate(keeper->blocks * sizeof(*blocks));

	for (int round = 0; round < keeper->rounds; round++) {
		for (size_t i = 0; i < keeper->blocks; i++) {
			blocks[i] = allocate(keeper->bytes);
			memset(blocks[i], round, keeper->bytes);
		}
		for (size_t i = 0; i < keeper->blocks; i++)
			free(blocks[i]);
	}
	free(blocks);
	return NULL;
}

enum { BATCH = 64, SIZE_MAX_BYTES = 4000 };

/* Of all sizes up to 4,000 bytes: more than the caches of threads hold, so that each batch goes to the shared lists. */
static void *meet(void *context)
{
	int rounds = *(const int *)context;
	unsigned int random = 12345;
	char *blocks[BATCH];

	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < BATCH; i++) {
			random = random * 1103515245 + 12345;
			blocks[i] = allocate(16 + (random >> 8) % SIZE_MAX_BYTES);
			blocks[i][0] = (char)round;
		}
		for (size_t i = 0; i < BATCH; i++)
			free(blocks[i]);
	}
	return NULL;
}

static void in_threads(int count, void *(*work)(void *), void *context)
{
	pthread_t threads[8];

	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, context))
			errx(1, "pthread_create");
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static void grow(size_t blocks)
{
	for (size_t i = 0; i < blocks; i++)
		memset(allocate(1024), (int)i, 1024);
}

/* A block that grows twofold by realloc(), which moves it, and is freed. */
static void regrow(int rounds)
{
	for (int round = 0; round < rounds; round++) {
		size_t bytes = 4096, full = 0;
		char *block = allocate(bytes);

		for (; bytes <= 32 << 20; bytes *= 2) {
			block = realloc(block, bytes);
			if (!block)
				err(1, "realloc");
			memset(block + full, round, bytes - full);
			full = bytes;
		}
		free(block);
	}
}

/* A block above every allocator's caches, again and again. */
static void use_blocks(int rounds)
{
	for (int round = 0; round < rounds; round++) {
		char *volatile block = allocate(50000000);

		memset(block, round, 50000000);
		free(block);
	}
}

static void populate(int rounds)
{
	for (int round = 0; round < rounds; round++) {
		char *block = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (block == MAP_FAILED)
			err(1, "mmap");
		memset(block, round, 8 << 20);
		munmap(block, 8 << 20);
	}
}

static void stay_locked(int rounds)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(77, "mlockall");
	for (int round = 0; round < rounds; round++) {
		char *block = allocate(40 << 20);

		memset(block, round, 40 << 20);
		free(block);
	}
}

int main(int argc, char **argv)
{
	const char *habit = argc > 1 ? argv[1] : "";
	int rounds = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(habit, "arenas"))
		in_threads(2, keep_and_free,
			   &(struct keeper){ 8000, 24 << 10, rounds ? rounds : 6 });
	else if (!strcmp(habit, "small"))
		in_threads(4, keep_and_free, &(struct keeper){ 60000, 1024, rounds ? rounds : 3 });
	else if (!strcmp(habit, "grow"))
		grow((size_t)(rounds ? rounds : 6) * 100000);
	else if (!strcmp(habit, "regrow"))
		regrow(rounds ? rounds : 40);
	else if (!strcmp(habit, "populate"))
		populate(rounds ? rounds : 40);
	else if (!strcmp(habit, "blocks"))
		use_blocks(rounds ? rounds : 40);
	else if (!strcmp(habit, "locks"))
		in_threads(8, meet, &(int){ rounds ? rounds : 40000 });
	else if (!strcmp(habit, "locked"))
		stay_locked(rounds ? rounds : 50);
	else
		errx(2, "no such habit: '%s'", habit);
	return 0;
}
