/* SPDX-License-Identifier: MIT */
/*
 * Probes what the running kernel can do instead of judging by its version: hooks are looked up in
 * its BTF, helpers are tried by loading a program of two instructions.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/rootfs.h"
#include "base/xalloc.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

enum {
	SLOTS = 8192, /* threads at the same time, and former ones with a row of their own */
	PROCESSES = 8192,
	STACK_RING_BYTES = 8 << 20, /* of the stacks of 10 ms, when the first and most are taken */
	CHUNKS_MIN = 4096,
	/*
	 * What a chunk takes in the kernel: the chunk and its index are entries of hashes (struct htab_elem, 48 bytes, the key,
	 * and the value), which kmalloc rounds up to 1024 and 96 bytes; two buckets of 16 bytes, and a place in a queue.
	 */
	CHUNK_BYTES = 1024 + 96 + 2 * 16 + 4,
	HUGE_CHUNK_KIB = 2048,
	HUGE_CHUNK_PAGE_BYTES = 4096, /* pages of which TAX_CHUNK_PAGES make a huge one */
};

/* The same for every session of this process: reading the kernel's types takes a while. */
static struct {
	bool known;
	bool btf;
	bool calls, user_fault, kernel_fault, contention, tlb_flush; /* hooks */
	bool loop, find_vma, user_regs;                              /* helpers */
	bool allocates; /* in any program: hashes may grow */
} machine;

static bool has_hook(const struct btf *btf, const char *name)
{
	_cleanup_free_ char *type = xasprintf("btf_trace_%s", name);

	return btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) > 0;
}

/* Programs of this type may use all helpers of tracing programs. */
static bool has_helper(enum bpf_func_id helper)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, helper, NULL) == 1;
}

static void learn_machine(void)
{
	struct btf *btf;

	if (machine.known)
		return;
	machine.known = true;
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return;
	machine.btf = true;
	machine.user_fault = has_hook(btf, "page_fault_user");
	machine.kernel_fault = has_hook(btf, "page_fault_kernel");
	machine.contention = has_hook(btf, "contention_begin") && has_hook(btf, "contention_end");
#ifdef __x86_64__
	/* arm64 has the tracepoint and never raises it: its processors flush each other's TLBs without the kernel. */
	machine.tlb_flush = has_hook(btf, "tlb_flush");
#endif
	machine.calls = has_hook(btf, "sys_enter") && has_hook(btf, "sys_exit");
	tax_hooks_learn(btf);
	machine.allocates = btf__find_by_name_kind(btf, "bpf_mem_alloc", BTF_KIND_STRUCT) > 0;
	btf__free(btf);
	machine.loop = has_helper(BPF_FUNC_loop);
	machine.find_vma = has_helper(BPF_FUNC_find_vma);
	machine.user_regs = has_helper(BPF_FUNC_task_pt_regs);
}

static void leave_out(struct bpf_program *program)
{
	(void)bpf_program__set_autoload(program, false);
}

/*
 * As many as the bound allows. Where the tables cannot grow, and take their memory at the start, at most twice the chunks
 * that all of memory fills: address space is used more sparsely.
 */
static uint32_t chunk_count(uint64_t memory_bytes)
{
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
	uint64_t full = pages / TAX_CHUNK_PAGES * 2, count = memory_bytes / CHUNK_BYTES;

	if (!machine.allocates && count > full)
		count = full;
	if (count > UINT32_MAX / 2)
		count = UINT32_MAX / 2;
	return count < CHUNKS_MIN ? CHUNKS_MIN : (uint32_t)count;
}

static uint32_t huge_mode(void)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (rootfs_read(&rootfs_real, "/sys/kernel/mm/transparent_hugepage/enabled", &text) < 0)
		return 0;
	if (strstr(text.buf, "[always]"))
		return 2;
	return strstr(text.buf, "[madvise]") ? 1 : 0;
}

/* Whether faults may bring huge pages of fewer pages than a chunk has (Linux 6.8: "inherit" is as for the largest). */
static bool has_smaller_huge_pages(uint32_t mode)
{
	for (unsigned int kib = 8; kib < HUGE_CHUNK_KIB; kib *= 2) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *path = xasprintf(
			"/sys/kernel/mm/transparent_hugepage/hugepages-%ukB/enabled", kib);

		if (rootfs_read(&rootfs_real, path, &text) < 0)
			continue;
		if (strstr(text.buf, "[always]") || strstr(text.buf, "[madvise]") ||
		    (mode && strstr(text.buf, "[inherit]")))
			return true;
	}
	return false;
}

static void configure_chunks(struct tax_session *session, uint32_t count)
{
	struct tax_bpf *skeleton = session->skeleton;
	struct bpf_map *const tables[] = { skeleton->maps.chunks, skeleton->maps.chunk_indices };

	skeleton->rodata->chunk_count = count;
	(void)bpf_map__set_max_entries(skeleton->maps.free_chunks, count);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		(void)bpf_map__set_max_entries(tables[i], count);
		if (machine.allocates)
			(void)bpf_map__set_map_flags(tables[i], BPF_F_NO_PREALLOC);
	}
}

static void configure_pages(struct tax_session *session, const struct tax_options *options)
{
	struct tax_bpf *skeleton = session->skeleton;
	uint32_t mode = huge_mode();

	skeleton->rodata->has_loop = machine.loop;
	skeleton->rodata->track_pages = machine.loop;
	if (skeleton->rodata->track_pages)
		session->features |= TAX_SEES_PAGES;
	if (mode && sysconf(_SC_PAGESIZE) == HUGE_CHUNK_PAGE_BYTES && machine.find_vma) {
		skeleton->rodata->huge_mode = mode;
		session->features |= TAX_SEES_HUGE;
	}
	if (!mode)
		session->features |= TAX_SEES_HUGE;
	if (has_smaller_huge_pages(mode))
		session->features &= ~(unsigned int)TAX_SEES_HUGE;
	if (!skeleton->rodata->track_pages)
		return;
	configure_chunks(session, chunk_count(options->memory_bytes));
}

/* The number of pages that a call takes is known only where page states are tracked. */
static void configure_stacks(struct tax_session *session, const struct tax_options *options)
{
	struct tax_bpf *skeleton = session->skeleton;
	bool wanted = skeleton->rodata->track_pages && machine.user_regs;

	skeleton->rodata->find_mappings = machine.find_vma;
	skeleton->rodata->has_stacks = wanted;
	session->has_ring = wanted && options->stacks;
	(void)bpf_map__set_max_entries(skeleton->maps.stacks,
				       session->has_ring ? STACK_RING_BYTES
							 : (uint32_t)sysconf(_SC_PAGESIZE));
}

static void configure_faults(struct tax_session *session, const struct tax_options *options)
{
	struct tax_bpf *skeleton = session->skeleton;

	if (machine.user_fault) {
		leave_out(skeleton->progs.on_fault_event);
#ifdef __x86_64__
		skeleton->rodata->code_tells_present = true;
		session->features |= TAX_SEES_PRESENT;
#endif
	} else {
		leave_out(skeleton->progs.on_user_fault);
	}
	/* The event, on the other hand, is raised for both kinds. */
	if (!machine.user_fault || !machine.kernel_fault)
		leave_out(skeleton->progs.on_kernel_fault);
	if (!machine.user_fault || machine.kernel_fault)
		session->features |= TAX_SEES_KERNEL_FAULTS;
	if (options->period) {
		skeleton->rodata->time_faults = true;
		skeleton->rodata->fault_period = options->period;
		session->period = options->period;
		session->features |= TAX_SEES_FAULT_TIME;
	} else {
		leave_out(skeleton->progs.on_minor_end);
		leave_out(skeleton->progs.on_major_end);
	}
}

static void configure_rest(struct tax_session *session)
{
	struct tax_bpf *skeleton = session->skeleton;

	if (machine.contention) {
		session->features |= TAX_SEES_LOCK_WAITS;
	} else {
		leave_out(skeleton->progs.on_wait_begin);
		leave_out(skeleton->progs.on_wait_end);
	}
	if (machine.tlb_flush)
		session->features |= TAX_SEES_TLB;
	else
		leave_out(skeleton->progs.on_tlb_flush);
}

/*
 * BPF programs see the kernel's own process numbers. In another PID namespace than the first, whose inode is
 * fixed (PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h), ours are others: they are told its inode. 0: the first.
 */
static uint32_t pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) < 0 || st.st_ino == 0xEFFFFFFCU ? 0
									      : (uint32_t)st.st_ino;
}

/* Whether the numbers in /proc are those of this process's namespace. */
static bool is_proc_our_own(void)
{
	char self[16];
	ssize_t len = readlink("/proc/self", self, sizeof(self) - 1);

	self[len > 0 ? len : 0] = '\0';
	return len > 0 && atoi(self) == getpid();
}

static int check_machine(struct error *err)
{
	learn_machine();
	if (!is_proc_our_own()) {
		error_set(err, ERROR_MACHINE, ENOTSUP,
			  "/proc shows another PID namespace than the one that madvisor is in");
		error_hint(err, "mount its own: mount -t proc proc /proc");
		return -ENOTSUP;
	}
	if (!machine.btf) {
		error_set(err, ERROR_MACHINE, ENOTSUP,
			  "the kernel does not describe its types in /sys/kernel/btf/vmlinux");
		error_hint(err, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, "
				"let it see the host's /sys/kernel/btf");
		return -ENOTSUP;
	}
	if (!machine.calls) {
		error_set(err, ERROR_MACHINE, ENOTSUP, "the kernel cannot trace system calls");
		error_hint(err, "use a kernel built with CONFIG_FTRACE_SYSCALLS=y");
		return -ENOTSUP;
	}
	return 0;
}

int tax_configure(struct tax_session *session, const struct tax_options *options, struct error *err)
{
	struct tax_bpf *skeleton = session->skeleton;
	int r = check_machine(err);

	if (r < 0)
		return r;
	skeleton->rodata->page_shift =
		(uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	skeleton->rodata->pid_namespace = pid_namespace();
	session->memory_bytes = options->memory_bytes;
	skeleton->rodata->slot_count = SLOTS;
	if (options->unbounded)
		skeleton->rodata->budget_pct = 0;
	(void)bpf_map__set_max_entries(skeleton->maps.slots, SLOTS);
	(void)bpf_map__set_max_entries(skeleton->maps.free_slots, SLOTS);
	(void)bpf_map__set_max_entries(skeleton->maps.threads, SLOTS);
	(void)bpf_map__set_max_entries(skeleton->maps.processes, PROCESSES);
	(void)bpf_map__set_max_entries(skeleton->maps.spaces, PROCESSES);
	configure_pages(session, options);
	configure_stacks(session, options);
	configure_faults(session, options);
	configure_rest(session);
	tax_hooks_configure(session);
	return 0;
}
