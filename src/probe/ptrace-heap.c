/* SPDX-License-Identifier: MIT */
/*
 * Where each traced process's heap ends. At its first brk a process's break is read from /proc,
 * afterwards it is taken from the process's last request, so that many brk calls cost no reads of
 * /proc.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "probe/ptrace-internal.h"
#include "proc/maps.h"
#include "proc/proc.h"

enum { BUCKETS = 1024 };

/* A thread that has called brk. Its process's heap is in the entry of the process's first thread. */
struct brk_heap {
	struct brk_heap *next;
	pid_t tid;
	pid_t process;  /* 0: not read yet */
	uint64_t start; /* of the heap; 0: not read yet */
	uint64_t end;
};

struct trace_heaps {
	struct brk_heap *buckets[BUCKETS];
};

struct trace_heaps *trace_heaps_new(void)
{
	return xcalloc(1, sizeof(struct trace_heaps));
}

static struct brk_heap *heap_of(struct trace_heaps *heaps, pid_t tid)
{
	struct brk_heap **bucket = &heaps->buckets[(unsigned int)tid % BUCKETS];
	struct brk_heap *heap = *bucket;

	while (heap && heap->tid != tid)
		heap = heap->next;
	if (heap)
		return heap;
	heap = xcalloc(1, sizeof(*heap));
	heap->tid = tid;
	heap->next = *bucket;
	return *bucket = heap;
}

void trace_heaps_forget(struct trace_heaps *heaps, pid_t tid)
{
	struct brk_heap **link = &heaps->buckets[(unsigned int)tid % BUCKETS];

	while (*link && (*link)->tid != tid)
		link = &(*link)->next;
	if (!*link)
		return;
	struct brk_heap *heap = *link;
	*link = heap->next;
	free(heap);
}

static int read_process(struct brk_heap *heap, const struct proc *proc)
{
	struct proc_credentials credentials;
	int r = proc_read_credentials(proc, &credentials);

	if (r == 0)
		heap->process = credentials.process;
	return r;
}

/* Reads the start of the heap; -EACCES if this user may not see it. */
static int read_start(struct brk_heap *heap, const struct proc *proc)
{
	struct proc_stat stat;
	int r = proc_read_stat(proc, &stat);

	if (r < 0)
		return r;
	heap->start = stat.heap_start;
	return heap->start ? 0 : -EACCES;
}

/* Reads the end of the mapping "[heap]", which is missing while the heap is empty. */
static int read_end(struct brk_heap *heap, const struct proc *proc)
{
	static const char name[] = "[heap]";
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct map_line line;
	int r = proc_read(proc, "maps", PROC_MAPS_MAX, &text);

	if (r < 0)
		return r;
	heap->end = heap->start;
	for (const char *rest = text.buf; map_next(&rest, &line);)
		if (line.path_len == strlen(name) && !memcmp(line.path, name, line.path_len))
			heap->end = line.end;
	return 0;
}

/* Reads what is not known yet; *heap becomes that of the process. */
static int learn(struct trace_heaps *heaps, struct brk_heap **heap)
{
	_cleanup_proc_ struct proc proc;
	int r = proc_open(&rootfs_real, (*heap)->tid, &proc);

	if (r == 0 && !(*heap)->process)
		r = read_process(*heap, &proc);
	if (r < 0)
		return r;
	*heap = heap_of(heaps, (*heap)->process);
	(*heap)->process = (*heap)->tid;
	if (!(*heap)->start)
		r = read_start(*heap, &proc);
	if (r == 0 && !(*heap)->end)
		r = read_end(*heap, &proc);
	if (r < 0)
		(*heap)->start = (*heap)->end = 0;
	return r;
}

/* The heap of a thread's process, known; NULL with *ret_error otherwise. */
static struct brk_heap *heap_known(struct trace_heaps *heaps, pid_t tid, int *ret_error)
{
	struct brk_heap *heap = heap_of(heaps, tid);

	if (heap->process)
		heap = heap_of(heaps, heap->process);
	*ret_error = heap->start && heap->end ? 0 : learn(heaps, &heap);
	return *ret_error < 0 ? NULL : heap;
}

int64_t trace_heaps_move(struct trace_heaps *heaps, pid_t tid, uint64_t wanted)
{
	int r;

	if (wanted == 0)
		return 0;
	struct brk_heap *heap = heap_known(heaps, tid, &r);
	if (!heap)
		return r;
	if (wanted < heap->start)
		return 0;
	uint64_t bytes = wanted > heap->end ? wanted - heap->end : heap->end - wanted;
	heap->end = wanted;
	return (int64_t)bytes;
}
