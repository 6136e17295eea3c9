/* SPDX-License-Identifier: MIT */
/*
 * explain/subject: the input of a rule: one contender in one case, and its figures.
 *
 * The figures are those of one run, or the medians of several: of observed runs where there are
 * any, so that times and the CPU time they are a share of come from the same runs. NAN is "not
 * measured", and every comparison with NAN is false: a rule that compares figures does not fire on
 * unmeasured ones.
 */
#ifndef MADVISOR_EXPLAIN_SUBJECT_H
#define MADVISOR_EXPLAIN_SUBJECT_H

#include <stdbool.h>

#include "model/result.h"
#include "model/setting.h"

/* Costs below this share of CPU time are not reported: they drown in noise. */
#define WORTH_PCT 2.0
/* Below this share the allocator's kernel time explains nothing. */
#define NO_TAX_PCT 5.0

/* mmap_lock is a bottleneck from this share of the time that threads run or wait for it. */
#define LOCK_PCT 10.0

/* From this share of lost events on, counts by reason have no meaning. */
#define LOST_PCT 1.0

/* How sure a rule can be, by what it could see. */
#define CONFIDENCE_TIMED 0.9   /* counts, classes and times were measured */
#define CONFIDENCE_COUNTED 0.5 /* counts alone: no share of time */
#define CONFIDENCE_BOUNDED 0.3 /* inferred from sums */

struct subject {
	const struct result *result;
	size_t case_index;
	size_t contender_index;
	const struct contender *contender;
	struct metrics metrics;
	const char *allocator;                /* "" where it is not known */
	const struct setting_group *settings; /* of that allocator; NULL if not in the catalogue */
	double page_bytes;
	double cpu_ns;
	double faults;    /* minor and major */
	double purged_ns; /* in the calls that give memory away */
	double calls_ns;  /* in all memory calls */
	double start_ns;  /* in exec and fork; 0 where not measured */
	double tax_ns; /* faults, calls, exec, fork, the allocator's locks as far as known; NAN unless faults and calls were timed */
	double wait_pct; /* for mmap_lock, of the time that threads run or wait so */
	double lost_pct; /* of the page faults; the observer lost as many events */
	bool classified; /* faults are told apart by cause */
	bool timed;      /* tax_ns is known, and the CPU time it is a share of */
};

/*
 * Fills in the figures of a contender in a case; false where it has no run with figures. Settings are borrowed from the
 * catalogue.
 */
bool subject_init(struct subject *subject, const struct result *result,
		  const struct setting_catalogue *catalogue, size_t case_index,
		  size_t contender_index) __attribute__((nonnull));

double subject_get(const struct subject *subject, enum metric_id id) __attribute__((nonnull, pure));
/* The same, with 0 if not measured, for sums of known figures. */
double subject_known(const struct subject *subject, enum metric_id id)
	__attribute__((nonnull, pure));
/* How many in a second of wall time; NAN without one. */
double subject_per_second(const struct subject *subject, enum metric_id id)
	__attribute__((nonnull, pure));
/* The mean of a sum over a count: bytes or ns of a call. NAN where there was none. */
double subject_mean(const struct subject *subject, enum metric_id sum, enum metric_id count)
	__attribute__((nonnull, pure));

/*
 * CPU time of a fault. A small page's takes 0.5 to 3 us, a huge one's 60 us and more: from this mean on there are huge ones
 * among them, or some that read from a disk, and the mean holds for none.
 */
#define DEAR_FAULT_NS 10000.0

/* In percent of CPU time; NAN where either is not known. */
double subject_share_pct(const struct subject *subject, double ns) __attribute__((nonnull, pure));
/* In percent of the page faults. */
double subject_of_faults_pct(const struct subject *subject, double faults)
	__attribute__((nonnull, pure));
/* System CPU time in percent of all, which bounds the tax from above. */
double subject_system_pct(const struct subject *subject) __attribute__((nonnull, pure));
/* False where the kernel's whole share is too small to matter; true also where it was not measured. */
bool subject_may_be_taxed(const struct subject *subject) __attribute__((nonnull, pure));
/* The time of some of the faults, taken to be like the mean of all. */
double subject_faults_ns(const struct subject *subject, double faults)
	__attribute__((nonnull, pure));

/*
 * Without classes: page faults that touched no page for the first time, at least. A single process has
 * at most peak memory / page size pages at once, so that every fault beyond is on a page it had before.
 */
double subject_refaults_bound(const struct subject *subject) __attribute__((nonnull, pure));

bool subject_served_by(const struct subject *subject, const char *allocator)
	__attribute__((nonnull, pure));
/* Whether the allocator's version is known to be below `version`, such as "5.3.1". */
bool subject_version_below(const struct subject *subject, const char *version)
	__attribute__((nonnull, pure));
/* The value that a setting has been given, or NULL. Borrowed. */
const char *subject_setting(const struct subject *subject, const char *key)
	__attribute__((nonnull, pure));

/*
 * A look at its heap with figures of what is free in it (--retained; of a process always): the last one, or the one with most
 * resident, of those that are whole if any is. NULL: there is none. Borrowed.
 */
const struct retained *subject_look(const struct subject *subject, bool at_peak)
	__attribute__((nonnull, pure));
/* Whether it saw nine tenths of the heap at least: of one that changes under it, it may see next to nothing. */
bool subject_look_is_whole(const struct retained *row) __attribute__((nonnull, pure));

#endif
