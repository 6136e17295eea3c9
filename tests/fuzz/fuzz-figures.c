/* SPDX-License-Identifier: MIT */
/*
 * Any text as the report of madvisor-workload, which runs under a library of the user's. What is accepted has numbers
 * from 0 on and each name once; a refusal says why.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "run/figures.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_figures(const struct figures *figures)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		double value = figures->metrics.value[id];

		if (metrics_has(&figures->metrics, (enum metric_id)id) &&
		    (!isfinite(value) || value < 0))
			abort();
	}
	for (size_t i = 0; i < figures->other_count; i++) {
		const struct figure *other = &figures->others[i];

		if (!*other->name || !*other->value || metric_by_key(other->name) != METRIC_COUNT ||
		    figures_other(figures, other->name) != other->value)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct figures figures;

	figures_init(&figures);
	if (figures_parse((const char *)data, size, &figures, &err) == 0)
		check_figures(&figures);
	else if (err.kind != ERROR_TARGET || !err.message)
		abort();
	figures_release(&figures);
	return 0;
}
