/* SPDX-License-Identifier: MIT */
/* Whether a contender takes part in the comparison of a case: it has not failed there, and was in effect. */
#include <stdint.h>

#include "model/effect.h"
#include "model/result.h"

bool result_failed(const struct result *result, size_t case_index, size_t contender_index)
{
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (run->error && !run->observed && run->case_index == case_index &&
		    run->contender_index == contender_index)
			return true;
	}
	return false;
}

const struct effect *result_find_effect(const struct result *result, size_t case_index,
					size_t contender_index)
{
	for (size_t i = 0; i < result->effect_count; i++)
		if (result->effects[i].case_index == case_index &&
		    result->effects[i].contender_index == contender_index)
			return &result->effects[i];
	return NULL;
}

static bool is_small(const struct result *result, size_t case_index, size_t contender_index)
{
	const struct effect *effect = result_find_effect(result, case_index, contender_index);

	return effect && effect->without_pct > EFFECT_WITHHELD_PCT; /* false for NAN */
}

bool result_withheld(const struct result *result, size_t case_index, size_t contender_index)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);

	return is_small(result, case_index, contender_index) ||
	       (baseline != SIZE_MAX && is_small(result, case_index, baseline));
}

bool result_contender_is_out(const struct result *result, size_t case_index, size_t contender_index)
{
	return result->contenders[contender_index].withdrawn ||
	       result_failed(result, case_index, contender_index) ||
	       (result->contenders[contender_index].role == ROLE_CONTENDER &&
		result_withheld(result, case_index, contender_index));
}
