/* SPDX-License-Identifier: MIT */
/*
 * Makes the kernel work for memory on behalf of one party alone:
 *
 *   whose-doing PARTY
 *
 * own-mapping: the program maps, touches and unmaps. thread-stacks: threads start, touch their stack and end. program-trim: every
 * second block is freed, malloc_trim() called, and they are allocated again. fork-copies: the parent writes to all its memory
 * while a child lives. file-mappings: a shared mapping of a file comes and goes. allocator: large blocks are allocated and freed.
 * growth: small blocks, all kept.
 */
#include <err.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__clang__)
#define OWN __attribute__((noinline)) /* clang makes no clones with other arguments */
#else
#define OWN __attribute__((noinline, noclone))
#endif

#define MIB ((size_t)1 << 20)

static size_t page_bytes;

static OWN void touch_pages(volatile char *area, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += page_bytes)
		area[i] = 1;
}

static void *map(size_t bytes, int flags, int fd)
{
	void *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

static OWN void map_and_unmap(size_t bytes, int flags, int fd)
{
	void *area = map(bytes, flags, fd);

	touch_pages(area, bytes);
	munmap(area, bytes);
}

static void own_mapping(void)
{
	for (int i = 0; i < 300; i++)
		map_and_unmap(4 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void file_mappings(void)
{
	char name[] = "/tmp/whose-doing-XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || unlink(name) < 0 || ftruncate(fd, 4 * MIB) < 0)
		err(1, "%s", name);
	for (int i = 0; i < 400; i++)
		map_and_unmap(4 * MIB, MAP_SHARED, fd);
	close(fd);
}

static void *touch_stack(void *unused)
{
	volatile char area[200000];

	(void)unused;
	for (size_t i = 0; i < sizeof(area); i += page_bytes)
		area[i] = 1;
	return NULL;
}

static void thread_stacks(void)
{
	for (int i = 0; i < 8000; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, touch_stack, NULL) || pthread_join(thread, NULL))
			errx(1, "no thread");
	}
}

static OWN void trim(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

static void program_trim(void)
{
	enum { BLOCKS = 12000, BYTES = 16384 };
	static char *blocks[BLOCKS];

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < BLOCKS; i += round ? 2 : 1) {
			blocks[i] = malloc(BYTES);
			memset(blocks[i], 1, BYTES);
		}
		for (int i = 0; i < BLOCKS; i += 2)
			free(blocks[i]);
		trim();
	}
}

static void fork_copies(void)
{
	char *area = map(128 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	touch_pages(area, 128 * MIB);
	for (int i = 0; i < 5; i++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (child == 0) {
			pause();
			_exit(0);
		}
		touch_pages(area, 128 * MIB);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

/* Above the largest threshold that glibc grows to by itself. */
static void allocator(void)
{
	for (int i = 0; i < 40; i++) {
		char *block = malloc(40 * MIB);

		if (!block)
			err(1, "malloc");
		touch_pages(block, 40 * MIB);
		free(block);
	}
}

static void growth(void)
{
	for (int i = 0; i < 300000; i++) {
		char *block = malloc(1024);

		if (!block)
			err(1, "malloc");
		memset(block, 1, 1024);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} parties[] = {
	{ "own-mapping", own_mapping },
	{ "thread-stacks", thread_stacks },
	{ "program-trim", program_trim },
	{ "fork-copies", fork_copies },
	{ "file-mappings", file_mappings },
	{ "allocator", allocator },
	{ "growth", growth },
};

int main(int argc, char **argv)
{
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; argc == 2 && i < sizeof(parties) / sizeof(parties[0]); i++)
		if (!strcmp(argv[1], parties[i].name)) {
			parties[i].run();
			return 0;
		}
	return 2;
}
