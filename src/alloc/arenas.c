/* SPDX-License-Identifier: MIT */
#include "alloc/arenas.h"

#include "base/rootfs.h"
#include "base/strbuf.h"
#include "proc/maps.h"
#include "proc/proc.h"

#define HEAP_BYTES (UINT64_C(64) << 20)

/* Anonymous private memory; all zero for everything else. */
struct anonymous_part {
	uint64_t start, end;
	bool writable, reserved; /* rw-p, ---p */
};

static struct anonymous_part part_of(const struct map_line *line)
{
	bool is_plain = !line->inode && !line->path_len && !line->shared && !line->executable;
	bool writable = is_plain && line->readable && line->writable;
	bool reserved = is_plain && !line->readable && !line->writable;

	if (!writable && !reserved)
		return (struct anonymous_part){ 0 };
	return (struct anonymous_part){ line->start, line->end, writable, reserved };
}

/* A writable part from an aligned address on, then a reserved part up to the next one. */
static void count_heap(const struct anonymous_part *written, const struct anonymous_part *rest,
		       struct arenas *arenas)
{
	uint64_t heaps = (written->end - written->start + HEAP_BYTES - 1) / HEAP_BYTES;

	if (!written->writable || !rest->reserved || written->start % HEAP_BYTES ||
	    rest->start != written->end || rest->end - written->start != heaps * HEAP_BYTES)
		return;
	arenas->heaps += heaps;
	arenas->bytes += written->end - written->start;
}

void arenas_parse(const char *maps, struct arenas *ret)
{
	struct anonymous_part before = { 0 };
	struct map_line line;

	*ret = (struct arenas){ 0 };
	while (map_next(&maps, &line)) {
		struct anonymous_part part = part_of(&line);

		ret->mappings++;
		/* A heap may be split into mappings, if huge pages were requested for a part. */
		if (part.writable && before.writable && part.start == before.end &&
		    part.start % HEAP_BYTES)
			part.start = before.start;
		count_heap(&before, &part, ret);
		before = part;
	}
}

int arenas_read(pid_t pid, struct arenas *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_proc_ struct proc proc;
	int r = proc_open(&rootfs_real, pid, &proc);

	if (r == 0)
		r = proc_read(&proc, "maps", PROC_MAPS_MAX, &text);
	if (r == 0)
		arenas_parse(text.buf, ret);
	return r;
}
