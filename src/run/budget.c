/* SPDX-License-Identifier: MIT */
#include "run/budget.h"

#include <stddef.h>

#include "base/strbuf.h"
#include "base/units.h"

/* Below two rounds there is no interval: stats/stopping. */
#define ROUNDS_MIN 2
/* The first look at the data, and what intervals worth reading take. */
#define ROUNDS_ENOUGH 5

static uint64_t other_ns(const struct budget *budget)
{
	return budget->spent_ns + budget->observed_rounds * budget->round_ns;
}

uint64_t budget_for_rounds_ns(const struct budget *budget)
{
	if (!budget->total_ns)
		return 0;
	return budget->total_ns > other_ns(budget) ? budget->total_ns - other_ns(budget) : 1;
}

static void add_time(struct strbuf *sb, const char *before, uint64_t ns)
{
	strbuf_addstr(sb, before);
	format_ns(sb, (double)ns);
}

char *budget_shortfall(const struct budget *budget)
{
	uint64_t least_ns = other_ns(budget) + ROUNDS_MIN * budget->round_ns;
	struct strbuf sb = STRBUF_INIT;

	if (!budget->total_ns || least_ns <= budget->total_ns)
		return NULL;
	add_time(&sb, "--budget of ", budget->total_ns);
	add_time(&sb, " is too short: ", budget->spent_ns);
	add_time(&sb, " have gone into checks, and a round takes about ", budget->round_ns);
	strbuf_addf(&sb, "; %d rounds are run all the same,", ROUNDS_MIN);
	add_time(&sb, " about ", least_ns);
	strbuf_addstr(&sb, " in all");
	uint64_t enough_ns = other_ns(budget) + ROUNDS_ENOUGH * budget->round_ns;
	strbuf_addf(&sb, "; --budget %llu would give %d",
		    (unsigned long long)((enough_ns + NS_PER_SEC - 1) / NS_PER_SEC), ROUNDS_ENOUGH);
	return strbuf_detach(&sb);
}
