/* SPDX-License-Identifier: MIT */
/*
 * cmd/failif: parses `--fail-if 'jemalloc slower 5%'`, for scripts that guard against a regression. What
 * decides a condition: model/gate.
 *
 * A condition reads CONTENDER RELATION [PCT%] [in CASE]. The relation is slower or faster (of what
 * contenders are judged by), costlier or cheaper (CPU time), bigger or smaller (peak memory). Without
 * PCT it is the margin, within which a difference counts as a tie. Without a case, any case will do.
 */
#ifndef MADVISOR_CMD_FAILIF_H
#define MADVISOR_CMD_FAILIF_H

#include <stdbool.h>

#include "base/error.h"
#include "model/result.h"

struct failif {
	const char *text; /* as typed; borrowed */
	char *contender;
	enum metric_id metric; /* METRIC_WALL_NS stands for what contenders are judged by */
	bool above;            /* slower, costlier, bigger */
	double pct;            /* NAN: the margin */
	char *case_name;       /* NULL: any */
};

/* -EINVAL with ERROR_USAGE. The text is borrowed for the life of the condition. */
int failif_parse(const char *text, struct failif *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
void failif_release(struct failif *failif);

/*
 * Adds the condition to gates[] of a result that has all its contenders and cases, and whose metric
 * and margin are set. -EINVAL with ERROR_USAGE if a name in it does not exist there, or if it is the
 * baseline's.
 */
int failif_add(const struct failif *failif, struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

#endif
