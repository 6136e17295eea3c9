/* SPDX-License-Identifier: MIT */
#include "cmd/failif.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

static const struct {
	const char *word;
	enum metric_id metric;
	bool above;
} relations[] = {
	{ "slower", METRIC_WALL_NS, true },
	{ "faster", METRIC_WALL_NS, false },
	{ "bigger", METRIC_PEAK_RSS_BYTES, true },
	{ "smaller", METRIC_PEAK_RSS_BYTES, false },
};

static int parse_relation(struct failif *failif, const char *word)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(relations); i++) {
		if (strcmp(word, relations[i].word))
			continue;
		failif->metric = relations[i].metric;
		failif->above = relations[i].above;
		return 0;
	}
	return -EINVAL;
}

static int parse_words(struct failif *failif, char *text)
{
	const char *contender = strsep(&text, " ");

	if (!*contender || parse_relation(failif, strsep(&text, " ")) < 0)
		return -EINVAL;
	failif->contender = xstrdup(contender);
	if (!text)
		return 0;
	if (strncmp(text, "in ", 3) != 0) {
		const char *pct = strsep(&text, " ");

		if (parse_pct(pct, &failif->pct) < 0 || failif->pct < 0 ||
		    (!failif->above && failif->pct >= 100))
			return -EINVAL;
	}
	if (!text)
		return 0;
	if (strncmp(text, "in ", 3) != 0 || !text[3])
		return -EINVAL;
	failif->case_name = xstrdup(text + 3);
	return 0;
}

int failif_parse(const char *text, struct failif *ret, struct error *err)
{
	_cleanup_free_ char *copy = xstrdup(text);

	*ret = (struct failif){ 0 };
	if (parse_words(ret, copy) == 0)
		return 0;
	failif_release(ret);
	error_set(err, ERROR_USAGE, EINVAL, "not a condition: --fail-if '%s'", text);
	error_hint(err, "write CONTENDER slower|faster|bigger|smaller [PCT%%] [in CASE], "
			"such as 'jemalloc slower 5%%'");
	return -EINVAL;
}

void failif_release(struct failif *failif)
{
	if (!failif)
		return;
	free(failif->contender);
	free(failif->case_name);
	*failif = (struct failif){ 0 };
}

int failif_check(const struct failif *failif, const struct result *result, struct error *err)
{
	if (result_find_contender(result, failif->contender) == SIZE_MAX) {
		error_set(err, ERROR_USAGE, EINVAL,
			  "--fail-if names '%s', which is not measured here", failif->contender);
		error_hint(err, "add it to --contenders");
		return -EINVAL;
	}
	if (failif->case_name && result_find_case(result, failif->case_name) == SIZE_MAX) {
		error_set(err, ERROR_USAGE, EINVAL,
			  "--fail-if names '%s', which is not measured here", failif->case_name);
		error_hint(err, "add it to the cases");
		return -EINVAL;
	}
	return 0;
}

/* "slower" and "faster" refer to the metric that contenders are judged by, in its direction. */
static bool holds(const struct failif *failif, const struct result *result,
		  const struct summary *summary)
{
	bool flipped = result_metric_better(result, summary->metric) == BETTER_HIGHER;

	return failif->above != flipped ? summary->ratio_low > 1 + failif->pct / 100
					: summary->ratio_high < 1 - failif->pct / 100;
}

size_t failif_find(const struct failif *failif, const struct result *result)
{
	enum metric_id metric =
		failif->metric == METRIC_WALL_NS ? result->command.metric : failif->metric;

	for (size_t i = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];

		if (summary->metric != metric || isnan(summary->ratio_low) ||
		    strcmp(result->contenders[summary->contender_index].name, failif->contender))
			continue;
		if (failif->case_name &&
		    strcmp(result->cases[summary->case_index].name, failif->case_name))
			continue;
		if (holds(failif, result, summary))
			return i;
	}
	return SIZE_MAX;
}
