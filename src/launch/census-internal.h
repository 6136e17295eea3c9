/* SPDX-License-Identifier: MIT */
/*
 * launch/census-internal: census.c looks; census-inquiry.c identifies a program, in a thread of its own; census-settle.c adds
 * up. Private to them.
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

/* One at a time. Zero-initialised there is none. */
struct inquiry {
	bool running; /* until it is collected */
	pthread_t thread;
	atomic_bool done;
	struct proc proc; /* whom it asks */
	size_t program;
	dev_t device; /* of the file that it is to run before and after */
	ino_t inode;
	int r;
	struct identification found;
	struct error err;
};

/*
 * The file that a process runs. A negative errno where it may not be known; -ENOENT, or -ESRCH, where the process is exiting
 * or gone.
 */
int process_file(const struct proc *proc, dev_t *ret_device, ino_t *ret_inode)
	__attribute__((nonnull, warn_unused_result));

/* What is remembered of a program beside what is told. */
struct program_state {
	uint64_t environment_digest;
	uint64_t code_digest; /* of the files whose code was mapped when it was identified */
	uint64_t seen_ns;     /* first */
	uint64_t asked_ns;    /* when it was identified */
	uint64_t next_ns;     /* when it is to be identified again */
	double faults;
	double weight;
};

/* A process that was seen. */
struct member {
	pid_t pid;
	uint64_t started;
	uint64_t stack_start;
	char name[16];
	size_t program;
	uint64_t faults;     /* up to the last look */
	uint64_t counted;    /* of these, those that count */
	uint64_t since_exec; /* of these, under its present program */
	bool alive;
};

/*
 * Takes hold of a process that started then; -ESRCH where it is gone, also where another has its number. Other failures are
 * those of proc_open().
 */
int census_hold(pid_t pid, uint64_t started, struct proc *ret)
	__attribute__((nonnull, warn_unused_result));

/* Of the files whose code a process has mapped; 0 where that may not be known. */
uint64_t process_code_digest(const struct member *member) __attribute__((nonnull));

/* Asks a process what serves it. A negative errno where it is gone, or where there is no thread to be had. */
int inquiry_start(struct inquiry *inquiry, const struct member *member)
	__attribute__((nonnull, warn_unused_result));
/*
 * Of one that is running: waits for its end, then its result is the caller's: found, or r and err. -ESRCH: the process ended, or
 * ran another program, in the meantime.
 */
void inquiry_collect(struct inquiry *inquiry) __attribute__((nonnull));

struct census {
	pid_t root, helper;
	bool is_command;
	bool began; /* the first look was taken */
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

/* The process that a reading is of, if it was seen; else NULL. */
struct member *census_find_member(const struct census *census, const struct relative *process)
	__attribute__((nonnull));

#endif
