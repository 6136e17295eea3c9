/* SPDX-License-Identifier: MIT */
/*
 * cmd/scan: parameter scans, `-P threads=1,2,4`: the command once for every combination of values, with
 * {threads} in it replaced. A range, `-P n=8..1M`, has its two ends at first; a sweep adds the values that it goes on to.
 */
#ifndef MADVISOR_CMD_SCAN_H
#define MADVISOR_CMD_SCAN_H

#include <stddef.h>

#include "base/error.h"
#include "model/result.h"
#include "stats/cliff.h"

struct scan_parameter {
	char *name;
	char **values; /* NULL-terminated */
	size_t count;
	bool swept;             /* it is a range: */
	struct cliff_axis axis; /* its ends */
	bool sized;             /* typed with a unit: sizes in bytes */
};

struct scan {
	struct scan_parameter *parameters;
	size_t count, alloc;
};

/* Adds "name=a,b,c", or "name=a..b". -EINVAL with ERROR_USAGE. */
int scan_add(struct scan *scan, const char *text, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void scan_release(struct scan *scan);

/* The first range; NULL: there is none. Borrowed. */
const struct scan_parameter *scan_swept(const struct scan *scan) __attribute__((nonnull, pure));
/* Adds a value of the range. Where every other parameter has one value, it is the last combination from now on. */
void scan_add_value(struct scan *scan, uint64_t value) __attribute__((nonnull));
/* The combination with that value of the range, under the same condition; SIZE_MAX: it was not added. */
size_t scan_find_value(const struct scan *scan, uint64_t value) __attribute__((nonnull, pure));

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
