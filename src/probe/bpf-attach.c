/* SPDX-License-Identifier: MIT */
/*
 * Attaches the programs. Those on system calls go to perf events that we open ourselves, by the
 * tracepoint's number, since libbpf would look for a mounted tracefs.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "probe/bpf-internal.h"
#include "probe/tracefs.h"
#include "tax.skel.h"

static void keep(struct tax_session *session, struct bpf_link *link)
{
	*ARRAY_PUSH(session->links, session->link_count, session->link_alloc) = link;
}

/* Takes the descriptor. */
static int attach_event(struct tax_session *session, struct bpf_program *program, int event_fd)
{
	struct bpf_link *link = bpf_program__attach_perf_event(program, event_fd);
	int code = errno;

	if (!link) {
		close(event_fd);
		return -code;
	}
	keep(session, link);
	return 0;
}

static int open_event(uint32_t type, uint64_t config, uint64_t period, int cpu)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.sample_period = period,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* A program on a tracepoint's event runs on all CPUs, whichever CPU the event is of. */
static int attach_call(struct tax_session *session, int tracefs, struct bpf_program *program,
		       const char *side, const char *call, struct error *err)
{
	_cleanup_free_ char *name = xasprintf("syscalls/sys_%s_%s", side, call);
	uint64_t id;
	int r = tracefs_event_id(tracefs, name, &id, err);

	if (r < 0)
		return r;
	r = open_event(PERF_TYPE_TRACEPOINT, id, 1, 0);
	if (r >= 0)
		r = attach_event(session, program, r);
	return r < 0 ? tax_error(err, -r, "cannot watch system calls") : 0;
}

static int attach_calls(struct tax_session *session, struct error *err)
{
	const struct tax_bpf *skeleton = session->skeleton;
	const struct {
		struct bpf_program *enter;
		const char *name;
	} calls[] = {
		{ skeleton->progs.enter_madvise, "madvise" },
		{ skeleton->progs.enter_mmap, "mmap" },
		{ skeleton->progs.enter_munmap, "munmap" },
		{ skeleton->progs.enter_mremap, "mremap" },
		{ skeleton->progs.enter_brk, "brk" },
		{ skeleton->progs.enter_mprotect, "mprotect" },
	};
	_cleanup_close_ int tracefs = tracefs_open(NULL, err);

	if (tracefs < 0)
		return tracefs;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int r = attach_call(session, tracefs, calls[i].enter, "enter", calls[i].name, err);

		if (r == 0)
			r = attach_call(session, tracefs, skeleton->progs.exit_call, "exit",
					calls[i].name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A software event counts on its CPU alone. A CPU that is offline is left out. */
static int attach_software(struct tax_session *session, struct bpf_program *program, uint64_t config,
			   uint64_t period, struct error *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < cpus; cpu++) {
		int r = open_event(PERF_TYPE_SOFTWARE, config, period, cpu);

		if (r == -ENODEV)
			continue;
		if (r >= 0)
			r = attach_event(session, program, r);
		if (r < 0)
			return tax_error(err, -r, "cannot watch page faults");
	}
	return 0;
}

static int attach_faults(struct tax_session *session, const struct tax_options *options,
			 struct error *err)
{
	const struct tax_bpf *skeleton = session->skeleton;
	int r = 0;

	if (bpf_program__autoload(skeleton->progs.on_fault_event))
		r = attach_software(session, skeleton->progs.on_fault_event,
				    PERF_COUNT_SW_PAGE_FAULTS, 1, err);
	if (r < 0 || !options->period)
		return r;
	r = attach_software(session, skeleton->progs.on_minor_end, PERF_COUNT_SW_PAGE_FAULTS_MIN,
			    options->period, err);
	if (r < 0)
		return r;
	return attach_software(session, skeleton->progs.on_major_end, PERF_COUNT_SW_PAGE_FAULTS_MAJ,
			       1, err);
}

static int attach_tracing(struct tax_session *session, struct error *err)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, session->skeleton->obj) {
		struct bpf_link *link;

		if (bpf_program__type(program) != BPF_PROG_TYPE_TRACING ||
		    !bpf_program__autoload(program))
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return tax_error(err, errno, "cannot attach to a kernel tracepoint");
		keep(session, link);
	}
	return 0;
}

int tax_attach(struct tax_session *session, const struct tax_options *options, struct error *err)
{
	/* Who is there first, then what they do. */
	int r = attach_tracing(session, err);

	r = r < 0 ? r : attach_calls(session, err);
	return r < 0 ? r : attach_faults(session, options, err);
}
