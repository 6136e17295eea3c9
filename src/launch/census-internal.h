/* SPDX-License-Identifier: MIT */
/*
 * launch/census-internal: shared by census.c, which samples the process tree, census-inquiry.c,
 * which identifies a program in a thread of its own, and census-settle.c, which adds up.
 */
#ifndef MADVISOR_LAUNCH_CENSUS_INTERNAL_H
#define MADVISOR_LAUNCH_CENSUS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "base/error.h"
#include "launch/census.h"
#include "launch/offspring.h"
#include "proc/proc.h"

/* The identification in progress, at most one. Zero-initialised: idle. */
struct inquiry {
	bool running; /* until it is collected */
	pthread_t thread;
	atomic_bool done;
	struct proc proc; /* the process it asks */
	size_t program;
	dev_t device; /* of its file, which must be the same before and after */
	ino_t inode;
	int r;
	struct identification found;
	struct error err;
};

/*
 * The file that a process runs. -ENOENT or -ESRCH if the process is exiting or gone; another
 * negative errno if access is denied.
 */
int process_file(const struct proc *proc, dev_t *ret_device, ino_t *ret_inode)
	__attribute__((nonnull, warn_unused_result));

/* Internal state of a program, beside the public struct census_program. */
struct program_state {
	uint64_t environment_digest;
	uint64_t code_digest; /* of the files whose code was mapped when it was identified */
	uint64_t seen_ns;     /* first */
	uint64_t asked_ns;    /* when it was identified */
	uint64_t next_ns;     /* when it is to be identified again */
	double faults;
	double weight;
};

/* A process seen in some sample. */
struct member {
	pid_t pid;
	uint64_t started;
	uint64_t stack_start;
	char name[16];
	size_t program;
	uint64_t faults;     /* up to the last sample */
	uint64_t counted;    /* of these, those that count */
	uint64_t since_exec; /* of these, under its present program */
	bool alive;
};

/*
 * Opens the process with that pid and start time; -ESRCH if it is gone or its pid was reused.
 * Other failures are those of proc_open().
 */
int census_hold(pid_t pid, uint64_t started, struct proc *ret)
	__attribute__((nonnull, warn_unused_result));

/* Digest of the files whose code a process has mapped; 0 if its maps cannot be read. */
uint64_t process_code_digest(const struct member *member) __attribute__((nonnull));

/* Starts to identify a process's allocator. Negative errno if it is gone or no thread can start. */
int inquiry_start(struct inquiry *inquiry, const struct member *member)
	__attribute__((nonnull, warn_unused_result));
/*
 * Waits for a running inquiry; the caller then owns its result: found, or r and err. r is -ESRCH if
 * the process ended or ran another program in the meantime.
 */
void inquiry_collect(struct inquiry *inquiry) __attribute__((nonnull));

struct census {
	pid_t root;   /* the command, or the one process that was named; 0: there are several */
	pid_t helper; /* of a command */
	const struct running *running; /* NULL: it is a command */
	bool began;                    /* the first sample was taken */
	uint64_t began_ns, spent_ns, next_ns;
	struct relative root_before, root_after; /* pid 0: not read */
	struct member *members;
	size_t member_count, member_alloc;
	struct census_program *programs;
	size_t program_count, program_alloc;
	struct program_state *states; /* of each program */
	size_t state_count, state_alloc;
	struct inquiry inquiry;
	struct census_program *first;
	double unseen, root_unseen, total;
};

/* The member with the pid and start time of `process`, or NULL. */
struct member *census_find_member(const struct census *census, const struct relative *process)
	__attribute__((nonnull));

#endif
