/* SPDX-License-Identifier: MIT */
/* What explain found: what happens, what to set, what that is predicted to gain, and what it gained. */
#include <math.h>

#include "base/units.h"
#include "report/produce.h"

static void say_evidence(const struct production *production, const struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric_info *info = metric_info((enum metric_id)id);
		const struct cell cell = {
			.kind = CELL_VALUE,
			.unit = info->unit,
			.value = finding->evidence.value[id],
		};

		if (!metrics_has(&finding->evidence, (enum metric_id)id))
			continue;
		strbuf_addf(&sb, "%s%s ", sb.len ? ", " : "", info->label);
		cell_text(&sb, &cell, false);
	}
	if (sb.len)
		say(production, NOTE_DETAIL, "evidence: %s", sb.buf);
}

static void say_settings(const struct production *production, const struct finding *finding)
{
	for (size_t i = 0; i < finding->setting_count; i++) {
		const struct finding_setting *setting = &finding->settings[i];
		const char *name = setting->variable ? setting->variable : setting->key;

		say(production, NOTE_DETAIL, "set %s%s%s%s%s%s%s", name ? name : "",
		    name ? "=" : "", setting->value, setting->why ? ": " : "",
		    setting->why ? setting->why : "", setting->risk ? "; risk: " : "",
		    setting->risk ? setting->risk : "");
	}
}

/* "68% less CPU time" */
static void add_gain(struct strbuf *sb, const struct finding *finding, double gain_pct)
{
	strbuf_addf(sb, "%.0f%% %s %s", fabs(gain_pct), gain_pct < 0 ? "more" : "less",
		    metric_info(finding->gain_metric)->label);
}

/* "44% to 66%", of what it is less; where it may be more, "20% more to 11% less". */
static void add_interval(struct strbuf *sb, const struct finding *finding)
{
	double low = finding->measured_gain_pct_low, high = finding->measured_gain_pct_high;

	if (isnan(low) || isnan(high))
		return;
	if (low >= 0)
		strbuf_addf(sb, " (%.0f%% to %.0f%%)", low, high);
	else if (high <= 0)
		strbuf_addf(sb, " (%.0f%% to %.0f%%)", -high, -low);
	else
		strbuf_addf(sb, " (%.0f%% more to %.0f%% less)", -low, high);
}

static void say_prediction(const struct production *production, const struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (isnan(finding->predicted_gain_pct))
		return;
	add_gain(&sb, finding, finding->predicted_gain_pct);
	if (finding->prediction)
		strbuf_addf(&sb, " (%s)", finding->prediction);
	say(production, NOTE_DETAIL, "predicted: %s%s", sb.buf,
	    isnan(finding->measured_gain_pct) ? "; not verified by a run" : "");
}

/* What the rounds say of it: only an interval that lies on one side settles anything. */
static const char *judgement(const struct finding *finding)
{
	if (finding->withdrawn)
		return ": refuted";
	if (isnan(finding->measured_gain_pct_low))
		return "";
	return finding->measured_gain_pct_low > 0 ? ": confirmed"
						  : ": not settled; more --rounds would";
}

static void say_measurement(const struct production *production, const struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (isnan(finding->measured_gain_pct))
		return;
	add_gain(&sb, finding, finding->measured_gain_pct);
	add_interval(&sb, finding);
	say(production, NOTE_DETAIL, "measured: %s%s", sb.buf, judgement(finding));
}

static void say_finding(const struct production *production, const struct finding *finding)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s%s", finding->withdrawn ? "WITHDRAWN: " : "", finding->id);
	if (!production_is_explanation(production))
		strbuf_addf(&sb, ", %s under %s", result->cases[finding->case_index].name,
			    result->contenders[finding->contender_index].name);
	if (!isnan(finding->confidence))
		strbuf_addf(&sb, " (confidence %.0f%%)", 100 * finding->confidence);
	say(production, NOTE_PLAIN, "%s: %s", sb.buf, finding->text);
	/* The account of its kernel time shows them already. */
	if (!production_is_explanation(production))
		say_evidence(production, finding);
	say_settings(production, finding);
	say_prediction(production, finding);
	say_measurement(production, finding);
}

/* Which finding to act on: the first that a run confirmed, or else the first that was not tried. */
static const struct finding *best_of(const struct result *result)
{
	const struct finding *untried = NULL;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (!finding->setting_count || !finding->settings[0].variable || finding->withdrawn)
			continue;
		if (finding->measured_gain_pct_low > 0)
			return finding;
		if (!untried && isnan(finding->measured_gain_pct))
			untried = finding;
	}
	return untried;
}

/* The line to copy. */
static void say_what_to_set(const struct production *production)
{
	const struct finding *best = best_of(production->result);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!best)
		return;
	production->emitter->heading(production->self, "What to set");
	for (char **env = best->env; env && *env; env++)
		strbuf_addf(&sb, "%s%s", sb.len ? " " : "", *env);
	if (!sb.len)
		strbuf_addf(&sb, "%s=%s", best->settings[0].variable, best->settings[0].value);
	say(production, NOTE_PLAIN, "%s", sb.buf);
	if (isnan(best->measured_gain_pct))
		say(production, NOTE_DETAIL,
		    "not verified: --verify runs the command with it against without");
}

void produce_findings(const struct production *production)
{
	const struct result *result = production->result;

	bool headed = false;

	for (size_t i = 0; i < result->finding_count; i++) {
		if (finding_is_difference(&result->findings[i]))
			continue;
		if (!headed)
			production->emitter->heading(production->self, "Findings");
		headed = true;
		say_finding(production, &result->findings[i]);
	}
	if (production_is_explanation(production))
		say_what_to_set(production);
}
