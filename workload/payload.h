/* SPDX-License-Identifier: MIT */
/*
 * workload/payload: the buffers that cases allocate, write, hand over, check and free.
 *
 * Each buffer starts with a mark, a number that its maker chose, and is filled with the mark's low
 * byte where the case fills. The thread that frees it checks both ends, which is cheap; a case with
 * read=yes checks every byte. So a buffer that arrives twice, not at all, or changed, is noticed.
 */
#ifndef MADVISOR_WORKLOAD_PAYLOAD_H
#define MADVISOR_WORKLOAD_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "case.h"
#include "source.h"

/* Random sizes repeat after this many buffers; a power of two. */
#define PAYLOAD_SIZES 4096

struct payload_plan {
	enum case_init init;
	bool read;
	size_t page_bytes;
	size_t size;           /* where fixed */
	const uint32_t *sizes; /* where random: PAYLOAD_SIZES of them, owned; else NULL */
};

void payload_plan_init(struct payload_plan *plan, const struct workload_case *c);
void payload_plan_release(struct payload_plan *plan);

/* Writes one byte a page. */
void payload_touch(const struct payload_plan *plan, char *buffer, size_t size);
/* Reads all of it; whether it is as payload_make() left it. */
bool payload_read(const struct payload_plan *plan, const char *buffer, size_t size, uint64_t mark);

/* The size of a thread's nth buffer. */
static inline size_t payload_size(const struct payload_plan *plan, uint64_t n)
{
	return plan->sizes ? plan->sizes[n % PAYLOAD_SIZES] : plan->size;
}

static inline void *payload_make(const struct payload_plan *plan, struct source *source,
				 size_t size, uint64_t mark)
{
	char *buffer;

	if (plan->init == INIT_CALLOC) {
		buffer = source_alloc_zeroed(source, size);
	} else {
		buffer = source_alloc(source, size);
		if (plan->init == INIT_FILL)
			memset(buffer, (int)(mark & 0xff), size);
		else if (plan->init == INIT_TOUCH)
			payload_touch(plan, buffer, size);
	}
	if (size >= sizeof(mark))
		memcpy(buffer, &mark, sizeof(mark));
	return buffer;
}

/* Frees it, after a look at both ends or, if the case says so, at all of it. */
static inline bool payload_drop(const struct payload_plan *plan, struct source *source,
				void *buffer, size_t size, uint64_t mark)
{
	const unsigned char *bytes = buffer;
	bool good = size < sizeof(mark) || !memcmp(buffer, &mark, sizeof(mark));

	if (plan->init == INIT_FILL && size > sizeof(mark))
		good = good && bytes[size - 1] == (mark & 0xff);
	if (plan->read)
		good = payload_read(plan, buffer, size, mark) && good;
	source_free(source, buffer, size);
	return good;
}

#endif
