/* SPDX-License-Identifier: MIT */
#include "model/sweep.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/xalloc.h"

struct sweep *sweep_new(void)
{
	return xcalloc(1, sizeof(struct sweep));
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	for (size_t i = 0; i < sweep->cliff_count; i++) {
		free(sweep->cliffs[i].threshold.name);
		free(sweep->cliffs[i].threshold.text);
	}
	free(sweep->cliffs);
	free(sweep->parameter);
	free(sweep->unit);
	free(sweep);
}

struct sweep_cliff *sweep_add_cliff(struct sweep *sweep)
{
	struct sweep_cliff *cliff =
		ARRAY_PUSH(sweep->cliffs, sweep->cliff_count, sweep->cliff_alloc);

	*cliff = (struct sweep_cliff){ .time_change = NAN, .faults_low = NAN, .faults_high = NAN };
	return cliff;
}
