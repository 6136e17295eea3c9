/* SPDX-License-Identifier: MIT */
/*
 * probe/ptrace-internal: the parts of the ptrace rung.
 *
 * A filter in the program's kernel side (ptrace-filter.c) stops it at the memory system calls alone. A
 * tracer (ptrace-tracer.c), a process of its own, waits for these stops, counts them on a board that it
 * shares with madvisor, and lets the program go on. ptrace.c starts and ends the tracer and reads the board.
 */
#ifndef MADVISOR_PROBE_PTRACE_INTERNAL_H
#define MADVISOR_PROBE_PTRACE_INTERNAL_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The kinds of call that are counted; the filter passes the number of the kind to the tracer. */
enum trace_kind {
	TRACE_DONTNEED,
	TRACE_FREE,
	TRACE_MMAP,
	TRACE_MUNMAP,
	TRACE_MREMAP,
	TRACE_BRK,
	TRACE_KINDS,
	/* Not counted in metrics, and the old mmap of i386, whose arguments are in memory. */
	TRACE_PTRACE = TRACE_KINDS,
	TRACE_MMAP_OLD,
};

/* Memory that madvisor and the tracer share. The tracer alone writes, but for `counting`. */
struct trace_board {
	atomic_bool counting;
	_Atomic uint64_t calls[TRACE_KINDS];
	_Atomic uint64_t bytes[TRACE_KINDS];
	/* The bytes of a brk are a difference; a process whose break cannot be read spoils the sum. */
	atomic_bool break_unknown;
	_Atomic uint64_t ptrace_calls; /* the program's own, which fail */
	atomic_bool lost_privilege; /* a program ran without its set-user-ID bit; then its path: */
	char privileged_path[PATH_MAX];
};

/*
 * Installs the filter for this process and all it becomes and starts. Sets no_new_privs where the kernel
 * demands it. Async-signal-safe. A negative errno.
 */
int trace_filter_install(void) __attribute__((warn_unused_result));

/*
 * The tracer: attaches to pid, writes 0 or an errno as an int to ready_fd, and traces until nothing
 * traced is left. count_from_exec: sets board->counting when pid execs. Call it in a forked child.
 */
void trace_main(struct trace_board *board, pid_t pid, bool count_from_exec, int ready_fd)
	__attribute__((nonnull, noreturn));

/* The end of each process's heap: brk's argument is absolute, so that bytes are a difference. */
struct trace_heaps;

struct trace_heaps *trace_heaps_new(void) __attribute__((returns_nonnull, warn_unused_result));
/*
 * Thread tid asks for this break: by how many bytes it moves. 0 for a query (an address below the
 * heap). -errno if the present break cannot be read. A call that the kernel refuses counts as
 * granted.
 */
int64_t trace_heaps_move(struct trace_heaps *heaps, pid_t tid, uint64_t wanted)
	__attribute__((nonnull));
/* A thread has ended or called exec: forgets it. */
void trace_heaps_forget(struct trace_heaps *heaps, pid_t tid) __attribute__((nonnull));

#endif
