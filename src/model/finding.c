/* SPDX-License-Identifier: MIT */
#include "model/finding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/spawn.h"
#include "base/xalloc.h"

/* A gain whose whole interval is below this part of the predicted one refutes the prediction. */
#define KEPT_PART 0.5

static double known_pct(double pct)
{
	return isnan(pct) ? 0 : pct;
}

/* 1 minus the ratio at the noise floor: a floor of 25% reaches down to 0.8. */
static double gain_of_noise_pct(double noise_pct)
{
	return 100 * noise_pct / (100 + noise_pct);
}

static enum finding_judgement judge_real_gain(const struct finding *finding, double margin_pct)
{
	double high = finding->measured_gain_pct_high, predicted = finding->predicted_gain_pct;

	if (isnan(predicted) ? high >= margin_pct : predicted <= high + margin_pct)
		return JUDGEMENT_AS_PREDICTED;
	/* A gain wholly below the margin refutes the prediction of a larger one. */
	return high >= margin_pct ? JUDGEMENT_SMALLER : JUDGEMENT_REFUTED;
}

static enum finding_judgement judge(const struct finding *finding, double margin_pct,
				    double noise_pct)
{
	double low = finding->measured_gain_pct_low, high = finding->measured_gain_pct_high;
	/* The smallest gain that the interval must reach, else the finding is refuted. */
	double least_pct = isnan(finding->predicted_gain_pct)
				   ? margin_pct
				   : KEPT_PART * finding->predicted_gain_pct;

	if (isnan(finding->measured_gain_pct))
		return JUDGEMENT_NOT_VERIFIED;
	if (isnan(low) || isnan(high))
		return JUDGEMENT_UNSETTLED;
	if (low > 0 && finding->measured_gain_pct > gain_of_noise_pct(noise_pct))
		return judge_real_gain(finding, margin_pct);
	return high <= 0 || high < least_pct ? JUDGEMENT_REFUTED : JUDGEMENT_UNSETTLED;
}

void finding_judge(struct finding *finding, double margin_pct, double noise_pct)
{
	finding->judgement = judge(finding, known_pct(margin_pct), known_pct(noise_pct));
}

bool finding_gained(const struct finding *finding)
{
	return finding->judgement == JUDGEMENT_AS_PREDICTED ||
	       finding->judgement == JUDGEMENT_SMALLER;
}

bool finding_is_negligible(const struct finding *finding, double margin_pct)
{
	double gain_pct = isnan(finding->measured_gain_pct) ? finding->predicted_gain_pct
							    : finding->measured_gain_pct;

	return gain_pct < margin_pct;
}

/* The ids of four rules of explain/. */
bool finding_is_account(const struct finding *finding)
{
	static const char *const accounts[] = { "kernel-tax", "no-kernel-tax", "unseen-tax",
						"lost-sight" };

	for (size_t i = 0; i < ARRAY_SIZE(accounts); i++)
		if (!strcmp(finding->id, accounts[i]))
			return true;
	return false;
}

bool finding_is_difference(const struct finding *finding)
{
	return !strcmp(finding->id, FINDING_KERNEL_DIFFERENCE) ||
	       !strcmp(finding->id, FINDING_USER_DIFFERENCE) ||
	       !strcmp(finding->id, FINDING_WAIT_DIFFERENCE);
}

static const char *const judgement_names[] = {
	[JUDGEMENT_NOT_VERIFIED] = "not-verified", [JUDGEMENT_AS_PREDICTED] = "as-predicted",
	[JUDGEMENT_SMALLER] = "smaller",           [JUDGEMENT_REFUTED] = "refuted",
	[JUDGEMENT_UNSETTLED] = "unsettled",
};

const char *finding_judgement_name(enum finding_judgement judgement)
{
	return judgement_names[judgement];
}

int finding_judgement_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(judgement_names); i++)
		if (!strcmp(judgement_names[i], name))
			return (int)i;
	return -1;
}

void finding_init(struct finding *finding)
{
	*finding = (struct finding){
		.confidence = NAN,
		.gain_metric = METRIC_CPU_NS,
		.predicted_gain_pct = NAN,
		.measured_gain_pct = NAN,
		.measured_gain_pct_low = NAN,
		.measured_gain_pct_high = NAN,
		.judgement = JUDGEMENT_NOT_VERIFIED,
	};
	metrics_init(&finding->evidence);
}

void finding_drop_settings(struct finding *finding, size_t kept)
{
	while (finding->setting_count > kept) {
		struct finding_setting *last = &finding->settings[--finding->setting_count];

		free(last->key);
		free(last->variable);
		free(last->value);
		free(last->why);
		free(last->risk);
	}
	if (kept)
		return;
	strv_free(finding->env);
	finding->env = NULL;
}

void finding_release(struct finding *finding)
{
	finding_drop_settings(finding, 0);
	free(finding->settings);
	free(finding->id);
	free(finding->text);
	free(finding->prediction);
	*finding = (struct finding){ 0 };
}
