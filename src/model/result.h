/* SPDX-License-Identifier: MIT */
/*
 * model/result: the result document in memory: who ran what, and what was measured.
 *
 * Layer: above stats, below everything that measures or renders. Everything a report shows is in
 * here, so that `madvisor report` can render a saved document with the code that rendered the first one.
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
#include "model/finding.h"
#include "model/metrics.h"
#include "model/parameter.h"
#include "model/stack.h"
#include "stats/verdict.h"

#define RESULT_SCHEMA "madvisor.result/2"
/* What madvisor wrote before; it is still read. */
#define RESULT_SCHEMA_1 "madvisor.result/1"

/* What a result is about. */
enum result_kind {
	RESULT_BENCH,   /* allocators compared on built-in workloads */
	RESULT_COMPARE, /* allocators compared on the user's command */
	RESULT_EXPLAIN, /* one program by itself: where its time goes, and what to set */
};

/* What a contender is for in the experiment. */
enum contender_role {
	ROLE_CONTENDER, /* compared with the baseline */
	ROLE_BASELINE,
	ROLE_TWIN,  /* the baseline once more, blind: its ratio is the noise floor */
	ROLE_LIMIT, /* allocation replaced by a recycled pool: the physical floor */
};

struct setting {
	char *key;
	char *value;
};

/* Which program an allocator serves, of all that a command started or a process has under it. */
struct served {
	char *path;         /* of its file; NULL: there is only what was named */
	uint64_t pid;       /* of one of its processes */
	uint64_t processes; /* how many ran it */
	double share_pct;   /* of the kernel's work for allocators, or of page faults */
};

struct contender {
	char *name; /* unique, canonical: "jemalloc[tcache_max:4096]" */
	enum contender_role role;
	char *allocator; /* "jemalloc"; NULL where unknown */
	char *version;   /* as the library says it; optional */
	char *library;   /* absolute path of what is preloaded; NULL where nothing is injected */
	char *how; /* how it came into a user's own program: "libc", "linked-in", …; optional */
	struct served served; /* of a user's own program that was observed */
	char *env_var;        /* that its settings are read from: "_RJEM_MALLOC_CONF"; optional */
	struct setting *settings;
	size_t setting_count;
	char **env;  /* "NAME=value" for the settings, NULL-terminated; NULL where there are none */
	char *proof; /* one line: how it was shown to serve malloc with its settings; optional */
	char *withdrawn; /* why it takes no part any more; NULL while it does */
};

struct case_info {
	char *name;
	char *description;   /* optional */
	uint64_t iterations; /* of the measured phase, equal for all contenders; 0 unknown */
	struct parameter *parameters; /* what it is made of; none where there is nothing to vary */
	size_t parameter_count, parameter_alloc;
};

struct run {
	size_t case_index;
	size_t contender_index;
	unsigned int round; /* from 1 */
	bool observed;      /* under a probe that may cost time: its timings count for nothing */
	char *probe;        /* the rung that produced the counts: "rusage", "perf", … */
	int exit_status;    /* as a shell gives it */
	char *error; /* why it yields no figures: timeout, memory limit, failure; NULL if it does */
	struct metrics metrics;
};

/*
 * Fewer rounds than this give no noise floor that is worth showing, and an interval only where the difference is so large
 * that even theirs leaves out 1 (see summary_has_interval()).
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
};

/* The machine a result was measured on. Numbers that are not known are 0, texts NULL. */
struct host {
	char *kernel;  /* "6.1.0-18-amd64" */
	char *machine; /* "x86_64" */
	char *os;      /* "Debian GNU/Linux 12 (bookworm)" */
	char *libc;    /* "glibc 2.36" */
	char *cpu_model;
	char *virtualization; /* "kvm", "none", … */
	char *governor;       /* CPU frequency governor */
	char *thp;            /* "always", "madvise" or "never" */
	unsigned int cpus;    /* that madvisor may run on */
	uint64_t page_bytes;
	uint64_t memory_bytes;
};

/* A metric of the user's own. */
struct own_metric {
	char *name; /* as the user calls it; NULL where a document does not say */
	bool higher_is_better;
};

/* How the experiment was asked for and run. */
struct command {
	char *name;    /* "bench" */
	char **argv;   /* as typed, NULL-terminated */
	char *started; /* UTC, ISO 8601 */
	double elapsed_ns;
	uint64_t seed;               /* of the order within the rounds */
	unsigned int rounds_planned; /* 0 where time or precision decides */
	double confidence;           /* of the family of intervals of a case: 0.95 */
	double margin_pct;           /* within which a difference counts as a tie */
	char *cpus;                  /* CPU list the runs were pinned to; NULL: not pinned */
	char *probe;                 /* the rung used for observed rounds */
	char *probe_lost; /* what a higher rung would have added and why it is absent; optional */
	char *stopped; /* why the rounds ended: "rounds", "budget", "precision", "interrupted", "killed" */
	enum metric_id
		metric; /* that contenders are judged by: wall time where nothing else is asked for */
	struct own_metric own_metrics[METRIC_OWN_COUNT]; /* of METRIC_CUSTOM and those behind it */
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
	struct finding *findings;
	size_t finding_count, finding_alloc;
	struct frame *frames; /* of the stacks */
	size_t frame_count, frame_alloc;
	struct stack *stacks; /* of purges and refaults; most pages first */
	size_t stack_count, stack_alloc;
	char **notes; /* what whoever reads the figures should know, a line each */
	size_t note_count, note_alloc;
	double noise_floor_pct; /* NAN where no twin ran often enough */
	bool partial;           /* interrupted: some planned runs are missing */
};

void result_init(struct result *result) __attribute__((nonnull));
void result_release(struct result *result) __attribute__((nonnull));

/* New rows with everything unknown. */
struct contender *result_add_contender(struct result *result)
	__attribute__((nonnull, returns_nonnull));
struct case_info *result_add_case(struct result *result) __attribute__((nonnull, returns_nonnull));
struct run *result_add_run(struct result *result) __attribute__((nonnull, returns_nonnull));
struct summary *result_add_summary(struct result *result) __attribute__((nonnull, returns_nonnull));
struct finding *result_add_finding(struct result *result) __attribute__((nonnull, returns_nonnull));

struct frame *result_add_frame(struct result *result) __attribute__((nonnull, returns_nonnull));
struct stack *result_add_stack(struct result *result) __attribute__((nonnull, returns_nonnull));

/* Whether its interval says anything: there is one, and it is not that of too few rounds which settle nothing. */
bool summary_has_interval(const struct summary *summary) __attribute__((nonnull, pure));

/* Adds one to a case; see parameter_init(). */
void case_add_parameter(struct case_info *item, const char *name, const char *value,
			const char *unit) __attribute__((nonnull(1, 2, 3)));

/* Adds a line to notes[], unless it is there already. */
void result_add_note(struct result *result, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1)));

/* How a metric is called in this result: its label, or the user's own name. Borrowed. */
const char *result_metric_label(const struct result *result, enum metric_id metric)
	__attribute__((nonnull, returns_nonnull, pure));
/* Which way it is better in this result. */
enum metric_better result_metric_better(const struct result *result, enum metric_id metric)
	__attribute__((nonnull, pure));

/* Takes a finding away; the ones behind it move up. */
void result_remove_finding(struct result *result, size_t index) __attribute__((nonnull));

/* Frees what a row owns and clears it. */
void contender_release(struct contender *contender) __attribute__((nonnull));

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
