/* SPDX-License-Identifier: MIT */
/*
 * Makes memory system calls as a 32-bit program does, by the numbers and the entry of i386, and prints first
 * what they must be counted as, as lines "metric value".
 *
 *   calls-32 ROUNDS [FILE]
 *
 * Announces its measured phase on descriptor 4. Exits with 77 on machines that have no such calls.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SKIPPED = 77, SYNC_FD = 4, BYTES = 5 * 4096, FREED_BYTES = 2 * 4096 };

#if defined(__x86_64__)

/* Numbers: the kernel's arch/x86/entry/syscalls/syscall_32.tbl. */
enum { OLD_MMAP = 90, MUNMAP = 91, MREMAP = 163, MMAP2 = 192, MADVISE = 219, BRK = 45 };

static long call(long number, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void announce(const char *what)
{
	char answer;

	if (write(SYNC_FD, what, 2) != 2 || read(SYNC_FD, &answer, 1) != 1)
		errx(1, "nobody listens at the sync descriptor");
}

static long map(void)
{
	return call(MMAP2, 0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void do_round(unsigned int *arguments)
{
	long pages = map();

	call(MADVISE, pages, BYTES, MADV_DONTNEED, 0, 0);
	call(MADVISE, pages, FREED_BYTES, MADV_FREE, 0, 0);
	call(MADVISE, pages, BYTES, MADV_WILLNEED, 0, 0);
	call(MREMAP, pages, BYTES, BYTES, 0, 0);
	call(MUNMAP, pages, BYTES, 0, 0, 0);
	call(BRK, 0, 0, 0, 0, 0);
	/* Its arguments are in memory that 32 bits can address. */
	pages = call(OLD_MMAP, (long)arguments, 0, 0, 0, 0);
	if (pages == -1 || call(MUNMAP, pages, BYTES, 0, 0, 0))
		errx(1, "the calls do not work");
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	FILE *out = argc > 2 ? fopen(argv[2], "we") : stdout;

	if (!rounds || !out)
		errx(2, "usage: calls-32 ROUNDS [FILE]");
	unsigned int *arguments = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (arguments == MAP_FAILED)
		err(1, "mmap");
	const unsigned int values[] = { 0, BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, ~0u, 0 };
	for (int i = 0; i < 6; i++)
		arguments[i] = values[i];
	fprintf(out, "madvise_dontneed_calls %lu\nmadvise_dontneed_bytes %lu\n", rounds,
		rounds * BYTES);
	fprintf(out, "madvise_free_calls %lu\nmadvise_free_bytes %lu\n", rounds,
		rounds * FREED_BYTES);
	fprintf(out, "mmap_calls %lu\nmmap_bytes %lu\n", 2 * rounds, 2 * rounds * BYTES);
	fprintf(out, "munmap_calls %lu\nmunmap_bytes %lu\n", 2 * rounds, 2 * rounds * BYTES);
	fprintf(out, "mremap_calls %lu\nmremap_bytes %lu\n", rounds, rounds * BYTES);
	fprintf(out, "brk_calls %lu\nbrk_bytes 0\n", rounds);
	fclose(out);
	announce("B\n");
	for (unsigned long i = 0; i < rounds; i++)
		do_round(arguments);
	announce("E\n");
	return 0;
}

#else

int main(void)
{
	return SKIPPED;
}

#endif
