/* SPDX-License-Identifier: MIT */
/*
 * The bpf rung: every memory system call with its bytes and its time, every page fault with the reason for
 * it, counted by programs in the kernel.
 */
#include "probe/bpf.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "probe/counters.h"
#include "probe/rungs.h"

static const struct counter_spec switches = {
	.metric = METRIC_CONTEXT_SWITCHES,
	.type = PERF_TYPE_SOFTWARE,
	.config = PERF_COUNT_SW_CONTEXT_SWITCHES,
	.name = "context-switches",
	.optional = true,
	.in_kernel = true,
};

struct bpf_watch {
	struct tax_session *session;
	struct counters counters;
	struct process_share *shares;
	size_t share_count;
	char *thinned;  /* what was left out, in words; NULL: nothing */
	int read_error; /* negative errno of reading the counts; 0: they were read */
};

static void bpf_probe_close(void *state)
{
	struct bpf_watch *watch = state;

	tax_session_close(watch->session);
	counters_close(&watch->counters);
	free(watch->shares);
	free(watch->thinned);
	free(watch);
}

static int open_watch(pid_t pid, enum probe_start start, bool stacks, void **ret_state,
		      struct error *err)
{
	struct tax_options options = TAX_OPTIONS_INIT;
	struct bpf_watch *watch = xcalloc(1, sizeof(*watch));
	int r;

	options.waiting_pid = pid;
	options.count = start == PROBE_AT_EXEC;
	options.stacks = stacks;
	r = tax_session_open(&options, &watch->session, err);
	if (r < 0) {
		bpf_probe_close(watch);
		return r;
	}
	/* If these fail to open, the layer below counts them, over the whole life. */
	if (counters_open(&watch->counters, &switches, 1, pid, start, NULL) < 0)
		watch->counters = (struct counters)COUNTERS_INIT;
	*ret_state = watch;
	return 0;
}

static int bpf_probe_open(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	return open_watch(pid, start, false, ret_state, err);
}

static int bpf_probe_open_stacks(pid_t pid, enum probe_start start, void **ret_state,
				 struct error *err)
{
	return open_watch(pid, start, true, ret_state, err);
}

static void bpf_probe_sample(void *state)
{
	const struct bpf_watch *watch = state;

	tax_session_tick(watch->session);
}

static struct stack_log *bpf_probe_stacks(void *state)
{
	const struct bpf_watch *watch = state;

	return tax_session_take_stacks(watch->session);
}

/* Loads and attaches all of it, and keeps what is loaded for the first session. */
static int bpf_probe_check(struct error *err)
{
	struct tax_options options = TAX_OPTIONS_INIT;

	options.stacks = true;
	return tax_session_try(&options, err);
}

static void bpf_probe_enable(void *state)
{
	struct bpf_watch *watch = state;

	counters_enable(&watch->counters);
	tax_session_count(watch->session, true);
}

static void bpf_probe_disable(void *state)
{
	struct bpf_watch *watch = state;

	tax_session_count(watch->session, false);
	counters_disable(&watch->counters);
}

static void bpf_probe_finish(void *state, const struct rusage *usage, struct metrics *metrics)
{
	struct bpf_watch *watch = state;
	struct tax_snapshot snapshot;

	counters_read(&watch->counters, metrics);
	tax_session_detach(watch->session);
	watch->read_error = tax_session_read(watch->session, &snapshot);
	if (watch->read_error < 0)
		return;
	tax_snapshot_metrics(&snapshot, metrics);
	watch->thinned = tax_snapshot_note(&snapshot);
	watch->shares = tax_snapshot_shares(&snapshot, &watch->share_count);
	tax_snapshot_release(&snapshot);
}

static char *bpf_probe_note(void *state)
{
	const struct bpf_watch *watch = state;

	if (!watch->read_error)
		return watch->thinned ? xstrdup(watch->thinned) : NULL;
	return xasprintf("what the BPF programs counted could not be read from the kernel: %s",
			 strerror(-watch->read_error));
}

static struct process_share *bpf_probe_shares(void *state, size_t *ret_count)
{
	struct bpf_watch *watch = state;

	*ret_count = watch->share_count;
	return TAKE_PTR(watch->shares);
}

#define DESCRIPTION "BPF programs: time and bytes of memory system calls, the reason of every fault"
#define GIVES                                                              \
	"time of memory system calls, refaults by cause, time in faults, " \
	"mmap_lock waits, TLB flushes"

const struct probe probe_bpf = {
	.name = "bpf",
	.description = DESCRIPTION,
	.gives = GIVES,
	.costs = true,
	.check = bpf_probe_check,
	.hooks = tax_session_hooks,
	.open = bpf_probe_open,
	.enable = bpf_probe_enable,
	.disable = bpf_probe_disable,
	.sample = bpf_probe_sample,
	.note = bpf_probe_note,
	.shares = bpf_probe_shares,
	.finish = bpf_probe_finish,
	.close = bpf_probe_close,
};

const struct probe probe_bpf_stacks = {
	.name = "bpf",
	.description = DESCRIPTION,
	.gives = GIVES,
	.costs = true,
	.check = bpf_probe_check,
	.hooks = tax_session_hooks,
	.open = bpf_probe_open_stacks,
	.enable = bpf_probe_enable,
	.disable = bpf_probe_disable,
	.sample = bpf_probe_sample,
	.note = bpf_probe_note,
	.shares = bpf_probe_shares,
	.finish = bpf_probe_finish,
	.stacks = bpf_probe_stacks,
	.close = bpf_probe_close,
};
