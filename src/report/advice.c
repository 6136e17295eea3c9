/* SPDX-License-Identifier: MIT */
/* Of one program, in the verdict: where its time goes, the line to paste, what it gains and what it costs. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "report/paste.h"
#include "report/produce.h"

/* Of a finding's text: whole sentences of about this length. */
#define CAUSE_BYTES 300

/* Whole sentences from the beginning of a text: the first, and as many more as fit. */
void add_sentences(struct strbuf *sb, const char *text, size_t limit)
{
	size_t len = 0;

	for (const char *end = text; (end = strstr(end, ". ")); end += 2) {
		size_t sentence = (size_t)(end - text) + 1;

		if (len && sentence > limit)
			break;
		len = sentence;
	}
	if (!len || strlen(text) <= limit)
		len = strlen(text);
	strbuf_add(sb, text, len);
}

/* "77% of the CPU time is the kernel's work for the allocator" */
void add_share(struct strbuf *sb, const struct production *production)
{
	const struct headline *headline = &production->headline;

	if (!isnan(headline->allocator_pct))
		strbuf_addf(sb, "%.0f%% of the CPU time is the kernel's work for the allocator",
			    headline->allocator_pct);
	else if (!isnan(headline->memory_pct))
		strbuf_addf(sb, "%.0f%% of the CPU time is the kernel's work on memory",
			    headline->memory_pct);
	else if (!isnan(headline->kernel_pct))
		strbuf_addf(sb,
			    "%.0f%% of the CPU time is spent in the kernel: how much of it for the "
			    "allocator was not measured",
			    headline->kernel_pct);
	else
		strbuf_addstr(
			sb, headline->idle
				    ? "it used no CPU time while it was watched"
				    : "how much of the CPU time the kernel takes was not measured");
}

/* The last sentence of a finding that proposes no setting is what can be done instead. */
static void add_way_out(struct strbuf *sb, const struct finding *cause)
{
	const char *last = cause && !cause->setting_count ? cause->text : NULL, *next;
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;

	while (last && (next = strstr(last, ". ")))
		last = next + 2;
	if (!last)
		return;
	/* Not if it stands with the cause already. */
	add_sentences(&shown, cause->text, CAUSE_BYTES);
	if (shown.len <= (size_t)(last - cause->text))
		strbuf_addf(sb, ". %s", last);
}

void add_nothing(struct strbuf *sb, const struct production *production)
{
	const struct headline *headline = &production->headline;
	double margin_pct = production->result->command.margin_pct;

	switch (headline->advice) {
	case ADVICE_NEGLIGIBLE:
		strbuf_addf(sb, "nothing worth a change: what could be set gains less than %g%%",
			    margin_pct);
		break;
	case ADVICE_REFUTED:
		strbuf_addf(sb,
			    "nothing worth a change: of what was tried, nothing is shown to gain "
			    "more than %g%%",
			    margin_pct);
		break;
	case ADVICE_NONE_KNOWN:
		strbuf_addstr(sb,
			      "nothing: none of what was seen is known to change by a setting of "
			      "its allocator");
		break;
	case ADVICE_UNSEEN:
		strbuf_addf(sb,
			    "nothing: the %s probe does not see whose doing this is, nor what it "
			    "costs. sudo madvisor does, and the program still runs as you",
			    production->result->command.probe);
		break;
	case ADVICE_KEEP:
		strbuf_addf(sb, "nothing: keep the default of %s", production->baseline_name);
		break;
	case ADVICE_UNSETTLED:
		if (tuned_nearest(production) &&
		    tuned_nearest(production)->end == FINALIST_UNSETTLED) {
			strbuf_addf(sb,
				    "nothing yet: keep the default of %s; a gain is confirmed, but "
				    "not that no guard gets worse",
				    production->baseline_name);
			break;
		}
		strbuf_addf(
			sb,
			"nothing: keep the default of %s; what was found was not settled on fresh "
			"rounds: a longer --budget would settle it",
			production->baseline_name);
		break;
	case ADVICE_INTERRUPTED:
		add_best_so_far(sb, production);
		break;
	default:
		break;
	}
}

void say_remedy_line(const struct production *production)
{
	const struct finding *remedy = production->headline.remedy;
	_cleanup_free_ char *alone =
		xasprintf("%s=%s", remedy->settings[0].variable, remedy->settings[0].value);
	char *const only[] = { alone, NULL };

	say_line_to_copy(production, remedy->env && remedy->env[0] ? remedy->env : only);
}

/* What the program has set already, of what is to be set: as a rule that is the cause. */
static void say_what_is_set(const struct production *production)
{
	const struct result *result = production->result;
	const struct headline *headline = &production->headline;
	const struct contender *baseline = &result->contenders[headline->baseline];

	for (size_t i = 0; i < headline->remedy->setting_count; i++) {
		const char *key = headline->remedy->settings[i].key, *value = NULL;

		/* The last one counts. */
		for (size_t k = 0; key && k < baseline->setting_count; k++)
			if (!strcmp(baseline->settings[k].key, key))
				value = baseline->settings[k].value;
		if (value)
			say(production, NOTE_PLAIN, "%s is set to %s now", key, value);
	}
}

/* ", 0.36x the time (0.28 to 0.45)" of a contender that ran; nothing where that was not measured. */
static void add_ratio(struct strbuf *sb, const struct summary *summary, const char *label)
{
	if (!summary || isnan(summary->ratio))
		return;
	strbuf_addf(sb, ", %.2fx the %s", summary->ratio, label);
	if (summary_has_interval(summary))
		strbuf_addf(sb, " (%.2f to %.2f)", summary->ratio_low, summary->ratio_high);
}

/* What it gains and what it costs. */
static void say_gain(const struct production *production)
{
	const struct headline *headline = &production->headline;
	const struct finding *remedy = headline->remedy;
	size_t contender = headline->remedy_contender;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (headline->advice == ADVICE_TRY) {
		if (!isnan(remedy->predicted_gain_pct)) {
			strbuf_addstr(&sb, "predicted: ");
			add_gain(&sb, remedy, remedy->predicted_gain_pct);
			strbuf_addstr(&sb, "; ");
		}
		strbuf_addstr(&sb,
			      "not verified: --verify runs the command with it against without");
	} else {
		strbuf_addstr(&sb, "measured: ");
		add_gain(&sb, remedy, remedy->measured_gain_pct);
		add_gain_interval(&sb, remedy);
		if (contender != SIZE_MAX) {
			if (remedy->gain_metric != METRIC_WALL_NS)
				add_ratio(&sb, judged_of(production, 0, contender),
					  production->metric_label);
			if (remedy->gain_metric != production->memory)
				add_ratio(&sb,
					  lookup_summary(&production->lookup, 0, contender,
							 production->memory),
					  "peak memory");
		}
	}
	production->emitter->note(production->self, NOTE_PLAIN, sb.buf);
}

void say_explanation(const struct production *production)
{
	const struct headline *headline = &production->headline;
	_cleanup_strbuf_ struct strbuf share = STRBUF_INIT, cause = STRBUF_INIT;

	add_share(&share, production);
	production->emitter->note(production->self, NOTE_VERDICT, share.buf);
	if (headline->cause) {
		add_sentences(&cause, headline->cause->text, CAUSE_BYTES);
		say(production, NOTE_PLAIN, "%s: %s", headline->cause->id, cause.buf);
	}
}

/* Who asks what a process holds wants to know where that cannot be told. */
static void say_what_is_not_known(const struct production *production)
{
	const struct result *result = production->result;
	size_t count = result->retained_count;

	if (count && result->retained[count - 1].unknown)
		say(production, NOTE_PLAIN, "what is free in its allocator is not known: %s",
		    result->retained[count - 1].unknown);
}

void say_what_to_set(const struct production *production)
{
	const struct headline *headline = &production->headline;
	_cleanup_strbuf_ struct strbuf nothing = STRBUF_INIT;

	/* That there is nothing is the verdict of a tuning. */
	if (headline->advice == ADVICE_ABSENT ||
	    (production->result->tuning && !headline->finalist))
		return;
	production->emitter->heading(production->self, "What to set");
	add_nothing(&nothing, production);
	if (headline->advice == ADVICE_NONE_KNOWN)
		add_way_out(&nothing, headline->cause);
	if (nothing.len) {
		production->emitter->note(production->self, NOTE_PLAIN, nothing.buf);
		if (production->emitter->brief)
			say_what_is_not_known(production);
	} else if (headline->remedy) {
		say_remedy_line(production);
		say_gain(production);
		if (headline->baseline != SIZE_MAX)
			say_what_is_set(production);
	} else {
		say_tuned_line(production);
		say_tuned_gain(production);
	}
}
