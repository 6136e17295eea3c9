/* SPDX-License-Identifier: MIT */
#include "report/loss.h"

#include <stdlib.h>

#include "base/xalloc.h"

void loss_init(struct loss *loss, const struct result *result)
{
	loss->contender_count = result->contender_count;
	loss->events = xcalloc(result->case_count * result->contender_count + 1, sizeof(double));
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		double lost = run->metrics.value[METRIC_OBSERVER_LOSSES];
		double *most = &loss->events[run->case_index * loss->contender_count +
					     run->contender_index];

		if (!run->error && lost > *most)
			*most = lost;
	}
}

void loss_release(struct loss *loss)
{
	free(loss->events);
	*loss = (struct loss){ 0 };
}

double loss_events(const struct loss *loss, size_t case_index, size_t contender_index)
{
	return loss->events[case_index * loss->contender_count + contender_index];
}

bool loss_affects(enum metric_id metric)
{
	return (metric >= METRIC_FAULT_NS && metric <= METRIC_LOST_FAULTS) ||
	       (metric >= METRIC_MADVISE_DONTNEED_CALLS && metric <= METRIC_TLB_FLUSHES_REMOTE);
}
