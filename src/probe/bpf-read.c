/* SPDX-License-Identifier: MIT */
/* Reads what the programs in the kernel counted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

static int read_histogram(struct tax_session *session, uint32_t kind, struct tax_histogram *ret)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct tax_histogram *each = NULL;
	int r;

	if (cpus < 0)
		return cpus;
	each = xcalloc((size_t)cpus, sizeof(*each));
	r = bpf_map__lookup_elem(session->skeleton->maps.histograms, &kind, sizeof(kind), each,
				 (size_t)cpus * sizeof(*each), 0);
	for (int cpu = 0; r == 0 && cpu < cpus; cpu++)
		for (int i = 0; i < TAX_HISTOGRAM_BUCKETS; i++)
			ret->buckets[i] += each[cpu].buckets[i];
	return r;
}

static int read_rows(struct tax_session *session, struct tax_snapshot *ret)
{
	const struct bpf_map *map = session->skeleton->maps.slots;
	uint32_t used = __atomic_load_n(&session->skeleton->data->next_slot, __ATOMIC_RELAXED);

	if (used > bpf_map__max_entries(map))
		used = bpf_map__max_entries(map);
	ret->rows = xcalloc(used, sizeof(*ret->rows));
	ret->row_count = used;
	for (uint32_t i = 0; i < used; i++) {
		struct tax_slot slot;
		int r = bpf_map__lookup_elem(map, &i, sizeof(i), &slot, sizeof(slot), 0);

		if (r < 0)
			return r;
		ret->rows[i] = slot.row;
		tax_row_add(&ret->total, &ret->rows[i]);
	}
	return 0;
}

/* The kernel does not run a program again on the CPU where it is interrupted: such events are missed. */
static int read_programs(const struct tax_session *session, struct tax_snapshot *ret)
{
	const struct tax_bpf *skeleton = session->skeleton;
	struct bpf_program *program;

	bpf_object__for_each_program(program, skeleton->obj)
	{
		struct bpf_prog_info info = { .type = 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
			return -errno;
		ret->verified_insns += info.verified_insns;
		if (program == skeleton->progs.on_tlb_flush ||
		    program == skeleton->progs.on_wait_begin ||
		    program == skeleton->progs.on_wait_end)
			ret->missed_waits += info.recursion_misses;
		else
			ret->missed_events += info.recursion_misses;
	}
	return 0;
}

int tax_session_read(struct tax_session *session, struct tax_snapshot *ret)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->features = session->features;
	ret->hooks = session->hooks;
	r = read_rows(session, ret);
	for (uint32_t kind = 0; r == 0 && kind < TAX_CALLS; kind++)
		r = read_histogram(session, kind, &ret->histograms[kind]);
	if (r == 0)
		r = read_programs(session, ret);
	if (r < 0) {
		tax_snapshot_release(ret);
		return r;
	}
	ret->losses = session->skeleton->bss->losses;
	ret->audit = session->skeleton->bss->audit;
	ret->mean_variance =
		tax_windows_variance(session->windows.sums, session->windows.sum_count);
	ret->outside = session->outside;
	tax_estimate_fault_time(ret);
	return 0;
}
