/* SPDX-License-Identifier: MIT */
#include "model/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"

static const char *const role_names[] = {
	[ROLE_CONTENDER] = "contender",
	[ROLE_BASELINE] = "baseline",
	[ROLE_TWIN] = "twin",
	[ROLE_LIMIT] = "limit",
};

const char *contender_role_name(enum contender_role role)
{
	return role_names[role];
}

int contender_role_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(role_names); i++)
		if (!strcmp(role_names[i], name))
			return (int)i;
	return -1;
}

void result_init(struct result *result)
{
	*result = (struct result){ .noise_floor_pct = NAN };
	result->command.elapsed_ns = NAN;
	result->command.metric = METRIC_WALL_NS;
	result->command.confidence = NAN;
	result->command.margin_pct = NAN;
}

struct contender *result_add_contender(struct result *result)
{
	return ARRAY_PUSH(result->contenders, result->contender_count, result->contender_alloc);
}

struct case_info *result_add_case(struct result *result)
{
	return ARRAY_PUSH(result->cases, result->case_count, result->case_alloc);
}

static void case_release(struct case_info *item)
{
	free(item->name);
	free(item->description);
	for (size_t k = 0; k < item->parameter_count; k++)
		parameter_release(&item->parameters[k]);
	free(item->parameters);
}

void result_drop_case(struct result *result)
{
	case_release(&result->cases[--result->case_count]);
}

struct run *result_add_run(struct result *result)
{
	struct run *run = ARRAY_PUSH(result->runs, result->run_count, result->run_alloc);

	metrics_init(&run->metrics);
	return run;
}

struct summary *result_add_summary(struct result *result)
{
	struct summary *summary =
		ARRAY_PUSH(result->summaries, result->summary_count, result->summary_alloc);

	summary->estimate = summary->ratio = summary->ratio_low = summary->ratio_high = NAN;
	summary->headroom = NAN;
	summary->verdict = VERDICT_UNCLEAR;
	return summary;
}

struct effect *result_add_effect(struct result *result)
{
	struct effect *effect =
		ARRAY_PUSH(result->effects, result->effect_count, result->effect_alloc);

	effect->cpu_ns = effect->without_pct = NAN;
	return effect;
}

struct frame *result_add_frame(struct result *result)
{
	return ARRAY_PUSH(result->frames, result->frame_count, result->frame_alloc);
}

struct stack *result_add_stack(struct result *result)
{
	return ARRAY_PUSH(result->stacks, result->stack_count, result->stack_alloc);
}

struct retained *result_add_retained(struct result *result)
{
	struct retained *retained =
		ARRAY_PUSH(result->retained, result->retained_count, result->retained_alloc);

	retained_init(retained);
	return retained;
}

struct owner_share *result_add_owner_share(struct result *result)
{
	return ARRAY_PUSH(result->owner_shares, result->owner_share_count,
			  result->owner_share_alloc);
}

struct finding *result_add_finding(struct result *result)
{
	struct finding *finding =
		ARRAY_PUSH(result->findings, result->finding_count, result->finding_alloc);

	finding_init(finding);
	return finding;
}

struct gate *result_add_gate(struct result *result)
{
	struct gate *gate = ARRAY_PUSH(result->gates, result->gate_count, result->gate_alloc);

	gate->ratio = gate->ratio_low = gate->ratio_high = gate->noise_floor_pct = NAN;
	return gate;
}

void result_clear_gates(struct result *result)
{
	for (size_t i = 0; i < result->gate_count; i++)
		gate_release(&result->gates[i]);
	result->gate_count = 0;
}

void contender_release(struct contender *contender)
{
	free(contender->name);
	free(contender->allocator);
	free(contender->version);
	free(contender->library);
	free(contender->build);
	free(contender->how);
	free(contender->served.path);
	free(contender->env_var);
	for (size_t i = 0; i < contender->setting_count; i++) {
		free(contender->settings[i].key);
		free(contender->settings[i].value);
	}
	free(contender->settings);
	strv_free(contender->env);
	free(contender->proof);
	free(contender->withdrawn);
	*contender = (struct contender){ 0 };
}

void result_remove_finding(struct result *result, size_t index)
{
	struct finding *finding = &result->findings[index];

	finding_release(finding);
	memmove(finding, finding + 1, (--result->finding_count - index) * sizeof(*finding));
}

static void host_release(struct host *host)
{
	free(host->kernel);
	free(host->machine);
	free(host->os);
	free(host->libc);
	free(host->cpu_model);
	free(host->virtualization);
	free(host->governor);
	free(host->thp);
}

static void command_release(struct command *command)
{
	free(command->name);
	strv_free(command->argv);
	free(command->started);
	free(command->cpus);
	free(command->probe);
	free(command->probe_lost);
	free(command->probe_hooks);
	free(command->stopped);
	for (size_t i = 0; i < command->own_metric_count; i++)
		free(command->own_metrics[i].name);
}

void result_release(struct result *result)
{
	free(result->tool_version);
	host_release(&result->host);
	command_release(&result->command);
	for (size_t i = 0; i < result->contender_count; i++)
		contender_release(&result->contenders[i]);
	for (size_t i = 0; i < result->case_count; i++)
		case_release(&result->cases[i]);
	for (size_t i = 0; i < result->run_count; i++) {
		free(result->runs[i].probe);
		free(result->runs[i].error);
	}
	for (size_t i = 0; i < result->effect_count; i++)
		effect_release(&result->effects[i]);
	free(result->effects);
	for (size_t i = 0; i < result->finding_count; i++)
		finding_release(&result->findings[i]);
	result_clear_gates(result);
	free(result->gates);
	for (size_t i = 0; i < result->note_count; i++)
		free(result->notes[i]);
	free(result->notes);
	free(result->contenders);
	free(result->cases);
	free(result->runs);
	free(result->summaries);
	for (size_t i = 0; i < result->frame_count; i++)
		frame_release(&result->frames[i]);
	for (size_t i = 0; i < result->stack_count; i++)
		stack_release(&result->stacks[i]);
	free(result->findings);
	free(result->frames);
	free(result->stacks);
	for (size_t i = 0; i < result->retained_count; i++)
		retained_release(&result->retained[i]);
	free(result->retained);
	free(result->owner_shares);
	tuning_free(result->tuning);
	sweep_free(result->sweep);
	result_init(result);
}

bool summary_has_interval(const struct summary *summary)
{
	return !isnan(summary->ratio_low) && (summary->rounds >= SUMMARY_ROUNDS_MIN ||
					      summary->ratio_low > 1 || summary->ratio_high < 1);
}

bool summary_has_modes(const struct summary *summary)
{
	return summary->modes.low_count > 0;
}

void case_add_parameter(struct case_info *item, const char *name, const char *value,
			const char *unit)
{
	parameter_init(ARRAY_PUSH(item->parameters, item->parameter_count, item->parameter_alloc),
		       name, value, unit);
}

static const char *const kind_names[] = {
	[RESULT_BENCH] = "bench",
	[RESULT_COMPARE] = "compare",
	[RESULT_EXPLAIN] = "explain",
	[RESULT_TUNE] = "tune",
};

const char *result_kind_name(enum result_kind kind)
{
	return kind_names[kind];
}

int result_kind_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++)
		if (!strcmp(kind_names[i], name))
			return (int)i;
	return -1;
}

void result_add_note(struct result *result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	_cleanup_free_ char *note = xvasprintf(fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < result->note_count; i++)
		if (!strcmp(result->notes[i], note))
			return;
	*ARRAY_PUSH(result->notes, result->note_count, result->note_alloc) = TAKE_PTR(note);
}

/* NULL for every other. */
static const struct own_metric *own_metric(const struct result *result, enum metric_id metric)
{
	size_t index = metric_is_own(metric) ? (size_t)(metric - METRIC_CUSTOM) : SIZE_MAX;

	return index < result->command.own_metric_count ? &result->command.own_metrics[index]
							: NULL;
}

const char *result_metric_label(const struct result *result, enum metric_id metric)
{
	const struct own_metric *own = own_metric(result, metric);

	return own && own->name ? own->name : metric_info(metric)->label;
}

enum metric_better result_metric_better(const struct result *result, enum metric_id metric)
{
	const struct own_metric *own = own_metric(result, metric);

	return own && own->higher_is_better ? BETTER_HIGHER : metric_info(metric)->better;
}

size_t result_find_contender(const struct result *result, const char *name)
{
	for (size_t i = 0; i < result->contender_count; i++)
		if (!strcmp(result->contenders[i].name, name))
			return i;
	return SIZE_MAX;
}

size_t result_find_role(const struct result *result, enum contender_role role)
{
	for (size_t i = 0; i < result->contender_count; i++)
		if (result->contenders[i].role == role)
			return i;
	return SIZE_MAX;
}

size_t result_find_case(const struct result *result, const char *name)
{
	for (size_t i = 0; i < result->case_count; i++)
		if (!strcmp(result->cases[i].name, name))
			return i;
	return SIZE_MAX;
}

const struct summary *result_find_summary(const struct result *result, size_t case_index,
					  size_t contender_index, enum metric_id metric)
{
	for (size_t i = 0; i < result->summary_count; i++) {
		const struct summary *summary = &result->summaries[i];

		if (summary->case_index == case_index &&
		    summary->contender_index == contender_index && summary->metric == metric)
			return summary;
	}
	return NULL;
}
