/* SPDX-License-Identifier: MIT */
/* What rounds with a finding's settings make of what it predicted. */
#include <math.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "explain/explain.h"

/* A gain below this part of what was predicted refutes the prediction. */
#define KEPT_PART 0.5

/* How far the program is from itself in this metric, run blind as its own twin: noise. 0 without one. */
static double noise_pct(const struct result *result, const struct finding *finding)
{
	size_t twin = result_find_role(result, ROLE_TWIN);
	const struct summary *summary = NULL;

	if (twin != SIZE_MAX)
		summary = result_find_summary(result, finding->case_index, twin,
					      finding->gain_metric);
	return summary && !isnan(summary->ratio) ? fabs(100 * (1 - summary->ratio)) : 0;
}

enum finding_judgement finding_judge(const struct result *result, const struct finding *finding)
{
	double low = finding->measured_gain_pct_low, high = finding->measured_gain_pct_high;
	double margin_pct = isnan(result->command.margin_pct) ? 0 : result->command.margin_pct;
	/* What must be possible for the finding to stand. */
	double least_pct = isnan(finding->predicted_gain_pct)
				   ? margin_pct
				   : KEPT_PART * finding->predicted_gain_pct;

	if (isnan(finding->measured_gain_pct))
		return FINDING_NOT_VERIFIED;
	if (isnan(low) || isnan(high))
		return FINDING_UNSETTLED;
	if (low > 0 && finding->measured_gain_pct > noise_pct(result, finding))
		return FINDING_CONFIRMED;
	return high <= 0 || high < least_pct ? FINDING_REFUTED : FINDING_UNSETTLED;
}

static double gain_pct(double ratio)
{
	return 100 * (1 - ratio);
}

void finding_verify(struct result *result, size_t index, size_t verified)
{
	struct finding *finding = &result->findings[index];
	const struct summary *summary =
		result_find_summary(result, finding->case_index, verified, finding->gain_metric);

	if (!summary || isnan(summary->ratio))
		return;
	finding->measured_gain_pct = gain_pct(summary->ratio);
	finding->measured_gain_pct_low = gain_pct(summary->ratio_high);
	finding->measured_gain_pct_high = gain_pct(summary->ratio_low);
	finding->withdrawn = finding_judge(result, finding) == FINDING_REFUTED;
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
