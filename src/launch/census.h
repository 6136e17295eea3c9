/* SPDX-License-Identifier: MIT */
/*
 * launch/census: which programs ran in a process tree, how much the kernel worked for each, and
 * which allocator each has.
 *
 * A command may be a wrapper (env, nice, sh -c, a script that starts a server), and the program
 * that it starts may have another allocator than the wrapper's file. So the tree is sampled while
 * it lives. A program is an executable file with an environment, as given to exec. Each is
 * identified while one of its processes runs, and again later, because libraries are still being
 * loaded when it starts. Identification takes tens of milliseconds of CPU time, so a thread does
 * it, one program at a time.
 *
 * Programs that no sample caught alive stay unknown; their share of the total is known.
 *
 * Life cycle: census_new(); census_begin() or census_begin_running(); census_look() periodically; census_end() while the root
 * can still be read, as a zombie at the latest; census_settle(); then the results; census_free().
 */
#ifndef MADVISOR_LAUNCH_CENSUS_H
#define MADVISOR_LAUNCH_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "launch/running.h"
#include "probe/probe.h"

struct census;

/* A program that ran. Everything is owned by the census. */
struct census_program {
	char *path;         /* of its file; its name if access to the file is denied */
	dev_t device;       /* of that file */
	ino_t inode;        /* 0: not known */
	pid_t pid;          /* of one of its processes */
	size_t processes;   /* seen running it */
	char **environment; /* that it was started with; NULL-terminated */
	bool known;         /* identified: see `found` */
	struct identification found;
	char *failure;    /* why it is not known; or NULL */
	double share_pct; /* of the kernel's work, or of page faults if that was not measured */
};

struct census *census_new(void) __attribute__((returns_nonnull, warn_unused_result));

/*
 * Sets the root of the tree, a command, a child of this process: all counts from its start, orphans
 * included, except process helper (probe_helper(), or 0).
 */
void census_begin(struct census *census, pid_t root, pid_t helper) __attribute__((nonnull));
/*
 * Sets what is watched to processes that already run: only their work from now on counts, and of those
 * that come to them later the work since then. running is borrowed, and may be refreshed meanwhile.
 */
void census_begin_running(struct census *census, const struct running *running)
	__attribute__((nonnull));

/* Samples the tree when a sample is due; the cost of sampling limits the rate. */
void census_look(struct census *census, uint64_t now_ns) __attribute__((nonnull));

/* The live process with the most page faults; the root, or 0, if there is no live one. */
pid_t census_busiest(const struct census *census) __attribute__((nonnull, pure));

/* Takes the last sample. */
void census_end(struct census *census) __attribute__((nonnull));

/* Divides the work among programs: by the probe's shares, or by page faults if shares is NULL. */
void census_settle(struct census *census, const struct process_share *shares, size_t share_count)
	__attribute__((nonnull(1)));

/* The program that the kernel worked most for; NULL if unseen programs have a larger share. */
struct census_program *census_first(struct census *census) __attribute__((nonnull, pure));
/* All programs seen, largest share first; *ret_unseen_pct is the share of the unseen ones. */
struct census_program *census_programs(struct census *census, size_t *ret_count,
				       double *ret_unseen_pct) __attribute__((nonnull));
/*
 * If census_first() is NULL: whether most work was the root's own, and its name at its end was
 * `name`, the name of a process that runs a file called so.
 */
bool census_is_root(const struct census *census, const char *name) __attribute__((nonnull));

void census_free(struct census *census);

static inline void census_freep(struct census **census)
{
	census_free(*census);
}

#endif
