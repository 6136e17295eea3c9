/* SPDX-License-Identifier: MIT */
#include "report/chart/trade.h"

#include <math.h>

static const struct trade nowhere = { NAN, NAN, NAN, NAN, NAN, NAN };

static void set_from(const struct summary *summary, double *value, double *low, double *high)
{
	if (!summary || !(summary->ratio > 0))
		return;
	*value = summary->ratio;
	if (summary_has_interval(summary)) {
		*low = summary->ratio_low;
		*high = summary->ratio_high;
	}
}

struct trade trade_in(const struct production *production, size_t case_index, size_t contender)
{
	struct trade trade = nowhere;
	const struct summary *time = judged_of(production, case_index, contender);

	if (!time || !time->has_verdict)
		return trade;
	set_from(time, &trade.time, &trade.time_low, &trade.time_high);
	set_from(lookup_summary(&production->lookup, case_index, contender, production->memory),
		 &trade.memory, &trade.memory_low, &trade.memory_high);
	return trade;
}

size_t trade_case_count(const struct production *production)
{
	size_t count = 0;

	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i < production->contender_count; i++) {
			struct trade trade = trade_in(production, c, production->contenders[i]);

			if (!isnan(trade.time) && !isnan(trade.memory)) {
				count++;
				break;
			}
		}
	return count;
}

struct trade trade_mean(const struct production *production, size_t contender, size_t cases)
{
	double time = 0, memory = 0;
	struct trade mean = nowhere;
	size_t count = 0;

	for (size_t c = 0; c < production->result->case_count; c++) {
		struct trade trade = trade_in(production, c, contender);

		if (isnan(trade.time) || isnan(trade.memory))
			continue;
		time += log(trade.time);
		memory += log(trade.memory);
		count++;
	}
	if (count && count == cases) {
		mean.time = exp(time / (double)count);
		mean.memory = exp(memory / (double)count);
	}
	return mean;
}
