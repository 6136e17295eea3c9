/* SPDX-License-Identifier: MIT */
/*
 * What the running kernel can do, by asking it, never by its version: whether it has the hook (in its BTF),
 * and whether it has the helper (by loading a program of two instructions).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/rootfs.h"
#include "probe/bpf-internal.h"
#include "tax.skel.h"

enum {
	ROWS = 4096, /* threads, in all, with a row of their own */
	PROCESSES = 8192,
	CHUNKS_MIN = 4096,
	CHUNKS_MAX = 1 << 18,
	HUGE_CHUNK_PAGE_BYTES = 4096, /* pages of which TAX_CHUNK_PAGES make a huge one */
};

static bool has_hook(const char *name)
{
	return libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0;
}

/* Programs of this type may use all helpers of tracing programs. */
static bool has_helper(enum bpf_func_id helper)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, helper, NULL) == 1;
}

static void leave_out(struct bpf_program *program)
{
	(void)bpf_program__set_autoload(program, false);
}

static bool keep_if(struct bpf_program *program, const char *hook)
{
	if (has_hook(hook))
		return true;
	leave_out(program);
	return false;
}

/* Twice the chunks that all of memory fills: address space is used more sparsely. */
static uint32_t chunk_count(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long count = pages / TAX_CHUNK_PAGES * 2;

	if (count < CHUNKS_MIN)
		return CHUNKS_MIN;
	return count > CHUNKS_MAX ? CHUNKS_MAX : (uint32_t)count;
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

static void configure_pages(struct tax_session *session)
{
	struct tax_bpf *skeleton = session->skeleton;
	uint32_t mode = huge_mode();

	skeleton->rodata->track_pages = has_helper(BPF_FUNC_loop);
	if (skeleton->rodata->track_pages)
		session->features |= TAX_SEES_PAGES;
	if (mode && sysconf(_SC_PAGESIZE) == HUGE_CHUNK_PAGE_BYTES &&
	    has_helper(BPF_FUNC_find_vma)) {
		skeleton->rodata->huge_mode = mode;
		session->features |= TAX_SEES_HUGE;
	}
	if (!mode)
		session->features |= TAX_SEES_HUGE;
	(void)bpf_map__set_max_entries(skeleton->maps.chunks,
				       session->features & TAX_SEES_PAGES ? chunk_count() : 1);
}

static void configure_faults(struct tax_session *session, const struct tax_options *options)
{
	struct tax_bpf *skeleton = session->skeleton;
	bool seen = keep_if(skeleton->progs.on_user_fault, "page_fault_user");

	if (keep_if(skeleton->progs.on_kernel_fault, "page_fault_kernel"))
		session->features |= TAX_SEES_KERNEL_FAULTS;
	if (seen) {
		leave_out(skeleton->progs.on_fault_event);
#ifdef __x86_64__
		skeleton->rodata->code_tells_present = true;
		session->features |= TAX_SEES_PRESENT;
#endif
	} else {
		leave_out(skeleton->progs.on_kernel_fault);
		session->features |= TAX_SEES_KERNEL_FAULTS;
	}
	if (options->period) {
		skeleton->rodata->time_faults = true;
		session->features |= TAX_SEES_FAULT_TIME;
	} else {
		leave_out(skeleton->progs.on_minor_end);
		leave_out(skeleton->progs.on_major_end);
	}
}

static void configure_rest(struct tax_session *session)
{
	struct tax_bpf *skeleton = session->skeleton;

	if (keep_if(skeleton->progs.on_wait_begin, "contention_begin") &&
	    keep_if(skeleton->progs.on_wait_end, "contention_end"))
		session->features |= TAX_SEES_LOCK_WAITS;
	if (keep_if(skeleton->progs.on_tlb_flush, "tlb_flush"))
		session->features |= TAX_SEES_TLB;
}

int tax_configure(struct tax_session *session, const struct tax_options *options, struct error *err)
{
	struct tax_bpf *skeleton = session->skeleton;

	if (!has_hook("sched_process_fork")) {
		error_set(err, ERROR_MACHINE, ENOTSUP,
			  "the kernel does not describe its types in /sys/kernel/btf/vmlinux");
		error_hint(err, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, "
				"let it see the host's /sys/kernel/btf");
		return -ENOTSUP;
	}
	skeleton->rodata->page_shift = (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	skeleton->rodata->row_count = ROWS;
	skeleton->rodata->by_cgroup = options->cgroup_fd >= 0;
	skeleton->bss->counting = options->count;
	(void)bpf_map__set_max_entries(skeleton->maps.rows, ROWS);
	(void)bpf_map__set_max_entries(skeleton->maps.processes, PROCESSES);
	(void)bpf_map__set_max_entries(skeleton->maps.spaces, PROCESSES);
	configure_pages(session);
	configure_faults(session, options);
	configure_rest(session);
	return 0;
}
