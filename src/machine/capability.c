/* SPDX-License-Identifier: MIT */
#include "machine/capability.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "machine/capability-internal.h"
#include "machine/host.h"
#include "probe/rungs.h"
#include "stacks/symbolise.h"

const char *capability_state_name(enum capability_state state)
{
	static const char *const names[] = {
		[CAPABILITY_YES] = "yes",
		[CAPABILITY_PARTLY] = "partly",
		[CAPABILITY_NO] = "no",
		[CAPABILITY_FACT] = "fact",
	};

	return names[state];
}

const char *capability_group_name(enum capability_group group)
{
	static const char *const names[] = {
		[CAPABILITIES_PROBES] = "probes",
		[CAPABILITIES_KERNEL] = "kernel",
		[CAPABILITIES_STEADY] = "steadiness",
		[CAPABILITIES_MEMORY] = "memory",
	};

	return names[group];
}

static void find_privileges(struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (rootfs_read(in->fs, "/proc/self/status", &text) < 0)
		return;
	const char *line = strstr(text.buf, "\nCapEff:");
	in->privileges_known = line && sscanf(line, "\nCapEff: %lx", &in->privileges) == 1;
}

void capabilities_inspect(const struct rootfs *fs, uint64_t interval_ns, struct capabilities *list)
{
	struct capability_look in = { .fs = fs, .interval_ns = interval_ns, .list = list };
	cpu_set_t cpus;

	find_privileges(&in);
	in.cpus =
		sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (unsigned int)CPU_COUNT(&cpus) : 1;
	inspect_kernel(&in);
	inspect_steadiness(&in);
	inspect_memory(&in);
}

static void try_probe(const struct probe *probe, struct capabilities *list)
{
	_cleanup_error_ struct error why = ERROR_INIT;

	if (probe->check(&why) == 0) {
		add_capability(list, CAPABILITIES_PROBES, probe->name, CAPABILITY_YES,
			       xstrdup(probe->description));
		if (probe->hooks)
			add_capability(list, CAPABILITIES_PROBES, "memory calls", CAPABILITY_FACT,
				       xasprintf("seen %s", probe->hooks()));
		return;
	}
	struct capability *item =
		add_capability(list, CAPABILITIES_PROBES, probe->name, CAPABILITY_NO,
			       xasprintf("no %s: %s", probe->gives, why.message));
	item->remedy = TAKE_PTR(why.hint);
}

static void try_stacks(struct capabilities *list)
{
	_cleanup_error_ struct error why = ERROR_INIT;

	if (symbolise_check(&why) == 0) {
		add_capability(
			list, CAPABILITIES_PROBES, "stacks", CAPABILITY_YES,
			xstrdup("elfutils: who purges and who refaults, beside the bpf probe"));
		return;
	}
	struct capability *item =
		add_capability(list, CAPABILITIES_PROBES, "stacks", CAPABILITY_NO,
			       xasprintf("not who purges and who refaults: %s", why.message));
	item->remedy = TAKE_PTR(why.hint);
}

void capabilities_try(const struct probe *const *ladder, struct capabilities *list)
{
	for (; *ladder; ladder++)
		try_probe(*ladder, list);
	try_probe(&probe_hardware, list);
	try_stacks(list);
}

void capabilities_release(struct capabilities *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].detail);
		free(list->items[i].remedy);
	}
	free(list->items);
	*list = (struct capabilities)CAPABILITIES_INIT;
}
