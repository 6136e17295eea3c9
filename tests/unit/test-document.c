/* SPDX-License-Identifier: MIT */
#include "model/document.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

/* A small document, to be broken in one place at a time. */
static const char small[] =
	"{\"schema\": \"madvisor.result/2\", \"kind\": \"bench\","
	" \"tool\": {\"name\": \"madvisor\", \"version\": \"9.8.7\"},"
	" \"host\": {\"kernel\": \"6.1\", \"cpus\": 2, \"page_bytes\": 65536},"
	" \"command\": {\"name\": \"bench\", \"argv\": [\"madvisor\", \"bench\"],"
	"  \"seed\": \"18446744073709551615\", \"rounds_planned\": 3, \"confidence\": 0.95},"
	" \"contenders\": [{\"name\": \"glibc\", \"role\": \"baseline\","
	"  \"env\": [], \"settings\": []},"
	"  {\"name\": \"je\", \"role\": \"contender\", \"env\": [\"A=b\"],"
	"   \"settings\": [{\"key\": \"k\", \"value\": \"v\"}]}],"
	" \"cases\": [{\"name\": \"churn/single\", \"iterations\": 7, \"parameters\": ["
	"  {\"name\": \"size\", \"value\": 16384, \"unit\": \"bytes\"},"
	"  {\"name\": \"init\", \"value\": \"calloc\", \"unit\": null}]}],"
	" \"runs\": [{\"case\": \"churn/single\", \"contender\": \"je\", \"round\": 1, \"observed\": false,"
	"  \"exit_status\": 0, \"metrics\": {\"wall_ns\": 12.5, \"refaults\": 0, \"later_metric\": \"x\"}}],"
	" \"summaries\": [{\"case\": \"churn/single\", \"contender\": \"je\", \"metric\": \"wall_ns\","
	"  \"estimate\": 12.5, \"ratio\": 1.5, \"ratio_low\": 1.25, \"ratio_high\": 1.75,"
	"  \"verdict\": \"slower\", \"rounds\": 3, \"modes\": {\"low\": 10, \"high\": 15, \"border\": 12,"
	"  \"low_runs\": 2, \"high_runs\": 1, \"in_stretches\": true}}],"
	" \"findings\": [{\"id\": \"thp\", \"case\": \"churn/single\", \"contender\": \"je\","
	"  \"evidence\": {\"refaults\": 5}, \"text\": \"t\", \"judgement\": \"smaller\","
	"  \"settings\": [{\"variable\": \"V\", \"value\": \"1\"}]}],"
	" \"gates\": [{\"condition\": \"je slower 5%\", \"decision\": \"does-not-hold\","
	"  \"case\": \"churn/single\", \"contender\": \"je\", \"any_case\": true,"
	"  \"metric\": \"cpu_ns\", \"beyond\": \"above\", \"limit\": 1.05, \"ratio\": 1.01,"
	"  \"ratio_low\": 1, \"ratio_high\": 1.02, \"noise_floor_pct\": null, \"rounds\": 8}],"
	" \"noise_floor_pct\": 0.5, \"partial\": true, \"later_key\": {\"deep\": [[[]]]}}";

static int parse(const char *text, struct result *result, struct error *err)
{
	result_init(result);
	return document_parse(text, strlen(text), "r.json", result, err);
}

/* `small` with the first `from` replaced by `to`. */
static char *changed(const char *from, const char *to)
{
	const char *at = strstr(small, from);

	assert_non_null(at);
	return xasprintf("%.*s%s%s", (int)(at - small), small, to, at + strlen(from));
}

static void a_small_document_is_read(void **state)
{
	struct result result;
	_cleanup_error_ struct error err = ERROR_INIT;

	if (parse(small, &result, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(result.tool_version, "9.8.7");
	assert_int_equal(result.host.page_bytes, 65536);
	assert_null(result.host.thp);
	assert_int_equal(result.host.memory_bytes, 0);
	assert_true(result.command.seed == UINT64_MAX);
	assert_string_equal(result.command.argv[1], "bench");
	assert_null(result.command.argv[2]);
	assert_true(isnan(result.command.margin_pct));
	assert_int_equal(result.contenders[0].role, ROLE_BASELINE);
	assert_null(result.contenders[0].env);
	assert_string_equal(result.contenders[1].env[0], "A=b");
	assert_string_equal(result.contenders[1].settings[0].value, "v");
	assert_int_equal(result.cases[0].iterations, 7);
	assert_int_equal(result.kind, RESULT_BENCH);
	assert_int_equal(result.cases[0].parameter_count, 2);
	const struct parameter *parameters = result.cases[0].parameters;
	assert_string_equal(parameters[0].name, "size");
	assert_true(parameters[0].number == 16384);
	assert_null(parameters[0].text);
	assert_string_equal(parameters[0].unit, "bytes");
	assert_string_equal(parameters[1].text, "calloc");
	assert_true(isnan(parameters[1].number));
	assert_null(parameters[1].unit);
	assert_int_equal(result.runs[0].contender_index, 1);
	assert_true(result.runs[0].metrics.value[METRIC_WALL_NS] == 12.5);
	assert_true(result.runs[0].metrics.value[METRIC_REFAULTS] == 0);
	assert_true(isnan(result.runs[0].metrics.value[METRIC_SYS_NS]));
	assert_true(result.summaries[0].has_verdict);
	assert_int_equal(result.summaries[0].verdict, VERDICT_SLOWER);
	assert_true(isnan(result.summaries[0].headroom));
	assert_true(summary_has_modes(&result.summaries[0]));
	assert_true(result.summaries[0].modes.high == 15);
	assert_int_equal(result.summaries[0].modes.low_count, 2);
	assert_true(result.summaries[0].modes.in_stretches);
	assert_true(result.findings[0].evidence.value[METRIC_REFAULTS] == 5);
	assert_null(result.findings[0].settings[0].risk);
	assert_int_equal(result.findings[0].judgement, JUDGEMENT_SMALLER);
	const struct gate *gate = result.gates;
	assert_int_equal(result.gate_count, 1);
	assert_string_equal(gate->condition, "je slower 5%");
	assert_int_equal(gate->decision, GATE_DOES_NOT_HOLD);
	assert_int_equal(gate->metric, METRIC_CPU_NS);
	assert_true(gate->above && gate->any_case && gate->limit == 1.05);
	assert_true(gate->contender_index == 1 && gate->case_index == 0 && gate->rounds == 8);
	assert_true(gate->ratio_high == 1.02 && isnan(gate->noise_floor_pct));
	assert_true(result.partial);
	result_release(&result);
}

/* Reading what was written and writing it again gives the same text, to the byte. */
static void writing_and_reading_are_inverse(void **state)
{
	_cleanup_strbuf_ struct strbuf first = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf second = STRBUF_INIT;
	struct result result;

	assert_int_equal(parse(small, &result, NULL), 0);
	result.summaries[0].ratio = 1.0 / 3;
	result.summaries[0].ratio_low = 0.1;
	/* Two medians' mean: no written digit tells it from an integer. The other has 16 digits, all of them kept. */
	result.summaries[0].estimate = nextafter(155206272, INFINITY);
	result.runs[0].metrics.value[METRIC_WALL_NS] = 1234567890123457;
	result.contenders[0].served = (struct served){ xstrdup("/opt/server"), 4711, 3, 96.5 };
	document_write(&result, &first);
	result_release(&result);

	assert_int_equal(parse(first.buf, &result, NULL), 0);
	assert_string_equal(result.contenders[0].served.path, "/opt/server");
	assert_int_equal(result.contenders[0].served.pid, 4711);
	assert_int_equal(result.contenders[0].served.processes, 3);
	assert_true(result.contenders[0].served.share_pct == 96.5);
	assert_true(fabs(result.summaries[0].ratio - 1.0 / 3) < 1e-14);
	document_write(&result, &second);
	assert_string_equal(first.buf, second.buf);
	assert_non_null(strstr(first.buf, "\"ratio_low\": 0.1,"));
	assert_non_null(strstr(first.buf, "\"estimate\": 155206272,"));
	assert_non_null(strstr(first.buf, "\"wall_ns\": 1234567890123457,"));
	result_release(&result);
}

static void every_metric_is_written(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct result result;

	assert_int_equal(parse(small, &result, NULL), 0);
	result.runs[0].metrics.value[METRIC_CYCLES] = 9007199254740992;
	result.runs[0].metrics.value[METRIC_BRK_NS] = INFINITY;
	document_write(&result, &text);
	json_t *root = json_loads(text.buf, 0, NULL);
	json_t *metrics =
		json_object_get(json_array_get(json_object_get(root, "runs"), 0), "metrics");

	/* Of the user's own only the first, where nobody asked for another. */
	assert_int_equal(json_object_size(metrics), METRIC_COUNT - METRIC_OWN_COUNT + 1);
	for (int id = 0; id < METRIC_COUNT; id++)
		if (!metric_is_own((enum metric_id)id) || id == METRIC_CUSTOM)
			assert_non_null(
				json_object_get(metrics, metric_info((enum metric_id)id)->key));
	assert_true(json_is_real(json_object_get(metrics, "wall_ns")));
	assert_true(json_is_integer(json_object_get(metrics, "refaults")));
	assert_true(json_integer_value(json_object_get(metrics, "cycles")) == 9007199254740992);
	assert_true(json_is_null(json_object_get(metrics, "brk_ns")));
	assert_true(json_is_null(json_object_get(metrics, "sys_ns")));
	json_decref(root);
	result_release(&result);
}

#define OWN_METRICS(further)                                                                    \
	"\"metric\": \"custom\", \"metric_name\": \"set\", \"metric_higher_is_better\": true, " \
	"\"further_metrics\": [" further "], \"seed\""
#define FURTHER(key, name) \
	"{\"metric\": \"" key "\", \"name\": \"" name "\", \"higher_is_better\": false}"

static void several_metrics_of_the_user_are_kept(void **state)
{
	_cleanup_free_ char *doc = changed("\"seed\"", OWN_METRICS(FURTHER("custom_2", "p99")));
	_cleanup_strbuf_ struct strbuf first = STRBUF_INIT, again = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	if (parse(doc, &result, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(result.command.own_metric_count, 2);
	assert_string_equal(result_metric_label(&result, METRIC_CUSTOM), "set");
	assert_string_equal(result_metric_label(&result, METRIC_CUSTOM_2), "p99");
	assert_string_equal(result_metric_label(&result, METRIC_CUSTOM_3), "metric 3");
	assert_int_equal(result_metric_better(&result, METRIC_CUSTOM), BETTER_HIGHER);
	assert_int_equal(result_metric_better(&result, METRIC_CUSTOM_2), BETTER_LOWER);
	result.runs[0].metrics.value[METRIC_CUSTOM_2] = 2.5;
	document_write(&result, &first);
	result_release(&result);
	assert_non_null(strstr(first.buf, "\"custom_2\": 2.5"));
	assert_null(strstr(first.buf, "custom_3"));
	assert_int_equal(parse(first.buf, &result, NULL), 0);
	assert_true(result.runs[0].metrics.value[METRIC_CUSTOM_2] == 2.5);
	document_write(&result, &again);
	result_release(&result);
	assert_string_equal(first.buf, again.buf);
}

static void further_metrics_come_in_order_behind_a_first(void **state)
{
	static const char *const wrong[] = {
		OWN_METRICS(FURTHER("custom_3", "a")),
		OWN_METRICS(FURTHER("custom_2", "a") ", " FURTHER("custom_2", "b")),
		OWN_METRICS(FURTHER("wall_ns", "a")),
		"\"metric\": \"custom\", \"metric_name\": null, \"metric_higher_is_better\": true, "
		"\"further_metrics\": [" FURTHER("custom_2", "a") "], \"seed\"",
		OWN_METRICS(FURTHER("custom_2", "a") ", " FURTHER("custom_3", "b") ", " FURTHER("custom_4", "c") ", " FURTHER(
			"custom_5",
			"d") ", " FURTHER("custom_6",
					  "e") ", " FURTHER("custom_7",
							    "f") ", " FURTHER("custom_8",
									      "g") ", " FURTHER("custom_9",
												"h")),
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *doc = changed("\"seed\"", wrong[i]);
		_cleanup_error_ struct error err = ERROR_INIT;
		struct result result;

		assert_true(parse(doc, &result, &err) < 0);
		assert_non_null(strstr(err.message, "further_metrics"));
	}
}

/* Bytes that are no UTF-8 leave the document valid and all else readable. */
static void broken_text_stays_valid_json(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct result result;

	assert_int_equal(parse(small, &result, NULL), 0);
	free(result.contenders[1].library);
	result.contenders[1].library = xstrdup("/tmp/\xff\xc3\xa9\x1b\xed\xa0\x80.so");
	free(result.contenders[0].library);
	result.contenders[0].library = xstrdup("/tmp/\xc3\xa9\x1b");
	document_write(&result, &text);
	for (const char *s = text.buf; *s; s++)
		assert_true(*s == '\n' || (*s >= 0x20 && *s < 0x7f));
	result_release(&result);

	assert_int_equal(parse(text.buf, &result, NULL), 0);
	assert_string_equal(result.contenders[1].library,
			    "/tmp/\\xff\xc3\xa9\x1b\\xed\\xa0\\x80.so");
	assert_string_equal(result.contenders[0].library, "/tmp/\xc3\xa9\x1b");
	result_release(&result);
}

static void an_empty_result_is_a_document(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct result result, again;

	result_init(&result);
	result.command.name = xstrdup("bench");
	document_write(&result, &text);
	assert_int_equal(parse(text.buf, &again, NULL), 0);
	assert_int_equal(again.run_count, 0);
	result_release(&again);
	result_release(&result);
}

/* A document of the first schema: what it lacks is derived from what it has. */
static void read_old(const char *command, const char *finding, struct result *result)
{
	_cleanup_free_ char *text = xasprintf(
		"{\"schema\": \"madvisor.result/1\", \"tool\": {\"version\": \"0.1.0\"}, \"host\": {},"
		" \"command\": {\"name\": \"%s\", \"argv\": [], \"seed\": \"1\", \"margin_pct\": 5},"
		" \"contenders\": [{\"name\": \"self\", \"role\": \"baseline\", \"env\": [],"
		"  \"settings\": []}],"
		" \"cases\": [{\"name\": \"command\"}], \"runs\": [], \"summaries\": [],"
		" \"findings\": [{\"id\": \"thp\", \"case\": \"command\", \"contender\": \"self\","
		"  \"evidence\": {}, \"text\": \"t\", \"settings\": [], \"predicted_gain_pct\": 54, %s}],"
		" \"partial\": false}",
		command, finding);
	_cleanup_error_ struct error err = ERROR_INIT;

	if (parse(text, result, &err) < 0)
		fail_msg("%s", err.message);
}

static void the_first_schema_is_still_read(void **state)
{
	static const struct {
		const char *finding;
		enum finding_judgement wanted;
	} rows[] = {
		{ "\"withdrawn\": false", JUDGEMENT_NOT_VERIFIED },
		{ "\"measured_gain_pct\": 37, \"measured_gain_pct_low\": 28,"
		  " \"measured_gain_pct_high\": 47, \"withdrawn\": false",
		  JUDGEMENT_SMALLER },
		{ "\"measured_gain_pct\": 50, \"measured_gain_pct_low\": 42,"
		  " \"measured_gain_pct_high\": 58, \"withdrawn\": false",
		  JUDGEMENT_AS_PREDICTED },
		{ "\"measured_gain_pct\": 20, \"measured_gain_pct_low\": -10,"
		  " \"measured_gain_pct_high\": 40, \"withdrawn\": false",
		  JUDGEMENT_UNSETTLED },
		{ "\"measured_gain_pct\": 50, \"withdrawn\": false", JUDGEMENT_UNSETTLED },
		{ "\"measured_gain_pct\": 3, \"measured_gain_pct_low\": -1,"
		  " \"measured_gain_pct_high\": 7, \"withdrawn\": true",
		  JUDGEMENT_REFUTED },
	};
	static const struct {
		const char *command;
		enum result_kind kind;
	} commands[] = { { "bench", RESULT_BENCH },
			 { "compare", RESULT_COMPARE },
			 { "explain", RESULT_EXPLAIN },
			 { "unheard-of", RESULT_COMPARE } };
	struct result result;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		read_old("explain", rows[i].finding, &result);
		assert_int_equal(result.findings[0].judgement, rows[i].wanted);
		result_release(&result);
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		read_old(commands[i].command, rows[0].finding, &result);
		assert_int_equal(result.kind, commands[i].kind);
		assert_int_equal(result.cases[0].parameter_count, 0);
		result_release(&result);
	}
}

static void plain_numbers_are_numbers(void **state)
{
	static const struct {
		const char *value;
		double number;
	} rows[] = {
		{ "5", 5 },
		{ "-0.50", -0.5 },
		{ "16K", NAN },
		{ "0x10", NAN },
		{ "inf", NAN },
		{ "nan", NAN },
		{ "1e3", NAN },
		{ "1-64", NAN },
		{ "", NAN },
		{ ".", NAN },
		{ "1234567890123456", NAN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parameter parameter;

		parameter_init(&parameter, "p", rows[i].value, NULL);
		if (isnan(rows[i].number)) {
			assert_true(isnan(parameter.number));
			assert_string_equal(parameter.text, rows[i].value);
		} else {
			assert_true(parameter.number == rows[i].number);
			assert_null(parameter.text);
		}
		parameter_release(&parameter);
	}
}

/* Each change breaks the document in one way, and the message names the place. */
static void broken_documents_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *message;
	} breaks[] = {
		{ "12.5", "\"fast\"",
		  "runs[0].metrics.wall_ns is a text: it must be a number or null" },
		{ "12.5", "-1", "runs[0].metrics.wall_ns is -1" },
		{ "12.5", "1e300", "runs[0].metrics.wall_ns is 1e+300" },
		{ "12.5", "1e999", "not JSON" },
		{ "12.5", "NaN", "not JSON" },
		{ "12.5", "Infinity", "not JSON" },
		{ "\"refaults\": 0", "\"refaults\": 99999999999999999999999", "not JSON" },
		{ "\"refaults\": 0", "\"wall_ns\": 0", "not JSON: duplicate object key" },
		{ "\"case\": \"churn/single\"", "\"case\": \"none\"",
		  "runs[0].case names a case that cases[] does not list" },
		{ "\"contender\": \"je\"", "\"contender\": \"tc\"",
		  "runs[0].contender names a contender that contenders[] does not list" },
		{ "\"round\": 1", "\"round\": 0", "runs[0].round is 0" },
		{ "\"round\": 1", "\"round\": 1.5", "runs[0].round is not a whole number" },
		{ "\"round\": 1, ", "", "runs[0].round is missing" },
		{ "\"exit_status\": 0", "\"exit_status\": 256", "runs[0].exit_status is 256" },
		{ "\"observed\": false", "\"observed\": 0", "runs[0].observed is a number" },
		{ "\"name\": \"je\"", "\"name\": \"glibc\"",
		  "contenders[1].name is the name of an earlier" },
		{ "\"name\": \"je\"", "\"name\": \"\"", "contenders[1].name is empty" },
		{ "\"name\": \"je\"", "\"name\": \"j\\u0000e\"", "not JSON" },
		{ "\"role\": \"contender\"", "\"role\": \"baseline\"",
		  "contenders[1].role a second baseline" },
		{ "\"role\": \"contender\"", "\"role\": \"boss\"",
		  "contenders[1].role is none of" },
		{ "[\"A=b\"]", "[7]", "contenders[1].env[0] is a number: it must be a text" },
		{ "[\"A=b\"]", "{}", "contenders[1].env is an object: it must be a list" },
		{ "\"key\": \"k\"", "\"key\": null", "contenders[1].settings[0].key is null" },
		{ "\"iterations\": 7", "\"iterations\": -7", "cases[0].iterations is -7" },
		{ "\"value\": 16384", "\"value\": null",
		  "cases[0].parameters[0].value is null: it must be a text" },
		{ "\"parameters\": [", "\"parameters\": 1, \"p\": [",
		  "cases[0].parameters is a number: it must be a list" },
		{ "\"kind\": \"bench\"", "\"kind\": \"race\"", "kind is none of bench" },
		{ "\"kind\": \"bench\",", "", "kind is missing" },
		{ "does-not-hold", "passed", "gates[0].decision is none of" },
		{ "\"above\"", "\"beside\"", "gates[0].beyond is neither above nor below" },
		{ "\"metric\": \"cpu_ns\"", "\"metric\": \"x\"", "gates[0].metric is no metric" },
		{ "\"contender\": \"je\", \"any_case\"", "\"contender\": \"x\", \"any_case\"",
		  "gates[0].contender is not in this document" },
		{ "\"smaller\"", "\"confirmed\"", "findings[0].judgement is none of" },
		{ "\"slower\"", "1",
		  "summaries[0].verdict is a number: it must be a text or null" },
		{ "\"slower\"", "\"quick\"", "summaries[0].verdict is none of" },
		{ "1.25", "2.25", "summaries[0].ratio_low is above ratio_high" },
		{ "\"low\": 10", "\"low\": 20",
		  "summaries[0].modes.low is not above 0 and below high" },
		{ "\"low_runs\": 2", "\"low_runs\": 0", "summaries[0].modes.low_runs" },
		{ "\"ratio\": 1.5", "\"ratio\": null",
		  "summaries[0].ratio is null beside an interval" },
		{ "18446744073709551615", "18446744073709551616", "command.seed is not a decimal" },
		{ "\"18446744073709551615\"", "7", "command.seed is a number: it must be a text" },
		{ "0.95", "95", "command.confidence is 95: it must be from 0 to 1" },
		{ "\"argv\": [", "\"argv\": [[], ", "command.argv[0] is a list" },
		{ "\"cpus\": 2", "\"cpus\": 4294967296", "host.cpus is 4294967296" },
		{ "\"host\": {", "\"host\": [], \"h\": {", "host is a list: it must be an object" },
		{ "\"runs\": [", "\"runs\": [3, ", "runs[0] is a number: it must be an object" },
		{ "\"cases\": [", "\"cases\": null, \"c\": [", "cases is null: it must be a list" },
		{ "\"env\": [], ", "\"env\": null, ",
		  "contenders[0].env is null: it must be a list" },
		{ "\"partial\": true, ", "", "partial is missing" },
		{ "\"text\": \"t\", ", "", "findings[0].text is missing" },
		{ "\"refaults\": 5", "\"refaults\": []",
		  "findings[0].evidence.refaults is a list" },
		{ "\"partial\": true,", "\"partial\": true, \"\xff\": 1,", "not JSON" },
		{ "{\"schema\"", "[{\"schema\"", "ends too early" },
		{ "{\"schema\": \"madvisor.result/2\",", "{", "no madvisor document" },
		{ "madvisor.result/2", "madvisor.result/3",
		  "its schema is \"madvisor.result/3\", and madvisor " MADVISOR_VERSION
		  " reads \"madvisor.result/2\" and \"madvisor.result/1\"" },
		{ "madvisor.result/2", "other\\u001b[31m", "its schema is \"other\\x1b[31m\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++) {
		_cleanup_free_ char *text = changed(breaks[i].from, breaks[i].to);
		_cleanup_error_ struct error err = ERROR_INIT;
		struct result result;

		if (parse(text, &result, &err) == 0)
			fail_msg("accepted: %s", breaks[i].to);
		if (!strstr(err.message, breaks[i].message))
			fail_msg("%s: got: %s", breaks[i].message, err.message);
		assert_memory_equal(err.message, "r.json: ", 8);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(err.hint);
		assert_int_equal(result.run_count + result.contender_count, 0);
		assert_null(result.contenders);
	}
}

static void a_later_schema_names_its_version(void **state)
{
	_cleanup_free_ char *text = changed("result/2", "result/3");
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	assert_int_equal(parse(text, &result, &err), -EINVAL);
	assert_string_equal(err.hint, "read it with the madvisor that wrote it, version 9.8.7");
}

/* Cut anywhere, a document is refused, and the message says that the end is missing. */
static void truncated_documents_are_refused(void **state)
{
	for (size_t len = 0; len < strlen(small); len++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct result result;

		result_init(&result);
		assert_int_equal(document_parse(small, len, "cut.json", &result, &err), -EINVAL);
		if (len && !strstr(err.message, "ends too early") &&
		    !strstr(err.message, "not JSON"))
			fail_msg("%zu: %s", len, err.message);
	}
}

static void absurd_sizes_are_refused(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	for (int i = 0; i < 100000; i++)
		strbuf_addch(&text, '[');
	assert_int_equal(parse(text.buf, &result, &err), -EINVAL);
	assert_non_null(strstr(err.message, "nested too deep"));

	strbuf_truncate(&text, 1);
	for (int i = 0; i < 8000001; i++)
		strbuf_addstr(&text, "0,");
	assert_int_equal(parse(text.buf, &result, &err), -EINVAL);
	assert_non_null(strstr(err.message, "more values"));

	_cleanup_strbuf_ struct strbuf rows = STRBUF_INIT;
	strbuf_addstr(&rows, "\"cases\": [");
	for (int i = 0; i < 1024; i++)
		strbuf_addf(&rows, "{\"name\": \"c%d\"}, ", i);
	_cleanup_free_ char *many = changed("\"cases\": [", rows.buf);
	assert_int_equal(parse(many, &result, &err), -EINVAL);
	assert_non_null(strstr(err.message, "cases has more than 1024 rows"));
}

static void summaries_are_unique(void **state)
{
	static const char row[] =
		"{\"case\": \"churn/single\", \"contender\": \"je\", \"metric\": \"wall_ns\", "
		"\"rounds\": 1}, ";
	_cleanup_free_ char *with = xasprintf("\"summaries\": [%s", row);
	_cleanup_free_ char *text = changed("\"summaries\": [", with);
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	assert_int_equal(parse(text, &result, &err), -EINVAL);
	assert_non_null(strstr(err.message, "summaries[1].metric is summarised a second time"));
}

static void metrics_of_later_versions_are_skipped(void **state)
{
	_cleanup_free_ char *text = changed("\"metric\": \"wall_ns\"", "\"metric\": \"joules\"");
	struct result result;

	assert_int_equal(parse(text, &result, NULL), 0);
	assert_int_equal(result.summary_count, 0);
	result_release(&result);
}

static void unreadable_files_are_refused(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	result_init(&result);
	assert_int_equal(document_load("/nonexistent/r.json", &result, &err), -ENOENT);
	assert_non_null(err.hint);
	assert_int_equal(document_load("/", &result, &err), -EISDIR);
	assert_non_null(err.hint);
}

static json_t *property(const json_t *schema, const char *definition, const char *key)
{
	const json_t *def = json_object_get(json_object_get(schema, "$defs"), definition);

	return json_object_get(json_object_get(def, "properties"), key);
}

/* The JSON Schema and the documentation list the metrics that the program has, and no other. */
static void schema_and_documentation_list_every_metric(void **state)
{
	_cleanup_free_ char *schema_path =
		xasprintf("%s/docs/result.schema.json", getenv("MADVISOR_SOURCE"));
	_cleanup_free_ char *doc_path =
		xasprintf("%s/docs/report-schema.md", getenv("MADVISOR_SOURCE"));
	_cleanup_strbuf_ struct strbuf doc = STRBUF_INIT;
	json_t *schema = json_load_file(schema_path, 0, NULL);

	assert_non_null(schema);
	assert_int_equal(strbuf_read_file(&doc, doc_path, 1 << 20), 0);
	json_t *names = json_object_get(property(schema, "summary", "metric"), "enum");
	assert_int_equal(json_array_size(names), METRIC_COUNT);
	for (int id = 0; id < METRIC_COUNT; id++) {
		const char *key = metric_info((enum metric_id)id)->key;
		_cleanup_free_ char *row = xasprintf("\n| `%s` | ", key);

		assert_string_equal(json_string_value(json_array_get(names, (size_t)id)), key);
		assert_non_null(property(schema, "metrics", key));
		if (!strstr(doc.buf, row))
			fail_msg("docs/report-schema.md lacks %s", key);
	}
	json_decref(schema);
}

/* `small` with these rows behind its runs. */
static char *with_stacks(const char *frames, const char *stacks)
{
	_cleanup_free_ char *rows =
		xasprintf("\"frames\": [%s], \"stacks\": [%s], \"summaries\": [", frames, stacks);

	return changed("\"summaries\": [", rows);
}

#define FRAME                                                                                \
	"{\"function\": \"push\", \"module\": \"/bin/p\", \"file\": \"c.c\", \"line\": 123," \
	" \"inlined\": true, \"role\": \"program\"}"
#define STACK(frames)                                                                               \
	"{\"run\": 0, \"event\": \"refault\", \"cause\": \"munmap\", \"owner\": \"thread-stacks\"," \
	" \"process\": \"p\","                                                                      \
	" \"cut\": true, \"pages\": 9007199254740992, \"samples\": 3, \"frames\": [" frames "]}"

static void stacks_are_read_and_written(void **state)
{
	_cleanup_free_ char *text = with_stacks(FRAME ", " FRAME, STACK("1, 0, 1"));
	_cleanup_strbuf_ struct strbuf first = STRBUF_INIT, again = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	if (parse(text, &result, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(result.frame_count, 2);
	assert_string_equal(result.frames[1].function, "push");
	assert_int_equal(result.frames[1].line, 123);
	assert_true(result.frames[1].inlined);
	assert_int_equal(result.stack_count, 1);
	assert_int_equal(result.stacks[0].event, STACK_REFAULT);
	assert_int_equal(result.stacks[0].cause, PURGE_MUNMAP);
	assert_int_equal(result.stacks[0].owner, OWNER_THREADS);
	assert_true(result.stacks[0].cut);
	assert_true(result.stacks[0].pages == 1ull << 53);
	assert_int_equal(result.stacks[0].frame_count, 3);
	assert_int_equal(result.stacks[0].frames[2], 1);
	document_write(&result, &first);
	result_release(&result);
	assert_int_equal(parse(first.buf, &result, &err), 0);
	document_write(&result, &again);
	result_release(&result);
	assert_string_equal(first.buf, again.buf);
}

static void stacks_that_lead_nowhere_are_refused(void **state)
{
	static const struct {
		const char *frames, *stacks, *message;
	} bad[] = {
		{ FRAME, STACK("1"), "stacks[0].frames" },
		{ FRAME, STACK("-1"), "stacks[0].frames" },
		{ FRAME, STACK("0.5"), "stacks[0].frames" },
		{ FRAME, STACK("\"0\""), "stacks[0].frames" },
		{ "", STACK("0"), "stacks[0].frames" },
		{ FRAME,
		  "{\"run\": 0, \"event\": \"purge\", \"cause\": \"brk\", \"owner\": \"me\"}",
		  "stacks[0].owner" },
		{ FRAME, "{\"run\": 1}", "stacks[0]" },
		{ FRAME, "7", "stacks[0]" },
		{ "{\"function\": null, \"role\": \"program\"}", "", "frames[0].function" },
		{ "{\"function\": \"f\", \"inlined\": false, \"role\": \"boss\"}", "",
		  "frames[0].role" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = with_stacks(bad[i].frames, bad[i].stacks);
		_cleanup_error_ struct error err = ERROR_INIT;
		struct result result;

		assert_int_equal(parse(text, &result, &err), -EINVAL);
		if (!strstr(err.message, bad[i].message))
			fail_msg("%s: does not name %s", err.message, bad[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_document_is_read),
		cmocka_unit_test(stacks_are_read_and_written),
		cmocka_unit_test(stacks_that_lead_nowhere_are_refused),
		cmocka_unit_test(writing_and_reading_are_inverse),
		cmocka_unit_test(every_metric_is_written),
		cmocka_unit_test(several_metrics_of_the_user_are_kept),
		cmocka_unit_test(further_metrics_come_in_order_behind_a_first),
		cmocka_unit_test(broken_text_stays_valid_json),
		cmocka_unit_test(an_empty_result_is_a_document),
		cmocka_unit_test(the_first_schema_is_still_read),
		cmocka_unit_test(plain_numbers_are_numbers),
		cmocka_unit_test(broken_documents_are_refused),
		cmocka_unit_test(a_later_schema_names_its_version),
		cmocka_unit_test(truncated_documents_are_refused),
		cmocka_unit_test(absurd_sizes_are_refused),
		cmocka_unit_test(summaries_are_unique),
		cmocka_unit_test(metrics_of_later_versions_are_skipped),
		cmocka_unit_test(unreadable_files_are_refused),
		cmocka_unit_test(schema_and_documentation_list_every_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
