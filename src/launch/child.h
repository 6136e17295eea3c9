/* SPDX-License-Identifier: MIT */
/*
 * launch/child: the child between fork and exec of the launcher, and its pipes. A part of
 * launch/launch.
 */
#ifndef MADVISOR_LAUNCH_CHILD_H
#define MADVISOR_LAUNCH_CHILD_H

#include <sys/types.h>

#include "launch/launch.h"

/* Capacity of the pipe of a captured output, if the kernel grants it. */
enum { WIRES_PIPE_BYTES = 1 << 20 };

/* The pipes between madvisor and one child; -1 where closed. */
struct wires {
	int talk[2]; /* with the launcher: launcher/protocol */
	/*
	 * Closed by the program's exec, else carries, as an int, the errno of a failed one or of what
	 * comes before it; negative: the launcher's own exec failed.
	 */
	int failed[2];
	int out[2];
	int err[2];
	int report[2];
	int sync[2];
};

/* Opens the pipes that a launch needs. Negative errno, after which wires_close() is still due. */
int wires_open(struct wires *wires, const struct launch *launch)
	__attribute__((nonnull, warn_unused_result));
/* In the parent: closes the child's ends, so that the child's exit ends the streams. */
void wires_close_childs(struct wires *wires) __attribute__((nonnull));
void wires_close(struct wires *wires) __attribute__((nonnull));

/*
 * In the child: sets its group, signals, CPUs, descriptors and identity, then executes
 * madvisor-launcher at that path, which forks the program. A failure goes through wires.failed as
 * an errno.
 */
void child_main(const struct launch *launch, struct wires *wires, const char *launcher,
		pid_t parent) __attribute__((nonnull, noreturn));

#endif
