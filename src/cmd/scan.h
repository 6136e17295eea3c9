/* SPDX-License-Identifier: MIT */
/*
 * cmd/scan: parameter scans, `-P threads=1,2,4`: the command once for every combination of values, with
 * {threads} in it replaced.
 */
#ifndef MADVISOR_CMD_SCAN_H
#define MADVISOR_CMD_SCAN_H

#include <stddef.h>

#include "base/error.h"
#include "model/result.h"

struct scan_parameter {
	char *name;
	char **values; /* NULL-terminated */
	size_t count;
};

struct scan {
	struct scan_parameter *parameters;
	size_t count, alloc;
};

/* Adds "name=a,b,c". -EINVAL with ERROR_USAGE. */
int scan_add(struct scan *scan, const char *text, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void scan_release(struct scan *scan);

/* The number of combinations: 1 without parameters. */
size_t scan_combinations(const struct scan *scan) __attribute__((nonnull, pure));

/* A text with the values of one combination in place of {name}. Caller frees. NULL stays NULL. */
char *scan_substitute(const struct scan *scan, size_t combination, const char *text)
	__attribute__((nonnull(1), warn_unused_result));
/* "/threads=2/size=8" for a combination, "" without parameters. Caller frees. */
char *scan_describe(const struct scan *scan, size_t combination)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Adds the values of a combination to its case. */
void scan_add_parameters(const struct scan *scan, size_t combination, struct case_info *item)
	__attribute__((nonnull));

#endif
