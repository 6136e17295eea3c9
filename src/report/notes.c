/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/marks.h"
#include "report/paste.h"
#include "report/produce.h"

/* More kinds of failure than this are summed up in one line. */
#define FAILURES_SHOWN 20

static int compare_failures(const void *a, const void *b)
{
	const struct run *x = *(const struct run *const *)a;
	const struct run *y = *(const struct run *const *)b;

	if (x->contender_index != y->contender_index)
		return x->contender_index < y->contender_index ? -1 : 1;
	if (x->case_index != y->case_index)
		return x->case_index < y->case_index ? -1 : 1;
	return strcmp(x->error, y->error);
}

/* The runs without figures, alike beside alike. */
static const struct run **collect_failures(const struct result *result, size_t *ret_count)
{
	const struct run **failures = xcalloc(result->run_count + 1, sizeof(*failures));
	size_t count = 0;

	for (size_t i = 0; i < result->run_count; i++)
		if (result->runs[i].error)
			failures[count++] = &result->runs[i];
	qsort(failures, count, sizeof(*failures), compare_failures);
	*ret_count = count;
	return failures;
}

/* Warnings, before it is known how many there are. */
struct warnings {
	char **lines;
	size_t count, alloc;
};

static void warn(struct warnings *warnings, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void warn(struct warnings *warnings, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	*ARRAY_PUSH(warnings->lines, warnings->count, warnings->alloc) = strbuf_detach(&sb);
}

static void warn_failures(const struct production *production, struct warnings *warnings)
{
	const struct result *result = production->result;
	size_t count, said = 0;
	_cleanup_free_ const struct run **failures = collect_failures(result, &count);

	for (size_t i = 0; i < count;) {
		size_t first = i;

		while (i < count && !compare_failures(&failures[first], &failures[i]))
			i++;
		if (said++ == FAILURES_SHOWN) {
			warn(warnings, "%zu more runs failed: see runs[].error in the JSON",
			     count - first);
			return;
		}
		_cleanup_strbuf_ struct strbuf runs = STRBUF_INIT;
		add_counted(&runs, i - first, "run");
		warn(warnings, "%s under %s: %s without figures: %s",
		     result->cases[failures[first]->case_index].name,
		     result->contenders[failures[first]->contender_index].name, runs.buf,
		     failures[first]->error);
	}
}

static void warn_noise(const struct production *production, struct warnings *warnings)
{
	const struct result *result = production->result;

	if (!production->headline.noisy)
		return;
	if (marks_of_program(production))
		warn(warnings,
		     "%s differs from itself by %.1f%%, because its times have two modes (" MODES_MARK
		     "), which change from run to run: more rounds narrow that, a quieter machine does not",
		     production->baseline_name, result->noise_floor_pct);
	else
		warn(warnings,
		     "noisy machine: %s differs from itself by %.1f%%, more than the margin of %g%%. "
		     "Quieten the machine, or pin the runs with --cpus",
		     production->baseline_name, result->noise_floor_pct,
		     result->command.margin_pct);
}

/* Its rows were recovered: model/journal. */
static bool was_killed(const struct result *result)
{
	return result->command.stopped && !strcmp(result->command.stopped, "killed");
}

void produce_warnings(const struct production *production, size_t most)
{
	const struct result *result = production->result;
	struct warnings warnings = { 0 };

	if (result->partial)
		warn(&warnings, "partial result: it was %s, and some planned runs are missing",
		     was_killed(result) ? "killed" : "interrupted");
	for (size_t i = 0; i < result->contender_count; i++)
		if (result->contenders[i].withdrawn)
			warn(&warnings, "%s is out: %s", result->contenders[i].name,
			     result->contenders[i].withdrawn);
	for (size_t i = 0; i < result->note_count; i++)
		warn(&warnings, "%s", result->notes[i]);
	warn_failures(production, &warnings);
	/* Of a brief report the verdict says so. */
	if (!production->emitter->brief)
		warn_noise(production, &warnings);
	for (size_t i = 0; i < warnings.count && i < most; i++)
		say(production, NOTE_WARNING, "%s", warnings.lines[i]);
	if (warnings.count > most)
		say(production, NOTE_WARNING, "%zu more warning%s: --details",
		    warnings.count - most, warnings.count - most == 1 ? "" : "s");
	for (size_t i = 0; i < warnings.count; i++)
		free(warnings.lines[i]);
	free(warnings.lines);
}

static size_t count_unclear(const struct production *production)
{
	size_t count = 0;

	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i < production->contender_count; i++) {
			const struct summary *summary =
				judged_of(production, c, production->contenders[i]);

			count += summary && summary->has_verdict &&
				 summary->verdict == VERDICT_UNCLEAR;
		}
	return count;
}

/* "peak resident memory", or what it is where there are several processes. */
static const char *memory_meaning(const struct production *production)
{
	return production->memory == METRIC_PEAK_TREE_BYTES
		       ? "peak of all processes together, with their page tables and the files that they "
			 "read first; largest: peak resident memory of the largest process"
		       : "peak resident memory";
}

static void explain_ratios(const struct production *production)
{
	const struct command *command = &production->result->command;

	if (!production->contender_count || production->baseline == SIZE_MAX)
		return;
	if (production->metric == METRIC_WALL_NS)
		say(production, NOTE_PLAIN,
		    "time: median wall time of the measured phase. memory: %s. ratio: "
		    "to %s in the same round; below 1 is less.",
		    memory_meaning(production), production->baseline_name);
	else
		say(production, NOTE_PLAIN,
		    "%s: median over the rounds; %s is better, and \"faster\" means better. memory: %s. "
		    "ratio: to %s in the same round.",
		    production->metric_label, production->higher_is_better ? "more" : "less",
		    memory_meaning(production), production->baseline_name);
	for (size_t i = 1; i < command->own_metric_count; i++)
		say(production, NOTE_PLAIN, "%s: %s is better. Contenders are judged by %s.",
		    result_metric_label(production->result, (enum metric_id)(METRIC_CUSTOM + i)),
		    command->own_metrics[i].higher_is_better ? "more" : "less",
		    production->metric_label);
	if (!isnan(command->margin_pct) && !isnan(command->confidence))
		say(production, NOTE_PLAIN,
		    "interval: %g%%, for all contenders of a case together. tie: the whole interval within "
		    "%g%% of equal. unclear: too few rounds to say.",
		    100 * command->confidence, command->margin_pct);
	if (production->limit != SIZE_MAX)
		say(production, NOTE_PLAIN,
		    "limit: how far from almost free allocation, the same case on a recycled pool; 1.0x: nothing left to gain.");
}

static void explain_unclear(const struct production *production)
{
	size_t unclear = count_unclear(production);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!unclear)
		return;
	add_counted(&sb, unclear, "comparison");
	say(production, NOTE_PLAIN, "%s unclear: more --rounds, or --precision, would settle %s.",
	    sb.buf, unclear == 1 ? "it" : "them");
}

/* Unclear although the interval is narrow enough: the baseline differs as much from itself. */
static bool drowns(const struct summary *summary, double margin_pct)
{
	return summary && summary->has_verdict && summary->verdict == VERDICT_UNCLEAR &&
	       (summary->ratio_low > 1 || summary->ratio_high < 1) &&
	       fabs(summary->ratio - 1) > margin_pct / 100;
}

static void explain_noise_of_cases(const struct production *production)
{
	const struct result *result = production->result;
	size_t twin = result_find_role(result, ROLE_TWIN);

	for (size_t c = 0; twin != SIZE_MAX && c < result->case_count; c++) {
		const struct summary *noise = judged_of(production, c, twin);
		_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;

		for (size_t i = 0; i < production->contender_count; i++) {
			size_t contender = production->contenders[i];

			if (drowns(judged_of(production, c, contender), result->command.margin_pct))
				strbuf_addf(&names, "%s%s", names.len ? ", " : "",
					    result->contenders[contender].name);
		}
		if (names.len && noise && !isnan(noise->ratio))
			say(production, NOTE_PLAIN,
			    "%s: unclear for %s: the difference is within the noise (%s against itself: %.2fx).",
			    result->cases[c].name, names.buf, production->baseline_name,
			    noise->ratio);
	}
}

static void explain_modes(const struct production *production)
{
	if (marks_have_modes(production))
		say(production, NOTE_PLAIN,
		    "two modes (" MODES_MARK
		    "): the runs fall into two groups, and a median stands for neither. Where the groups "
		    "change from run to run, what each process gets anew decides: its addresses (compare "
		    "`setarch -R COMMAND`), huge pages, a hash seed, its CPUs (--cpus).");
}

/* The exact variables behind a contender's name, for use outside madvisor. */
static void explain_settings(const struct production *production)
{
	const struct result *result = production->result;

	for (size_t i = 0; i < result->contender_count; i++) {
		const struct contender *contender = &result->contenders[i];
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		if (contender->role == ROLE_TWIN || contender->role == ROLE_LIMIT)
			continue;
		for (char **env = contender->env; env && *env; env++) {
			strbuf_addch(&sb, ' ');
			paste_in_words(production, *env, &sb);
		}
		if (sb.len)
			say(production, NOTE_PLAIN, "%s is set by%s", contender->name, sb.buf);
	}
}

void produce_notes(const struct production *production)
{
	if (!production->result->case_count || !production->contender_count)
		return;
	production->emitter->heading(production->self, "Reading it");
	explain_ratios(production);
	explain_unclear(production);
	explain_noise_of_cases(production);
	explain_modes(production);
	explain_settings(production);
}
