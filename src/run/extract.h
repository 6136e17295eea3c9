/* SPDX-License-Identifier: MIT */
/*
 * run/extract: --metric 'name=REGEX': a number from a program's output.
 *
 * The regular expression is POSIX extended (regex(7)) and matched line by line (run/match); its first group is the
 * number; the last match counts. Standard output is searched first, then standard error.
 */
#ifndef MADVISOR_RUN_EXTRACT_H
#define MADVISOR_RUN_EXTRACT_H

#include <regex.h>

#include "base/error.h"
#include "launch/launch.h"

struct extraction {
	char *name;    /* as it is shown */
	char *pattern; /* as typed */
	regex_t regex;
};

/* Parses "name=REGEX". -EINVAL with ERROR_USAGE. */
int extraction_parse(const char *text, struct extraction *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* Accepts NULL and a zero-initialised struct. */
void extraction_release(struct extraction *extraction);

/*
 * The number in a run's output, which must have been captured. ERROR_TARGET: no match (-ENODATA), a
 * match that is not a number >= 0 (-EINVAL), or a match that takes too long (-ETIME).
 */
int extract(const struct extraction *extraction, const struct outcome *outcome, double *ret,
	    struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));
/* The same for a text. */
int extract_from(const struct extraction *extraction, const char *text, size_t len, double *ret,
		 struct error *err) __attribute__((nonnull(1, 2, 4), warn_unused_result));

#endif
