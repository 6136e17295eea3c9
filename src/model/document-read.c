/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "model/document-command.h"
#include "model/document-gates.h"
#include "model/document-effect.h"
#include "model/document-internal.h"
#include "model/document-node.h"
#include "model/document-retained.h"
#include "model/document-stacks.h"
#include "model/document-sweep.h"
#include "model/document-tuning.h"
#include "model/document-summary.h"
#include "model/document.h"

struct reader {
	struct result *result;
	bool first_schema;  /* madvisor.result/1: lacks the additions of the second */
	json_t *case_index; /* name -> index, for the rows */
	json_t *contender_index;
	unsigned char *summarised; /* one bit for each case, contender and metric */
};

/* Maps a name to its index; a duplicate is an error. */
static int register_name(const struct node *row, json_t *index, const char *name, size_t i)
{
	if (!*name)
		return node_bad(row, "name", "is empty");
	if (json_object_get(index, name))
		return node_bad(row, "name", "is the name of an earlier row too");
	if (json_object_set_new(index, name, json_integer((json_int_t)i)) < 0)
		abort();
	return 0;
}

static int read_contender_setting(const struct node *row, void *ctx)
{
	struct contender *contender = ctx;
	struct setting *setting = &contender->settings[contender->setting_count++];
	int r = node_text(row, "key", DOCUMENT_NAME_MAX, &setting->key);

	return r < 0 ? r : node_text(row, "value", DOCUMENT_TEXT_MAX, &setting->value);
}

static int read_role(const struct node *row, const struct result *result, enum contender_role *ret)
{
	_cleanup_free_ char *name = NULL;
	int r = node_text(row, "role", DOCUMENT_NAME_MAX, &name);

	if (r < 0)
		return r;
	int role = contender_role_by_name(name);
	if (role < 0)
		return node_bad(row, "role", "is none of contender, baseline, twin and limit");
	if (role != ROLE_CONTENDER &&
	    result_find_role(result, (enum contender_role)role) != SIZE_MAX)
		return node_bad(row, "role", "a second %s",
				contender_role_name((enum contender_role)role));
	*ret = (enum contender_role)role;
	return 0;
}

/* Present only if the command started another program. */
static int read_served(const struct node *row, struct served *ret)
{
	struct node node;

	if (!json_is_object(json_object_get(row->json, "program")))
		return 0;
	int r = node_object(row, "program", &node);
	if (r < 0 || (r = node_text(&node, "path", DOCUMENT_TEXT_MAX, &ret->path)) < 0 ||
	    (r = node_count_or_null(&node, "pid", INT32_MAX, &ret->pid)) < 0 ||
	    (r = node_count_or_null(&node, "processes", 1ull << 53, &ret->processes)) < 0)
		return r;
	return node_number_or_null(&node, "share_pct", 0, 100, &ret->share_pct);
}

static int read_contender(const struct node *row, void *ctx)
{
	struct reader *reader = ctx;
	enum contender_role role = ROLE_CONTENDER;
	int r = read_role(row, reader->result, &role);
	if (r < 0)
		return r;

	struct contender *contender = result_add_contender(reader->result);
	contender->role = role;
	if ((r = node_text(row, "name", DOCUMENT_NAME_MAX, &contender->name)) < 0 ||
	    (r = register_name(row, reader->contender_index, contender->name, row->index)) < 0 ||
	    (r = node_text_or_null(row, "allocator", DOCUMENT_NAME_MAX, &contender->allocator)) <
		    0 ||
	    (r = node_text_or_null(row, "version", DOCUMENT_NAME_MAX, &contender->version)) < 0 ||
	    (r = node_text_or_null(row, "library", DOCUMENT_TEXT_MAX, &contender->library)) < 0 ||
	    (r = node_text_or_null(row, "build", DOCUMENT_TEXT_MAX, &contender->build)) < 0 ||
	    (r = node_text_or_null(row, "how", DOCUMENT_NAME_MAX, &contender->how)) < 0 ||
	    (r = node_text_or_null(row, "env_var", DOCUMENT_NAME_MAX, &contender->env_var)) < 0 ||
	    (r = read_served(row, &contender->served)) < 0 ||
	    (r = node_text_list(row, "env", DOCUMENT_SETTINGS_MAX, &contender->env)) < 0 ||
	    (r = node_text_or_null(row, "proof", DOCUMENT_TEXT_MAX, &contender->proof)) < 0 ||
	    (r = node_text_or_null(row, "withdrawn", DOCUMENT_TEXT_MAX, &contender->withdrawn)) < 0)
		return r;
	contender->settings = xcalloc(node_length(row, "settings"), sizeof(struct setting));
	return node_each(row, "settings", DOCUMENT_SETTINGS_MAX, read_contender_setting, contender);
}

/* A value is a number or a text. */
static int read_parameter(const struct node *row, void *ctx)
{
	struct case_info *info = ctx;
	struct parameter *parameter =
		ARRAY_PUSH(info->parameters, info->parameter_count, info->parameter_alloc);
	bool is_number = json_is_number(json_object_get(row->json, "value"));
	int r;

	parameter->number = NAN;
	if ((r = node_text(row, "name", DOCUMENT_NAME_MAX, &parameter->name)) < 0 ||
	    (r = node_text_or_null(row, "unit", DOCUMENT_NAME_MAX, &parameter->unit)) < 0)
		return r;
	return is_number ? node_number_or_null(row, "value", -1e18, 1e18, &parameter->number)
			 : node_text(row, "value", DOCUMENT_TEXT_MAX, &parameter->text);
}

static int read_case(const struct node *row, void *ctx)
{
	struct reader *reader = ctx;
	struct case_info *info = result_add_case(reader->result);
	int r = node_text(row, "name", DOCUMENT_NAME_MAX, &info->name);

	if (r < 0 || (r = register_name(row, reader->case_index, info->name, row->index)) < 0 ||
	    (r = node_text_or_null(row, "description", DOCUMENT_TEXT_MAX, &info->description)) < 0)
		return r;
	if ((r = node_count_or_null(row, "iterations", 1ull << 53, &info->iterations)) < 0 ||
	    reader->first_schema)
		return r;
	return node_each(row, "parameters", DOCUMENT_PARAMETERS_MAX, read_parameter, info);
}

static int find_name(const struct node *row, const char *key, json_t *index, size_t *ret)
{
	_cleanup_free_ char *name = NULL;
	int r = node_text(row, key, DOCUMENT_NAME_MAX, &name);

	if (r < 0)
		return r;
	const json_t *found = json_object_get(index, name);
	if (!found)
		return node_bad(row, key, "names a %s that %ss[] does not list", key, key);
	*ret = (size_t)json_integer_value(found);
	return 0;
}

static int read_subject(const struct node *row, const struct reader *reader, size_t *ret_case,
			size_t *ret_contender)
{
	int r = find_name(row, "case", reader->case_index, ret_case);

	return r < 0 ? r : find_name(row, "contender", reader->contender_index, ret_contender);
}

/* Absent metrics count as unmeasured; unknown ones, of a later madvisor, are ignored. */
static int read_metrics(const struct node *row, const char *key, struct metrics *metrics)
{
	struct node node;
	int r = node_object(row, key, &node);

	for (int id = 0; r >= 0 && id < METRIC_COUNT; id++)
		r = node_number_or_null(&node, metric_info((enum metric_id)id)->key, 0, 1e18,
					&metrics->value[id]);
	return r;
}

static int read_run(const struct node *row, void *ctx)
{
	struct reader *reader = ctx;
	struct run *run = result_add_run(reader->result);
	uint64_t round = 0, exit_status = 0;
	int r = read_subject(row, reader, &run->case_index, &run->contender_index);

	if (r < 0 || (r = node_count(row, "round", 1, 1000000, &round)) < 0 ||
	    (r = node_bool(row, "observed", &run->observed)) < 0 ||
	    (r = node_text_or_null(row, "probe", DOCUMENT_NAME_MAX, &run->probe)) < 0 ||
	    (r = node_count(row, "exit_status", 0, 255, &exit_status)) < 0 ||
	    (r = node_text_or_null(row, "error", DOCUMENT_TEXT_MAX, &run->error)) < 0)
		return r;
	run->round = (unsigned int)round;
	run->exit_status = (int)exit_status;
	return read_metrics(row, "metrics", &run->metrics);
}

/* Whether the summary is the first of its case, contender and metric. */
static bool first_of_its_kind(struct reader *reader, const struct summary *summary)
{
	const struct result *result = reader->result;
	size_t bit = (summary->case_index * result->contender_count + summary->contender_index) *
			     METRIC_COUNT +
		     summary->metric;
	unsigned char mask = (unsigned char)(1u << bit % 8);

	if (!reader->summarised)
		reader->summarised = xcalloc(
			result->case_count * result->contender_count * METRIC_COUNT / 8 + 1, 1);
	if (reader->summarised[bit / 8] & mask)
		return false;
	reader->summarised[bit / 8] |= mask;
	return true;
}

static int read_summary(const struct node *row, void *ctx)
{
	struct reader *reader = ctx;
	_cleanup_free_ char *metric = NULL;
	int r = node_text(row, "metric", DOCUMENT_NAME_MAX, &metric);

	if (r < 0)
		return r;
	enum metric_id id = metric_by_key(metric);
	if (id == METRIC_COUNT)
		return 0; /* of a later madvisor */

	struct summary *summary = result_add_summary(reader->result);
	summary->metric = id;
	if ((r = read_subject(row, reader, &summary->case_index, &summary->contender_index)) < 0 ||
	    (r = document_read_summary(row, summary)) < 0)
		return r;
	if (!first_of_its_kind(reader, summary))
		return node_bad(row, "metric",
				"is summarised a second time for this case and contender");
	return 0;
}

static int read_effect(const struct node *row, void *ctx)
{
	struct reader *reader = ctx;
	struct effect *effect = result_add_effect(reader->result);
	int r = read_subject(row, reader, &effect->case_index, &effect->contender_index);

	return r < 0 ? r : document_read_effect(row, effect);
}

/* Missing in documents of earlier versions. */
static int read_effects(const struct node *root, struct reader *reader)
{
	return json_object_get(root->json, "effects")
		       ? node_each(root, "effects", DOCUMENT_ROWS_MAX, read_effect, reader)
		       : 0;
}

static int read_finding_setting(const struct node *row, void *ctx)
{
	struct finding *finding = ctx;
	struct finding_setting *setting = &finding->settings[finding->setting_count++];
	int r = node_text_or_null(row, "key", DOCUMENT_NAME_MAX, &setting->key);

	if (r < 0 ||
	    (r = node_text_or_null(row, "variable", DOCUMENT_NAME_MAX, &setting->variable)) < 0 ||
	    (r = node_text(row, "value", DOCUMENT_TEXT_MAX, &setting->value)) < 0 ||
	    (r = node_text_or_null(row, "why", DOCUMENT_TEXT_MAX, &setting->why)) < 0)
		return r;
	return node_text_or_null(row, "risk", DOCUMENT_TEXT_MAX, &setting->risk);
}

static int read_gains(const struct node *row, struct finding *finding)
{
	const struct {
		const char *key;
		double *ret;
	} gains[] = {
		{ "predicted_gain_pct", &finding->predicted_gain_pct },
		{ "measured_gain_pct", &finding->measured_gain_pct },
		{ "measured_gain_pct_low", &finding->measured_gain_pct_low },
		{ "measured_gain_pct_high", &finding->measured_gain_pct_high },
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(gains); i++)
		r = node_number_or_null(row, gains[i].key, -1e9, 1e9, gains[i].ret);
	if (r >= 0 && finding->measured_gain_pct_low > finding->measured_gain_pct_high)
		return node_bad(row, "measured_gain_pct_low", "is above measured_gain_pct_high");
	return r;
}

/* Documents of versions without a choice of metric mean CPU time, as a new finding does. */
static int read_gain_metric(const struct node *row, struct finding *finding)
{
	_cleanup_free_ char *key = NULL;
	int r = node_text_or_null(row, "gain_metric", DOCUMENT_NAME_MAX, &key);

	if (r < 0 || !key)
		return r;
	enum metric_id id = metric_by_key(key);
	if (id == METRIC_COUNT)
		return node_bad(row, "gain_metric", "is no metric");
	finding->gain_metric = id;
	return 0;
}

/* A document of the first schema marks only refuted findings; the figures determine the others. */
static int judge_as_of_old(const struct node *row, const struct result *result,
			   struct finding *finding)
{
	bool withdrawn;
	int r = node_bool(row, "withdrawn", &withdrawn);

	if (r < 0)
		return r;
	finding_judge(finding, result->command.margin_pct, NAN);
	if (withdrawn)
		finding->judgement = JUDGEMENT_REFUTED;
	return 0;
}

static int read_judgement(const struct node *row, const struct reader *reader,
			  struct finding *finding)
{
	_cleanup_free_ char *name = NULL;

	if (reader->first_schema)
		return judge_as_of_old(row, reader->result, finding);
	int r = node_text(row, "judgement", DOCUMENT_NAME_MAX, &name);
	if (r < 0)
		return r;
	int judgement = finding_judgement_by_name(name);
	if (judgement < 0)
		return node_bad(
			row, "judgement",
			"is none of not-verified, as-predicted, smaller, refuted and unsettled");
	finding->judgement = (enum finding_judgement)judgement;
	return 0;
}

static int read_finding(const struct node *row, void *ctx)
{
	struct reader *reader = ctx;
	struct finding *finding = result_add_finding(reader->result);
	int r = node_text(row, "id", DOCUMENT_NAME_MAX, &finding->id);

	if (r < 0 ||
	    (r = read_subject(row, reader, &finding->case_index, &finding->contender_index)) < 0 ||
	    (r = node_number_or_null(row, "confidence", 0, 1, &finding->confidence)) < 0 ||
	    (r = read_metrics(row, "evidence", &finding->evidence)) < 0 ||
	    (r = node_text(row, "text", DOCUMENT_TEXT_MAX, &finding->text)) < 0 ||
	    (r = node_text_list(row, "env", DOCUMENT_SETTINGS_MAX, &finding->env)) < 0 ||
	    (r = read_gain_metric(row, finding)) < 0 ||
	    (r = node_text_or_null(row, "prediction", DOCUMENT_TEXT_MAX, &finding->prediction)) <
		    0 ||
	    (r = read_gains(row, finding)) < 0 || (r = read_judgement(row, reader, finding)) < 0)
		return r;
	finding->settings = xcalloc(node_length(row, "settings"), sizeof(struct finding_setting));
	return node_each(row, "settings", DOCUMENT_SETTINGS_MAX, read_finding_setting, finding);
}

static int read_tool(const struct node *root, struct result *result)
{
	struct node node;
	int r = node_object(root, "tool", &node);

	return r < 0 ? r
		     : node_text_or_null(&node, "version", DOCUMENT_NAME_MAX,
					 &result->tool_version);
}

/* An earlier madvisor wrote none. */
static int read_notes(const struct node *root, struct result *result)
{
	if (!json_object_get(root->json, "notes"))
		return 0;
	int r = node_text_list(root, "notes", DOCUMENT_NOTES_MAX, &result->notes);
	while (result->notes && result->notes[result->note_count])
		result->note_count++;
	result->note_alloc = result->note_count;
	return r;
}

/* In a document of the first schema, it is derived from the command. */
static int read_kind(const struct node *root, const struct reader *reader)
{
	struct result *result = reader->result;
	_cleanup_free_ char *name = NULL;
	int kind;

	if (reader->first_schema) {
		kind = result_kind_by_name(result->command.name);
		result->kind = kind < 0 ? RESULT_COMPARE : (enum result_kind)kind;
		return 0;
	}
	int r = node_text(root, "kind", DOCUMENT_NAME_MAX, &name);
	if (r < 0)
		return r;
	kind = result_kind_by_name(name);
	if (kind < 0)
		return node_bad(root, "kind", "is none of bench, compare, explain and tune");
	result->kind = (enum result_kind)kind;
	return 0;
}

static int read_root(const struct node *root, struct reader *reader)
{
	struct result *result = reader->result;
	int r = read_tool(root, result);

	if (r < 0 || (r = document_read_host(root, &result->host)) < 0 ||
	    (r = document_read_command(root, &result->command)) < 0 ||
	    (r = read_kind(root, reader)) < 0 ||
	    (r = node_each(root, "contenders", DOCUMENT_CONTENDERS_MAX, read_contender, reader)) <
		    0 ||
	    (r = node_each(root, "cases", DOCUMENT_CASES_MAX, read_case, reader)) < 0 ||
	    (r = node_each(root, "runs", DOCUMENT_ROWS_MAX, read_run, reader)) < 0 ||
	    (r = node_each(root, "summaries", DOCUMENT_ROWS_MAX, read_summary, reader)) < 0 ||
	    (r = read_effects(root, reader)) < 0 ||
	    (r = node_each(root, "findings", DOCUMENT_FINDINGS_MAX, read_finding, reader)) < 0 ||
	    (r = document_read_gates(root, result)) < 0 ||
	    (r = document_read_retained(root, result)) < 0 ||
	    (r = document_read_stacks(root, result)) < 0 ||
	    (r = document_read_tuning(root, result)) < 0 ||
	    (r = document_read_sweep(root, result)) < 0 || (r = read_notes(root, result)) < 0 ||
	    (r = node_number_or_null(root, "noise_floor_pct", 0, 1e9, &result->noise_floor_pct)) <
		    0)
		return r;
	return node_bool(root, "partial", &result->partial);
}

int document_parse(const char *text, size_t len, const char *name, struct result *result,
		   struct error *err)
{
	json_t *json = NULL;
	int r = document_parse_json(text, len, name, &json, err);
	if (r < 0)
		return r;

	struct reader reader = {
		.result = result,
		.case_index = json_object(),
		.contender_index = json_object(),
		.first_schema = !strcmp(json_string_value(json_object_get(json, "schema")),
					RESULT_SCHEMA_1),
	};
	struct node root = { .name = name, .err = err, .json = json };
	r = read_root(&root, &reader);
	json_decref(reader.case_index);
	json_decref(reader.contender_index);
	free(reader.summarised);
	json_decref(json);
	if (r < 0)
		result_release(result);
	return r;
}

static int fail_read(const char *name, int r, struct error *err)
{
	if (r == -EFBIG) {
		error_set(err, ERROR_USAGE, EFBIG, "%s: larger than 256 MiB", name);
		error_hint(err, "no madvisor result is this large: is it the right file?");
		return r;
	}
	error_set(err, ERROR_USAGE, -r, "cannot read %s: %s", name, strerror(-r));
	error_hint(err, "name a result file; bench saves its results in $XDG_STATE_HOME/madvisor "
			"(~/.local/state/madvisor), the newest as last.json");
	return r;
}

int document_load_fd(int fd, const char *name, struct result *result, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = strbuf_read_fd(&text, fd, DOCUMENT_BYTES_MAX);

	return r < 0 ? fail_read(name, r, err)
		     : document_parse(text.buf, text.len, name, result, err);
}

int document_load(const char *path, struct result *result, struct error *err)
{
	if (!strcmp(path, "-"))
		return document_load_fd(STDIN_FILENO, "standard input", result, err);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? fail_read(path, -errno, err) : document_load_fd(fd, path, result, err);
}
