/* SPDX-License-Identifier: MIT */
/* The findings of explain: the symptom, the settings, their predicted gain and the measured one. */
#include <math.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/paste.h"
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
		_cleanup_free_ char *assignment =
			setting->variable ? xasprintf("%s=%s", setting->variable, setting->value)
					  : NULL;
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		if (assignment)
			paste_in_words(production, assignment, &sb);
		else
			strbuf_addf(&sb, "%s%s%s", setting->key ? setting->key : "",
				    setting->key ? "=" : "", setting->value);
		say(production, NOTE_DETAIL, "set %s%s%s%s%s", sb.buf, setting->why ? ": " : "",
		    setting->why ? setting->why : "", setting->risk ? "; risk: " : "",
		    setting->risk ? setting->risk : "");
	}
}

/* Says so if the best known gain is too small to matter. */
static void add_worth(struct strbuf *sb, const struct production *production,
		      const struct finding *finding)
{
	double margin_pct = production->result->command.margin_pct;

	if (finding_is_negligible(finding, margin_pct))
		strbuf_addf(sb, "; less than the margin of %g%%: not worth a change", margin_pct);
}

static void say_prediction(const struct production *production, const struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (isnan(finding->predicted_gain_pct))
		return;
	add_gain(&sb, finding, finding->predicted_gain_pct);
	if (finding->prediction)
		strbuf_addf(&sb, " (%s)", finding->prediction);
	if (finding->judgement == JUDGEMENT_NOT_VERIFIED) {
		strbuf_addstr(&sb, "; not verified by a run");
		add_worth(&sb, production, finding);
	}
	say(production, NOTE_DETAIL, "predicted: %s", sb.buf);
}

/* The judgement in words that fit the figures in front of it. */
static const char *judgement_words(const struct finding *finding, double margin_pct)
{
	switch (finding->judgement) {
	case JUDGEMENT_NOT_VERIFIED:
		break;
	case JUDGEMENT_AS_PREDICTED:
		if (isnan(finding->predicted_gain_pct))
			return "a real gain";
		return finding->measured_gain_pct_low - margin_pct > finding->predicted_gain_pct
			       ? "a real gain, larger than predicted"
			       : "as predicted";
	case JUDGEMENT_SMALLER:
		return "a real gain, smaller than predicted";
	case JUDGEMENT_REFUTED:
		return "refuted";
	case JUDGEMENT_UNSETTLED:
		return isnan(finding->measured_gain_pct_low)
			       ? "too few rounds to say"
			       : "not settled; more --rounds would settle it";
	}
	return "not verified";
}

static void say_measurement(const struct production *production, const struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (isnan(finding->measured_gain_pct))
		return;
	add_gain(&sb, finding, finding->measured_gain_pct);
	add_gain_interval(&sb, finding);
	strbuf_addf(&sb, ": %s", judgement_words(finding, production->result->command.margin_pct));
	if (finding_gained(finding))
		add_worth(&sb, production, finding);
	say(production, NOTE_DETAIL, "measured: %s", sb.buf);
}

static void say_finding(const struct production *production, const struct finding *finding)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s%s", finding->judgement == JUDGEMENT_REFUTED ? "WITHDRAWN: " : "",
		    finding->id);
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
}
