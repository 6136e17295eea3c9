/* SPDX-License-Identifier: MIT */
/*
 * run/server: trials of a server under load: the server runs under the contender, the load generator in the
 * user's own environment.
 *
 * Each trial starts a fresh server, waits until it is ready, runs the load generator to its end,
 * and stops the server with SIGTERM; if the server ignores that, it is killed and the result notes
 * it. Wall time is the load generator's; CPU time, memory and counts are the server's, over its
 * whole life. The load is the same every time, so the server's CPU time is per unit of load.
 */
#ifndef MADVISOR_RUN_SERVER_H
#define MADVISOR_RUN_SERVER_H

#include <regex.h>
#include <stdint.h>

#include "base/error.h"
#include "run/program.h"
#include "run/trial.h"

/* Everything is borrowed. */
struct server {
	const char *load;     /* shell command */
	unsigned int port;    /* on this machine: ready once it accepts connections; 0: see ready */
	const regex_t *ready; /* ready once a line of its output matches; NULL: see port */
	uint64_t ready_timeout_ns;
	uint64_t stop_timeout_ns; /* between SIGTERM and SIGKILL */
};

/* ERROR_USAGE -EADDRINUSE if its port already accepts connections. */
int server_check_port(const struct server *server, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* As program_trial(): program->argv is the server. Exit status and output of the record are the load's. */
int server_trial(const struct server *server, const struct program *program,
		 const struct trial_setup *setup, const struct trial *trial, struct result *result,
		 struct program_record *record, enum trial_end *ret_end, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4, 5, 7), warn_unused_result));

#endif
