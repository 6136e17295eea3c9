/* SPDX-License-Identifier: MIT */
/*
 * cmd/measure: shared parts of all commands that measure: options, contenders, and handling of the
 * result.
 *
 * Life cycle: measure_init(), argp with measure_argp() as a child, measure_prepare(), cmd/contenders, the
 * command's own rounds, measure_finish(), measure_release().
 */
#ifndef MADVISOR_CMD_MEASURE_H
#define MADVISOR_CMD_MEASURE_H

#include <argp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rights.h"
#include "cmd/failif.h"
#include "cmd/journal.h"
#include "cmd/outputs.h"
#include "cmd/progress.h"
#include "model/result.h"
#include "probe/probe.h"
#include "run/trial.h"
#include "stats/stopping.h"

struct measure {
	/* As given on the command line; texts are borrowed from argv. */
	const char *contenders; /* NULL: all */
	const char *baseline;   /* NULL: glibc, for a user's program self */
	const char *probe_name;
	const char *cpus_text;
	const char *user;
	struct stopping_rule rule;
	double margin_pct;
	uint64_t seed;
	bool seed_given;
	uint64_t memory_max_bytes;
	uint64_t timeout_ns;
	bool quiet;
	enum progress_mode progress_mode;
	struct outputs outputs;
	struct failif *failifs;
	size_t failif_count, failif_alloc;
	bool fail_if_unclear;

	/* Found by measure_prepare(). */
	struct result result;
	struct trial_setup setup; /* without the workload's path */
	struct rights rights;     /* of measured programs and of queried libraries */
	const struct probe
		*observer; /* NULL where only the lowest rung works: observing adds nothing */
	struct progress_display display;
	struct journal journal;
	cpu_set_t cpus;
};

void measure_init(struct measure *measure) __attribute__((nonnull));
void measure_release(struct measure *measure) __attribute__((nonnull));

/* The common options: an argp child whose input is a struct measure. Static. */
const struct argp *measure_argp(void) __attribute__((returns_nonnull));
/* The same for a command whose baseline is the user's program as it is. */
const struct argp *measure_program_argp(void) __attribute__((returns_nonnull));
/* The same without the contender options, for a command with fixed contenders. */
const struct argp *measure_common_argp(void) __attribute__((returns_nonnull));

/*
 * Checks all that can be checked before anything is measured: outputs, CPUs, user, probe. Fills the
 * result's host and command.
 */
int measure_prepare(struct measure *measure, enum result_kind kind, int argc, char **argv,
		    struct error *err) __attribute__((nonnull(1, 4), warn_unused_result));

/*
 * Adds every --fail-if to the result, whose contenders, cases and metric are set. ERROR_USAGE if one
 * names what is not there.
 */
int measure_add_gates(struct measure *measure, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/*
 * Saves and shows the result. `status` is the status of the rounds (0, or negative with *err);
 * returns the exit status of the command. Releases err.
 */
int measure_finish(struct measure *measure, int status, struct error *err)
	__attribute__((nonnull, warn_unused_result));

/* Says a line before the rounds begin, with the measure as the context. */
void measure_announce(void *context, const char *text) __attribute__((nonnull));
/* For experiment.undecided, with the measure as the context. */
bool measure_undecided(void *context, size_t case_index, unsigned int round)
	__attribute__((nonnull));
/* For experiment.keep, with the measure as the context: keeps the result's new rows in its journal. */
void measure_keep(void *context) __attribute__((nonnull));
/* For experiment.progress and experiment.outlook, with the measure as the context. */
void measure_progress(void *context, const struct progress *progress) __attribute__((nonnull));
void measure_outlook(void *context, const struct outlook *outlook) __attribute__((nonnull));

#endif
