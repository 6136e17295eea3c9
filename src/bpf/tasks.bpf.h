/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpf/tasks: which threads and processes are watched. The loader names the first ones;
 * fork, clone and exec are followed from there.
 */
#ifndef MADVISOR_BPF_TASKS_BPF_H
#define MADVISOR_BPF_TASKS_BPF_H

#include "bpf/spaces.bpf.h"

enum { NAMESPACES_MAX = 32 }; /* MAX_PID_NS_LEVEL in include/linux/pid_namespace.h */

/* The number in the loader's namespace; 0: it has none there. */
static __noinline __u32 number_there(const struct pid *pid)
{
	struct upid number;
	unsigned int inode;

	for (unsigned int i = 1; pid && i < NAMESPACES_MAX && i <= pid->level; i++) {
		if (bpf_probe_read_kernel(&number, sizeof(number),
					  (const void *)pid->numbers + i * sizeof(number)) ||
		    bpf_core_read(&inode, sizeof(inode), &number.ns->ns.inum))
			return 0;
		if (inode == pid_namespace)
			return number.nr;
	}
	return 0;
}

/* The numbers that the loader knows a task by. The kernel's own serve inside. */
static __always_inline __u32 tid_there(const struct task_struct *task)
{
	return pid_namespace ? number_there(task->thread_pid) : (__u32)task->pid;
}

static __always_inline __u32 tgid_there(const struct task_struct *task)
{
	return pid_namespace ? number_there(task->signal->pids[PIDTYPE_TGID]) : (__u32)task->tgid;
}

/*
 * The lag of a CPU's task clock behind its clock: the time that interrupts and the hypervisor took.
 * It differs between CPUs, by seconds after a while. The read is repeated if the scheduler sets the
 * clocks meanwhile.
 */
__noinline __u64 task_clock_lag(void)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	const struct rq *rq;
	__u64 lag = 0;

	if (!bpf_core_field_exists(struct cfs_rq, rq))
		return 0;
	/* The pointers are loaded directly, as this is dear: once a program, since the function is global. */
	rq = task->se.cfs_rq->rq;
	for (int i = 0; i < 4; i++) {
		__u64 clock = *(volatile __u64 *)&rq->clock;

		lag = clock - *(volatile __u64 *)&rq->clock_task;
		if (*(volatile __u64 *)&rq->clock == clock)
			break;
	}
	return lag;
}

/*
 * A thread's CPU time is known up to exec_start; from there on it runs with the clock. The CPU time
 * between two moments is the clock's advance, less that of exec_start, plus that of
 * sum_exec_runtime. exec_start is on the task clock of the CPU; adding the lag puts it on the clock
 * that all CPUs share.
 */
static __always_inline void moment_now(struct tax_moment *moment)
{
	struct task_struct *task = bpf_get_current_task_btf();

	moment->ran_ns = task->se.sum_exec_runtime;
	moment->began_ns = task->se.exec_start + task_clock_lag();
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

/*
 * The programs' own time. Those that do the same for every event are timed in some of their runs, by chance, which count as
 * many times; those that may walk through many chunks in all of them.
 */
#define RUN_WEIGHT 16
#define BUDGET_GRACE_NS 100000000ull
#define COPY_CHUNK_NS 1024 /* about; what it took is what counts afterwards */

/* When the run begins; 0: it is not timed. */
static __always_inline __u64 run_begin(struct tax_slot *slot, bool always)
{
	__u32 number = ++slot->thread.runs;

	slot->thread.run_weight = always ? 1 : by_chance(number, RUN_WEIGHT) ? RUN_WEIGHT : 0;
	return slot->thread.run_weight ? bpf_ktime_get_ns() : 0;
}

static __always_inline void run_end(struct tax_slot *slot, __u64 begin_ns)
{
	__u64 ns;

	if (!begin_ns)
		return;
	ns = bpf_ktime_get_ns() - begin_ns;
	if (slot->thread.run_weight == 1)
		slot->thread.walked_ns += ns;
	if (counting)
		slot->row.observer_ns += ns * slot->thread.run_weight;
}

/* Whether walks through many chunks may take so much more of the thread's time. */
static __always_inline bool run_may_take(const struct tax_slot *slot, __u64 ns)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 ran_ns = task->se.sum_exec_runtime - slot->thread.joined_ns;

	return !budget_pct ||
	       (slot->thread.walked_ns + ns) * 100 <= (ran_ns + BUDGET_GRACE_NS) * budget_pct;
}

static __always_inline void slot_name(struct tax_slot *slot, struct task_struct *task)
{
	bpf_probe_read_kernel_str(slot->row.comm, sizeof(slot->row.comm), task->comm);
}

struct recycling {
	struct tax_slot *slot;
	struct tax_slot *rest;
};

static long recycle_counter(__u32 index, struct recycling *recycling)
{
	__u64 *counter, *rest;

	if (index >= TAX_ROW_COUNTERS)
		return 1;
	counter = (__u64 *)&recycling->slot->row.calls + index;
	rest = (__u64 *)&recycling->rest->row.calls + index;
	__sync_fetch_and_add(rest, *counter);
	*counter = 0;
	return 0;
}

/* Adds what a former thread did to the rest, and clears its slot. */
__noinline int slot_recycle(struct tax_slot *slot)
{
	__u32 zero = TAX_ROW_REST;
	struct recycling recycling = {
		.slot = slot,
		.rest = bpf_map_lookup_elem(&slots, &zero),
	};

	if (!recycling.rest || !slot)
		return 0;
	if (has_loop)
		bpf_loop(TAX_ROW_COUNTERS, recycle_counter, &recycling, 0);
	else
		for (int i = 0; i < TAX_ROW_COUNTERS; i++)
			recycle_counter(i, &recycling);
	for (int i = 0; i < (int)(sizeof(slot->thread) / 8); i++)
		*((__u64 *)&slot->thread + i) = 0;
	return 0;
}

static __always_inline struct tax_slot *slot_at(__u32 index)
{
	return bpf_map_lookup_elem(&slots, &index);
}

__noinline __u32 slot_take(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tax_slot *slot;
	__u32 index = next_slot;

	/* Stays as it is once the array is full, so that it cannot wrap. */
	if (index < slot_count)
		index = __sync_fetch_and_add(&next_slot, 1);
	if (index >= slot_count) {
		if (bpf_map_pop_elem(&free_slots, &index))
			return 0;
		slot = slot_at(index);
		/*
		 * First, so that its former thread, still exiting, no longer takes it for its own.
		 */
		if (slot)
			slot->thread.tid = 0;
		barrier();
		slot_recycle(slot);
		lose(&losses.rows);
	}
	slot = slot_at(index);
	if (!slot)
		return 0;
	slot->thread.tid = task->pid;
	slot->row.tid = tid_there(task);
	slot->row.tgid = tgid_there(task);
	slot_name(slot, task);
	return index;
}

/* A slot for the current thread, if its process is watched. */
__noinline __u32 slot_new(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 tid = task->pid, tgid = tgid_there(task), index;
	struct tax_process *process = bpf_map_lookup_elem(&processes, &tgid);
	struct tax_slot *slot;

	/* Work of a thread after on_exit is not counted. */
	if (!process || process->waiting || task->flags & PF_EXITING)
		return 0;
	index = slot_take();
	slot = index ? slot_at(index) : NULL;
	if (!slot || bpf_map_update_elem(&threads, &tid, &index, BPF_ANY)) {
		lose(&losses.threads);
		return 0;
	}
	slot->thread.space = process->space;
	slot->thread.late = process->late;
	slot->thread.joined_ns = task->se.sum_exec_runtime;
	return index;
}

static __noinline int slot_search(struct tax_cpu *cpu)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 tid = task->pid, *known = bpf_map_lookup_elem(&threads, &tid);
	__u32 index = known ? *known : slot_new();
	struct tax_slot *slot = index ? slot_at(index) : NULL;

	/* An interrupt may come in between and search as well. */
	cpu->task = 0;
	barrier();
	cpu->pid = task->pid;
	cpu->epoch = epoch;
	cpu->slot = slot ? index : 0;
	barrier();
	cpu->task = (__u64)task;
	return 0;
}

/* The current thread's slot, or NULL where it is not watched. */
static __always_inline struct tax_slot *slot_get(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 zero = 0, index;
	struct tax_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);
	struct tax_slot *slot;

	if (!cpu)
		return NULL;
	if (cpu->task != (__u64)task || cpu->pid != (__u32)task->pid || cpu->epoch != epoch)
		slot_search(cpu);
	index = cpu->slot;
	if (!index)
		return NULL;
	slot = slot_at(index);
	/* It may have been given to another thread since this one began to exit. */
	return slot && slot->thread.tid == (__u32)task->pid && !slot->thread.gone ? slot : NULL;
}

/*
 * The same without what the CPU remembers, for programs of type fentry and fexit: another thread may take the CPU while they
 * run.
 */
static __always_inline struct tax_slot *slot_find(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 tid = task->pid, *known = bpf_map_lookup_elem(&threads, &tid);
	__u32 index = known ? *known : slot_new();
	struct tax_slot *slot = index ? slot_at(index) : NULL;

	return slot && slot->thread.tid == tid && !slot->thread.gone ? slot : NULL;
}

/* In a call from which a thread comes back before it makes another one, and before it ends, killed or not. */
static __always_inline bool is_inside(const struct tax_thread *thread)
{
	return thread->call && thread->call - 1 < TAX_CALL_EXEC;
}

/* The space of a child that has its own. */
static __noinline __u32 space_of_child(__u32 parent)
{
	struct tax_slot *slot = slot_get();
	struct tax_space *space = bpf_map_lookup_elem(&spaces, &parent);
	__u64 begin_ns;
	__u32 id;

	if (!slot || !space)
		return space_fork(parent);
	if (track_pages && !run_may_take(slot, (__u64)space->count * COPY_CHUNK_NS))
		return space_fork_unseen(parent);
	begin_ns = run_begin(slot, true);
	id = space_fork(parent);
	run_end(slot, begin_ns);
	return id;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid, tgid;
	struct tax_process *process, made = {};

	if (child->tgid == parent->tgid)
		return 0;
	parent_tgid = tgid_there(parent);
	tgid = tgid_there(child);
	process = bpf_map_lookup_elem(&processes, &parent_tgid);
	if (!process || process->waiting)
		return 0;
	made.late = process->late;
	made.borrowed = BPF_CORE_READ(child, mm) == BPF_CORE_READ(parent, mm);
	made.space = made.borrowed ? process->space : space_of_child(process->space);
	if (bpf_map_update_elem(&processes, &tgid, &made, BPF_ANY)) {
		lose(&losses.processes);
		if (!made.borrowed)
			space_free(made.space);
	}
	return 0;
}

/* The end of a space, whose time is the thread's. */
static __always_inline void space_leave(struct tax_slot *slot, __u32 space)
{
	__u64 begin_ns = slot ? run_begin(slot, true) : 0;

	space_free(space);
	if (slot)
		run_end(slot, begin_ns);
}

/* The thread's slot, if it has one, is free from now on. */
static __noinline int slot_leave(__u32 tid)
{
	__u32 *known = bpf_map_lookup_elem(&threads, &tid);
	__u32 index = known ? *known : 0;
	struct tax_slot *slot = index ? slot_at(index) : NULL;

	if (!slot)
		return 0;
	slot->thread.gone = 1;
	bpf_map_delete_elem(&threads, &tid);
	bpf_map_push_elem(&free_slots, &index, 0);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	__u32 tgid = tgid_there(task);
	struct tax_process *process = bpf_map_lookup_elem(&processes, &tgid);
	struct tax_slot *slot;

	if (!process)
		return 0;
	slot = process->waiting ? NULL : slot_get();
	if (!process->borrowed)
		space_leave(slot, process->space);
	process->space = space_new(false);
	process->late = process->borrowed = 0;
	if (process->waiting) {
		process->waiting = 0;
		__sync_fetch_and_add(&epoch, 1);
		return 0;
	}
	/* Any thread may exec: the others are gone, and it takes the pid of its process. */
	if (old_pid != task->pid)
		slot_leave(old_pid);
	slot = slot_get();
	if (!slot)
		return 0;
	slot->thread.space = process->space;
	slot->thread.late = 0;
	for (int i = 0; i < TAX_THREAD_CACHE; i++)
		slot->thread.cache[i].index = 0;
	slot_name(slot, task);
	return 0;
}

/* slot: of its last thread. */
static __always_inline void process_leave(struct tax_slot *slot, __u32 tgid)
{
	struct tax_process *process = bpf_map_lookup_elem(&processes, &tgid);
	__u32 space;
	bool owns;

	if (!process)
		return;
	space = process->space;
	owns = !process->borrowed;
	/* Succeeds for only one of several threads. */
	if (bpf_map_delete_elem(&processes, &tgid) == 0 && owns)
		space_leave(slot, space);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct tax_slot *slot = slot_get();

	/* Threads are named after they start. */
	if (slot)
		slot_name(slot, task);
	if (at_functions && slot && is_inside(&slot->thread))
		lose(&losses.ends);
	/* The kernel decrements the live count before this hook: several threads may find it 0. */
	if (BPF_CORE_READ(task, signal, live.counter) <= 0)
		process_leave(slot, tgid_there(task));
	slot_leave(task->pid);
	return 0;
}

#endif
