/* SPDX-License-Identifier: MIT */
/*
 * launch/census: which programs ran in a tree of processes, which of them the kernel worked for, and which
 * allocator each has.
 *
 * A command may be a wrapper (env, nice, sh -c, a script that starts a server), and the program that it leads to
 * may have another allocator than the wrapper's file says. So the tree is looked at now and then while it lives:
 * processes are told apart by program, where a program is what an exec made: its file and its environment. Each is
 * identified while one of its processes runs, and again as it grows older, as libraries are still being loaded when
 * it starts. Identifying takes tens of milliseconds of CPU time, so a thread does it, one program at a time.
 *
 * What no look has caught alive stays unknown; how much that is of the whole is known.
 *
 * Life cycle: census_new(); census_begin(); census_look() now and then; census_end() while the root can still be read,
 * as a zombie at the latest; census_settle(); then the answers; census_free().
 */
#ifndef MADVISOR_LAUNCH_CENSUS_H
#define MADVISOR_LAUNCH_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "probe/probe.h"

struct census;

/* A program that ran. Everything is owned by the census. */
struct census_program {
	char *path;         /* of its file; where that may not be known, its name */
	dev_t device;       /* of that file */
	ino_t inode;        /* 0: not known */
	pid_t pid;          /* of one of its processes */
	size_t processes;   /* that ran it, as far as they were seen */
	char **environment; /* that it was started with; NULL-terminated */
	bool known;         /* what it was identified as is in `found` */
	struct identification found;
	char *failure;    /* why it is not known; or NULL */
	double share_pct; /* of the kernel's work; of page faults where that was not measured */
};

struct census *census_new(void) __attribute__((returns_nonnull, warn_unused_result));

/*
 * The root of the tree. Of a command, which is this process's child, everything counts from its start, its orphans as well, but
 * for *helper (probe_helper(), or 0). Of a process that runs already (helper is NULL) what it does from now on.
 */
void census_begin(struct census *census, pid_t root, const pid_t *helper)
	__attribute__((nonnull(1)));

/* Looks, if it is time to: as often as its own cost allows. */
void census_look(struct census *census, uint64_t now_ns) __attribute__((nonnull));

/* The process that most page faults were seen of. */
pid_t census_busiest(const struct census *census) __attribute__((nonnull, pure));

/* The last look. */
void census_end(struct census *census) __attribute__((nonnull));

/* Adds up whose the work was: by the probe's shares, or without any (NULL) by page faults. */
void census_settle(struct census *census, const struct process_share *shares, size_t share_count)
	__attribute__((nonnull(1)));

/* The program that the kernel worked most for; NULL where that is one that was not seen. */
struct census_program *census_first(struct census *census) __attribute__((nonnull, pure));
/* All that were seen, by share; and what share no program that was seen has. */
const struct census_program *census_programs(const struct census *census, size_t *ret_count,
					     double *ret_unseen_pct) __attribute__((nonnull));
/*
 * Where census_first() is NULL: whether it was the root itself, and called itself `name` when it ended, as a process
 * does that runs the file of that name.
 */
bool census_is_root(const struct census *census, const char *name) __attribute__((nonnull));

void census_free(struct census *census);

static inline void census_freep(struct census **census)
{
	census_free(*census);
}

#endif
