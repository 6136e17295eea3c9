/* SPDX-License-Identifier: MIT */
/* Compares a finding's prediction with rounds run under its settings. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "explain/explain.h"
#include "model/summarise.h"

static double gain_pct(double ratio)
{
	return 100 * (1 - ratio);
}

static void add_ratio(struct strbuf *text, const struct result *result,
		      const struct finding *finding, size_t verified, enum metric_id metric)
{
	const struct summary *summary =
		result_find_summary(result, finding->case_index, verified, metric);

	if (!summary || isnan(summary->ratio))
		return;
	strbuf_addf(text, "%s%s %.2fx", text->len ? ", " : " With it, ", metric_info(metric)->label,
		    summary->ratio);
	if (summary_has_interval(summary))
		strbuf_addf(text, " (%.2f to %.2f)", summary->ratio_low, summary->ratio_high);
}

/* Page faults that went down to less than this part of what they were are gone. */
#define GONE_PART 0.5

/*
 * A program may run for a set time, which no setting shortens: if its faults are gone and its time
 * is not, that may be the cause, and only the user can tell.
 */
static void tell_of_set_time(const struct result *result, struct finding *finding, size_t verified)
{
	const struct summary *faults =
		result_find_summary(result, finding->case_index, verified, METRIC_MINOR_FAULTS);

	if (finding->gain_metric == METRIC_PEAK_RSS_BYTES || !faults ||
	    !(faults->ratio_high < GONE_PART) || finding_gained(finding))
		return;
	char *text = xasprintf(
		"%s Its page faults went down to %.2fx all the same: they cost it less than "
		"predicted, or it runs for a set time instead of doing set work, where "
		"nothing shows in its time.",
		finding->text, faults->ratio);
	free(finding->text);
	finding->text = text;
}

/* Reports the other metrics, which may have got worse. */
static void tell_rest(const struct result *result, struct finding *finding, size_t verified)
{
	static const enum metric_id metrics[] = { METRIC_CPU_NS, METRIC_WALL_NS,
						  METRIC_PEAK_RSS_BYTES };
	_cleanup_strbuf_ struct strbuf rest = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		if (metrics[i] != finding->gain_metric)
			add_ratio(&rest, result, finding, verified, metrics[i]);
	if (!rest.len)
		return;
	char *text = xasprintf("%s%s.", finding->text, rest.buf);
	free(finding->text);
	finding->text = text;
}

void finding_verify(struct result *result, size_t index, size_t verified)
{
	struct finding *finding = &result->findings[index];
	const struct summary *summary =
		result_find_summary(result, finding->case_index, verified, finding->gain_metric);

	if (!summary || isnan(summary->ratio))
		return;
	finding->measured_gain_pct = gain_pct(summary->ratio);
	if (summary_has_interval(summary)) {
		finding->measured_gain_pct_low = gain_pct(summary->ratio_high);
		finding->measured_gain_pct_high = gain_pct(summary->ratio_low);
	}
	finding_judge(finding, result->command.margin_pct,
		      result_noise_floor_pct(result, finding->case_index, finding->gain_metric));
	tell_rest(result, finding, verified);
	tell_of_set_time(result, finding, verified);
}

char *finding_contender_name(const struct result *result, const struct finding *finding)
{
	const struct contender *contender = &result->contenders[finding->contender_index];
	struct strbuf name = STRBUF_INIT;

	for (size_t i = 0; i < finding->setting_count; i++) {
		const struct finding_setting *setting = &finding->settings[i];

		if (!setting->key || setting->variable) {
			strbuf_release(&name);
			return NULL;
		}
		if (!i)
			strbuf_addf(&name, "%s[", contender->name);
		strbuf_addf(&name, "%s%s:%s", i ? "," : "", setting->key, setting->value);
	}
	if (!name.len)
		return NULL;
	strbuf_addch(&name, ']');
	return strbuf_detach(&name);
}
