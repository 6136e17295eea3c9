/* SPDX-License-Identifier: MIT */
/*
 * Where each traced process's heap ends. At its first brk a process's break is read from /proc, from then on
 * it is what the process last asked for, so that a storm of brk calls costs no reading.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "probe/ptrace-internal.h"

enum { BUCKETS = 1024, MAPS_MAX_BYTES = 16 << 20 };

/* A thread that has called brk. Its process's heap is in the entry of the process's first thread. */
struct heap {
	struct heap *next;
	pid_t tid;
	pid_t process;  /* 0: not read yet */
	uint64_t start; /* of the heap; 0: not read yet */
	uint64_t end;
};

struct trace_heaps {
	struct heap *buckets[BUCKETS];
};

struct trace_heaps *trace_heaps_new(void)
{
	return xcalloc(1, sizeof(struct trace_heaps));
}

static struct heap *heap_of(struct trace_heaps *heaps, pid_t tid)
{
	struct heap **bucket = &heaps->buckets[(unsigned int)tid % BUCKETS];
	struct heap *heap = *bucket;

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
	struct heap **link = &heaps->buckets[(unsigned int)tid % BUCKETS];

	while (*link && (*link)->tid != tid)
		link = &(*link)->next;
	if (!*link)
		return;
	struct heap *heap = *link;
	*link = heap->next;
	free(heap);
}

static int read_text(pid_t tid, const char *name, size_t max, struct strbuf *text)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/%s", (int)tid, name);

	return strbuf_read_file(text, path, max);
}

static int read_process(struct heap *heap)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = read_text(heap->tid, "status", 65536, &text);
	const char *line = r < 0 ? NULL : strstr(text.buf, "\nTgid:");

	if (!line || sscanf(line, "\nTgid: %d", &heap->process) != 1)
		return r < 0 ? r : -ENODATA;
	return 0;
}

/* Field 47 of /proc/PID/stat (proc(5)); 0 where this user may not see it. */
static int read_start(struct heap *heap)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = read_text(heap->tid, "stat", 4096, &text);
	unsigned long long start = 0;

	if (r < 0)
		return r;
	const char *field = strrchr(text.buf, ')');
	for (int number = 2; field && number < 47; number++)
		field = strchr(field + 1, ' ');
	if (!field || sscanf(field, "%llu", &start) != 1 || !start)
		return -EACCES;
	heap->start = start;
	return 0;
}

/* The end of the mapping that the kernel calls the heap; an empty heap has none. */
static int read_end(struct heap *heap)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = read_text(heap->tid, "maps", MAPS_MAX_BYTES, &text);
	unsigned long long end;

	if (r < 0)
		return r;
	heap->end = heap->start;
	for (char *name = strstr(text.buf, "[heap]\n"); name; name = strstr(name + 1, "[heap]\n")) {
		char *line = name;

		while (line > text.buf && line[-1] != '\n')
			line--;
		if (sscanf(line, "%*x-%llx", &end) == 1)
			heap->end = end;
	}
	return 0;
}

/* The heap of a thread's process, known; NULL with *ret_error otherwise. */
static struct heap *heap_known(struct trace_heaps *heaps, pid_t tid, int *ret_error)
{
	struct heap *heap = heap_of(heaps, tid);
	int r = heap->process ? 0 : read_process(heap);

	if (r == 0) {
		heap = heap_of(heaps, heap->process);
		heap->process = heap->tid;
		if (!heap->start)
			r = read_start(heap);
		if (r == 0 && !heap->end)
			r = read_end(heap);
	}
	if (r < 0)
		heap->start = heap->end = 0;
	*ret_error = r;
	return r < 0 ? NULL : heap;
}

int64_t trace_heaps_move(struct trace_heaps *heaps, pid_t tid, uint64_t wanted)
{
	int r;

	if (wanted == 0)
		return 0;
	struct heap *heap = heap_known(heaps, tid, &r);
	if (!heap)
		return r;
	if (wanted < heap->start)
		return 0;
	uint64_t bytes = wanted > heap->end ? wanted - heap->end : heap->end - wanted;
	heap->end = wanted;
	return (int64_t)bytes;
}
