/* SPDX-License-Identifier: MIT */
/* probe/bpf-internal: what the files of a BPF session share. */
#ifndef MADVISOR_PROBE_BPF_INTERNAL_H
#define MADVISOR_PROBE_BPF_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe/bpf.h"
#include "stacks/mappings.h"

struct tax_bpf; /* the generated skeleton, tax.skel.h */

struct tax_links {
	struct bpf_link **links;
	size_t count, alloc;
};

/* The windows of time in which faults are timed. */
struct tax_windows {
	struct tax_links events; /* of the open window; empty: shut, or faults are not timed */
	bool running;            /* time passes, while faults are counted */
	uint64_t last_ns;        /* up to when it was looked at; 0: since the next look */
	uint64_t now_ns;         /* the time that passed */
	uint64_t change_ns;      /* when on this clock the last one was opened or shut */
	uint64_t due_ns;         /* when it is to be shut or opened next */
	uint64_t length_ns;      /* of the last one, as long as it took to shut it */
	uint32_t number;
	uint32_t weight;             /* of the open one */
	struct tax_window_sum *sums; /* of those that were shut */
	size_t sum_count, sum_alloc;
};

struct btf;

/* Mean times of batches of faults: the lower quartile, which interruptions do not reach, and half the way to the median. */
struct tax_quickest {
	double ns;
	double spread_ns;
};

struct tax_session {
	struct tax_bpf *skeleton;
	enum tax_hooks hooks;
	struct tax_links links;
	struct tax_windows windows;
	unsigned int period;   /* as in struct tax_options */
	unsigned int features; /* enum tax_feature */
	bool whole_known;
	struct tax_quickest whole; /* what a fault took before the programs were attached */
	struct tax_outside outside;
	uint64_t memory_bytes; /* as in struct tax_options */
	bool has_ring;         /* the ring has room for stacks */

	/* Where stacks are taken; NULL otherwise. */
	struct stack_log *log;
	struct ring_buffer *ring;
	struct mappings *mappings;
};

/* Finds out what the kernel has and leaves out the rest, before loading. */
int tax_configure(struct tax_session *session, const struct tax_options *options, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* Once a process: learns from the kernel's types where memory calls can be seen. */
void tax_hooks_learn(const struct btf *btf) __attribute__((nonnull));
/* Before loading: decides for the best hooks that were not given up, and leaves out the programs of the others. */
void tax_hooks_configure(struct tax_session *session) __attribute__((nonnull));
/* After a failure under the present hooks: gives them up for this process; false: there are no others. */
bool tax_hooks_descend(void);
/* The programs of type kprobe; those of type tracing attach as all others do. */
int tax_hooks_attach(struct tax_session *session, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
/* Attaches every program that was loaded, except on_minor_end, which tax_windows_open() attaches. */
int tax_attach(struct tax_session *session, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
/* Takes the link over; tax_detach_links() destroys it. */
void tax_links_keep(struct tax_links *links, struct bpf_link *link) __attribute__((nonnull));
/* Puts the program on a software event of every CPU. A part may be attached after an error. */
int tax_attach_event(struct tax_links *links, struct bpf_program *program, uint64_t config,
		     uint64_t period, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void tax_detach_links(struct tax_links *links) __attribute__((nonnull));
/* Before the programs are attached, and after that with a window open: sets session->outside, in 10 ms together. */
void tax_calibrate_before(struct tax_session *session) __attribute__((nonnull));
void tax_calibrate_after(struct tax_session *session) __attribute__((nonnull));
/* Opens the first window; its time passes from tax_windows_run(true) on. */
int tax_windows_open(struct tax_session *session, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
void tax_windows_run(struct tax_session *session, bool on) __attribute__((nonnull));
/* Every 10 ms: opens the next window or shuts the open one when due. */
void tax_windows_tick(struct tax_session *session) __attribute__((nonnull));
/* Shuts the open one for good. */
void tax_windows_close(struct tax_session *session) __attribute__((nonnull));
/* Before attaching: prepares for stacks, if wanted and supported. Negative errno. */
int tax_stacks_open(struct tax_session *session) __attribute__((nonnull, warn_unused_result));
/* After attaching: reads the mappings of the watched processes. */
void tax_stacks_watch(struct tax_session *session, pid_t waiting_pid) __attribute__((nonnull));
/* Takes the stacks that wait. */
void tax_stacks_drain(struct tax_session *session) __attribute__((nonnull));
/* Leaves the log. */
void tax_stacks_close(struct tax_session *session) __attribute__((nonnull));
/* Names the processes to watch: before attaching, those that still wait; after it, those that run. */
int tax_watch_waiting(struct tax_session *session, pid_t pid, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
int tax_watch_running(struct tax_session *session, const struct tax_options *options,
		      struct error *err) __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * Makes libbpf hand its first warning to tax_error() instead of printing it. Returns the former printer, to be set again
 * with libbpf_set_print(). One thread opens a session at a time.
 */
libbpf_print_fn_t tax_error_listen(void) __attribute__((warn_unused_result));
/* Sets ERROR_MACHINE, or the kind that fits the code, with its remedy; returns -code. */
int tax_error(struct error *err, int code, const char *what)
	__attribute__((nonnull(3), warn_unused_result));

#endif
