/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/units.h"
#include "report/produce.h"

static void add_evidence(struct strbuf *sb, const struct metrics *evidence)
{
	const char *before = "; ";

	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric_info *info = metric_info((enum metric_id)id);
		struct cell cell = { .kind = CELL_VALUE, .unit = info->unit };

		if (!metrics_has(evidence, id))
			continue;
		cell.value = evidence->value[id];
		strbuf_addf(sb, "%s%s ", before, info->label);
		cell_text(sb, &cell, false);
		before = ", ";
	}
}

static void add_gains(struct strbuf *sb, const struct finding *finding)
{
	if (!isnan(finding->predicted_gain_pct))
		strbuf_addf(sb, "; predicted gain %.0f%%", finding->predicted_gain_pct);
	if (!isnan(finding->measured_gain_pct))
		strbuf_addf(sb, "; measured gain %.0f%%", finding->measured_gain_pct);
	if (!isnan(finding->measured_gain_pct_low) && !isnan(finding->measured_gain_pct_high))
		strbuf_addf(sb, " (%.0f to %.0f%%)", finding->measured_gain_pct_low,
			    finding->measured_gain_pct_high);
	else if (isnan(finding->measured_gain_pct))
		strbuf_addstr(sb, "; not verified");
}

static void say_finding(const struct production *production, const struct finding *finding)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s%s (%s, %s): %s", finding->withdrawn ? "WITHDRAWN: " : "", finding->id,
		    result->cases[finding->case_index].name,
		    result->contenders[finding->contender_index].name, finding->text);
	add_evidence(&sb, &finding->evidence);
	add_gains(&sb, finding);
	production->emitter->note(production->self, NOTE_PLAIN, sb.buf);
	for (size_t i = 0; i < finding->setting_count && !finding->withdrawn; i++) {
		const struct finding_setting *setting = &finding->settings[i];

		say(production, NOTE_PLAIN, "set %s=%s%s%s%s%s", setting->variable, setting->value,
		    setting->why ? ": " : "", setting->why ? setting->why : "",
		    setting->risk ? "; risk: " : "", setting->risk ? setting->risk : "");
	}
}

void produce_findings(const struct production *production)
{
	const struct result *result = production->result;

	if (result->finding_count)
		production->emitter->heading(production->self, "Findings");
	for (size_t i = 0; i < result->finding_count; i++)
		say_finding(production, &result->findings[i]);
}
