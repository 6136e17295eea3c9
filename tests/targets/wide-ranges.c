/* SPDX-License-Identifier: MIT */
/*
 * With one page in every 2 MiB of so many MiB of addresses, maps and unmaps as many addresses again without touching them, so
 * many times: next to nothing to the kernel, and long to an observer that looks for each chunk of them. Then gives the pages
 * back and touches them again.
 *
 *   wide-ranges MIB CALLS
 */
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>

#define STEP_BYTES (2ul << 20)

static char *map(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	return memory;
}

static void touch(char *memory, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += STEP_BYTES)
		memory[at] = 1;
}

int main(int argc, char **argv)
{
	size_t bytes, calls;
	char *memory;

	if (argc < 3)
		return 2;
	bytes = strtoul(argv[1], NULL, 10) << 20;
	calls = strtoul(argv[2], NULL, 10);
	memory = map(bytes);
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) < 0)
		warn("madvise");
	touch(memory, bytes);
	while (calls--)
		munmap(map(bytes), bytes);
	if (madvise(memory, bytes, MADV_DONTNEED) < 0)
		err(1, "madvise");
	touch(memory, bytes);
	return 0;
}
