/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/tasks: which threads and processes are watched. The loader, or a cgroup, names the first ones;
 * fork, clone and exec are followed from there.
 */
#ifndef MADVISOR_BPF_TASKS_BPF_H
#define MADVISOR_BPF_TASKS_BPF_H

#include "bpf/pages.bpf.h"

static __always_inline struct tax_row *row_of(const struct tax_thread *thread)
{
	__u32 index = thread->row;

	return bpf_map_lookup_elem(&rows, &index);
}

/* Only TAX_ROW_REST has several writers. */
static __always_inline void add(const struct tax_thread *thread, __u64 *counter, __u64 value)
{
	if (thread->row == TAX_ROW_REST)
		__sync_fetch_and_add(counter, value);
	else
		*counter += value;
}

static __always_inline __u32 row_take(struct task_struct *task)
{
	struct tax_row *row;
	__u32 index = next_row;

	/* Once full it stays so, and is not counted on: it must not wrap. */
	if (index < row_count)
		index = __sync_fetch_and_add(&next_row, 1);
	row = index < row_count ? bpf_map_lookup_elem(&rows, &index) : NULL;
	if (!row) {
		lose(&losses.rows);
		return TAX_ROW_REST;
	}
	row->tid = task->pid;
	row->tgid = task->tgid;
	bpf_probe_read_kernel_str(row->comm, sizeof(row->comm), task->comm);
	return index;
}

static __always_inline struct tax_process *process_adopt(__u32 tgid)
{
	struct tax_process process = { .late = 1 };

	if (bpf_current_task_under_cgroup(&cgroups, 0) != 1)
		return NULL;
	process.space = space_new();
	if (bpf_map_update_elem(&processes, &tgid, &process, BPF_NOEXIST))
		space_free(process.space);
	return bpf_map_lookup_elem(&processes, &tgid);
}

static __noinline struct tax_thread *thread_begin(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 tgid = task->tgid;
	struct tax_process *process = bpf_map_lookup_elem(&processes, &tgid);
	struct tax_thread *thread;

	if (!process && by_cgroup)
		process = process_adopt(tgid);
	if (!process || process->waiting)
		return NULL;
	thread = bpf_task_storage_get(&threads, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!thread) {
		lose(&losses.threads);
		return NULL;
	}
	thread->row = row_take(task);
	thread->space = process->space;
	thread->late = process->late;
	return thread;
}

/* The current thread, or NULL where it is not watched. */
static __always_inline struct tax_thread *thread_get(void)
{
	struct tax_thread *thread =
		bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);

	if (!thread)
		return thread_begin();
	return thread->gone ? NULL : thread;
}

/* The same, where a thread that was never seen has nothing to say. */
static __always_inline struct tax_thread *thread_find(void)
{
	return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = parent->tgid, tgid = child->tgid;
	struct tax_process *process, made = {};

	if (tgid == parent_tgid)
		return 0;
	process = bpf_map_lookup_elem(&processes, &parent_tgid);
	if (!process && by_cgroup)
		process = process_adopt(parent_tgid);
	if (!process || process->waiting)
		return 0;
	made.late = process->late;
	made.borrowed = child->mm == parent->mm;
	made.space = made.borrowed ? process->space : space_fork(process->space);
	if (bpf_map_update_elem(&processes, &tgid, &made, BPF_ANY)) {
		lose(&losses.processes);
		if (!made.borrowed)
			space_free(made.space);
	}
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	__u32 tgid = task->tgid;
	struct tax_process *process = bpf_map_lookup_elem(&processes, &tgid);
	struct tax_thread *thread;
	struct tax_row *row;

	if (!process)
		return 0;
	if (!process->borrowed)
		space_free(process->space);
	process->space = space_new();
	process->late = process->borrowed = process->waiting = 0;
	/* Any thread may exec; it takes the process's pid. The others are gone. */
	thread = thread_find();
	if (!thread)
		return 0;
	thread->space = process->space;
	thread->late = 0;
	row = row_of(thread);
	if (row && thread->row != TAX_ROW_REST)
		bpf_probe_read_kernel_str(row->comm, sizeof(row->comm), task->comm);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct tax_thread *thread = thread_find();
	__u32 tgid = task->tgid;
	struct tax_process *process;
	struct tax_row *row;

	if (thread) {
		thread->gone = 1;
		row = row_of(thread);
		/* Threads are named after they start. */
		if (row && thread->row != TAX_ROW_REST)
			bpf_probe_read_kernel_str(row->comm, sizeof(row->comm), task->comm);
	}
	if (task->signal->live.counter > 0)
		return 0;
	process = bpf_map_lookup_elem(&processes, &tgid);
	if (!process)
		return 0;
	if (!process->borrowed)
		space_free(process->space);
	bpf_map_delete_elem(&processes, &tgid);
	return 0;
}

#endif
