/* SPDX-License-Identifier: MIT */
/*
 * launch/child: what happens between fork and the launcher, and the pipes that lead there. A part of launch/launch.
 */
#ifndef MADVISOR_LAUNCH_CHILD_H
#define MADVISOR_LAUNCH_CHILD_H

#include <sys/types.h>

#include "launch/launch.h"

/* What the pipe of a captured output holds, where the kernel grants it. */
enum { WIRES_PIPE_BYTES = 1 << 20 };

/* The pipes between madvisor and one child; -1 where closed. */
struct wires {
	int talk[2];   /* with the launcher: launcher/protocol */
	int failed[2]; /* closed by the program's exec, else carries the errno of a failed one */
	int out[2];
	int err[2];
	int report[2];
	int sync[2];
};

/* Opens the pipes that a launch needs. Negative errno, after which wires_close() is still due. */
int wires_open(struct wires *wires, const struct launch *launch)
	__attribute__((nonnull, warn_unused_result));
/* In the parent: the ends that are the child's alone, so that its exit ends the streams. */
void wires_close_childs(struct wires *wires) __attribute__((nonnull));
void wires_close(struct wires *wires) __attribute__((nonnull));

/*
 * In the child: its group, signals, CPUs, descriptors and identity; then becomes madvisor-launcher, at that path, which
 * forks the program. What fails goes through wires.failed as an errno.
 */
void child_main(const struct launch *launch, struct wires *wires, const char *launcher,
		pid_t parent) __attribute__((nonnull, noreturn));

#endif
