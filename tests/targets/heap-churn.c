/* SPDX-License-Identifier: MIT */
/*
 * Makes the allocator call the kernel in its own ways, always the same: blocks above and below glibc's
 * mmap threshold, allocated, written and freed, so that the heap grows and is trimmed, maps and unmaps.
 * One thread, no clock, no randomness from outside: two runs make the same calls.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200, BLOCKS = 64, BLOCK_MAX_BYTES = 1 << 18 };

int main(void)
{
	char *blocks[BLOCKS] = { NULL };
	unsigned int random = 12345;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < BLOCKS; i++) {
			random = random * 1103515245 + 12345;
			size_t size = 1 + (random >> 8) % BLOCK_MAX_BYTES;

			blocks[i] = malloc(size);
			if (!blocks[i])
				err(1, "malloc");
			memset(blocks[i], i, size);
		}
		for (int i = BLOCKS; i-- > 0;)
			free(blocks[i]);
	}
	return 0;
}
