/* SPDX-License-Identifier: MIT */
/*
 * The tracer process. It handles the filter's stops and passes all others on, so that the program
 * and its parents see the same as without it: ptrace(2) under "Stopped states", and "Attaching and
 * detaching" for what differs after PTRACE_SEIZE.
 *
 * All requests may fail with ESRCH: a stopped thread can be killed at any moment. Its end is reported next.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/ptrace-internal.h"
#include "probe/tracing.h"
#include "proc/proc.h"

struct tracer {
	struct trace_board *board;
	struct trace_heaps *heaps;
	pid_t first; /* the program itself, where its exec starts the counting; else 0 */
};

static const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			    PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

static void count(struct tracer *tracer, enum trace_kind kind, uint64_t bytes)
{
	/* One writer: a plain addition, in one piece for the reader. */
	_Atomic uint64_t *calls = &tracer->board->calls[kind], *sum = &tracer->board->bytes[kind];

	atomic_store_explicit(calls, atomic_load_explicit(calls, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	atomic_store_explicit(sum, atomic_load_explicit(sum, memory_order_relaxed) + bytes,
			      memory_order_relaxed);
}

/* Also while nothing counts: the next difference needs it. */
static uint64_t brk_bytes(struct tracer *tracer, pid_t tid, uint64_t wanted, bool counting)
{
	int64_t bytes = trace_heaps_move(tracer->heaps, tid, wanted);

	if (bytes >= 0)
		return (uint64_t)bytes;
	if (counting)
		atomic_store(&tracer->board->break_unknown, true);
	return 0;
}

/* The length in the arguments of the old mmap of i386: the second of its words in memory. */
static uint64_t old_mmap_bytes(pid_t tid, uint64_t arguments)
{
	errno = 0;
	long word = ptrace(PTRACE_PEEKDATA, tid, (void *)(uintptr_t)(arguments + 4), NULL);

	return errno ? 0 : (uint32_t)word;
}

/* A memory system call begins. */
static void on_call(struct tracer *tracer, pid_t tid)
{
	struct __ptrace_syscall_info info;
	bool counting = atomic_load(&tracer->board->counting);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return;
	const uint64_t *args = info.seccomp.args;

	switch (info.seccomp.ret_data) {
	case TRACE_DONTNEED:
	case TRACE_FREE:
	case TRACE_MMAP:
	case TRACE_MUNMAP:
		if (counting)
			count(tracer, info.seccomp.ret_data, args[1]);
		break;
	case TRACE_MREMAP:
		if (counting)
			count(tracer, TRACE_MREMAP, args[2]);
		break;
	case TRACE_BRK: {
		uint64_t bytes = brk_bytes(tracer, tid, args[0], counting);

		if (counting)
			count(tracer, TRACE_BRK, bytes);
		break;
	}
	case TRACE_MMAP_OLD:
		if (counting)
			count(tracer, TRACE_MMAP, old_mmap_bytes(tid, args[0]));
		break;
	case TRACE_PTRACE:
		atomic_fetch_add(&tracer->board->ptrace_calls, 1);
		break;
	default:
		break;
	}
}

/* Whether the file asks for a privilege, and the process that runs it did not get it. */
static bool runs_unprivileged(const struct proc *proc)
{
	struct proc_credentials who;
	struct stat file;

	if (proc_stat_link(proc, "exe", &file) < 0 || proc_read_credentials(proc, &who) < 0)
		return false;
	if ((file.st_mode & S_ISUID) && file.st_uid != who.effective_uid)
		return true;
	if ((file.st_mode & S_ISGID) && (file.st_mode & S_IXGRP) &&
	    file.st_gid != who.effective_gid)
		return true;
	return !who.capabilities && proc_link_has_attribute(proc, "exe", "security.capability");
}

static void note_privilege(struct trace_board *board, pid_t tid)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_proc_ struct proc proc = PROC_INIT;

	if (atomic_load(&board->lost_privilege) || proc_open(&rootfs_real, tid, &proc) < 0 ||
	    !runs_unprivileged(&proc) || proc_read_link(&proc, "exe", &path) < 0)
		return;
	snprintf(board->privileged_path, sizeof(board->privileged_path), "%s", path);
	atomic_store(&board->lost_privilege, true);
}

/* A process runs another program: tid is its number, by which its only thread goes from now on. */
static void on_exec(struct tracer *tracer, pid_t tid)
{
	unsigned long former_tid;

	if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former_tid) == 0)
		trace_heaps_forget(tracer->heaps, (pid_t)former_tid);
	trace_heaps_forget(tracer->heaps, tid);
	note_privilege(tracer->board, tid);
	if (tid == tracer->first) {
		atomic_store(&tracer->board->counting, true);
		tracer->first = 0;
	}
}

static void on_stop(struct tracer *tracer, pid_t tid, int status)
{
	if (status >> 16 == PTRACE_EVENT_SECCOMP)
		on_call(tracer, tid);
	if (status >> 16 == PTRACE_EVENT_EXEC)
		on_exec(tracer, tid);
	/* Fork, vfork, clone: what is new reports itself. */
	tracing_resume(tid, status);
}

void trace_main(struct trace_board *board, pid_t pid, bool count_from_exec, int ready_fd)
{
	struct tracer tracer = { .board = board, .heaps = trace_heaps_new() };
	int status, code = 0;

	tracer.first = count_from_exec ? pid : 0;
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0)
		code = errno;
	if (write(ready_fd, &code, sizeof(code)) != sizeof(code) || code)
		_exit(1);
	close(ready_fd);
	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			_exit(0); /* ECHILD: nothing traced is left */
		if (WIFSTOPPED(status))
			on_stop(&tracer, tid, status);
		else
			trace_heaps_forget(tracer.heaps, tid);
	}
}
