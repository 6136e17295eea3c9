/* SPDX-License-Identifier: MIT */
#include "payload.h"

#include <math.h>
#include <unistd.h>

#include "base/random.h"

/* Equal shares for each doubling, as sizes in real programs spread; the same in every run. */
static uint32_t *sizes_new(const struct workload_case *c)
{
	uint32_t *sizes = memory_map(PAYLOAD_SIZES * sizeof(*sizes));
	double ratio = log((double)c->size_max / (double)c->size_min);
	struct random random;

	random_init(&random, 1);
	for (unsigned int i = 0; i < PAYLOAD_SIZES; i++)
		sizes[i] = (uint32_t)((double)c->size_min * exp(ratio * random_unit(&random)));
	return sizes;
}

void payload_plan_init(struct payload_plan *plan, const struct workload_case *c)
{
	*plan = (struct payload_plan){
		.init = (enum case_init)c->init,
		.read = c->read,
		.page_bytes = (size_t)sysconf(_SC_PAGESIZE),
		.size = c->size_min,
		.sizes = c->size_max > c->size_min ? sizes_new(c) : NULL,
	};
}

void payload_plan_release(struct payload_plan *plan)
{
	memory_unmap((void *)plan->sizes, PAYLOAD_SIZES * sizeof(*plan->sizes));
	plan->sizes = NULL;
}

void payload_touch(const struct payload_plan *plan, char *buffer, size_t size)
{
	for (size_t i = 0; i < size; i += plan->page_bytes)
		((volatile char *)buffer)[i] = 1;
}

/* Differences from `pattern` in whole words from offset on, or'ed together. */
static uint64_t words_differ(const char *buffer, size_t offset, size_t size, uint64_t pattern)
{
	uint64_t differ[4] = { 0, 0, 0, 0 };

	for (; offset + sizeof(differ) <= size; offset += sizeof(differ)) {
		uint64_t words[4];
		memcpy(words, buffer + offset, sizeof(words));
		for (int i = 0; i < 4; i++)
			differ[i] |= words[i] ^ pattern;
	}
	for (; offset < size; offset++)
		differ[0] |= ((unsigned char)buffer[offset] ^ pattern) & 0xff;
	return differ[0] | differ[1] | differ[2] | differ[3];
}

bool payload_read(const struct payload_plan *plan, const char *buffer, size_t size, uint64_t mark)
{
	uint64_t byte = plan->init == INIT_FILL ? mark & 0xff : 0;
	size_t head = size < sizeof(mark) ? 0 : sizeof(mark);
	uint64_t differ = words_differ(buffer, head, size, byte * UINT64_C(0x0101010101010101));

	/* touch and none leave bytes unwritten, which may have any value. */
	return plan->init == INIT_TOUCH || plan->init == INIT_NONE || !differ;
}
