/* SPDX-License-Identifier: MIT */
/* cmd/tune-options: the command line of `madvisor tune`. A part of cmd/tune. */
#ifndef MADVISOR_CMD_TUNE_OPTIONS_H
#define MADVISOR_CMD_TUNE_OPTIONS_H

#include <argp.h>

#include "cmd/compare-options.h"
#include "cmd/tune-resume.h"
#include "model/tuning.h"
#include "tune/search.h"

/* Runs below which a search says nothing: the noise, a few seeds, and what each setting is worth. */
#define TUNE_TRIALS_MIN 40
#define TUNE_TRIALS_MAX 1000000

/* Texts are borrowed from argv. */
struct tune_options {
	struct compare_options compare; /* the command, and all that is common to measuring */
	const char *case_name;          /* NULL: a command or a server is tuned */
	const char *contender;          /* NULL: the program's own allocator; of a case: glibc */
	const char *contenders; /* other allocators that are searched beside it; NULL: none */
	enum tuning_preference preference;
	enum search_kind search;
	uint64_t trials;         /* runs of the search; 0: the budget counts */
	bool resume;             /* go on with what an earlier process left */
	const char *resume_path; /* NULL: the newest */
	double guard_margin_pct;
	const char **guards; /* cases or commands; "none" alone: no guards */
	size_t guard_count, guard_alloc;
	const char **advised; /* contenders that the best of the search is compared with */
	size_t advised_count, advised_alloc;
};

const struct argp *tune_argp(void) __attribute__((returns_nonnull));
void tune_options_init(struct tune_options *tune) __attribute__((nonnull));
void tune_options_release(struct tune_options *tune) __attribute__((nonnull));

/*
 * Parses the command line. With --resume it opens what an earlier process left, and takes its command line,
 * with the present options after it: texts are borrowed from `resume` too.
 */
int tune_options_parse(struct tune_options *tune, int argc, char **argv, struct resume *resume,
		       struct error *err) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* Checks the combination of options before anything runs. */
int tune_options_check(const struct tune_options *tune, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Whether guards are switched off by --guard none. */
bool tune_options_unguarded(const struct tune_options *tune) __attribute__((nonnull, pure));

#endif
