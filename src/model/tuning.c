/* SPDX-License-Identifier: MIT */
#include "model/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static int find_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return (int)i;
	return -1;
}

static const char *const stages[] = { "noise", "seeds", "moves", "ablation" };
static const char *const preferences[] = { "balanced", "speed", "memory" };
static const char *const ends[] = { "unconfirmed", "memory",    "grows",      "guard",
				    "unsettled",   "confirmed", "recommended" };

const char *tuning_stage_name(enum tuning_stage stage)
{
	return stages[stage];
}

int tuning_stage_by_name(const char *name)
{
	return find_word(stages, ARRAY_SIZE(stages), name);
}

const char *tuning_preference_name(enum tuning_preference preference)
{
	return preferences[preference];
}

int tuning_preference_by_name(const char *name)
{
	return find_word(preferences, ARRAY_SIZE(preferences), name);
}

const char *tuning_end_name(enum tuning_end end)
{
	return ends[end];
}

int tuning_end_by_name(const char *name)
{
	return find_word(ends, ARRAY_SIZE(ends), name);
}

double tuning_score(enum tuning_preference preference, double log_time, double log_memory)
{
	static const struct {
		double time, memory;
	} weights[] = {
		[PREFER_BALANCED] = { 1, 0.25 },
		[PREFER_SPEED] = { 1, 0.02 },
		[PREFER_MEMORY] = { 0.25, 1 },
	};

	return weights[preference].time * log_time +
	       weights[preference].memory * (isnan(log_memory) ? 0 : log_memory);
}

void tuning_await_guards(struct tuning *tuning)
{
	for (size_t i = 0; i < tuning->finalist_count; i++)
		if (tuning->finalists[i].end == FINALIST_RECOMMENDED)
			tuning->finalists[i].end = FINALIST_CONFIRMED;
}

const struct tuning_finalist *tuning_recommended(const struct tuning *tuning)
{
	for (size_t i = 0; i < tuning->finalist_count; i++)
		if (tuning->finalists[i].end == FINALIST_RECOMMENDED)
			return &tuning->finalists[i];
	return NULL;
}

void tuning_free(struct tuning *tuning)
{
	if (!tuning)
		return;
	for (size_t i = 0; i < tuning->trial_count; i++) {
		free(tuning->trials[i].settings);
		free(tuning->trials[i].origin);
		free(tuning->trials[i].rejected);
	}
	for (size_t i = 0; i < tuning->proposal_count; i++) {
		free(tuning->proposals[i].finding);
		free(tuning->proposals[i].settings);
	}
	for (size_t i = 0; i < tuning->sample_count; i++) {
		free(tuning->samples[i].settings);
		free(tuning->samples[i].failure);
	}
	for (size_t i = 0; i < tuning->knob_count; i++)
		tuning_knob_release(&tuning->knobs[i]);
	free(tuning->trials);
	free(tuning->proposals);
	free(tuning->samples);
	free(tuning->knobs);
	free(tuning->finalists);
	free(tuning);
}

void tuning_knob_release(struct tuning_knob *knob)
{
	free(knob->key);
	free(knob->value);
	free(knob->why);
	free(knob->risk);
}
