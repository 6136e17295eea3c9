/* SPDX-License-Identifier: MIT */
/* cmd/explain-options: the command line of `madvisor explain`. A part of cmd/explain. */
#ifndef MADVISOR_CMD_EXPLAIN_OPTIONS_H
#define MADVISOR_CMD_EXPLAIN_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "identify/identify.h"
#include "cmd/measure.h"
#include "launch/running.h"

/* Texts are borrowed from argv. */
struct explain_options {
	struct measure measure;
	char *followed; /* file that takes the place of command[0], a shim; owned; NULL: none */
	char **command; /* borrowed from argv, NULL-terminated; NULL: a process */
	pid_t *pids;    /* of running processes; owned */
	size_t pid_count, pid_alloc;
	const char *cgroup;   /* the control group of running processes; NULL: none */
	uint64_t duration_ns; /* 0: not given */
	uint64_t grace_ns;
	const char *input;
	bool verify;
	bool show_output;
	bool ignore_failure;
	bool folded;
	bool retained; /* look at the memory of a command; of a process always */

	/* Found during the run. */
	struct running running;        /* the processes, once explain_options_check() found them */
	struct identification program; /* as named; later the one the kernel worked most for */
	char *unknown;                 /* why it could not be identified; or NULL */
	char **environment;            /* around the command, or of the process */
	char **inner;                  /* that program's, if seen; or NULL */
	int exit_status;
};

/* The options: whose input is a struct explain_options. Static. */
const struct argp *explain_argp(void) __attribute__((returns_nonnull));

/* Whether what is explained runs already, and is no command. */
bool explain_is_running(const struct explain_options *explain) __attribute__((nonnull, pure));

void explain_options_init(struct explain_options *explain) __attribute__((nonnull));
void explain_options_release(struct explain_options *explain) __attribute__((nonnull));

/*
 * Checks the combination of options before anything runs: -EINVAL with ERROR_USAGE; and finds the running processes, with the
 * errors of running_begin().
 */
int explain_options_check(struct explain_options *explain, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
