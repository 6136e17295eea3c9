/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* madvisor's status for "the measured program failed". */
#define EXIT_TARGET 3

void memory_exhausted(size_t bytes)
{
	char line[96];
	int n = snprintf(line, sizeof(line), "madvisor-workload: no memory for %zu bytes\n", bytes);

	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		_exit(EXIT_TARGET);
	_exit(EXIT_TARGET);
}

void *memory_map(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		memory_exhausted(bytes);
	return memory;
}

void memory_unmap(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}
