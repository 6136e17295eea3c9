/* SPDX-License-Identifier: MIT */
/*
 * The bpf rung: every memory system call with its bytes and its time, every page fault with the reason for
 * it, counted by programs in the kernel.
 */
#include "probe/bpf.h"

#include <unistd.h>

#include "probe/rungs.h"

static int bpf_probe_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	struct tax_options options = TAX_OPTIONS_INIT;
	struct tax_session *session;
	int r;

	options.waiting_pid = pid;
	options.count = start == PROBE_AT_EXEC;
	r = tax_session_open(&options, &session, err);
	if (r == 0)
		*ret_state = session;
	return r;
}

/* Loads and attaches all of it, for this process, which does not exec. */
static int bpf_probe_check(struct error *err)
{
	void *state;
	int r = bpf_probe_open(getpid(), PROBE_AT_ENABLE, &state, err);

	if (r == 0)
		tax_session_close(state);
	return r;
}

static void bpf_probe_enable(void *state)
{
	tax_session_count(state, true);
}

static void bpf_probe_disable(void *state)
{
	tax_session_count(state, false);
}

static void bpf_probe_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	struct tax_snapshot snapshot;

	tax_session_detach(state);
	if (tax_session_read(state, &snapshot) < 0)
		return;
	tax_snapshot_metrics(&snapshot, metrics);
	tax_snapshot_release(&snapshot);
}

static void bpf_probe_close(void *state)
{
	tax_session_close(state);
}

const struct probe probe_bpf = {
	.name = "bpf",
	.description = "BPF programs: time and bytes of memory system calls, the reason of every fault",
	.gives = "bytes and time of memory system calls, refaults by cause, time in faults, "
		 "mmap_lock waits, TLB flushes",
	.costs = true,
	.check = bpf_probe_check,
	.open = bpf_probe_open,
	.enable = bpf_probe_enable,
	.disable = bpf_probe_disable,
	.finish = bpf_probe_finish,
	.close = bpf_probe_close,
};
