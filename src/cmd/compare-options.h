/* SPDX-License-Identifier: MIT */
/* cmd/compare-options: the command line of `madvisor compare`. A part of cmd/compare. */
#ifndef MADVISOR_CMD_COMPARE_OPTIONS_H
#define MADVISOR_CMD_COMPARE_OPTIONS_H

#include <argp.h>
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/measure.h"
#include "cmd/scan.h"
#include "run/compare.h"
#include "run/extract.h"

/* What stands for either of two builds in a command. */
#define COMPARE_BUILD "{build}"

/* Texts are borrowed from argv. */
struct compare_options {
	struct measure measure;
	char **command; /* borrowed from argv, NULL-terminated */
	/* Of two builds: the old one, in place of the command's first word, or of {build} in it. */
	const char *baseline_build; /* NULL: allocators are compared */
	const char *build;          /* in place of {build}; NULL: the command has none */
	const char *server;         /* NULL: the command is compared */
	const char *load;
	const char *ready_regex;
	regex_t ready;
	unsigned int ready_port;
	uint64_t ready_timeout_ns, stop_timeout_ns;
	const char *prepare;
	const char *conclude;
	const char *name;  /* of the command in the result; NULL: "command" */
	const char *shell; /* NULL: none */
	const char *input;
	unsigned int warmups;
	bool ignore_failure, ignore_output;
	struct extraction metrics[METRIC_OWN_COUNT]; /* contenders are judged by the first */
	size_t metric_count;
	bool higher_is_better;        /* of all of them */
	char *higher_is_better_names; /* "A,B": of these; NULL: none is named; owned */
	struct scan scan;
	struct compare_case *cases;          /* owned, with their texts */
	struct compare_case *baseline_cases; /* of the old build: as many; or NULL */
	size_t case_count;
};

/* The options: whose input is a struct compare_options. Static. */
const struct argp *compare_argp(void) __attribute__((returns_nonnull));
/* Those that say what is run, without those of measuring: an argp child with the same input. */
const struct argp *compare_command_argp(void) __attribute__((returns_nonnull));

void compare_options_init(struct compare_options *compare) __attribute__((nonnull));
void compare_options_release(struct compare_options *compare) __attribute__((nonnull));

/* Frees the texts of a case. */
void compare_case_release(struct compare_case *item) __attribute__((nonnull));

/* The --metric whose name is the first `len` bytes; NULL: there is none. Borrowed. */
const struct extraction *compare_options_find_metric(const struct compare_options *compare,
						     const char *name, size_t len)
	__attribute__((nonnull, pure));

/* Whether more of a metric is better. */
bool compare_options_higher_is_better(const struct compare_options *compare, const char *name)
	__attribute__((nonnull, pure));

/* Checks the combination of options before anything runs. */
int compare_options_check(const struct compare_options *compare, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
