/* SPDX-License-Identifier: MIT */
/*
 * Gives memory back in some functions and touches it again in others, and prints which and how much, so that
 * what is said of its stacks can be compared:
 *
 *   known-stacks [-n ROUNDS] [-l] [-w] [FILE]
 *
 * -l: also gives back, at once, a mapping of 8 GiB of which only the last pages were touched. -w: waits for the end of its standard input first.
 *
 * Prints, before it begins, lines "purge CALL FUNCTION OFFSET PAGES" and "refault CALL FUNCTION OFFSET PAGES": PAGES that
 * the function gave back by CALL or touched again after it; OFFSET of the function in the file, for builds
 * without names. Each is called by way of outer(), middle() and the function named. Built with and without frame pointers,
 * names and unwind tables.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* A function that the compiler leaves as it is, and whose call stays a call. */
#if defined(__clang__)
#define OWN __attribute__((noinline)) /* clang makes no clones with other arguments */
#else
#define OWN __attribute__((noinline, noclone))
#endif
#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

enum { PAGES = 3 };
#define LARGE_BYTES ((size_t)8 << 30)

static size_t page_bytes;
static volatile char *area, *large;

static OWN void touch_after_dontneed(void)
{
	for (size_t i = 0; i < PAGES; i++)
		area[i * page_bytes] = 1;
	NO_TAIL_CALL();
}

static OWN void touch_after_munmap(void)
{
	for (size_t i = 0; i < PAGES; i++)
		area[(PAGES + i) * page_bytes] = 1;
	NO_TAIL_CALL();
}

static OWN void give_back_dontneed(void)
{
	if (madvise((char *)area, PAGES * page_bytes, MADV_DONTNEED) < 0)
		err(1, "madvise");
	NO_TAIL_CALL();
}

static OWN void give_back_munmap(void)
{
	if (munmap((char *)area + PAGES * page_bytes, PAGES * page_bytes) < 0)
		err(1, "munmap");
	NO_TAIL_CALL();
}

static OWN void give_back_large(void)
{
	if (munmap((char *)large, LARGE_BYTES) < 0)
		err(1, "munmap");
	NO_TAIL_CALL();
}

static OWN void map_again(void)
{
	if (mmap((char *)area + PAGES * page_bytes, PAGES * page_bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		err(1, "mmap");
	NO_TAIL_CALL();
}

static OWN void middle(void (*function)(void))
{
	function();
	NO_TAIL_CALL();
}

static OWN void outer(void (*function)(void))
{
	middle(function);
	NO_TAIL_CALL();
}

static void tell(FILE *out, const char *event, const char *call, const char *name,
		 void (*function)(void), unsigned long rounds)
{
	fprintf(out, "%s %s %s 0x%jx %lu\n", event, call, name,
		(uintmax_t)((uintptr_t)function - (uintptr_t)__ehdr_start), rounds * PAGES);
}

int main(int argc, char **argv)
{
	unsigned long rounds = 5;
	FILE *out = stdout;
	bool waits = false, has_large = false;
	char byte;
	int option;

	while ((option = getopt(argc, argv, "ln:w")) != -1) {
		if (option == 'n')
			rounds = strtoul(optarg, NULL, 10);
		else if (option == 'l')
			has_large = true;
		else if (option == 'w')
			waits = true;
		else
			return 2;
	}
	if (optind < argc && !(out = fopen(argv[optind], "we")))
		err(1, "%s", argv[optind]);
	tell(out, "purge", "dontneed", "give_back_dontneed", give_back_dontneed, rounds);
	tell(out, "purge", "munmap", "give_back_munmap", give_back_munmap, rounds);
	tell(out, "refault", "dontneed", "touch_after_dontneed", touch_after_dontneed, rounds);
	tell(out, "refault", "munmap", "touch_after_munmap", touch_after_munmap, rounds);
	if (has_large)
		tell(out, "purge", "munmap", "give_back_large", give_back_large, 1);
	fflush(out);
	while (waits && read(STDIN_FILENO, &byte, 1) > 0)
		;
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	area = mmap(NULL, 2 * PAGES * page_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		err(1, "mmap");
	memset((char *)area, 1, 2 * PAGES * page_bytes);
	if (has_large) {
		large = mmap(NULL, LARGE_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (large == MAP_FAILED)
			err(1, "mmap");
		/* A huge page would be more pages than are printed. */
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		for (size_t i = 1; i <= PAGES; i++)
			large[LARGE_BYTES - i * page_bytes] = 1;
		outer(give_back_large);
	}
	for (unsigned long i = 0; i < rounds; i++) {
		outer(give_back_dontneed);
		outer(touch_after_dontneed);
		outer(give_back_munmap);
		outer(map_again);
		outer(touch_after_munmap);
	}
	return 0;
}
