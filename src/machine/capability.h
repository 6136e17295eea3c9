/* SPDX-License-Identifier: MIT */
/*
 * machine/capability: what can be measured on this machine, how steadily, and what to do about the rest:
 * the facts of `madvisor doctor`.
 *
 * Life cycle: CAPABILITIES_INIT, capabilities_inspect() and capabilities_try(), in either order, and
 * capabilities_release(). Rows come in the order in which they are worth reading.
 */
#ifndef MADVISOR_MACHINE_CAPABILITY_H
#define MADVISOR_MACHINE_CAPABILITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/rootfs.h"
#include "probe/probe.h"

enum capability_state {
	CAPABILITY_YES,
	CAPABILITY_PARTLY, /* with a loss, or with noise */
	CAPABILITY_NO,
	CAPABILITY_FACT, /* neither good nor bad: to know when reading a result; also: unknown */
};

enum capability_group {
	CAPABILITIES_PROBES, /* tried, not concluded */
	CAPABILITIES_KERNEL, /* needed by the probes */
	CAPABILITIES_STEADY, /* causes of noisy timings */
	CAPABILITIES_MEMORY,
};

struct capability {
	enum capability_group group;
	enum capability_state state;
	const char *name; /* "perf_event_paranoid"; static */
	char *detail;     /* one line; owned */
	char *remedy;     /* the exact command, or what to change; NULL: nothing to do; owned */
};

struct capabilities {
	struct capability *items;
	size_t count, alloc;
};

#define CAPABILITIES_INIT  \
	{                  \
		NULL, 0, 0 \
	}
#define _cleanup_capabilities_ __attribute__((cleanup(capabilities_release)))

/*
 * Adds what the files below a root say. Steal time is taken since boot, and, where interval_ns is
 * not 0, over that interval too, which this call then sleeps. For a missing file the row says
 * "unknown" or is left out.
 */
void capabilities_inspect(const struct rootfs *fs, uint64_t interval_ns, struct capabilities *list)
	__attribute__((nonnull));

/* Adds a row for each rung of a ladder, for hardware counters, and for stacks, by trying them now. */
void capabilities_try(const struct probe *const *ladder, struct capabilities *list)
	__attribute__((nonnull));

/* "yes", "partly", "no", "fact". Static. */
const char *capability_state_name(enum capability_state state)
	__attribute__((const, returns_nonnull));
/* "probes", "kernel", "steadiness", "memory". Static. */
const char *capability_group_name(enum capability_group group)
	__attribute__((const, returns_nonnull));

void capabilities_release(struct capabilities *list);

#endif
