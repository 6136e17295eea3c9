/* SPDX-License-Identifier: MIT */
/*
 * cmd/failif: `--fail-if 'jemalloc slower 5%'`, for scripts that guard against a regression.
 *
 * A condition reads CONTENDER slower|faster|bigger|smaller [PCT%] [in CASE]. It holds if the whole
 * interval of the ratio lies beyond PCT (default 0), so that noise alone does not trip it: wall
 * time for slower and faster, peak memory for bigger and smaller. Without a case, any case will do.
 */
#ifndef MADVISOR_CMD_FAILIF_H
#define MADVISOR_CMD_FAILIF_H

#include <stdbool.h>

#include "base/error.h"
#include "model/result.h"

struct failif {
	char *contender;
	enum metric_id metric;
	bool above; /* slower, bigger */
	double pct;
	char *case_name; /* NULL: any */
};

/* -EINVAL with ERROR_USAGE. */
int failif_parse(const char *text, struct failif *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void failif_release(struct failif *failif);

/* Whether the names in it exist in the result; else -EINVAL with ERROR_USAGE. */
int failif_check(const struct failif *failif, const struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The index of the summary that makes it hold, or SIZE_MAX. */
size_t failif_find(const struct failif *failif, const struct result *result)
	__attribute__((nonnull, pure));

#endif
