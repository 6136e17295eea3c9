/* SPDX-License-Identifier: MIT */
#include "heap/glibc-heap.h"

size_t glibc_class_of(uint64_t chunk_bytes)
{
	if (chunk_bytes <= 1024)
		return chunk_bytes ? (chunk_bytes - 1) / 16 : 0;
	unsigned int power = 63 - (unsigned int)__builtin_clzll(chunk_bytes - 1);
	size_t quarter = (size_t)((chunk_bytes - 1) >> (power - 2)) & 3;
	size_t index = 64 + 4 * (power - 10) + quarter;

	return index < GLIBC_CLASSES ? index : GLIBC_CLASSES - 1;
}

uint64_t glibc_class_bytes(size_t index)
{
	if (index < 64)
		return 16 * (index + 1);
	uint64_t power = 1ULL << ((index - 64) / 4 + 10);

	return power + power / 4 * ((index - 64) % 4 + 1);
}
