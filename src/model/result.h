/* SPDX-License-Identifier: MIT */
/*
 * model/result: the result document in memory: contenders, cases and measurements.
 *
 * Layer: above stats, below all code that measures or renders. It holds everything that a report
 * shows, so that `madvisor report` renders a saved document with the same code.
 *
 * Life cycle: result_init(), the result_add_*() functions, result_summarise(), result_save(), and
 * result_release(). The document owns all its strings. Runs and summaries name their case and
 * contender by index into cases[] and contenders[]; pointers that result_add_*() return are good until
 * the next call of the same function. Optional strings are NULL and optional numbers NAN when they are
 * not known, and become null in JSON.
 */
#ifndef MADVISOR_MODEL_RESULT_H
#define MADVISOR_MODEL_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/effect.h"
#include "model/finding.h"
#include "model/gate.h"
#include "model/metrics.h"
#include "model/parameter.h"
#include "model/retained.h"
#include "model/stack.h"
#include "model/sweep.h"
#include "model/tuning.h"
#include "stats/modes.h"
#include "stats/verdict.h"

#define RESULT_SCHEMA "madvisor.result/2"
/* The earlier schema, which is still read. */
#define RESULT_SCHEMA_1 "madvisor.result/1"

struct across;

/* The kind of a result. */
enum result_kind {
	RESULT_BENCH,   /* allocators compared on built-in workloads */
	RESULT_COMPARE, /* allocators compared on the user's command */
	RESULT_EXPLAIN, /* one program alone: where its time goes, and which settings help */
	RESULT_TUNE,    /* settings of one allocator searched, and the best of them confirmed */
};

/* A contender's role in the experiment. */
enum contender_role {
	ROLE_CONTENDER, /* compared with the baseline */
	ROLE_BASELINE,
	ROLE_TWIN,  /* the baseline again, blind: its ratio is the noise floor */
	ROLE_LIMIT, /* allocation replaced by a recycled pool: the physical floor */
};

struct setting {
	char *key;
	char *value;
};

/* The program that an allocator serves, among all that a command or process started. */
struct served {
	char *path;         /* of its file; NULL: the named program is the only one */
	uint64_t pid;       /* of one of its processes */
	uint64_t processes; /* how many ran it */
	double share_pct;   /* of the kernel's work for allocators, or of page faults */
};

struct contender {
	char *name; /* unique, canonical: "jemalloc[tcache_max:4096]" */
	enum contender_role role;
	char *allocator; /* "jemalloc"; NULL where unknown */
	char *version;   /* as the library says it; optional */
	char *library;   /* absolute path of the preload; NULL: nothing is injected */
	char *build; /* of two builds of a program, the file or text that tells them apart; optional */
	char *how; /* how a user's own program contains it: "libc", "linked-in", …; optional */
	struct served served; /* of a user's own program that was observed */
	char *env_var;        /* variable of its settings: "_RJEM_MALLOC_CONF"; optional */
	struct setting *settings;
	size_t setting_count;
	char **env;      /* "NAME=value" for the settings, NULL-terminated; NULL: no settings */
	char *proof;     /* one line: evidence that it serves malloc with its settings; optional */
	char *withdrawn; /* why it was withdrawn; NULL while it takes part */
};

struct case_info {
	char *name;
	char *description;   /* optional */
	uint64_t iterations; /* of the measured phase, equal for all contenders; 0 unknown */
	struct parameter *parameters; /* its parameters; empty if it has none to vary */
	size_t parameter_count, parameter_alloc;
};

struct run {
	size_t case_index;
	size_t contender_index;
	unsigned int round; /* from 1 */
	bool observed;      /* under a probe that may cost time: its timings are ignored */
	char *probe;        /* the rung that produced the counts: "rusage", "perf", … */
	int exit_status;    /* as a shell gives it */
	char *error; /* why it has no figures: timeout, memory limit, failure; NULL if it has */
	struct metrics metrics;
};

/*
 * With fewer rounds the noise floor is not shown, and an interval only if it excludes 1 (see
 * summary_has_interval()).
 */
#define SUMMARY_ROUNDS_MIN 3u

struct summary {
	size_t case_index;
	size_t contender_index;
	enum metric_id metric;
	double estimate; /* median over the rounds, in the metric's unit */
	double ratio;    /* to the baseline, with its interval; NAN for the baseline itself */
	double ratio_low;
	double ratio_high;
	double headroom; /* ratio to the limit; NAN without one */
	enum verdict verdict;
	bool has_verdict; /* false for the baseline, and for a metric without a better direction */
	unsigned int rounds; /* pairs behind the ratio; runs behind the estimate for the baseline */
	/*
	 * Of times, and of what contenders are judged by, where the groups are farther apart than the
	 * margin; low_count 0: one group, or too few runs.
	 */
	struct modes modes;
};

/* The machine of the measurement. Unknown numbers are 0, unknown texts NULL. */
struct host {
	char *kernel;  /* "6.1.0-18-amd64" */
	char *machine; /* "x86_64" */
	char *os;      /* "Debian GNU/Linux 12 (bookworm)" */
	char *libc;    /* "glibc 2.36" */
	char *cpu_model;
	char *virtualization; /* "kvm", "none", … */
	char *governor;       /* CPU frequency governor */
	char *thp;            /* "always", "madvise" or "never" */
	unsigned int cpus;    /* that madvisor may run on; a quota counts as so many, rounded up */
	uint64_t page_bytes;
	uint64_t memory_bytes;
	uint64_t max_map_count; /* mappings that a process may have: vm.max_map_count */
};

/* A metric of the user's own. */
struct own_metric {
	char *name; /* the user's name for it; NULL: a document lacks it */
	bool higher_is_better;
};

/* The command line and parameters of the experiment. */
struct command {
	char *name;    /* "bench" */
	char **argv;   /* as typed, NULL-terminated */
	char *started; /* UTC, ISO 8601 */
	double elapsed_ns;
	uint64_t seed;               /* of the order within the rounds */
	unsigned int rounds_planned; /* 0 if time or precision decides */
	double confidence;           /* of the family of intervals of a case: 0.95 */
	double margin_pct;           /* within which a difference counts as a tie */
	char *cpus;                  /* CPU list the runs were pinned to; NULL: not pinned */
	char *probe;                 /* the rung used for observed rounds */
	char *probe_lost; /* data that a higher rung would have added and why it is absent; optional */
	char *probe_hooks; /* where it saw memory calls, and what that costs, in words; NULL: not told */
	char *stopped; /* why the rounds ended: "rounds", "budget", "precision", "interrupted", "killed" */
	enum metric_id metric; /* for verdicts on contenders: wall time by default */
	struct own_metric own_metrics[METRIC_OWN_COUNT]; /* of METRIC_CUSTOM and its successors */
	size_t own_metric_count;
};

struct result {
	enum result_kind kind;
	char *tool_version;
	struct host host;
	struct command command;
	struct contender *contenders;
	size_t contender_count, contender_alloc;
	struct case_info *cases;
	size_t case_count, case_alloc;
	struct run *runs;
	size_t run_count, run_alloc;
	struct summary *summaries;
	size_t summary_count, summary_alloc;
	struct effect *effects; /* of compare, a row for each case and contender that was looked at */
	size_t effect_count, effect_alloc;
	struct finding *findings;
	size_t finding_count, finding_alloc;
	struct gate *gates; /* the conditions of --fail-if */
	size_t gate_count, gate_alloc;
	struct frame *frames; /* of the stacks */
	size_t frame_count, frame_alloc;
	struct stack *stacks; /* of purges and refaults; most pages first */
	size_t stack_count, stack_alloc;
	struct retained *retained; /* looks at a process's memory */
	size_t retained_count, retained_alloc;
	struct owner_share *owner_shares; /* of faults and calls; by run, metric and owner */
	size_t owner_share_count, owner_share_alloc;
	char **notes; /* for readers of the figures, a line each */
	size_t note_count, note_alloc;
	/* The comparison with an earlier result that a report shows beside it; borrowed, no part of the document. */
	const struct across *across;
	struct tuning *tuning;  /* of RESULT_TUNE; else NULL; owned */
	struct sweep *sweep;    /* of one case at many values of a parameter; else NULL; owned */
	double noise_floor_pct; /* NAN without enough runs of a twin */
	bool partial;           /* interrupted: some planned runs are missing */
};

void result_init(struct result *result) __attribute__((nonnull));
void result_release(struct result *result) __attribute__((nonnull));

/* Add rows with all values unknown. */
struct contender *result_add_contender(struct result *result)
	__attribute__((nonnull, returns_nonnull));
struct case_info *result_add_case(struct result *result) __attribute__((nonnull, returns_nonnull));
/* Takes the last case away, which has no rows. */
void result_drop_case(struct result *result) __attribute__((nonnull));
struct run *result_add_run(struct result *result) __attribute__((nonnull, returns_nonnull));
struct summary *result_add_summary(struct result *result) __attribute__((nonnull, returns_nonnull));
struct effect *result_add_effect(struct result *result) __attribute__((nonnull, returns_nonnull));
struct finding *result_add_finding(struct result *result) __attribute__((nonnull, returns_nonnull));
struct gate *result_add_gate(struct result *result) __attribute__((nonnull, returns_nonnull));
void result_clear_gates(struct result *result) __attribute__((nonnull));

struct frame *result_add_frame(struct result *result) __attribute__((nonnull, returns_nonnull));
struct stack *result_add_stack(struct result *result) __attribute__((nonnull, returns_nonnull));
struct retained *result_add_retained(struct result *result)
	__attribute__((nonnull, returns_nonnull));
struct owner_share *result_add_owner_share(struct result *result)
	__attribute__((nonnull, returns_nonnull));

/*
 * Whether a contender takes no further part in a case: it was withdrawn, a run of it failed there, or
 * it was hardly in effect.
 */
bool result_contender_is_out(const struct result *result, size_t case_index, size_t contender_index)
	__attribute__((nonnull, pure));

/* Whether it has an interval worth showing: from enough rounds, or one that excludes 1. */
bool summary_has_interval(const struct summary *summary) __attribute__((nonnull, pure));

/* Whether the values fall into two groups, so that `estimate` stands for neither. */
bool summary_has_modes(const struct summary *summary) __attribute__((nonnull, pure));

/* Adds one to a case; see parameter_init(). */
void case_add_parameter(struct case_info *item, const char *name, const char *value,
			const char *unit) __attribute__((nonnull(1, 2, 3)));

/* Adds a line to notes[], unless it is there already. */
void result_add_note(struct result *result, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1)));

/* The metric's name in this result: its label, or the user's own name. Borrowed. */
const char *result_metric_label(const struct result *result, enum metric_id metric)
	__attribute__((nonnull, returns_nonnull, pure));
/* The metric's better direction in this result. */
enum metric_better result_metric_better(const struct result *result, enum metric_id metric)
	__attribute__((nonnull, pure));

/* Removes a finding; later ones move up. */
void result_remove_finding(struct result *result, size_t index) __attribute__((nonnull));

/* Frees what a row owns and clears it. */
void contender_release(struct contender *contender) __attribute__((nonnull));

/* Whether a timed run of the contender failed in the case: no verdict on it there. */
bool result_failed(const struct result *result, size_t case_index, size_t contender_index)
	__attribute__((nonnull, pure));

/* The index of the row with that name or role, or SIZE_MAX. */
size_t result_find_contender(const struct result *result, const char *name)
	__attribute__((nonnull, pure));
size_t result_find_role(const struct result *result, enum contender_role role)
	__attribute__((nonnull, pure));
size_t result_find_case(const struct result *result, const char *name)
	__attribute__((nonnull, pure));
/* Borrowed row, or NULL. */
const struct summary *result_find_summary(const struct result *result, size_t case_index,
					  size_t contender_index, enum metric_id metric)
	__attribute__((nonnull, pure));

/* "bench", … and back; -1 for an unknown name. Static strings. */
const char *result_kind_name(enum result_kind kind) __attribute__((returns_nonnull, const));
int result_kind_by_name(const char *name) __attribute__((nonnull, pure));

/* "baseline", "twin", … and back; -1 for an unknown name. Static strings. */
const char *contender_role_name(enum contender_role role) __attribute__((returns_nonnull, const));
int contender_role_by_name(const char *name) __attribute__((nonnull, pure));

#endif
