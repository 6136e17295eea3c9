/* SPDX-License-Identifier: MIT */
#include "report/chart.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/lookup.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* Names as every format shows them: nothing in them may steer what reads the page. */
static json_t *name(const char *text)
{
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;

	strbuf_add_escaped(&safe, text);
	return json_string(safe.buf);
}

static json_t *row(const struct result *result, const struct lookup *lookup,
		   const struct summary *time, enum metric_id memory_metric)
{
	const struct summary *memory =
		lookup_summary(lookup, time->case_index, time->contender_index, memory_metric);

	return json_pack("{so so so so so ss so}", "case",
			 name(result->cases[time->case_index].name), "contender",
			 name(result->contenders[time->contender_index].name), "ratio",
			 number(time->ratio), "low", number(time->ratio_low), "high",
			 number(time->ratio_high), "verdict", verdict_name(time->verdict), "memory",
			 number(memory ? memory->ratio : NAN));
}

static int dump_piece(const char *piece, size_t len, void *out)
{
	/* "</script>" inside a text would end the element. */
	for (size_t i = 0; i < len; i++) {
		if (piece[i] == '<')
			strbuf_addstr(out, "\\u003c");
		else
			strbuf_addch(out, piece[i]);
	}
	return 0;
}

void chart_add_data(struct strbuf *out, const struct result *result)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);
	json_t *rows = json_array();
	struct lookup lookup;

	lookup_init(&lookup, result);
	enum metric_id memory_metric = lookup_memory_metric(&lookup, result);
	for (size_t i = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];

		if (summary->metric == result->command.metric && summary->has_verdict &&
		    summary->ratio > 0 &&
		    result->contenders[summary->contender_index].role == ROLE_CONTENDER)
			json_array_append_new(rows, row(result, &lookup, summary, memory_metric));
	}
	lookup_release(&lookup);
	const char *baseline_name = baseline == SIZE_MAX ? "" : result->contenders[baseline].name;
	const char *metric = result->command.metric == METRIC_WALL_NS
				     ? "time"
				     : result_metric_label(result, result->command.metric);
	json_t *data = json_pack("{so so so}", "baseline", name(baseline_name), "metric",
				 name(metric), "rows", rows);
	if (!data ||
	    json_dump_callback(data, dump_piece, out,
			       JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6)) < 0)
		abort(); /* exhausted memory, as in xmalloc() */
	json_decref(data);
}
