/* SPDX-License-Identifier: MIT */
#include "model/document.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "model/document-internal.h"
#include "model/document-retained.h"
#include "model/document-sweep.h"
#include "model/document-tuning.h"
#include "model/document-values.h"

/*
 * 15 significant digits survive decimal -> double -> decimal (IEEE 754 binary64), so that loading
 * and writing a document again gives the same text. ASCII alone, so that names in a document cannot
 * send control sequences to a terminal.
 */
#define DUMP_FLAGS (JSON_REAL_PRECISION(DOCUMENT_DIGITS) | JSON_ENSURE_ASCII)

static json_t *host_json(const struct host *host)
{
	json_t *object = must(json_object());

#define HOST_TEXT(field) set(object, #field, text(host->field));
#define HOST_COUNT(field) set(object, #field, count_or_null(host->field));
#include "model/host.def"
#undef HOST_TEXT
#undef HOST_COUNT
	return object;
}

/* The user's own metrics after the first. */
static json_t *further_metrics_json(const struct command *command)
{
	json_t *rows = must(json_array());

	for (size_t i = 1; i < command->own_metric_count; i++) {
		const struct own_metric *own = &command->own_metrics[i];
		const struct metric_info *info = metric_info((enum metric_id)(METRIC_CUSTOM + i));
		json_t *row = must(json_object());

		set(row, "metric", json_string(info->key));
		set(row, "name", text(own->name));
		set(row, "higher_is_better", json_boolean(own->higher_is_better));
		append(rows, row);
	}
	return rows;
}

static json_t *command_json(const struct command *command)
{
	const struct own_metric *own = command->own_metrics;
	json_t *object = must(json_object());
	_cleanup_free_ char *seed = xasprintf("%llu", (unsigned long long)command->seed);

	set(object, "name", text(command->name));
	set(object, "argv", text_list(command->argv));
	set(object, "started", text(command->started));
	set(object, "elapsed_ns", number(command->elapsed_ns));
	set(object, "seed", json_string(seed));
	set(object, "rounds_planned", count_or_null(command->rounds_planned));
	set(object, "confidence", number(command->confidence));
	set(object, "margin_pct", number(command->margin_pct));
	set(object, "cpus", text(command->cpus));
	set(object, "probe", text(command->probe));
	set(object, "probe_lost", text(command->probe_lost));
	set(object, "probe_hooks", text(command->probe_hooks));
	set(object, "stopped", text(command->stopped));
	set(object, "metric", json_string(metric_info(command->metric)->key));
	set(object, "metric_name", text(own->name));
	set(object, "metric_higher_is_better", json_boolean(own->higher_is_better));
	set(object, "further_metrics", further_metrics_json(command));
	return object;
}

static json_t *served_json(const struct served *served)
{
	json_t *object = must(json_object());

	set(object, "path", text(served->path));
	set(object, "pid", count_or_null(served->pid));
	set(object, "processes", count_or_null(served->processes));
	set(object, "share_pct", number(served->share_pct));
	return object;
}

static json_t *contender_json(const struct contender *contender)
{
	json_t *object = must(json_object());
	json_t *settings = must(json_array());

	for (size_t i = 0; i < contender->setting_count; i++) {
		json_t *setting = must(json_object());

		set(setting, "key", text(contender->settings[i].key));
		set(setting, "value", text(contender->settings[i].value));
		append(settings, setting);
	}
	set(object, "name", text(contender->name));
	set(object, "role", json_string(contender_role_name(contender->role)));
	set(object, "allocator", text(contender->allocator));
	set(object, "version", text(contender->version));
	set(object, "library", text(contender->library));
	set(object, "build", text(contender->build));
	set(object, "how", text(contender->how));
	set(object, "env_var", text(contender->env_var));
	if (contender->served.path)
		set(object, "program", served_json(&contender->served));
	set(object, "settings", settings);
	set(object, "env", text_list(contender->env));
	set(object, "proof", text(contender->proof));
	set(object, "withdrawn", text(contender->withdrawn));
	return object;
}

static json_t *parameter_json(const struct parameter *parameter)
{
	json_t *object = must(json_object());

	set(object, "name", text(parameter->name));
	set(object, "value", parameter->text ? text(parameter->text) : number(parameter->number));
	set(object, "unit", text(parameter->unit));
	return object;
}

static json_t *case_json(const struct case_info *info)
{
	json_t *object = must(json_object());
	json_t *parameters = must(json_array());

	for (size_t i = 0; i < info->parameter_count; i++)
		append(parameters, parameter_json(&info->parameters[i]));

	set(object, "name", text(info->name));
	set(object, "description", text(info->description));
	set(object, "iterations", count_or_null(info->iterations));
	set(object, "parameters", parameters);
	return object;
}

/* The names of a row's case and contender. */
static void set_subject(json_t *object, const struct result *result, size_t case_index,
			size_t contender_index)
{
	set(object, "case", text(result->cases[case_index].name));
	set(object, "contender", text(result->contenders[contender_index].name));
}

/* The user's own metrics after the first have a key only if they were requested. */
static bool is_asked_for(const struct command *command, enum metric_id id)
{
	return !metric_is_own(id) || id == METRIC_CUSTOM ||
	       (size_t)(id - METRIC_CUSTOM) < command->own_metric_count;
}

static json_t *run_json(const struct result *result, const struct run *run)
{
	json_t *object = must(json_object());
	json_t *metrics = must(json_object());

	for (int id = 0; id < METRIC_COUNT; id++)
		if (is_asked_for(&result->command, (enum metric_id)id))
			set(metrics, metric_info(id)->key, number(run->metrics.value[id]));
	set_subject(object, result, run->case_index, run->contender_index);
	set(object, "round", json_integer(run->round));
	set(object, "observed", json_boolean(run->observed));
	set(object, "probe", text(run->probe));
	set(object, "exit_status", json_integer(run->exit_status));
	set(object, "error", text(run->error));
	set(object, "metrics", metrics);
	return object;
}

static json_t *modes_json(const struct summary *summary)
{
	const struct modes *modes = &summary->modes;

	if (!summary_has_modes(summary))
		return json_null();
	json_t *object = must(json_object());
	set(object, "low", number(modes->low));
	set(object, "high", number(modes->high));
	set(object, "border", number(modes->border));
	set(object, "low_runs", json_integer((json_int_t)modes->low_count));
	set(object, "high_runs", json_integer((json_int_t)modes->high_count));
	set(object, "in_stretches", json_boolean(modes->in_stretches));
	return object;
}

static json_t *summary_json(const struct result *result, const struct summary *summary)
{
	json_t *object = must(json_object());

	set_subject(object, result, summary->case_index, summary->contender_index);
	set(object, "metric", json_string(metric_info(summary->metric)->key));
	set(object, "estimate", number(summary->estimate));
	set(object, "ratio", number(summary->ratio));
	set(object, "ratio_low", number(summary->ratio_low));
	set(object, "ratio_high", number(summary->ratio_high));
	set(object, "headroom", number(summary->headroom));
	set(object, "verdict",
	    summary->has_verdict ? json_string(verdict_name(summary->verdict)) : json_null());
	set(object, "rounds", json_integer(summary->rounds));
	set(object, "modes", modes_json(summary));
	return object;
}

static json_t *effect_program_json(const struct effect_program *program)
{
	json_t *object = must(json_object());

	set(object, "path", text(program->path));
	set(object, "reason", json_string(effect_reason_name(program->reason)));
	set(object, "object", text(program->object));
	set(object, "allocator", text(program->allocator));
	set(object, "set_with", text(program->set_with));
	set(object, "processes", count_or_null(program->processes));
	set(object, "cpu_pct", number(program->cpu_pct));
	return object;
}

static json_t *effect_json(const struct result *result, const struct effect *effect)
{
	json_t *object = must(json_object());
	json_t *programs = must(json_array());

	for (size_t i = 0; i < effect->program_count; i++)
		append(programs, effect_program_json(&effect->programs[i]));
	set_subject(object, result, effect->case_index, effect->contender_index);
	set(object, "processes", count_or_null(effect->processes));
	set(object, "without", effect->processes ? number((double)effect->without) : json_null());
	set(object, "cpu_ns", number(effect->cpu_ns));
	set(object, "without_pct", number(effect->without_pct));
	set(object, "source", text(effect->source));
	set(object, "programs", programs);
	return object;
}

static json_t *finding_json(const struct result *result, const struct finding *finding)
{
	json_t *object = must(json_object());
	json_t *evidence = must(json_object());
	json_t *settings = must(json_array());

	for (int id = 0; id < METRIC_COUNT; id++)
		if (metrics_has(&finding->evidence, id))
			set(evidence, metric_info(id)->key, number(finding->evidence.value[id]));
	for (size_t i = 0; i < finding->setting_count; i++) {
		json_t *setting = must(json_object());

		set(setting, "key", text(finding->settings[i].key));
		set(setting, "variable", text(finding->settings[i].variable));
		set(setting, "value", text(finding->settings[i].value));
		set(setting, "why", text(finding->settings[i].why));
		set(setting, "risk", text(finding->settings[i].risk));
		append(settings, setting);
	}
	set(object, "id", text(finding->id));
	set_subject(object, result, finding->case_index, finding->contender_index);
	set(object, "confidence", number(finding->confidence));
	set(object, "evidence", evidence);
	set(object, "text", text(finding->text));
	set(object, "settings", settings);
	set(object, "env", text_list(finding->env));
	set(object, "gain_metric", json_string(metric_info(finding->gain_metric)->key));
	set(object, "prediction", text(finding->prediction));
	set(object, "predicted_gain_pct", number(finding->predicted_gain_pct));
	set(object, "measured_gain_pct", number(finding->measured_gain_pct));
	set(object, "measured_gain_pct_low", number(finding->measured_gain_pct_low));
	set(object, "measured_gain_pct_high", number(finding->measured_gain_pct_high));
	set(object, "judgement", json_string(finding_judgement_name(finding->judgement)));
	return object;
}

static json_t *gate_json(const struct result *result, const struct gate *gate)
{
	json_t *object = must(json_object());

	set(object, "condition", text(gate->condition));
	set(object, "decision", json_string(gate_decision_name(gate->decision)));
	set_subject(object, result, gate->case_index, gate->contender_index);
	set(object, "any_case", json_boolean(gate->any_case));
	if (gate->across)
		set(object, "across", json_true());
	set(object, "metric", json_string(metric_info(gate->metric)->key));
	set(object, "beyond", json_string(gate->above ? "above" : "below"));
	set(object, "limit", number(gate->limit));
	set(object, "ratio", number(gate->ratio));
	set(object, "ratio_low", number(gate->ratio_low));
	set(object, "ratio_high", number(gate->ratio_high));
	set(object, "noise_floor_pct", number(gate->noise_floor_pct));
	set(object, "rounds", json_integer(gate->rounds));
	return object;
}

static json_t *frame_json(const struct frame *frame)
{
	json_t *object = must(json_object());

	set(object, "function", text(frame->function));
	set(object, "module", text(frame->module));
	set(object, "file", text(frame->file));
	set(object, "line", count_or_null(frame->line));
	set(object, "inlined", json_boolean(frame->inlined));
	set(object, "role", json_string(frame_role_name(frame->role)));
	return object;
}

static json_t *owner_share_json(const struct owner_share *share)
{
	json_t *object = json_object();

	set(object, "run", json_integer((json_int_t)share->run_index));
	set(object, "metric", json_string(metric_info(share->metric)->key));
	set(object, "owner", json_string(owner_name(share->owner)));
	set(object, "part_pct", number(100 * share->part));
	set(object, "error_pct", number(100 * share->error));
	return object;
}

static json_t *stack_json(const struct stack *stack)
{
	json_t *object = must(json_object());
	json_t *frames = must(json_array());

	for (size_t i = 0; i < stack->frame_count; i++)
		append(frames, json_integer(stack->frames[i]));
	set(object, "run", json_integer((json_int_t)stack->run_index));
	set(object, "event", json_string(stack_event_name(stack->event)));
	set(object, "cause", json_string(purge_cause_name(stack->cause)));
	set(object, "owner", json_string(owner_name(stack->owner)));
	set(object, "process", text(stack->process));
	set(object, "cut", json_boolean(stack->cut));
	set(object, "pages", number((double)stack->pages));
	set(object, "samples", number((double)stack->samples));
	set(object, "frames", frames);
	return object;
}

static json_t *tool_json(const struct result *result)
{
	json_t *object = must(json_object());

	set(object, "name", json_string("madvisor"));
	set(object, "version", text(result->tool_version));
	return object;
}

static int dump_piece(const char *piece, size_t len, void *sb)
{
	strbuf_add(sb, piece, len);
	return 0;
}

static void add_json(struct strbuf *sb, json_t *value)
{
	if (json_dump_callback(value, dump_piece, sb, DUMP_FLAGS | JSON_ENCODE_ANY) < 0)
		abort();
	json_decref(value);
}

static void add_key(struct strbuf *sb, const char *key, json_t *value)
{
	strbuf_addf(sb, "%s\n  \"%s\": ", sb->buf[sb->len - 1] == '{' ? "" : ",", key);
	add_json(sb, must(value));
}

/* One row per line, so that documents can be read, searched and compared by line. */
static void add_row(struct strbuf *sb, json_t *row)
{
	strbuf_addstr(sb, sb->buf[sb->len - 1] == '[' ? "\n    " : ",\n    ");
	add_json(sb, must(row));
}

#define ADD_ROWS(sb, key, count, row_json)                    \
	do {                                                  \
		strbuf_addf((sb), ",\n  \"%s\": [", (key));   \
		for (size_t i = 0; i < (count); i++)          \
			add_row((sb), (row_json));            \
		strbuf_addstr((sb), (count) ? "\n  ]" : "]"); \
	} while (0)

void document_write(const struct result *result, struct strbuf *sb)
{
	struct strbuf doc = STRBUF_INIT;

	strbuf_addch(&doc, '{');
	add_key(&doc, "schema", json_string(RESULT_SCHEMA));
	add_key(&doc, "kind", json_string(result_kind_name(result->kind)));
	add_key(&doc, "tool", tool_json(result));
	add_key(&doc, "host", host_json(&result->host));
	add_key(&doc, "command", command_json(&result->command));
	ADD_ROWS(&doc, "contenders", result->contender_count,
		 contender_json(&result->contenders[i]));
	ADD_ROWS(&doc, "cases", result->case_count, case_json(&result->cases[i]));
	ADD_ROWS(&doc, "runs", result->run_count, run_json(result, &result->runs[i]));
	ADD_ROWS(&doc, "summaries", result->summary_count,
		 summary_json(result, &result->summaries[i]));
	if (result->effect_count)
		ADD_ROWS(&doc, "effects", result->effect_count,
			 effect_json(result, &result->effects[i]));
	ADD_ROWS(&doc, "findings", result->finding_count,
		 finding_json(result, &result->findings[i]));
	if (result->gate_count)
		ADD_ROWS(&doc, "gates", result->gate_count, gate_json(result, &result->gates[i]));
	if (result->stack_count) {
		ADD_ROWS(&doc, "frames", result->frame_count, frame_json(&result->frames[i]));
		ADD_ROWS(&doc, "stacks", result->stack_count, stack_json(&result->stacks[i]));
	}
	if (result->retained_count)
		ADD_ROWS(&doc, "retained", result->retained_count,
			 document_retained_json(&result->retained[i]));
	if (result->owner_share_count)
		ADD_ROWS(&doc, "owners", result->owner_share_count,
			 owner_share_json(&result->owner_shares[i]));
	ADD_ROWS(&doc, "notes", result->note_count, text(result->notes[i]));
	if (result->tuning)
		add_key(&doc, "tuning", tuning_json(result));
	if (result->sweep)
		add_key(&doc, "sweep", sweep_json(result));
	add_key(&doc, "noise_floor_pct", number(result->noise_floor_pct));
	add_key(&doc, "partial", json_boolean(result->partial));
	strbuf_addstr(&doc, "\n}\n");
	strbuf_add(sb, doc.buf, doc.len);
	strbuf_release(&doc);
}

void document_write_run(const struct result *result, size_t run_index, struct strbuf *sb)
{
	add_json(sb, must(run_json(result, &result->runs[run_index])));
}

void document_write_sample(const struct result *result, size_t sample_index, struct strbuf *sb)
{
	add_json(sb, tuning_sample_json(&result->tuning->samples[sample_index]));
}
