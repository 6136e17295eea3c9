/* SPDX-License-Identifier: MIT */
/*
 * launch/watch: watches a process from its fork on, in a poll loop for up to two processes. A part
 * of launch/launch and run/server. Input is struct launch, output is struct outcome.
 *
 * Life cycle: watch_start(); watch_pump() until `ended`; watch_finish(); watch_release() in any case.
 */
#ifndef MADVISOR_LAUNCH_WATCH_H
#define MADVISOR_LAUNCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "launch/arena-watch.h"
#include "launch/aside.h"
#include "launch/child.h"
#include "launch/launch.h"
#include "launch/memory-group.h"

enum { WATCHES_MAX = 2 };

struct watch {
	const struct launch *launch; /* borrowed */
	struct outcome *outcome;     /* borrowed */
	struct probe_session *session;
	struct wires wires;
	pid_t pid;      /* the program's; -1: never started, or reaped */
	pid_t launcher; /* its parent, a child of madvisor's; -1: none */
	bool ended;     /* it has exited, and is a zombie until watch_finish() */
	uint64_t started_ns;
	uint64_t next_sample_ns;
	uint64_t next_memory_ns;
	struct arena_watch arenas;
	bool alone; /* nothing else runs: the orphans that madvisor adopted are the program's, and count */
	struct memory_group group;
	struct aside aside;
	uint64_t kill_at_ns; /* deadline after SIGTERM; 0: no SIGTERM was sent */
};

/* Starts it under its probe. Negative errno if that fails; watch_release() is due then too. */
int watch_start(struct watch *watch, const struct launch *launch, struct outcome *outcome,
		struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * Waits for an event of any of them, for wait_ms at most, and handles it: output, limits, the
 * user's Ctrl-C (which stops all).
 */
void watch_pump(struct watch *const *watches, size_t count, int wait_ms) __attribute__((nonnull));

/* Kills it and records the reason in its outcome; it ends in a later watch_pump(). */
void watch_stop(struct watch *watch, enum launch_end end) __attribute__((nonnull));

/*
 * Sends SIGTERM and records the reason in its outcome; a later watch_pump() kills it if it has not
 * ended after grace_ns, and records that too. A second call changes nothing.
 */
void watch_ask(struct watch *watch, enum launch_end end, uint64_t grace_ns)
	__attribute__((nonnull));

/*
 * Puts the last output and the figures of an ended process into the outcome, and reaps it. Negative
 * errno if the kernel does not report how it ended; the figures are then invalid.
 */
int watch_finish(struct watch *watch, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Kills a process without watch_finish(); offspring_kill_all() reaps it. */
void watch_kill(struct watch *watch) __attribute__((nonnull));
/* Detaches the probe and closes the pipes. */
void watch_release(struct watch *watch) __attribute__((nonnull));

#endif
