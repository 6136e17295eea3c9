/* SPDX-License-Identifier: MIT */
/* What explain found: the evidence, what to set, what it is predicted to gain, and what it gained. */
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
	if (!isnan(finding->confidence))
		strbuf_addf(&sb, "%sconfidence %.0f%%", sb.len ? "; " : "",
			    100 * finding->confidence);
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
	if (finding->setting_count < 2 || !finding->env)
		return;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	for (char **env = finding->env; *env; env++)
		strbuf_addf(&sb, " %s", *env);
	say(production, NOTE_DETAIL, "all together:%s", sb.buf);
}

/* Never a promise from a count: what was predicted, what was measured, and which of the two it is. */
static void say_gains(const struct production *production, const struct finding *finding)
{
	const char *what = metric_info(finding->gain_metric)->label;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!isnan(finding->predicted_gain_pct)) {
		strbuf_addf(&sb, "predicted: %.0f%% less %s", finding->predicted_gain_pct, what);
		if (finding->prediction)
			strbuf_addf(&sb, " (%s)", finding->prediction);
	}
	if (!isnan(finding->measured_gain_pct)) {
		strbuf_addf(&sb, "%smeasured: %.0f%% less %s", sb.len ? "; " : "",
			    finding->measured_gain_pct, what);
		if (!isnan(finding->measured_gain_pct_low) &&
		    !isnan(finding->measured_gain_pct_high))
			strbuf_addf(&sb, " (%.0f%% to %.0f%%)", finding->measured_gain_pct_low,
				    finding->measured_gain_pct_high);
	} else if (sb.len) {
		strbuf_addstr(&sb, "; not verified by a run");
	}
	if (sb.len)
		say(production, NOTE_DETAIL, "%s", sb.buf);
}

static void say_finding(const struct production *production, const struct finding *finding)
{
	const struct result *result = production->result;

	say(production, NOTE_PLAIN, "%s%s, %s under %s: %s",
	    finding->withdrawn ? "WITHDRAWN: " : "", finding->id,
	    result->cases[finding->case_index].name,
	    result->contenders[finding->contender_index].name, finding->text);
	say_evidence(production, finding);
	if (!finding->withdrawn)
		say_settings(production, finding);
	say_gains(production, finding);
}

void produce_findings(const struct production *production)
{
	const struct result *result = production->result;

	if (result->finding_count)
		production->emitter->heading(production->self, "Findings");
	for (size_t i = 0; i < result->finding_count; i++)
		say_finding(production, &result->findings[i]);
}
