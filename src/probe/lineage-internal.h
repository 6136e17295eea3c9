/* SPDX-License-Identifier: MIT */
/* probe/lineage-internal: what the tracer of probe/lineage and madvisor share. */
#ifndef MADVISOR_PROBE_LINEAGE_INTERNAL_H
#define MADVISOR_PROBE_LINEAGE_INTERNAL_H

#include <stdatomic.h>
#include <sys/types.h>

#include "probe/lineage.h"

/* Shared memory. The tracer alone writes; madvisor reads it after the tracer has ended. */
struct lineage_board {
	struct lineage_image images[LINEAGE_MAX];
	_Atomic uint64_t count;
	atomic_bool incomplete;
};

/* What the tracer is told at its start: a context of tracing_start(). */
struct lineage_orders {
	struct lineage_board *board;
	pid_t pid;
};

void lineage_main(void *orders, int ready_fd) __attribute__((nonnull, noreturn));

#endif
