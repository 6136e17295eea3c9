/* SPDX-License-Identifier: MIT */
/*
 * probe/tracefs: the numbers of the kernel's tracepoints.
 *
 * They are read from the tracefs that is mounted at /sys/kernel/tracing (or, on kernels before 4.1,
 * in debugfs). If it is not mounted, root gets a detached mount by fsopen(2) and fsmount(2), which
 * only this process sees, through a descriptor; closing the descriptor removes it. madvisor never
 * mounts anything on the machine.
 */
#ifndef MADVISOR_PROBE_TRACEFS_H
#define MADVISOR_PROBE_TRACEFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A descriptor of a tracefs directory, to be closed by the caller, or a negative errno with
 * ERROR_MACHINE and its remedy. ret_private (may be NULL): it is one of our own.
 */
int tracefs_open(bool *ret_private, struct error *err) __attribute__((warn_unused_result));

/* The id of events/NAME ("syscalls/sys_enter_madvise"). ERROR_MACHINE if it is missing. */
int tracefs_event_id(int tracefs_fd, const char *name, uint64_t *ret, struct error *err)
	__attribute__((nonnull(2, 3), warn_unused_result));

#endif
