/* SPDX-License-Identifier: MIT */
#include "stacks/mappings.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "proc/maps.h"
#include "proc/proc.h"

enum {
	RING_PAGES_MAX = 32, /* a power of two; fewer where memory may not be locked */
	RECORD_MAX = 1 << 16,
	EVENTS_MAX = 1 << 20,
	FILES_MAX = 512, /* each holds a descriptor */
};

/* Records are held back for this long: an earlier one may still arrive from another CPU. */
#define SETTLE_NS (2 * NS_PER_MS)

/* A record of a mapping, fork or exec, of a process that may or may not be watched. */
struct record {
	uint64_t ns;
	size_t order; /* of arrival: equal times keep it */
	enum mapping_change change;
	uint32_t tgid;
	uint32_t parent;
	uint64_t start, bytes, offset, inode;
	dev_t device;
	char *path; /* owned */
};

struct ring {
	int fd;
	struct perf_event_mmap_page *head;
	size_t bytes; /* of the data, behind the page of the head */
};

struct mappings {
	struct stack_log *log;
	struct ring *rings;
	size_t ring_count, ring_alloc;
	struct record *records; /* not yet in the log */
	size_t record_count, record_alloc;
	size_t arrived;
	uint32_t *watched; /* sorted */
	size_t watched_count, watched_alloc;
};

/* The fields that sample_type puts behind every record. */
struct sample_id {
	uint32_t pid, tid;
	uint64_t ns;
};

struct mmap_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, bytes, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[];
};

struct task_record {
	struct perf_event_header header;
	uint32_t pid, parent_pid, tid, parent_tid;
	uint64_t ns;
};

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
};

static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = UINT32_MAX,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static void open_ring(struct mappings *mappings, int cpu)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open_event(cpu);

	for (size_t pages = RING_PAGES_MAX; fd >= 0 && pages; pages /= 2) {
		void *head = mmap(NULL, (pages + 1) * page_bytes, PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0);

		if (head == MAP_FAILED)
			continue;
		*ARRAY_PUSH(mappings->rings, mappings->ring_count, mappings->ring_alloc) =
			(struct ring){ fd, head, pages * page_bytes };
		return;
	}
	if (fd >= 0)
		close(fd);
}

struct mappings *mappings_open(struct stack_log *log)
{
	struct mappings *mappings = xcalloc(1, sizeof(*mappings));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	mappings->log = log;
	for (int cpu = 0; cpu < cpus; cpu++)
		open_ring(mappings, cpu);
	return mappings;
}

/* The index at which the process is, or would be inserted, among the watched ones. */
static size_t place_of(const struct mappings *mappings, uint32_t tgid)
{
	size_t low = 0, high = mappings->watched_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mappings->watched[middle] < tgid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_watched(const struct mappings *mappings, uint32_t tgid)
{
	size_t place = place_of(mappings, tgid);

	return place < mappings->watched_count && mappings->watched[place] == tgid;
}

static void add_watched(struct mappings *mappings, uint32_t tgid)
{
	size_t place = place_of(mappings, tgid);

	if (is_watched(mappings, tgid))
		return;
	(void)ARRAY_PUSH(mappings->watched, mappings->watched_count, mappings->watched_alloc);
	memmove(mappings->watched + place + 1, mappings->watched + place,
		(mappings->watched_count - 1 - place) * sizeof(*mappings->watched));
	mappings->watched[place] = tgid;
}

static uint32_t find_file(struct mappings *mappings, struct record *record)
{
	struct stack_log *log = mappings->log;

	/* The latest are the likeliest. */
	for (size_t i = log->file_count; i-- > 0;)
		if (log->files[i].inode == record->inode &&
		    log->files[i].device == record->device &&
		    !strcmp(log->files[i].path, record->path))
			return (uint32_t)i;
	struct mapped_file *file = ARRAY_PUSH(log->files, log->file_count, log->file_alloc);
	*file = (struct mapped_file){ TAKE_PTR(record->path), record->device, record->inode, -1 };
	if (log->file_count <= FILES_MAX)
		file->fd = mapped_file_open((pid_t)record->tgid, record->start,
					    record->start + record->bytes, file);
	return (uint32_t)(log->file_count - 1);
}

/* Into the log, if it is of a watched process. */
static void settle(struct mappings *mappings, struct record *record)
{
	struct stack_log *log = mappings->log;

	if (record->change == MAPPING_FORKED && is_watched(mappings, record->parent))
		add_watched(mappings, record->tgid);
	if (!is_watched(mappings, record->tgid) || log->event_count >= EVENTS_MAX)
		return;
	struct mapping_event *event = ARRAY_PUSH(log->events, log->event_count, log->event_alloc);
	*event = (struct mapping_event){
		.ns = record->ns,
		.change = record->change,
		.tgid = record->tgid,
		.parent = record->parent,
		.start = record->start,
		.bytes = record->bytes,
		.offset = record->offset,
	};
	if (record->change == MAPPING_ADDED)
		event->file = find_file(mappings, record);
}

static struct record *add_record(struct mappings *mappings, enum mapping_change change,
				 uint32_t tgid, uint64_t ns)
{
	struct record *record =
		ARRAY_PUSH(mappings->records, mappings->record_count, mappings->record_alloc);

	record->ns = ns;
	record->order = mappings->arrived++;
	record->change = change;
	record->tgid = tgid;
	return record;
}

static void take_mapping(struct mappings *mappings, const struct perf_event_header *header,
			 uint64_t ns)
{
	const struct mmap_record *mapped = (const void *)header;
	size_t room = header->size - sizeof(struct sample_id) - sizeof(*mapped);
	struct record *record;

	if (header->size < sizeof(*mapped) + sizeof(struct sample_id) ||
	    header->misc & PERF_RECORD_MISC_MMAP_DATA || mapped->pid == UINT32_MAX)
		return;
	record = add_record(mappings, MAPPING_ADDED, mapped->pid, ns);
	record->start = mapped->start;
	record->bytes = mapped->bytes;
	record->offset = mapped->offset;
	record->inode = mapped->inode;
	record->device = makedev(mapped->major, mapped->minor);
	record->path = xstrndup(mapped->path, strnlen(mapped->path, room));
}

static void take_record(struct mappings *mappings, const struct perf_event_header *header)
{
	struct sample_id id;

	if (header->size < sizeof(*header) + sizeof(id))
		return;
	memcpy(&id, (const char *)header + header->size - sizeof(id), sizeof(id));
	if (header->type == PERF_RECORD_MMAP2) {
		take_mapping(mappings, header, id.ns);
	} else if (header->type == PERF_RECORD_FORK &&
		   header->size >= sizeof(struct task_record) + sizeof(id)) {
		const struct task_record *task = (const void *)header;

		/* A thread shares the mappings of its process. */
		if (task->pid != task->parent_pid)
			add_record(mappings, MAPPING_FORKED, task->pid, id.ns)->parent =
				task->parent_pid;
	} else if (header->type == PERF_RECORD_COMM && header->misc & PERF_RECORD_MISC_COMM_EXEC) {
		add_record(mappings, MAPPING_CLEARED, ((const struct comm_record *)header)->pid,
			   id.ns);
	}
}

/* The records of a ring, put together where they wrap around. */
static void drain_ring(struct mappings *mappings, const struct ring *ring)
{
	static _Alignas(8) char whole[RECORD_MAX];
	const char *data = (const char *)ring->head + sysconf(_SC_PAGESIZE);
	uint64_t head = __atomic_load_n(&ring->head->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->head->data_tail;

	while (tail < head) {
		struct perf_event_header header;
		size_t at = tail % ring->bytes;

		/* Records are multiples of 8 bytes: a header never wraps. */
		memcpy(&header, data + at, sizeof(header));
		if (header.size < sizeof(header))
			break;
		size_t first = ring->bytes - at < header.size ? ring->bytes - at : header.size;
		memcpy(whole, data + at, first);
		memcpy(whole + first, data, header.size - first);
		take_record(mappings, (const struct perf_event_header *)whole);
		tail += header.size;
	}
	__atomic_store_n(&ring->head->data_tail, head, __ATOMIC_RELEASE);
}

static int compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void mappings_drain(struct mappings *mappings, bool last)
{
	uint64_t settled_ns = clock_now_ns(&clock_real) - SETTLE_NS;
	size_t done = 0;

	for (size_t i = 0; i < mappings->ring_count; i++)
		drain_ring(mappings, &mappings->rings[i]);
	if (mappings->record_count)
		qsort(mappings->records, mappings->record_count, sizeof(*mappings->records),
		      compare_records);
	while (done < mappings->record_count && (last || mappings->records[done].ns < settled_ns)) {
		settle(mappings, &mappings->records[done]);
		free(mappings->records[done++].path);
	}
	mappings->record_count -= done;
	if (mappings->record_count)
		memmove(mappings->records, mappings->records + done,
			mappings->record_count * sizeof(*mappings->records));
}

/*
 * A line of /proc/PID/maps. The file may have been mapped at any time before; stacks may have been taken before this
 * was read.
 */
static void take_line(struct mappings *mappings, uint32_t tgid, const struct map_line *line)
{
	if (!line->executable || !line->path_len)
		return;
	struct record record = { .change = MAPPING_ADDED,
				 .tgid = tgid,
				 .start = line->start,
				 .bytes = line->end - line->start,
				 .offset = line->offset,
				 .device = line->device,
				 .inode = line->inode,
				 .path = xstrndup(line->path, line->path_len) };
	settle(mappings, &record);
	free(record.path);
}

void mappings_watch(struct mappings *mappings, pid_t tgid, bool running)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_proc_ struct proc proc = PROC_INIT;
	struct map_line line;

	if (is_watched(mappings, (uint32_t)tgid))
		return;
	add_watched(mappings, (uint32_t)tgid);
	if (!running || proc_open(&rootfs_real, tgid, &proc) < 0 ||
	    proc_read(&proc, "maps", PROC_MAPS_MAX, &text) < 0)
		return;
	for (const char *rest = text.buf; map_next(&rest, &line);)
		take_line(mappings, (uint32_t)tgid, &line);
}

void mappings_close(struct mappings *mappings)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

	if (!mappings)
		return;
	for (size_t i = 0; i < mappings->ring_count; i++) {
		munmap(mappings->rings[i].head, mappings->rings[i].bytes + page_bytes);
		close(mappings->rings[i].fd);
	}
	for (size_t i = 0; i < mappings->record_count; i++)
		free(mappings->records[i].path);
	free(mappings->rings);
	free(mappings->records);
	free(mappings->watched);
	free(mappings);
}
