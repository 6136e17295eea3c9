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

/*
 * The scheduler knows a thread's CPU time up to exec_start. From there on it runs with the clock, so that
 * between two moments it ran for as long as the clock, less what exec_start went ahead, more what
 * sum_exec_runtime grew. Interrupts and stolen time are in it where the kernel counts them in.
 */
static __always_inline void moment_now(struct tax_moment *moment)
{
	struct task_struct *task = bpf_get_current_task_btf();

	moment->ran_ns = task->se.sum_exec_runtime;
	moment->began_ns = task->se.exec_start;
	moment->ns = bpf_ktime_get_ns();
}

static __always_inline void moments_between(const struct tax_moment *begin, __u64 *ret_ns,
					    __u64 *ret_cpu_ns)
{
	struct tax_moment end;
	__s64 cpu_ns;

	moment_now(&end);
	*ret_ns = end.ns - begin->ns;
	cpu_ns = *ret_ns - (end.began_ns - begin->began_ns) + (end.ran_ns - begin->ran_ns);
	/* The clocks differ a little. */
	if (cpu_ns < 0)
		cpu_ns = 0;
	*ret_cpu_ns = (__u64)cpu_ns > *ret_ns ? *ret_ns : (__u64)cpu_ns;
}

/* Counts the user's stack, at every stack_period-th call. bytes: 0 for a fault. */
static __always_inline void stack_count(void *context, struct tax_thread *thread, __u32 kind,
					__u64 bytes)
{
	struct tax_stack_key key = { .kind = kind };
	struct tax_stack_count *count, none = {};
	long stack;

	if (!stack_period || !counting || ++thread->skipped_stacks < stack_period)
		return;
	thread->skipped_stacks = 0;
	stack = bpf_get_stackid(context, &stacks, BPF_F_USER_STACK);
	if (stack < 0) {
		lose(&losses.stacks);
		return;
	}
	key.stack = stack;
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	count = bpf_map_lookup_elem(&stack_counts, &key);
	if (!count) {
		bpf_map_update_elem(&stack_counts, &key, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&stack_counts, &key);
	}
	if (!count) {
		lose(&losses.stacks);
		return;
	}
	__sync_fetch_and_add(&count->count, 1);
	__sync_fetch_and_add(&count->bytes, bytes);
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
	process.space = space_new(true);
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
	process->space = space_new(false);
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
