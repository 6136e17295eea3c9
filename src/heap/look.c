/* SPDX-License-Identifier: MIT */
#include "heap/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/confined.h"
#include "base/units.h"
#include "heap/process-memory.h"

/* The reader stops itself after this CPU time, or that time on a busy machine; then the child is killed. */
#define READ_CPU_NS (6 * NS_PER_SEC)
#define READ_NS (20 * NS_PER_SEC)
#define TIMEOUT_NS (30 * NS_PER_SEC)
#define MOST_BYTES (1ULL << 52)
/* Where so much of the arenas was not seen as chunks, the figures say little. */
#define DOUBT_PART 0.01

struct look_files {
	int mem, pagemap, smaps;
};

static int look_inside(void *argument, struct strbuf *answer, struct error *err)
{
	const struct look_files *files = argument;
	uint64_t began_ns = clock_now_ns(&clock_real);
	struct strbuf text = STRBUF_INIT;
	struct heap_areas areas = { 0 };
	struct timespec used;
	struct process_memory memory;
	struct memory_look *look = xcalloc(1, sizeof(*look));
	int r = strbuf_read_fd(&text, files->smaps, SMAPS_MAX);

	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot read its mappings: %s",
				 strerror(-r));
	smaps_parse(text.buf, &look->kinds, &areas);
	process_memory_init(&memory, files->mem, files->pagemap, READ_CPU_NS, began_ns + READ_NS);
	const struct heap_memory view = process_memory_view(&memory);
	r = glibc_heap_read(&view, areas.items, areas.count, &look->heap);
	look->state = r == 0 ? HEAP_READ : r == -ENOENT ? HEAP_NOT_FOUND : HEAP_DAMAGED;
	if (r < 0)
		memset(&look->heap, 0, sizeof(look->heap));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	look->took_ns = (uint64_t)used.tv_sec * NS_PER_SEC + (uint64_t)used.tv_nsec;
	strbuf_add(answer, look, sizeof(*look));
	/* The process ends next, which frees the rest. */
	return 0;
}

static bool is_bounded(const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] > MOST_BYTES)
			return false;
	return true;
}

int memory_look_parse(const char *bytes, size_t len, struct memory_look *ret)
{
	const struct glibc_heap *heap = &ret->heap;

	if (len != sizeof(*ret))
		return -EBADMSG;
	/* Truth values are bytes of 0 or 1 to the compiler; others must not get in. */
	static const size_t truths[] = {
		offsetof(struct memory_look, heap.has_parameters),
		offsetof(struct memory_look, heap.has_dynamic_threshold),
		offsetof(struct memory_look, heap.out_of_time),
	};
	for (size_t i = 0; i < ARRAY_SIZE(truths); i++)
		if ((unsigned char)bytes[truths[i]] > 1)
			return -EBADMSG;
	memcpy(ret, bytes, sizeof(*ret));
	if ((unsigned int)ret->state >= HEAP_STATE_COUNT)
		return -EBADMSG;
	if (!is_bounded((const uint64_t *)&ret->kinds, sizeof(ret->kinds) / (sizeof(uint64_t))) ||
	    !is_bounded(&heap->arenas,
			offsetof(struct glibc_heap, has_parameters) / sizeof(uint64_t)) ||
	    !is_bounded((const uint64_t *)heap->classes,
			sizeof(heap->classes) / (sizeof(uint64_t))) ||
	    heap->mmapped > MOST_BYTES || heap->mmapped_bytes > MOST_BYTES)
		return -EBADMSG;
	return 0;
}

/* Only who may trace a process may read its memory. */
static int open_file(const struct proc *proc, const char *name, int *ret, struct error *err)
{
	int fd = proc_open_file(proc, name, O_RDONLY);

	if (fd >= 0) {
		*ret = fd;
		return 0;
	}
	if (fd == -ESRCH)
		return error_set(err, ERROR_TARGET, ESRCH, "process %d is gone", (int)proc->pid);
	error_set(err, ERROR_MACHINE, -fd, "cannot read the memory of process %d: %s",
		  (int)proc->pid, strerror(-fd));
	error_hint(err, "run madvisor as root, or as the user of the process with "
			"kernel.yama.ptrace_scope=0");
	return fd;
}

int memory_look(const struct proc *proc, const struct rights *rights, struct memory_look *ret,
		struct error *err)
{
	_cleanup_close_ int mem = -1;
	_cleanup_close_ int pagemap = -1;
	_cleanup_close_ int smaps = -1;
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;

	int r = open_file(proc, "smaps", &smaps, err);
	if (r == 0)
		r = open_file(proc, "mem", &mem, err);
	if (r == 0)
		r = open_file(proc, "pagemap", &pagemap, err);
	if (r < 0)
		return r;
	struct look_files files = { mem, pagemap, smaps };
	const int keep[] = { mem, pagemap, smaps };
	const struct confined confined = {
		.rights = geteuid() == 0 ? rights : NULL,
		.timeout_ns = TIMEOUT_NS,
		.keep = keep,
		.keep_count = ARRAY_SIZE(keep),
	};
	r = confined_call(&confined, look_inside, &files, &answer, err);
	if (r == 0 && memory_look_parse(answer.buf, answer.len, ret) < 0)
		r = error_set(err, ERROR_MACHINE, EBADMSG, "gave no proper answer");
	if (r < 0)
		error_prefix(err, "the reader of the memory of process %d", (int)proc->pid);
	return r;
}

void memory_look_doubt(const struct memory_look *look, struct strbuf *ret)
{
	const struct glibc_heap *heap = &look->heap;

	if (look->state == HEAP_DAMAGED) {
		strbuf_addstr(ret,
			      "what its heap says of itself is contradictory: it is damaged, or "
			      "changes faster than it can be read");
		return;
	}
	if (look->state != HEAP_READ)
		return;
	if (heap->out_of_time) {
		strbuf_addstr(ret,
			      "its heap is too large to be read to the end: the figures are of ");
		format_bytes(ret, (double)heap->walked_bytes);
		strbuf_addstr(ret, " of ");
		format_bytes(ret, (double)heap->system_bytes);
		return;
	}
	double unseen = (double)heap->system_bytes - (double)heap->walked_bytes;
	double skipped = (double)heap->skipped_bytes;
	if (skipped <= 0 && unseen <= DOUBT_PART * (double)heap->system_bytes)
		return;
	if (skipped > 0) {
		format_bytes(ret, skipped);
		strbuf_addstr(
			ret,
			" of its heap are no blocks where blocks should be: it changed while it "
			"was read, or is damaged, or a part was swapped out");
		return;
	}
	format_bytes(ret, unseen);
	strbuf_addstr(ret, " of its heap were not found, and are not in the figures");
}
