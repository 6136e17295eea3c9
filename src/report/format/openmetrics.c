/* SPDX-License-Identifier: MIT */
/*
 * The summaries as gauges in the text format of OpenMetrics 1.0, for node_exporter's textfile collector, a push gateway, or a
 * gate on a dashboard. A family for each metric, in base units (seconds, bytes) as the format asks for, with the labels
 * case and contender; and the ratios to the baseline with their intervals, with the metric as a further label. What was not
 * measured has no sample.
 */
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "report/emitter.h"

/* Label values and help: UTF-8 with three escapes, after bytes that are no text have become \xNN. */
static void add_quoted(struct strbuf *out, const char *text)
{
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;

	strbuf_add_escaped(&safe, text);
	strbuf_addch(out, '"');
	for (const char *s = safe.buf; *s; s++) {
		if (*s == '"' || *s == '\\')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
	strbuf_addch(out, '"');
}

static void add_label(struct strbuf *out, char before, const char *name, const char *value)
{
	strbuf_addf(out, "%c%s=", before, name);
	add_quoted(out, value);
}

static void add_sample(struct strbuf *out, double value)
{
	strbuf_addf(out, "} %.15g\n", value);
}

static void add_family(struct strbuf *out, const char *name, const char *unit, const char *help)
{
	strbuf_addf(out, "# TYPE %s gauge\n", name);
	if (unit)
		strbuf_addf(out, "# UNIT %s %s\n", name, unit);
	strbuf_addf(out, "# HELP %s %s\n", name, help);
}

/* "madvisor_wall_seconds" for wall_ns: a name ends with its unit, if it has one. */
static void add_metric_name(struct strbuf *out, const struct metric_info *info)
{
	size_t length = strlen(info->key);

	strbuf_addstr(out, "madvisor_");
	if (info->unit == UNIT_NS)
		length -= strlen("_ns");
	strbuf_add(out, info->key, length);
	if (info->unit == UNIT_NS)
		strbuf_addstr(out, "_seconds");
}

/* `names` are the labels of every sample of a summary. */
static void add_names(struct strbuf *out, const struct result *result,
		      const struct summary *summary)
{
	add_label(out, '{', "case", result->cases[summary->case_index].name);
	add_label(out, ',', "contender", result->contenders[summary->contender_index].name);
	if (metric_is_own(summary->metric))
		add_label(out, ',', "name", result_metric_label(result, summary->metric));
}

static void add_estimates(struct strbuf *out, const struct result *result, enum metric_id metric)
{
	const struct metric_info *info = metric_info(metric);
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
	const char *unit = info->unit == UNIT_NS      ? "seconds"
			   : info->unit == UNIT_BYTES ? "bytes"
						      : NULL;

	add_metric_name(&name, info);
	for (size_t i = 0, said = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];

		if (summary->metric != metric || !isfinite(summary->estimate))
			continue;
		if (!said++)
			add_family(out, name.buf, unit, info->label);
		strbuf_addstr(out, name.buf);
		add_names(out, result, summary);
		add_sample(out, info->unit == UNIT_NS ? summary->estimate / NS_PER_SEC
						      : summary->estimate);
	}
}

static double ratio_of(const struct summary *summary)
{
	return summary->ratio;
}

static double low_of(const struct summary *summary)
{
	return summary->ratio_low;
}

static double high_of(const struct summary *summary)
{
	return summary->ratio_high;
}

static void add_ratios(struct strbuf *out, const struct result *result, const char *name,
		       const char *help, double (*value_of)(const struct summary *summary))
{
	for (size_t i = 0, said = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];
		double value = value_of(summary);

		if (!isfinite(value))
			continue;
		if (!said++)
			add_family(out, name, "ratio", help);
		strbuf_addstr(out, name);
		add_names(out, result, summary);
		add_label(out, ',', "metric", metric_info(summary->metric)->key);
		add_sample(out, value);
	}
}

static int write_openmetrics(const struct result *result, const struct report_options *options,
			     struct strbuf *out, struct error *err)
{
	strbuf_addstr(out,
		      "# TYPE madvisor info\n# HELP madvisor what measured this\nmadvisor_info");
	add_label(out, '{', "version", result->tool_version ? result->tool_version : "");
	add_label(out, ',', "command", result_kind_name(result->kind));
	add_sample(out, 1);
	for (enum metric_id id = 0; id < METRIC_COUNT; id++)
		add_estimates(out, result, id);
	add_ratios(out, result, "madvisor_to_baseline_ratio",
		   "the metric, as a part of the baseline's in the same round", ratio_of);
	add_ratios(out, result, "madvisor_to_baseline_low_ratio", "the interval's lower end",
		   low_of);
	add_ratios(out, result, "madvisor_to_baseline_high_ratio", "the interval's upper end",
		   high_of);
	if (isfinite(result->noise_floor_pct)) {
		add_family(out, "madvisor_noise_ratio", "ratio",
			   "by how much two identical contenders differed");
		strbuf_addf(out, "madvisor_noise_ratio %.15g\n", result->noise_floor_pct / 100);
	}
	strbuf_addstr(out, "# EOF\n");
	return 0;
}

const struct report_format report_openmetrics = {
	.name = "openmetrics",
	.option = "openmetrics",
	.description = "gauges in the text format of OpenMetrics, for Prometheus",
	.write = write_openmetrics,
};
