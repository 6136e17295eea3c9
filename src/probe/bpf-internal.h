/* SPDX-License-Identifier: MIT */
/* probe/bpf-internal: what the files of a BPF session share. */
#ifndef MADVISOR_PROBE_BPF_INTERNAL_H
#define MADVISOR_PROBE_BPF_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe/bpf.h"
#include "probe/mappings.h"

struct tax_bpf; /* the generated skeleton, tax.skel.h */

struct tax_session {
	struct tax_bpf *skeleton;
	struct bpf_link **links;
	size_t link_count, link_alloc;
	unsigned int features; /* enum tax_feature */

	/* Where stacks are taken; NULL otherwise. */
	struct stack_log *log;
	struct ring_buffer *ring;
	struct mappings *mappings;
};

/* Finds out what the kernel has and leaves out the rest, before loading. */
int tax_configure(struct tax_session *session, const struct tax_options *options, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* Attaches every program that was loaded. */
int tax_attach(struct tax_session *session, const struct tax_options *options, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* Before attaching: makes ready for stacks, where they are wanted and can be had. Negative errno. */
int tax_stacks_open(struct tax_session *session) __attribute__((nonnull, warn_unused_result));
/* After it: learns what the watched processes have mapped. */
void tax_stacks_watch(struct tax_session *session, pid_t waiting_pid) __attribute__((nonnull));
/* Leaves the log. */
void tax_stacks_close(struct tax_session *session) __attribute__((nonnull));
/* Names the processes to watch: before attaching, those that still wait; after it, those that run. */
int tax_watch_waiting(struct tax_session *session, pid_t pid, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
int tax_watch_running(struct tax_session *session, const pid_t *pids, size_t pid_count,
		      struct error *err) __attribute__((nonnull(1), warn_unused_result));

/* Sets ERROR_MACHINE, or what else the code says, with its remedy; returns -code. */
int tax_error(struct error *err, int code, const char *what)
	__attribute__((nonnull(3), warn_unused_result));

#endif
