/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "report/chart/chart.h"
#include "report/produce.h"

/* In the order of the page. */
static const struct chart *const charts[] = {
	&chart_pareto, &chart_runs,      &chart_ratios, &chart_headroom, &chart_spent,
	&chart_flame,  &chart_confirmed, &chart_knobs,  &chart_trials,
};

void produce_charts(const struct production *production)
{
	if (!production->emitter->chart)
		return;
	/* The values of a sweep are too many for pictures of each. */
	if (production->result->sweep) {
		if (chart_cliffs.present(production))
			production->emitter->chart(production->self, &chart_cliffs, production);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(charts); i++)
		if (charts[i]->present(production))
			production->emitter->chart(production->self, charts[i], production);
}
