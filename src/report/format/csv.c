/* SPDX-License-Identifier: MIT */
/*
 * One row a summary, or in the second file a figure of a run, in long form: what spreadsheets pivot and scripts filter. Each
 * row says the unit of its figure. Quoting as in RFC 4180;
 * lines end with a newline alone, as the tools of this system expect. Unmeasured is an empty field.
 */
#include <math.h>
#include <string.h>

#include "model/sweep-curves.h"
#include "report/emitter.h"
#include "report/loss.h"

/*
 * Spreadsheets run a text that starts like a formula, so such a text gets an apostrophe in front,
 * which they take for "this is text" (OWASP, "CSV Injection").
 */
static void add_text(struct strbuf *out, const char *text)
{
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;

	if (*text && strchr("=+-@\t\r", *text))
		strbuf_addch(&safe, '\'');
	strbuf_add_escaped(&safe, text);
	if (!strpbrk(safe.buf, ",\"")) {
		strbuf_addstr(out, safe.buf);
		return;
	}
	strbuf_addch(out, '"');
	for (const char *s = safe.buf; *s; s++) {
		if (*s == '"')
			strbuf_addch(out, '"');
		strbuf_addch(out, *s);
	}
	strbuf_addch(out, '"');
}

static void add_number(struct strbuf *out, double value)
{
	strbuf_addch(out, ',');
	if (isfinite(value))
		strbuf_addf(out, "%.15g", value);
}

static void add_modes(struct strbuf *out, const struct summary *summary)
{
	const struct modes *modes = &summary->modes;

	if (!summary_has_modes(summary)) {
		strbuf_addstr(out, ",,,,");
		return;
	}
	add_number(out, modes->low);
	add_number(out, modes->high);
	strbuf_addf(out, ",%zu,%zu", modes->low_count, modes->high_count);
}

static int write_csv(const struct result *result, const struct report_options *options,
		     struct strbuf *out, struct error *err)
{
	struct loss loss;

	loss_init(&loss, result);
	strbuf_addstr(out,
		      "case,contender,role,metric,estimate,ratio,ratio_low,ratio_high,headroom,"
		      "verdict,rounds,lossy,metric_name,mode_low,mode_high,mode_low_runs,"
		      "mode_high_runs,without_pct,unit,swept\n");
	for (size_t i = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];
		const struct contender *contender = &result->contenders[summary->contender_index];

		add_text(out, result->cases[summary->case_index].name);
		strbuf_addch(out, ',');
		add_text(out, contender->name);
		strbuf_addf(out, ",%s,%s", contender_role_name(contender->role),
			    metric_info(summary->metric)->key);
		add_number(out, summary->estimate);
		add_number(out, summary->ratio);
		add_number(out, summary->ratio_low);
		add_number(out, summary->ratio_high);
		add_number(out, summary->headroom);
		bool lossy = loss_affects(summary->metric) &&
			     loss_events(&loss, summary->case_index, summary->contender_index) > 0;
		strbuf_addf(out, ",%s,%u,%s,",
			    summary->has_verdict ? verdict_name(summary->verdict) : "",
			    summary->rounds, lossy ? "yes" : "no");
		if (metric_is_own(summary->metric))
			add_text(out, result_metric_label(result, summary->metric));
		add_modes(out, summary);
		const struct effect *effect =
			result_find_effect(result, summary->case_index, summary->contender_index);
		add_number(out, effect ? effect->without_pct : NAN);
		strbuf_addf(out, ",%s", metric_unit_name(metric_info(summary->metric)->unit));
		add_number(out,
			   result->sweep ? (double)sweep_value(result, summary->case_index) : NAN);
		strbuf_addch(out, '\n');
	}
	loss_release(&loss);
	return 0;
}

const struct report_format report_csv = {
	.name = "csv",
	.option = "csv",
	.description = "one row for each case, contender and metric",
	.write = write_csv,
};

/* What the figures of a run have in common. */
static void add_run(struct strbuf *out, const struct result *result, const struct run *run)
{
	add_text(out, result->cases[run->case_index].name);
	strbuf_addch(out, ',');
	add_text(out, result->contenders[run->contender_index].name);
	strbuf_addf(out, ",%u,%s,", run->round, run->observed ? "yes" : "no");
	add_text(out, run->probe ? run->probe : "");
	strbuf_addf(out, ",%d,", run->exit_status);
	add_text(out, run->error ? run->error : "");
}

/* A run without figures has a row, too: it failed, and says why. */
static int write_runs(const struct result *result, const struct report_options *options,
		      struct strbuf *out, struct error *err)
{
	strbuf_addstr(out, "case,contender,round,observed,probe,exit_status,error,metric,unit,"
			   "value,metric_name\n");
	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		size_t said = 0;

		for (enum metric_id id = 0; id < METRIC_COUNT; id++) {
			const struct metric_info *info = metric_info(id);

			if (!metrics_has(&run->metrics, id))
				continue;
			add_run(out, result, run);
			strbuf_addf(out, ",%s,%s", info->key, metric_unit_name(info->unit));
			add_number(out, run->metrics.value[id]);
			strbuf_addch(out, ',');
			if (metric_is_own(id))
				add_text(out, result_metric_label(result, id));
			strbuf_addch(out, '\n');
			said++;
		}
		if (said)
			continue;
		add_run(out, result, run);
		strbuf_addstr(out, ",,,,\n");
	}
	return 0;
}

const struct report_format report_csv_runs = {
	.name = "csv-runs",
	.option = "csv-runs",
	.description = "one row for each run and metric: the figures behind --csv",
	.write = write_runs,
};
