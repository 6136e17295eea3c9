/* SPDX-License-Identifier: MIT */
/*
 * Does what an allocator does when it fights its settings: writes to pages and gives them back with
 * madvise(MADV_DONTNEED), again and again. Each write after the first faults: a refault.
 *
 *   madvise-storm THREADS ROUNDS PAGES [FILE]
 *
 * Prints first, as lines "metric value", what this causes: calls, and at least so many faults.
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned long rounds, pages;
static long page_bytes;

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text)
		errx(2, "not a number: %s", text);
	return value;
}

static void *storm(void *unused)
{
	size_t bytes = pages * (size_t)page_bytes;
	volatile char *area =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	for (unsigned long i = 0; i < rounds; i++) {
		for (unsigned long k = 0; k < pages; k++)
			area[k * (size_t)page_bytes] = 1;
		if (madvise((char *)area, bytes, MADV_DONTNEED) < 0)
			err(1, "madvise");
	}
	return unused;
}

int main(int argc, char **argv)
{
	FILE *out = stdout;

	if (argc < 4 || argc > 5)
		errx(2, "usage: madvise-storm THREADS ROUNDS PAGES [FILE]");
	unsigned long threads = number(argv[1]);
	rounds = number(argv[2]);
	pages = number(argv[3]);
	page_bytes = sysconf(_SC_PAGESIZE);
	if (argc == 5)
		out = fopen(argv[4], "we");
	if (!out)
		err(1, "%s", argv[4]);
	fprintf(out, "madvise_dontneed_calls %lu\n", threads * rounds);
	fprintf(out, "minor_faults %lu\n", threads * rounds * pages);
	fclose(out);

	/* A huge page would make one fault of many. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	/* The main thread works too; the others' stacks are our own, so that libc does not purge them. */
	pthread_t *others = calloc(threads, sizeof(*others));
	for (unsigned long i = 1; i < threads; i++) {
		size_t stack_bytes = 1 << 18;
		pthread_attr_t attr;
		void *stack = mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

		pthread_attr_init(&attr);
		if (stack == MAP_FAILED || pthread_attr_setstack(&attr, stack, stack_bytes) ||
		    pthread_create(&others[i], &attr, storm, NULL))
			errx(1, "cannot start a thread");
	}
	storm(NULL);
	for (unsigned long i = 1; i < threads; i++)
		pthread_join(others[i], NULL);
	free(others);
	return 0;
}
