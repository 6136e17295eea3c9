/* SPDX-License-Identifier: MIT */
/* machine/capability-internal: what capability.c and its parts share; row.c has the functions that add rows. */
#ifndef MADVISOR_MACHINE_CAPABILITY_INTERNAL_H
#define MADVISOR_MACHINE_CAPABILITY_INTERNAL_H

#include <stdbool.h>

#include "machine/capability.h"

struct capability_look {
	const struct rootfs *fs;
	uint64_t interval_ns;
	uint64_t privileges; /* CapEff: a bit for each capability(7) of this process */
	bool privileges_known;
	unsigned int cpus; /* that this process may run on */
	struct capabilities *list;
};

/* Adds a row without a remedy; takes detail over. name is borrowed. */
struct capability *add_capability(struct capabilities *list, enum capability_group group,
				  const char *name, enum capability_state state, char *detail)
	__attribute__((nonnull, returns_nonnull));
/* Adds a row; detail is a printf format. Follow with remedy() where there is one. */
void row(const struct capability_look *in, enum capability_group group, const char *name,
	 enum capability_state state, const char *detail, ...)
	__attribute__((format(printf, 5, 6)));
/* Sets the remedy of the last row. */
void remedy(const struct capability_look *in, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

bool file_exists(const struct rootfs *fs, const char *path);
/* Signed, as perf_event_paranoid is. */
bool read_number(const struct rootfs *fs, const char *path, long *ret);
bool may(const struct capability_look *in, int capability);

void inspect_kernel(const struct capability_look *in);
void inspect_steadiness(const struct capability_look *in);
void inspect_memory(const struct capability_look *in);

#endif
