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
	{ "slower", METRIC_WALL_NS, true },        { "faster", METRIC_WALL_NS, false },
	{ "costlier", METRIC_CPU_NS, true },       { "cheaper", METRIC_CPU_NS, false },
	{ "bigger", METRIC_PEAK_RSS_BYTES, true }, { "smaller", METRIC_PEAK_RSS_BYTES, false },
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

	*ret = (struct failif){ .text = text, .pct = NAN };
	if (parse_words(ret, copy) == 0)
		return 0;
	failif_release(ret);
	error_set(err, ERROR_USAGE, EINVAL, "not a condition: --fail-if '%s'", text);
	error_hint(err, "write CONTENDER slower|faster|costlier|cheaper|bigger|smaller [PCT%%] "
			"[in CASE], such as 'jemalloc slower 5%%'");
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

static int refuse_name(const char *name, const char *problem, const char *remedy, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "--fail-if names '%s', which %s", name, problem);
	error_hint(err, "%s", remedy);
	return -EINVAL;
}

/* "slower" means a lower value of a metric of which more is better. */
static bool is_above(const struct failif *failif, const struct result *result,
		     enum metric_id metric)
{
	return failif->above != (result_metric_better(result, metric) == BETTER_HIGHER);
}

int failif_add(const struct failif *failif, struct result *result, struct error *err)
{
	size_t contender = result_find_contender(result, failif->contender);
	size_t case_index = failif->case_name ? result_find_case(result, failif->case_name) : 0;
	double part = (isnan(failif->pct) ? result->command.margin_pct : failif->pct) / 100;

	if (contender == SIZE_MAX)
		return refuse_name(failif->contender, "is not measured here",
				   "add it to --contenders", err);
	if (result->contenders[contender].role == ROLE_BASELINE)
		return refuse_name(failif->contender, "the others are compared with",
				   "name one of the others", err);
	if (case_index == SIZE_MAX)
		return refuse_name(failif->case_name, "is not measured here", "add it to the cases",
				   err);
	struct gate *gate = result_add_gate(result);
	gate->condition = xstrdup(failif->text);
	gate->contender_index = contender;
	gate->metric = failif->metric == METRIC_WALL_NS ? result->command.metric : failif->metric;
	gate->above = is_above(failif, result, gate->metric);
	gate->limit = gate->above ? 1 + part : 1 - part;
	gate->any_case = !failif->case_name;
	gate->case_index = case_index;
	return 0;
}
