/* SPDX-License-Identifier: MIT */
/*
 * probe/probe: watching one process execution; the ladder of rungs.
 *
 * Layer: above model, below run. A rung is one `const struct probe` in its own file and one row in
 * registry.c, best first. Under every rung lies rusage with memory sampling, and between them, under a
 * rung that costs time, lie hardware counters where the machine has them. A session stacks these layers:
 * what the rung did not measure is taken from the layer below, and what none measured stays NAN.
 *
 * Life cycle, with a child that waits at a gate between fork and exec:
 *
 *   child:   probe_prepare_child(probe), then exec
 *   parent:  probe_open(probe, pid, start, &session, err)
 *            open the gate; the child execs
 *            probe_enable(session)  \ PROBE_AT_ENABLE only: at the beginning and the end of the measured
 *            probe_disable(session) / phase, any number of times
 *            probe_sample(session)    every probe_sample_period_ns(), until the child has ended, and
 *                                     once more before it is waited for
 *            wait4()
 *            probe_finish(session, &usage, &metrics)
 *            probe_close(session)     always, also after errors and without probe_finish()
 *
 * Events count from the process, its threads, and everything it forks, from exec on (PROBE_AT_EXEC)
 * or between enable and disable. Work between fork and exec is not counted.
 *
 * A failure after probe_open() is never an error of the run: its figures stay NAN.
 * docs/HOWTO-probe.md says how to add a rung.
 */
#ifndef MADVISOR_PROBE_PROBE_H
#define MADVISOR_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/error.h"
#include "model/metrics.h"
#include "stacks/stack-log.h"

enum { PROBE_MEMORY_DEFAULT_BYTES = 256 << 20, PROBE_MEMORY_MIN_BYTES = 8 << 20 };

/* When counting starts. */
enum probe_start {
	PROBE_AT_EXEC = 0,
	PROBE_AT_ENABLE = 1, /* the program announces its measured phase */
};

/* The kernel time that one process cost on behalf of its allocator, of all that a rung saw. */
struct process_share {
	pid_t pid;     /* 0: several ended processes, no longer distinguishable */
	char name[16]; /* of its first thread, the last that was seen; "" where that is not known */
	double tax_ns;
};

struct lineage;

/*
 * A rung or layer. Hooks get the state that open() made; those marked optional may be NULL. Only
 * check() and open() can fail; both give a remedy with error_hint().
 */
struct probe {
	const char *name;        /* as in --probe */
	const char *description; /* what it uses, one line */
	const char *gives; /* what it adds to the rungs below, as in "no ..." when it is lost */
	bool costs;        /* it slows the program: timings under it do not count */
	bool distorts; /* so much that CPU time and context switches are its own: they stay unmeasured */

	/* Whether it works on this machine for this user, by trying. Leaves nothing behind. */
	int (*check)(struct error *err);
	/* After check(): where it sees memory calls, and what that costs other calls, in words; static. Optional. */
	const char *(*hooks)(void);
	/* In the child, between fork and exec; async-signal-safe; negative errno. Optional. */
	int (*prepare_child)(void);
	/* Attaches to pid, which has one thread and, at PROBE_AT_EXEC, has still to exec. */
	int (*open)(pid_t pid, enum probe_start start, void **ret_state, struct error *err);
	/* Begin and end of the measured phase. Optional, both or neither. */
	void (*enable)(void *state);
	void (*disable)(void *state);
	/* Called every few milliseconds while the process lives. Optional. */
	void (*sample)(void *state);
	/*
	 * A child of this process that the probe needs for as long as anything that the program started
	 * lives, and that ends by itself afterwards. Optional.
	 */
	pid_t (*helper)(void *state);
	/*
	 * After finish(): what the probe changed for the program, or why it measured nothing, in words, or NULL; caller
	 * frees. Optional.
	 */
	char *(*note)(void *state);
	/* After finish(): the stacks that it took, given away; or NULL. Optional. */
	struct stack_log *(*stacks)(void *state);
	/* After finish(): the shares of the processes in it, given away; or NULL. Optional. */
	struct process_share *(*shares)(void *state, size_t *ret_count);
	/* After all that the program started has ended: see probe/lineage, given away. Optional. */
	struct lineage *(*lineage)(void *state);
	/*
	 * The process has ended. usage is that of wait4(), NULL where it was not waited for. Sets what it
	 * measured, from freshly initialised metrics.
	 */
	void (*finish)(void *state, const struct rusage *usage, struct metrics *metrics);
	void (*close)(void *state);
};

/* The memory that a rung's tables in the kernel may take; set it before any rung is tried (--observer-memory). */
extern uint64_t probe_memory_bytes;

struct probe_session;

/* The rungs, best first, NULL-terminated. The last one always works. Static. */
const struct probe *const *probe_ladder(void) __attribute__((const, returns_nonnull));

/*
 * Finds the rung for --probe. "auto" takes the highest one that works; *ret_lost then says what the
 * rungs above would have given and why they do not work, or is NULL where nothing is lost; the caller
 * frees it. An explicit name either works or is an error: ERROR_USAGE (-EINVAL) for an unknown name,
 * ERROR_MACHINE with its remedy for a rung that does not work here.
 */
int probe_select(const char *name, const struct probe **ret, char **ret_lost, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
/* The same on another NULL-terminated ladder. */
int probe_select_from(const struct probe *const *ladder, const char *name, const struct probe **ret,
		      char **ret_lost, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

/* In the child, before exec. 0 or a negative errno; async-signal-safe. */
int probe_prepare_child(const struct probe *probe) __attribute__((nonnull, warn_unused_result));

/* Attaches a rung and the layers under it to a waiting child. ERROR_MACHINE where that fails. */
int probe_open(const struct probe *probe, pid_t pid, enum probe_start start,
	       struct probe_session **ret, struct error *err)
	__attribute__((nonnull(1, 4), warn_unused_result));
void probe_enable(struct probe_session *session) __attribute__((nonnull));
void probe_disable(struct probe_session *session) __attribute__((nonnull));
void probe_sample(struct probe_session *session) __attribute__((nonnull));
uint64_t probe_sample_period_ns(const struct probe_session *session)
	__attribute__((nonnull, const));
/*
 * The probe's helper process, not to be killed before the program's descendants have ended; 0:
 * none. It may have ended, and any caller may reap it.
 */
pid_t probe_helper(const struct probe_session *session) __attribute__((nonnull));
/* After probe_finish(): the note of the rung, see struct probe; NULL: none. Caller frees. */
char *probe_note(const struct probe_session *session) __attribute__((nonnull, warn_unused_result));
/* Sets all metrics: measured, or NAN. Once a session. usage: see struct probe. */
void probe_finish(struct probe_session *session, const struct rusage *usage,
		  struct metrics *metrics) __attribute__((nonnull(1, 3)));
/* After probe_finish(): the stacks that were taken, or NULL. Free with stack_log_free(). */
struct stack_log *probe_take_stacks(struct probe_session *session)
	__attribute__((nonnull, warn_unused_result));
/*
 * After probe_finish(): a share for each process, in no order, or NULL where the rung sees none. Caller
 * frees.
 */
struct process_share *probe_take_shares(struct probe_session *session, size_t *ret_count)
	__attribute__((nonnull, warn_unused_result));
/*
 * After probe_finish() and the end of everything that the program started: the programs that ran, or NULL. Free
 * with lineage_free().
 */
struct lineage *probe_take_lineage(struct probe_session *session)
	__attribute__((nonnull, warn_unused_result));
/* Detaches and frees. Takes NULL. */
void probe_close(struct probe_session *session);

#endif
