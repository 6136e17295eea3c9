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
	add_interval(&sb, finding);
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

/* Shows a value that cannot be copied from a terminal, escaped and marked as such. */
static void say_escaped(const struct production *production, char *const *env)
{
	for (; *env; env++) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		paste_in_words(production, *env, &sb);
		say(production, NOTE_PLAIN,
		    "no line to copy: it would hold characters that cannot be shown. It is: %s",
		    sb.buf);
	}
}

/* Why there is nothing to set; NULL: there is, or it is not known. */
static const char *nothing_because(enum headline_advice advice)
{
	switch (advice) {
	case ADVICE_NEGLIGIBLE:
		return "what could be set gains less than the margin, and is not worth a change";
	case ADVICE_REFUTED:
		return "of what was tried, nothing is shown to gain more than the margin";
	case ADVICE_NONE_KNOWN:
		return "none of what was seen is known to change by a setting of its allocator";
	default:
		return NULL;
	}
}

/* The line to copy. */
static void say_what_to_set(const struct production *production)
{
	const struct headline *headline = &production->headline;
	const struct finding *best = headline->remedy;
	const char *because = nothing_because(headline->advice);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!best && !because)
		return;
	production->emitter->heading(production->self, "What to set");
	if (because) {
		say(production, NOTE_PLAIN, "nothing: %s", because);
		return;
	}
	_cleanup_free_ char *alone =
		xasprintf("%s=%s", best->settings[0].variable, best->settings[0].value);
	char *const only[] = { alone, NULL };
	char *const *env = best->env && best->env[0] ? best->env : only;
	if (paste_line(production, env, &sb))
		production->emitter->code(production->self, sb.buf);
	else
		say_escaped(production, env);
	if (headline->advice == ADVICE_TRY)
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
