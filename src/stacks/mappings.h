/* SPDX-License-Identifier: MIT */
/*
 * stacks/mappings: which file a watched process had mapped where, and when: perf's records of mappings, forks
 * and execs of the whole machine, of which those of watched processes are kept. Unlike /proc/PID/maps, read
 * now and then, they miss no process however short it lives.
 *
 * Life cycle: mappings_open(); mappings_watch() for the processes to begin with, whose descendants follow;
 * mappings_drain() every now and then, the more often the surer its files are still there; mappings_close().
 */
#ifndef MADVISOR_STACKS_MAPPINGS_H
#define MADVISOR_STACKS_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "stacks/stack-log.h"

struct mappings;

/* Never fails: where the kernel gives no records, only mappings_watch() adds to the log, which is borrowed. */
struct mappings *mappings_open(struct stack_log *log)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/*
 * A process to watch, with its descendants. running: it has mappings already, which are read from /proc. Does nothing
 * for one that is watched.
 */
void mappings_watch(struct mappings *mappings, pid_t tgid, bool running) __attribute__((nonnull));
/*
 * Takes what the kernel recorded. last: no more records can come, so none is held back for
 * ordering.
 */
void mappings_drain(struct mappings *mappings, bool last) __attribute__((nonnull));
/* Takes NULL. */
void mappings_close(struct mappings *mappings);

/*
 * Opens the file behind a mapping of a process: the very file, however it is called now, if the
 * process still lives and madvisor may; otherwise the file at that path, if device and inode match.
 * -1 if neither can be opened. `tgid` 0: only by path.
 */
int mapped_file_open(pid_t tgid, uint64_t start, uint64_t end, const struct mapped_file *file)
	__attribute__((nonnull, warn_unused_result));

#endif
