/* SPDX-License-Identifier: MIT */
/*
 * The ptrace rung: calls and bytes of the memory system calls, for any user who may trace his own
 * programs. A seccomp filter stops the program at these calls alone, at their beginning.
 *
 * Counts are of calls as they begin, refused ones too; bytes are what was asked for. Each such call costs
 * two switches to the tracer and back, many times what the call itself takes: nothing timed here counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "probe/ptrace-internal.h"
#include "probe/rungs.h"
#include "probe/tracing.h"

struct trace {
	struct trace_board *board;
	struct tracing tracing;
};

static void trace_close(void *state)
{
	struct trace *trace = state;

	tracing_stop(&trace->tracing);
	if (trace->board)
		munmap(trace->board, sizeof(*trace->board));
	free(trace);
}

/* What the tracer is told at its start. */
struct trace_orders {
	struct trace_board *board;
	pid_t pid;
	bool count_from_exec;
};

__attribute__((noreturn)) static void be_tracer(void *context, int ready_fd)
{
	const struct trace_orders *orders = context;

	trace_main(orders->board, orders->pid, orders->count_from_exec, ready_fd);
}

static int trace_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	struct trace *trace = xcalloc(1, sizeof(*trace));

	trace->tracing = (struct tracing)TRACING_INIT;
	trace->board = mmap(NULL, sizeof(*trace->board), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (trace->board == MAP_FAILED) {
		trace->board = NULL;
		trace_close(trace);
		return error_set(err, ERROR_MACHINE, ENOMEM, "no memory for the tracer");
	}
	struct trace_orders orders = { trace->board, pid, start == PROBE_AT_EXEC };
	int r = tracing_start(&trace->tracing, be_tracer, &orders, err);
	if (r < 0) {
		trace_close(trace);
		return r;
	}
	*ret_state = trace;
	return 0;
}

static void trace_enable(void *state)
{
	atomic_store(&((struct trace *)state)->board->counting, true);
}

static void trace_disable(void *state)
{
	atomic_store(&((struct trace *)state)->board->counting, false);
}

static pid_t trace_helper(void *state)
{
	return ((struct trace *)state)->tracing.pid;
}

static void trace_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	static const struct {
		enum metric_id calls, bytes;
	} kinds[TRACE_KINDS] = {
		[TRACE_DONTNEED] = { METRIC_MADVISE_DONTNEED_CALLS, METRIC_MADVISE_DONTNEED_BYTES },
		[TRACE_FREE] = { METRIC_MADVISE_FREE_CALLS, METRIC_MADVISE_FREE_BYTES },
		[TRACE_MMAP] = { METRIC_MMAP_CALLS, METRIC_MMAP_BYTES },
		[TRACE_MUNMAP] = { METRIC_MUNMAP_CALLS, METRIC_MUNMAP_BYTES },
		[TRACE_MREMAP] = { METRIC_MREMAP_CALLS, METRIC_MREMAP_BYTES },
		[TRACE_BRK] = { METRIC_BRK_CALLS, METRIC_BRK_BYTES },
	};
	const struct trace *trace = state;
	struct trace_board *board = trace->board;

	if (tracing_was_killed(&trace->tracing))
		return;
	for (int i = 0; i < TRACE_KINDS; i++) {
		metrics->value[kinds[i].calls] = (double)atomic_load(&board->calls[i]);
		if (i != TRACE_BRK || !atomic_load(&board->break_unknown))
			metrics->value[kinds[i].bytes] = (double)atomic_load(&board->bytes[i]);
	}
}

static char *trace_note(void *state)
{
	_cleanup_strbuf_ struct strbuf note = STRBUF_INIT;
	const struct trace *trace = state;

	if (tracing_was_killed(&trace->tracing))
		strbuf_addstr(&note, "the tracer was killed, and the program with it");
	if (atomic_load(&trace->board->ptrace_calls))
		strbuf_addf(&note,
			    "%sthe program used ptrace itself, which fails while it is traced",
			    note.len ? "; " : "");
	if (atomic_load(&trace->board->lost_privilege)) {
		strbuf_addf(&note, "%swithout the privilege that its file asks for ran ",
			    note.len ? "; " : "");
		strbuf_add_escaped(&note, trace->board->privileged_path);
	}
	if (!note.len)
		return NULL;
	strbuf_addstr(&note, " (the bpf and perf probes change nothing for the program)");
	return strbuf_detach(&note);
}

static int trace_prepare_child(void)
{
	return trace_filter_install();
}

/* A child for the check: one call that is counted, after the gate has closed. */
static _Noreturn void run_sample(int gate_fd, int failed_fd)
{
	/* Yama lets ancestors trace; this adds the ancestors' other children: the tracer. The launcher does it for a program. */
#ifdef PR_SET_PTRACER
	prctl(PR_SET_PTRACER, (unsigned long)getppid(), 0, 0, 0);
#endif
	int code = -trace_prepare_child();
	char byte;

	if (write(failed_fd, &code, sizeof(code)) == sizeof(code) && !code &&
	    read(gate_fd, &byte, 1) == 0)
		syscall(SYS_madvise, NULL, 0, MADV_DONTNEED);
	_exit(0);
}

/* Traces the child through its one call. Takes the write end of its gate. */
static int trace_sample(pid_t pid, int *gate_fd, struct error *err)
{
	void *state;
	int r = trace_open(pid, PROBE_AT_ENABLE, &state, err);

	if (r < 0)
		return r;
	trace_enable(state);
	close(TAKE_FD(*gate_fd));
	waitpid(pid, NULL, 0);
	uint64_t seen = atomic_load(&((struct trace *)state)->board->calls[TRACE_DONTNEED]);
	trace_close(state);
	if (seen == 1)
		return 0;
	error_set(err, ERROR_MACHINE, ENOTSUP, "the kernel does not show system calls to a tracer");
	error_hint(err, "it takes Linux 5.3 or newer with seccomp filters, on x86-64 or arm64");
	return -ENOTSUP;
}

static int explain_no_filter(int code, struct error *err)
{
	error_set(err, ERROR_MACHINE, code, "cannot install a seccomp filter: %s", strerror(code));
	error_hint(err, "use a kernel built with CONFIG_SECCOMP_FILTER=y; in a container, start it "
			"with --security-opt seccomp=unconfined");
	return -code;
}

static int trace_check(struct error *err)
{
	int gate[2] = { -1, -1 }, failed[2] = { -1, -1 }, code = ECHILD, r = 0;
	pid_t pid = -1;

	if (pipe2(gate, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		r = error_set(err, ERROR_MACHINE, errno, "cannot try it: %s", strerror(errno));
	if (pid == 0) {
		close(gate[1]);
		run_sample(gate[0], failed[1]);
	}
	if (pid > 0)
		close(TAKE_FD(failed[1]));
	if (r == 0 && (read(failed[0], &code, sizeof(code)) != (ssize_t)sizeof(code) || code))
		r = explain_no_filter(code ? code : ECHILD, err);
	if (r == 0)
		r = trace_sample(pid, &gate[1], err);
	if (pid > 0 && gate[1] >= 0 && kill(pid, SIGKILL) == 0)
		waitpid(pid, NULL, 0);
	for (int i = 0; i < 2; i++) {
		if (gate[i] >= 0)
			close(gate[i]);
		if (failed[i] >= 0)
			close(failed[i]);
	}
	return r;
}

const struct probe probe_ptrace = {
	.name = "ptrace",
	.description =
		"ptrace and a seccomp filter: calls and bytes of memory system calls, without "
		"privilege; slow",
	.gives = "counts and bytes of madvise, mmap, munmap, mremap and brk calls",
	.costs = true,
	.distorts = true,
	.check = trace_check,
	.prepare_child = trace_prepare_child,
	.open = trace_open,
	.enable = trace_enable,
	.disable = trace_disable,
	.helper = trace_helper,
	.note = trace_note,
	.finish = trace_finish,
	.close = trace_close,
};
