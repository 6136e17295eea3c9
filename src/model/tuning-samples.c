/* SPDX-License-Identifier: MIT */
/* model/tuning: candidates as their runs alone tell them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "model/result.h"
#include "model/tuning.h"
#include "stats/location.h"

#define CONFIDENCE 0.95
#define DEFAULT_TEXT "the default"

/* Log ratios of one candidate. */
struct retold {
	struct tuning_trial trial;
	double *time, *memory;
	size_t count, alloc, memory_alloc;
	size_t memory_count;
};

static const struct tuning_sample *default_of(const struct tuning *tuning, uint64_t block)
{
	for (size_t i = tuning->sample_count; i-- > 0;) {
		const struct tuning_sample *sample = &tuning->samples[i];

		if (sample->block < block)
			break;
		if (sample->block == block && !sample->failure &&
		    !strcmp(sample->settings, DEFAULT_TEXT))
			return sample;
	}
	return NULL;
}

static struct retold *find(struct retold **items, size_t *count, size_t *alloc,
			   const char *settings)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp((*items)[i].trial.settings, settings))
			return &(*items)[i];
	struct retold *item = ARRAY_PUSH(*items, *count, *alloc);

	item->trial.settings = xstrdup(settings);
	item->trial.stage = TUNING_SEEDS;
	item->trial.origin = xstrdup("unknown");
	return item;
}

static void add_sample(const struct result *result, struct retold *item,
		       const struct tuning_sample *sample)
{
	const struct tuning_sample *initial = default_of(result->tuning, sample->block);
	double ratio = initial ? log(sample->value / initial->value) : NAN;
	double memory = initial ? log(sample->memory / initial->memory) : NAN;

	if (sample->failure) {
		if (!item->trial.rejected)
			item->trial.rejected = xstrdup(sample->failure);
		return;
	}
	if (!isfinite(ratio))
		return;
	if (result_metric_better(result, result->command.metric) == BETTER_HIGHER)
		ratio = -ratio;
	*ARRAY_PUSH(item->time, item->count, item->alloc) = ratio;
	if (isfinite(memory))
		*ARRAY_PUSH(item->memory, item->memory_count, item->memory_alloc) = memory;
}

static void finish(struct retold *item)
{
	const struct location none = { NAN, NAN, NAN, NAN, 0 };
	const struct location time =
		item->count ? location_of(item->time, item->count, CONFIDENCE) : none;
	const struct location memory =
		item->memory_count ? location_of(item->memory, item->memory_count, CONFIDENCE)
				   : none;

	item->trial.blocks = item->count;
	item->trial.time = exp(time.estimate);
	item->trial.time_low = exp(time.low);
	item->trial.time_high = exp(time.high);
	item->trial.memory = exp(memory.estimate);
	free(item->time);
	free(item->memory);
}

void tuning_retell(struct result *result)
{
	struct tuning *tuning = result->tuning;
	struct retold *items = NULL;
	size_t count = 0, alloc = 0;

	if (tuning->trial_count || !tuning->sample_count)
		return;
	for (size_t i = 0; i < tuning->sample_count; i++) {
		const struct tuning_sample *sample = &tuning->samples[i];

		if (strcmp(sample->settings, DEFAULT_TEXT) != 0)
			add_sample(result, find(&items, &count, &alloc, sample->settings), sample);
	}
	for (size_t i = 0; i < count; i++) {
		finish(&items[i]);
		*ARRAY_PUSH(tuning->trials, tuning->trial_count, tuning->trial_alloc) =
			items[i].trial;
	}
	free(items);
	tuning->blocks = tuning->samples[tuning->sample_count - 1].block;
	tuning->search_ns = tuning->samples[tuning->sample_count - 1].spent_ns;
}
