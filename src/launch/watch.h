/* SPDX-License-Identifier: MIT */
/*
 * launch/watch: a process from its fork on, watched by a poll loop that can watch two at a time. A part of
 * launch/launch and run/server, which say what a process is started with (struct launch) and what
 * comes of it (struct outcome).
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
#include "launch/child.h"
#include "launch/launch.h"

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
	uint64_t kill_at_ns; /* when its time to end after SIGTERM is over; 0: it was not asked to */
};

/* Starts it under its probe. A negative errno where it could not be started; watch_release() is due then too. */
int watch_start(struct watch *watch, const struct launch *launch, struct outcome *outcome,
		struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/*
 * Waits for something to happen to one of them, for wait_ms at most, and deals with it: what they print, their limits,
 * the user's Ctrl-C (which stops all).
 */
void watch_pump(struct watch *const *watches, size_t count, int wait_ms) __attribute__((nonnull));

/* Kills it for a reason that its outcome keeps; it ends in a later watch_pump(). */
void watch_stop(struct watch *watch, enum launch_end end) __attribute__((nonnull));

/*
 * Asks it to end, with SIGTERM, for a reason that its outcome keeps; a later watch_pump() kills it if it has not
 * ended grace_ns after, which its outcome keeps too. A second call changes nothing.
 */
void watch_ask(struct watch *watch, enum launch_end end, uint64_t grace_ns)
	__attribute__((nonnull));

/*
 * Of one that has ended: its last words and figures into the outcome; reaps it. A negative errno where the kernel does not
 * say how it ended; there are no figures then that count.
 */
int watch_finish(struct watch *watch, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Kills what was not finished; offspring_kill_all() reaps it. */
void watch_kill(struct watch *watch) __attribute__((nonnull));
/* Detaches the probe and closes the pipes. */
void watch_release(struct watch *watch) __attribute__((nonnull));

#endif
