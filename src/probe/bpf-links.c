/* SPDX-License-Identifier: MIT */
/* Puts programs on software events, and keeps the links that hold programs to their hooks. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "probe/bpf-internal.h"

void tax_links_keep(struct tax_links *links, struct bpf_link *link)
{
	*ARRAY_PUSH(links->links, links->count, links->alloc) = link;
}

void tax_detach_links(struct tax_links *links)
{
	while (links->count > 0)
		(void)bpf_link__destroy(links->links[--links->count]);
	free(links->links);
	*links = (struct tax_links){ .count = 0 };
}

/* Takes the descriptor. */
static int attach_event(struct tax_links *links, struct bpf_program *program, int event_fd)
{
	struct bpf_link *link = bpf_program__attach_perf_event(program, event_fd);
	int code = errno;

	if (!link) {
		close(event_fd);
		return -code;
	}
	tax_links_keep(links, link);
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

/* A software event counts on its CPU alone. A CPU that is offline is left out. */
int tax_attach_event(struct tax_links *links, struct bpf_program *program, uint64_t config,
		     uint64_t period, struct error *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < cpus; cpu++) {
		int r = open_event(PERF_TYPE_SOFTWARE, config, period, cpu);

		if (r == -ENODEV)
			continue;
		if (r >= 0)
			r = attach_event(links, program, r);
		if (r < 0)
			return tax_error(err, -r, "cannot watch page faults");
	}
	return 0;
}
