/* SPDX-License-Identifier: MIT */
/* What tune found: the settings to use or why none, their price, the guards, and the search behind it. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "report/paste.h"
#include "report/produce.h"

/* Candidates of the search that are shown: the best by time, each with a memory of its own. */
#define TRIALS_SHOWN 8
/* Kinds of refusals and failures that are shown one by one. */
#define REJECTED_SHOWN 6

static const struct contender *contender_of(const struct production *production,
					    const struct tuning_finalist *finalist)
{
	return &production->result->contenders[finalist->contender_index];
}

/* "0.33x the time (0.30 to 0.36), 0.40x the peak memory (0.39 to 0.41)" */
void add_tuned_gain(struct strbuf *sb, const struct production *production,
		    const struct tuning_finalist *finalist, bool intervals)
{
	const struct summary *time = tuned_time_of(production, 0, finalist);
	const struct summary *memory = tuned_memory_of(production, 0, finalist);

	if (!time || isnan(time->ratio)) {
		strbuf_addstr(sb, "not measured");
		return;
	}
	strbuf_addf(sb, "%.2fx the %s", time->ratio, production->metric_label);
	if (intervals && summary_has_interval(time))
		strbuf_addf(sb, " (%.2f to %.2f)", time->ratio_low, time->ratio_high);
	if (memory && !isnan(memory->ratio)) {
		strbuf_addf(sb, ", %.2fx the peak memory", memory->ratio);
		if (intervals && summary_has_interval(memory))
			strbuf_addf(sb, " (%.2f to %.2f)", memory->ratio_low, memory->ratio_high);
	}
}

/* Slower or as fast: more rounds would not change it. */
static bool is_settled(const struct summary *time)
{
	return time && time->has_verdict && time->verdict != VERDICT_UNCLEAR;
}

/* "spawn/local gets worse with it (1.25x the peak memory, 1.10 to 1.42)": by the figure that is worse for certain, or looks worse. */
static void add_failed_guard(struct strbuf *sb, const struct production *production,
			     const struct tuning_finalist *finalist)
{
	bool certain = finalist->end == FINALIST_GUARD;
	const struct summary *time = tuned_time_of(production, finalist->case_index, finalist);
	const struct summary *memory = tuned_memory_of(production, finalist->case_index, finalist);
	bool may_be_memory =
		memory && (certain ? memory->ratio_low > 1
				   : !tuning_is_small_memory(production->result, memory));
	bool is_memory = may_be_memory && (!time || (certain && !(time->ratio_low > 1)) ||
					   memory->ratio > time->ratio);
	const struct summary *worse = is_memory ? memory : time;

	strbuf_addf(sb, "%s %s worse with it", production->result->cases[finalist->case_index].name,
		    certain ? "gets" : "may get");
	if (!worse || isnan(worse->ratio))
		return;
	strbuf_addf(sb, " (%.2fx the %s", worse->ratio,
		    is_memory ? "peak memory" : production->metric_label);
	if (!isnan(worse->ratio_low))
		strbuf_addf(sb, ", %.2f to %.2f", worse->ratio_low, worse->ratio_high);
	strbuf_addstr(sb, ")");
}

static void say_end(const struct production *production, const char *lead,
		    const struct tuning_finalist *finalist)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s%s%s: ", lead, contender_of(production, finalist)->name,
		    finalist->advised ? " (from --compare-with)" : "");
	add_tuned_gain(&sb, production, finalist, true);
	if (!isnan(finalist->search_ratio))
		strbuf_addf(&sb, "; the search saw %.2fx", finalist->search_ratio);
	switch (finalist->end) {
	case FINALIST_UNCONFIRMED:
		strbuf_addstr(
			&sb,
			is_settled(tuned_time_of(production, 0, finalist))
				? ": not confirmed on fresh rounds"
				: ": not settled on fresh rounds; a longer --budget would settle it");
		break;
	case FINALIST_MEMORY:
		strbuf_addf(&sb, ": a gain that costs more memory than --prefer %s allows",
			    tuning_preference_name(result->tuning->preference));
		break;
	case FINALIST_GROWS:
		strbuf_addstr(&sb,
			      ": left out, because its memory grows with the length of the run");
		break;
	case FINALIST_GUARD:
		strbuf_addstr(&sb, ": left out, because ");
		add_failed_guard(&sb, production, finalist);
		break;
	case FINALIST_UNSETTLED:
		strbuf_addstr(&sb, ": not recommended, because ");
		add_failed_guard(&sb, production, finalist);
		strbuf_addstr(&sb, ": a longer --budget would settle that");
		break;
	case FINALIST_CONFIRMED:
		strbuf_addstr(&sb, ": confirmed");
		break;
	case FINALIST_RECOMMENDED:
		strbuf_addstr(&sb, ": confirmed, and recommended");
		break;
	}
	production->emitter->note(production->self, NOTE_PLAIN, sb.buf);
}

void say_held_back(const struct production *production)
{
	const struct tuning_finalist *nearest = tuned_nearest(production);

	if (nearest)
		say_end(production, "held back: ", nearest);
}

/* Whether both have the same library preloaded, or none. */
static bool is_same_library(const struct contender *one, const struct contender *two)
{
	if (!one->library || !two->library)
		return one->library == two->library;
	return !strcmp(one->library, two->library);
}

/* The variables, and for a program that is not started under the allocator anyway, the library. */
static char **environment_of(const struct production *production, const struct contender *contender)
{
	const struct result *result = production->result;
	bool preloads = contender->library && contender->how == NULL &&
			(!strncmp(result->cases[0].name, "command", 7) ||
			 !is_same_library(contender, &result->contenders[production->baseline]));
	size_t count = 0;

	while (contender->env && contender->env[count])
		count++;
	char **env = xcalloc(count + 2, sizeof(*env));
	size_t k = 0;
	if (preloads)
		env[k++] = xasprintf("LD_PRELOAD=%s", contender->library);
	for (size_t i = 0; i < count; i++)
		env[k++] = xstrdup(contender->env[i]);
	return env;
}

/* Whether a value needs no escapes in a unit file, a Dockerfile, YAML and C. */
static bool is_plain(const char *assignment)
{
	for (; *assignment; assignment++)
		if ((unsigned char)*assignment <= ' ' || (unsigned char)*assignment > '~' ||
		    strchr("\"'\\$%`", *assignment))
			return false;
	return true;
}

/* As code, which no output breaks into lines. */
__attribute__((format(printf, 3, 4))) static void say_place(const struct production *production,
							    const char *place, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(&sb, fmt, args);
	va_end(args);
	production->emitter->note(production->self, NOTE_PLAIN, place);
	production->emitter->code(production->self, sb.buf);
}

static void say_other_places(const struct production *production, const struct contender *contender,
			     char *const *env)
{
	for (size_t i = 0; env[i]; i++)
		if (!is_plain(env[i]))
			return;
	for (size_t i = 0; env[i]; i++) {
		const char *value = strchr(env[i], '=') + 1;
		int name_len = (int)(value - env[i] - 1);

		say_place(production, "systemd unit:", "Environment=\"%s\"", env[i]);
		say_place(production, "Dockerfile:", "ENV %.*s=\"%s\"", name_len, env[i], value);
		say_place(production, "Kubernetes:", "env: [{name: %.*s, value: \"%s\"}]", name_len,
			  env[i], value);
	}
	const char *variable = contender->env_var;
	/* Compiled in, settings are for the allocator that the program has already. */
	if (!contender->allocator || strcmp(contender->allocator, "jemalloc") != 0 || !variable ||
	    !contender->env || !contender->env[0])
		return;
	/* jemalloc(3): the global variable malloc_conf, with the prefix of the build. */
	bool prefixed = !strcmp(variable, "_RJEM_MALLOC_CONF");
	const char *value = strchr(contender->env[0], '=') + 1;
	if (prefixed || !strcmp(variable, "MALLOC_CONF")) {
		say_place(production, "compiled in, C:", "const char *%smalloc_conf = \"%s\";",
			  prefixed ? "_rjem_" : "", value);
		say_place(
			production, "compiled in, Rust:",
			"#[export_name = \"%smalloc_conf\"] pub static MALLOC_CONF: &[u8] = b\"%s\\0\";",
			prefixed ? "_rjem_" : "", value);
	}
}

static void free_environment(char **env)
{
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(env);
}

void say_tuned_line(const struct production *production)
{
	const struct tuning_finalist *best = production->headline.finalist;
	char **env = environment_of(production, contender_of(production, best));

	if (!env[0])
		say(production, NOTE_PLAIN, "nothing but %s as it is, in place of %s",
		    contender_of(production, best)->name, production->baseline_name);
	say_line_to_copy(production, env);
	free_environment(env);
}

static const struct tuning_trial *fastest_trial(const struct tuning *tuning)
{
	const struct tuning_trial *best = NULL;

	for (size_t i = 0; i < tuning->trial_count; i++) {
		const struct tuning_trial *trial = &tuning->trials[i];

		/* One block may be luck: it is told only where there is nothing else. */
		if (trial->rejected || !(trial->time > 0))
			continue;
		if (!best || (trial->blocks > 1) > (best->blocks > 1) ||
		    ((trial->blocks > 1) == (best->blocks > 1) && trial->time < best->time))
			best = trial;
	}
	return best;
}

void add_best_so_far(struct strbuf *sb, const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	const struct tuning_trial *trial = fastest_trial(tuning);
	const struct tuning_finalist *confirmed = NULL;

	for (size_t i = 0; i < tuning->finalist_count; i++)
		if (tuning->finalists[i].end == FINALIST_CONFIRMED && !confirmed)
			confirmed = &tuning->finalists[i];
	strbuf_addstr(sb, "nothing yet: it was interrupted before ");
	if (confirmed) {
		strbuf_addf(sb, "the guards were run. Confirmed so far: %s: ",
			    contender_of(production, confirmed)->name);
		add_tuned_gain(sb, production, confirmed, true);
	} else if (tuning->finalist_count && !isnan(tuning->finalists[0].search_ratio)) {
		/* The search has come to its end: it knows better than by one lucky block. */
		strbuf_addf(
			sb,
			"the best of the search was confirmed. Best so far, not confirmed: %s: the "
			"search saw %.2fx the %s",
			contender_of(production, &tuning->finalists[0])->name,
			tuning->finalists[0].search_ratio, production->metric_label);
	} else if (trial) {
		strbuf_addf(sb,
			    "the best of the search was confirmed. Best so far, not confirmed: %s: "
			    "%.2fx the %s in %llu block%s",
			    trial->settings, trial->time, production->metric_label,
			    (unsigned long long)trial->blocks, trial->blocks == 1 ? "" : "s");
		if (!isnan(trial->memory))
			strbuf_addf(sb, ", %.2fx the peak memory", trial->memory);
	} else {
		strbuf_addstr(sb, "any candidate was run");
	}
	strbuf_addstr(sb, ". `madvisor tune --resume` goes on with it");
}

/* "confirmed: 0.33x the time of glibc (0.30 to 0.36), …; no guard is worse: 3 of 3 settled" */
void say_tuned_gain(const struct production *production)
{
	const struct result *result = production->result;
	const struct tuning_finalist *best = production->headline.finalist;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	size_t guards = result->case_count - 1;
	size_t held = count_guards_held(production, best);

	add_tuned_gain(&sb, production, best, true);
	strbuf_addf(&sb, " of %s", production->baseline_name);
	if (guards && held == guards)
		strbuf_addf(&sb, "; no guard is worse: %zu of %zu settled", held, guards);
	say(production, NOTE_PLAIN, "confirmed: %s", sb.buf);
	if (held < guards)
		say(production, NOTE_WARNING,
		    "%zu of %zu guards are not settled, for want of time or by noise: it may make these worse",
		    guards - held, guards);
}

/* The line for other places than a shell, and what there was to say where nothing is recommended. */
static void say_recommendation(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	const struct tuning_finalist *best = production->headline.finalist;

	if (best) {
		const struct contender *contender = contender_of(production, best);
		char **env = environment_of(production, contender);

		if (env[0]) {
			production->emitter->heading(production->self, "Where to set it");
			say_other_places(production, contender, env);
		}
		free_environment(env);
	} else if (!tuning->finalist_count && !isnan(tuning->noise_pct)) {
		say(production, NOTE_DETAIL,
		    "no candidate was better by the margin of %g%%; one run differs from the next by %.1f%% "
		    "under the default itself",
		    production->result->command.margin_pct, tuning->noise_pct);
	}
}

static struct cell interval_cell(double low, double high)
{
	return (struct cell){ .kind = CELL_INTERVAL, .low = low, .high = high };
}

static void say_knobs(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	const struct column columns[] = {
		{ .title = "setting" },
		{ .title = "without it",
		  .explanation = "the ratio of the score without the setting to the score with it",
		  .numeric = true },
		{ .title = "interval", .numeric = true, .dispensable = 1 },
		{ .title = "" },
		{ .title = "why", .dispensable = 2 },
	};
	const struct table table = { TABLE_DETAIL, columns, ARRAY_SIZE(columns) };

	if (!tuning->knob_count)
		return;
	production->emitter->heading(production->self, "What each setting is worth");
	production->emitter->table_begin(production->self, &table);
	production->emitter->group_begin(production->self, "best of the search", NULL);
	for (size_t i = 0; i < tuning->knob_count; i++) {
		const struct tuning_knob *knob = &tuning->knobs[i];
		_cleanup_free_ char *name = xasprintf("%s = %s", knob->key, knob->value);
		const struct cell cells[] = {
			cell_of_text(name),
			cell_of_ratio(knob->cost),
			interval_cell(knob->cost_low, knob->cost_high),
			cell_of_text(knob->kept ? "kept" : "left out"),
			cell_of_text(knob->kept && knob->why ? knob->why : ""),
		};

		production->emitter->row(production->self, ROW_PLAIN, cells);
	}
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
	for (size_t i = 0; i < tuning->knob_count; i++)
		if (tuning->knobs[i].kept && tuning->knobs[i].risk)
			say(production, NOTE_PLAIN, "risk of %s: %s", tuning->knobs[i].key,
			    tuning->knobs[i].risk);
}

static int compare_trials(const void *a, const void *b)
{
	const struct tuning_trial *x = *(const struct tuning_trial *const *)a;
	const struct tuning_trial *y = *(const struct tuning_trial *const *)b;

	return x->time < y->time ? -1 : x->time > y->time;
}

static void say_trials(const struct production *production, const struct tuning_trial **trials,
		       size_t count)
{
	const struct column columns[] = {
		{ .title = "candidate" },
		{ .title = production->metric_label, .numeric = true },
		{ .title = "interval", .numeric = true, .dispensable = 2 },
		{ .title = "memory", .numeric = true },
		{ .title = "blocks", .numeric = true, .dispensable = 1 },
	};
	const struct table table = { TABLE_DETAIL, columns, ARRAY_SIZE(columns) };

	production->emitter->table_begin(production->self, &table);
	production->emitter->group_begin(production->self, "fastest in the search", NULL);
	for (size_t i = 0; i < count; i++) {
		const struct cell cells[] = {
			cell_of_text(trials[i]->settings),
			cell_of_ratio(trials[i]->time),
			interval_cell(trials[i]->time_low, trials[i]->time_high),
			cell_of_ratio(trials[i]->memory),
			{ .kind = CELL_VALUE,
			  .unit = UNIT_COUNT,
			  .value = (double)trials[i]->blocks },
		};

		production->emitter->row(production->self, ROW_PLAIN, cells);
	}
	production->emitter->group_end(production->self);
	production->emitter->table_end(production->self);
}

static void say_rejected(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	size_t said = 0, more = 0;

	for (size_t i = 0; i < tuning->trial_count; i++) {
		const struct tuning_trial *trial = &tuning->trials[i];

		/* Alone it is the setting's fault; in company it is not known whose. */
		if (!trial->rejected || strchr(trial->settings, ','))
			continue;
		if (said++ < REJECTED_SHOWN)
			say(production, NOTE_WARNING, "%s: %s", trial->settings, trial->rejected);
		else
			more++;
	}
	if (more)
		say(production, NOTE_DETAIL, "and %zu more: tuning.trials[] in the JSON", more);
}

static void say_search(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	const struct tuning_trial **trials = xcalloc(tuning->trial_count + 1, sizeof(*trials));
	_cleanup_strbuf_ struct strbuf took = STRBUF_INIT;
	size_t count = 0, rejected = 0;

	for (size_t i = 0; i < tuning->trial_count; i++) {
		rejected += tuning->trials[i].rejected != NULL;
		if (!tuning->trials[i].rejected && tuning->trials[i].time > 0)
			trials[count++] = &tuning->trials[i];
	}
	qsort(trials, count, sizeof(const struct tuning_trial *), compare_trials);
	production->emitter->heading(production->self, "The search");
	if (count)
		say_trials(production, trials, count < TRIALS_SHOWN ? count : TRIALS_SHOWN);
	if (!isnan(tuning->search_ns)) {
		format_ns(&took, tuning->search_ns);
		say(production, NOTE_PLAIN,
		    "%zu candidates in %llu blocks, %s; %zu refused or failed", tuning->trial_count,
		    (unsigned long long)tuning->blocks, took.buf, rejected);
	}
	if (!isnan(tuning->noise_pct))
		say(production, NOTE_PLAIN,
		    "the default differs from itself by %.1f%% in one block", tuning->noise_pct);
	say_rejected(production);
	free(trials);
}

void produce_tuning(const struct production *production)
{
	const struct tuning *tuning = production->result->tuning;
	bool first = production->emitter->verdicts_first;

	if (!tuning || production->baseline == SIZE_MAX)
		return;
	if (!first)
		say_search(production);
	if (tuning->finalist_count)
		production->emitter->heading(production->self, "Confirmed on fresh rounds");
	for (size_t i = 0; i < tuning->finalist_count; i++)
		say_end(production, "", &tuning->finalists[i]);
	say_knobs(production);
	say_tuned_guards(production);
	if (first)
		say_search(production);
	say_recommendation(production);
}
