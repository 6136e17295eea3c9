/* SPDX-License-Identifier: MIT */
/*
 * launch/launcher-link: madvisor's end of the socket to madvisor-launcher (launcher/protocol), which
 * forks, starts and reaps one program. A part of launch/watch.
 *
 * Life cycle: launcher_start(), launcher_open_gate(), then LAUNCHER_END is awaited on wires.talk;
 * launcher_reap().
 */
#ifndef MADVISOR_LAUNCH_LAUNCHER_LINK_H
#define MADVISOR_LAUNCH_LAUNCHER_LINK_H

#include <sys/resource.h>
#include <sys/types.h>

#include "base/error.h"
#include "launch/child.h"
#include "launcher/protocol.h"

/*
 * Opens the wires, and forks the launcher, which forks the program up to its gate. ERROR_MACHINE: it is
 * missing, of another version, or says nothing in 20 s; ERROR_TARGET: the program cannot be
 * started. *ret_launcher (-1: none) and *ret_program are to be killed after an error too.
 */
int launcher_start(struct wires *wires, const struct launch *launch, pid_t *ret_launcher,
		   pid_t *ret_program, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* Lets the program through its gate. */
int launcher_open_gate(const struct wires *wires, const struct launch *launch, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Waits until the program's exec has ended, one way or the other. */
int launcher_check_exec(const struct wires *wires, const struct launch *launch, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The error of an errno from wires.failed; returns it, negative. */
int launcher_fail_exec(const struct launch *launch, int code, struct error *err)
	__attribute__((nonnull(1)));

/* Reads a word. -ECHILD if the launcher has died or sent another one. */
int launcher_hear(const struct wires *wires, enum launcher_word_kind kind,
		  struct launcher_word *ret) __attribute__((nonnull, warn_unused_result));

/*
 * Has the launcher reap the ended program, and reaps the launcher: *launcher is then -1. Negative errno with
 * ERROR_MACHINE if it does not say how the program ended.
 */
int launcher_reap(const struct wires *wires, const struct launch *launch, pid_t *launcher,
		  int *ret_status, struct rusage *ret_usage, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4, 5), warn_unused_result));

#endif
