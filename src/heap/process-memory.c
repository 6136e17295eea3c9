/* SPDX-License-Identifier: MIT */
#include "heap/process-memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"

enum { ENTRIES = 8192 };
#define PRESENT (1ULL << 63)

static uint64_t page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Reads the entries of up to ENTRIES pages. How many there are; 0: none. */
static size_t read_entries(struct process_memory *memory, uint64_t page, uint64_t count)
{
	size_t wanted = count < ENTRIES ? count : ENTRIES;
	ssize_t n = pread(memory->pagemap, memory->entries, wanted * sizeof(uint64_t),
			  (off_t)(page * sizeof(uint64_t)));

	return n > 0 ? (size_t)n / sizeof(uint64_t) : 0;
}

/* Copies one run of resident pages, or as much of them as is asked for. */
static int copy(const struct process_memory *memory, uint64_t address, unsigned char *ret,
		size_t len)
{
	while (len) {
		ssize_t n = pread(memory->mem, ret, len, (off_t)address);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EFAULT;
		address += (uint64_t)n;
		ret += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_memory(void *context, uint64_t address, void *ret, size_t len)
{
	struct process_memory *memory = context;
	uint64_t page_bytes = page_size();
	unsigned char *to = ret;

	if (address > INT64_MAX - len)
		return -EFAULT;
	while (len) {
		uint64_t page = address / page_bytes;
		uint64_t pages = (address + len - 1) / page_bytes - page + 1;
		size_t count = read_entries(memory, page, pages), run = 1;

		if (!count)
			return -EFAULT;
		bool present = memory->entries[0] & PRESENT;
		while (run < count && (bool)(memory->entries[run] & PRESENT) == present)
			run++;
		uint64_t end = (page + run) * page_bytes;
		size_t part = end - address < len ? end - address : len;
		int r = 0;
		if (present)
			r = copy(memory, address, to, part);
		else
			memset(to, 0, part);
		if (r < 0)
			return r;
		address += part;
		to += part;
		len -= part;
	}
	return 0;
}

/* Bounded by work, and in the end by time too, so that a busy machine does not cut a look short. */
static bool has_time(void *context)
{
	const struct process_memory *memory = context;
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_SEC + (uint64_t)used.tv_nsec < memory->cpu_ns &&
	       clock_now_ns(&clock_real) < memory->deadline_ns;
}

static uint64_t count_resident(void *context, uint64_t start, uint64_t end)
{
	struct process_memory *memory = context;
	uint64_t page_bytes = page_size(), page = start / page_bytes, last = end / page_bytes,
		 pages = 0;

	while (page < last && has_time(memory)) {
		size_t count = read_entries(memory, page, last - page);

		if (!count)
			break;
		for (size_t i = 0; i < count; i++)
			pages += memory->entries[i] >> 63;
		page += count;
	}
	return pages * page_bytes;
}

void process_memory_init(struct process_memory *memory, int mem, int pagemap, uint64_t cpu_ns,
			 uint64_t deadline_ns)
{
	*memory = (struct process_memory){
		.mem = mem,
		.pagemap = pagemap,
		.cpu_ns = cpu_ns,
		.deadline_ns = deadline_ns,
		.entries = xcalloc(ENTRIES, sizeof(uint64_t)),
	};
}

void process_memory_release(struct process_memory *memory)
{
	free(memory->entries);
	memory->entries = NULL;
}

struct heap_memory process_memory_view(struct process_memory *memory)
{
	return (struct heap_memory){
		.read = read_memory,
		.resident = count_resident,
		.has_time = has_time,
		.context = memory,
		.page_bytes = page_size(),
	};
}
