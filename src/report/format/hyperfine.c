/* SPDX-License-Identifier: MIT */
/*
 * The schema of hyperfine's --export-json (as hyperfine 1.15 writes it, with the memory_usage_byte of
 * 1.19), so that its scripts work on our results. One benchmark for each case and contender; times in
 * seconds, from unobserved runs. Runs without a time are left out: those scripts expect a number.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/emitter.h"
#include "stats/spread.h"

/* The runs of one case under one contender. */
struct bundle {
	const struct run *const *runs;
	size_t count;
};

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = *(const struct run *const *)a;
	const struct run *y = *(const struct run *const *)b;

	if (x->case_index != y->case_index)
		return x->case_index < y->case_index ? -1 : 1;
	if (x->contender_index != y->contender_index)
		return x->contender_index < y->contender_index ? -1 : 1;
	return (x > y) - (x < y);
}

/* The twin is left out too: it is the baseline under another name. */
static const struct run **collect_runs(const struct result *result, size_t *ret_count)
{
	const struct run **runs = xcalloc(result->run_count + 1, sizeof(*runs));
	size_t count = 0;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (!run->observed && !run->error && metrics_has(&run->metrics, METRIC_WALL_NS) &&
		    result->contenders[run->contender_index].role != ROLE_TWIN)
			runs[count++] = run;
	}
	qsort(runs, count, sizeof(*runs), compare_runs);
	*ret_count = count;
	return runs;
}

static struct spread spread_of_metric(const struct bundle *bundle, enum metric_id metric)
{
	_cleanup_free_ double *seconds = xcalloc(bundle->count, sizeof(*seconds));

	for (size_t i = 0; i < bundle->count; i++)
		seconds[i] = bundle->runs[i]->metrics.value[metric] / (double)NS_PER_SEC;
	return spread_of(seconds, bundle->count);
}

static json_t *text_json(const struct strbuf *sb)
{
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;
	json_t *exact = json_string(sb->buf);

	if (exact)
		return exact;
	strbuf_add_escaped(&safe, sb->buf);
	return json_string(safe.buf);
}

static json_t *name_json(const char *name)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, name);
	return text_json(&sb);
}

static json_t *number_json(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* hyperfine's lists with a value for each run; memory only if every run has it. */
static void set_runs(json_t *object, const struct bundle *bundle)
{
	json_t *times = json_array();
	json_t *memory = json_array();
	json_t *exit_codes = json_array();

	for (size_t i = 0; i < bundle->count; i++) {
		const struct run *run = bundle->runs[i];
		double bytes = run->metrics.value[METRIC_PEAK_RSS_BYTES];

		json_array_append_new(
			times, json_real(run->metrics.value[METRIC_WALL_NS] / (double)NS_PER_SEC));
		if (isfinite(bytes))
			json_array_append_new(memory, json_integer((json_int_t)bytes));
		json_array_append_new(exit_codes, json_integer(run->exit_status));
	}
	json_object_set_new(object, "times", times);
	if (json_array_size(memory) == bundle->count)
		json_object_set(object, "memory_usage_byte", memory);
	json_decref(memory);
	json_object_set_new(object, "exit_codes", exit_codes);
}

/* Texts, as hyperfine's own are. `only`: the one that is added; NULL: all. */
static void add_parameters(const struct case_info *info, const char *only, json_t *object)
{
	for (size_t i = 0; i < info->parameter_count; i++) {
		const struct parameter *parameter = &info->parameters[i];
		_cleanup_strbuf_ struct strbuf value = STRBUF_INIT, name = STRBUF_INIT;

		if (only && strcmp(parameter->name, only) != 0)
			continue;
		strbuf_add_escaped(&name, parameter->name);
		if (parameter->text)
			strbuf_addstr(&value, parameter->text);
		else
			strbuf_addf(&value, "%.15g", parameter->number);
		json_object_set_new(object, name.buf, text_json(&value));
	}
}

static json_t *bundle_json(const struct result *result, const struct bundle *bundle)
{
	const char *case_name = result->cases[bundle->runs[0]->case_index].name;
	const char *contender = result->contenders[bundle->runs[0]->contender_index].name;
	struct spread wall = spread_of_metric(bundle, METRIC_WALL_NS);
	_cleanup_strbuf_ struct strbuf command = STRBUF_INIT;
	json_t *object = json_object();
	json_t *parameters = json_object();

	add_parameters(&result->cases[bundle->runs[0]->case_index],
		       result->sweep ? result->sweep->parameter : NULL, parameters);
	/* hyperfine's scripts for parametrised benchmarks take exactly one, a number. */
	if (!result->sweep) {
		json_object_set_new(parameters, "case", name_json(case_name));
		json_object_set_new(parameters, "contender", name_json(contender));
	}
	strbuf_addf(&command, "%s under %s", case_name, contender);
	json_object_set_new(object, "command", text_json(&command));
	json_object_set_new(object, "mean", number_json(wall.mean));
	json_object_set_new(object, "stddev", number_json(wall.stddev));
	json_object_set_new(object, "median", number_json(wall.median));
	json_object_set_new(object, "user",
			    number_json(spread_of_metric(bundle, METRIC_USER_NS).mean));
	json_object_set_new(object, "system",
			    number_json(spread_of_metric(bundle, METRIC_SYS_NS).mean));
	json_object_set_new(object, "min", number_json(wall.min));
	json_object_set_new(object, "max", number_json(wall.max));
	set_runs(object, bundle);
	json_object_set_new(object, "parameters", parameters);
	return object;
}

static int dump_piece(const char *piece, size_t len, void *out)
{
	strbuf_add(out, piece, len);
	return 0;
}

static int write_hyperfine(const struct result *result, const struct report_options *options,
			   struct strbuf *out, struct error *err)
{
	size_t count, next;
	_cleanup_free_ const struct run **runs = collect_runs(result, &count);
	json_t *root = json_object();
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i = next) {
		next = i + 1;
		while (next < count && runs[next]->case_index == runs[i]->case_index &&
		       runs[next]->contender_index == runs[i]->contender_index)
			next++;
		const struct bundle bundle = { &runs[i], next - i };
		json_array_append_new(rows, bundle_json(result, &bundle));
	}
	json_object_set_new(root, "results", rows);
	int r = json_dump_callback(root, dump_piece, out,
				   JSON_INDENT(2) | JSON_REAL_PRECISION(15) | JSON_ENSURE_ASCII);
	json_decref(root);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, ENOMEM, "cannot write the hyperfine document");
	strbuf_addch(out, '\n');
	return 0;
}

const struct report_format report_hyperfine = {
	.name = "hyperfine",
	.option = "export-hyperfine",
	.description = "hyperfine's JSON, for the scripts that read it",
	.write = write_hyperfine,
};
