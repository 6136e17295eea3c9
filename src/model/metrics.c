/* SPDX-License-Identifier: MIT */
#include "model/metrics.h"

#include <math.h>
#include <string.h>

static const struct metric_info table[METRIC_COUNT] = {
#define METRIC(id, key, unit, better, label) \
	[METRIC_##id] = { key, label, UNIT_##unit, BETTER_##better },
#include "model/metrics.def"
#undef METRIC
};

const struct metric_info *metric_info(enum metric_id id)
{
	return &table[id];
}

enum metric_id metric_by_key(const char *key)
{
	int id = 0;

	while (id < METRIC_COUNT && strcmp(table[id].key, key))
		id++;
	return (enum metric_id)id;
}

void metrics_init(struct metrics *metrics)
{
	for (int id = 0; id < METRIC_COUNT; id++)
		metrics->value[id] = NAN;
}

void metrics_fill(struct metrics *metrics, const struct metrics *other)
{
	for (int id = 0; id < METRIC_COUNT; id++)
		if (isnan(metrics->value[id]))
			metrics->value[id] = other->value[id];
}
