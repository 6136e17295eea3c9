/* SPDX-License-Identifier: MIT */
/* Attaches the programs: most to the kernel's raw tracepoints, some to software events. */
#include <errno.h>
#include <linux/perf_event.h>

#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

static int attach_faults(struct tax_session *session, struct error *err)
{
	const struct tax_bpf *skeleton = session->skeleton;
	int r = 0;

	if (bpf_program__autoload(skeleton->progs.on_fault_event))
		r = tax_attach_event(&session->links, skeleton->progs.on_fault_event,
				     PERF_COUNT_SW_PAGE_FAULTS, 1, err);
	if (r < 0 || !session->period)
		return r;
	return tax_attach_event(&session->links, skeleton->progs.on_major_end,
				PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1, err);
}

static int attach_tracing(struct tax_session *session, struct error *err)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, session->skeleton->obj)
	{
		struct bpf_link *link;

		if (bpf_program__type(program) != BPF_PROG_TYPE_TRACING ||
		    !bpf_program__autoload(program))
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return tax_error(err, errno, "cannot attach to the kernel");
		tax_links_keep(&session->links, link);
	}
	return 0;
}

int tax_attach(struct tax_session *session, struct error *err)
{
	int r = attach_tracing(session, err);

	if (r == 0)
		r = tax_hooks_attach(session, err);
	return r < 0 ? r : attach_faults(session, err);
}
