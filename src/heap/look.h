/* SPDX-License-Identifier: MIT */
/*
 * heap/look: one look at the memory of a process: what is resident, and what of it is free inside glibc's allocator.
 *
 * The process goes on meanwhile. madvisor opens "mem", "pagemap" and "smaps" of it; a confined child, which becomes the
 * user given, reads them: what a heap holds is chosen by the process.
 */
#ifndef MADVISOR_HEAP_LOOK_H
#define MADVISOR_HEAP_LOOK_H

#include "base/error.h"
#include "base/rights.h"
#include "base/strbuf.h"
#include "heap/glibc-heap.h"
#include "heap/smaps.h"
#include "proc/proc.h"

enum heap_state {
	HEAP_READ,
	HEAP_NOT_FOUND, /* no arena of glibc's in use */
	HEAP_DAMAGED,   /* its figures contradict each other */
	HEAP_STATE_COUNT,
};

struct memory_look {
	struct memory_kinds kinds;
	enum heap_state state;
	struct glibc_heap heap; /* zeros unless HEAP_READ */
	uint64_t took_ns;       /* CPU time of the reader */
};

/*
 * Looks. rights: of the child, unless madvisor is not root: then its own. ERROR_MACHINE: the process may not be read, or
 * its reader failed; ERROR_TARGET -ESRCH: it is gone.
 */
int memory_look(const struct proc *proc, const struct rights *rights, struct memory_look *ret,
		struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));

/* The child's answer, checked: 0 or -EBADMSG. */
int memory_look_parse(const char *bytes, size_t len, struct memory_look *ret)
	__attribute__((nonnull, warn_unused_result));

/*
 * What is doubtful about a heap that was read, as a sentence: it changed meanwhile, is damaged, or only a part was read.
 * Empty if nothing is.
 */
void memory_look_doubt(const struct memory_look *look, struct strbuf *ret) __attribute__((nonnull));

#endif
