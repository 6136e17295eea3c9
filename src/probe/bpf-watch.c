/* SPDX-License-Identifier: MIT */
/* Names the processes that the programs in the kernel are to watch. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"
#include "proc/table.h"

/* 1 where the process was not known before, 0 where it was. */
static int watch_one(struct tax_session *session, pid_t pid, bool waiting)
{
	struct tax_bpf *skeleton = session->skeleton;
	uint32_t tgid = (uint32_t)pid;
	struct tax_space space = { .huge = 1 }; /* its existing mappings may have huge pages */
	struct tax_process process = { .late = !waiting, .waiting = waiting };
	int r;

	/* The programs allocate ids from the same counter. */
	process.space = __atomic_fetch_add(&skeleton->data->next_space, 1, __ATOMIC_RELAXED);
	r = bpf_map__update_elem(skeleton->maps.spaces, &process.space, sizeof(process.space),
				 &space, sizeof(space), BPF_ANY);
	if (r < 0)
		return r;
	r = bpf_map__update_elem(skeleton->maps.processes, &tgid, sizeof(tgid), &process,
				 sizeof(process), BPF_NOEXIST);
	if (r == 0) {
		__atomic_fetch_add(&skeleton->data->epoch, 1, __ATOMIC_SEQ_CST);
		return 1;
	}
	(void)bpf_map__delete_elem(skeleton->maps.spaces, &process.space, sizeof(process.space), 0);
	return r == -EEXIST ? 0 : r;
}

int tax_watch_waiting(struct tax_session *session, pid_t pid, struct error *err)
{
	int r = watch_one(session, pid, true);

	return r < 0 ? tax_error(err, -r, "cannot watch the process") : 0;
}

static bool is_watched(const struct tax_session *session, pid_t pid)
{
	uint32_t tgid = (uint32_t)pid;
	struct tax_process process;

	return pid > 0 && bpf_map__lookup_elem(session->skeleton->maps.processes, &tgid,
					       sizeof(tgid), &process, sizeof(process), 0) == 0;
}

/* Children of watched processes that were born before the programs were attached; how many. */
static int watch_children(struct tax_session *session, struct proc_table *table)
{
	int count = 0, r = proc_table_read(&rootfs_real, table);

	for (size_t i = 0; r >= 0 && i < table->count; i++) {
		if (!is_watched(session, table->items[i].parent) || table->items[i].pid == getpid())
			continue;
		r = watch_one(session, table->items[i].pid, false);
		count += r > 0;
	}
	return r < 0 ? r : count;
}

void tax_session_watch(struct tax_session *session, const pid_t *pids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (kill(pids[i], 0) < 0 && errno == ESRCH)
			continue;
		int r = watch_one(session, pids[i], false);
		if (r > 0 && session->mappings)
			mappings_watch(session->mappings, pids[i], true);
		if (r < 0)
			__atomic_fetch_add(&session->skeleton->bss->losses.processes, 1,
					   __ATOMIC_RELAXED);
	}
}

int tax_watch_running(struct tax_session *session, const struct tax_options *options,
		      struct error *err)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };
	int r;

	for (size_t i = 0; i < options->pid_count; i++) {
		pid_t pid = options->pids[i];

		if (kill(pid, 0) < 0 && errno == ESRCH && !options->pids_alone) {
			error_set(err, ERROR_TARGET, ESRCH, "there is no process %d", (int)pid);
			return -ESRCH;
		}
		r = watch_one(session, pid, false);
		if (r < 0)
			return tax_error(err, -r, "cannot watch the process");
	}
	/* Each pass finds one generation; children born meanwhile are followed already. */
	do {
		r = options->pid_count && !options->pids_alone ? watch_children(session, &table)
							       : 0;
	} while (r > 0);
	return r < 0 ? tax_error(err, -r, "cannot watch the children") : 0;
}
