/* SPDX-License-Identifier: MIT */
/*
 * run/extract: --metric 'name=REGEX': a number out of what a program prints.
 *
 * The regular expression is POSIX extended (regex(7)) and matched line by line (run/match); its first group is the
 * number; the last match counts. Standard output is looked through first, then standard error.
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
/* Takes NULL and what was never parsed. */
void extraction_release(struct extraction *extraction);

/*
 * The number in what a run printed, which must have been captured. ERROR_TARGET where nothing matches (-ENODATA),
 * what matches is no number from 0 on (-EINVAL), or to match takes too long (-ETIME).
 */
int extract(const struct extraction *extraction, const struct outcome *outcome, double *ret,
	    struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));
/* The same for a text. */
int extract_from(const struct extraction *extraction, const char *text, size_t len, double *ret,
		 struct error *err) __attribute__((nonnull(1, 2, 4), warn_unused_result));

#endif
