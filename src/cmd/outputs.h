/* SPDX-License-Identifier: MIT */
/*
 * cmd/outputs: the files a user asked for with --json, --markdown and so on, one for each format that
 * report/ knows. They are checked before anything is measured and written when it is done.
 */
#ifndef MADVISOR_CMD_OUTPUTS_H
#define MADVISOR_CMD_OUTPUTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/result.h"

struct output {
	const struct report_format *format;
	const char *path; /* borrowed from argv; "-" is standard output */
};

struct outputs {
	struct output *items;
	size_t count, alloc;
	bool details; /* on standard output, all there is */
};

/* The option parser for these files: an argp child whose input is a struct outputs. Static. */
const struct argp *outputs_argp(void) __attribute__((returns_nonnull));

/* One more file, in a format without an option of its own. path is borrowed. */
void outputs_add(struct outputs *outputs, const char *format_name, const char *path)
	__attribute__((nonnull));

/* Whether every file can be written. ERROR_USAGE names the one that cannot. */
int outputs_check(const struct outputs *outputs, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Writes all of them even if some fail, and returns the first error. */
int outputs_write(const struct outputs *outputs, const struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Renders the report for people on standard output, unless an output file is standard output. */
int outputs_show(const struct outputs *outputs, const struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void outputs_release(struct outputs *outputs);

#endif
